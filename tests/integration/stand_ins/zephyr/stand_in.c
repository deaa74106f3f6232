/* SPDX-License-Identifier: Apache-2.0
 * The system behind the headers of this folder. */
#include <stdio.h>
#include <zephyr/drivers/uart.h>
#include <zephyr/kernel.h>
#include <zephyr/sys/ring_buffer.h>

const struct device stand_in_uart;
uint32_t stand_in_sent;
static uart_irq_callback_user_data_t callback;
static int waiting, enabled;
static uint8_t next;
static int64_t uptime;

void stand_in_receive(uint8_t byte);
void stand_in_receive(uint8_t byte)
{
    next = byte;
    waiting = 1;
    if (enabled) {
        callback(&stand_in_uart, 0);
    }
}
int uart_irq_callback_user_data_set(const struct device *dev, uart_irq_callback_user_data_t cb, void *user_data)
{
    (void)dev;
    (void)user_data;
    callback = cb;
    return 0;
}
void uart_irq_rx_enable(const struct device *dev)
{
    (void)dev;
    enabled = 1;
}
int uart_irq_update(const struct device *dev)
{
    (void)dev;
    return 1;
}
int uart_irq_rx_ready(const struct device *dev)
{
    (void)dev;
    return waiting;
}
int uart_fifo_read(const struct device *dev, uint8_t *rx_data, const int size)
{
    (void)dev;
    (void)size;
    *rx_data = next;
    int n = waiting;
    waiting = 0;
    return n;
}
void uart_poll_out(const struct device *dev, unsigned char out_char)
{
    (void)dev;
    stand_in_sent++;
    putchar(out_char);
}
int k_sem_take(struct k_sem *sem, k_timeout_t timeout)
{
    if (sem->count != 0) {
        sem->count--;
        return 0;
    }
    uptime += timeout.ticks;
    return -1;
}
void k_sem_give(struct k_sem *sem)
{
    if (sem->count < sem->limit) {
        sem->count++;
    }
}
int64_t k_uptime_ticks(void)
{
    return uptime++;
}
uint64_t k_ticks_to_ns_floor64(uint64_t t)
{
    return t * 1000000u;
}
uint32_t ring_buf_put(struct ring_buf *buf, const uint8_t *data, uint32_t size)
{
    uint32_t n = 0;
    for (; n < size && buf->in - buf->out < buf->size; n++) {
        buf->buffer[buf->in++ % buf->size] = data[n];
    }
    return n;
}
uint32_t ring_buf_get(struct ring_buf *buf, uint8_t *data, uint32_t size)
{
    uint32_t n = 0;
    for (; n < size && buf->in != buf->out; n++) {
        data[n] = buf->buffer[buf->out++ % buf->size];
    }
    return n;
}
