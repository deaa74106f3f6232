// SPDX-License-Identifier: Apache-2.0
#include "compiler/lift/scaled_addresses.h"

#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/Module.h>
#include <llvm/IR/PatternMatch.h>

namespace mbpf {

using namespace llvm;
using namespace llvm::PatternMatch;

// Equal for all inputs where the index is as wide as an address: both wrap alike, and no flag is claimed.
PreservedAnalyses ScaledAddresses::run(Function& function, FunctionAnalysisManager&) {
    constexpr std::uint64_t kWidest = 3;  // words of 8 bytes
    const DataLayout& layout = function.getParent()->getDataLayout();
    SmallVector<GetElementPtrInst*, 16> found;
    for (Instruction& insn : instructions(function)) {
        auto* address = dyn_cast<GetElementPtrInst>(&insn);
        if (address == nullptr || address->getNumIndices() != 1 || !address->getSourceElementType()->isIntegerTy(8)) continue;
        if (!address->getOperand(1)->getType()->isIntegerTy(layout.getIndexTypeSizeInBits(address->getType()))) continue;
        std::uint64_t shift = 0;
        if (match(address->getOperand(1), m_Shl(m_Value(), m_ConstantInt(shift))) && shift >= 1 && shift <= kWidest) found.push_back(address);
    }
    for (GetElementPtrInst* address : found) {
        auto* shifted = cast<Instruction>(address->getOperand(1));
        const std::uint64_t shift = cast<ConstantInt>(shifted->getOperand(1))->getZExtValue();
        IRBuilder<> builder(address);
        Value* scaled = builder.CreateGEP(builder.getIntNTy(8u << shift), address->getPointerOperand(), shifted->getOperand(0));
        scaled->takeName(address);
        address->replaceAllUsesWith(scaled);
        address->eraseFromParent();
        if (shifted->use_empty()) shifted->eraseFromParent();
    }
    if (found.empty()) return PreservedAnalyses::all();
    PreservedAnalyses kept;
    kept.preserveSet<CFGAnalyses>();
    return kept;
}

}  // namespace mbpf
