/* SPDX-License-Identifier: Apache-2.0
 * SHA-512 (FIPS 180-4), rolled: a step is code once, not eight times, and no state moves from variable to variable, since
 * the window of the last eight words slides down over an array. It is a third of what unrolling takes; a verification
 * hashes three blocks. */
#include <string.h>

#include "sha2.h"

const uint64_t mbpf_sha2_start[8] = {
    0x6A09E667F3BCC908u, 0xBB67AE8584CAA73Bu, 0x3C6EF372FE94F82Bu, 0xA54FF53A5F1D36F1u, 0x510E527FADE682D1u, 0x9B05688C2B3E6C1Fu,
    0x1F83D9ABFB41BD6Bu, 0x5BE0CD19137E2179u,
};

const uint64_t mbpf_sha2_k[80] = {
    0x428A2F98D728AE22u, 0x7137449123EF65CDu, 0xB5C0FBCFEC4D3B2Fu, 0xE9B5DBA58189DBBCu, 0x3956C25BF348B538u, 0x59F111F1B605D019u,
    0x923F82A4AF194F9Bu, 0xAB1C5ED5DA6D8118u, 0xD807AA98A3030242u, 0x12835B0145706FBEu, 0x243185BE4EE4B28Cu, 0x550C7DC3D5FFB4E2u,
    0x72BE5D74F27B896Fu, 0x80DEB1FE3B1696B1u, 0x9BDC06A725C71235u, 0xC19BF174CF692694u, 0xE49B69C19EF14AD2u, 0xEFBE4786384F25E3u,
    0x0FC19DC68B8CD5B5u, 0x240CA1CC77AC9C65u, 0x2DE92C6F592B0275u, 0x4A7484AA6EA6E483u, 0x5CB0A9DCBD41FBD4u, 0x76F988DA831153B5u,
    0x983E5152EE66DFABu, 0xA831C66D2DB43210u, 0xB00327C898FB213Fu, 0xBF597FC7BEEF0EE4u, 0xC6E00BF33DA88FC2u, 0xD5A79147930AA725u,
    0x06CA6351E003826Fu, 0x142929670A0E6E70u, 0x27B70A8546D22FFCu, 0x2E1B21385C26C926u, 0x4D2C6DFC5AC42AEDu, 0x53380D139D95B3DFu,
    0x650A73548BAF63DEu, 0x766A0ABB3C77B2A8u, 0x81C2C92E47EDAEE6u, 0x92722C851482353Bu, 0xA2BFE8A14CF10364u, 0xA81A664BBC423001u,
    0xC24B8B70D0F89791u, 0xC76C51A30654BE30u, 0xD192E819D6EF5218u, 0xD69906245565A910u, 0xF40E35855771202Au, 0x106AA07032BBD1B8u,
    0x19A4C116B8D2D0C8u, 0x1E376C085141AB53u, 0x2748774CDF8EEB99u, 0x34B0BCB5E19B48A8u, 0x391C0CB3C5C95A63u, 0x4ED8AA4AE3418ACBu,
    0x5B9CCA4F7763E373u, 0x682E6FF3D6B2B8A3u, 0x748F82EE5DEFB2FCu, 0x78A5636F43172F60u, 0x84C87814A1F0AB72u, 0x8CC702081A6439ECu,
    0x90BEFFFA23631E28u, 0xA4506CEBDE82BDE9u, 0xBEF9A3F7B2C67915u, 0xC67178F2E372532Bu, 0xCA273ECEEA26619Cu, 0xD186B8C721C0C207u,
    0xEADA7DD6CDE0EB1Eu, 0xF57D4F7FEE6ED178u, 0x06F067AA72176FBAu, 0x0A637DC5A2C898A6u, 0x113F9804BEF90DAEu, 0x1B710B35131C471Bu,
    0x28DB77F523047D84u, 0x32CAAB7B40C72493u, 0x3C9EBE0A15C9BEBCu, 0x431D67C49C100D4Cu, 0x4CC5D4BECB3E42B6u, 0x597F299CFC657E2Au,
    0x5FCB6FAB3AD6FAECu, 0x6C44198C4A475817u,
};

static uint64_t rotate(uint64_t x, uint32_t n)
{
    return x >> n | x << (64u - n);
}

static uint64_t big_endian(const uint8_t *at)
{
    uint64_t x;
    memcpy(&x, at, sizeof x);
    return __builtin_bswap64(x);
}

static void compress(uint64_t state[8], const uint8_t block[128])
{
    uint64_t w[16], window[80 + 8], *s = window + 80;
    memcpy(s, state, 64u);
    for (uint32_t i = 0u; i < 80u; i++) {
        uint64_t *now = &w[i & 15u];
        if (i < 16u) {
            *now = big_endian(block + 8u * i);
        } else {
            const uint64_t x = w[(i + 14u) & 15u], y = w[(i + 1u) & 15u];
            *now += (rotate(x, 19u) ^ rotate(x, 61u) ^ x >> 6) + w[(i + 9u) & 15u] + (rotate(y, 1u) ^ rotate(y, 8u) ^ y >> 7);
        }
        const uint64_t a = s[0], e = s[4];
        uint64_t t = s[7] + (rotate(e, 14u) ^ rotate(e, 18u) ^ rotate(e, 41u)) + (((s[5] ^ s[6]) & e) ^ s[6]) + mbpf_sha2_k[i] + *now;
        s[3] += t;
        s[-1] = t + (rotate(a, 28u) ^ rotate(a, 34u) ^ rotate(a, 39u)) + ((a & s[1]) | ((a | s[1]) & s[2]));
        s--;
    }
    for (uint32_t i = 0u; i < 8u; i++) {
        state[i] += s[i];
    }
}

void mbpf_sha512_begin(mbpf_sha512 *s)
{
    memset(s, 0, sizeof *s);
    memcpy(s->state, mbpf_sha2_start, sizeof s->state);
}

void mbpf_sha512_add(mbpf_sha512 *s, const uint8_t *bytes, uint32_t count)
{
    while (count-- != 0u) {
        s->block[s->used++] = *bytes++;
        if (s->used == sizeof s->block) {
            compress(s->state, s->block);
            s->used = 0u;
            s->blocks++;
        }
    }
}

/* A one, zeros, the number of bits in 16 bytes, of which 2^32 blocks need eight. */
void mbpf_sha512_end(mbpf_sha512 *s, uint8_t digest[64])
{
    static const uint8_t one = 0x80u;
    uint8_t tail[16] = {0u};
    const uint32_t bits[2] = {__builtin_bswap32(s->blocks >> 22), __builtin_bswap32(s->blocks << 10 | s->used << 3)};
    memcpy(tail + 8, bits, sizeof bits);
    mbpf_sha512_add(s, &one, 1u);
    while (s->used != sizeof s->block - sizeof tail) {
        mbpf_sha512_add(s, tail, 1u);
    }
    mbpf_sha512_add(s, tail, sizeof tail);
    for (uint32_t i = 0u; i < 8u; i++) {
        const uint64_t x = __builtin_bswap64(s->state[i]);
        memcpy(digest + 8u * i, &x, sizeof x);
    }
}
