/* SPDX-License-Identifier: Apache-2.0
 * A scene is one example with its maps, the context of one event, and how both begin. Native code and AOT code run in
 * the same scene: scene_*.c holds the example's own source, the host (hooks.cpp) finds these names in the image. */
#ifndef HOOKS_SCENE_H
#define HOOKS_SCENE_H

#include <stdint.h>
#include <string.h>

#include <mbpf/microbpf.h>

#include "runtime_functions.h"

enum { BENCH_IMPORTS = 16, BENCH_WAYS = 3 };

/* Of the scene: maps and context as before event `variant`; a digest of all that the program can write. */
void bench_reset(uint32_t variant);
uint64_t bench_digest(void);
/* The import tables of the AOT ways, filled in by the host; of array `map`, bench_values_<map> points to value 0. */
extern void *bench_imports[BENCH_WAYS][BENCH_IMPORTS];
#define BENCH_ARRAY(map) __attribute__((used)) void *const bench_values_##map = (map).storage

/* hooks/runtime.c */
extern uint8_t bench_notes[64];
void bench_clear_notes(void);
void bench_make_map(struct mbpf_map *map, uint32_t type, uint32_t key_size, uint32_t value_size, uint32_t max_entries, uint8_t *storage);
uint64_t bench_fold(uint64_t hash, const void *bytes, uint32_t size);

#endif
