/* SPDX-License-Identifier: Apache-2.0
 * Hash map: chained buckets over fixed records. A record never moves while its key is present, so a value's address
 * stays good whatever happens to other keys; a deleted record stays in the map and serves the next new key, as on
 * Linux. No operation walks more than one chain: at most max_entries records, when every key falls in one bucket.
 * All-zero storage is the empty map.
 *   control: u32 first freed record, u32 records ever used, u32 elements, u32 reserved
 *   buckets: u32 first record of each chain
 *   record:  u32 next record << 1 | taken, u32 hash, key padded to 8, value padded to 8
 * A record is named by its index plus one; 0 is none. */
#include <string.h>

#include "mbpf/map.h"

#define RECORD_HEADER 8u

enum { FREED = 0, FRESH = 4, USED = 8 };

static uint32_t word(const uint8_t *at)
{
    uint32_t v;
    memcpy(&v, at, sizeof v);
    return v;
}

static void set_word(uint8_t *at, uint32_t v)
{
    memcpy(at, &v, sizeof v);
}

static uint8_t *record(const mbpf_map *map, uint32_t name)
{
    return map->values + mbpf_hash_index_bytes(map->max_entries) + (size_t)(name - 1u) * map->stride;
}

static uint32_t next_of(const uint8_t *r)
{
    return word(r) >> 1;
}

static void set_link(uint8_t *r, uint32_t next, bool taken)
{
    set_word(r, next << 1 | (taken ? 1u : 0u));
}

static uint8_t *value_of(const mbpf_map *map, uint8_t *r)
{
    return r + RECORD_HEADER + ((map->key_size + 7u) & ~7u);
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

static uint8_t *bucket_of(const mbpf_map *map, uint32_t hash)
{
    uint32_t mask = (uint32_t)mbpf_hash_buckets(map->max_entries) - 1u;
    return map->values + MBPF_HASH_CONTROL_BYTES + (size_t)(hash & mask) * 4u;
}

/* The record of `key`, or 0. `before` is the record that links to it, 0 when its bucket does. */
static uint32_t find(const mbpf_map *map, const void *key, uint32_t hash, uint32_t *before)
{
    uint32_t name = word(bucket_of(map, hash));
    *before = 0u;
    while (name != 0u) {
        const uint8_t *r = record(map, name);
        if (word(r + 4) == hash && memcmp(r + RECORD_HEADER, key, map->key_size) == 0) {
            break;
        }
        *before = name;
        name = next_of(r);
    }
    return name;
}

static void *lookup(mbpf_map *map, const void *key)
{
    uint32_t before, name = find(map, key, hash_key(map, key), &before);
    return name != 0u ? value_of(map, record(map, name)) : 0;
}

/* A record for a new key: the one freed last, else one never used. The caller knows that there is one. */
static uint32_t take_record(mbpf_map *map)
{
    uint32_t name = word(map->values + FREED);
    if (name != 0u) {
        set_word(map->values + FREED, next_of(record(map, name)));
    } else {
        name = word(map->values + FRESH) + 1u;
        set_word(map->values + FRESH, name);
    }
    return name;
}

static uint32_t used(const mbpf_map *map)
{
    return word(map->values + USED);
}

static int update(mbpf_map *map, const void *key, const void *value, uint64_t flags)
{
    if (flags > MBPF_UPDATE_EXIST) {
        return -MBPF_EINVAL;
    }
    uint32_t hash = hash_key(map, key), before, name = find(map, key, hash, &before);
    if (name != 0u) {
        if (flags == MBPF_UPDATE_NOEXIST) {
            return -MBPF_EEXIST;
        }
        memmove(value_of(map, record(map, name)), value, map->value_size);
        return 0;
    }
    if (flags == MBPF_UPDATE_EXIST) {
        return -MBPF_ENOENT;
    }
    if (used(map) >= map->max_entries) {
        return -MBPF_E2BIG;
    }
    name = take_record(map);
    uint8_t *r = record(map, name), *bucket = bucket_of(map, hash);
    /* `key` and `value` may lie in the value of a record that was deleted: the key goes elsewhere than any value,
     * so it is read whole before the value is written over. */
    memcpy(r + RECORD_HEADER, key, map->key_size);
    memmove(value_of(map, r), value, map->value_size);
    set_word(r + 4, hash);
    set_link(r, word(bucket), true);
    set_word(bucket, name);
    set_word(map->values + USED, used(map) + 1u);
    return 0;
}

static int remove_key(mbpf_map *map, const void *key)
{
    uint32_t hash = hash_key(map, key), before, name = find(map, key, hash, &before);
    if (name == 0u) {
        return -MBPF_ENOENT;
    }
    uint8_t *r = record(map, name);
    if (before != 0u) {
        set_link(record(map, before), next_of(r), true);
    } else {
        set_word(bucket_of(map, hash), next_of(r));
    }
    set_link(r, word(map->values + FREED), false);
    set_word(map->values + FREED, name);
    set_word(map->values + USED, used(map) - 1u);
    return 0;
}

static bool next_key(const mbpf_map *map, const void *key, void *next)
{
    uint32_t before, name = key ? find(map, key, hash_key(map, key), &before) : 0u;
    while (++name <= word(map->values + FRESH)) {
        const uint8_t *r = record(map, name);
        if ((word(r) & 1u) != 0u) {
            memcpy(next, r + RECORD_HEADER, map->key_size);
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
