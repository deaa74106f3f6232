/* SPDX-License-Identifier: Apache-2.0
 * Points, and what of the field is seldom used. */
#include "curve25519.h"

#include <string.h>

typedef mbpf_field field;
typedef mbpf_point point;

/* d of the curve's equation, -121665/121666, and a square root of -1. */
static const field curve_d = {{0x135978A3u, 0x75EB4DCAu, 0x4141D8ABu, 0x00700A4Du, 0x7779E898u, 0x8CC74079u, 0x2B6FFE73u, 0x52036CEEu}};
static const field root_of_minus_1 = {{0x4A0EA0B0u, 0xC4EE1B27u, 0xAD2FE478u, 0x2F431806u, 0x3DFBD7A7u, 0x2B4D0099u, 0x4FC1DF0Bu, 0x2B832480u}};

static void square_times(field *r, uint32_t n)
{
    while (n-- != 0u) {
        mbpf_field_multiply(r, r, r);
    }
}

/* r := a^(2^252 - 3). The exponent 2^n - 1 grows with n through 250's binary digits: doubled by n squarings and a
 * product with itself, made one longer by a square and a product with a. */
static void power_252_3(field *r, const field *a)
{
    const field base = *a;
    field x = base, before;
    uint32_t n = 1u;
    for (uint32_t bit = 7u; bit-- != 0u;) {
        before = x;
        square_times(&x, n);
        mbpf_field_multiply(&x, &x, &before);
        n *= 2u;
        if ((250u >> bit & 1u) != 0u) {
            square_times(&x, 1u);
            mbpf_field_multiply(&x, &x, &base);
            n++;
        }
    }
    square_times(&x, 2u);
    mbpf_field_multiply(r, &x, &base);
}

/* r := the same below 2^255 - 19. */
static void reduce(field *r)
{
    field less;
    for (uint32_t pass = 0u; pass < 2u; pass++) { /* below 2^255 + 19, then below 2^255 */
        uint64_t c = (uint64_t)(r->w[7] >> 31) * 19u;
        r->w[7] &= 0x7FFFFFFFu;
        for (uint32_t i = 0u; i < 8u; i++) {
            c += r->w[i];
            r->w[i] = (uint32_t)c;
            c >>= 32;
        }
    }
    uint64_t c = 19u;
    for (uint32_t i = 0u; i < 8u; i++) {
        c += r->w[i];
        less.w[i] = (uint32_t)c;
        c >>= 32;
    }
    uint32_t take = 0u - (less.w[7] >> 31); /* r + 19 reached 2^255 */
    less.w[7] &= 0x7FFFFFFFu;
    for (uint32_t i = 0u; i < 8u; i++) {
        r->w[i] ^= (r->w[i] ^ less.w[i]) & take;
    }
}

static bool is_zero(const field *a)
{
    field r = *a;
    uint32_t seen = 0u;
    reduce(&r);
    for (uint32_t i = 0u; i < 8u; i++) {
        seen |= r.w[i];
    }
    return seen == 0u;
}

static void negate(field *r)
{
    static const field zero;
    mbpf_field_subtract(r, &zero, r);
}

/* Complete for every pair of points, a point and itself too, since -1 is a square and d is none (Hisil, Wong, Carter,
 * Dawson 2008, §3.1). */
static void point_add(point *r, const point *p, const point *q)
{
    field a, b, c, d, e;
    mbpf_field_subtract(&a, &p->y, &p->x);
    mbpf_field_subtract(&e, &q->y, &q->x);
    mbpf_field_multiply(&a, &a, &e);
    mbpf_field_add(&b, &p->y, &p->x);
    mbpf_field_add(&e, &q->y, &q->x);
    mbpf_field_multiply(&b, &b, &e);
    mbpf_field_multiply(&c, &p->t, &q->t);
    mbpf_field_multiply(&c, &c, &curve_d);
    mbpf_field_add(&c, &c, &c);
    mbpf_field_multiply(&d, &p->z, &q->z);
    mbpf_field_add(&d, &d, &d);
    mbpf_field_subtract(&e, &b, &a);
    mbpf_field_add(&b, &b, &a);
    mbpf_field_subtract(&a, &d, &c);
    mbpf_field_add(&d, &d, &c);
    mbpf_field_multiply(&r->x, &e, &a);
    mbpf_field_multiply(&r->y, &d, &b);
    mbpf_field_multiply(&r->t, &e, &b);
    mbpf_field_multiply(&r->z, &a, &d);
}

static void set_identity(point *p)
{
    memset(p, 0, sizeof *p);
    p->y.w[0] = 1u;
    p->z.w[0] = 1u;
}

