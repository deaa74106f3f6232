// SPDX-License-Identifier: Apache-2.0
// A lookup finds nothing when the key is absent, and a reservation fails when the buffer is full: both say so with
// NULL. Every path from there to the first use must pass a comparison with NULL.
#include <mbpf/microbpf.h>
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 8); __type(key, u32); __type(value, u64); } counts SEC(".maps");

SEC("gpio/chip0/line1/both")
int count(struct gpio_event *e)
{
    u32 key = e->line;
    u64 *p = bpf_map_lookup_elem(&counts, &key);
#ifndef WRONG
    if (!p)
        return 1;
#endif
    *p += 1;
    return 1;
}
