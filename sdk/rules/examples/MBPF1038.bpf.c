// SPDX-License-Identifier: Apache-2.0
// The device reserves each map's memory before a program runs, by type and size; both must be ones that it knows.
#include <mbpf/microbpf.h>
#ifdef WRONG
struct name { char text[100]; };
#else
struct name { char text[32]; };
#endif
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 8); __type(key, struct name); __type(value, u32); } names SEC(".maps");

SEC("trace/step")
long watch(struct trace_event *e)
{
    static struct name key;
    key.text[0] = e->id;
    return bpf_map_lookup_elem(&names, &key) != 0;
}
