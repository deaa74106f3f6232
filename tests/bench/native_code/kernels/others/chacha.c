/* SPDX-License-Identifier: Apache-2.0
 * ChaCha20: one block. */
#include "../kernel.h"
struct memory { u32 state[16]; u32 out[16]; };
#define ROTATE(x, n) ((x) << (n) | (x) >> (32 - (n)))
#define QUARTER(a, b, c, d)                                                                                     \
    do {                                                                                                        \
        a += b; d ^= a; d = ROTATE(d, 16); c += d; b ^= c; b = ROTATE(b, 12);                                   \
        a += b; d ^= a; d = ROTATE(d, 8); c += d; b ^= c; b = ROTATE(b, 7);                                     \
    } while (0)
KERNEL(struct memory, m)
{
    u32 x[16];
    for (u32 i = 0; i < 16; i++)
        x[i] = m->state[i];
    for (u32 i = 0; i < 10; i++) {
        QUARTER(x[0], x[4], x[8], x[12]);
        QUARTER(x[1], x[5], x[9], x[13]);
        QUARTER(x[2], x[6], x[10], x[14]);
        QUARTER(x[3], x[7], x[11], x[15]);
        QUARTER(x[0], x[5], x[10], x[15]);
        QUARTER(x[1], x[6], x[11], x[12]);
        QUARTER(x[2], x[7], x[8], x[13]);
        QUARTER(x[3], x[4], x[9], x[14]);
    }
    for (u32 i = 0; i < 16; i++)
        m->out[i] = x[i] + m->state[i];
    return m->out[15];
}
