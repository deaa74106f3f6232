// SPDX-License-Identifier: Apache-2.0
// eBPF has atomic add, and, or, xor, exchange and compare-exchange, on 4 and 8 bytes. A plain aligned load or store of
// that size is atomic as it is.
#include <mbpf/microbpf.h>

#ifdef WRONG
static u16 events;
#else
static u32 events;
#endif

SEC("timer/10ms")
int tick(struct timer_event *t)
{
    __sync_fetch_and_add(&events, t->overruns);
    return 0;
}
