// SPDX-License-Identifier: Apache-2.0
// Assembly would bypass the compiler's knowledge of types. An empty statement with constraints is a compiler barrier.
#include <mbpf/microbpf.h>

SEC("trace/step")
long watch(struct trace_event *e)
{
    u64 x = e->arg[0];
#ifdef WRONG
    asm volatile("%0 += 1" : "+r"(x));
#else
    x += 1;
    asm volatile("" : "+r"(x));
#endif
    return x;
}
