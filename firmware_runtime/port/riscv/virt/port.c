/* SPDX-License-Identifier: Apache-2.0
 * The board's 16550 UART, and the device that ends or resets the emulation. */
#include "board.h"
#include "cpu.h"
#include "mbpf/port.h"
#include "port/line.h"
#include "trap.h"

#define UART_DATA REG8(BOARD_UART)
#define UART_IER REG8(BOARD_UART + 1u)
#define UART_FCR REG8(BOARD_UART + 2u)
#define UART_LCR REG8(BOARD_UART + 3u)
#define UART_LSR REG8(BOARD_UART + 5u)
#define SYSTEM_CONTROL REG(0x00100000u)

void mbpf_board_uart(void)
{
    UART_LCR = 3u;
    UART_FCR = 7u;
    UART_IER = 1u;
}

bool mbpf_uart_take(uint8_t *byte)
{
    if ((UART_LSR & 1u) == 0u) {
        return false;
    }
    *byte = UART_DATA;
    return true;
}

void mbpf_uart_listen(bool on)
{
    UART_IER = on ? 1u : 0u;
}

bool mbpf_uart_ready(void)
{
    return (UART_LSR & 0x20u) != 0u;
}

void mbpf_uart_send(uint8_t byte)
{
    UART_DATA = byte;
}

void mbpf_board_reset(void)
{
    SYSTEM_CONTROL = 0x7777u;
}

void mbpf_port_power_off(void)
{
    SYSTEM_CONTROL = 0x5555u;
}
