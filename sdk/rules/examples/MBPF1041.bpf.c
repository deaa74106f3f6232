// SPDX-License-Identifier: Apache-2.0
// The stack is reserved before the program runs: a function's own variables and those of all it calls must fit.
#include <mbpf/microbpf.h>
#ifdef WRONG
#define LENGTH 40
#else
#define LENGTH 20
#endif

static __noinline long smooth(u64 seed)
{
    volatile u64 window[LENGTH];
    for (int i = 0; i < LENGTH; i++)
        window[i] = seed + i;
    return window[seed & 15];
}

SEC("trace/step")
long watch(struct trace_event *e)
{
    volatile u64 history[LENGTH];
    for (int i = 0; i < LENGTH; i++)
        history[i] = e->id + i;
    return history[e->id & 15] + smooth(e->id);
}
