// SPDX-License-Identifier: Apache-2.0
#include "compiler/upper_halves.h"

#include <llvm/CodeGen/MachineFunctionPass.h>
#include <llvm/CodeGen/MachineInstrBuilder.h>
#include <llvm/CodeGen/MachineRegisterInfo.h>
#include <llvm/CodeGen/TargetInstrInfo.h>
#include <llvm/CodeGen/TargetOpcodes.h>
#include <llvm/CodeGen/TargetSubtargetInfo.h>
#include <llvm/Target/TargetMachine.h>

namespace mbpf {
namespace {

class UpperHalfPass final : public llvm::MachineFunctionPass {
  public:
    static char ID;
    UpperHalfPass() : MachineFunctionPass(ID) {}
    llvm::StringRef getPassName() const override { return "zero upper halves of registers written in part"; }

    bool runOnMachineFunction(llvm::MachineFunction& function) override {
        if (!function.getTarget().getTargetTriple().isX86()) return false;
        bool changed = false;
        for (llvm::MachineBasicBlock& block : function)
            for (llvm::MachineInstr& insn : block)
                if (insn.getOpcode() == llvm::TargetOpcode::SUBREG_TO_REG && written_in_part(function, insn.getOperand(2))) {
                    move_whole(block, insn);
                    changed = true;
                }
        return changed;
    }

  private:
    static bool written_in_part(const llvm::MachineFunction& function, const llvm::MachineOperand& operand) {
        const llvm::MachineRegisterInfo& registers = function.getRegInfo();
        llvm::Register reg = operand.getReg();
        while (reg.isVirtual()) {
            const llvm::MachineInstr* from = registers.getVRegDef(reg);
            if (from == nullptr) return false;
            if (from->getOpcode() == llvm::TargetOpcode::INSERT_SUBREG) return true;
            if (from->getOpcode() != llvm::TargetOpcode::COPY || from->getOperand(1).getSubReg() != 0) return false;
            reg = from->getOperand(1).getReg();
        }
        return false;
    }

    // A move of 32 bits is an instruction of its own here, and clears the rest.
    static void move_whole(llvm::MachineBasicBlock& block, llvm::MachineInstr& extension) {
        llvm::MachineFunction& function = *block.getParent();
        const llvm::TargetInstrInfo& instructions = *function.getSubtarget().getInstrInfo();
        unsigned move = 0;
        for (unsigned opcode = 0; opcode < instructions.getNumOpcodes() && move == 0; ++opcode)
            if (instructions.getName(opcode) == "MOV32rr") move = opcode;
        llvm::MachineOperand& from = extension.getOperand(2);
        const llvm::Register whole = function.getRegInfo().cloneVirtualRegister(from.getReg());
        llvm::BuildMI(block, extension, extension.getDebugLoc(), instructions.get(move), whole).addReg(from.getReg());
        from.setReg(whole);
    }
};

char UpperHalfPass::ID = 0;

}  // namespace

llvm::FunctionPass* create_upper_half_pass() { return new UpperHalfPass; }

}  // namespace mbpf
