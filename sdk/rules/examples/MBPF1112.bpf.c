// SPDX-License-Identifier: Apache-2.0
// The stack is small, and reserved before the program runs.
#include <mbpf/microbpf.h>

SEC("trace/step")
long watch(struct trace_event *e)
{
#ifdef WRONG
    volatile u8 history[600] = {0};
#else
    static volatile u8 history[600];
#endif
    u32 i = e->id;
    if (i < 600)
        history[i]++;
    return history[0];
}
