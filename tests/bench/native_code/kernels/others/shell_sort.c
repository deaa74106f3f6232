/* SPDX-License-Identifier: Apache-2.0
 * Shell sort of 32 half words. */
#include "../kernel.h"
struct memory { u16 value[32]; };
KERNEL(struct memory, m)
{
    for (u32 gap = 16; gap > 0; gap /= 2)
        for (u32 i = gap; i < 32; i++) {
            u16 x = m->value[i];
            u32 j = i;
            while (j >= gap && j < 32 && m->value[j - gap] > x) {
                m->value[j] = m->value[j - gap];
                j -= gap;
            }
            if (j < 32)
                m->value[j] = x;
        }
    return m->value[16];
}
