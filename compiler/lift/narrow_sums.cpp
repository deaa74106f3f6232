// SPDX-License-Identifier: Apache-2.0
#include "compiler/lift/narrow_sums.h"

#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/PatternMatch.h>

namespace mbpf {

using namespace llvm;
using namespace llvm::PatternMatch;

namespace {

constexpr StringLiteral kMark = "mbpf.fits_signed32";

// The 32-bit number that `whole` is the sign extension of, or null.
Value* narrow(IRBuilder<>& builder, Value* whole) {
    Value* number = nullptr;
    if (match(whole, m_SExt(m_Value(number))) && number->getType()->isIntegerTy(32)) return number;
    const auto* constant = dyn_cast<ConstantInt>(whole);
    return constant != nullptr && constant->getValue().isSignedIntN(32) ? builder.getInt32(static_cast<std::uint32_t>(constant->getZExtValue())) : nullptr;
}

}  // namespace

void mark_fits_signed32(Value* sum) {
    auto* insn = dyn_cast<Instruction>(sum);
    if (insn != nullptr && insn->getType()->isIntegerTy(64)) insn->setMetadata(kMark, MDNode::get(insn->getContext(), {}));
}

// No flag is claimed: where a pass has moved a sum to a place at which the proof does not speak of it, or changed bits
// that nobody looks at, the low half is still right, and the upper one is looked at only where the mark is true.
PreservedAnalyses NarrowSums::run(Function& function, FunctionAnalysisManager&) {
    SmallVector<BinaryOperator*, 16> marked;
    for (Instruction& insn : instructions(function)) {
        auto* sum = dyn_cast<BinaryOperator>(&insn);
        if (sum != nullptr && sum->getMetadata(kMark) != nullptr && (sum->getOpcode() == Instruction::Add || sum->getOpcode() == Instruction::Sub)) marked.push_back(sum);
    }
    bool changed = false;
    for (BinaryOperator* sum : marked) {
        IRBuilder<> builder(sum);
        Value *left = narrow(builder, sum->getOperand(0)), *right = narrow(builder, sum->getOperand(1));
        if (left == nullptr || right == nullptr) continue;
        Value* low = sum->getOpcode() == Instruction::Add ? builder.CreateAdd(left, right) : builder.CreateSub(left, right);
        Value* whole = builder.CreateSExt(low, sum->getType());
        whole->takeName(sum);
        sum->replaceAllUsesWith(whole);
        sum->eraseFromParent();
        changed = true;
    }
    if (!changed) return PreservedAnalyses::all();
    PreservedAnalyses kept;
    kept.preserveSet<CFGAnalyses>();
    return kept;
}

}  // namespace mbpf
