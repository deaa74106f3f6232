/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel.h"
#define COUNT 32
struct memory { s32 value[COUNT]; };
KERNEL(struct memory, m)
{
    u32 swaps = 0;
    for (u32 last = COUNT - 1; last > 0; last--)
        for (u32 i = 0; i < last; i++)
            if (m->value[i] > m->value[i + 1]) {
                s32 t = m->value[i];
                m->value[i] = m->value[i + 1];
                m->value[i + 1] = t;
                swaps++;
            }
    return swaps;
}
