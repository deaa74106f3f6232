/* SPDX-License-Identifier: Apache-2.0
 * Integer square roots of 16 words. */
#include "../kernel.h"
struct memory { u32 in[16]; u16 out[16]; };
KERNEL(struct memory, m)
{
    for (u32 i = 0; i < 16; i++) {
        u32 x = m->in[i], root = 0, bit = 1u << 30;
        for (u32 k = 0; k < 16; k++) {
            if (x >= root + bit) {
                x -= root + bit;
                root = (root >> 1) + bit;
            } else {
                root >>= 1;
            }
            bit >>= 2;
        }
        m->out[i] = (u16)root;
    }
    return m->out[7];
}
