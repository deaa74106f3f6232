/* SPDX-License-Identifier: Apache-2.0
 * Words of a map's storage. They lie at multiples of 4, which the compiler is told: some parts have no unaligned loads. */
#ifndef MBPF_SRC_MAP_WORDS_H
#define MBPF_SRC_MAP_WORDS_H

#include <stdint.h>
#include <string.h>

#include "mbpf/map.h"

static inline uint32_t mbpf_word(const uint8_t *at)
{
    uint32_t v;
    memcpy(&v, __builtin_assume_aligned(at, 4), sizeof v);
    return v;
}

static inline void mbpf_set_word(uint8_t *at, uint32_t v)
{
    memcpy(__builtin_assume_aligned(at, 4), &v, sizeof v);
}

/* Words of the control area, at the storage's beginning. Of a ring: how many it holds and a place in it, neither further
 * than the ring goes, whatever a bad program has written there. */
static inline uint32_t mbpf_control_word(const mbpf_map *map, uint32_t offset)
{
    return mbpf_word(map->values + offset);
}

static inline void mbpf_set_control_word(mbpf_map *map, uint32_t offset, uint32_t v)
{
    mbpf_set_word(map->values + offset, v);
}

static inline uint32_t mbpf_ring_count(const mbpf_map *map, uint32_t offset)
{
    uint32_t count = mbpf_control_word(map, offset);
    return count < map->max_entries ? count : map->max_entries;
}

static inline uint32_t mbpf_ring_place(const mbpf_map *map, uint32_t offset)
{
    uint32_t place = mbpf_control_word(map, offset);
    return place < map->max_entries ? place : 0u;
}

/* A number that a program or the host gives as a key: anywhere. */
static inline uint32_t mbpf_key_word(const void *key)
{
    uint32_t v;
    memcpy(&v, key, sizeof v);
    return v;
}

#endif
