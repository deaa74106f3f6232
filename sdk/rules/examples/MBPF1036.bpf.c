// SPDX-License-Identifier: Apache-2.0
// The verifier must know how many bytes of the record may be written, and the device reserves them in one step.
#include <mbpf/microbpf.h>
struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 4096); } values SEC(".maps");

SEC("trace/step")
long log_values(struct trace_event *e)
{
#ifdef WRONG
    u64 *r = bpf_ringbuf_reserve(&values, (e->arg[0] & 7) + 8, 0);
#else
    u64 *r = bpf_ringbuf_reserve(&values, 16, 0);
#endif
    if (!r)
        return 0;
    r[0] = e->timestamp;
    bpf_ringbuf_submit(r, 0);
    return 1;
}
