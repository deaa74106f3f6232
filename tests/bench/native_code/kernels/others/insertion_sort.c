/* SPDX-License-Identifier: Apache-2.0
 * Insertion sort of 32 signed words. */
#include "../kernel.h"
struct memory { s32 value[32]; };
KERNEL(struct memory, m)
{
    for (u32 i = 1; i < 32; i++) {
        s32 x = m->value[i];
        u32 j = i;
        while (j > 0 && j < 32 && m->value[j - 1] > x) {
            m->value[j] = m->value[j - 1];
            j--;
        }
        if (j < 32)
            m->value[j] = x;
    }
    return (u32)m->value[16];
}
