/* SPDX-License-Identifier: Apache-2.0
 * Exponential average with hysteresis, counting crossings, over 64 samples. */
#include "../kernel.h"
struct memory { s32 average; u32 on; s32 in[64]; };
KERNEL(struct memory, m)
{
    s32 average = m->average >> 16;
    u32 on = m->on & 1, crossings = 0;
    for (u32 i = 0; i < 64; i++) {
        average += ((m->in[i] >> 12) - average) / 8;
        if (!on && average > 1000) {
            on = 1;
            crossings++;
        } else if (on && average < -1000) {
            on = 0;
            crossings++;
        }
    }
    m->average = average;
    m->on = on;
    return crossings;
}
