/* SPDX-License-Identifier: Apache-2.0
 * xxHash32 of 128 bytes. */
#include "../kernel.h"
struct memory { u32 word[32]; };
#define ROTATE(x, n) ((x) << (n) | (x) >> (32 - (n)))
static inline u32 step(u32 v, u32 w) { v += w * 2246822519u; v = ROTATE(v, 13); return v * 2654435761u; }
KERNEL(struct memory, m)
{
    u32 a = 2654435761u + 2246822519u, b = 2246822519u, c = 0, d = 0u - 2654435761u;
    for (u32 i = 0; i < 32; i += 4) {
        a = step(a, m->word[i]);
        b = step(b, m->word[i + 1]);
        c = step(c, m->word[i + 2]);
        d = step(d, m->word[i + 3]);
    }
    u32 h = ROTATE(a, 1) + ROTATE(b, 7) + ROTATE(c, 12) + ROTATE(d, 18) + 128;
    h ^= h >> 15;
    h *= 2246822519u;
    h ^= h >> 13;
    h *= 3266489917u;
    return h ^ h >> 16;
}
