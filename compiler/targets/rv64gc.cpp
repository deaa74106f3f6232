// SPDX-License-Identifier: Apache-2.0
// RV64GC; the soft-float ABI, since no floating point crosses a call.
#include <mbpf/abi/package.h>

#include "compiler/targets/target.h"

namespace mbpf {

const Target kRv64gc = {
    .name = "rv64gc",
    .triple = "riscv64-unknown-elf",
    .cpu = "generic-rv64",
    .features = "+m,+a,+c",
    .abi = "lp64",
    .isa = MBPF_ISA_RV64,
    .isa_extensions = MBPF_EXT_RV_M | MBPF_EXT_RV_A | MBPF_EXT_RV_C,
    .pointer_bytes = 8,
    .atomic_load_bits = 64,
    .atomic_rmw_bits = 64,
    .sign_extend_32 = true,
};

}  // namespace mbpf
