// SPDX-License-Identifier: Apache-2.0
// Each helper works on some map types only: an array's elements always exist and cannot be deleted, a ring buffer has
// no keys.
#include <mbpf/microbpf.h>
#ifdef WRONG
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 8); __type(key, u32); __type(value, u64); } seen SEC(".maps");
#else
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 8); __type(key, u32); __type(value, u64); } seen SEC(".maps");
#endif

SEC("trace/step")
long forget(struct trace_event *e)
{
    u32 key = e->id;
    return bpf_map_delete_elem(&seen, &key);
}
