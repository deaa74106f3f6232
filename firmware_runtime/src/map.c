/* SPDX-License-Identifier: Apache-2.0
 * Which map types this firmware has. A firmware that leaves a file out of its build defines
 * MBPF_WITHOUT_MAP_<TYPE>, and its code is gone. */
#include "mbpf/map.h"

const mbpf_map_operations *mbpf_map_operations_of(uint32_t type)
{
    switch (mbpf_map_kind(type)) {
#ifndef MBPF_WITHOUT_MAP_ARRAY
    case MBPF_MAP_ARRAY:
        return &mbpf_map_array;
#endif
#ifndef MBPF_WITHOUT_MAP_HASH
    case MBPF_MAP_HASH:
        return &mbpf_map_hash;
#endif
#ifndef MBPF_WITHOUT_MAP_LRU_HASH
    case MBPF_MAP_LRU_HASH:
        return &mbpf_map_lru_hash;
#endif
#ifndef MBPF_WITHOUT_MAP_LPM_TRIE
    case MBPF_MAP_LPM_TRIE:
        return &mbpf_map_lpm_trie;
#endif
#ifndef MBPF_WITHOUT_MAP_QUEUE
    case MBPF_MAP_QUEUE:
    case MBPF_MAP_STACK:
        return &mbpf_map_queue;
#endif
#ifndef MBPF_WITHOUT_MAP_PROGRAM_ARRAY
    case MBPF_MAP_PROGRAM_ARRAY:
        return &mbpf_map_program_array;
#endif
#ifndef MBPF_WITHOUT_MAP_RING_BUFFER
    case MBPF_MAP_RING_BUFFER:
        return &mbpf_map_ring_buffer;
#endif
#ifndef MBPF_WITHOUT_MAP_TIME_SERIES
    case MBPF_MAP_TIME_SERIES:
        return &mbpf_map_time_series;
#endif
    default:
        return 0;
    }
}

uint64_t mbpf_map_bytes(uint32_t type, uint32_t key_size, uint32_t value_size, uint32_t max_entries)
{
    return mbpf_map_storage_bytes(type, key_size, value_size, max_entries);
}

uint32_t mbpf_map_stride(uint32_t type, uint32_t key_size, uint32_t value_size)
{
    return (uint32_t)mbpf_map_record_bytes(type, key_size, value_size);
}

uint32_t mbpf_map_host_key_bytes(const mbpf_map *map)
{
    switch (map->type) {
    case MBPF_MAP_QUEUE:
    case MBPF_MAP_STACK:
    case MBPF_MAP_TIME_SERIES:
        return 4u;
    default:
        return map->key_size;
    }
}

uint32_t mbpf_map_read_bytes(const mbpf_map *map)
{
    return map->type == MBPF_MAP_TIME_SERIES ? map->stride : map->value_size;
}

void *mbpf_map_no_lookup(mbpf_map *map, const void *key)
{
    (void)map;
    (void)key;
    return 0;
}

int mbpf_map_no_update(mbpf_map *map, const void *key, const void *value, uint64_t flags)
{
    (void)map;
    (void)key;
    (void)value;
    (void)flags;
    return -MBPF_EINVAL;
}

int mbpf_map_no_remove(mbpf_map *map, const void *key)
{
    (void)map;
    (void)key;
    return -MBPF_EINVAL;
}

bool mbpf_map_no_next(const mbpf_map *map, const void *key, void *next)
{
    (void)map;
    (void)key;
    (void)next;
    return false;
}

void mbpf_map_zeroed(mbpf_map *map)
{
    (void)map;
}
