// SPDX-License-Identifier: Apache-2.0
// A program has one entry, and what runs before it would be unverified.
#include <mbpf/microbpf.h>

#ifdef WRONG
static u32 limit;
__attribute__((constructor)) static void set_up(void) { limit = 100; }
#else
static u32 limit = 100;
#endif

SEC("trace/step")
long watch(struct trace_event *e)
{
    return e->id > limit ? limit = e->id : 0;
}
