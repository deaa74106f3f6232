/* SPDX-License-Identifier: Apache-2.0
 * Stand-in: what the port calls, as the system declares it. */
#pragma once
#include <stdint.h>
struct ring_buf {
    uint8_t *buffer;
    uint32_t size, in, out;
};
#define RING_BUF_DECLARE(name, size8)      \
    static uint8_t name##_data[size8];     \
    static struct ring_buf name = {name##_data, size8, 0, 0}
uint32_t ring_buf_put(struct ring_buf *buf, const uint8_t *data, uint32_t size);
uint32_t ring_buf_get(struct ring_buf *buf, uint8_t *data, uint32_t size);
