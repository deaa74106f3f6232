// SPDX-License-Identifier: Apache-2.0
// All memory is reserved when the program is loaded, so that no run can fail for want of it.
#include <mbpf/microbpf.h>

SEC("trace/step")
long watch(struct trace_event *e)
{
#ifdef WRONG
    u32 window[e->id];
    window[0] = e->id;
    return window[0];
#else
    u32 window[16] = {0};
    window[e->id & 15] = e->id;
    return window[0];
#endif
}
