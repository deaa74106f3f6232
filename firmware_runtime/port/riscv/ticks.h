/* SPDX-License-Identifier: Apache-2.0
 * The counter of statistics: cycles, modulo 2^32. */
#ifndef MBPF_PORT_TICKS_H
#define MBPF_PORT_TICKS_H

#include <stdint.h>

#define MBPF_CYCLES_PER_TICK 1u

static inline uint32_t mbpf_port_ticks(void)
{
    uint32_t low;
    __asm volatile("csrr %0, mcycle" : "=r"(low));
    return low;
}

#endif
