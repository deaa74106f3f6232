/* SPDX-License-Identifier: Apache-2.0
 * Median of five over 64 samples. */
#include "../kernel.h"
struct memory { s16 in[68]; s16 out[64]; };
#define SORT(a, b) do { if ((a) > (b)) { s16 t = (a); (a) = (b); (b) = t; } } while (0)
KERNEL(struct memory, m)
{
    for (u32 i = 0; i < 64; i++) {
        s16 a = m->in[i], b = m->in[i + 1], c = m->in[i + 2], d = m->in[i + 3], e = m->in[i + 4];
        SORT(a, b);
        SORT(d, e);
        SORT(a, d);
        SORT(b, e);
        SORT(b, c);
        SORT(c, d);
        SORT(b, c);
        m->out[i] = c;
    }
    return (u16)m->out[63];
}
