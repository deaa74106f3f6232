/* SPDX-License-Identifier: Apache-2.0
 * 16 taps in Q15 over a block, the history in front of it. */
#include "kernel.h"
#define TAPS 16
#define SAMPLES 64
struct memory { s16 taps[TAPS]; s16 in[TAPS - 1 + SAMPLES]; s16 pad; s32 out[SAMPLES]; };
KERNEL(struct memory, m)
{
    s32 peak = 0;
    for (u32 i = 0; i < SAMPLES; i++) {
        s32 sum = 0;
        for (u32 k = 0; k < TAPS; k++)
            sum += m->taps[k] * m->in[i + TAPS - 1 - k];
        m->out[i] = sum >> 15;
        if (m->out[i] > peak)
            peak = m->out[i];
    }
    return (u64)peak;
}
