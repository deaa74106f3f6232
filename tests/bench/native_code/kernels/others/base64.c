/* SPDX-License-Identifier: Apache-2.0
 * Base64 of 48 bytes. */
#include "../kernel.h"
struct memory { u8 in[48]; u8 out[64]; };
static inline u8 letter(u32 v) { return (u8)(v < 26 ? 'A' + v : v < 52 ? 'a' + v - 26 : v < 62 ? '0' + v - 52 : v == 62 ? '+' : '/'); }
KERNEL(struct memory, m)
{
    for (u32 i = 0; i < 16; i++) {
        u32 v = (u32)m->in[3 * i] << 16 | (u32)m->in[3 * i + 1] << 8 | m->in[3 * i + 2];
        m->out[4 * i] = letter(v >> 18);
        m->out[4 * i + 1] = letter(v >> 12 & 63);
        m->out[4 * i + 2] = letter(v >> 6 & 63);
        m->out[4 * i + 3] = letter(v & 63);
    }
    return m->out[63];
}