/* RFC 8032 §5.1.3. */
bool mbpf_point_read(point *p, const uint8_t bytes[32])
{
    field u, v, v3, check;
    set_identity(p);
    memcpy(p->y.w, bytes, 32u);
    p->y.w[7] &= 0x7FFFFFFFu;
    check = p->y;
    reduce(&check);
    if (memcmp(&check, &p->y, sizeof check) != 0) {
        return false;
    }
    mbpf_field_multiply(&u, &p->y, &p->y);
    mbpf_field_multiply(&v, &u, &curve_d);
    mbpf_field_subtract(&u, &u, &p->z); /* y^2 - 1 */
    mbpf_field_add(&v, &v, &p->z);      /* d y^2 + 1 */
    mbpf_field_multiply(&v3, &v, &v);
    mbpf_field_multiply(&v3, &v3, &v);
    mbpf_field_multiply(&p->x, &v3, &v3);
    mbpf_field_multiply(&p->x, &p->x, &v);
    mbpf_field_multiply(&p->x, &p->x, &u);
    power_252_3(&p->x, &p->x); /* (u v^7)^((q - 5) / 8) */
    mbpf_field_multiply(&p->x, &p->x, &v3);
    mbpf_field_multiply(&p->x, &p->x, &u);
    mbpf_field_multiply(&check, &p->x, &p->x);
    mbpf_field_multiply(&check, &check, &v);
    mbpf_field_add(&v3, &check, &u);
    mbpf_field_subtract(&check, &check, &u);
    if (!is_zero(&check)) {
        if (!is_zero(&v3)) {
            return false;
        }
        mbpf_field_multiply(&p->x, &p->x, &root_of_minus_1);
    }
    reduce(&p->x);
    if ((p->x.w[0] & 1u) != bytes[31] >> 7) {
        negate(&p->x);
    }
    mbpf_field_multiply(&p->t, &p->x, &p->y);
    return true;
}

void mbpf_point_write(uint8_t bytes[32], const point *p)
{
    field inverse, x;
    /* z^(q - 2) = (z^(2^252 - 3))^8 z^3 */
    power_252_3(&inverse, &p->z);
    square_times(&inverse, 3u);
    mbpf_field_multiply(&x, &p->z, &p->z);
    mbpf_field_multiply(&x, &x, &p->z);
    mbpf_field_multiply(&inverse, &inverse, &x);
    mbpf_field_multiply(&x, &p->x, &inverse);
    mbpf_field_multiply(&inverse, &p->y, &inverse);
    reduce(&x);
    reduce(&inverse);
    inverse.w[7] |= x.w[0] << 31;
    memcpy(bytes, inverse.w, 32u);
}

void mbpf_point_base(point *p)
{
    uint8_t y[32]; /* 4/5 */
    memset(y, 0x66, sizeof y);
    y[0] = 0x58u;
    (void)mbpf_point_read(p, y);
}

void mbpf_point_negate(point *p)
{
    negate(&p->x);
    negate(&p->t);
}

/* r := table[index], reading all of it. */
static void select_point(point *r, const point table[4], uint32_t index)
{
    uint32_t *to = r->x.w;
    memset(r, 0, sizeof *r);
    for (uint32_t i = 0u; i < 4u; i++) {
        const uint32_t *from = table[i].x.w;
        uint32_t difference = i ^ index, mask = (difference - 1u) >> 31; /* 1: the same */
        for (uint32_t k = 0u; k < sizeof *r / sizeof *to; k++) {
            to[k] |= from[k] & (0u - mask);
        }
    }
}

void mbpf_point_combine(point *r, const uint8_t a[32], const point *b, const uint8_t c[32], const point *d)
{
    point table[4], term;
    set_identity(&table[0]);
    table[1] = *b;
    table[2] = *d;
    point_add(&table[3], b, d);
    set_identity(r);
    for (uint32_t bit = 256u; bit-- != 0u;) {
        uint32_t index = (a[bit / 8u] >> bit % 8u & 1u) | (uint32_t)(c[bit / 8u] >> bit % 8u & 1u) << 1;
        point_add(r, r, r);
        select_point(&term, table, index);
        point_add(r, r, &term);
    }
}

/* Eight times a point of small order is the neutral one, whose x is 0; the only other point with that has order 2, and
 * is eight times none. */
bool mbpf_point_small_order(const point *p)
{
    point eight = *p;
    for (uint32_t i = 0u; i < 3u; i++) {
        point_add(&eight, &eight, &eight);
    }
    return is_zero(&eight.x);
}
