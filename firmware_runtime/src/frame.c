/* SPDX-License-Identifier: Apache-2.0
 * Framing: COBS takes the zero bytes out of a message so that zero can delimit; the CRC-32 tells a frame from
 * console text or noise. */
#include "mbpf/frame.h"

#include "mbpf/crc32.h"

typedef struct encoder {
    uint8_t *out;
    uint32_t code_at; /* where the current block's code byte will stand */
    uint32_t used;
} encoder;

static void put(encoder *e, uint8_t byte)
{
    if (byte != 0u) {
        e->out[e->used++] = byte;
    }
    if (byte == 0u || e->used - e->code_at == 255u) {
        e->out[e->code_at] = (uint8_t)(e->used - e->code_at);
        e->code_at = e->used++;
    }
}

uint32_t mbpf_frame_encode(const uint8_t *message, uint32_t count, uint8_t *frame, uint32_t capacity)
{
    uint32_t worst = count + 4u + (count + 4u) / 254u + 1u + 2u;
    if (count > MBPF_MAX_MESSAGE_BYTES || capacity < worst) {
        return 0u;
    }
    uint32_t crc = mbpf_crc32(message, count);
    encoder e = {frame, 1u, 2u};
    frame[0] = 0u;
    for (uint32_t i = 0u; i < count; i++) {
        put(&e, message[i]);
    }
    for (uint32_t i = 0u; i < 4u; i++) {
        put(&e, (uint8_t)(crc >> (8u * i)));
    }
    frame[e.code_at] = (uint8_t)(e.used - e.code_at);
    frame[e.used++] = 0u;
    return e.used;
}

/* In place: the write position never passes the read position. False: not COBS. */
static bool decode(uint8_t *bytes, uint32_t count, uint32_t *decoded)
{
    uint32_t read = 0u, written = 0u;
    while (read < count) {
        uint32_t code = bytes[read++];
        if (code == 0u || code - 1u > count - read) {
            return false;
        }
        for (uint32_t i = 1u; i < code; i++) {
            bytes[written++] = bytes[read++];
        }
        if (code != 255u && read < count) {
            bytes[written++] = 0u;
        }
    }
    *decoded = written;
    return true;
}

bool mbpf_frame_receive(mbpf_frame_receiver *r, uint8_t byte, uint32_t *count)
{
    if (byte != 0u) {
        if (r->used < sizeof r->bytes) {
            r->bytes[r->used++] = byte;
        } else {
            r->overflow = true;
        }
        return false;
    }
    uint32_t used = r->used;
    bool overflow = r->overflow;
    r->used = 0u;
    r->overflow = false;
    uint32_t decoded = 0u;
    if (overflow || used < 5u || !decode(r->bytes, used, &decoded) || decoded < 4u || decoded - 4u > MBPF_MAX_MESSAGE_BYTES) {
        return false;
    }
    uint32_t n = decoded - 4u;
    const uint8_t *c = r->bytes + n;
    uint32_t crc = (uint32_t)c[0] | (uint32_t)c[1] << 8 | (uint32_t)c[2] << 16 | (uint32_t)c[3] << 24;
    if (crc != mbpf_crc32(r->bytes, n)) {
        return false;
    }
    *count = n;
    return true;
}
