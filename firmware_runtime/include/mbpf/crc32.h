/* SPDX-License-Identifier: Apache-2.0
 * CRC-32 (IEEE, reflected): tells a frame from noise, a journal record from a torn one. */
#ifndef MBPF_CRC32_H
#define MBPF_CRC32_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

uint32_t mbpf_crc32(const uint8_t *bytes, uint32_t count);

#ifdef __cplusplus
}
#endif

#endif
