// SPDX-License-Identifier: Apache-2.0
// Runs after the optimiser, which knows signed division and memcpy and does better with them whole.
#include "compiler/front_end/module_lowering.h"

#include <llvm/Analysis/TargetTransformInfo.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/IntrinsicInst.h>
#include <llvm/Transforms/Utils/LowerMemIntrinsics.h>

#include <vector>

namespace mbpf::front_end {
namespace {

// The code generator divides by these without a division: powers of two by shifts, 32-bit constants by a
// 64-bit multiplication.
bool cheap_divisor(const llvm::BinaryOperator& division) {
    const auto* divisor = llvm::dyn_cast<llvm::ConstantInt>(division.getOperand(1));
    if (divisor == nullptr || divisor->isZero()) return false;
    return division.getType()->getIntegerBitWidth() <= 32 || divisor->getValue().abs().isPowerOf2();
}

// |v| by v ^ s - s with s = v >> 63: branch-free, and right for the least number read as unsigned.
llvm::Value* absolute(llvm::IRBuilder<>& b, llvm::Value* v, llvm::Value* sign) { return b.CreateSub(b.CreateXor(v, sign), sign); }

void expand_division(llvm::BinaryOperator& division) {
    llvm::IRBuilder<> b(&division);
    llvm::Value* x = division.getOperand(0);
    llvm::Value* y = division.getOperand(1);
    const unsigned bits = division.getType()->getIntegerBitWidth();
    llvm::Value* x_sign = b.CreateAShr(x, bits - 1);
    llvm::Value* y_sign = b.CreateAShr(y, bits - 1);
    llvm::Value* x_abs = absolute(b, x, x_sign);
    llvm::Value* y_abs = absolute(b, y, y_sign);
    const bool quotient = division.getOpcode() == llvm::Instruction::SDiv;
    // C: the quotient truncates towards zero, the remainder has the dividend's sign.
    llvm::Value* magnitude = quotient ? b.CreateUDiv(x_abs, y_abs) : b.CreateURem(x_abs, y_abs);
    llvm::Value* sign = quotient ? b.CreateXor(x_sign, y_sign) : x_sign;
    llvm::Value* result = b.CreateSub(b.CreateXor(magnitude, sign), sign);
    division.replaceAllUsesWith(result);
    division.eraseFromParent();
}

// Stores an inline expansion would take: a word each, or less by the alignment.
constexpr std::uint64_t kMaxInlineStores = 64;

bool stays_inline(const llvm::MemIntrinsic& intrinsic) {
    const auto* length = llvm::dyn_cast<llvm::ConstantInt>(intrinsic.getLength());
    if (length == nullptr) return false;
    std::uint64_t align = intrinsic.getDestAlign().valueOrOne().value();
    if (const auto* transfer = llvm::dyn_cast<llvm::MemTransferInst>(&intrinsic)) {
        align = std::min<std::uint64_t>(align, transfer->getSourceAlign().valueOrOne().value());
    }
    return length->getValue().ule(kMaxInlineStores * std::min<std::uint64_t>(align, 8));
}

}  // namespace

void expand_signed_division(llvm::Module& module) {
    std::vector<llvm::BinaryOperator*> work;
    for (llvm::Function& f : module) {
        for (llvm::Instruction& i : llvm::instructions(f)) {
            auto* division = llvm::dyn_cast<llvm::BinaryOperator>(&i);
            if (division == nullptr || !division->getType()->isIntegerTy()) continue;
            const bool is_signed = division->getOpcode() == llvm::Instruction::SDiv || division->getOpcode() == llvm::Instruction::SRem;
            if (is_signed && !cheap_divisor(*division)) work.push_back(division);
        }
    }
    for (llvm::BinaryOperator* division : work) expand_division(*division);
}

void expand_memory_intrinsics(llvm::Module& module, llvm::TargetMachine& machine) {
    for (llvm::Function& f : module) {
        if (f.isDeclaration()) continue;
        std::vector<llvm::MemIntrinsic*> work;
        for (llvm::Instruction& i : llvm::instructions(f)) {
            auto* intrinsic = llvm::dyn_cast<llvm::MemIntrinsic>(&i);
            if (intrinsic != nullptr && !stays_inline(*intrinsic)) work.push_back(intrinsic);
        }
        if (work.empty()) continue;
        const llvm::TargetTransformInfo tti = machine.getTargetTransformInfo(f);
        for (llvm::MemIntrinsic* intrinsic : work) {
            if (auto* copy = llvm::dyn_cast<llvm::MemCpyInst>(intrinsic)) {
                llvm::expandMemCpyAsLoop(copy, tti);
            } else if (auto* move = llvm::dyn_cast<llvm::MemMoveInst>(intrinsic)) {
                if (!llvm::expandMemMoveAsLoop(move, tti)) continue;
            } else if (auto* set = llvm::dyn_cast<llvm::MemSetInst>(intrinsic)) {
                llvm::expandMemSetAsLoop(set);
            } else {
                continue;
            }
            intrinsic->eraseFromParent();
        }
    }
}

}  // namespace mbpf::front_end
