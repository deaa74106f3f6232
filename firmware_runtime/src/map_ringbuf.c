/* SPDX-License-Identifier: Apache-2.0
 * Ring buffer: the program reserves, fills and submits records; the host consumes them in order. Control
 * block of 32 bytes, then the ring. A record is an 8-byte header and its bytes padded to 8; it never wraps:
 * what is left at the ring's end becomes a discarded record. Positions count bytes modulo 2^32 and are masked
 * on use.
 *   control: u32 head (reserved up to), u32 tail (consumed up to), u32 dropped, 20 reserved
 *   header:  u32 length, u32 state: 0 reserved, 1 committed, 2 discarded */
#include <string.h>

#include "map_words.h"
#include "mbpf/map.h"

#define CONTROL MBPF_RING_BUFFER_CONTROL_BYTES
#define HEADER MBPF_RING_BUFFER_RECORD_HEADER_BYTES

enum { RESERVED = 0, COMMITTED = 1, DISCARDED = 2 };
enum { HEAD = 0, TAIL = 4, DROPPED = 8 };

static uint32_t word(const mbpf_map *map, uint32_t offset)
{
    return mbpf_word(map->values + offset);
}

static void set_word(mbpf_map *map, uint32_t offset, uint32_t v)
{
    mbpf_set_word(map->values + offset, v);
}

static uint32_t place(const mbpf_map *map, uint32_t position)
{
    return CONTROL + (position & (map->max_entries - 1u));
}

static void set_header(mbpf_map *map, uint32_t position, uint32_t length, uint32_t state)
{
    set_word(map, place(map, position), length);
    set_word(map, place(map, position) + 4u, state);
}

static void *refuse(mbpf_map *map)
{
    uint32_t dropped = word(map, DROPPED);
    if (dropped != UINT32_MAX) {
        set_word(map, DROPPED, dropped + 1u);
    }
    return 0;
}

void *mbpf_ring_buffer_reserve(mbpf_map *map, uint64_t bytes)
{
    uint32_t size = map->max_entries;
    if (bytes == 0u || bytes > size - HEADER) {
        return refuse(map);
    }
    uint32_t need = HEADER + (((uint32_t)bytes + 7u) & ~7u);
    uint32_t head = word(map, HEAD), tail = word(map, TAIL);
    uint32_t to_end = size - (head & (size - 1u));
    uint32_t skip = to_end < need ? to_end : 0u; /* multiples of 8, so a header always fits in it */
    if (need > size || (uint64_t)(head - tail) + skip + need > size) {
        return refuse(map);
    }
    if (skip != 0u) {
        set_header(map, head, skip - HEADER, DISCARDED);
        head += skip;
    }
    set_header(map, head, (uint32_t)bytes, RESERVED);
    set_word(map, HEAD, head + need);
    return map->values + place(map, head) + HEADER;
}

void mbpf_ring_buffer_finish(void *record, bool discard)
{
    uint32_t state = discard ? DISCARDED : COMMITTED;
    memcpy((uint8_t *)record - 4, &state, sizeof state);
}

/* Length of the record at the tail, its state, or false when the ring is empty. */
static bool at_tail(const mbpf_map *map, uint32_t *length, uint32_t *state)
{
    uint32_t tail = word(map, TAIL);
    if (tail == word(map, HEAD) || word(map, HEAD) - tail > map->max_entries || (tail & 7u) != 0u) {
        return false;
    }
    *length = word(map, place(map, tail));
    *state = word(map, place(map, tail) + 4u);
    return *length <= map->max_entries - HEADER - (tail & (map->max_entries - 1u));
}

void mbpf_ring_buffer_consume(mbpf_map *map)
{
    uint32_t length, state;
    if (at_tail(map, &length, &state)) {
        set_word(map, TAIL, word(map, TAIL) + HEADER + ((length + 7u) & ~7u));
    }
}

const uint8_t *mbpf_ring_buffer_peek(mbpf_map *map, uint32_t *bytes)
{
    uint32_t length, state;
    while (at_tail(map, &length, &state) && state != RESERVED) {
        if (state == COMMITTED) {
            *bytes = length;
            return map->values + place(map, word(map, TAIL)) + HEADER;
        }
        mbpf_ring_buffer_consume(map);
    }
    return 0;
}

uint64_t mbpf_ring_buffer_dropped(const mbpf_map *map)
{
    return word(map, DROPPED);
}

uint64_t mbpf_ring_buffer_query(const mbpf_map *map, uint64_t what)
{
    switch (what) {
    case 0u: /* BPF_RB_AVAIL_DATA */
        return word(map, HEAD) - word(map, TAIL);
    case 1u: /* BPF_RB_RING_SIZE */
        return map->max_entries;
    case 2u: /* BPF_RB_CONS_POS */
        return word(map, TAIL);
    case 3u: /* BPF_RB_PROD_POS */
        return word(map, HEAD);
    default:
        return 0u;
    }
}

static const void *read_nothing(const mbpf_map *map, const void *key)
{
    (void)map;
    (void)key;
    return 0;
}

static uint32_t used(const mbpf_map *map)
{
    return word(map, HEAD) - word(map, TAIL);
}

const mbpf_map_operations mbpf_map_ring_buffer = {MBPF_MAP_RING_BUFFER, mbpf_map_no_lookup, mbpf_map_no_update, mbpf_map_no_remove,
                                                  read_nothing, mbpf_map_no_next, used, mbpf_map_zeroed};
