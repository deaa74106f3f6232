// SPDX-License-Identifier: Apache-2.0
// A program that waits keeps the device waiting. Each loop needs something that moves towards a bound with every
// iteration; what is not there yet is looked for again at the hook's next run.
#include <mbpf/microbpf.h>
static u32 ready;

SEC("timer/10ms")
int wait(struct timer_event *t)
{
#ifdef WRONG
    while (!__sync_fetch_and_add(&ready, 0))
        ;
#else
    for (int i = 0; i < 8; i++)
        if (__sync_fetch_and_add(&ready, 0))
            break;
#endif
    return 0;
}
