/* SPDX-License-Identifier: Apache-2.0
 * The system behind the headers of this folder. */
#include <isrpipe.h>
#include <periph/uart.h>
#include <stdio.h>
#include <ztimer.h>
#include <ztimer64.h>

uint32_t stand_in_sent;
static uart_rx_cb_t callback;
static void *callback_argument;
static uint64_t now_us;
static ztimer_clock_t msec;
static ztimer64_clock_t usec;
ztimer_clock_t *const ZTIMER_MSEC = &msec;
ztimer64_clock_t *const ZTIMER64_USEC = &usec;

void stand_in_receive(uint8_t byte);
void stand_in_receive(uint8_t byte)
{
    callback(callback_argument, byte);
}
int uart_init(uart_t uart, uint32_t baudrate, uart_rx_cb_t rx_cb, void *arg)
{
    (void)baudrate;
    callback = rx_cb;
    callback_argument = arg;
    return uart == 1u ? 0 : -1;
}
void uart_write(uart_t uart, const uint8_t *data, size_t len)
{
    (void)uart;
    stand_in_sent += (uint32_t)len;
    (void)fwrite(data, 1, len, stdout);
}
int isrpipe_write_one(isrpipe_t *isrpipe, uint8_t c)
{
    tsrb_t *rb = &isrpipe->tsrb;
    if (rb->writes - rb->reads == rb->size) {
        return -1;
    }
    rb->buf[rb->writes++ % rb->size] = c;
    return 0;
}
int tsrb_get(tsrb_t *rb, uint8_t *dst, size_t n)
{
    int got = 0;
    for (; (size_t)got < n && rb->reads != rb->writes; got++) {
        dst[got] = rb->buf[rb->reads++ % rb->size];
    }
    return got;
}
int tsrb_empty(const tsrb_t *rb)
{
    return rb->reads == rb->writes;
}
void ztimer_sleep(ztimer_clock_t *clock, uint32_t duration)
{
    (void)clock;
    now_us += duration * 1000u;
}
uint64_t ztimer64_now(ztimer64_clock_t *clock)
{
    (void)clock;
    return now_us++;
}
