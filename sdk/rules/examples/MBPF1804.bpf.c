// SPDX-License-Identifier: Apache-2.0
// A helper that calls back a function of the program is judged where the platform models how often it calls.
#include <mbpf/microbpf.h>
#ifdef WRONG
static long (*const bpf_loop)(u32 n, void *body, void *ctx, u64 flags) = (void *)181;
static long body(u32 i, void *ctx) { return 0; }
#endif

SEC("trace/step")
long watch(struct trace_event *e)
{
#ifdef WRONG
    return bpf_loop(8, body, 0, 0);
#else
    long n = 0;
    for (int i = 0; i < 8; i++)
        n += e->arg[0] >> i & 1;
    return n;
#endif
}
