// SPDX-License-Identifier: Apache-2.0
// After a tail call nothing of the caller is left: a function that was called would have nobody to return to.
#include <mbpf/microbpf.h>
struct { __uint(type, BPF_MAP_TYPE_PROG_ARRAY); __uint(max_entries, 2); __type(key, u32); __type(value, u32); } next SEC(".maps");

#ifdef WRONG
static __noinline long go_on(struct trace_event *e)
{
    return bpf_tail_call(e, &next, e->id);
}
#else
static __noinline u32 which(struct trace_event *e)
{
    return e->id & 1;
}
#endif

SEC("trace/step")
long watch(struct trace_event *e)
{
#ifdef WRONG
    return go_on(e);
#else
    return bpf_tail_call(e, &next, which(e));
#endif
}
