// SPDX-License-Identifier: Apache-2.0
// RV32IMC, ilp32: parts without the A extension, whose atomics go to the runtime.
#include <mbpf/abi/package.h>

#include "compiler/targets/target.h"

namespace mbpf {

const Target kRv32imc = {
    .name = "rv32imc",
    .triple = "riscv32-unknown-elf",
    .cpu = "generic-rv32",
    .features = "+m,+c",
    .abi = "ilp32",
    .isa = MBPF_ISA_RV32,
    .isa_extensions = MBPF_EXT_RV_M | MBPF_EXT_RV_C,
    .atomic_load_bits = 0,
    .atomic_rmw_bits = 0,
    .runtime_stack_bytes = 96,
    .runtime_object = "rv32imc.o",
};

}  // namespace mbpf
