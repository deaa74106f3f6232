// SPDX-License-Identifier: Apache-2.0
#include "compiler/lift/leading_zeros.h"

#include <llvm/Analysis/TargetTransformInfo.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/IntrinsicInst.h>
#include <llvm/IR/PatternMatch.h>

namespace mbpf {

using namespace llvm;
using namespace llvm::PatternMatch;

namespace {

// The x of x |= x >> 1; x |= x >> 2; …; x |= x >> half of its bits: what comes out is all ones from x's highest one down.
Value* spread_from(Value* whole) {
    for (unsigned distance = whole->getType()->getIntegerBitWidth() / 2; distance > 0; distance /= 2) {
        Value* before = nullptr;
        if (!match(whole, m_c_Or(m_LShr(m_Value(before), m_SpecificInt(distance)), m_Deferred(before)))) return nullptr;
        whole = before;
    }
    return whole;
}

// 64 bits are two words of a CPU with 32.
bool has_instruction(const TargetTransformInfo& target, LLVMContext& context) {
    Type* const word = Type::getInt32Ty(context);
    const IntrinsicCostAttributes wanted(Intrinsic::ctlz, word, {word, Type::getInt1Ty(context)});
    return target.getIntrinsicInstrCost(wanted, TargetTransformInfo::TCK_SizeAndLatency) <= TargetTransformInfo::TCC_Basic;
}

}  // namespace

PreservedAnalyses LeadingZeros::run(Function& function, FunctionAnalysisManager& analyses) {
    if (!has_instruction(analyses.getResult<TargetIRAnalysis>(function), function.getContext())) return PreservedAnalyses::all();
    SmallVector<std::pair<IntrinsicInst*, Value*>, 4> found;
    for (Instruction& insn : instructions(function)) {
        auto* count = dyn_cast<IntrinsicInst>(&insn);
        Value* ones = nullptr;
        if (count == nullptr || !match(count, m_Intrinsic<Intrinsic::ctpop>(m_Not(m_Value(ones)))) || !(count->getType()->isIntegerTy(32) || count->getType()->isIntegerTy(64))) continue;
        if (Value* x = spread_from(ones)) found.emplace_back(count, x);
    }
    for (const auto& [count, x] : found) {
        IRBuilder<> builder(count);
        Value* zeros = builder.CreateBinaryIntrinsic(Intrinsic::ctlz, x, builder.getFalse());  // of 0: all
        zeros->takeName(count);
        count->replaceAllUsesWith(zeros);
        count->eraseFromParent();
    }
    if (found.empty()) return PreservedAnalyses::all();
    PreservedAnalyses kept;
    kept.preserveSet<CFGAnalyses>();
    return kept;
}

}  // namespace mbpf
