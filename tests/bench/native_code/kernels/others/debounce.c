/* SPDX-License-Identifier: Apache-2.0
 * Debouncer of eight lines by vertical counters with edges told, over 64 samples. */
#include "../kernel.h"
struct memory { u8 state, low, high, pad; u8 in[64]; u8 pressed[64]; };
KERNEL(struct memory, m)
{
    u8 state = m->state, low = m->low, high = m->high;
    u32 edges = 0;
    for (u32 i = 0; i < 64; i++) {
        u8 changed = state ^ m->in[i];
        high = (u8)((high ^ low) & changed);
        low = (u8)(~low & changed);
        u8 toggled = (u8)(changed & ~(low | high));
        state ^= toggled;
        m->pressed[i] = state & toggled;
        edges += toggled != 0;
    }
    m->state = state;
    m->low = low;
    m->high = high;
    return edges;
}
