// SPDX-License-Identifier: Apache-2.0
#include "support.h"

static uint16_t small;
static uint32_t word;
static _Atomic uint32_t shared;

SEC("iio/device0/temp")
int filter(struct event *e)
{
    __sync_fetch_and_add(&small, 1);                       // expect: MBPF1110
    __sync_fetch_and_nand(&word, 1);                       // expect: MBPF1110
    __atomic_store_n(&word, 1, __ATOMIC_RELAXED);          // expect: MBPF1110
    uint32_t w = __atomic_load_n(&word, __ATOMIC_RELAXED); // expect: MBPF1110
    w += shared;                                           // expect: MBPF1110
    shared = 3;                                            // expect: MBPF1110
    return w > e->channel;
}
