/* SPDX-License-Identifier: Apache-2.0
 * SHA-512 (FIPS 180-4), for Ed25519 alone: in rolled loops, a third of the size of unrolled ones. */
#ifndef MBPF_CRYPTO_SHA512_H
#define MBPF_CRYPTO_SHA512_H

#include <stdint.h>

typedef struct mbpf_sha512 {
    uint64_t state[8];
    uint8_t block[128];
    uint32_t count; /* bytes so far; messages here are shorter than 2^29 */
} mbpf_sha512;

void mbpf_sha512_begin(mbpf_sha512 *h);
void mbpf_sha512_add(mbpf_sha512 *h, const uint8_t *bytes, uint32_t count);
void mbpf_sha512_end(mbpf_sha512 *h, uint8_t digest[64]);

#endif
