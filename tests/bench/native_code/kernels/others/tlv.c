/* SPDX-License-Identifier: Apache-2.0
 * Type-length-value records in 96 bytes: sum of the values of one type. */
#include "../kernel.h"
struct memory { u8 data[96]; };
KERNEL(struct memory, m)
{
    u32 at = 0, sum = 0;
    for (u32 k = 0; k < 48; k++) {
        if (at + 2 > 96)
            break;
        u32 type = m->data[at] & 3, length = m->data[at + 1] & 7;
        at += 2;
        if (length > 96 - at)
            break;
        if (type == 1)
            for (u32 i = 0; i < length; i++)
                sum += m->data[at + i];
        at += length;
    }
    return sum << 8 | at;
}
