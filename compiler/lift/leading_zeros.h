// SPDX-License-Identifier: Apache-2.0
// Leading zeros as the CPU counts them.
#pragma once

#include <llvm/IR/PassManager.h>

namespace mbpf {

// eBPF cannot count leading zeros: compilers spread the highest one to all bits below it and count the zeros that are
// left. Where the target has an instruction for it, that becomes one again; elsewhere it stays.
struct LeadingZeros : llvm::PassInfoMixin<LeadingZeros> {
    llvm::PreservedAnalyses run(llvm::Function& function, llvm::FunctionAnalysisManager& analyses);
};

}  // namespace mbpf
