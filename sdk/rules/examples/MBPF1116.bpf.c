// SPDX-License-Identifier: Apache-2.0
// Some C has no counterpart in eBPF: the address that a function returns to, aliases of functions.
#include <mbpf/microbpf.h>

static u32 newer(u32 x) { return x + 1; }
#ifdef WRONG
u32 older(u32 x) __attribute__((alias("newer")));
#else
static u32 older(u32 x) { return newer(x); }
#endif

SEC("trace/step")
long watch(struct trace_event *e)
{
    return older(e->id);
}
