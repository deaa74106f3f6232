/* SPDX-License-Identifier: Apache-2.0
 * Matrix by vector, 12 x 12 of 16 bits with saturation. */
#include "../kernel.h"
struct memory { s16 a[12][12]; s16 x[12]; s16 y[12]; };
KERNEL(struct memory, m)
{
    for (u32 r = 0; r < 12; r++) {
        s64 sum = 0;
        for (u32 c = 0; c < 12; c++)
            sum += (s32)m->a[r][c] * m->x[c];
        sum >>= 15;
        m->y[r] = (s16)(sum > 32767 ? 32767 : sum < -32768 ? -32768 : sum);
    }
    return (u16)m->y[11];
}
