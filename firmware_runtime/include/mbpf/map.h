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
#define MBPF_ENOSPC 28 /* LPM tries say it where others say E2BIG, as on Linux */

#define MBPF_UPDATE_ANY 0u
#define MBPF_UPDATE_NOEXIST 1u
#define MBPF_UPDATE_EXIST 2u

/* The first three are what programs do. A queue or stack has no keys: `key` is not looked at, lookup gives the
 * element to be popped next, update pushes, remove pops. */
typedef struct mbpf_map_operations {
    uint16_t type;
    void *(*lookup)(mbpf_map *map, const void *key);
    int (*update)(mbpf_map *map, const void *key, const void *value, uint64_t flags);
    int (*remove)(mbpf_map *map, const void *key);
    /* What the host reads, without any effect. Its keys are the map's own; those of queues and stacks are places (u32)
     * counted from the element to be popped next, those of time series sample numbers (u32), oldest first. Its values
     * are the map's own, and samples (mbpf_map_read_bytes). */
    const void *(*read)(const mbpf_map *map, const void *key);
    /* Key after `key`, or the first when `key` is null or gone; false at the end. */
    bool (*next_key)(const mbpf_map *map, const void *key, void *next);
    uint32_t (*used)(const mbpf_map *map);
    void (*reset)(mbpf_map *map); /* storage is zeroed beforehand */
} mbpf_map_operations;

extern const mbpf_map_operations mbpf_map_array;
extern const mbpf_map_operations mbpf_map_hash;
extern const mbpf_map_operations mbpf_map_lru_hash;
extern const mbpf_map_operations mbpf_map_lpm_trie;
extern const mbpf_map_operations mbpf_map_queue; /* and stack */
extern const mbpf_map_operations mbpf_map_program_array;
extern const mbpf_map_operations mbpf_map_ring_buffer;
extern const mbpf_map_operations mbpf_map_time_series;

/* The row of a type, or null: the firmware does not link it in. */
const mbpf_map_operations *mbpf_map_operations_of(uint32_t type);
/* Of its storage; 0: not a valid map. The one copy of mbpf_map_storage_bytes() in the firmware. */
uint64_t mbpf_map_bytes(uint32_t type, uint32_t key_size, uint32_t value_size, uint32_t max_entries);
uint32_t mbpf_map_stride(uint32_t type, uint32_t key_size, uint32_t value_size);
/* Bytes of the host's keys (0: the host cannot name one) and of what `read` gives. */
uint32_t mbpf_map_host_key_bytes(const mbpf_map *map);
uint32_t mbpf_map_read_bytes(const mbpf_map *map);
/* Of types that refuse them. */
void *mbpf_map_no_lookup(mbpf_map *map, const void *key);
int mbpf_map_no_update(mbpf_map *map, const void *key, const void *value, uint64_t flags);
int mbpf_map_no_remove(mbpf_map *map, const void *key);
bool mbpf_map_no_next(const mbpf_map *map, const void *key, void *next);
void mbpf_map_zeroed(mbpf_map *map); /* reset of types whose empty map is all zero */

/* Appends a sample; the oldest one makes room. */
void mbpf_time_series_push(mbpf_map *map, const void *key, const void *value, uint64_t time_ns);

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
