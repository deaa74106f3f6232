// SPDX-License-Identifier: Apache-2.0
// ARMv6-M: no exclusive accesses, so atomics go to the runtime, which masks interrupts; no unaligned access.
#include <mbpf/abi/package.h>

#include "compiler/targets/target.h"

namespace mbpf {

const Target kCortexM0Plus = {
    .name = "cortex-m0plus",
    .triple = "thumbv6m-unknown-none-eabi",
    .cpu = "cortex-m0plus",
    .features = "",
    .abi = "aapcs",
    .isa = MBPF_ISA_THUMBV6M,
    .atomic_load_bits = 0,
    .atomic_rmw_bits = 0,
    .ropi = true,
    .runtime_stack_bytes = 192,
    .runtime_object = "cortex-m0plus.o",
};

}  // namespace mbpf
