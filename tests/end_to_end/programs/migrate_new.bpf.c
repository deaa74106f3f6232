// SPDX-License-Identifier: Apache-2.0
// The next version of migrate_old.bpf.c: 64-bit counts with a sum, which the migrator fills from the old ones.
#include <mbpf/microbpf.h>

struct entry {
    u64 count, sum;
};
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 8); __type(key, u32); __type(value, struct entry); } counts SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 4); __type(key, u32); __type(value, u32); } old_counts SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 8); __type(key, u32); __type(value, u32); } limits SEC(".maps");

SEC("trace/count")
long count(struct trace_event *e)
{
    u32 id = e->id & 7;
    struct entry *n = bpf_map_lookup_elem(&counts, &id);
    u32 *limit = bpf_map_lookup_elem(&limits, &id);
    if (!n || (limit && n->count >= *limit)) return 0;
    n->sum += e->id;
    return ++n->count;
}

SEC("trace/migrate")
long migrate(struct trace_event *e)
{
    for (u32 id = 0; id < 4; id++) {
        u32 *from = bpf_map_lookup_elem(&old_counts, &id);
        struct entry *to = bpf_map_lookup_elem(&counts, &id);
        if (!from || !to) return 1;
        to->count = *from;
        to->sum = (u64)id * *from;
    }
    return 0;
}
