// SPDX-License-Identifier: Apache-2.0
// Devices keep a map's name in a field of fixed length, and the host asks for the map by it.
#include <mbpf/microbpf.h>
#ifdef WRONG
#define NAME edges_seen_on_each_line
#else
#define NAME edges_by_line
#endif
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 4); __type(key, u32); __type(value, u32); } NAME SEC(".maps");

SEC("gpio/chip0/line1/both")
int count(struct gpio_event *e)
{
    u32 key = e->line & 3;
    u32 *n = bpf_map_lookup_elem(&NAME, &key);
    if (n)
        *n += 1;
    return 1;
}
