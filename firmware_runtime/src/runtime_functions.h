/* SPDX-License-Identifier: Apache-2.0
 * What native code imports where the instruction set lacks it (MBPF_RT_* in mbpf/abi/package.h). */
#ifndef MBPF_SRC_RUNTIME_FUNCTIONS_H
#define MBPF_SRC_RUNTIME_FUNCTIONS_H

#include <stdint.h>

uint64_t mbpf_rt_atomic64(volatile uint64_t *p, uint32_t op, uint64_t operand, uint64_t expected);
uint32_t mbpf_rt_atomic32(volatile uint32_t *p, uint32_t op, uint32_t operand, uint32_t expected);

#endif
