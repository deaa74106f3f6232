/* SPDX-License-Identifier: Apache-2.0
 * SHA-512 in pieces, for Ed25519. SHA-256 is mbpf_sha256() of mbpf/crypto.h. */
#ifndef MBPF_SHA2_H
#define MBPF_SHA2_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mbpf_sha512 {
    uint64_t state[8];
    uint8_t block[128];
    uint32_t used;   /* bytes of the block */
    uint32_t blocks; /* before it */
} mbpf_sha512;

void mbpf_sha512_begin(mbpf_sha512 *s);
void mbpf_sha512_add(mbpf_sha512 *s, const uint8_t *bytes, uint32_t count);
void mbpf_sha512_end(mbpf_sha512 *s, uint8_t digest[64]);

/* Constants of both (sha512.c): SHA-256's are the upper halves of SHA-512's, since both are the first bits of the same
 * roots (FIPS 180-4, 4.2 and 5.3). */
extern const uint64_t mbpf_sha2_k[80], mbpf_sha2_start[8];

#ifdef __cplusplus
}
#endif

#endif
