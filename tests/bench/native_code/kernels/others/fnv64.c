/* SPDX-License-Identifier: Apache-2.0
 * FNV-1a of 64 bits over 64 bytes. */
#include "../kernel.h"
struct memory { u8 data[64]; };
KERNEL(struct memory, m)
{
    u64 h = 0xcbf29ce484222325;
    for (u32 i = 0; i < 64; i++)
        h = (h ^ m->data[i]) * 0x100000001b3;
    return h;
}
