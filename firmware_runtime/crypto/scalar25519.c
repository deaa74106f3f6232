/* SPDX-License-Identifier: Apache-2.0
 * Scalars of Ed25519: digits of a byte, loops that take the same steps whatever the values are. */
#include <string.h>

#include "curve25519.h"

static const uint8_t l[32] = {0xED, 0xD3, 0xF5, 0x5C, 0x1A, 0x63, 0x12, 0x58, 0xD6, 0x9C, 0xF7, 0xA2, 0xDE, 0xF9, 0xDE, 0x14,
                              0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};

bool mbpf_scalar_canonical(const uint8_t s[32])
{
    int32_t borrow = 0;
    for (uint32_t i = 0u; i < 32u; i++) {
        borrow = (borrow + s[i] - l[i]) >> 8;
    }
    return borrow != 0;
}

/* s (512 bits) := s mod L, L = 2^252 + 27742317777372353535851937790883648493. Signed base-256 digits: each
 * high digit d at position i is taken away as 16 * d * (L - 2^252) at i - 32, since 2^256 = 16 * 2^252. */
void mbpf_scalar_reduce(uint8_t s[64])
{
    int64_t x[64];
    for (int i = 0; i < 64; i++) {
        x[i] = s[i];
    }
    for (int i = 63; i >= 32; i--) {
        int64_t carry = 0;
        int j = i - 32;
        for (; j < i - 12; j++) {
            x[j] += carry - 16 * x[i] * l[j - (i - 32)];
            carry = (x[j] + 128) >> 8;
            x[j] -= carry * 256;
        }
        x[j] += carry;
        x[i] = 0;
    }
    int64_t carry = 0;
    for (int j = 0; j < 32; j++) {
        x[j] += carry - (x[31] >> 4) * l[j];
        carry = x[j] >> 8;
        x[j] &= 255;
    }
    for (int j = 0; j < 32; j++) {
        x[j] -= carry * l[j];
    }
    for (int i = 0; i < 32; i++) {
        x[i + 1] += x[i] >> 8;
        s[i] = (uint8_t)(x[i] & 255);
    }
}

/* s := a * b + c mod L. Below 2^512, since each factor is below 2^256 and the sum adds less than 2^256. A column
 * holds at most 32 products of bytes, a byte of c and a carry: less than 2^22. */
void mbpf_scalar_multiply_add(uint8_t s[32], const uint8_t a[32], const uint8_t b[32], const uint8_t c[32])
{
    uint8_t sum[64];
    uint32_t carry = 0u;
    for (uint32_t column = 0u; column < 64u; column++) {
        uint32_t first = column > 31u ? column - 31u : 0u, last = column < 31u ? column : 31u;
        carry += column < 32u ? c[column] : 0u;
        for (uint32_t i = first; i <= last; i++) {
            carry += (uint32_t)a[i] * b[column - i];
        }
        sum[column] = (uint8_t)carry;
        carry >>= 8;
    }
    mbpf_scalar_reduce(sum);
    memcpy(s, sum, 32u);
}
