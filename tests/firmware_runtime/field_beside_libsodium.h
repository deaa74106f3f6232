/* SPDX-License-Identifier: Apache-2.0
 * Each says which of our functions differs from libsodium's on that input; null: none. Elements are within libsodium's bounds. */
#ifndef MBPF_FIELD_BESIDE_LIBSODIUM_H
#define MBPF_FIELD_BESIDE_LIBSODIUM_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

const char *mbpf_product_differs(const int32_t f[10], const int32_t g[10]); /* limbs of 1.65 * 2^26, odd ones 2^25 */
const char *mbpf_element_differs(const int32_t f[10], const int32_t g[10]); /* limbs of 1.1 * 2^25, odd ones 2^24 */
const char *mbpf_number_differs(const int32_t f[10]); /* limbs of 1.1 * 2^26, odd ones 2^25 */
const char *mbpf_bytes_differ(const unsigned char bytes[32]);
const char *mbpf_sum_differs(const unsigned char a[32], const unsigned char b[32], const unsigned char point[32]); /* scalars below 2^253 */

#ifdef __cplusplus
}
#endif

#endif
