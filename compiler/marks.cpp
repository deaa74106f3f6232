// SPDX-License-Identifier: Apache-2.0
#include "compiler/marks.h"

#include <llvm/CodeGen/MachineFunctionPass.h>
#include <llvm/CodeGen/MachineInstrBuilder.h>
#include <llvm/CodeGen/TargetInstrInfo.h>
#include <llvm/CodeGen/TargetSubtargetInfo.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/InlineAsm.h>
#include <llvm/IR/Intrinsics.h>
#include <llvm/IR/Module.h>
#include <llvm/MC/MCAsmInfo.h>
#include <llvm/Target/TargetMachine.h>

#include <charconv>
#include <optional>
#include <string>

namespace mbpf {
namespace {

constexpr const char* kLoop = "mbpf.loop";
constexpr const char* kCost = "mbpf-cost";  // an attribute: calls of different cost are not made one, which metadata would get lost in
constexpr llvm::StringLiteral kText = " mbpf mark ";

// The label lies in the text; the row is not loaded with the program. Offsets of 32 bits do for every target.
constexpr const char* kMacro =
    ".macro mbpf_mark word\n"
    "778:\n"
    ".pushsection .mbpf.marks,\"\",%progbits\n"
    ".long 778b\n"
    ".long \\word\n"
    ".popsection\n"
    ".endm\n";

llvm::MDNode* number(llvm::LLVMContext& context, std::uint32_t n) {
    return llvm::MDNode::get(context, llvm::ConstantAsMetadata::get(llvm::ConstantInt::get(llvm::Type::getInt32Ty(context), n)));
}

std::optional<std::uint32_t> number_of(const llvm::Instruction& insn, const char* kind) {
    const llvm::MDNode* node = insn.getMetadata(kind);
    if (node == nullptr) return std::nullopt;
    return static_cast<std::uint32_t>(llvm::mdconst::extract<llvm::ConstantInt>(node->getOperand(0))->getZExtValue());
}

// A comment takes no room in what code generation believes the code to be.
void put_comment(llvm::Instruction& before, std::uint32_t word, llvm::StringRef comment) {
    llvm::LLVMContext& context = before.getContext();
    llvm::InlineAsm* text = llvm::InlineAsm::get(llvm::FunctionType::get(llvm::Type::getVoidTy(context), false), (comment + kText + std::to_string(word)).str(), "", true);
    llvm::IRBuilder<> b(&before);
    llvm::CallInst* call = b.CreateCall(text);
    call->setDoesNotThrow();
    call->addFnAttr(llvm::Attribute::WillReturn);
    call->setMemoryEffects(llvm::MemoryEffects::inaccessibleMemOnly());
}

class MarkPass final : public llvm::MachineFunctionPass {
  public:
    static char ID;
    MarkPass() : MachineFunctionPass(ID) {}
    llvm::StringRef getPassName() const override { return "Rows of .mbpf.marks"; }

    bool runOnMachineFunction(llvm::MachineFunction& function) override {
        bool changed = false;
        for (llvm::MachineBasicBlock& block : function) changed |= settle(block);
        return changed;
    }

  private:
    static std::optional<std::uint32_t> word_of(const llvm::MachineInstr& insn) {
        if (!insn.isInlineAsm()) return std::nullopt;
        const llvm::StringRef text = insn.getOperand(llvm::InlineAsm::MIOp_AsmString).getSymbolName();
        const std::size_t at = text.find(kText);
        std::uint32_t word = 0;
        if (at == llvm::StringRef::npos) return std::nullopt;
        const llvm::StringRef digits = text.drop_front(at + kText.size());
        std::from_chars(digits.begin(), digits.end(), word);
        return word;
    }
    static void put(llvm::MachineBasicBlock& block, llvm::MachineInstr& before, std::uint32_t word) {
        llvm::MachineFunction& function = *block.getParent();
        llvm::BuildMI(block, before.getIterator(), llvm::DebugLoc(), function.getSubtarget().getInstrInfo()->get(llvm::TargetOpcode::INLINEASM))
            .addExternalSymbol(function.createExternalSymbolName("mbpf_mark " + std::to_string(word)))
            .addImm(llvm::InlineAsm::Extra_HasSideEffects);
    }
    // A row names an instruction of the mark's own block, so that no other way leads to it. A block without any loses its
    // marks; so does a call that was moved away from its own.
    static bool settle(llvm::MachineBasicBlock& block) {
        std::vector<std::uint32_t> loops;
        std::vector<llvm::MachineInstr*> carriers;
        std::vector<std::pair<llvm::MachineInstr*, std::uint32_t>> calls;
        std::uint32_t cost = 0;  // of the call that comes next; 0: not known
        llvm::MachineInstr* first = nullptr;
        for (llvm::MachineInstr& insn : block) {
            if (const auto word = word_of(insn)) {
                carriers.push_back(&insn);
                if ((*word & kCallMark) != 0) cost = *word;
                else loops.push_back(*word);
                continue;
            }
            if (insn.isMetaInstruction() || insn.isPosition()) continue;
            if (first == nullptr) first = &insn;
            if (insn.isCall() && cost != 0) {
                calls.emplace_back(&insn, cost);
                cost = 0;
            }
        }
        if (first != nullptr)
            for (std::uint32_t word : loops) put(block, *first, word);
        for (const auto& [call, word] : calls) put(block, *call, word);
        for (llvm::MachineInstr* carrier : carriers) carrier->eraseFromParent();
        return !carriers.empty();
    }
};

char MarkPass::ID = 0;

}  // namespace

void mark_loop(llvm::IRBuilderBase& b, std::uint32_t index) {
    b.CreateIntrinsic(llvm::Intrinsic::sideeffect, {}, {})->setMetadata(kLoop, number(b.getContext(), index));
}

std::optional<std::uint32_t> loop_mark(const llvm::Instruction& insn) { return number_of(insn, kLoop); }

void mark_call(llvm::CallInst& call, std::uint32_t cost) { call.addFnAttr(llvm::Attribute::get(call.getContext(), kCost, std::to_string(cost))); }

void place_marks(llvm::Module& module, const llvm::TargetMachine& machine) {
    const llvm::StringRef comment = machine.getMCAsmInfo()->getCommentString();
    module.appendModuleInlineAsm(kMacro);
    for (llvm::Function& function : module)
        for (llvm::BasicBlock& block : function)
            for (llvm::Instruction& insn : llvm::make_early_inc_range(block)) {
                auto* call = llvm::dyn_cast<llvm::CallInst>(&insn);
                if (call == nullptr) continue;
                std::uint32_t cost = 0;
                if (call->hasFnAttr(kCost) && !call->getFnAttr(kCost).getValueAsString().getAsInteger(10, cost)) put_comment(*call, kCallMark | cost, comment);
                if (call->getIntrinsicID() != llvm::Intrinsic::sideeffect) continue;
                if (const auto index = number_of(*call, kLoop)) put_comment(*call, *index, comment);
                call->eraseFromParent();
            }
}

llvm::FunctionPass* create_mark_pass() { return new MarkPass; }

}  // namespace mbpf
