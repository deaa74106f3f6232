/* SPDX-License-Identifier: Apache-2.0
 * Random operations on a map, the same on every machine: the host runs them on the runtime's maps and on the
 * interpreter's models, the boards on the runtime's maps. A digest stands for all results. */
#ifndef MBPF_TESTS_MAP_SEQUENCES_H
#define MBPF_TESTS_MAP_SEQUENCES_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MAP_SEQUENCE_STEPS 3000u
#define MAP_SHAPES 27u
#define MAP_MOST_STORAGE 65536u

typedef struct map_shape {
    uint32_t type, key, value, entries;
    uint32_t keys;    /* how many different ones the sequence uses; LPM: bytes of the key that vary */
    bool collide;     /* hash, LRU: all keys in one chain */
} map_shape;
extern const map_shape map_shapes[MAP_SHAPES];

/* The map the operations are done on. Keys and values as in mbpf/map.h: queues and stacks get no key. */
typedef struct map_target {
    void *self;
    uint8_t *(*lookup)(void *self, const uint8_t *key);
    int (*update)(void *self, const uint8_t *key, const uint8_t *value, uint64_t flags);
    int (*remove)(void *self, const uint8_t *key);
    void (*append)(void *self, const uint8_t *key, const uint8_t *value, uint64_t time_ns); /* time series */
    const uint8_t *(*read)(void *self, const uint8_t *key); /* the host's */
    bool (*next_key)(void *self, const uint8_t *key, uint8_t *next);
    uint32_t (*used)(void *self);
} map_target;

/* Digest of all results of a shape's sequence, and of all that the map holds at times. */
uint32_t map_sequence(const map_shape *shape, const map_target *target);

#ifdef __cplusplus
}
#endif

#endif
