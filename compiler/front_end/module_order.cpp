// SPDX-License-Identifier: Apache-2.0
// What the optimiser had turned into other terms, back in those of the source, where the verifier follows them and
// eBPF has no use for the others: it has no conditional move, and neither form is the longer one.
#include "compiler/front_end/module_order.h"

#include <llvm/IR/Dominators.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/InlineAsm.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/PatternMatch.h>
#include <llvm/Transforms/Utils/BasicBlockUtils.h>

#include <vector>

namespace mbpf::front_end {
namespace {

// An address that the select alone uses, with an index that varies.
llvm::GetElementPtrInst* address_for(const llvm::SelectInst& select, llvm::Value* arm) {
    auto* address = llvm::dyn_cast<llvm::GetElementPtrInst>(arm);
    return address != nullptr && address->hasOneUse() && address->getParent() == select.getParent() && !address->hasAllConstantIndices() ? address : nullptr;
}

void choose_by_branch(llvm::SelectInst& select) {
    llvm::GetElementPtrInst* yes = address_for(select, select.getTrueValue());
    llvm::GetElementPtrInst* no = address_for(select, select.getFalseValue());
    llvm::BasicBlock* before = select.getParent();
    llvm::BasicBlock* behind = select.getParent()->splitBasicBlock(&select);
    llvm::Instruction* jump = before->getTerminator();
    const auto arm = [&](llvm::GetElementPtrInst* address) {
        if (address == nullptr) return behind;
        auto* block = llvm::BasicBlock::Create(select.getContext(), "", before->getParent(), behind);
        llvm::BranchInst::Create(behind, block)->setDebugLoc(select.getDebugLoc());
        address->moveBefore(block->getTerminator());
        return block;
    };
    llvm::BasicBlock* on_yes = arm(yes);
    llvm::BasicBlock* on_no = arm(no);
    llvm::BranchInst::Create(on_yes, on_no, select.getCondition(), jump->getIterator())->setDebugLoc(select.getDebugLoc());
    jump->eraseFromParent();
    llvm::PHINode* chosen = llvm::PHINode::Create(select.getType(), 2, "", behind->begin());
    chosen->addIncoming(select.getTrueValue(), yes == nullptr ? before : on_yes);
    chosen->addIncoming(select.getFalseValue(), no == nullptr ? before : on_no);
    chosen->setDebugLoc(select.getDebugLoc());
    select.replaceAllUsesWith(chosen);
    select.eraseFromParent();
}

// x < c << k is x >> k < c, and x > c << k | ones is x >> k > c.
void compare_shifted(llvm::ICmpInst& test, const llvm::DominatorTree& order) {
    using namespace llvm::PatternMatch;
    const llvm::APInt* limit = nullptr;
    if (!match(test.getOperand(1), m_APInt(limit))) return;
    const bool below = test.getPredicate() == llvm::CmpInst::ICMP_ULT, above = test.getPredicate() == llvm::CmpInst::ICMP_UGT;
    if (!below && !above) return;
    for (llvm::User* user : test.getOperand(0)->users()) {
        const llvm::APInt* bits = nullptr;
        auto* shifted = llvm::dyn_cast<llvm::Instruction>(user);
        if (shifted == nullptr || !match(shifted, m_LShr(m_Specific(test.getOperand(0)), m_APInt(bits))) || !order.dominates(shifted, &test)) continue;
        const unsigned k = static_cast<unsigned>(bits->getLimitedValue(63));
        const llvm::APInt end = below ? *limit : *limit + 1;
        if (k == 0 || k >= limit->getBitWidth() || end.isZero() || end.countr_zero() < k) continue;
        test.setOperand(0, shifted);
        test.setOperand(1, llvm::ConstantInt::get(shifted->getType(), limit->lshr(k)));
        return;
    }
}

}  // namespace

void choose_addresses_by_branches(llvm::Module& module) {
    std::vector<llvm::SelectInst*> work;
    for (llvm::Function& f : module)
        for (llvm::Instruction& i : llvm::instructions(f)) {
            auto* select = llvm::dyn_cast<llvm::SelectInst>(&i);
            if (select == nullptr || !select->getType()->isPointerTy() || !llvm::isa<llvm::ICmpInst>(select->getCondition())) continue;
            if (address_for(*select, select->getTrueValue()) != nullptr || address_for(*select, select->getFalseValue()) != nullptr) work.push_back(select);
        }
    for (llvm::SelectInst* select : work) choose_by_branch(*select);
}

void test_what_was_shifted(llvm::Module& module) {
    for (llvm::Function& f : module) {
        if (f.isDeclaration()) continue;
        const llvm::DominatorTree order(f);
        for (llvm::Instruction& i : llvm::instructions(f))
            if (auto* test = llvm::dyn_cast<llvm::ICmpInst>(&i)) compare_shifted(*test, order);
    }
}

void subtract_in_order(llvm::Module& module) {
    using namespace llvm::PatternMatch;
    std::vector<llvm::Instruction*> work;
    for (llvm::Function& f : module)
        for (llvm::Instruction& i : llvm::instructions(f))
            if (match(&i, m_c_Add(m_OneUse(m_Not(m_Value())), m_Value())) && i.getType()->isIntegerTy()) work.push_back(&i);
    for (llvm::Instruction* sum : work) {
        llvm::Value *x = nullptr, *y = nullptr;
        if (!match(sum, m_c_Add(m_OneUse(m_Not(m_Value(x))), m_Value(y))) || llvm::isa<llvm::Constant>(y) || (!sum->getType()->isIntegerTy(32) && !sum->getType()->isIntegerTy(64))) continue;
        llvm::IRBuilder<> b(sum);
        // An empty assembler statement: the code generator would put the two together again.
        llvm::Type* word = b.getInt64Ty();
        llvm::InlineAsm* kept = llvm::InlineAsm::get(llvm::FunctionType::get(word, {word}, false), "", "=r,0", false);
        llvm::Value* distance = b.CreateCall(kept, {b.CreateZExt(b.CreateSub(y, x), word)});
        sum->replaceAllUsesWith(b.CreateSub(b.CreateTrunc(distance, sum->getType()), llvm::ConstantInt::get(sum->getType(), 1)));
        sum->eraseFromParent();
    }
}

}  // namespace mbpf::front_end
