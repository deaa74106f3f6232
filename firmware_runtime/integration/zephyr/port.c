/* SPDX-License-Identifier: Apache-2.0
 * Zephyr: the UART chosen as mbpf,line in the devicetree, received by interrupt into a ring; the loop's thread sleeps on
 * a semaphore. Hooks are run by the thread that polls, as everywhere: drivers hand events to it. */
#include <zephyr/device.h>
#include <zephyr/drivers/uart.h>
#include <zephyr/kernel.h>
#include <zephyr/sys/ring_buffer.h>

#include "mbpf/config.h"
#include "mbpf/port.h"

static const struct device *const line = DEVICE_DT_GET(DT_CHOSEN(mbpf_line));
RING_BUF_DECLARE(received, MBPF_LINE_BYTES);
K_SEM_DEFINE(arrived, 0, 1);

static void on_uart(const struct device *device, void *data)
{
    uint8_t byte;
    (void)data;
    (void)uart_irq_update(device);
    while (uart_irq_rx_ready(device) && uart_fifo_read(device, &byte, 1) == 1) {
        (void)ring_buf_put(&received, &byte, 1u); /* full: the frame's CRC will miss it, the host sends again */
    }
    k_sem_give(&arrived);
}

void mbpf_port_init(void)
{
    (void)uart_irq_callback_user_data_set(line, on_uart, NULL);
    uart_irq_rx_enable(line);
}

uint64_t mbpf_port_time_ns(void)
{
    return k_ticks_to_ns_floor64((uint64_t)k_uptime_ticks());
}

uint32_t mbpf_port_serial_read(uint8_t *bytes, uint32_t capacity)
{
    return ring_buf_get(&received, bytes, capacity);
}

void mbpf_port_serial_write(const uint8_t *bytes, uint32_t count)
{
    for (uint32_t i = 0u; i < count; i++) {
        uart_poll_out(line, bytes[i]);
    }
}

void mbpf_port_idle(void)
{
    (void)k_sem_take(&arrived, K_MSEC(1));
}
