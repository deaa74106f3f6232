/* SPDX-License-Identifier: Apache-2.0
 * Hash map over the records of map_records.h: a new key is refused when the map or the key's chain is full. */
#include "map_records.h"

static void *lookup(mbpf_map *map, const void *key)
{
    return (void *)(uintptr_t)mbpf_records_read(map, key);
}

static void use(mbpf_map *map, const mbpf_found *f)
{
    (void)map;
    (void)f;
}

static bool has_room(mbpf_map *map, const mbpf_found *f)
{
    return mbpf_records_used(map) < map->max_entries && f->chain < MBPF_HASH_CHAIN;
}

static void add(mbpf_map *map, const mbpf_found *f, const void *key, const void *value)
{
    (void)mbpf_records_add(map, f, key, value);
}

static int update(mbpf_map *map, const void *key, const void *value, uint64_t flags)
{
    return mbpf_records_update(map, key, value, flags, use, has_room, add);
}

static int remove_key(mbpf_map *map, const void *key)
{
    return mbpf_records_remove(map, key, mbpf_records_drop);
}

const mbpf_map_operations mbpf_map_hash = {MBPF_MAP_HASH, lookup, update, remove_key, mbpf_records_read, mbpf_records_next_key,
                                           mbpf_records_used, mbpf_map_zeroed};
