/* SPDX-License-Identifier: Apache-2.0
 * SipHash-2-4 of eight words. */
#include "kernel.h"
struct memory { u64 key[2]; u64 word[8]; };
#define ROTATE(x, n) ((x) << (n) | (x) >> (64 - (n)))
#define ROUND                                                                           \
    do {                                                                                \
        a += b; b = ROTATE(b, 13); b ^= a; a = ROTATE(a, 32);                           \
        c += d; d = ROTATE(d, 16); d ^= c;                                              \
        a += d; d = ROTATE(d, 21); d ^= a;                                              \
        c += b; b = ROTATE(b, 17); b ^= c; c = ROTATE(c, 32);                           \
    } while (0)
KERNEL(struct memory, m)
{
    u64 a = m->key[0] ^ 0x736f6d6570736575, b = m->key[1] ^ 0x646f72616e646f6d;
    u64 c = m->key[0] ^ 0x6c7967656e657261, d = m->key[1] ^ 0x7465646279746573;
    for (u32 i = 0; i < 8; i++) {
        d ^= m->word[i];
        ROUND;
        ROUND;
        a ^= m->word[i];
    }
    d ^= (u64)64 << 56;
    ROUND;
    ROUND;
    a ^= (u64)64 << 56;
    c ^= 0xff;
    for (u32 i = 0; i < 4; i++)
        ROUND;
    return a ^ b ^ c ^ d;
}
