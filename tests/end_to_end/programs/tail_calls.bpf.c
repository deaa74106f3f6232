// SPDX-License-Identifier: Apache-2.0
// Programs that go on by tail calls where the context says: its timestamp holds an element for each step.
#include <mbpf/microbpf.h>

struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __type(key, u32); __type(value, u64[2]); } state SEC(".maps");

long second(struct trace_event *e);
long third(struct trace_event *e);
long strange(struct gpio_event *e);

struct {
    __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
    __uint(max_entries, 8);
    __type(key, u32);
    __array(values, long(void *));
} jumps SEC(".maps") = {.values = {[1] = (void *)&second, [2] = (void *)&third, [4] = (void *)&strange}};

static __always_inline long go(struct trace_event *e, u64 me)
{
    u32 zero = 0;
    u64 *s = bpf_map_lookup_elem(&state, &zero);
    if (!s) return 0;
    s[0] = s[0] * 31 + me;
    u32 step = s[1]++ & 15;
    bpf_tail_call(e, &jumps, e->timestamp >> (4 * step) & 15);
    return s[0];
}

SEC("trace/first")
long first(struct trace_event *e)
{
    u32 zero = 0;
    u64 *s = bpf_map_lookup_elem(&state, &zero);
    if (!s) return 0;
    s[0] = 7;
    s[1] = 0;
    return go(e, 1);
}

SEC("trace/second")
long second(struct trace_event *e)
{
    return go(e, 2);
}

SEC("trace/third")
long third(struct trace_event *e)
{
    return go(e, 3) + 1;
}

/* Of another hook: no program of `trace` may enter it. */
SEC("gpio/chip0/line3/both")
long strange(struct gpio_event *e)
{
    return e->value;
}

/* At a hook with contexts of its own: samples go on to what is to be asked of them. */
long bounds(struct iio_event *e);
struct {
    __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
    __uint(max_entries, 1);
    __type(key, u32);
    __array(values, long(void *));
} checks SEC(".maps") = {.values = {[0] = (void *)&bounds}};

SEC("iio/device0/accel_x")
long sample(struct iio_event *e)
{
    bpf_tail_call(e, &checks, 0);
    return FILTER_PASS;
}

SEC("iio/device0/accel_x")
long bounds(struct iio_event *e)
{
    return e->value < 1000 ? FILTER_PASS : FILTER_DROP;
}
