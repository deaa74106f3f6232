// SPDX-License-Identifier: Apache-2.0
#include "linker/stack_change.h"

#include <llvm/MC/MCInst.h>
#include <llvm/MC/MCInstrInfo.h>
#include <llvm/MC/MCRegisterInfo.h>
#include <llvm/TargetParser/Triple.h>

namespace mbpf {
namespace {

using llvm::MCInst;
using llvm::StringRef;
using Change = std::optional<std::int32_t>;

struct Insn {
    const MCInst& insn;
    const llvm::MCInstrDesc& d;
    const llvm::MCRegisterInfo& registers;
    StringRef name;
    unsigned pointer = 0;  // the stack pointer

    bool is_pointer(unsigned operand) const { return operand < insn.getNumOperands() && insn.getOperand(operand).isReg() && insn.getOperand(operand).getReg() == pointer; }
    Change immediate(unsigned operand, std::int64_t scale) const {
        if (operand >= insn.getNumOperands() || !insn.getOperand(operand).isImm()) return std::nullopt;
        const std::int64_t bytes = insn.getOperand(operand).getImm() * scale;
        if (bytes > (1 << 24) || bytes < -(1 << 24)) return std::nullopt;
        return static_cast<std::int32_t>(bytes);
    }
    // Of `pointer = pointer + immediate`.
    Change sum(unsigned operand, std::int64_t scale) const { return is_pointer(0) && is_pointer(1) ? immediate(operand, scale) : std::nullopt; }
    // The first immediate: of a load or store that changes its base.
    Change offset(std::int64_t scale) const {
        for (unsigned i = 0; i < insn.getNumOperands(); ++i)
            if (insn.getOperand(i).isImm()) return immediate(i, scale);
        return std::nullopt;
    }
    // Registers of a list, which stands behind the fixed operands.
    std::int32_t listed() const { return static_cast<std::int32_t>(insn.getNumOperands() - d.getNumOperands() + 1); }
};

Change thumb(const Insn& i) {
    if (i.name == "tPUSH" || (i.name == "t2STMDB_UPD" && i.is_pointer(0))) return 4 * i.listed();
    if (i.name == "tPOP" || (i.name == "t2LDMIA_UPD" && i.is_pointer(0))) return -4 * i.listed();
    if (i.name == "tSUBspi") return i.sum(2, 4);
    if (i.name == "tADDspi") return i.sum(2, -4);
    if (i.name == "t2SUBspImm" || i.name == "t2SUBspImm12") return i.sum(2, 1);
    if (i.name == "t2ADDspImm" || i.name == "t2ADDspImm12") return i.sum(2, -1);
    if (i.name == "t2STR_PRE" || i.name == "t2LDR_POST" || i.name == "t2STRD_PRE" || i.name == "t2LDRD_POST") return i.offset(-1);
    return std::nullopt;
}

Change risc_v(const Insn& i) {
    if (i.name == "ADDI" || i.name == "C_ADDI" || i.name == "C_ADDI16SP") return i.sum(2, -1);
    return std::nullopt;
}

Change x86(const Insn& i) {
    if (i.name.starts_with("PUSH64")) return 8;
    if (i.name == "POP64r" && !i.is_pointer(0)) return -8;
    if (i.name == "SUB64ri8" || i.name == "SUB64ri32") return i.sum(2, 1);
    if (i.name == "ADD64ri8" || i.name == "ADD64ri32") return i.sum(2, -1);
    return std::nullopt;
}

Change aarch64(const Insn& i) {
    const auto shift = [&] { return i.insn.getNumOperands() > 3 && i.insn.getOperand(3).isImm() ? i.insn.getOperand(3).getImm() : 0; };
    if (i.name == "SUBXri" && (shift() == 0 || shift() == 12)) return i.sum(2, std::int64_t{1} << shift());
    if (i.name == "ADDXri" && (shift() == 0 || shift() == 12)) return i.sum(2, -(std::int64_t{1} << shift()));
    if ((i.name.starts_with("STP") && i.name.ends_with("pre")) || (i.name.starts_with("LDP") && i.name.ends_with("post"))) return i.offset(i.name.contains('Q') ? -16 : i.name.contains('W') || i.name.contains('S') == i.name.starts_with("LD") ? -4 : -8);
    if ((i.name.starts_with("STR") && i.name.ends_with("pre")) || (i.name.starts_with("LDR") && i.name.ends_with("post"))) return i.offset(-1);
    return std::nullopt;
}

StringRef pointer_name(const llvm::Triple& triple) { return triple.isRISCV() ? "X2" : triple.isX86() ? "RSP" : "SP"; }

unsigned pointer_of(const llvm::Triple& triple, const llvm::MCRegisterInfo& registers) {
    for (unsigned r = 1; r < registers.getNumRegs(); ++r)
        if (StringRef(registers.getName(r)) == pointer_name(triple)) return r;
    return 0;
}

}  // namespace

Change stack_change(const llvm::Triple& triple, const llvm::MCInstrInfo& table, const llvm::MCRegisterInfo& registers, const MCInst& insn) {
    const llvm::MCInstrDesc& d = table.get(insn.getOpcode());
    const Insn i{insn, d, registers, table.getName(insn.getOpcode()), pointer_of(triple, registers)};
    const auto overlaps = [&](unsigned reg) { return reg != 0 && registers.regsOverlap(reg, i.pointer); };
    bool sets = false;
    for (llvm::MCPhysReg reg : d.implicit_defs()) sets = sets || overlaps(reg);
    // Definitions come first; a list of registers that is loaded stands at the end.
    for (unsigned o = 0; o < insn.getNumOperands(); ++o) {
        const bool defined = o < d.getNumDefs() || (d.isVariadic() && d.mayLoad() && o + 1 >= d.getNumOperands());
        sets = sets || (defined && insn.getOperand(o).isReg() && overlaps(insn.getOperand(o).getReg()));
    }
    const bool x86_return = triple.isX86() && d.isReturn();
    if (!sets || x86_return || (d.isCall() && !triple.isThumb())) return 0;
    if (triple.isThumb()) return d.isCall() ? Change(0) : thumb(i);
    if (triple.isRISCV()) return risc_v(i);
    if (triple.isX86()) return x86(i);
    if (triple.isAArch64()) return aarch64(i);
    return std::nullopt;
}

}  // namespace mbpf
