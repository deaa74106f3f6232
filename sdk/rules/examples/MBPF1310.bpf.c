// SPDX-License-Identifier: Apache-2.0
// A tail call enters a program: something with a hook, bounds and a context of its own.
#include <mbpf/microbpf.h>

#ifndef WRONG
SEC("trace/rest")
#endif
long rest(struct trace_event *e)
{
    return e->id;
}

struct {
    __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
    __uint(max_entries, 1);
    __type(key, u32);
    __array(values, long(struct trace_event *));
} next SEC(".maps") = {.values = {[0] = (void *)&rest}};

SEC("trace/step")
long watch(struct trace_event *e)
{
    return bpf_tail_call(e, &next, 0);
}
