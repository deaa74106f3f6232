// SPDX-License-Identifier: Apache-2.0
// ARMv7E-M without FPU: programs hold no floating point, and the soft-float ABI saves stacking its registers.
#include <mbpf/abi/package.h>

#include "compiler/targets/target.h"

namespace mbpf {

const Target kCortexM4 = {
    .name = "cortex-m4",
    .triple = "thumbv7em-unknown-none-eabi",
    .cpu = "cortex-m4",
    .features = "-vfp2sp",
    .abi = "aapcs",
    .isa = MBPF_ISA_THUMBV7EM,
    .ropi = true,
    .runtime_stack_bytes = 144,
    .runtime_object = "cortex-m4.o",
};

}  // namespace mbpf
