/* SPDX-License-Identifier: Apache-2.0
 * PID controller in Q16 with limits on integral and output, over 16 samples. */
#include "kernel.h"
struct memory { s32 kp, ki, kd, target, integral, last; s32 in[16]; s32 out[16]; };
static inline s32 clamp(s64 x, s32 least, s32 most) { return x < least ? least : x > most ? most : (s32)x; }
KERNEL(struct memory, m)
{
    s32 integral = m->integral >> 8, last = m->last >> 8;
    for (u32 i = 0; i < 16; i++) {
        s32 error = (m->target >> 8) - (m->in[i] >> 8);
        integral = clamp((s64)integral + error, -(1 << 24), 1 << 24);
        s64 p = (s64)(m->kp >> 12) * error, s = (s64)(m->ki >> 12) * integral, d = (s64)(m->kd >> 12) * (error - last);
        m->out[i] = clamp((p + s + d) >> 16, -10000, 10000);
        last = error;
    }
    m->integral = integral;
    m->last = last;
    return (u64)(s64)m->out[15];
}
