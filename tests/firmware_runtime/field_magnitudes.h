/* SPDX-License-Identifier: Apache-2.0
 * Bounds of field elements' limbs, as libsodium states them with its functions, and a run of the curve's formulas over them. */
#ifndef MBPF_FIELD_MAGNITUDES_H
#define MBPF_FIELD_MAGNITUDES_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* 1.65 * 2^26 (2^25): what a multiplication takes. */
static inline int32_t mbpf_factor_bound(uint32_t limb)
{
    return (limb % 2u == 0u ? 1 << 26 : 1 << 25) / 20 * 33;
}

/* 1.02 * 2^25 (2^24): what it leaves at most. libsodium promises 1.1, three of which make a factor. */
static inline int32_t mbpf_product_bound(uint32_t limb)
{
    return (limb % 2u == 0u ? 1 << 25 : 1 << 24) / 50 * 51;
}

/* 1.1 * 2^26 (2^25): of what becomes bytes. */
static inline int32_t mbpf_number_bound(uint32_t limb)
{
    return (limb % 2u == 0u ? 1 << 26 : 1 << 25) / 10 * 11;
}

/* What exceeded its bound on a run of all that verification and signing do with points; null: nothing. Comparisons go by the
 * bits of `decisions`, `sign` is that of the points decoded. `greatest`: of limb 0 of what was multiplied. */
const char *mbpf_bound_exceeded(uint32_t decisions, unsigned char sign, int32_t *greatest);

#ifdef __cplusplus
}
#endif

#endif
