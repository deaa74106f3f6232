// SPDX-License-Identifier: Apache-2.0
// Baseline x86-64, SysV: the simulator and the tests run it in this process.
#include <mbpf/abi/package.h>

#include "compiler/targets/target.h"

namespace mbpf {

const Target kX86_64 = {
    .name = "x86_64",
    .triple = "x86_64-unknown-linux-gnu",
    .cpu = "x86-64",
    .features = "",
    .abi = "",
    .isa = MBPF_ISA_X86_64,
    .pointer_bytes = 8,
    .atomic_load_bits = 64,
    .atomic_rmw_bits = 64,
    .vectors = true,
    .return_address_bytes = 8,
};

}  // namespace mbpf
