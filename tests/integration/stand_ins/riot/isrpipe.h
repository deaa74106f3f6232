/* SPDX-License-Identifier: Apache-2.0
 * Stand-in: what the port calls, as the system declares it. */
#pragma once
#include <stddef.h>
#include <stdint.h>
typedef struct {
    uint8_t *buf;
    unsigned int size, reads, writes;
} tsrb_t;
typedef struct {
    tsrb_t tsrb;
} isrpipe_t;
#define ISRPIPE_INIT(tsrb_buf) {.tsrb = {(tsrb_buf), sizeof(tsrb_buf), 0, 0}}
int isrpipe_write_one(isrpipe_t *isrpipe, uint8_t c);
int tsrb_get(tsrb_t *rb, uint8_t *dst, size_t n);
int tsrb_empty(const tsrb_t *rb);
