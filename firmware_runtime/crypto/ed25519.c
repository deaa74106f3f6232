/* SPDX-License-Identifier: Apache-2.0
 * Ed25519 verification (RFC 8032 §5.1.7), without the cofactor, and with libsodium 1.0.18's further refusals, so that
 * host and device agree on every input: s not below L, a key whose y is not below the modulus, key or R of small order. */
#include <string.h>

#include "curve25519.h"
#include "mbpf/crypto.h"
#include "sha512.h"

bool mbpf_ed25519_verify(const uint8_t signature[64], const uint8_t *message, uint32_t count, const uint8_t key[32])
{
    mbpf_sha512 hash;
    mbpf_point a, b;
    uint8_t h[64];
    if (!mbpf_scalar_canonical(signature + 32) || !mbpf_point_read(&a, key) || mbpf_point_small_order(&a)) {
        return false;
    }
    mbpf_sha512_begin(&hash);
    mbpf_sha512_add(&hash, signature, 32u);
    mbpf_sha512_add(&hash, key, 32u);
    mbpf_sha512_add(&hash, message, count);
    mbpf_sha512_end(&hash, h);
    mbpf_scalar_reduce(h);
    mbpf_point_negate(&a);
    mbpf_point_base(&b);
    mbpf_point_combine(&a, signature + 32, &b, h, &a);
    mbpf_point_write(h, &a);
    return memcmp(h, signature, 32u) == 0 && !mbpf_point_small_order(&a);
}
