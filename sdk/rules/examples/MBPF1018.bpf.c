// SPDX-License-Identifier: Apache-2.0
// Bytes of the stack that were never written hold what earlier programs left there. A helper that copies a structure
// copies its padding too, so setting each member is not enough.
#include <mbpf/microbpf.h>
struct sample { u64 timestamp; u32 line; u8 edge; };
struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 4096); } samples SEC(".maps");

SEC("gpio/chip0/line1/both")
int log_edge(struct gpio_event *e)
{
#ifdef WRONG
    struct sample s;
#else
    struct sample s = {0};
#endif
    s.timestamp = e->timestamp;
    s.line = e->line;
    s.edge = e->edge;
    bpf_ringbuf_output(&samples, &s, sizeof(s), 0);
    return 1;
}
