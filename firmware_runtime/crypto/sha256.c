/* SPDX-License-Identifier: Apache-2.0
 * SHA-256 (FIPS 180-4) of payloads, transfers, logs and the trust anchors, rolled as SHA-512 is (sha512.c), but with
 * the message schedule apart, since a boot hashes every stored byte. */
#include <string.h>

#include "mbpf/crypto.h"
#include "sha2.h"

static uint32_t rotate(uint32_t x, uint32_t n)
{
    return x >> n | x << (32u - n);
}

/* What a step leaves for the next stays in registers: a, e, and b ^ c, by which the majority is two operations. */
static __attribute__((noinline)) void sha256_block(uint32_t state[8], const uint8_t block[64])
{
    uint32_t w[64], window[64 + 8], *s = window + 64, *to = w;
    const uint64_t *k = mbpf_sha2_k;
    do {
        uint32_t x;
        memcpy(&x, block, sizeof x);
        block += sizeof x;
        *to++ = __builtin_bswap32(x);
    } while (to != w + 16);
    do {
        const uint32_t x = to[-2], y = to[-15];
        *to = (rotate(x, 17u) ^ rotate(x, 19u) ^ x >> 10) + to[-7] + (rotate(y, 7u) ^ rotate(y, 18u) ^ y >> 3) + to[-16];
        to++;
    } while (to != w + 64);
    memcpy(s, state, 32u);
    uint32_t a = s[0], e = s[4], same = s[1] ^ s[2];
    const uint32_t *now = w;
    do {
        const uint32_t b = s[1], differs = a ^ b;
        const uint32_t t = s[7] + (rotate(e, 6u) ^ rotate(e, 11u) ^ rotate(e, 25u)) + (((s[5] ^ s[6]) & e) ^ s[6]) + (uint32_t)(*k++ >> 32) + *now++;
        e = s[3] + t;
        s[3] = e;
        a = t + (rotate(a, 2u) ^ rotate(a, 13u) ^ rotate(a, 22u)) + ((differs & same) ^ b);
        same = differs;
        *--s = a;
    } while (now != w + 64);
    for (uint32_t i = 0u; i < 8u; i++) {
        state[i] += s[i];
    }
}

void mbpf_sha256(const uint8_t *bytes, uint32_t count, uint8_t digest[32])
{
    uint32_t state[8], left = count;
    uint8_t last[128];
    for (uint32_t i = 0u; i < 8u; i++) {
        state[i] = (uint32_t)(mbpf_sha2_start[i] >> 32);
    }
    for (; left >= 64u; left -= 64u) {
        sha256_block(state, bytes);
        bytes += 64;
    }
    /* What is left, a one, zeros, the number of bits: one block or two. */
    const uint32_t blocks_end = left < 56u ? 64u : 128u, bits[2] = {__builtin_bswap32(count >> 29), __builtin_bswap32(count << 3)};
    memset(last, 0, sizeof last);
    if (left != 0u) {
        memcpy(last, bytes, left);
    }
    last[left] = 0x80u;
    memcpy(last + blocks_end - sizeof bits, bits, sizeof bits);
    for (uint32_t i = 0u; i < blocks_end; i += 64u) {
        sha256_block(state, last + i);
    }
    for (uint32_t i = 0u; i < 8u; i++) {
        const uint32_t x = __builtin_bswap32(state[i]);
        memcpy(digest + 4u * i, &x, sizeof x);
    }
}
