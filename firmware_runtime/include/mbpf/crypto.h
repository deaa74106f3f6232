/* SPDX-License-Identifier: Apache-2.0
 * The primitives that admission needs, and attestation. Ed25519 is libsodium's own verification. */
#ifndef MBPF_CRYPTO_H
#define MBPF_CRYPTO_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

void mbpf_sha256(const uint8_t *bytes, uint32_t count, uint8_t digest[32]);
bool mbpf_ed25519_verify(const uint8_t signature[64], const uint8_t *message, uint32_t count, const uint8_t key[32]);

/* Attestation only (crypto/ed25519_sign.c): the key pair of a seed. */
void mbpf_ed25519_public_key(const uint8_t seed[32], uint8_t key[32]);
void mbpf_ed25519_sign(const uint8_t seed[32], const uint8_t *message, uint32_t count, uint8_t signature[64]);

#ifdef __cplusplus
}
#endif

#endif
