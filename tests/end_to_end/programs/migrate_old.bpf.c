// SPDX-License-Identifier: Apache-2.0
// Counts by id; the next version (migrate_new.bpf.c) keeps more of each.
#include <mbpf/microbpf.h>

struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 4); __type(key, u32); __type(value, u32); } counts SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 8); __type(key, u32); __type(value, u32); } limits SEC(".maps");

SEC("trace/count")
long count(struct trace_event *e)
{
    u32 id = e->id & 3;
    u32 *n = bpf_map_lookup_elem(&counts, &id);
    u32 *limit = bpf_map_lookup_elem(&limits, &id);
    if (!n || (limit && *n >= *limit)) return 0;
    return ++*n;
}
