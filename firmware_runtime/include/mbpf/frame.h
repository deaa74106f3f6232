/* SPDX-License-Identifier: Apache-2.0
 * Frames on the serial line: 0x00, COBS(message ++ CRC-32 little-endian), 0x00. Zero bytes occur nowhere
 * else on the line, so a receiver finds the next frame after any loss. */
#ifndef MBPF_FRAME_H
#define MBPF_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "mbpf/config.h"

#define MBPF_MAX_MESSAGE_BYTES MBPF_MESSAGE_BYTES
/* Message and checksum, one COBS code byte each 254, the two delimiters. */
#define MBPF_MAX_FRAME_BYTES (MBPF_MAX_MESSAGE_BYTES + 4u + (MBPF_MAX_MESSAGE_BYTES + 4u) / 254u + 1u + 2u)
/* A message that lies so far into the buffer may be encoded in place: no byte is overwritten before it is read. */
#define MBPF_FRAME_HEADROOM 6u

#ifdef __cplusplus
extern "C" {
#endif

/* Writes the whole frame; returns its length, 0 if message or capacity is out of bounds. `message` may be
 * `frame + MBPF_FRAME_HEADROOM`. */
uint32_t mbpf_frame_encode(const uint8_t *message, uint32_t count, uint8_t *frame, uint32_t capacity);

typedef struct mbpf_frame_receiver {
    uint32_t used;
    bool overflow;
    uint8_t bytes[MBPF_MAX_FRAME_BYTES];
} mbpf_frame_receiver;

/* Takes one byte of the line. True when it ends a sound frame: the message then is the first `*count` bytes
 * of `receiver->bytes`, valid until the next call. */
bool mbpf_frame_receive(mbpf_frame_receiver *receiver, uint8_t byte, uint32_t *count);

#ifdef __cplusplus
}
#endif

#endif
