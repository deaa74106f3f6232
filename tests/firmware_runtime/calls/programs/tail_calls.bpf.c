/* SPDX-License-Identifier: Apache-2.0
 * Tail calls that find a program, and that find none. */
#include <mbpf/microbpf.h>

long last(struct trace_event *e);

struct {
    __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
    __uint(max_entries, 3);
    __type(key, u32);
    __array(values, long(void *));
} jumps SEC(".maps") = {.values = {[1] = (void *)&last}};

SEC("trace/tail_call")
long jump(struct trace_event *e)
{
    bpf_tail_call(e, &jumps, ((const u64 *)e->arg)[0]);
    return 1;
}

SEC("trace/last")
long last(struct trace_event *e)
{
    return e->id;
}
