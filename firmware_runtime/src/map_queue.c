/* SPDX-License-Identifier: Apache-2.0
 * Queue and stack: a ring of values. A queue pops its oldest value, a stack its youngest; when a push is told so and
 * there is no room, the oldest one goes, in both, as on Linux.
 *   control: u32 place of the oldest value, u32 values held */
#include <string.h>

#include "map_words.h"
#include "mbpf/map.h"

enum { OLDEST = 0, COUNT = 4 };

static uint32_t used(const mbpf_map *map)
{
    return mbpf_ring_count(map, COUNT);
}

static uint32_t oldest_place(const mbpf_map *map)
{
    return mbpf_ring_place(map, OLDEST);
}

/* The value `after` places behind the oldest; less than max_entries. */
static uint8_t *value_at(const mbpf_map *map, uint32_t after)
{
    uint32_t place = oldest_place(map) + after;
    if (place >= map->max_entries) {
        place -= map->max_entries;
    }
    return map->values + MBPF_QUEUE_CONTROL_BYTES + (size_t)place * map->stride;
}

static void forget_oldest(mbpf_map *map)
{
    uint32_t oldest = oldest_place(map) + 1u;
    mbpf_set_control_word(map, OLDEST, oldest < map->max_entries ? oldest : 0u);
    mbpf_set_control_word(map, COUNT, used(map) - 1u);
}

/* The value that `place` more pops would give. */
static const void *nth(const mbpf_map *map, uint32_t place)
{
    uint32_t count = used(map);
    if (place >= count) {
        return 0;
    }
    return value_at(map, map->type == MBPF_MAP_STACK ? count - 1u - place : place);
}

static void *peek(mbpf_map *map, const void *key)
{
    (void)key;
    return (void *)(uintptr_t)nth(map, 0u);
}

static int push(mbpf_map *map, const void *key, const void *value, uint64_t flags)
{
    (void)key;
    if (flags != MBPF_UPDATE_ANY && flags != MBPF_UPDATE_EXIST) {
        return -MBPF_EINVAL;
    }
    if (used(map) >= map->max_entries) {
        if (flags != MBPF_UPDATE_EXIST) {
            return -MBPF_E2BIG;
        }
        forget_oldest(map);
    }
    memcpy(value_at(map, used(map)), value, map->value_size);
    mbpf_set_control_word(map, COUNT, used(map) + 1u);
    return 0;
}

static int pop(mbpf_map *map, const void *key)
{
    (void)key;
    if (used(map) == 0u) {
        return -MBPF_ENOENT;
    }
    if (map->type == MBPF_MAP_QUEUE) {
        forget_oldest(map);
    } else {
        mbpf_set_control_word(map, COUNT, used(map) - 1u);
    }
    return 0;
}

static const void *read(const mbpf_map *map, const void *key)
{
    return nth(map, mbpf_key_word(key));
}

static bool next_key(const mbpf_map *map, const void *key, void *next)
{
    uint32_t place = key ? mbpf_key_word(key) + 1u : 0u;
    memcpy(next, &place, sizeof place);
    return place < used(map);
}

const mbpf_map_operations mbpf_map_queue = {MBPF_MAP_QUEUE, peek, push, pop, read, next_key, used, mbpf_map_zeroed};
