// SPDX-License-Identifier: Apache-2.0
// RV32IMAC, ilp32. Unaligned access traps on many parts, so it is never assumed.
#include <mbpf/abi/package.h>

#include "compiler/targets/target.h"

namespace mbpf {

const Target kRv32imac = {
    .name = "rv32imac",
    .triple = "riscv32-unknown-elf",
    .cpu = "generic-rv32",
    .features = "+m,+a,+c",
    .abi = "ilp32",
    .isa = MBPF_ISA_RV32,
    .isa_extensions = MBPF_EXT_RV_M | MBPF_EXT_RV_A | MBPF_EXT_RV_C,
    .runtime_stack_bytes = 96,
    .runtime_object = "rv32imac.o",
};

}  // namespace mbpf
