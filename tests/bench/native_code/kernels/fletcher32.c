/* SPDX-License-Identifier: Apache-2.0
 * Reduction put off as long as the sums fit 32 bits. */
#include "kernel.h"
#define WORDS 180u
struct memory { u16 data[WORDS]; };
KERNEL(struct memory, m)
{
    u32 low = 0xffff, high = 0xffff;
    const u16 *word = m->data;
    for (u32 left = WORDS; left != 0;) {
        u32 block = left > 100 ? 100 : left;
        left -= block;
        do {
            low += *word++;
            high += low;
        } while (--block);
        low = (low & 0xffff) + (low >> 16);
        high = (high & 0xffff) + (high >> 16);
    }
    low = (low & 0xffff) + (low >> 16);
    high = (high & 0xffff) + (high >> 16);
    return high << 16 | low;
}
