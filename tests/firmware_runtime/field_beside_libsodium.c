/* SPDX-License-Identifier: Apache-2.0
 * Each function of crypto/ed25519_curve.c that replaces one of libsodium's, beside that one, which is still there under
 * another name. Compiled with the file itself, since most of them are static. */
#include "ed25519_curve.c"

#include "field_beside_libsodium.h"
#include "field_magnitudes.h"

int sodium_is_zero(const unsigned char *n, size_t count)
{
    unsigned char seen = 0u;
    for (size_t i = 0u; i < count; i++) {
        seen |= n[i];
    }
    return seen == 0u;
}

int crypto_verify_32(const unsigned char *x, const unsigned char *y)
{
    return memcmp(x, y, 32u) == 0 ? 0 : -1;
}

void sodium_memzero(void *p, size_t n)
{
    memset(p, 0, n);
}

static int same(const fe25519 a, const fe25519 b)
{
    unsigned char x[32], y[32];
    fe25519_tobytes_unrolled(x, a);
    fe25519_tobytes_unrolled(y, b);
    return memcmp(x, y, sizeof x) == 0;
}

static int carried(const fe25519 h)
{
    for (uint32_t i = 0u; i < LIMBS; i++) {
        if (h[i] > mbpf_product_bound(i) || h[i] < -mbpf_product_bound(i)) {
            return 0;
        }
    }
    return 1;
}

const char *mbpf_product_differs(const int32_t f[10], const int32_t g[10])
{
    fe25519 ours, theirs;
    fe25519_mul(ours, f, g);
    fe25519_mul_unrolled(theirs, f, g);
    if (!same(ours, theirs) || !carried(ours)) {
        return "mul";
    }
    memcpy(ours, f, sizeof ours);
    fe25519_mul(ours, ours, g);
    if (!same(ours, theirs)) {
        return "mul in place";
    }
    fe25519_sq(ours, f);
    fe25519_sq_unrolled(theirs, f);
    if (!same(ours, theirs) || !carried(ours)) {
        return "sq";
    }
    return 0;
}

const char *mbpf_element_differs(const int32_t f[10], const int32_t g[10])
{
    fe25519 ours, theirs;
    fe25519_add(ours, f, g);
    fe25519_add_unrolled(theirs, f, g);
    if (memcmp(ours, theirs, sizeof ours) != 0) {
        return "add";
    }
    fe25519_sub(ours, f, g);
    fe25519_sub_unrolled(theirs, f, g);
    if (memcmp(ours, theirs, sizeof ours) != 0) {
        return "sub";
    }
    fe25519_neg(ours, f);
    fe25519_neg_unrolled(theirs, f);
    if (memcmp(ours, theirs, sizeof ours) != 0) {
        return "neg";
    }
    for (unsigned int b = 0u; b < 2u; b++) {
        fe25519_copy(ours, f);
        fe25519_copy_unrolled(theirs, f);
        fe25519_cmov(ours, g, b);
        fe25519_cmov_unrolled(theirs, g, b);
        if (memcmp(ours, theirs, sizeof ours) != 0) {
            return "cmov";
        }
    }
    fe25519_sq2(ours, f);
    fe25519_sq2_unrolled(theirs, f);
    if (!same(ours, theirs) || !carried(ours)) {
        return "sq2";
    }
    fe25519_invert(ours, f);
    fe25519_invert_unrolled(theirs, f);
    if (!same(ours, theirs)) {
        return "invert";
    }
    fe25519_pow22523(ours, f);
    fe25519_pow22523_unrolled(theirs, f);
    if (!same(ours, theirs)) {
        return "pow22523";
    }
    return 0;
}

const char *mbpf_number_differs(const int32_t f[10])
{
    unsigned char x[32], y[32];
    fe25519_tobytes(x, f);
    fe25519_tobytes_unrolled(y, f);
    return memcmp(x, y, sizeof x) != 0 ? "tobytes" : 0;
}

const char *mbpf_bytes_differ(const unsigned char bytes[32])
{
    fe25519 ours, theirs;
    fe25519_frombytes(ours, bytes);
    fe25519_frombytes_unrolled(theirs, bytes);
    if (!same(ours, theirs)) {
        return "frombytes";
    }
    return ge25519_has_small_order(bytes) != ge25519_has_small_order_unrolled(bytes) ? "has_small_order" : 0;
}

const char *mbpf_sum_differs(const unsigned char a[32], const unsigned char b[32], const unsigned char point[32])
{
    ge25519_p3 p;
    ge25519_p2 ours, theirs;
    unsigned char x[32], y[32];
    if (ge25519_frombytes_negate_vartime(&p, point) != 0) {
        return 0; /* no point */
    }
    ge25519_double_scalarmult_vartime(&ours, a, &p, b);
    ge25519_double_scalarmult_vartime_unrolled(&theirs, a, &p, b);
    ge25519_tobytes(x, &ours);
    ge25519_tobytes(y, &theirs);
    return memcmp(x, y, sizeof x) != 0 ? "double_scalarmult" : 0;
}
