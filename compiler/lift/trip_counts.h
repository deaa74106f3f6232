// SPDX-License-Identifier: Apache-2.0
// What the proof knows of loops' rounds, told to LLVM.
#pragma once

#include <llvm/IR/Function.h>

#include <cstdint>
#include <vector>

namespace mbpf {

// Weighs each loop's way back by its most rounds a time it is entered, so that LLVM's costs of unrolling and of registers
// are those of this loop and not of any. `executions`: of each loop's head in one run, by the index of its mark
// (compiler/marks.h). Estimates: nothing is right only if they hold. `entered_once`: the function itself, a run.
void weigh_loops(llvm::Function& function, const std::vector<std::uint64_t>& executions, bool entered_once);

}  // namespace mbpf
