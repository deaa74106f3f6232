// SPDX-License-Identifier: Apache-2.0
// ARMv8-M mainline; no FPU use, as on Cortex-M4. The DSP extension is optional there, so it is not used.
#include <mbpf/abi/package.h>

#include "compiler/targets/target.h"

namespace mbpf {

const Target kCortexM33 = {
    .name = "cortex-m33",
    .triple = "thumbv8m.main-unknown-none-eabi",
    .cpu = "cortex-m33",
    .features = "-vfp2sp,-dsp",
    .abi = "aapcs",
    .isa = MBPF_ISA_THUMBV8M_MAIN,
    .ropi = true,
    .runtime_stack_bytes = 144,
    .runtime_object = "cortex-m3.o",  // not every part has the DSP instructions
};

}  // namespace mbpf
