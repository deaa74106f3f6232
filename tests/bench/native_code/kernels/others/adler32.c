/* SPDX-License-Identifier: Apache-2.0
 * Adler-32 of 256 bytes, reduced at each byte. */
#include "../kernel.h"
struct memory { u8 data[256]; };
KERNEL(struct memory, m)
{
    u32 a = 1, b = 0;
    for (u32 i = 0; i < sizeof(m->data); i++) {
        a = (a + m->data[i]) % 65521;
        b = (b + a) % 65521;
    }
    return (u64)b << 16 | a;
}
