/* SPDX-License-Identifier: Apache-2.0
 * Stand-in: what the port calls, as the system declares it. */
#pragma once
#include <stddef.h>
#include <stdint.h>
typedef unsigned int uart_t;
#define UART_DEV(x) ((uart_t)(x))
typedef void (*uart_rx_cb_t)(void *arg, uint8_t data);
int uart_init(uart_t uart, uint32_t baudrate, uart_rx_cb_t rx_cb, void *arg);
void uart_write(uart_t uart, const uint8_t *data, size_t len);
