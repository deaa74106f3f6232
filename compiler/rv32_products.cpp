// SPDX-License-Identifier: Apache-2.0
#include "compiler/rv32_products.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Module.h>
#include <llvm/Target/TargetMachine.h>

#include <bit>

namespace mbpf {
namespace {

// x (c - 2^k) = x c - (x << k), c being a multiple of 2^32; modulo 2^64, or 2^32, where x c is 0. Null: not such a number.
llvm::Value* as_shifts(llvm::BinaryOperator& product) {
    const auto* constant = llvm::dyn_cast<llvm::ConstantInt>(product.getOperand(1));
    const unsigned bits = product.getType()->getScalarSizeInBits();
    if (constant == nullptr || (bits != 32 && bits != 64)) return nullptr;
    const std::uint64_t number = constant->getZExtValue(), low = number & UINT32_MAX, less = low == 0 ? 0 : (UINT64_C(1) << 32) - low;
    if (!std::has_single_bit(less)) return nullptr;
    llvm::IRBuilder<> b(&product);
    llvm::Value* x = product.getOperand(0);
    llvm::Value* whole = b.getIntN(bits, 0);
    if (bits == 64) whole = b.CreateShl(b.CreateMul(x, b.getInt64(((number >> 32) + 1) & UINT32_MAX)), 32);
    return b.CreateSub(whole, b.CreateShl(x, static_cast<std::uint64_t>(std::countr_zero(less))));
}

}  // namespace

void expand_products(llvm::Module& module, const llvm::TargetMachine& machine) {
    if (machine.getTargetTriple().getArch() != llvm::Triple::riscv32) return;
    for (llvm::Function& function : module)
        for (llvm::BasicBlock& block : function)
            for (llvm::Instruction& insn : llvm::make_early_inc_range(block)) {
                auto* product = llvm::dyn_cast<llvm::BinaryOperator>(&insn);
                llvm::Value* shifts = product != nullptr && product->getOpcode() == llvm::Instruction::Mul ? as_shifts(*product) : nullptr;
                if (shifts == nullptr) continue;
                product->replaceAllUsesWith(shifts);
                product->eraseFromParent();
            }
}

}  // namespace mbpf
