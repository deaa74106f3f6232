/* SPDX-License-Identifier: Apache-2.0
 * Two biquad sections in Q14 over 32 samples. */
#include "../kernel.h"
struct section { s16 b0, b1, b2, a1, a2, pad; s32 x1, x2, y1, y2; };
struct memory { struct section section[2]; s16 in[32]; s16 out[32]; };
KERNEL(struct memory, m)
{
    for (u32 i = 0; i < 32; i++) {
        s32 x = m->in[i];
        for (u32 k = 0; k < 2; k++) {
            struct section *s = &m->section[k];
            s64 sum = (s64)s->b0 * x + (s64)s->b1 * (s->x1 >> 8) + (s64)s->b2 * (s->x2 >> 8) - (s64)s->a1 * (s->y1 >> 8) - (s64)s->a2 * (s->y2 >> 8);
            s32 y = (s32)(sum >> 14);
            s->x2 = s->x1;
            s->x1 = x;
            s->y2 = s->y1;
            s->y1 = y;
            x = y;
        }
        if (x > 32767)
            x = 32767;
        if (x < -32768)
            x = -32768;
        m->out[i] = (s16)x;
    }
    return (u16)m->out[31];
}
