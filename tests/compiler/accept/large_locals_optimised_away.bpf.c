// SPDX-License-Identifier: Apache-2.0
// Only what the machine needs counts against the stack, and locals that do not live together share it.
#include "../reject/support.h"

static long (*const bpf_probe)(void *to, uint32_t size) = (void *)4;

SEC("iio/device0/temp")
int filter(struct event *e)
{
    int never_in_memory[1000] = {0};
    never_in_memory[3] = e->value;
    int total = never_in_memory[3];
    {
        char first[300];
        bpf_probe(first, sizeof first);
        total += first[e->channel & 255];
    }
    return total;
}
