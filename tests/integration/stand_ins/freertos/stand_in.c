/* SPDX-License-Identifier: Apache-2.0
 * The system behind the headers of this folder, and the application's UART. */
#include <stdio.h>
#include <stream_buffer.h>
#include <task.h>

#include "mbpf_freertos.h"

uint32_t stand_in_sent;
static TickType_t tick = 0xFFFFFFFFu; /* about to wrap */

void stand_in_receive(uint8_t byte);
void stand_in_receive(uint8_t byte)
{
    (void)mbpf_freertos_received(byte);
}
void mbpf_freertos_send(const uint8_t *bytes, uint32_t count)
{
    stand_in_sent += count;
    (void)fwrite(bytes, 1, count, stdout);
}
TickType_t xTaskGetTickCount(void)
{
    return tick++;
}
void vTaskDelay(const TickType_t xTicksToDelay)
{
    tick += xTicksToDelay;
}
StreamBufferHandle_t xStreamBufferCreateStatic(size_t xBufferSizeBytes, size_t xTriggerLevelBytes, uint8_t *pucStreamBufferStorageArea, StaticStreamBuffer_t *pxStaticStreamBuffer)
{
    (void)xTriggerLevelBytes;
    *pxStaticStreamBuffer = (StaticStreamBuffer_t){pucStreamBufferStorageArea, xBufferSizeBytes, 0, 0};
    return pxStaticStreamBuffer;
}
size_t xStreamBufferSendFromISR(StreamBufferHandle_t b, const void *pvTxData, size_t n, BaseType_t *woken)
{
    *woken = pdTRUE;
    for (size_t i = 0; i < n; i++) {
        if (b->in - b->out >= b->size - 1u) {
            return i;
        }
        b->bytes[b->in++ % b->size] = ((const uint8_t *)pvTxData)[i];
    }
    return n;
}
size_t xStreamBufferReceive(StreamBufferHandle_t b, void *pvRxData, size_t n, TickType_t wait)
{
    size_t i = 0;
    (void)wait;
    for (; i < n && b->in != b->out; i++) {
        ((uint8_t *)pvRxData)[i] = b->bytes[b->out++ % b->size];
    }
    return i;
}
BaseType_t xStreamBufferIsEmpty(StreamBufferHandle_t b)
{
    return b->in == b->out ? pdTRUE : pdFALSE;
}
