// SPDX-License-Identifier: Apache-2.0
// Maps and packets are read by other programs, by the host and by the network: an address there would tell where
// memory lies, and would be stale by the next run.
#include <mbpf/microbpf.h>
struct state { u64 next; u64 count; };
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 4); __type(key, u32); __type(value, struct state); } states SEC(".maps");

SEC("timer/10ms")
int advance(struct timer_event *t)
{
    u32 a = 0, b = t->overruns & 3;
    struct state *first = bpf_map_lookup_elem(&states, &a);
    struct state *next = bpf_map_lookup_elem(&states, &b);
    if (!first || !next)
        return 0;
    next->count++;
#ifdef WRONG
    first->next = (u64)(long)next;
#else
    first->next = b;
#endif
    return 0;
}
