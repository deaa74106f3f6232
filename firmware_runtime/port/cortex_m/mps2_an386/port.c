/* SPDX-License-Identifier: Apache-2.0
 * Arm MPS2 with the AN386 image: Cortex-M4, as QEMU's mps2-an386. CMSDK timer 0 gives the tick that ends a
 * sleep, timer 1 runs free at 25 MHz as clock and instruction counter (under -icount one step is 40
 * instructions), UART0 receives by interrupt into a ring. */
#include "mbpf/port.h"

#include "mbpf/abi/package.h"
#include "mbpf/config.h"
#include "mbpf/isolation.h"

#define REG(address) (*(volatile uint32_t *)(uintptr_t)(address))
#define UART_DATA REG(0x40004000u)
#define UART_STATE REG(0x40004004u)
#define UART_CTRL REG(0x40004008u)
#define UART_INTSTATUS REG(0x4000400Cu)
#define UART_BAUDDIV REG(0x40004010u)
#define TIMER1_CTRL REG(0x40001000u)
#define TIMER1_VALUE REG(0x40001004u)
#define TIMER1_RELOAD REG(0x40001008u)
#define TIMER0_CTRL REG(0x40000000u)
#define TIMER0_RELOAD REG(0x40000008u)
#define TIMER0_INTCLEAR REG(0x4000000Cu)
#define NVIC_ISER0 REG(0xE000E100u)
#define NVIC_ICER0 REG(0xE000E180u)
#define NVIC_IPR(irq) (*(volatile uint8_t *)(uintptr_t)(0xE000E400u + (irq)))
#define AIRCR REG(0xE000ED0Cu)

#define UART_RX_IRQ 0u
#define TICK_IRQ 8u
#define IRQS (1u << UART_RX_IRQ | 1u << TICK_IRQ)

#define CLOCK_HZ 25000000u
#define NS_PER_STEP (1000000000u / CLOCK_HZ)
#define RING MBPF_LINE_BYTES
#define WRITE_PATIENCE 100000u /* looks: longer than a byte takes at 1200 baud */

/* Trust anchors: the emulator's loader (on a real board: protected flash) puts them here. */
#define TRUST_ANCHORS 0x21000000u
#define TRUST_ANCHORS_BYTES 4096u

const char mbpf_port_board[] = "cortex-m4";
const uint16_t mbpf_port_isa = MBPF_ISA_THUMBV7EM;
const uint16_t mbpf_port_isa_extensions = 0u;
const uint8_t mbpf_port_code_bit = 1u;
#if MBPF_ISOLATION
const uint32_t mbpf_port_watchdog_patience = 8u;
#endif

static volatile uint8_t ring[RING];
static volatile uint32_t ring_in, ring_out;
static uint32_t last_step;
static uint64_t steps;

void mbpf_irq_uart_rx(void);
void mbpf_irq_tick(void);
void mbpf_fault(void);

void mbpf_irq_uart_rx(void)
{
    UART_INTSTATUS = 2u;
    while ((UART_STATE & 2u) != 0u) {
        uint8_t byte = (uint8_t)UART_DATA;
        if (ring_in - ring_out < RING) {
            ring[ring_in % RING] = byte;
            ring_in++;
        }
    }
    if (ring_in - ring_out > RING - 64u) {
        UART_CTRL = 3u; /* no room: the line waits until the loop has read */
    }
}

/* The board's interrupts, after the CPU's 16. */
__attribute__((section(".vectors.irq"), used)) static void (*const interrupts[32])(void) = {
    [UART_RX_IRQ] = mbpf_irq_uart_rx,
    [TICK_IRQ] = mbpf_irq_tick,
};

void mbpf_irq_tick(void)
{
    TIMER0_INTCLEAR = 1u;
}

void mbpf_fault(void)
{
    static const char text[] = "\r\nfault: reset\r\n";
    mbpf_port_serial_write((const uint8_t *)text, sizeof text - 1u);
    AIRCR = 0x05FA0004u;
    for (;;) {
    }
}

