/* SPDX-License-Identifier: Apache-2.0
 * Population count, leading zeros and reversal of 24 words. */
#include "../kernel.h"
struct memory { u32 in[24]; u32 out[24]; };
KERNEL(struct memory, m)
{
    u32 count = 0, zeros = 0;
    for (u32 i = 0; i < 24; i++) {
        u32 x = m->in[i];
        count += (u32)__builtin_popcount(x);
        zeros += x ? (u32)__builtin_clz(x) : 32;
        x = (x >> 1 & 0x55555555) | (x & 0x55555555) << 1;
        x = (x >> 2 & 0x33333333) | (x & 0x33333333) << 2;
        x = (x >> 4 & 0x0f0f0f0f) | (x & 0x0f0f0f0f) << 4;
        m->out[i] = __builtin_bswap32(x);
    }
    return count << 16 | zeros;
}
