/* SPDX-License-Identifier: Apache-2.0
 * The counter of statistics where the port has none that is cheaper: ns stand for cycles. A port or board that counts
 * cycles has a ticks.h in its own folder. Modulo 2^32. */
#ifndef MBPF_PORT_TICKS_H
#define MBPF_PORT_TICKS_H

#include "mbpf/port.h"

#define MBPF_CYCLES_PER_TICK 1u

static inline uint32_t mbpf_port_ticks(void)
{
    return (uint32_t)mbpf_port_time_ns();
}

#endif
