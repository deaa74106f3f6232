// SPDX-License-Identifier: Apache-2.0
// Cycles of machine instructions, for bounds: what a core takes at most, memory without wait states, no interrupts.
//
// Cortex-M3, M4: ARM's technical reference manuals (DDI 0337, DDI 0439), table "instruction set summary", with the
// pipeline's refill P at its most, 3. For Cortex-M7 and M33 ARM publishes no table; they are taken as the M4, which
// they are not slower than. Cortex-M0+: DDI 0484 with the 32-cycle multiplier. RV32: an in-order core of five stages
// without branch prediction, one instruction a cycle; a load is used a cycle later, a jump drops two instructions, a
// multiplication takes 3 and a division 34 cycles. Others have no model: their pipelines reorder.
#pragma once

#include <cstdint>

#include "compiler/targets/target.h"

namespace llvm {
class MCInst;
class MCInstrInfo;
}  // namespace llvm

namespace mbpf {

struct InsnCycles {
    std::uint16_t always = 1;
    std::uint16_t taken = 0;  // more, if control does not go on to the next instruction
};

bool has_timing_model(const Target& target);
InsnCycles cycles_of(const Target& target, const llvm::MCInstrInfo& table, const llvm::MCInst& insn);

// Cycles of a helper, whose cost is stated in instructions.
inline constexpr std::uint64_t kHelperCyclesPerInstruction = 3;

}  // namespace mbpf
