/* SPDX-License-Identifier: Apache-2.0
 * FreeRTOS: the UART's interrupt puts bytes into a stream buffer (mbpf_freertos_received), the task of the loop waits for
 * it; the application sends by mbpf_freertos_send(). Hooks are run by that task: other tasks queue events for it. */
#include <FreeRTOS.h>
#include <stream_buffer.h>
#include <task.h>

#include "mbpf/config.h"
#include "mbpf/port.h"
#include "mbpf_freertos.h"

static StreamBufferHandle_t received;
static StaticStreamBuffer_t received_state;
static uint8_t received_bytes[MBPF_LINE_BYTES + 1u];
static uint64_t ticks;
static TickType_t last_tick;

void mbpf_port_init(void)
{
    received = xStreamBufferCreateStatic(sizeof received_bytes, 1u, received_bytes, &received_state);
}

BaseType_t mbpf_freertos_received(uint8_t byte)
{
    BaseType_t woken = pdFALSE;
    (void)xStreamBufferSendFromISR(received, &byte, 1u, &woken);
    return woken;
}

/* Extended to 64 bits by being read more often than the tick counter wraps: the loop does. */
uint64_t mbpf_port_time_ns(void)
{
    TickType_t now = xTaskGetTickCount();
    ticks += (TickType_t)(now - last_tick);
    last_tick = now;
    return ticks * (1000000000u / configTICK_RATE_HZ);
}

uint32_t mbpf_port_serial_read(uint8_t *bytes, uint32_t capacity)
{
    return (uint32_t)xStreamBufferReceive(received, bytes, capacity, 0u);
}

void mbpf_port_serial_write(const uint8_t *bytes, uint32_t count)
{
    mbpf_freertos_send(bytes, count);
}

void mbpf_port_idle(void)
{
    if (xStreamBufferIsEmpty(received) == pdTRUE) {
        vTaskDelay(1u);
    }
}
