// SPDX-License-Identifier: Apache-2.0
#include "linker/timing.h"

#include <llvm/MC/MCInst.h>
#include <llvm/MC/MCInstrInfo.h>
#include <mbpf/abi/package.h>

namespace mbpf {
namespace {

using llvm::MCInst;
using llvm::StringRef;

bool has_any(StringRef name, std::initializer_list<const char*> parts) {
    for (const char* part : parts)
        if (name.contains(part)) return true;
    return false;
}

// Registers in the list of a multiple load or store: all behind the fixed operands, and the one that stands for them.
std::uint16_t listed(const MCInst& insn, const llvm::MCInstrDesc& d) { return static_cast<std::uint16_t>(insn.getNumOperands() - d.getNumOperands() + 1); }

InsnCycles thumb(const Target& target, StringRef name, const llvm::MCInstrDesc& d, const MCInst& insn) {
    const bool small = target.isa == MBPF_ISA_THUMBV6M, m3 = target.isa == MBPF_ISA_THUMBV7M;
    const std::uint16_t refill = small ? 2 : 3;
    InsnCycles c{1, refill};
    if (has_any(name, {"LDM", "POP", "STM", "PUSH"})) {
        c.always = static_cast<std::uint16_t>(1 + listed(insn, d));
        c.taken = small ? 3 : refill;
    } else if (has_any(name, {"LDRD", "STRD"})) {
        c.always = 3;
    } else if (has_any(name, {"TBB", "TBH"})) {
        c.always = 2;
    } else if (d.mayLoad()) {
        c.always = 2;
    } else if (d.mayStore()) {
        c.always = small || name.ends_with("r") || name.ends_with("s") || name.contains("EX") ? 2 : 1;
    } else if (has_any(name, {"DIV"})) {
        c.always = 12;
    } else if (has_any(name, {"MULL", "MLAL", "MAAL"})) {
        c.always = m3 ? 7 : 1;
    } else if (has_any(name, {"MUL", "MLA", "MLS"})) {
        c.always = small ? 32 : m3 && !name.contains("MUL") ? 2 : 1;
    } else if (has_any(name, {"DMB", "DSB", "ISB"})) {
        c.always = 5;
    }
    return c;
}

InsnCycles risc_v(StringRef name, const llvm::MCInstrDesc& d) {
    InsnCycles c{1, 2};
    if (has_any(name, {"AMO", "LR_", "SC_"}) || name.starts_with("FENCE")) c.always = 5;
    else if (d.mayLoad()) c.always = 2;
    else if (name.starts_with("DIV") || name.starts_with("REM")) c.always = 34;
    else if (name.starts_with("MUL") || name == "C_MUL") c.always = 3;
    return c;
}

}  // namespace

bool has_timing_model(const Target& target) { return target.isa <= MBPF_ISA_THUMBV8M_MAIN || target.isa == MBPF_ISA_RV32; }

InsnCycles cycles_of(const Target& target, const llvm::MCInstrInfo& table, const MCInst& insn) {
    const llvm::MCInstrDesc& d = table.get(insn.getOpcode());
    const StringRef name = table.getName(insn.getOpcode());
    if (target.isa <= MBPF_ISA_THUMBV8M_MAIN) return thumb(target, name, d, insn);
    if (target.isa == MBPF_ISA_RV32) return risc_v(name, d);
    return {1, 0};
}

}  // namespace mbpf
