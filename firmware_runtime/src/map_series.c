/* SPDX-License-Identifier: Apache-2.0
 * Time series: the last max_entries samples of all keys in the order of time. Programs append, the host reads; a
 * sample has a number that never comes back (modulo 2^32), so the host reads on where it stopped and sees what it
 * missed.
 *   control: u32 number of the next sample, u32 samples held, u32 place of the next one, u32 reserved
 *   sample:  u64 time in ns, key padded to 8, value padded to 8 */
#include <string.h>

#include "map_words.h"
#include "mbpf/map.h"

enum { NEXT = 0, COUNT = 4, PLACE = 8 };

static uint32_t used(const mbpf_map *map)
{
    return mbpf_ring_count(map, COUNT);
}

static uint32_t next_place(const mbpf_map *map)
{
    return mbpf_ring_place(map, PLACE);
}

static uint8_t *sample(const mbpf_map *map, uint32_t place)
{
    return map->values + MBPF_SERIES_CONTROL_BYTES + (size_t)place * map->stride;
}

void mbpf_time_series_push(mbpf_map *map, const void *key, const void *value, uint64_t time_ns)
{
    uint32_t count = used(map), place = next_place(map);
    uint8_t *at = sample(map, place);
    memcpy(at, &time_ns, sizeof time_ns);
    memcpy(at + MBPF_SERIES_HEADER_BYTES, key, map->key_size);
    memcpy(at + MBPF_SERIES_HEADER_BYTES + ((map->key_size + 7u) & ~7u), value, map->value_size);
    mbpf_set_control_word(map, NEXT, mbpf_control_word(map, NEXT) + 1u);
    mbpf_set_control_word(map, COUNT, count < map->max_entries ? count + 1u : count);
    mbpf_set_control_word(map, PLACE, place + 1u < map->max_entries ? place + 1u : 0u);
}

static const void *read(const mbpf_map *map, const void *key)
{
    uint32_t back = next_place(map), age = mbpf_control_word(map, NEXT) - mbpf_key_word(key); /* 1: the newest */
    if (age - 1u >= used(map)) {
        return 0;
    }
    return sample(map, back >= age ? back - age : back + map->max_entries - age);
}

/* A number that is gone is followed by the oldest that is still here. */
static bool next_key(const mbpf_map *map, const void *key, void *next)
{
    uint32_t behind = mbpf_control_word(map, NEXT), count = used(map), number = behind - count;
    if (key && behind - 1u - mbpf_key_word(key) < count) {
        number = mbpf_key_word(key) + 1u;
    }
    memcpy(next, &number, sizeof number);
    return number != behind;
}

const mbpf_map_operations mbpf_map_time_series = {MBPF_MAP_TIME_SERIES, mbpf_map_no_lookup, mbpf_map_no_update, mbpf_map_no_remove,
                                                  read, next_key, used, mbpf_map_zeroed};
