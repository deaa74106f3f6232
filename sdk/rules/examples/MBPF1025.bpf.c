// SPDX-License-Identifier: Apache-2.0
// A map handle is the name of a map, not its contents; data_end is where bytes end. Neither leads to bytes that may
// be read.
#include <mbpf/microbpf.h>
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 4); __type(key, u32); __type(value, u64); } counts SEC(".maps");

SEC("trace/step")
long watch(struct trace_event *e)
{
#ifdef WRONG
    return *(volatile u64 *)&counts;
#else
    u32 key = e->id & 3;
    u64 *n = bpf_map_lookup_elem(&counts, &key);
    return n ? *n : 0;
#endif
}
