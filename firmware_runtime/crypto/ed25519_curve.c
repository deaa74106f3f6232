/* SPDX-License-Identifier: Apache-2.0
 * libsodium's curve arithmetic with some of its functions replaced by ones that do the same in less code: loops over limbs
 * that it has unrolled, one addition chain for both of its powers, and no table of the base point's multiples.
 * third_party.cmake makes the file included below: libsodium's own, in which the definitions of what is replaced have
 * another name, so that its calls find ours. Formulas, decoding and checks are libsodium's; field_test holds each function
 * here against the one it replaces. Price and gain: docs/decisions/0007-device-runtime.md. */
#include "ed25519_field.h"

/* --- powers --- */

/* out := z^(2^252 - 3). z^(2^n - 1) for n = 1, 3, 7, 15, 31, 62, 125, 250, the leading bits of 250: to double n, square it
 * n times and multiply by what it was; to add one, square it and multiply by z. */
static void fe25519_pow22523(fe25519 out, const fe25519 z)
{
    fe25519 t, u;
    uint32_t n = 1u;
    fe25519_copy(t, z);
    for (uint32_t left = 7u; left-- != 0u;) {
        fe25519_copy(u, t);
        for (uint32_t i = 0u; i < n; i++) {
            fe25519_sq(u, u);
        }
        fe25519_mul(t, t, u);
        n = 250u >> left;
        if ((n & 1u) != 0u) {
            fe25519_sq(t, t);
            fe25519_mul(t, t, z);
        }
    }
    fe25519_sq(t, t);
    fe25519_sq(t, t);
    fe25519_mul(out, t, z);
}

/* out := z^(p - 2) = z^(8 (2^252 - 3) + 3). */
void fe25519_invert(fe25519 out, const fe25519 z)
{
    fe25519 t;
    fe25519_pow22523(t, z);
    for (uint32_t i = 0u; i < 3u; i++) {
        fe25519_sq(t, t);
    }
    fe25519_mul(t, t, z);
    fe25519_mul(t, t, z);
    fe25519_mul(out, t, z);
}

/* --- the curve --- */

#include "mbpf_ed25519_ref10.c"

/* A point has an order of 8 or less if y = 0 (order 4), y^2 = 1 (orders 1 and 2), or that of its double is 0 (order 8):
 * there x^2 = -y^2, so that -x^2 + y^2 = 1 + d x^2 y^2 reads d y^4 + 2 y^2 - 1 = 0. It is modulo p, so that y's second
 * encodings, p and p + 1, count too: the seven of libsodium's list. */
int ge25519_has_small_order(const unsigned char s[32])
{
    fe25519 y, square, quartic;
    fe25519_frombytes(y, s);
    fe25519_sq(square, y);
    fe25519_mul(quartic, square, d);
    quartic[0] += 2;
    fe25519_mul(quartic, quartic, square);
    quartic[0] -= 1;
    square[0] -= 1;
    fe25519_mul(y, y, square);
    fe25519_mul(y, y, quartic);
    return fe25519_iszero(y);
}

/* y = 4/5 (RFC 8032 §5.1). What decodes gives the negative of the point, by a sign bit that is clear: set, the point. */
void mbpf_ed25519_base(ge25519_p3 *base)
{
    unsigned char y[32];
    memset(y, 0x66, sizeof y);
    y[0] = 0x58;
    y[31] |= 0x80;
    (void)ge25519_frombytes_negate_vartime(base, y);
}

static uint32_t bit(const unsigned char *scalar, uint32_t i)
{
    return scalar[i / 8u] >> i % 8u & 1u;
}

/* a A + b B, both scalars' bits from the highest down: double, then add A, B or A + B. */
void ge25519_double_scalarmult_vartime(ge25519_p2 *r, const unsigned char *a, const ge25519_p3 *A, const unsigned char *b)
{
    ge25519_cached sums[3];
    ge25519_p1p1 t;
    ge25519_p3 u;
    mbpf_ed25519_base(&u);
    ge25519_p3_to_cached(&sums[0], A);
    ge25519_p3_to_cached(&sums[1], &u);
    ge25519_add(&t, &u, &sums[0]);
    ge25519_p1p1_to_p3(&u, &t);
    ge25519_p3_to_cached(&sums[2], &u);
    ge25519_p2_0(r);
    for (uint32_t i = 256u; i-- != 0u;) {
        const uint32_t which = bit(a, i) | bit(b, i) << 1;
        ge25519_p2_dbl(&t, r);
        if (which != 0u) {
            ge25519_p1p1_to_p3(&u, &t);
            ge25519_add(&t, &u, &sums[which - 1u]);
        }
        ge25519_p1p1_to_p2(r, &t);
    }
}
