/* SPDX-License-Identifier: Apache-2.0
 * SiFive's UART. Its receive register gives a byte and says at once whether there was one. */
#include "board.h"
#include "cpu.h"
#include "mbpf/port.h"
#include "port/line.h"
#include "trap.h"

#define UART_TXDATA REG(BOARD_UART)
#define UART_RXDATA REG(BOARD_UART + 0x4u)
#define UART_TXCTRL REG(BOARD_UART + 0x8u)
#define UART_RXCTRL REG(BOARD_UART + 0xCu)
#define UART_IE REG(BOARD_UART + 0x10u)
#define NONE 0x80000000u /* full, empty */

void mbpf_board_uart(void)
{
    UART_TXCTRL = 1u;
    UART_RXCTRL = 1u;
    UART_IE = 2u;
}

bool mbpf_uart_take(uint8_t *byte)
{
    uint32_t data = UART_RXDATA;
    *byte = (uint8_t)data;
    return (data & NONE) == 0u;
}

void mbpf_uart_listen(bool on)
{
    UART_IE = on ? 2u : 0u;
}

bool mbpf_uart_ready(void)
{
    return (UART_TXDATA & NONE) == 0u;
}

void mbpf_uart_send(uint8_t byte)
{
    UART_TXDATA = byte;
}

void mbpf_board_reset(void)
{
}

void mbpf_port_power_off(void)
{
}
