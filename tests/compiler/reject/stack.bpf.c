// SPDX-License-Identifier: Apache-2.0
#include "support.h"

static long (*const bpf_probe)(void *to, uint32_t size) = (void *)4;

SEC("iio/device0/temp")
int filter(struct event *e) // expect: MBPF1112
{
    char samples[600];
    bpf_probe(samples, sizeof samples);
    return samples[e->channel & 511];
}
