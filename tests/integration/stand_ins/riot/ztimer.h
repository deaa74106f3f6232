/* SPDX-License-Identifier: Apache-2.0
 * Stand-in: what the port calls, as the system declares it. */
#pragma once
#include <stdint.h>
typedef struct {
    uint32_t per_second;
} ztimer_clock_t;
extern ztimer_clock_t *const ZTIMER_MSEC;
void ztimer_sleep(ztimer_clock_t *clock, uint32_t duration);
