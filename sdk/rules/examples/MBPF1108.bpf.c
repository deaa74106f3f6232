// SPDX-License-Identifier: Apache-2.0
// Programs run to their end one at a time on a core: there are no threads.
#include <mbpf/microbpf.h>

#ifdef WRONG
static _Thread_local u32 runs;
#else
static u32 runs;
#endif

SEC("timer/10ms")
int tick(struct timer_event *t)
{
    runs += t->overruns;
    return 0;
}
