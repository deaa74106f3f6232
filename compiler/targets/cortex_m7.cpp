// SPDX-License-Identifier: Apache-2.0
// ARMv7E-M, dual issue; no FPU use, as on Cortex-M4.
#include <mbpf/abi/package.h>

#include "compiler/targets/target.h"

namespace mbpf {

const Target kCortexM7 = {
    .name = "cortex-m7",
    .triple = "thumbv7em-unknown-none-eabi",
    .cpu = "cortex-m7",
    .features = "-vfp2sp",
    .abi = "aapcs",
    .isa = MBPF_ISA_THUMBV7EM,
    .ropi = true,
    .runtime_stack_bytes = 144,
    .runtime_object = "cortex-m4.o",
};

}  // namespace mbpf
