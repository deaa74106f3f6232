/* SPDX-License-Identifier: Apache-2.0
 * SHA-256 for payloads, transfers and the trust anchors: BearSSL's. */
#include "bearssl_hash.h"
#include "mbpf/crypto.h"

void mbpf_sha256(const uint8_t *bytes, uint32_t count, uint8_t digest[32])
{
    br_sha256_context context;
    br_sha256_init(&context);
    br_sha256_update(&context, bytes, count);
    br_sha256_out(&context, digest);
}
