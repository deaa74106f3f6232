/* SPDX-License-Identifier: Apache-2.0
 * The serial line of a board: its driver fills four functions, line.c makes of them what the runtime asks of a port. */
#ifndef MBPF_PORT_LINE_H
#define MBPF_PORT_LINE_H

#include <stdbool.h>
#include <stdint.h>

/* The driver's. */
bool mbpf_uart_take(uint8_t *byte); /* one that has arrived; false: none */
void mbpf_uart_listen(bool on);     /* the interrupt on receive */
bool mbpf_uart_ready(void);         /* takes a byte to send */
void mbpf_uart_send(uint8_t byte);

/* To be called by the receive interrupt. */
void mbpf_line_receive(void);
/* With interrupts off: whether a byte waits to be read. */
bool mbpf_line_waiting(void);

#endif
