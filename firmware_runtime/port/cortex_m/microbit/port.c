/* SPDX-License-Identifier: Apache-2.0
 * nRF51: UART by interrupt, timer 0 as clock of a microsecond a step, its compare register 0 the tick. The part has no
 * counter of instructions. */
#include "board.h"
#include "cpu.h"
#include "mbpf/port.h"
#include "port/line.h"

#define UART(offset) REG(0x40002000u + (offset))
#define START_RX UART(0x000u)
#define START_TX UART(0x008u)
#define RX_READY UART(0x108u)
#define TX_READY UART(0x11Cu)
#define INTEN_SET UART(0x304u)
#define INTEN_CLEAR UART(0x308u)
#define ENABLE UART(0x500u)
#define PIN_TX UART(0x50Cu)
#define PIN_RX UART(0x514u)
#define RX_DATA UART(0x518u)
#define TX_DATA UART(0x51Cu)
#define BAUD UART(0x524u)
#define UART_IRQ 2u
#define RX_INTERRUPT 4u

#define TIMER(offset) REG(0x40008000u + (offset))
#define START TIMER(0x000u)
#define CAPTURE_1 TIMER(0x044u)
#define COMPARED_0 TIMER(0x140u)
#define TIMER_INTEN_SET TIMER(0x304u)
#define BIT_MODE TIMER(0x508u)
#define PRESCALER TIMER(0x510u)
#define CC_0 TIMER(0x540u)
#define CC_1 TIMER(0x544u)
#define TIMER_IRQ 8u
#define TICK_US 1000u

static uint32_t last_us;
static uint64_t all_us;
static bool idle_tx = true; /* the first byte needs no event before it */

bool mbpf_uart_take(uint8_t *byte)
{
    if (RX_READY == 0u) {
        return false;
    }
    RX_READY = 0u;
    *byte = (uint8_t)RX_DATA;
    return true;
}

void mbpf_uart_listen(bool on)
{
    if (on) {
        INTEN_SET = RX_INTERRUPT;
    } else {
        INTEN_CLEAR = RX_INTERRUPT;
    }
}

bool mbpf_uart_ready(void)
{
    return idle_tx || TX_READY != 0u;
}

void mbpf_uart_send(uint8_t byte)
{
    idle_tx = false;
    TX_READY = 0u;
    TX_DATA = byte;
}

static uint32_t now_us(void)
{
    CAPTURE_1 = 1u;
    return CC_1;
}

static void tick(void)
{
    COMPARED_0 = 0u;
    CC_0 = now_us() + TICK_US;
}

/* The board's interrupts, after the CPU's 16. */
__attribute__((section(".vectors.irq"), used)) static void (*const interrupts[32])(void) = {
    [UART_IRQ] = mbpf_line_receive,
    [TIMER_IRQ] = tick,
};

void mbpf_port_init(void)
{
    PIN_TX = 24u;
    PIN_RX = 25u;
    BAUD = 0x01D7E000u; /* 115200 */
    ENABLE = 4u;
    START_RX = 1u;
    START_TX = 1u;
    mbpf_uart_listen(true);
    BIT_MODE = 3u;
    PRESCALER = 4u; /* of 16 MHz */
    START = 1u;
    CC_0 = TICK_US;
    TIMER_INTEN_SET = 1u << 16;
    mbpf_nvic(UART_IRQ, true);
    mbpf_nvic(TIMER_IRQ, true);
    mbpf_cpu_interrupts(true);
}

/* The 32-bit counter extended by looking at it more often than every 71 minutes, which the tick makes the loop do. */
uint64_t mbpf_port_time_ns(void)
{
    uint32_t us = now_us();
    all_us += us - last_us;
    last_us = us;
    return all_us * 1000u;
}

uint64_t mbpf_port_instructions(void)
{
    return 0u;
}

void mbpf_port_measure_begin(uint32_t step)
{
    (void)step;
    mbpf_cpu_interrupts(false);
}

void mbpf_port_measure_end(void)
{
    mbpf_cpu_interrupts(true);
}
