/* SPDX-License-Identifier: Apache-2.0
 * Window of 8 in a ring; counts samples that leave the average by more than the threshold. */
#include "kernel.h"
#define WINDOW 8
struct memory { s32 threshold; u32 at; s32 sum; s32 ring[WINDOW]; s32 in[64]; };
KERNEL(struct memory, m)
{
    u32 outliers = 0, at = m->at % WINDOW;
    s32 sum = m->sum, threshold = m->threshold & 0xffff;
    for (u32 i = 0; i < 64; i++) {
        s32 x = m->in[i] >> 8;
        s32 average = sum / WINDOW;
        s32 distance = x > average ? x - average : average - x;
        if (distance > threshold)
            outliers++;
        sum += x - m->ring[at];
        m->ring[at] = x;
        at = (at + 1) % WINDOW;
    }
    m->at = at;
    m->sum = sum;
    return outliers;
}
