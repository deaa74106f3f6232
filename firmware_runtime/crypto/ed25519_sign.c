/* SPDX-License-Identifier: Apache-2.0
 * Ed25519 signing (RFC 8032 §5.1.6), for attestation. Secrets choose no branch and no address; they are wiped. */
#include <string.h>

#include "curve25519.h"
#include "mbpf/crypto.h"
#include "sha512.h"

typedef struct expanded {
    uint8_t scalar[32], prefix[32];
} expanded;

static void wipe(void *secret, uint32_t bytes)
{
    memset(secret, 0, bytes);
    __asm volatile("" ::"r"(secret) : "memory"); /* or the compiler leaves it out */
}

static void hash(const uint8_t *a, uint32_t a_bytes, const uint8_t *b, uint32_t b_bytes, const uint8_t *c, uint32_t c_bytes, uint8_t digest[64])
{
    mbpf_sha512 h;
    mbpf_sha512_begin(&h);
    mbpf_sha512_add(&h, a, a_bytes);
    mbpf_sha512_add(&h, b, b_bytes);
    mbpf_sha512_add(&h, c, c_bytes);
    mbpf_sha512_end(&h, digest);
    wipe(&h, sizeof h);
}

static void expand(const uint8_t seed[32], expanded *e)
{
    _Static_assert(sizeof *e == 64u, "a digest");
    uint8_t digest[64];
    hash(seed, 32u, 0, 0u, 0, 0u, digest);
    memcpy(e, digest, sizeof *e);
    wipe(digest, sizeof digest);
    e->scalar[0] &= 248u;
    e->scalar[31] = (uint8_t)((e->scalar[31] & 127u) | 64u);
}

static void multiply_base(const uint8_t scalar[32], uint8_t to[32])
{
    static const uint8_t zero[32];
    mbpf_point base, r;
    mbpf_point_base(&base);
    mbpf_point_combine(&r, scalar, &base, zero, &base);
    mbpf_point_write(to, &r);
    wipe(&r, sizeof r);
}

void mbpf_ed25519_public_key(const uint8_t seed[32], uint8_t key[32])
{
    expanded e;
    expand(seed, &e);
    multiply_base(e.scalar, key);
    wipe(&e, sizeof e);
}

void mbpf_ed25519_sign(const uint8_t seed[32], const uint8_t *message, uint32_t count, uint8_t signature[64])
{
    expanded e;
    uint8_t key[32], r[64], h[64];
    expand(seed, &e);
    multiply_base(e.scalar, key);
    hash(e.prefix, 32u, message, count, 0, 0u, r);
    mbpf_scalar_reduce(r);
    multiply_base(r, signature);
    hash(signature, 32u, key, 32u, message, count, h);
    mbpf_scalar_reduce(h);
    mbpf_scalar_multiply_add(signature + 32, h, e.scalar, r);
    wipe(&e, sizeof e);
    wipe(r, sizeof r);
}
