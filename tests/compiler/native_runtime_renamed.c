/* SPDX-License-Identifier: Apache-2.0
 * The runtime that is linked into programs, under names that do not clash with the host's own. */
#define __udivmoddi4 mbpf_test_udivmod
#define __udivdi3 mbpf_test_udiv
#define __umoddi3 mbpf_test_umod
#define __divdi3 mbpf_test_div
#define __moddi3 mbpf_test_mod
#define __ashldi3 mbpf_test_shl
#define __lshrdi3 mbpf_test_shr
#define __ashrdi3 mbpf_test_sar
#define __muldi3 mbpf_test_mul
#define __clzsi2 mbpf_test_clz32
#define __clzdi2 mbpf_test_clz64
#define memcpy mbpf_test_memcpy
#define memmove mbpf_test_memmove
#define memset mbpf_test_memset
#include "compiler/runtime/long_arithmetic.c"
