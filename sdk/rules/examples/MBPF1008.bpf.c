// SPDX-License-Identifier: Apache-2.0
// A register or variable that was never set holds whatever the code before left there, so the run would depend on
// it. The same rule keeps a ring buffer record from being used after it was submitted: it belongs to the reader then.
#include <mbpf/microbpf.h>
struct edge { u64 timestamp; u64 line; };
struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 4096); } edges SEC(".maps");

SEC("gpio/chip0/line1/both")
int log_edge(struct gpio_event *e)
{
    struct edge *r = bpf_ringbuf_reserve(&edges, sizeof(*r), 0);
    if (!r)
        return 1;
    r->timestamp = e->timestamp;
#ifdef WRONG
    bpf_ringbuf_submit(r, 0);
    r->line = e->line;
#else
    r->line = e->line;
    bpf_ringbuf_submit(r, 0);
#endif
    return 1;
}
