/* SPDX-License-Identifier: Apache-2.0
 * The field 2^255 - 19 as libsodium has it, ten limbs of 26 and 25 bits in turn, its unrolled functions replaced by loops
 * (ed25519_curve.c). field_test runs each where its numbers are greatest; field_bounds_test shows that nothing that the curve's
 * formulas multiply exceeds what a multiplication takes. */
#ifndef MBPF_ED25519_FIELD_H
#define MBPF_ED25519_FIELD_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "crypto_verify_32.h"
#include "private/common.h"

#define LIMBS 10u

_Static_assert(-3 >> 1 == -2, "carries of negative numbers round down");

#define fe25519_add fe25519_add_unrolled
#define fe25519_cmov fe25519_cmov_unrolled
#define fe25519_copy fe25519_copy_unrolled
#define fe25519_mul fe25519_mul_unrolled
#define fe25519_neg fe25519_neg_unrolled
#define fe25519_sq fe25519_sq_unrolled
#define fe25519_sq2 fe25519_sq2_unrolled
#define fe25519_sub fe25519_sub_unrolled
#include "private/ed25519_ref10.h"
#undef fe25519_add
#undef fe25519_cmov
#undef fe25519_copy
#undef fe25519_mul
#undef fe25519_neg
#undef fe25519_sq
#undef fe25519_sq2
#undef fe25519_sub

static void fe25519_add(fe25519 h, const fe25519 f, const fe25519 g)
{
    const int32_t *end = f + LIMBS;
    do {
        *h++ = *f++ + *g++;
    } while (f != end);
}

static void fe25519_sub(fe25519 h, const fe25519 f, const fe25519 g)
{
    const int32_t *end = f + LIMBS;
    do {
        *h++ = *f++ - *g++;
    } while (f != end);
}

static void fe25519_neg(fe25519 h, const fe25519 f)
{
    for (uint32_t i = 0u; i < LIMBS; i++) {
        h[i] = -f[i];
    }
}

static void fe25519_copy(fe25519 h, const fe25519 f)
{
    memcpy(h, f, sizeof(fe25519));
}

/* The same steps for both values of b, which may be secret. */
static void fe25519_cmov(fe25519 f, const fe25519 g, unsigned int b)
{
    const int32_t mask = -(int32_t)b;
    for (uint32_t i = 0u; i < LIMBS; i++) {
        f[i] ^= mask & (f[i] ^ g[i]);
    }
}

static uint32_t limb_bits(uint32_t i)
{
    return 26u - (i & 1u);
}

/* sum + a[0] b[0] + a[1] b[-1] + … */
static __attribute__((noinline)) int64_t products(int64_t sum, const int32_t *a, const int32_t *b)
{
    sum += (int64_t)a[0] * b[0];
    sum += (int64_t)a[1] * b[-1];
    sum += (int64_t)a[2] * b[-2];
    sum += (int64_t)a[3] * b[-3];
    sum += (int64_t)a[4] * b[-4];
    sum += (int64_t)a[5] * b[-5];
    sum += (int64_t)a[6] * b[-6];
    sum += (int64_t)a[7] * b[-7];
    sum += (int64_t)a[8] * b[-8];
    sum += (int64_t)a[9] * b[-9];
    return sum;
}

/* libsodium's products, two limbs of the result at a time. Limb k takes f[i] g[j] where i + j = k, and 19 times that where
 * i + j = k + 10, since 2^255 = 19; doubled where both are odd, each of which begins half a bit late. What goes in may be
 * 1.65 * 2^26 (odd limbs: 2^25), so that 19 g fits 32 bits and a sum 2^61. A limb keeps what is nearest to 0, 2^25 (2^24) at
 * most, and carries the rest; the last one's, less than 2^38, goes around to limb 0, and what does not fit there, less
 * than 2^18, to limb 1: 1.02 * 2^24. libsodium's bounds are 1.1 * 2^25 (2^24). */
static void fe25519_mul(fe25519 h, const fe25519 f, const fe25519 g)
{
    enum { HALF_26 = 1 << 25, HALF_25 = 1 << 24 };
    int32_t around[2u * LIMBS]; /* 19 g, g */
    fe25519 twice, result;      /* twice: the odd limbs of f doubled */
    int64_t sum = 0;
    for (uint32_t i = 0u; i < LIMBS; i += 2u) {
        around[i] = 19 * g[i];
        around[LIMBS + i] = g[i];
        around[i + 1u] = 19 * g[i + 1u];
        around[LIMBS + 1u + i] = g[i + 1u];
        twice[i] = f[i];
        twice[i + 1u] = f[i + 1u] * 2;
    }
    for (uint32_t k = 0u; k < LIMBS; k += 2u) {
        sum = products(sum + HALF_26, twice, around + LIMBS + k);
        result[k] = (int32_t)((uint32_t)sum & (2u * HALF_26 - 1u)) - HALF_26;
        sum = products((sum >> 26) + HALF_25, f, around + LIMBS + 1u + k);
        result[k + 1u] = (int32_t)((uint32_t)sum & (2u * HALF_25 - 1u)) - HALF_25;
        sum >>= 25;
    }
    sum = sum * 19 + result[0] + HALF_26;
    result[0] = (int32_t)((uint32_t)sum & (2u * HALF_26 - 1u)) - HALF_26;
    result[1] += (int32_t)(sum >> 26);
    fe25519_copy(h, result); /* f or g may be h */
}

static void fe25519_sq(fe25519 h, const fe25519 f)
{
    fe25519_mul(h, f, f);
}

/* 2 f * f: its multiplication takes a factor twice as large as what it squares, and carries the result. */
static void fe25519_sq2(fe25519 h, const fe25519 f)
{
    fe25519 twice;
    fe25519_add(twice, f, f);
    fe25519_mul(h, twice, f);
}

/* Where limb i begins in the 255 bits: 0, 26, 51, 77, … From the byte there on, four hold it: 32 bits at most with the
 * ones before it. */
static uint32_t limb_at(uint32_t i)
{
    return (51u * i + 1u) / 2u;
}

/* Not below zero and less than 2^26 or 2^25: twice what libsodium's leaves, by as much as a sum may be. The only sums made
 * of it are with a product or with itself squared: within the 1.65 * 2^26 that a multiplication takes. */
void fe25519_frombytes(fe25519 h, const unsigned char *s)
{
    for (uint32_t i = 0u; i < LIMBS; i++) {
        const uint32_t at = limb_at(i);
        uint32_t word;
        memcpy(&word, s + at / 8u, sizeof word);
        h[i] = (int32_t)(word >> at % 8u & ((1u << limb_bits(i)) - 1u));
    }
}

/* libsodium's reduction (fe_25_5/fe.h has its proof) and packing, a limb at a time. */
void fe25519_tobytes(unsigned char *s, const fe25519 h)
{
    int32_t q = (19 * h[9] + (1 << 24)) >> 25;
    for (uint32_t i = 0u; i < LIMBS; i++) {
        q = (h[i] + q) >> limb_bits(i);
    }
    q *= 19;
    memset(s, 0, 32u);
    for (uint32_t i = 0u; i < LIMBS; i++) {
        const uint32_t at = limb_at(i), bits = limb_bits(i);
        uint32_t word;
        q += h[i];
        memcpy(&word, s + at / 8u, sizeof word);
        word |= ((uint32_t)q & ((1u << bits) - 1u)) << at % 8u;
        memcpy(s + at / 8u, &word, sizeof word);
        q >>= bits;
    }
}

#endif
