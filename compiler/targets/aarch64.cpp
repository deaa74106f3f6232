// SPDX-License-Identifier: Apache-2.0
// ARMv8-A, little-endian, for larger devices; no floating-point registers.
#include <mbpf/abi/package.h>

#include "compiler/targets/target.h"

namespace mbpf {

const Target kAarch64 = {
    .name = "aarch64",
    .triple = "aarch64-unknown-none-elf",
    .cpu = "generic",
    .features = "-neon,-fp-armv8,-outline-atomics",
    .abi = "aapcs",
    .isa = MBPF_ISA_AARCH64,
    .pointer_bytes = 8,
    .atomic_load_bits = 64,
    .atomic_rmw_bits = 64,
};

}  // namespace mbpf
