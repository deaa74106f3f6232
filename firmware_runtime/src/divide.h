/* SPDX-License-Identifier: Apache-2.0
 * A 64-bit number by one of 32 bits, which is not 0. */
#ifndef MBPF_SRC_DIVIDE_H
#define MBPF_SRC_DIVIDE_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

uint64_t mbpf_divide(uint64_t number, uint32_t by);

#ifdef __cplusplus
}
#endif

#endif
