/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel.h"
struct memory { u8 data[BYTES]; };
KERNEL(struct memory, m)
{
    u32 low = 0, high = 0;
    for (u32 i = 0; i < BYTES; i++) {
        low = (low + m->data[i]) % 255;
        high = (high + low) % 255;
    }
    return high << 8 | low;
}
