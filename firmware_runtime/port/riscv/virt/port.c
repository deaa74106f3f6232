/* SPDX-License-Identifier: Apache-2.0
 * QEMU's RISC-V `virt` board with an RV32IMAC hart in machine mode: CLINT timer as clock and tick, minstret
 * as instruction counter (exact under -icount), 16550 UART received by interrupt through the PLIC. */
#include "mbpf/port.h"

#include "mbpf/abi/package.h"
#include "mbpf/config.h"
#include "mbpf/isolation.h"
#include "port/riscv/trap.h"

#define REG8(address) (*(volatile uint8_t *)(uintptr_t)(address))
#define REG(address) (*(volatile uint32_t *)(uintptr_t)(address))
#define UART 0x10000000u
#define UART_DATA REG8(UART)
#define UART_IER REG8(UART + 1u)
#define UART_FCR REG8(UART + 2u)
#define UART_LCR REG8(UART + 3u)
#define UART_LSR REG8(UART + 5u)
#define MTIMECMP_LOW REG(0x02004000u)
#define MTIMECMP_HIGH REG(0x02004004u)
#define MTIME_LOW REG(0x0200BFF8u)
#define MTIME_HIGH REG(0x0200BFFCu)
#define PLIC_PRIORITY(irq) REG(0x0C000000u + 4u * (irq))
#define PLIC_ENABLE REG(0x0C002000u)
#define PLIC_THRESHOLD REG(0x0C200000u)
#define PLIC_CLAIM REG(0x0C200004u)
#define SYSTEM_CONTROL REG(0x00100000u)
#define UART_IRQ 10u

#define NS_PER_STEP 100u /* mtime runs at 10 MHz */
#define STEPS_PER_TICK 10000u
#define RING MBPF_LINE_BYTES
#define WRITE_PATIENCE 100000u /* looks: longer than a byte takes at 1200 baud */
#define TIMER_INTERRUPT 0x80u
#define EXTERNAL_INTERRUPT 0x800u

/* Trust anchors: the emulator's loader (on a real board: protected flash) puts them here. */
#define TRUST_ANCHORS 0x87F00000u
#define TRUST_ANCHORS_BYTES 4096u

const char mbpf_port_board[] = "rv32imac";
const uint16_t mbpf_port_isa = MBPF_ISA_RV32;
const uint16_t mbpf_port_isa_extensions = MBPF_EXT_RV_M | MBPF_EXT_RV_A | MBPF_EXT_RV_C;
const uint8_t mbpf_port_code_bit = 0u;

static volatile uint8_t ring[RING];
static volatile uint32_t ring_in, ring_out;

/* No such silicon exists: taken for 100 MHz. */
const uint32_t mbpf_riscv_cycles_per_step = 10u;
#if MBPF_ISOLATION
const uint32_t mbpf_port_watchdog_patience = 8u;
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

static void drain_uart(void)
{
    while ((UART_LSR & 1u) != 0u) {
        if (ring_in - ring_out >= RING) {
            UART_IER = 0u; /* no room: the line waits until the loop has read */
            return;
        }
        ring[ring_in % RING] = UART_DATA;
        ring_in++;
    }
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
        drain_uart();
        PLIC_CLAIM = irq;
        return;
    }
    static const char text[] = "\r\nfault: reset\r\n";
    mbpf_port_serial_write((const uint8_t *)text, sizeof text - 1u);
    SYSTEM_CONTROL = 0x7777u;
    for (;;) {
    }
}

static void interrupts(bool on)
{
    if (on) {
        __asm volatile("csrsi mstatus, 8" ::: "memory");
    } else {
        __asm volatile("csrci mstatus, 8" ::: "memory");
    }
}

void mbpf_port_init(void)
{
    UART_LCR = 3u;
    UART_FCR = 7u;
    UART_IER = 1u;
    PLIC_PRIORITY(UART_IRQ) = 1u;
    PLIC_ENABLE = 1u << UART_IRQ;
    PLIC_THRESHOLD = 0u;
    next_tick();
    __asm volatile("csrw mie, %0" ::"r"(TIMER_INTERRUPT | EXTERNAL_INTERRUPT) : "memory");
    interrupts(true);
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
    interrupts(false);
#endif
}

void mbpf_port_measure_end(void)
{
    __asm volatile("csrw mie, %0" ::"r"(TIMER_INTERRUPT | EXTERNAL_INTERRUPT) : "memory");
    interrupts(true);
}

void mbpf_port_code_ready(const void *code, uint32_t bytes)
{
    (void)code;
    (void)bytes;
    __asm volatile("fence.i" ::: "memory");
}

const uint8_t *mbpf_port_trust_anchors(uint32_t *bytes)
{
    *bytes = TRUST_ANCHORS_BYTES;
    return (const uint8_t *)(uintptr_t)TRUST_ANCHORS;
}

uint32_t mbpf_port_serial_read(uint8_t *bytes, uint32_t capacity)
{
    uint32_t n = 0u;
    while (n < capacity && ring_out != ring_in) {
        bytes[n++] = ring[ring_out % RING];
        ring_out++;
    }
    if (ring_out == ring_in && UART_IER == 0u) {
        UART_IER = 1u;
    }
    return n;
}

void mbpf_port_serial_write(const uint8_t *bytes, uint32_t count)
{
    static bool stuck; /* nobody takes what we send: the programs must not wait for it */
    for (uint32_t i = 0u; i < count; i++) {
        uint32_t patience = stuck ? 1u : WRITE_PATIENCE;
        while ((UART_LSR & 0x20u) == 0u) {
            if (--patience == 0u) {
                stuck = true;
                return;
            }
        }
        stuck = false;
        UART_DATA = bytes[i];
    }
}

void mbpf_port_idle(void)
{
    interrupts(false);
    next_tick(); /* a program's deadline may stand there */
    if (ring_in == ring_out) {
        __asm volatile("wfi"); /* wakes for a pending interrupt even while masked: no byte slips between */
    }
    interrupts(true);
}

void mbpf_port_power_off(void)
{
    SYSTEM_CONTROL = 0x5555u;
}
