// SPDX-License-Identifier: Apache-2.0
// A tail call may go to any program of the package on the same hook, and the run's instructions are those of all.
#include <mbpf/microbpf.h>
#ifdef WRONG
#define ROUNDS 8000
#else
#define ROUNDS 200
#endif
struct { __uint(type, BPF_MAP_TYPE_PROG_ARRAY); __uint(max_entries, 2); __type(key, u32); __type(value, u32); } next SEC(".maps");

SEC("iio/device0/x")
long first(struct iio_event *e)
{
    return bpf_tail_call(e, &next, 0) != 0;
}

SEC("iio/device0/y")
long second(struct iio_event *e)
{
    u32 sum = e->seq;
    for (u32 i = 0; i < ROUNDS; i++) sum = sum * 31 + i;
    e->value = (s32)sum;
    return bpf_tail_call(e, &next, 1) != 0;
}
