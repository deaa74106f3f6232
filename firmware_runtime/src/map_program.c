/* SPDX-License-Identifier: Apache-2.0
 * Program array: which program of its package a tail call enters, by element. Programs cannot read or write it; the
 * host may, with programs named by their place in the package, counted from 1. What it names is checked when it is
 * called (helpers/tail_call.c). */
#include "map_words.h"
#include "mbpf/map.h"

static uint8_t *element(const mbpf_map *map, const void *key)
{
    uint32_t index = mbpf_key_word(key);
    return index < map->max_entries ? map->values + 4u * index : 0;
}

static int update(mbpf_map *map, const void *key, const void *value, uint64_t flags)
{
    uint8_t *at = element(map, key);
    if (!at || flags != MBPF_UPDATE_ANY) {
        return at ? -MBPF_EINVAL : -MBPF_E2BIG;
    }
    mbpf_set_word(at, mbpf_key_word(value));
    return 0;
}

static int remove_key(mbpf_map *map, const void *key)
{
    uint8_t *at = element(map, key);
    if (!at || mbpf_word(at) == 0u) {
        return -MBPF_ENOENT;
    }
    mbpf_set_word(at, 0u);
    return 0;
}

static const void *read(const mbpf_map *map, const void *key)
{
    const uint8_t *at = element(map, key);
    return at && mbpf_word(at) != 0u ? at : 0;
}

static bool next_key(const mbpf_map *map, const void *key, void *next)
{
    for (uint32_t index = key ? mbpf_key_word(key) + 1u : 0u; index < map->max_entries; index++) {
        memcpy(next, &index, sizeof index);
        if (read(map, next)) {
            return true;
        }
    }
    return false;
}

static uint32_t used(const mbpf_map *map)
{
    uint32_t count = 0u;
    for (uint32_t index = 0u; index < map->max_entries; index++) {
        count += mbpf_word(map->values + 4u * index) != 0u ? 1u : 0u;
    }
    return count;
}

const mbpf_map_operations mbpf_map_program_array = {MBPF_MAP_PROGRAM_ARRAY, mbpf_map_no_lookup, update, remove_key, read, next_key, used,
                                                    mbpf_map_zeroed};
