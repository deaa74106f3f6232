// SPDX-License-Identifier: Apache-2.0
// A few lines of macros, includes or forced inlining can ask for gigabytes; a device would have no room for them.
#include <mbpf/microbpf.h>

#ifdef WRONG
static u8 everything[1u << 30];
#else
static u8 everything[1u << 10];
#endif

SEC("trace/step")
long watch(struct trace_event *e)
{
    return everything[e->id & 1023]++;
}
