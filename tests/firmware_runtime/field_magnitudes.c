/* SPDX-License-Identifier: Apache-2.0
 * crypto/ed25519_curve.c, and libsodium's formulas in it, over another field: a limb is not a number but what numbers there
 * cannot exceed, whatever the points and scalars are. So one run of a formula says which sums reach a multiplication. It
 * takes the place of crypto/ed25519_field.h, whose functions keep these bounds (field_test). */
#define MBPF_ED25519_FIELD_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "crypto_verify_32.h"
#include "private/common.h"
#include "field_magnitudes.h"

#define LIMBS 10u

#define fe25519_add fe25519_add_of_numbers
#define fe25519_cmov fe25519_cmov_of_numbers
#define fe25519_copy fe25519_copy_of_numbers
#define fe25519_mul fe25519_mul_of_numbers
#define fe25519_neg fe25519_neg_of_numbers
#define fe25519_sq fe25519_sq_of_numbers
#define fe25519_sq2 fe25519_sq2_of_numbers
#define fe25519_sub fe25519_sub_of_numbers
#include "private/ed25519_ref10.h"
#undef fe25519_add
#undef fe25519_cmov
#undef fe25519_copy
#undef fe25519_mul
#undef fe25519_neg
#undef fe25519_sq
#undef fe25519_sq2
#undef fe25519_sub

static const char *exceeded;
static uint32_t decided;
static int32_t most;

/* Constants have a sign; and where the formulas add a small number to a product in place, 0.02 * 2^25 are to spare. */
static int32_t magnitude(int32_t limb)
{
    return limb < 0 ? -limb : limb;
}

static void check(const char *what, const fe25519 f, int32_t (*bound)(uint32_t))
{
    for (uint32_t i = 0u; i < LIMBS; i++) {
        if (!exceeded && magnitude(f[i]) > bound(i)) {
            exceeded = what;
        }
    }
}

static void fe25519_add(fe25519 h, const fe25519 f, const fe25519 g)
{
    for (uint32_t i = 0u; i < LIMBS; i++) {
        h[i] = magnitude(f[i]) + magnitude(g[i]);
    }
    check("sum", h, mbpf_factor_bound); /* so that 32 bits hold the next */
}

static void fe25519_sub(fe25519 h, const fe25519 f, const fe25519 g)
{
    fe25519_add(h, f, g);
}

static void fe25519_copy(fe25519 h, const fe25519 f)
{
    memcpy(h, f, sizeof(fe25519));
}

static void fe25519_neg(fe25519 h, const fe25519 f)
{
    fe25519_copy(h, f);
}

static void fe25519_cmov(fe25519 f, const fe25519 g, unsigned int b)
{
    (void)b;
    for (uint32_t i = 0u; i < LIMBS; i++) {
        f[i] = magnitude(f[i]) > magnitude(g[i]) ? f[i] : g[i];
    }
}

static void fe25519_mul(fe25519 h, const fe25519 f, const fe25519 g)
{
    check("first factor", f, mbpf_factor_bound);
    check("second factor", g, mbpf_factor_bound);
    most = magnitude(f[0]) > most ? magnitude(f[0]) : most;
    for (uint32_t i = 0u; i < LIMBS; i++) {
        h[i] = mbpf_product_bound(i);
    }
}

static void fe25519_sq(fe25519 h, const fe25519 f)
{
    fe25519_mul(h, f, f);
}

static void fe25519_sq2(fe25519 h, const fe25519 f)
{
    fe25519 twice;
    fe25519_add(twice, f, f);
    fe25519_mul(h, twice, f);
}

void fe25519_frombytes(fe25519 h, const unsigned char *s)
{
    (void)s;
    for (uint32_t i = 0u; i < LIMBS; i++) {
        h[i] = (i % 2u == 0u ? 1 << 26 : 1 << 25) - 1;
    }
}

/* All comparisons are of bytes. */
void fe25519_tobytes(unsigned char *s, const fe25519 h)
{
    check("number for bytes", h, mbpf_number_bound);
    memset(s, (decided & 1u) != 0u ? 0xFF : 0, 32u);
    decided >>= 1;
}

#include "ed25519_curve.c"

/* After no comes yes: of the two roots that decoding asks for one is there, since what does not decode is computed with
 * no further. */
int sodium_is_zero(const unsigned char *n, size_t count)
{
    static int before = 1;
    (void)count;
    before = !before || n[0] == 0u;
    return before;
}

int crypto_verify_32(const unsigned char *x, const unsigned char *y)
{
    return memcmp(x, y, 32u) == 0 ? 0 : -1;
}

void sodium_memzero(void *p, size_t n)
{
    memset(p, 0, n);
}

const char *mbpf_bound_exceeded(uint32_t decisions, unsigned char sign, int32_t *greatest)
{
    unsigned char bytes[32], a[32], b[32];
    ge25519_p3 point, product;
    ge25519_p2 sum;
    memset(bytes, sign, sizeof bytes);
    memset(a, 0x35, sizeof a); /* both: all four pairs of bits */
    memset(b, 0x53, sizeof b);
    exceeded = 0;
    most = 0;
    decided = decisions;
    (void)ge25519_frombytes_negate_vartime(&point, bytes);
    ge25519_double_scalarmult_vartime(&sum, a, &point, b);
    ge25519_tobytes(bytes, &sum);
    mbpf_ed25519_base(&point);
    ge25519_scalarmult(&product, a, &point);
    ge25519_p3_tobytes(bytes, &product);
    (void)ge25519_has_small_order(a);
    *greatest = most;
    return exceeded;
}
