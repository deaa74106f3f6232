/* SPDX-License-Identifier: Apache-2.0
 * The checked little-endian reader: the only way package bytes become numbers on the device. A read past
 * the end yields zero and sets a sticky flag, so that a parser checks once, after its last read. */
#ifndef MBPF_ABI_READER_H
#define MBPF_ABI_READER_H

#include <stdbool.h>
#include <stdint.h>

typedef struct mbpf_reader {
    const uint8_t *at;
    uint32_t left;
    bool failed;
} mbpf_reader;

/* A reader of [offset, offset + count) within `bytes`; failed from the start if that lies outside. */
static inline mbpf_reader mbpf_reader_at(const uint8_t *bytes, uint32_t total, uint32_t offset, uint32_t count)
{
    mbpf_reader r = {bytes, 0u, true};
    if (offset <= total && count <= total - offset) {
        r.at = bytes + offset;
        r.left = count;
        r.failed = false;
    }
    return r;
}

/* The next `count` bytes, or null. */
static inline const uint8_t *mbpf_read_bytes(mbpf_reader *r, uint32_t count)
{
    if (r->failed || r->left < count) {
        r->failed = true;
        return 0;
    }
    const uint8_t *p = r->at;
    r->at += count;
    r->left -= count;
    return p;
}

static inline uint8_t mbpf_read_u8(mbpf_reader *r)
{
    const uint8_t *p = mbpf_read_bytes(r, 1u);
    return p ? p[0] : (uint8_t)0u;
}

static inline uint16_t mbpf_read_u16(mbpf_reader *r)
{
    const uint8_t *p = mbpf_read_bytes(r, 2u);
    return p ? (uint16_t)((unsigned)p[0] | (unsigned)p[1] << 8) : (uint16_t)0u;
}

static inline uint32_t mbpf_read_u32(mbpf_reader *r)
{
    const uint8_t *p = mbpf_read_bytes(r, 4u);
    /* Byte loads: Cortex-M0 faults on unaligned words. */
    return p ? (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24 : 0u;
}

static inline uint64_t mbpf_read_u64(mbpf_reader *r)
{
    uint32_t low = mbpf_read_u32(r);
    uint32_t high = mbpf_read_u32(r);
    return (uint64_t)low | (uint64_t)high << 32;
}

#endif
