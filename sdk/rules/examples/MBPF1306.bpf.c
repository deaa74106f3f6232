// SPDX-License-Identifier: Apache-2.0
// A device has so much memory for maps and global data, and a table of so many programs.
#include <mbpf/microbpf.h>
#ifdef WRONG
#define ENTRIES 60000
#else
#define ENTRIES 600
#endif
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, ENTRIES); __type(key, u32); __type(value, u64[4]); } history SEC(".maps");

SEC("trace/step")
long watch(struct trace_event *e)
{
    u32 key = e->id;
    u64 *p = bpf_map_lookup_elem(&history, &key);
    return p ? p[0] : 0;
}
