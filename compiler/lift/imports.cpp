// SPDX-License-Identifier: Apache-2.0
// Import placeholders to loads. The table never changes during a run, so the loads are invariant: code
// generation may move, share or repeat them as it likes.
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/InstrTypes.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/MDBuilder.h>
#include <llvm/IR/Module.h>

#include <charconv>
#include <map>

#include "compiler/lift/lift.h"

namespace mbpf {
namespace {

constexpr std::string_view kPrefix = "mbpf.import.";

std::optional<std::size_t> placeholder_number(const llvm::Function& function, std::size_t count) {
    const llvm::StringRef name = function.getName();
    if (!name.starts_with(llvm::StringRef(kPrefix.data(), kPrefix.size()))) return {};
    std::size_t number = count;
    const llvm::StringRef digits = name.drop_front(kPrefix.size());
    std::from_chars(digits.begin(), digits.end(), number);
    if (number >= count) return {};
    return number;
}

void replace_by_load(llvm::CallInst& call, std::size_t row) {
    llvm::IRBuilder<> b(&call);
    const llvm::DataLayout& layout = call.getModule()->getDataLayout();
    llvm::Type* pointer = b.getPtrTy();
    llvm::Value* slot = b.CreateConstInBoundsGEP1_32(pointer, call.getArgOperand(0), static_cast<unsigned>(row));
    llvm::LoadInst* load = b.CreateAlignedLoad(pointer, slot, layout.getPointerABIAlignment(0));
    llvm::MDNode* empty = llvm::MDNode::get(call.getContext(), {});
    load->setMetadata(llvm::LLVMContext::MD_invariant_load, empty);
    load->setMetadata(llvm::LLVMContext::MD_nonnull, empty);
    load->setMetadata(llvm::LLVMContext::MD_noundef, empty);
    call.replaceAllUsesWith(load);
    call.eraseFromParent();
}

}  // namespace

std::vector<Import> materialize_imports(llvm::Module& module, const std::vector<Import>& imports) {
    std::vector<Import> rows;
    std::map<std::size_t, std::size_t> row_of;
    std::vector<std::pair<llvm::CallInst*, std::size_t>> calls;
    for (llvm::Function& function : module)
        for (llvm::BasicBlock& block : function)
            for (llvm::Instruction& insn : block) {
                auto* call = llvm::dyn_cast<llvm::CallInst>(&insn);
                if (call == nullptr || call->getCalledFunction() == nullptr) continue;
                const auto number = placeholder_number(*call->getCalledFunction(), imports.size());
                if (!number) continue;
                const auto [it, added] = row_of.emplace(*number, rows.size());
                if (added) rows.push_back(imports[*number]);
                calls.emplace_back(call, it->second);
            }
    for (const auto& [call, row] : calls) replace_by_load(*call, row);
    for (auto it = module.begin(); it != module.end();) {
        llvm::Function& function = *it++;
        if (placeholder_number(function, imports.size()) && function.use_empty()) function.eraseFromParent();
    }
    return rows;
}

}  // namespace mbpf
