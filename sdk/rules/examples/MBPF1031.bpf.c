// SPDX-License-Identifier: Apache-2.0
// A record that is reserved and never given back blocks the ring buffer for good: readers stop at it. Early returns
// are where it is forgotten.
#include <mbpf/microbpf.h>
struct peak { u64 timestamp; s64 value; };
struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 4096); } peaks SEC(".maps");

SEC("iio/device0/accel_x")
int log_peak(struct iio_event *e)
{
    struct peak *r = bpf_ringbuf_reserve(&peaks, sizeof(*r), 0);
    if (!r)
        return 1;
    if (e->value < 100) {
#ifndef WRONG
        bpf_ringbuf_discard(r, 0);
#endif
        return 1;
    }
    r->timestamp = e->timestamp;
    r->value = e->value;
    bpf_ringbuf_submit(r, 0);
    return 1;
}
