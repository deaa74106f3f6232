// SPDX-License-Identifier: Apache-2.0
// Half of a pointer, or a pointer of which some bytes were overwritten, would come back as a pointer to somewhere.
// Compilers store pointers whole; casts to smaller integers and packed structures make parts of them.
#include <mbpf/microbpf.h>

SEC("trace/step")
long watch(struct trace_event *e)
{
#ifdef WRONG
    volatile u32 kept = (u32)(long)e;
#else
    volatile u32 kept = (u32)e->arg[0];
#endif
    return kept;
}
