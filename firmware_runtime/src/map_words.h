/* SPDX-License-Identifier: Apache-2.0
 * Words of a map's storage. They lie at multiples of 4, which the compiler is told: some parts have no unaligned loads. */
#ifndef MBPF_SRC_MAP_WORDS_H
#define MBPF_SRC_MAP_WORDS_H

#include <stdint.h>
#include <string.h>

static inline uint32_t mbpf_word(const uint8_t *at)
{
    uint32_t v;
    memcpy(&v, __builtin_assume_aligned(at, 4), sizeof v);
    return v;
}

static inline void mbpf_set_word(uint8_t *at, uint32_t v)
{
    memcpy(__builtin_assume_aligned(at, 4), &v, sizeof v);
}

/* A number that a program or the host gives as a key: anywhere. */
static inline uint32_t mbpf_key_word(const void *key)
{
    uint32_t v;
    memcpy(&v, key, sizeof v);
    return v;
}

#endif
