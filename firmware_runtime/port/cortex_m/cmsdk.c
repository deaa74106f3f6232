/* SPDX-License-Identifier: Apache-2.0
 * Boards with Arm's CMSDK devices: UART 0 receives by interrupt, timer 0 gives the tick that ends a sleep, timer 1
 * runs free as clock and instruction counter. Under -icount, where an instruction takes a nanosecond, one of its
 * steps is as many instructions as nanoseconds. */
#include "board.h"
#include "cpu.h"
#include "mbpf/port.h"
#include "port/line.h"

#define UART_DATA REG(BOARD_UART)
#define UART_STATE REG(BOARD_UART + 0x4u)
#define UART_CTRL REG(BOARD_UART + 0x8u)
#define UART_INTSTATUS REG(BOARD_UART + 0xCu)
#define UART_BAUDDIV REG(BOARD_UART + 0x10u)
#define TIMER0_CTRL REG(BOARD_TIMER0)
#define TIMER0_RELOAD REG(BOARD_TIMER0 + 0x8u)
#define TIMER0_INTCLEAR REG(BOARD_TIMER0 + 0xCu)
#define TIMER1_CTRL REG(BOARD_TIMER1)
#define TIMER1_VALUE REG(BOARD_TIMER1 + 0x4u)
#define TIMER1_RELOAD REG(BOARD_TIMER1 + 0x8u)

#define NS_PER_STEP (1000000000u / BOARD_CLOCK_HZ)

static uint32_t last_step;
static uint64_t steps;

bool mbpf_uart_take(uint8_t *byte)
{
    if ((UART_STATE & 2u) == 0u) {
        return false;
    }
    *byte = (uint8_t)UART_DATA;
    return true;
}

void mbpf_uart_listen(bool on)
{
    UART_CTRL = on ? 0xBu : 0x3u; /* transmit, receive; interrupt on receive */
}

bool mbpf_uart_ready(void)
{
    return (UART_STATE & 1u) == 0u;
}

void mbpf_uart_send(uint8_t byte)
{
    UART_DATA = byte;
}

static void uart_interrupt(void)
{
    UART_INTSTATUS = 2u;
    mbpf_line_receive();
}

static void tick(void)
{
    TIMER0_INTCLEAR = 1u;
}

/* The board's interrupts, after the CPU's 16. */
__attribute__((section(".vectors.irq"), used)) static void (*const interrupts[64])(void) = {
    [BOARD_UART_IRQ] = uart_interrupt,
    [BOARD_TICK_IRQ] = tick,
};

static void interrupts_on(bool on)
{
    mbpf_nvic(BOARD_UART_IRQ, on);
    mbpf_nvic(BOARD_TICK_IRQ, on);
}

void mbpf_port_init(void)
{
    TIMER1_RELOAD = 0xFFFFFFFFu;
    TIMER1_VALUE = 0xFFFFFFFFu;
    TIMER1_CTRL = 1u;
    UART_BAUDDIV = 16u;
    mbpf_uart_listen(true);
    TIMER0_RELOAD = BOARD_CLOCK_HZ / 1000u - 1u;
    TIMER0_CTRL = 9u; /* on, with interrupt */
    mbpf_nvic_priority(BOARD_UART_IRQ, 0x40u); /* after faults, before programs' helpers */
    mbpf_nvic_priority(BOARD_TICK_IRQ, 0x80u);
    interrupts_on(true);
    mbpf_cpu_interrupts(true);
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
    return now_steps() * NS_PER_STEP;
}

void mbpf_port_measure_begin(uint32_t step)
{
    interrupts_on(false); /* not all of them: the gates and the watchdog are exceptions, too */
    /* Looks each 39 instructions where a step has 40: the same value twice, and it is the first of its step. */
    uint32_t now, before = TIMER1_VALUE + 0x10000u;
    __asm volatile("1: ldr %0, [%2]\n cmp %0, %1\n mov %1, %0\n beq 2f\n"
                   ".rept %c3\n nop\n .endr\n b 1b\n 2:"
                   : "=&r"(now), "+r"(before)
                   : "r"(&TIMER1_VALUE), "i"(NS_PER_STEP - 6u)
                   : "cc", "memory");
    /* 3 is prime to 40: forty steps visit each phase of the counter's grain; likewise to 50. */
    uint32_t count = step % NS_PER_STEP + 1u;
    __asm volatile("1: nop\n subs %0, #1\n bne 1b" : "+l"(count)::"cc");
}

void mbpf_port_measure_end(void)
{
    interrupts_on(true);
}
