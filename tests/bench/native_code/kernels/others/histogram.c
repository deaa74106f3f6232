/* SPDX-License-Identifier: Apache-2.0
 * Histogram of 128 samples in 16 classes; the fullest. */
#include "../kernel.h"
struct memory { u16 in[128]; u32 count[16]; };
KERNEL(struct memory, m)
{
    for (u32 i = 0; i < 16; i++)
        m->count[i] = 0;
    for (u32 i = 0; i < 128; i++)
        m->count[m->in[i] >> 12]++;
    u32 best = 0;
    for (u32 i = 1; i < 16; i++)
        if (m->count[i] > m->count[best & 15])
            best = i;
    return best;
}
