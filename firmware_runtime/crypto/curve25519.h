/* SPDX-License-Identifier: Apache-2.0
 * The Edwards curve of Ed25519 (RFC 8032 §5.1), small rather than fast: no tables, no second formula for doubling. All
 * of it takes the same steps whatever the values are, but for decompression, whose points are public. */
#ifndef MBPF_CRYPTO_CURVE25519_H
#define MBPF_CRYPTO_CURVE25519_H

#include <stdbool.h>
#include <stdint.h>

typedef struct mbpf_field {
    uint32_t w[8]; /* below 2^256, little end first; modulo 2^255 - 19 */
} mbpf_field;

/* Results and arguments may be the same. */
void mbpf_field_add(mbpf_field *r, const mbpf_field *a, const mbpf_field *b);
void mbpf_field_subtract(mbpf_field *r, const mbpf_field *a, const mbpf_field *b);
void mbpf_field_multiply(mbpf_field *r, const mbpf_field *a, const mbpf_field *b);

typedef struct mbpf_point {
    mbpf_field x, y, z, t; /* extended: x = X/Z, y = Y/Z, xy = T/Z */
} mbpf_point;

/* False: y is not below the modulus, or no point has it. */
bool mbpf_point_read(mbpf_point *p, const uint8_t bytes[32]);
void mbpf_point_write(uint8_t bytes[32], const mbpf_point *p);
void mbpf_point_base(mbpf_point *p);
void mbpf_point_negate(mbpf_point *p);
/* r := a b + c d. */
void mbpf_point_combine(mbpf_point *r, const uint8_t a[32], const mbpf_point *b, const uint8_t c[32], const mbpf_point *d);
bool mbpf_point_small_order(const mbpf_point *p);

/* Scalars, modulo the base point's order L: below it; s (512 bits) := s mod L; s := a b + c mod L. */
bool mbpf_scalar_canonical(const uint8_t s[32]);
void mbpf_scalar_reduce(uint8_t s[64]);
void mbpf_scalar_multiply_add(uint8_t s[32], const uint8_t a[32], const uint8_t b[32], const uint8_t c[32]);

#endif
