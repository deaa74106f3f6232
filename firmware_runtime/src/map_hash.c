/* SPDX-License-Identifier: Apache-2.0
 * Hash map over the records of map_records.h: a new key is refused when the map or the key's chain is full. */
#include <string.h>

#include "map_records.h"

static void *lookup(mbpf_map *map, const void *key)
{
    return (void *)(uintptr_t)mbpf_records_read(map, key);
}

static int update(mbpf_map *map, const void *key, const void *value, uint64_t flags)
{
    if (flags > MBPF_UPDATE_EXIST) {
        return -MBPF_EINVAL;
    }
    mbpf_found f = mbpf_records_find(map, key);
    if (f.name != 0u) {
        if (flags == MBPF_UPDATE_NOEXIST) {
            return -MBPF_EEXIST;
        }
        memmove(mbpf_record_value(map, mbpf_record(map, f.name)), value, map->value_size);
        return 0;
    }
    if (flags == MBPF_UPDATE_EXIST) {
        return -MBPF_ENOENT;
    }
    if (mbpf_records_used(map) >= map->max_entries || f.chain >= MBPF_HASH_CHAIN) {
        return -MBPF_E2BIG;
    }
    (void)mbpf_records_add(map, &f, key, value);
    return 0;
}

static int remove_key(mbpf_map *map, const void *key)
{
    mbpf_found f = mbpf_records_find(map, key);
    if (f.name == 0u) {
        return -MBPF_ENOENT;
    }
    mbpf_records_drop(map, &f);
    return 0;
}

const mbpf_map_operations mbpf_map_hash = {MBPF_MAP_HASH, lookup, update, remove_key, mbpf_records_read, mbpf_records_next_key,
                                           mbpf_records_used, mbpf_map_zeroed};
