/* SPDX-License-Identifier: Apache-2.0
 * What hash and LRU hash share: chained buckets over fixed records, and a free list. A record never moves while its
 * key is present, so a value's address stays good whatever happens to other keys; a deleted record stays in the map
 * and serves the next new key, as on Linux. All-zero storage is the empty map.
 *   control: u32 first freed record, u32 records ever used, u32 elements, u32 most recently used (LRU)
 *   record:  u32 next record << 1 | taken, u32 hash, LRU: u32 next older, u32 next newer, key and value padded to 8
 *   buckets: u32 first record of each chain
 * A record is named by its index plus one; 0 is none. With isolation a program can write all of this, and the host's
 * requests run with the runtime's rights: so whatever the words hold, no function reaches outside the storage or
 * walks further than a sound map would have it walk. That holds for every map type. */
#ifndef MBPF_SRC_MAP_RECORDS_H
#define MBPF_SRC_MAP_RECORDS_H

#include "map_words.h"
#include "mbpf/map.h"

enum { MBPF_RECORDS_FREED = 0, MBPF_RECORDS_FRESH = 4, MBPF_RECORDS_USED = 8, MBPF_RECORDS_NEWEST = 12 };

/* Where a key is, or would go. */
typedef struct mbpf_found {
    uint8_t *bucket;
    uint32_t hash;
    uint32_t name;   /* its record; 0: not present */
    uint32_t before; /* the record that links to it, or the chain's last; 0: its bucket does */
    uint32_t chain;  /* records passed */
} mbpf_found;

static inline uint8_t *mbpf_record(const mbpf_map *map, uint32_t name)
{
    uint32_t index = name - 1u;
    return map->values + MBPF_HASH_CONTROL_BYTES + (size_t)(index < map->max_entries ? index : 0u) * map->stride;
}
static inline uint8_t *mbpf_record_key(const mbpf_map *map, uint8_t *record)
{
    return record + (map->type == MBPF_MAP_LRU_HASH ? MBPF_LRU_HEADER_BYTES : MBPF_HASH_HEADER_BYTES);
}
uint8_t *mbpf_record_value(const mbpf_map *map, uint8_t *record);
mbpf_found mbpf_records_find(const mbpf_map *map, const void *key);
/* Links a record of the chain of `found` from `found->before`'s place to the chain's front. */
void mbpf_records_to_front(mbpf_map *map, const mbpf_found *found);
/* A record for a new key with its value, at its chain's front. The caller knows that there is one. */
uint32_t mbpf_records_add(mbpf_map *map, const mbpf_found *found, const void *key, const void *value);
/* Takes a record out, given its place. */
void mbpf_records_drop(mbpf_map *map, const mbpf_found *found);

/* Update and removal as Linux has them. What each type does of its own is known where these are used, and becomes part of
 * the code there: `use` when a key is met, `make_room` before a new one is added (false: there is none), `add` and `drop`. */
static inline __attribute__((always_inline)) int mbpf_records_update(mbpf_map *map, const void *key, const void *value, uint64_t flags,
                                                                     void (*use)(mbpf_map *map, const mbpf_found *found),
                                                                     bool (*make_room)(mbpf_map *map, const mbpf_found *found),
                                                                     void (*add)(mbpf_map *map, const mbpf_found *found, const void *key, const void *value))
{
    if (flags > MBPF_UPDATE_EXIST) {
        return -MBPF_EINVAL;
    }
    mbpf_found f = mbpf_records_find(map, key);
    if (f.name != 0u) {
        if (flags == MBPF_UPDATE_NOEXIST) {
            return -MBPF_EEXIST;
        }
        use(map, &f);
        memmove(mbpf_record_value(map, mbpf_record(map, f.name)), value, map->value_size);
        return 0;
    }
    if (flags == MBPF_UPDATE_EXIST) {
        return -MBPF_ENOENT;
    }
    if (!make_room(map, &f)) {
        return -MBPF_E2BIG;
    }
    add(map, &f, key, value);
    return 0;
}

static inline __attribute__((always_inline)) int mbpf_records_remove(mbpf_map *map, const void *key, void (*drop)(mbpf_map *map, const mbpf_found *found))
{
    mbpf_found f = mbpf_records_find(map, key);
    if (f.name == 0u) {
        return -MBPF_ENOENT;
    }
    drop(map, &f);
    return 0;
}

const void *mbpf_records_read(const mbpf_map *map, const void *key);
bool mbpf_records_next_key(const mbpf_map *map, const void *key, void *next);
uint32_t mbpf_records_used(const mbpf_map *map);

#endif
