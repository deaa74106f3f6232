/* SPDX-License-Identifier: Apache-2.0
 * What the CPU answers for all boards: which code it runs, how it sleeps, how it starts anew. */
#include "cpu.h"

#include "board.h"
#include "mbpf/abi/package.h"
#include "mbpf/isolation.h"
#include "mbpf/port.h"
#include "port/line.h"

#define AIRCR REG(0xE000ED0Cu)

const char mbpf_port_board[] = BOARD_NAME;
const uint16_t mbpf_port_isa = BOARD_ISA;
const uint16_t mbpf_port_isa_extensions = 0u;
const uint8_t mbpf_port_code_bit = 1u;
#if MBPF_ISOLATION
const uint32_t mbpf_port_watchdog_patience = BOARD_PATIENCE;
#endif

/* Each architecture's instructions are among those of the next, but for ARMv7E-M's DSP, which ARMv8-M parts may lack. */
_Static_assert(MBPF_ISA_THUMBV6M < MBPF_ISA_THUMBV7M && MBPF_ISA_THUMBV7M < MBPF_ISA_THUMBV7EM && MBPF_ISA_THUMBV7EM < MBPF_ISA_THUMBV8M_MAIN, "order");
bool mbpf_port_isa_runs(uint16_t isa)
{
    bool dsp = isa == MBPF_ISA_THUMBV7EM && mbpf_port_isa != MBPF_ISA_THUMBV7EM;
    return isa >= MBPF_ISA_THUMBV6M && isa <= mbpf_port_isa && !dsp;
}

void mbpf_port_code_ready(const void *code, uint32_t bytes)
{
    (void)code;
    (void)bytes;
    __asm volatile("dsb\n isb" ::: "memory");
}

const uint8_t *mbpf_port_trust_anchors(uint32_t *bytes)
{
    *bytes = BOARD_ANCHORS_BYTES;
    return (const uint8_t *)(uintptr_t)BOARD_ANCHORS;
}

void mbpf_port_idle(void)
{
    mbpf_cpu_interrupts(false);
    if (!mbpf_line_waiting()) {
        __asm volatile("wfi"); /* wakes for a pending interrupt even while masked: no byte slips between */
    }
    mbpf_cpu_interrupts(true);
}

void mbpf_fault(void);
void mbpf_fault(void)
{
    static const char text[] = "\r\nfault: reset\r\n";
    mbpf_port_serial_write((const uint8_t *)text, sizeof text - 1u);
    AIRCR = 0x05FA0004u;
    for (;;) {
    }
}

/* By semihosting (SYS_EXIT, application exit): the emulator must have it enabled. */
void mbpf_port_power_off(void)
{
    register uint32_t operation __asm("r0") = 0x18u;
    register uint32_t reason __asm("r1") = 0x20026u;
    __asm volatile("bkpt 0xAB" : "+r"(operation) : "r"(reason) : "memory");
}
