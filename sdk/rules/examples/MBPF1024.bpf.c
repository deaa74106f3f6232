// SPDX-License-Identifier: Apache-2.0
// Constant data lies in read-only memory, shared with the host's record of it: what the proof read there must stay.
#include <mbpf/microbpf.h>
#ifdef WRONG
static const volatile u32 limit = 5;
#else
static volatile u32 limit = 5;
#endif

SEC("trace/step")
long adapt(struct trace_event *e)
{
    if (e->id > limit)
        *(volatile u32 *)&limit = e->id;
    return limit;
}
