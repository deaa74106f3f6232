/* SPDX-License-Identifier: Apache-2.0 */
/* What the cases here need of a platform's header, so that they test the front end alone. */
#pragma once
#include <stdint.h>
#define SEC(name) __attribute__((section(name), used))
#define __uint(name, val) int (*name)[val]
#define __type(name, val) __typeof__(val) *name
struct event {
    uint64_t timestamp;
    int32_t value;
    uint32_t channel;
};
static void *(*const bpf_map_lookup_elem)(void *map, const void *key) = (void *)1;
static uint64_t (*const bpf_ktime_get_ns)(void) = (void *)5;
