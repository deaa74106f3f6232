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

// `whole` is the sign extension of 32 bits.
bool extends_32(Value* whole) {
    Value* number = nullptr;
    if (match(whole, m_SExt(m_Value(number)))) return number->getType()->getIntegerBitWidth() <= 32;
    if (match(whole, m_ZExt(m_Value(number)))) return number->getType()->getIntegerBitWidth() < 32;
    const auto* constant = dyn_cast<ConstantInt>(whole);
    return constant != nullptr && constant->getValue().isSignedIntN(32);
}

Value* low_half(IRBuilder<>& builder, Value* whole) {
    auto* const type = builder.getInt32Ty();
    if (auto* number = dyn_cast<SExtInst>(whole)) return builder.CreateSExt(number->getOperand(0), type);
    if (auto* number = dyn_cast<ZExtInst>(whole)) return builder.CreateZExt(number->getOperand(0), type);
    return builder.CreateTrunc(whole, type);
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
        if (!extends_32(sum->getOperand(0)) || !extends_32(sum->getOperand(1))) continue;
        IRBuilder<> builder(sum);
        Value *left = low_half(builder, sum->getOperand(0)), *right = low_half(builder, sum->getOperand(1));
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
