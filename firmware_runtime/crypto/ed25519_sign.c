/* SPDX-License-Identifier: Apache-2.0
 * Ed25519 signing for attestation: libsodium's sign.c with the compact SHA-512. Its table of the base point's
 * multiples (30 KB) is left out: a multiplication of any point, in constant time too, does the same. So is its
 * unrolled a * b + c mod L (6 to 12 KB): the loop here takes the same steps whatever the secrets are. */
#include <string.h>

#include "crypto_hash_sha512.h"
#include "crypto_sign_ed25519.h"
#include "mbpf/crypto.h"
#include "private/ed25519_ref10.h"
#include "sha2.h"
#include "utils.h"

int _crypto_sign_ed25519_detached(unsigned char *sig, unsigned long long *siglen_p, const unsigned char *m, unsigned long long mlen,
                                  const unsigned char *sk, int prehashed);
void mbpf_ed25519_base(ge25519_p3 *base);
void mbpf_scalarmult_base(ge25519_p3 *h, const unsigned char *a);
void mbpf_reduce_mod_l(unsigned char s[64]);
void mbpf_muladd_mod_l(unsigned char s[32], const unsigned char a[32], const unsigned char b[32], const unsigned char c[32]);

int crypto_hash_sha512_init(crypto_hash_sha512_state *hs)
{
    mbpf_sha512_begin((mbpf_sha512 *)(void *)hs);
    return 0;
}

int crypto_hash_sha512(unsigned char *out, const unsigned char *in, unsigned long long n)
{
    mbpf_sha512 context;
    mbpf_sha512_begin(&context);
    mbpf_sha512_add(&context, in, (uint32_t)n);
    mbpf_sha512_end(&context, out);
    return 0;
}

/* s := a * b + c mod L. Below 2^512, since each factor is below 2^256 and the sum adds less than 2^256. A column
 * holds at most 32 products of bytes, a byte of c and a carry: less than 2^22. */
void mbpf_muladd_mod_l(unsigned char s[32], const unsigned char a[32], const unsigned char b[32], const unsigned char c[32])
{
    unsigned char sum[64];
    uint32_t carry = 0u;
    for (uint32_t column = 0u; column < 64u; column++) {
        uint32_t first = column > 31u ? column - 31u : 0u, last = column < 31u ? column : 31u;
        carry += column < 32u ? c[column] : 0u;
        for (uint32_t i = first; i <= last; i++) {
            carry += (uint32_t)a[i] * b[column - i];
        }
        sum[column] = (unsigned char)carry;
        carry >>= 8;
    }
    mbpf_reduce_mod_l(sum);
    memcpy(s, sum, 32u);
    sodium_memzero(sum, sizeof sum);
}

void mbpf_scalarmult_base(ge25519_p3 *h, const unsigned char *a)
{
    ge25519_p3 b;
    mbpf_ed25519_base(&b);
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
