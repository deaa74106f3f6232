/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel.h"
#define SIDE 6
struct memory { s32 a[SIDE][SIDE], b[SIDE][SIDE], c[SIDE][SIDE]; };
KERNEL(struct memory, m)
{
    s32 trace = 0;
    for (u32 row = 0; row < SIDE; row++)
        for (u32 column = 0; column < SIDE; column++) {
            s32 sum = 0;
            for (u32 k = 0; k < SIDE; k++)
                sum += m->a[row][k] * m->b[k][column];
            m->c[row][column] = sum;
            if (row == column)
                trace += sum;
        }
    return (u64)(s64)trace;
}
