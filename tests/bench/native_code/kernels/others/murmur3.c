/* SPDX-License-Identifier: Apache-2.0
 * Murmur3 (32 bits) of 64 bytes, word by word from bytes. */
#include "../kernel.h"
struct memory { u8 data[64]; };
KERNEL(struct memory, m)
{
    u32 h = 0x9747b28c;
    for (u32 i = 0; i + 4 <= 64; i += 4) {
        u32 k = m->data[i] | (u32)m->data[i + 1] << 8 | (u32)m->data[i + 2] << 16 | (u32)m->data[i + 3] << 24;
        k *= 0xcc9e2d51;
        k = k << 15 | k >> 17;
        k *= 0x1b873593;
        h ^= k;
        h = h << 13 | h >> 19;
        h = h * 5 + 0xe6546b64;
    }
    h ^= 64;
    h ^= h >> 16;
    h *= 0x85ebca6b;
    h ^= h >> 13;
    h *= 0xc2b2ae35;
    return h ^ h >> 16;
}
