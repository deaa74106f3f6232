/* SPDX-License-Identifier: Apache-2.0
 * 16 keys in 64 sorted words (sorted by the kernel's own table: word i is i * 67 plus noise below 67). */
#include "kernel.h"
#define WORDS 64u
struct memory { u32 noise[WORDS]; u32 key[16]; u32 table[WORDS]; };
KERNEL(struct memory, m)
{
    u32 found = 0;
    for (u32 i = 0; i < WORDS; i++)
        m->table[i] = i * 67 + m->noise[i] % 67;
    for (u32 k = 0; k < 16; k++) {
        u32 key = m->key[k] % (WORDS * 67), low = 0, high = WORDS;
        while (low < high) {
            u32 middle = (low + high) / 2;
            if (m->table[middle & (WORDS - 1)] < key)
                low = middle + 1;
            else
                high = middle;
        }
        found = found * 3 + low;
    }
    return found;
}
