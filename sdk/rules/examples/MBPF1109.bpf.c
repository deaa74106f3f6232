// SPDX-License-Identifier: Apache-2.0
// Registers have 64 bits. Scale before multiplying, or keep the two halves apart.
#include <mbpf/microbpf.h>

SEC("trace/step")
long energy(struct trace_event *e)
{
#ifdef WRONG
    return (__int128)e->arg[0] * e->arg[1] >> 64;
#else
    return (e->arg[0] >> 32) * (e->arg[1] >> 32);
#endif
}
