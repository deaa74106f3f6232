// SPDX-License-Identifier: Apache-2.0
// Atomic instructions work on naturally aligned words only; a packed structure puts its members elsewhere.
#include <mbpf/microbpf.h>
#ifdef WRONG
static struct { u32 flags; u64 total; } __attribute__((packed)) stats;
#else
static struct { u32 flags; u64 total; } stats;
#endif

SEC("timer/10ms")
int tick(struct timer_event *t)
{
    __sync_fetch_and_add((u64 *)((char *)&stats + __builtin_offsetof(__typeof__(stats), total)), t->overruns);
    return 0;
}
