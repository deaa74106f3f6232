/* SPDX-License-Identifier: Apache-2.0
 * mtime steps every 100 instructions. The race: its lower half runs over between the reads of the two halves, by which
 * mbpf_port_run() sets the deadline. Here it does so at another instruction each turn. */
#ifndef WINDOW_H
#define WINDOW_H

#include <stdbool.h>

#include "cpu.h"

#define WINDOW_STEPS 40u /* 4,000 instructions, two or three a turn */
#define WINDOW_FIRST 800u
#define WINDOW_LAST 2000u
#define RACE_TURNS 1000u

#define MTIME_LOW REG(0x0200BFF8u)

static bool race(uint32_t turn)
{
    const uint32_t before = MTIME_LOW;
    while (MTIME_LOW == before) { /* to the beginning of a step */
    }
    MTIME_LOW = 0xFFFFFFFAu; /* the sixth step from here carries: turns meet mbpf_port_run() before it, at it, after it */
    for (uint32_t n = turn / 2u; n != 0u; n--) {
        __asm volatile("");
    }
    if ((turn & 1u) != 0u) {
        __asm volatile("nop");
    }
    return MTIME_LOW >= 0xFFFFFFFAu || MTIME_LOW < 16u; /* it can be set, and runs on */
}

#endif
