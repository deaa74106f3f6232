/* SPDX-License-Identifier: Apache-2.0
 * PI controller with feed forward and anti-windup in 32 bits, over 24 samples. */
#include "../kernel.h"
struct memory { s16 kp, ki, feed, limit; s32 integral; s16 target[24]; s16 in[24]; s16 out[24]; };
KERNEL(struct memory, m)
{
    s32 integral = m->integral >> 12, limit = (m->limit & 0x7fff) + 1;
    for (u32 i = 0; i < 24; i++) {
        s32 error = m->target[i] - m->in[i];
        s32 out = ((m->kp >> 4) * error + (m->feed >> 4) * m->target[i]) / 4096 + (integral >> 4);
        s32 clipped = out > limit ? limit : out < -limit ? -limit : out;
        if (clipped == out)
            integral += (m->ki >> 8) * error >> 8;
        m->out[i] = (s16)clipped;
    }
    m->integral = integral;
    return (u16)m->out[23];
}
