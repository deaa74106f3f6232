// SPDX-License-Identifier: Apache-2.0
// A helper believes its arguments: what it takes for a map is used as one. Each argument must be of the kind that the
// prototype names.
#include <mbpf/microbpf.h>
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 8); __type(key, u32); __type(value, u64); } seen SEC(".maps");

SEC("trace/step")
long watch(struct trace_event *e)
{
    u32 key = e->id;
#ifdef WRONG
    return bpf_map_lookup_elem(&key, &key) != 0;
#else
    return bpf_map_lookup_elem(&seen, &key) != 0;
#endif
}
