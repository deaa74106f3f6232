/* SPDX-License-Identifier: Apache-2.0
 * Milliseconds since the last of 16 events from 64-bit nanoseconds; longest and mean. */
#include "../kernel.h"
struct memory { u64 last; u64 at[16]; u32 ms[16]; };
KERNEL(struct memory, m)
{
    u64 last = m->last >> 8, sum = 0;
    u32 longest = 0;
    for (u32 i = 0; i < 16; i++) {
        u64 now = m->at[i] >> 8;
        u64 gap = now > last ? now - last : 0;
        u32 ms = (u32)(gap / 1000000);
        m->ms[i] = ms;
        if (ms > longest)
            longest = ms;
        sum += ms;
        last = now;
    }
    return sum / 16 + longest;
}
