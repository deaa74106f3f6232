// SPDX-License-Identifier: Apache-2.0
// What a pointer to a function calls is known only when it runs, and the proof must know it before.
#include <mbpf/microbpf.h>

static u32 twice(u32 x) { return 2 * x; }
static u32 half(u32 x) { return x / 2; }
#ifdef WRONG
static u32 (*steps[2])(u32) = {twice, half};
#endif

SEC("trace/step")
long watch(struct trace_event *e)
{
#ifdef WRONG
    return steps[e->id & 1](e->id);
#else
    return e->id & 1 ? half(e->id) : twice(e->id);
#endif
}
