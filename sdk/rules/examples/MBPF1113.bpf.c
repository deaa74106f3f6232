// SPDX-License-Identifier: Apache-2.0
// Arguments travel in five registers.
#include <mbpf/microbpf.h>

struct weights { u32 a, b, c, d, e; };
#ifdef WRONG
static __noinline u32 mix(u32 x, u32 a, u32 b, u32 c, u32 d, u32 e) { return x * a + b - c * d + e; }
#else
static __noinline u32 mix(u32 x, const struct weights *w) { return x * w->a + w->b - w->c * w->d + w->e; }
#endif

SEC("trace/step")
long watch(struct trace_event *e)
{
    struct weights w = {e->id, 2, 3, 4, 5};
#ifdef WRONG
    return mix(e->id, w.a, w.b, w.c, w.d, e->cpu);
#else
    return mix(e->id, &w);
#endif
}
