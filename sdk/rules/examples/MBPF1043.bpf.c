// SPDX-License-Identifier: Apache-2.0
// The proof is searched for in a bounded number of steps, so that no program can hang the verifier. A program beyond
// it may be safe: what it does must be made simpler, or the budget larger (--max-steps).
// Options: --max-steps 1000
#include <mbpf/microbpf.h>

SEC("trace/step")
long mix(struct trace_event *e)
{
    volatile u64 x = e->arg[0];
#ifdef WRONG
#pragma unroll
#endif
    for (u32 i = 0; i < 300; i++)
        x = x * 5 + i;
    return x;
}
