// SPDX-License-Identifier: Apache-2.0
// Bytecode scales an index by hand: p + (i << 2). LLVM reckons the cost of an address, and with it what unrolling
// a loop is worth, by getelementptr's own scale, as C would have it: this pass gives it that.
#pragma once

#include <llvm/IR/PassManager.h>

namespace mbpf {

struct ScaledAddresses : llvm::PassInfoMixin<ScaledAddresses> {
    llvm::PreservedAnalyses run(llvm::Function& function, llvm::FunctionAnalysisManager&);
};

}  // namespace mbpf
