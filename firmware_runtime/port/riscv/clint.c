/* SPDX-License-Identifier: Apache-2.0
 * Boards with a RV32IMAC hart in machine mode, SiFive's CLINT (timer: clock and tick) and PLIC (the UART's interrupt).
 * minstret counts instructions, exactly under -icount. */
#include "board.h"
#include "cpu.h"
#include "mbpf/abi/package.h"
#include "mbpf/config.h"
#include "mbpf/isolation.h"
#include "mbpf/port.h"
#include "port/line.h"
#include "trap.h"

#define MTIMECMP_LOW REG(0x02004000u)
#define MTIMECMP_HIGH REG(0x02004004u)
#define MTIME_LOW REG(0x0200BFF8u)
#define MTIME_HIGH REG(0x0200BFFCu)
#define PLIC_PRIORITY(irq) REG(0x0C000000u + 4u * (irq))
#define PLIC_ENABLE(irq) REG(0x0C002000u + (irq) / 32u * 4u)
#define PLIC_THRESHOLD REG(0x0C200000u)
#define PLIC_CLAIM REG(0x0C200004u)

#define NS_PER_STEP (1000000000u / BOARD_MTIME_HZ)
#define STEPS_PER_TICK (BOARD_MTIME_HZ / 1000u)
#define TIMER_INTERRUPT 0x80u
#define EXTERNAL_INTERRUPT 0x800u

const char mbpf_port_board[] = BOARD_NAME;
const uint16_t mbpf_port_isa = MBPF_ISA_RV32;
const uint16_t mbpf_port_isa_extensions = MBPF_EXT_RV_M | MBPF_EXT_RV_A | MBPF_EXT_RV_C;
const uint8_t mbpf_port_code_bit = 0u;
const uint32_t mbpf_riscv_cycles_per_step = BOARD_CYCLES_PER_STEP;
#if MBPF_ISOLATION
const uint32_t mbpf_port_watchdog_patience = BOARD_PATIENCE;
#endif

static uint64_t now_steps(void)
{
    uint32_t high, low;
    do {
        high = MTIME_HIGH;
        low = MTIME_LOW;
    } while (MTIME_HIGH != high);
    return (uint64_t)high << 32 | low;
}

void mbpf_riscv_interrupt_in(uint32_t step_count)
{
    uint64_t at = now_steps() + step_count;
    MTIMECMP_HIGH = 0xFFFFFFFFu; /* no spurious match between the two writes */
    MTIMECMP_LOW = (uint32_t)at;
    MTIMECMP_HIGH = (uint32_t)(at >> 32);
}

static void next_tick(void)
{
    mbpf_riscv_interrupt_in(STEPS_PER_TICK);
}

bool mbpf_riscv_deadline_passed(void)
{
    return MTIMECMP_HIGH == MTIME_HIGH;
}

void mbpf_trap(uint32_t cause, uint32_t epc)
{
    (void)epc;
    if (cause == (0x80000000u | 7u)) {
        next_tick();
        return;
    }
    if (cause == (0x80000000u | 11u)) {
        uint32_t irq = PLIC_CLAIM;
        mbpf_line_receive();
        PLIC_CLAIM = irq;
        return;
    }
    static const char text[] = "\r\nfault: reset\r\n";
    mbpf_port_serial_write((const uint8_t *)text, sizeof text - 1u);
    mbpf_board_reset();
    for (;;) {
    }
}

void mbpf_port_init(void)
{
    mbpf_board_uart();
    PLIC_PRIORITY(BOARD_UART_IRQ) = 1u;
    PLIC_ENABLE(BOARD_UART_IRQ) = 1u << BOARD_UART_IRQ % 32u;
    PLIC_THRESHOLD = 0u;
    next_tick();
    __asm volatile("csrw mie, %0" ::"r"(TIMER_INTERRUPT | EXTERNAL_INTERRUPT) : "memory");
    mbpf_cpu_interrupts(true);
}

bool mbpf_port_isa_runs(uint16_t isa)
{
    return isa == MBPF_ISA_RV32;
}

uint64_t mbpf_port_time_ns(void)
{
    return now_steps() * NS_PER_STEP;
}

uint64_t mbpf_port_instructions(void)
{
    uint32_t high, low, again;
    do {
        __asm volatile("csrr %0, minstreth\n csrr %1, minstret\n csrr %2, minstreth" : "=&r"(high), "=&r"(low), "=&r"(again));
    } while (high != again);
    return (uint64_t)high << 32 | low;
}

void mbpf_port_measure_begin(uint32_t step)
{
    (void)step; /* this counter has no grain */
#if MBPF_ISOLATION
    __asm volatile("csrw mie, %0" ::"r"(TIMER_INTERRUPT) : "memory"); /* the watchdog stays */
#else
    mbpf_cpu_interrupts(false);
#endif
}

void mbpf_port_measure_end(void)
{
    __asm volatile("csrw mie, %0" ::"r"(TIMER_INTERRUPT | EXTERNAL_INTERRUPT) : "memory");
    mbpf_cpu_interrupts(true);
}

void mbpf_port_code_ready(const void *code, uint32_t bytes)
{
    (void)code;
    (void)bytes;
    __asm volatile("fence.i" ::: "memory");
}

const uint8_t *mbpf_port_trust_anchors(uint32_t *bytes)
{
    *bytes = BOARD_ANCHORS_BYTES;
    return (const uint8_t *)(uintptr_t)BOARD_ANCHORS;
}

void mbpf_port_idle(void)
{
    mbpf_cpu_interrupts(false);
    next_tick(); /* a program's deadline may stand there */
    if (!mbpf_line_waiting()) {
        __asm volatile("wfi"); /* wakes for a pending interrupt even while masked: no byte slips between */
    }
    mbpf_cpu_interrupts(true);
}
