// SPDX-License-Identifier: Apache-2.0
// A package says of each map what the device must reserve, in fields of fixed width.
#include <mbpf/microbpf.h>
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 64);
    __type(key, u32);
    __type(value, u64);
#ifdef WRONG
    __uint(map_flags, 0x10000);
#endif
} seen SEC(".maps");

SEC("trace/step")
long watch(struct trace_event *e)
{
    u32 key = e->id;
    return bpf_map_lookup_elem(&seen, &key) != 0;
}
