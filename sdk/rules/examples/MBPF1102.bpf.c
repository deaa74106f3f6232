// SPDX-License-Identifier: Apache-2.0
// Stack and time must be known before the program runs, and the depth of a recursion is not.
#include <mbpf/microbpf.h>

#ifdef WRONG
static u64 factorial(u32 n) { return n < 2 ? 1 : n * factorial(n - 1); }
#else
static u64 factorial(u32 n)
{
    u64 product = 1;
    for (u32 i = 2; i <= n && i <= 20; i++)
        product *= i;
    return product;
}
#endif

SEC("trace/step")
long watch(struct trace_event *e)
{
    return factorial(e->id);
}
