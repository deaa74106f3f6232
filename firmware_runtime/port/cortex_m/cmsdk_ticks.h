/* SPDX-License-Identifier: Apache-2.0
 * The counter of statistics on boards of cmsdk.c: timer 1, which counts down once a cycle. Modulo 2^32. */
#ifndef MBPF_PORT_TICKS_H
#define MBPF_PORT_TICKS_H

#include "board.h"
#include "cpu.h"

#define MBPF_CYCLES_PER_TICK 1u

static inline uint32_t mbpf_port_ticks(void)
{
    return 0u - REG(BOARD_TIMER1 + 0x4u);
}

#endif
