/* SPDX-License-Identifier: Apache-2.0
 * Goertzel's filter in Q14 over 64 samples. */
#include "../kernel.h"
struct memory { s16 coefficient; s16 pad; s16 in[64]; };
KERNEL(struct memory, m)
{
    s32 s1 = 0, s2 = 0, c = m->coefficient;
    for (u32 i = 0; i < 64; i++) {
        s32 s = (m->in[i] >> 6) + (s32)(((s64)c * s1) >> 14) - s2;
        s2 = s1;
        s1 = s;
    }
    return (u64)((s64)s1 * s1 + (s64)s2 * s2 - (((s64)c * s1) >> 14) * s2);
}
