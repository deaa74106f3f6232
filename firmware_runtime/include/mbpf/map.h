/* SPDX-License-Identifier: Apache-2.0
 * Maps behind one small interface: a map type is a file and one row of operations. Storage is position
 * independent (offsets and indices only), so a hot swap keeps contents by copying bytes. */
#ifndef MBPF_MAP_H
#define MBPF_MAP_H

#include <stdbool.h>
#include <stdint.h>

#include "mbpf/abi/map_layout.h"
#include "mbpf/abi/native.h"
#include "mbpf/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Errors of program helpers, as Linux numbers them. */
#define MBPF_ENOENT 2
#define MBPF_E2BIG 7
#define MBPF_EEXIST 17
#define MBPF_EINVAL 22
#define MBPF_ENOSPC 28

#define MBPF_UPDATE_ANY 0u
#define MBPF_UPDATE_NOEXIST 1u
#define MBPF_UPDATE_EXIST 2u

typedef struct mbpf_map_operations {
    uint16_t type;
    void *(*lookup)(mbpf_map *map, const void *key);
    int (*update)(mbpf_map *map, const void *key, const void *value, uint64_t flags);
    int (*remove)(mbpf_map *map, const void *key);
    /* Key after `key`, or the first when `key` is null or gone; false at the end. */
    bool (*next_key)(const mbpf_map *map, const void *key, void *next);
    uint32_t (*used)(const mbpf_map *map);
    void (*reset)(mbpf_map *map); /* storage is zeroed beforehand */
} mbpf_map_operations;

extern const mbpf_map_operations mbpf_map_array;
extern const mbpf_map_operations mbpf_map_hash;
extern const mbpf_map_operations mbpf_map_ring_buffer;

/* The row of a type, or null: the firmware does not link it in. */
const mbpf_map_operations *mbpf_map_operations_of(uint32_t type);
uint32_t mbpf_map_stride(uint32_t type, uint32_t key_size, uint32_t value_size);

/* Ring buffer, the parts beyond the common interface. A record is reserved by the program, committed or
 * discarded by it, and consumed by the host in order. */
void *mbpf_ring_buffer_reserve(mbpf_map *map, uint64_t bytes);
void mbpf_ring_buffer_finish(void *record, bool discard);
/* Oldest committed record; discarded ones before it are skipped. Null: none. */
const uint8_t *mbpf_ring_buffer_peek(mbpf_map *map, uint32_t *bytes);
void mbpf_ring_buffer_consume(mbpf_map *map);
uint64_t mbpf_ring_buffer_dropped(const mbpf_map *map);
uint64_t mbpf_ring_buffer_query(const mbpf_map *map, uint64_t what);

#ifdef __cplusplus
}
#endif

#endif
