/* SPDX-License-Identifier: Apache-2.0
 * Product and normalisation of quaternions in Q15. */
#include "../kernel.h"
struct memory { s16 a[4]; s16 b[4][8]; s32 out[8]; };
KERNEL(struct memory, m)
{
    for (u32 i = 0; i < 8; i++) {
        s32 w = m->a[0], x = m->a[1], y = m->a[2], z = m->a[3];
        s32 p = m->b[0][i] >> 1, q = m->b[1][i] >> 1, r = m->b[2][i] >> 1, s = m->b[3][i] >> 1;
        s32 nw = (w * p >> 2) - (x * q >> 2) - (y * r >> 2) - (z * s >> 2);
        s32 nx = (w * q >> 2) + (x * p >> 2) + (y * s >> 2) - (z * r >> 2);
        s32 length = (nw >> 16) * (nw >> 16) + (nx >> 16) * (nx >> 16);
        m->out[i] = length ? (nw + nx) / length : nw;
    }
    return (u32)m->out[7];
}
