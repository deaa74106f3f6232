/* SPDX-License-Identifier: Apache-2.0
 * Programs stopped: the faults of ARMv7-M and ARMv8-M, decoded, and the watchdog on SysTick. What a program reaches is
 * in mpu_v7m.c and mpu_v8m.c. */
#include "mbpf/config.h"

#if MBPF_ISOLATION
#include <stddef.h>

#include "cpu.h"
#include "mbpf/isolation.h"
#include "mbpf/port.h"
#include "mbpf/runtime.h"
#include "mpu.h"

#define SYST_RVR REG(0xE000E014u)
#define SYST_CVR REG(0xE000E018u)
#define SHCSR REG(0xE000ED24u)
#define CFSR REG(0xE000ED28u)
#define HFSR REG(0xE000ED2Cu)
#define MMFAR REG(0xE000ED34u)
#define BFAR REG(0xE000ED38u)
#define SHPR1 REG(0xE000ED18u)
#define SHPR2 REG(0xE000ED1Cu)
#define SHPR3 REG(0xE000ED20u)

_Static_assert(offsetof(mbpf_program, entry) == 4 && offsetof(mbpf_program, imports) == 8 && offsetof(mbpf_program, domain) == 12 &&
                   offsetof(mbpf_program, watchdog_steps) == 16,
               "enter.S");
_Static_assert(offsetof(mbpf_domain, protection) == 0 && offsetof(mbpf_domain, gates) == 32, "enter.S");
_Static_assert(offsetof(mbpf_running, stack_top) == 4 && offsetof(mbpf_running, saved) == 8 && offsetof(mbpf_running, program) == 12 &&
                   offsetof(mbpf_running, rounds) == 16 && offsetof(mbpf_running, stack_bottom) == 20,
               "enter.S");

mbpf_running mbpf_running_now;
mbpf_stopped mbpf_stopped_now;
const uint32_t mbpf_gate_stub_bytes = 4u;
const uint32_t mbpf_port_register_arguments = 4u;

void mbpf_port_isolate(const void *open, uint32_t bytes)
{
    mbpf_mpu_begin((uint32_t)(uintptr_t)open, bytes);
    SHPR1 = 0u;                      /* faults before all else, */
    SHPR2 = 0xE0000000u;             /* SVC and */
    SHPR3 = 0xE0E00000u;             /* SysTick after all else */
    SYST_RVR = 0xFFFFFFu;            /* mbpf_port_run() switches it on before it sets the period: never with none */
    SHCSR |= 0x00070000u;            /* usage, bus and memory faults have handlers of their own */
    __asm volatile("dsb\n isb" ::: "memory");
}

bool mbpf_port_in_context(uintptr_t at, uint32_t bytes)
{
    (void)at;
    (void)bytes;
    return false;
}

bool mbpf_port_in_fixed_context(uintptr_t at, uint32_t bytes)
{
    (void)at; /* a program has a copy of it, and what it writes there goes nowhere */
    (void)bytes;
    return false;
}

/* --- the watchdog: SysTick, 24 bits --- */

void mbpf_port_watchdog(uint64_t cycles, uint32_t *steps, uint32_t *rounds)
{
    uint64_t whole = cycles >> 24;
    *rounds = (whole > UINT16_MAX ? UINT16_MAX : (uint32_t)whole) + mbpf_port_watchdog_patience;
    *steps = whole != 0u ? 0xFFFFFFu : (uint32_t)cycles; /* a round too many is late by less than one */
}

uint32_t mbpf_cortex_m_timeout(const uint32_t *frame);
uint32_t mbpf_cortex_m_timeout(const uint32_t *frame)
{
    if (mbpf_running_now.rounds++ < mbpf_running_now.program->watchdog_rounds) {
        SYST_CVR = 0u; /* a whole period from now, whatever the timer has to catch up with */
        return 0u;
    }
    mbpf_stop(MBPF_FAULT_TIMEOUT, 0u, frame[6]);
    return 1u;
}

/* --- faults --- */

void mbpf_cortex_m_no_gate(uint32_t pc);
void mbpf_cortex_m_no_gate(uint32_t pc)
{
    mbpf_stop(MBPF_FAULT_GATE, 0u, pc - 2u);
}

uint32_t mbpf_port_program_pc(void)
{
    const uint32_t *frame;
    __asm volatile("mrs %0, psp" : "=r"(frame));
    return frame[5] & ~1u; /* lr: the stub was called from just before it */
}

void mbpf_cortex_m_fault(const uint32_t *frame);
void mbpf_cortex_m_fault(const uint32_t *frame)
{
    uint32_t status = CFSR, address = 0u, kind = MBPF_FAULT_OTHER;
    bool stacked = (status & 0x1010u) == 0u; /* else the frame could not be written, or lies out of reach */
    if ((status & 0x80u) != 0u) {
        address = MMFAR;
    } else if ((status & 0x8000u) != 0u) {
        address = BFAR;
    }
    if (!stacked) {
        kind = MBPF_FAULT_STACK;
        address = (uint32_t)(uintptr_t)frame;
    } else if ((status & 0x82u) == 0x82u && mbpf_below_stack(address)) {
        kind = MBPF_FAULT_STACK;
    } else if ((status & 0x101u) != 0u || (status & 0x20000u) != 0u) { /* fetch refused, or no Thumb code */
        kind = MBPF_FAULT_FETCH;
        address = frame[6];
    } else if ((status & 0xFFFFu) != 0u) {
        kind = MBPF_FAULT_ACCESS;
    } else if ((status & 0xD0000u) != 0u || HFSR != 0u) { /* undefined, no coprocessor, bad exception return; breakpoint */
        kind = MBPF_FAULT_INSTRUCTION;
    }
    mbpf_stop(kind, address, stacked ? frame[6] : 0u);
    CFSR = status;
    HFSR = 0xFFFFFFFFu;
    /* An SVC whose frame could not be written stays pending; it must not be served when the runtime is back. */
    SHCSR &= ~0x8000u;
}
#endif
