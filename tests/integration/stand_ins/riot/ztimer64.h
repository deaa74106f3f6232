/* SPDX-License-Identifier: Apache-2.0
 * Stand-in: what the port calls, as the system declares it. */
#pragma once
#include <stdint.h>
typedef struct {
    uint64_t base;
} ztimer64_clock_t;
extern ztimer64_clock_t *const ZTIMER64_USEC;
uint64_t ztimer64_now(ztimer64_clock_t *clock);
