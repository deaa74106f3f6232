/* SPDX-License-Identifier: Apache-2.0
 * Ed25519 verification: libsodium 1.0.18's own curve arithmetic and checks (canonical and small-order keys
 * refused), the same version the host signs with, in less code (ed25519_curve.c): so is its hash (sha512.c), and its
 * reduction modulo the group order is a loop instead of 300 unrolled lines. Verification handles public data only, so
 * nothing here needs constant time. */
#include <string.h>

#include "crypto_hash_sha512.h"
#include "crypto_sign_ed25519.h"
#include "mbpf/crypto.h"
#include "sha2.h"

_Static_assert(sizeof(mbpf_sha512) <= sizeof(crypto_hash_sha512_state) && _Alignof(mbpf_sha512) <= _Alignof(crypto_hash_sha512_state), "the state libsodium reserves holds ours");

int _crypto_sign_ed25519_verify_detached(const unsigned char *sig, const unsigned char *m, unsigned long long mlen,
                                         const unsigned char *pk, int prehashed);
void _crypto_sign_ed25519_ref10_hinit(crypto_hash_sha512_state *hs, int prehashed);
int crypto_verify_32(const unsigned char *x, const unsigned char *y);
int sodium_memcmp(const void *a, const void *b, size_t n);
void sodium_memzero(void *p, size_t n);
int sodium_is_zero(const unsigned char *n, size_t count);
void mbpf_reduce_mod_l(unsigned char s[64]);

void _crypto_sign_ed25519_ref10_hinit(crypto_hash_sha512_state *hs, int prehashed)
{
    (void)prehashed; /* pure Ed25519 only */
    mbpf_sha512_begin((mbpf_sha512 *)(void *)hs);
}

int crypto_hash_sha512_update(crypto_hash_sha512_state *hs, const unsigned char *in, unsigned long long n)
{
    mbpf_sha512_add((mbpf_sha512 *)(void *)hs, in, (uint32_t)n);
    return 0;
}

int crypto_hash_sha512_final(crypto_hash_sha512_state *hs, unsigned char *out)
{
    mbpf_sha512_end((mbpf_sha512 *)(void *)hs, out);
    return 0;
}

int crypto_verify_32(const unsigned char *x, const unsigned char *y)
{
    return memcmp(x, y, 32u) == 0 ? 0 : -1;
}

int sodium_memcmp(const void *a, const void *b, size_t n)
{
    return memcmp(a, b, n) == 0 ? 0 : -1;
}

void sodium_memzero(void *p, size_t n)
{
    memset(p, 0, n);
}

int sodium_is_zero(const unsigned char *n, size_t count)
{
    unsigned char seen = 0u;
    for (size_t i = 0u; i < count; i++) {
        seen |= n[i];
    }
    return seen == 0u;
}

/* s (512 bits) := s mod L, L = 2^252 + 27742317777372353535851937790883648493. Signed base-256 digits: each
 * high digit d at position i is taken away as 16 * d * (L - 2^252) at i - 32, since 2^256 = 16 * 2^252. 32 bits hold all of
 * it: a digit is at most 255 and a carry from 12 places up, which is at most 17 times the digit there, twice over
 * (255, 4,300, 73,000), and so a product less than 2^29. */
void mbpf_reduce_mod_l(unsigned char s[64])
{
    static const unsigned char l[32] = {0xED, 0xD3, 0xF5, 0x5C, 0x1A, 0x63, 0x12, 0x58, 0xD6, 0x9C, 0xF7, 0xA2, 0xDE, 0xF9, 0xDE, 0x14,
                                        0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};
    int32_t x[64];
    for (int i = 0; i < 64; i++) {
        x[i] = s[i];
    }
    for (int i = 63; i >= 32; i--) {
        int32_t carry = 0;
        int j = i - 32;
        for (; j < i - 12; j++) {
            x[j] += carry - 16 * x[i] * l[j - (i - 32)];
            carry = (x[j] + 128) >> 8;
            x[j] -= carry * 256;
        }
        x[j] += carry;
        x[i] = 0;
    }
    int32_t carry = 0;
    for (int j = 0; j < 32; j++) {
        x[j] += carry - (x[31] >> 4) * l[j];
        carry = x[j] >> 8;
        x[j] &= 255;
    }
    for (int j = 0; j < 32; j++) {
        x[j] -= carry * l[j];
    }
    for (int i = 0; i < 32; i++) {
        x[i + 1] += x[i] >> 8;
        s[i] = (unsigned char)(x[i] & 255);
    }
}

bool mbpf_ed25519_verify(const uint8_t signature[64], const uint8_t *message, uint32_t count, const uint8_t key[32])
{
    return _crypto_sign_ed25519_verify_detached(signature, message, count, key, 0) == 0;
}
