/* SPDX-License-Identifier: Apache-2.0
 * Between the port and the application's UART. */
#ifndef MBPF_FREERTOS_H
#define MBPF_FREERTOS_H

#include <FreeRTOS.h>
#include <stdint.h>

/* To be called by the receive interrupt; what it gives goes to portYIELD_FROM_ISR(). */
BaseType_t mbpf_freertos_received(uint8_t byte);
/* The application's: sends, but does not wait for ever. */
void mbpf_freertos_send(const uint8_t *bytes, uint32_t count);

#endif
