// SPDX-License-Identifier: Apache-2.0
// ARMv7-M: Cortex-M4 without the DSP instructions.
#include <mbpf/abi/package.h>

#include "compiler/targets/target.h"

namespace mbpf {

const Target kCortexM3 = {
    .name = "cortex-m3",
    .triple = "thumbv7m-unknown-none-eabi",
    .cpu = "cortex-m3",
    .abi = "aapcs",
    .isa = MBPF_ISA_THUMBV7M,
    .ropi = true,
    .runtime_stack_bytes = 144,
    .runtime_object = "cortex-m3.o",
};

}  // namespace mbpf
