// SPDX-License-Identifier: Apache-2.0
// Sums of sign-extended 32-bit numbers that the proof knows to fit 32 bits become 32-bit sums, extended after: what C
// computed before the eBPF back end widened it, so that LLVM sees the limits and comparisons of C again. For targets
// with 64-bit registers; on the others the lifter computes in 32 bits at once.
#pragma once

#include <llvm/IR/PassManager.h>

namespace llvm {
class Value;
}

namespace mbpf {

// Of a 64-bit sum or difference: its value fits 32 bits as a signed number.
void mark_fits_signed32(llvm::Value* sum);

class NarrowSums : public llvm::PassInfoMixin<NarrowSums> {
  public:
    llvm::PreservedAnalyses run(llvm::Function& function, llvm::FunctionAnalysisManager&);
};

}  // namespace mbpf
