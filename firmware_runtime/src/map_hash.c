/* SPDX-License-Identifier: Apache-2.0
 * Hash map: open addressing with linear probing over fixed records. A deletion moves later records of the
 * same run back instead of leaving tombstones, so a map that sees many keys come and go never slows down and
 * a probe always ends at a free record (a quarter at least are free).
 * Record: u32 state (bit 0: taken), u32 hash, key padded to 8, value padded to 8. The other bits of record 0's
 * state count the elements, so that an update needs no walk and storage stays what the layout says. Moving records on
 * deletion changes value addresses; a program holds none across its own delete of another key unless it asked
 * for it, and then, as on Linux, reads some element's value, always inside the map. */
#include <string.h>

#include "mbpf/map.h"

#define RECORD_HEADER 8u

static uint32_t slot_count(const mbpf_map *map)
{
    return (uint32_t)mbpf_hash_slots(map->max_entries);
}

static uint8_t *record(const mbpf_map *map, uint32_t i)
{
    return map->values + (size_t)i * map->stride;
}

static uint32_t read_word(const uint8_t *at)
{
    uint32_t v;
    memcpy(&v, at, sizeof v);
    return v;
}

static bool taken(const uint8_t *r)
{
    return (read_word(r) & 1u) != 0u;
}

static void set_taken(uint8_t *r, bool is)
{
    uint32_t state = (read_word(r) & ~1u) | (is ? 1u : 0u);
    memcpy(r, &state, sizeof state);
}

static uint32_t used(const mbpf_map *map)
{
    return read_word(map->values) >> 1;
}

static void set_used(mbpf_map *map, uint32_t count)
{
    uint32_t state = (count << 1) | (read_word(map->values) & 1u);
    memcpy(map->values, &state, sizeof state);
}

static uint32_t padded_key(const mbpf_map *map)
{
    return (map->key_size + 7u) & ~7u;
}

/* FNV-1a with a final mix: keys are short and often differ in one byte only. */
static uint32_t hash_key(const mbpf_map *map, const void *key)
{
    const uint8_t *k = (const uint8_t *)key;
    uint32_t h = 2166136261u;
    for (uint32_t i = 0u; i < map->key_size; i++) {
        h = (h ^ k[i]) * 16777619u;
    }
    h ^= h >> 15;
    h *= 0x85EBCA6Bu;
    return h ^ h >> 13;
}

/* The record of `key`, or the free one where it would go; always ends, since a quarter of the records is free. */
static uint8_t *find(const mbpf_map *map, const void *key, uint32_t hash, uint32_t *index)
{
    uint32_t mask = slot_count(map) - 1u;
    uint32_t i = hash & mask;
    for (;;) {
        uint8_t *r = record(map, i);
        if (!taken(r) || (read_word(r + 4) == hash && memcmp(r + RECORD_HEADER, key, map->key_size) == 0)) {
            *index = i;
            return r;
        }
        i = (i + 1u) & mask;
    }
}

static void *lookup(mbpf_map *map, const void *key)
{
    uint32_t i;
    uint8_t *r = find(map, key, hash_key(map, key), &i);
    return taken(r) ? r + RECORD_HEADER + padded_key(map) : 0;
}

static int update(mbpf_map *map, const void *key, const void *value, uint64_t flags)
{
    if (flags > MBPF_UPDATE_EXIST) {
        return -MBPF_EINVAL;
    }
    uint32_t hash = hash_key(map, key), i;
    uint8_t *r = find(map, key, hash, &i);
    bool present = taken(r);
    if (present && flags == MBPF_UPDATE_NOEXIST) {
        return -MBPF_EEXIST;
    }
    if (!present) {
        if (flags == MBPF_UPDATE_EXIST) {
            return -MBPF_ENOENT;
        }
        if (used(map) >= map->max_entries) {
            return -MBPF_E2BIG;
        }
        set_taken(r, true);
        set_used(map, used(map) + 1u);
        memcpy(r + 4, &hash, sizeof hash);
        memcpy(r + RECORD_HEADER, key, map->key_size);
    }
    memmove(r + RECORD_HEADER + padded_key(map), value, map->value_size);
    return 0;
}

static int remove_key(mbpf_map *map, const void *key)
{
    uint32_t hole;
    uint8_t *r = find(map, key, hash_key(map, key), &hole);
    if (!taken(r)) {
        return -MBPF_ENOENT;
    }
    uint32_t mask = slot_count(map) - 1u;
    for (uint32_t i = (hole + 1u) & mask; taken(record(map, i)); i = (i + 1u) & mask) {
        uint32_t home = read_word(record(map, i) + 4) & mask;
        /* Move it back unless its home lies after the hole in probe order. */
        if (((i - home) & mask) >= ((i - hole) & mask)) {
            memcpy(record(map, hole) + 4, record(map, i) + 4, map->stride - 4u);
            hole = i;
        }
    }
    set_taken(record(map, hole), false);
    memset(record(map, hole) + 4, 0, map->stride - 4u);
    set_used(map, used(map) - 1u);
    return 0;
}

static bool next_key(const mbpf_map *map, const void *key, void *next)
{
    uint32_t i = 0u;
    if (key) {
        uint8_t *r = find(map, key, hash_key(map, key), &i);
        i = taken(r) ? i + 1u : 0u;
    }
    for (; i < slot_count(map); i++) {
        if (taken(record(map, i))) {
            memcpy(next, record(map, i) + RECORD_HEADER, map->key_size);
            return true;
        }
    }
    return false;
}

static void reset(mbpf_map *map)
{
    (void)map;
}

const mbpf_map_operations mbpf_map_hash = {MBPF_MAP_HASH, lookup, update, remove_key, next_key, used, reset};
