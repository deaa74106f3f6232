/* SPDX-License-Identifier: Apache-2.0
 * Integers modulo 2^255 - 19: the hot loops of a signature, compiled for speed. A product of eight by eight words is a
 * loop of multiply-accumulate, of which the widest intermediate, (2^32 - 1)^2 + 2 (2^32 - 1), is 2^64 - 1; Cortex-M4
 * has one instruction for it. 2^256 is 38. */
#include <string.h>

#include "curve25519.h"

/* r + 2^256 c for small c of either sign. What the first pass carries out of the top leaves r so near the other end
 * that the second cannot. */
static void fold(mbpf_field *r, int32_t carry)
{
    int64_t c = carry * 38;
    for (uint32_t i = 0u; i < 8u; i++) {
        c += r->w[i];
        r->w[i] = (uint32_t)c;
        c >>= 32;
    }
    r->w[0] += (uint32_t)c * 38u;
}

void mbpf_field_add(mbpf_field *r, const mbpf_field *a, const mbpf_field *b)
{
    uint64_t c = 0u;
    for (uint32_t i = 0u; i < 8u; i++) {
        c += (uint64_t)a->w[i] + b->w[i];
        r->w[i] = (uint32_t)c;
        c >>= 32;
    }
    fold(r, (int32_t)c);
}

void mbpf_field_subtract(mbpf_field *r, const mbpf_field *a, const mbpf_field *b)
{
    int64_t c = 0;
    for (uint32_t i = 0u; i < 8u; i++) {
        c += (int64_t)a->w[i] - b->w[i];
        r->w[i] = (uint32_t)c;
        c >>= 32;
    }
    fold(r, (int32_t)c);
}

/* Eight words at `to`, and the ninth, += eight words of b times x. */
static void multiply_row(uint32_t *to, const uint32_t *b, uint32_t x)
{
    uint32_t c = 0u;
    for (uint32_t j = 0u; j < 8u; j++) {
        uint64_t s = (uint64_t)x * b[j] + to[j] + c;
        to[j] = (uint32_t)s;
        c = (uint32_t)(s >> 32);
    }
    to[8] = c;
}

void mbpf_field_multiply(mbpf_field *r, const mbpf_field *a, const mbpf_field *b)
{
    uint32_t t[16];
    memset(t, 0, 8u * sizeof *t);
    for (uint32_t i = 0u; i < 8u; i++) {
        multiply_row(t + i, b->w, a->w[i]);
    }
    multiply_row(t, t + 8, 38u); /* t[8] is written last */
    memcpy(r->w, t, sizeof r->w);
    fold(r, (int32_t)t[8]);
}
