/* SPDX-License-Identifier: Apache-2.0
 * RIOT: UART_DEV(MBPF_UART) by interrupt into a ring, the clock of ztimer64. Hooks are run by the thread of the loop. */
#include <isrpipe.h>
#include <periph/uart.h>
#include <ztimer.h>
#include <ztimer64.h>

#include "mbpf/config.h"
#include "mbpf/port.h"

#ifndef MBPF_UART
#define MBPF_UART 1
#endif
#ifndef MBPF_BAUD
#define MBPF_BAUD 115200U
#endif

static uint8_t received_bytes[MBPF_LINE_BYTES];
static isrpipe_t received = ISRPIPE_INIT(received_bytes);

static void on_byte(void *argument, uint8_t byte)
{
    (void)isrpipe_write_one((isrpipe_t *)argument, byte);
}

void mbpf_port_init(void)
{
    (void)uart_init(UART_DEV(MBPF_UART), MBPF_BAUD, on_byte, &received);
}

uint64_t mbpf_port_time_ns(void)
{
    return ztimer64_now(ZTIMER64_USEC) * 1000u;
}

uint32_t mbpf_port_serial_read(uint8_t *bytes, uint32_t capacity)
{
    int n = tsrb_get(&received.tsrb, bytes, capacity);
    return n > 0 ? (uint32_t)n : 0u;
}

void mbpf_port_serial_write(const uint8_t *bytes, uint32_t count)
{
    uart_write(UART_DEV(MBPF_UART), bytes, count);
}

void mbpf_port_idle(void)
{
    if (tsrb_empty(&received.tsrb)) {
        ztimer_sleep(ZTIMER_MSEC, 1u);
    }
}
