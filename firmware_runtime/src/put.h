/* SPDX-License-Identifier: Apache-2.0
 * Numbers to bytes, little-endian, wherever they lie. */
#ifndef MBPF_PUT_H
#define MBPF_PUT_H

#include <stdint.h>

static inline uint8_t *mbpf_put(uint8_t *to, uint64_t value, uint32_t bytes)
{
    for (uint32_t i = 0u; i < bytes; i++) {
        *to++ = (uint8_t)(value >> (8u * i));
    }
    return to;
}

#endif
