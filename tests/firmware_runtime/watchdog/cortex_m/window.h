/* SPDX-License-Identifier: Apache-2.0
 * SysTick steps every 40 or 50 instructions. The race: its interrupt is pending from the run before when mbpf_port_run() sets it
 * anew, and is served after that, in the runtime: it must not switch the new period off. */
#ifndef WINDOW_H
#define WINDOW_H

#include <stdbool.h>

#include "cpu.h"

#define WINDOW_STEPS 100u /* 4,000 or 5,000 instructions, three a turn */
#define WINDOW_FIRST 1000u
#define WINDOW_LAST 2000u
#define RACE_TURNS 64u

#define SYST_CSR REG(0xE000E010u)
#define SYST_RVR REG(0xE000E014u)
#define SYST_CVR REG(0xE000E018u)
#define ICSR REG(0xE000ED04u)
#define PEND_SYSTICK 0x04000000u

/* What is pending is served at once, since nothing holds it off here. */
static bool race(uint32_t turn)
{
    SYST_CSR = 7u; /* as mbpf_port_run() does: on, period, from the beginning */
    SYST_RVR = 100000u;
    SYST_CVR = 0u;
    for (uint32_t n = turn; n != 0u; n--) {
        __asm volatile("");
    }
    ICSR = PEND_SYSTICK;
    __asm volatile("dsb\n isb" ::: "memory");
    if ((SYST_CSR & 1u) == 0u) {
        return false; /* a program would run unwatched now */
    }
    /* And one that has expired with no program running is switched off. */
    SYST_RVR = 4u;
    SYST_CVR = 0u;
    for (uint32_t n = 2000u; n != 0u; n--) {
        __asm volatile("");
    }
    return (SYST_CSR & 1u) == 0u;
}

#endif
