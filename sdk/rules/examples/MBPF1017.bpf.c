// SPDX-License-Identifier: Apache-2.0
// A function owns the bytes of its own frame. An index past a local array, or a helper told of more bytes than the
// variable has, reaches other variables or the return address.
#include <mbpf/microbpf.h>

SEC("trace/step")
long watch(struct trace_event *e)
{
    volatile u32 window[8] = {0};
    u32 i = e->id;
#ifdef WRONG
    if (i > 8)
#else
    if (i >= 8)
#endif
        return 0;
    return window[i];
}
