// SPDX-License-Identifier: Apache-2.0
// A structure does not fit into the registers that carry arguments and results.
#include <mbpf/microbpf.h>

struct vector { s64 x, y, z; };
#ifdef WRONG
static __noinline s64 norm(struct vector v) { return v.x * v.x + v.y * v.y + v.z * v.z; }
#else
static __noinline s64 norm(const struct vector *v) { return v->x * v->x + v->y * v->y + v->z * v->z; }
#endif

SEC("trace/step")
long watch(struct trace_event *e)
{
    struct vector v = {e->arg[0], e->arg[1], e->arg[2]};
#ifdef WRONG
    return norm(v);
#else
    return norm(&v);
#endif
}
