// SPDX-License-Identifier: Apache-2.0
// The context is laid out anew on each device, and a helper that copies bytes would see that device's layout.
#include <mbpf/microbpf.h>
struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 4096); } times SEC(".maps");

SEC("trace/step")
long log_time(struct trace_event *e)
{
#ifdef WRONG
    return bpf_ringbuf_output(&times, e, 8, 0);
#else
    u64 time = e->timestamp;
    return bpf_ringbuf_output(&times, &time, sizeof(time), 0);
#endif
}
