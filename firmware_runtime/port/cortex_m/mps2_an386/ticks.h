/* SPDX-License-Identifier: Apache-2.0
 * The counter of statistics: TIMER1 of the board, which counts down once a cycle. Modulo 2^32. */
#ifndef MBPF_PORT_TICKS_H
#define MBPF_PORT_TICKS_H

#include <stdint.h>

#define MBPF_CYCLES_PER_TICK 1u

static inline uint32_t mbpf_port_ticks(void)
{
    return 0u - *(volatile uint32_t *)(uintptr_t)0x40001004u;
}

#endif
