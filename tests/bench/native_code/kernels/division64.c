/* SPDX-License-Identifier: Apache-2.0
 * Quotients and remainders of 64-bit values by 32- and 64-bit ones. */
#include "kernel.h"
struct memory { u64 dividend[8]; u64 divisor[8]; };
KERNEL(struct memory, m)
{
    u64 sum = 0;
    for (u32 i = 0; i < 8; i++) {
        u64 divisor = m->divisor[i] >> (i * 8);
        if (divisor == 0)
            continue;
        sum += m->dividend[i] / divisor;
        sum ^= m->dividend[i] % divisor;
    }
    return sum;
}