void mbpf_port_init(void)
{
    TIMER1_RELOAD = 0xFFFFFFFFu;
    TIMER1_VALUE = 0xFFFFFFFFu;
    TIMER1_CTRL = 1u;
    UART_BAUDDIV = 16u;
    UART_CTRL = 0xBu; /* transmit, receive, interrupt on receive */
    TIMER0_RELOAD = CLOCK_HZ / 1000u - 1u;
    TIMER0_CTRL = 9u; /* on, with interrupt */
    NVIC_IPR(UART_RX_IRQ) = 0x40u; /* after faults, before programs' helpers */
    NVIC_IPR(TICK_IRQ) = 0x80u;
    NVIC_ISER0 = IRQS;
    __asm volatile("cpsie i" ::: "memory");
}

bool mbpf_port_isa_runs(uint16_t isa)
{
    return isa == MBPF_ISA_THUMBV6M || isa == MBPF_ISA_THUMBV7M || isa == MBPF_ISA_THUMBV7EM;
}

/* Steps since boot: the 32-bit counter extended by looking at it at least every 171 s, which the tick does. */
static uint64_t now_steps(void)
{
    uint32_t step = ~TIMER1_VALUE;
    steps += (uint32_t)(step - last_step);
    last_step = step;
    return steps;
}

uint64_t mbpf_port_time_ns(void)
{
    return now_steps() * NS_PER_STEP;
}

uint64_t mbpf_port_instructions(void)
{
    return now_steps() * 40u;
}

void mbpf_port_measure_begin(uint32_t step)
{
    NVIC_ICER0 = IRQS; /* not all of them: the gates and the watchdog are exceptions, too */
    /* Looks each 39 instructions: the same value twice, and it is the first of its forty. */
    uint32_t now, before = TIMER1_VALUE + 0x10000u;
    __asm volatile("1: ldr %0, [%2]\n cmp %0, %1\n mov %1, %0\n beq 2f\n"
                   ".rept 34\n nop\n .endr\n b 1b\n 2:"
                   : "=&r"(now), "+r"(before)
                   : "r"(&TIMER1_VALUE)
                   : "cc", "memory");
    /* 3 is prime to 40: forty steps visit each phase of the counter's grain. */
    uint32_t count = step % 40u + 1u;
    __asm volatile("1: nop\n subs %0, #1\n bne 1b" : "+l"(count)::"cc");
}

void mbpf_port_measure_end(void)
{
    NVIC_ISER0 = IRQS;
}

void mbpf_port_code_ready(const void *code, uint32_t bytes)
{
    (void)code;
    (void)bytes;
    __asm volatile("dsb\n isb" ::: "memory");
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
    if (ring_out == ring_in && (UART_CTRL & 8u) == 0u) {
        UART_CTRL = 0xBu;
        __asm volatile("cpsid i" ::: "memory");
        mbpf_irq_uart_rx(); /* a byte that came while its interrupt was off */
        __asm volatile("cpsie i" ::: "memory");
    }
    return n;
}

void mbpf_port_serial_write(const uint8_t *bytes, uint32_t count)
{
    static bool stuck; /* nobody takes what we send: the programs must not wait for it */
    for (uint32_t i = 0u; i < count; i++) {
        uint32_t patience = stuck ? 1u : WRITE_PATIENCE;
        while ((UART_STATE & 1u) != 0u) {
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
    __asm volatile("cpsid i" ::: "memory");
    if (ring_in == ring_out) {
        __asm volatile("wfi"); /* wakes for a pending interrupt even while masked: no byte slips between */
    }
    __asm volatile("cpsie i" ::: "memory");
}

/* By semihosting (SYS_EXIT, application exit): the emulator must have it enabled. */
void mbpf_port_power_off(void)
{
    register uint32_t operation __asm("r0") = 0x18u;
    register uint32_t reason __asm("r1") = 0x20026u;
    __asm volatile("bkpt 0xAB" : "+r"(operation) : "r"(reason) : "memory");
}
