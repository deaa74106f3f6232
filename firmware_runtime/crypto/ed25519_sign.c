/* SPDX-License-Identifier: Apache-2.0
 * Ed25519 signing for attestation: libsodium's sign.c with BearSSL's SHA-512. Its table of the base point's
 * multiples (30 KB) is left out: a multiplication of any point, in constant time too, does the same. */
#include <string.h>

#include "bearssl_hash.h"
#include "crypto_hash_sha512.h"
#include "crypto_sign_ed25519.h"
#include "mbpf/crypto.h"
#include "private/ed25519_ref10.h"
#include "utils.h"

int _crypto_sign_ed25519_detached(unsigned char *sig, unsigned long long *siglen_p, const unsigned char *m, unsigned long long mlen,
                                  const unsigned char *sk, int prehashed);
void mbpf_scalarmult_base(ge25519_p3 *h, const unsigned char *a);

int crypto_hash_sha512_init(crypto_hash_sha512_state *hs)
{
    br_sha512_init((br_sha512_context *)(void *)hs);
    return 0;
}

int crypto_hash_sha512(unsigned char *out, const unsigned char *in, unsigned long long n)
{
    br_sha512_context context;
    br_sha512_init(&context);
    br_sha512_update(&context, in, (size_t)n);
    br_sha512_out(&context, out);
    return 0;
}

void mbpf_scalarmult_base(ge25519_p3 *h, const unsigned char *a)
{
    unsigned char base[32]; /* y = 4/5 (RFC 8032 §5.1) */
    ge25519_p3 b;
    memset(base, 0x66, sizeof base);
    base[0] = 0x58;
    /* It gives the negative of the point, by a sign bit that is clear here: set it, and get the point. */
    base[31] |= 0x80;
    (void)ge25519_frombytes_negate_vartime(&b, base);
    ge25519_scalarmult(h, a, &b);
}

void mbpf_ed25519_public_key(const uint8_t seed[32], uint8_t key[32])
{
    uint8_t scalar[64];
    ge25519_p3 point;
    (void)crypto_hash_sha512(scalar, seed, 32u);
    scalar[0] &= 248u;
    scalar[31] = (uint8_t)((scalar[31] & 127u) | 64u);
    mbpf_scalarmult_base(&point, scalar);
    ge25519_p3_tobytes(key, &point);
    sodium_memzero(scalar, sizeof scalar);
}

void mbpf_ed25519_sign(const uint8_t seed[32], const uint8_t *message, uint32_t count, uint8_t signature[64])
{
    uint8_t secret[64];
    memcpy(secret, seed, 32u);
    mbpf_ed25519_public_key(seed, secret + 32);
    (void)_crypto_sign_ed25519_detached(signature, 0, message, count, secret, 0);
    sodium_memzero(secret, sizeof secret);
}
