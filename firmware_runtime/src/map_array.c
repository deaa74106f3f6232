/* SPDX-License-Identifier: Apache-2.0
 * Array map: values side by side, all present from the start. Native code looks up by address arithmetic of
 * its own; these functions serve the host and lookups whose map is not known to be an array. */
#include <string.h>

#include "mbpf/map.h"

static uint32_t read_index(const void *key)
{
    uint32_t index;
    memcpy(&index, key, sizeof index);
    return index;
}

static const void *read(const mbpf_map *map, const void *key)
{
    uint32_t index = read_index(key);
    return index < map->max_entries ? map->values + (size_t)index * map->stride : 0;
}

static void *lookup(mbpf_map *map, const void *key)
{
    return (void *)(uintptr_t)read(map, key);
}

static int update(mbpf_map *map, const void *key, const void *value, uint64_t flags)
{
    if (flags > MBPF_UPDATE_EXIST) {
        return -MBPF_EINVAL;
    }
    void *at = lookup(map, key);
    if (!at) {
        return -MBPF_E2BIG;
    }
    if (flags == MBPF_UPDATE_NOEXIST) {
        return -MBPF_EEXIST;
    }
    memmove(at, value, map->value_size);
    return 0;
}

static bool next_key(const mbpf_map *map, const void *key, void *next)
{
    uint32_t index = 0u;
    if (key) {
        index = read_index(key);
        if (index >= map->max_entries) {
            index = 0u; /* as Linux: an unknown key starts over */
        } else {
            index++;
        }
    }
    if (index >= map->max_entries) {
        return false;
    }
    memcpy(next, &index, sizeof index);
    return true;
}

static uint32_t used(const mbpf_map *map)
{
    return map->max_entries;
}

const mbpf_map_operations mbpf_map_array = {MBPF_MAP_ARRAY, lookup, update, mbpf_map_no_remove, read, next_key, used, mbpf_map_zeroed};
