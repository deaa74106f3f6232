// SPDX-License-Identifier: Apache-2.0
// A pointer kept in a local variable may be read back as a pointer only: its bytes would tell where memory lies. Most
// often the address of a pointer variable was given where the pointer was meant.
#include <mbpf/microbpf.h>
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __type(key, u32); __type(value, u64); } last SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 4096); } values SEC(".maps");

SEC("gpio/chip0/line1/both")
int log_last(struct gpio_event *e)
{
    u32 key = 0;
    u64 *p = bpf_map_lookup_elem(&last, &key);
    if (!p)
        return 1;
#ifdef WRONG
    bpf_ringbuf_output(&values, &p, sizeof(p), 0);
#else
    bpf_ringbuf_output(&values, p, sizeof(*p), 0);
#endif
    return 1;
}
