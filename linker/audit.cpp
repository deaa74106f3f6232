// SPDX-License-Identifier: Apache-2.0
#include "linker/audit.h"

#include <llvm/MC/MCAsmInfo.h>
#include <llvm/MC/MCContext.h>
#include <llvm/MC/MCDisassembler/MCDisassembler.h>
#include <llvm/MC/MCInst.h>
#include <llvm/MC/MCInstrAnalysis.h>
#include <llvm/MC/MCInstrInfo.h>
#include <llvm/MC/MCRegisterInfo.h>
#include <llvm/MC/MCSubtargetInfo.h>
#include <llvm/MC/MCTargetOptions.h>
#include <llvm/ADT/StringExtras.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/TargetParser/Triple.h>

#include <algorithm>
#include <optional>
#include <set>

#include "linker/stack_change.h"
#include "linker/timing.h"

namespace mbpf {
namespace {

using llvm::MCInst;
using llvm::StringRef;

StringRef ref(std::string_view text) { return {text.data(), text.size()}; }

std::string hex(std::uint64_t value) {
    char text[20];
    std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
    return text;
}

struct Problem {
    const char* code;
    std::uint32_t at;
    std::string what;
};

struct Step : CodeStep {
    MCInst insn;
};

class Auditor {
  public:
    Auditor(const Image& image, const Target& target) : image_(image), target_(target), triple_(ref(target.triple)) {}

    Result<Audit> run() {
        if (!prepare()) return diagnostic({"MBPF9001", 0, "LLVM has no disassembler for " + std::string(target_.name)});
        try_all();
        if (problem_) return diagnostic(*problem_);
        for (auto& [at, step] : steps_) audit_.code.emplace(at, std::move(static_cast<CodeStep&>(step)));
        return std::move(audit_);
    }

  private:
    bool prepare() {
        static const bool initialised = [] {
            llvm::InitializeAllTargetInfos();
            llvm::InitializeAllTargetMCs();
            llvm::InitializeAllDisassemblers();
            return true;
        }();
        std::string error;
        const llvm::Target* found = llvm::TargetRegistry::lookupTarget(triple_.str(), error);
        if (found == nullptr || !initialised) return false;
        registers_.reset(found->createMCRegInfo(triple_.str()));
        assembler_.reset(found->createMCAsmInfo(*registers_, triple_.str(), llvm::MCTargetOptions()));
        subtarget_.reset(found->createMCSubtargetInfo(triple_.str(), ref(target_.cpu), ref(target_.features)));
        instructions_.reset(found->createMCInstrInfo());
        context_ = std::make_unique<llvm::MCContext>(triple_, assembler_.get(), registers_.get(), subtarget_.get());
        decoder_.reset(found->createMCDisassembler(*subtarget_, *context_));
        analysis_.reset(found->createMCInstrAnalysis(instructions_.get()));
        for (unsigned r = 0; r < registers_->getNumRegs(); ++r) {
            const StringRef name = registers_->getName(r);
            if (name == "PC") program_counter_ = r;
        }
        return decoder_ && analysis_;
    }

    Diagnostic diagnostic(const Problem& p) const {
        Diagnostic d;
        d.code = p.code;
        d.message = "the audit of the native code for " + std::string(target_.name) + " failed at offset " + hex(p.at) + ": " + p.what;
        if (const DiagnosticCode* row = find_diagnostic_code(d.code); row != nullptr) d.fix = row->advice;
        return d;
    }
    void fail(const char* code, std::uint32_t at, std::string what) {
        if (!problem_) problem_ = {code, at, std::move(what)};
    }

    bool is_constant(std::uint32_t at) const {
        return std::ranges::any_of(image_.constants, [&](const CodeRange& r) { return at >= r.begin && at < r.end; });
    }
    const CodeRange* function_at(std::uint32_t at) const {
        for (const CodeRange& f : image_.functions)
            if (at >= f.begin && at < f.end) return &f;
        return nullptr;
    }
    StringRef name(const MCInst& insn) const { return instructions_->getName(insn.getOpcode()); }
    const llvm::MCInstrDesc& description(const MCInst& insn) const { return instructions_->get(insn.getOpcode()); }

    void try_all() {
        for (const CodeRange& f : image_.functions) {
            // IT blocks on ARM: the decoder must see instructions in order.
            for (std::uint32_t at = f.begin; at < f.end && !problem_;) {
                if (is_constant(at)) {
                    ++at;
                    continue;
                }
                Step step;
                const llvm::ArrayRef<std::uint8_t> bytes(image_.text.data() + at, f.end - at);
                std::uint64_t size = 0;
                if (decoder_->getInstruction(step.insn, size, bytes, at, llvm::nulls()) != llvm::MCDisassembler::Success || size == 0)
                    return fail("MBPF3220", at, "unknown instruction " + llvm::toHex(bytes.take_front(4)));
                step.size = static_cast<std::uint32_t>(size);
                judge(at, step);
                judge_stack(step);
                steps_[at] = std::move(step);
                at += static_cast<std::uint32_t>(size);
                ++audit_.instructions;
            }
        }
        find_predecessors();
        for (std::uint32_t at : computed_)
            if (!problem_ && !is_loaded(at)) fail("MBPF3221", at, "a call or jump to an address that is not loaded from the import table");
        // Padding that no way leads to may be anything that decodes.
        std::set<std::uint32_t> reached;
        std::vector<std::uint32_t> work;
        for (const CodeRange& f : image_.functions) work.push_back(f.begin);
        while (!work.empty() && !problem_) {
            const std::uint32_t at = work.back();
            work.pop_back();
            if (!reached.insert(at).second) continue;
            const auto found = steps_.find(at);
            if (found == steps_.end()) return fail("MBPF3221", at, "control comes where no instruction begins");
            const Step& step = found->second;
            const CodeRange* f = function_at(at);
            if (step.falls_through && !steps_.contains(at + step.size)) return fail("MBPF3221", at, "control goes on past the code's end behind " + name(step.insn).str());
            for (std::uint32_t to : step.targets)
                if (!steps_.contains(to)) return fail("MBPF3221", at, "a jump to " + hex(to) + ", where no instruction begins");
            if (step.callee && (function_at(*step.callee) == nullptr || function_at(*step.callee)->begin != *step.callee)) return fail("MBPF3221", at, "a call of " + hex(*step.callee) + ", where no function begins");
            if (step.falls_through && at + step.size >= f->end) return fail("MBPF3221", at, "control goes on into the next function");
            if (step.falls_through) work.push_back(at + step.size);
            work.insert(work.end(), step.targets.begin(), step.targets.end());
        }
    }

    void find_predecessors() {
        for (const auto& [at, step] : steps_) {
            if (step.falls_through) predecessors_[at + step.size].push_back(at);
            for (std::uint32_t to : step.targets) predecessors_[to].push_back(at);
            if (step.callee) callers_[*step.callee].push_back(at);
        }
    }
    // Whether on every way here the register that is called or jumped to was last set by a load, perhaps copied. What is
    // loaded is a row of the import table or what was put away of it: programs hold no other code addresses.
    bool is_loaded(std::uint32_t at) const {
        const MCInst& insn = steps_.at(at).insn;
        if (description(insn).mayLoad()) return true;
        std::optional<unsigned> reg;
        for (unsigned i = description(insn).getNumDefs(); i < insn.getNumOperands(); ++i)
            if (insn.getOperand(i).isReg() && insn.getOperand(i).getReg() != 0 && insn.getOperand(i).getReg() != program_counter_ && !reg) reg = insn.getOperand(i).getReg();
        if (!reg) return false;
        std::set<Before> seen;
        std::vector<Before> work{{at, *reg}};
        while (!work.empty()) {
            const auto [from, wanted] = work.back();
            work.pop_back();
            if (!seen.insert({from, wanted}).second) continue;
            if (function_at(from)->begin == from) {  // what its callers had there, if all of them are in the text
                const auto callers = callers_.find(from);
                if (callers == callers_.end() || is_entry(from)) return false;
                for (std::uint32_t c : callers->second) {
                    if (sets(steps_.at(c).insn, wanted)) return false;
                    work.push_back({c, wanted});
                }
            }
            const auto before = predecessors_.find(from);
            if (before == predecessors_.end()) continue;
            for (std::uint32_t p : before->second)
                if (!look_behind(p, wanted, work)) return false;
        }
        return true;
    }
    using Before = std::pair<std::uint32_t, unsigned>;  // an instruction, and a register before it
    // Where the register's value behind the instruction at `p` comes from; false: it is made there, not loaded.
    bool look_behind(std::uint32_t p, unsigned wanted, std::vector<Before>& work) const {
        const Step& step = steps_.at(p);
        if (step.callee && step.falls_through && changes(*step.callee, wanted)) {
            const CodeRange& callee = *function_at(*step.callee);
            for (auto r = steps_.lower_bound(callee.begin); r != steps_.end() && r->first < callee.end; ++r)
                if (r->second.returns && !look_behind(r->first, wanted, work)) return false;
            return true;
        }
        if (!sets(step.insn, wanted)) {
            work.push_back({p, wanted});
            return true;
        }
        const auto of = [&](unsigned operand) { work.push_back({p, step.insn.getOperand(operand).getReg()}); };
        const StringRef n = name(step.insn);
        if (n == "CMOV64rr" || n == "CSELXr") {  // one of two
            of(1);
            of(2);
            return true;
        }
        if (n == "CMOV64rm") {  // loaded, or what it was
            of(1);
            return true;
        }
        if (description(step.insn).mayLoad()) return true;
        const std::optional<unsigned> source = copied(step.insn);
        if (source) work.push_back({p, *source});
        return source.has_value();
    }
    bool is_entry(std::uint32_t at) const {
        return std::ranges::any_of(image_.symbols, [&](const auto& symbol) { return symbol.second == at; });
    }
    // Whether the function may leave the register with another value.
    bool changes(std::uint32_t function, unsigned reg) const {
        const CodeRange& range = *function_at(function);
        for (auto s = steps_.lower_bound(range.begin); s != steps_.end() && s->first < range.end; ++s)
            if (sets(s->second.insn, reg) || (s->second.callee && *s->second.callee != function && changes(*s->second.callee, reg))) return true;
        return false;
    }
    bool sets(const MCInst& insn, unsigned reg) const {
        const llvm::MCInstrDesc& d = description(insn);
        if (d.mayLoad() && d.variadicOpsAreDefs() == false && d.isVariadic()) return defines(insn, reg);
        for (unsigned i = 0; i < insn.getNumOperands() && (i < d.getNumDefs() || (d.isVariadic() && d.mayLoad())); ++i)
            if (insn.getOperand(i).isReg() && insn.getOperand(i).getReg() != 0 && registers_->regsOverlap(insn.getOperand(i).getReg(), reg)) return true;
        return false;
    }
    std::optional<unsigned> copied(const MCInst& insn) const {
        const StringRef n = name(insn);
        const auto reg = [&](unsigned i) { return std::optional<unsigned>(insn.getOperand(i).getReg()); };
        if (n == "tMOVr" || n == "t2MOVr" || n == "MOV64rr" || n == "MOV32rr") return reg(1);
        if (n == "C_MV") return reg(1);
        if (n == "ADDI" && insn.getOperand(2).isImm() && insn.getOperand(2).getImm() == 0) return reg(1);
        if (n == "ORRXrs" || n == "ORRXrr") return reg(2);
        return std::nullopt;
    }

    // What the system or a debugger would see. LLVM marks what it does not model; of that, code generation uses a few.
    bool forbidden(const MCInst& insn) const {
        const StringRef n = name(insn);
        for (const char* prefix : {"SVC", "tSVC", "tUDF", "t2UDF", "tTRAP", "tBKPT", "BKPT", "t2HVC", "t2SMC", "tCPS", "t2CPS", "t2MSR", "t2MRS", "t2MCR", "t2MRC", "t2CDP", "t2LDC", "t2STC", "tHLT", "tSETEND", "ECALL", "EBREAK", "C_EBREAK", "CSR", "MRET", "SRET", "WFI", "FENCE_I", "SFENCE", "C_UNIMP", "UNIMP",
                                   "SYSCALL", "SYSENTER", "SYSRET", "INT", "HLT", "CLI", "STI", "IN8", "IN16", "IN32", "OUT8", "OUT16", "OUT32", "WRMSR", "RDMSR", "CPUID", "MOV64rc", "MOV64cr", "LGDT", "LIDT", "HVC", "SMC", "MSR", "MRS", "BRK", "DCPS", "ERET", "DRPS"})
            if (n.starts_with(prefix)) return true;
        // Thumb's tables set the mark for plain arithmetic, too: there the names above are all.
        const llvm::MCInstrDesc& d = description(insn);
        if (triple_.isThumb() || !d.hasUnmodeledSideEffects() || d.isBranch() || d.isCall() || d.isReturn() || d.mayLoad() || d.mayStore()) return false;
        for (const char* prefix : {"DMB", "HINT", "FENCE", "PAUSE", "NOOP", "MFENCE", "LOCK_PREFIX", "DIV", "IDIV"})
            if (n.starts_with(prefix)) return false;
        return true;
    }

    void judge(std::uint32_t at, Step& step) {
        const MCInst& insn = step.insn;
        const llvm::MCInstrDesc& d = description(insn);
        const InsnCycles cycles = cycles_of(target_, *instructions_, insn);
        step.cycles = cycles.always;
        step.cycles_taken = cycles.taken;
        step.store_exclusive = name(insn).starts_with("t2STREX") || name(insn).starts_with("SC_") || name(insn).starts_with("STXR") || name(insn).starts_with("STLXR");
        if (forbidden(insn)) return fail("MBPF3220", at, "the instruction " + name(insn).str());
        std::uint64_t to = 0;
        const bool direct = analysis_->evaluateBranch(insn, at, step.size, to) || by_page(at, insn, to);
        const bool writes_pc = program_counter_ != 0 && defines(insn, program_counter_);
        const bool table = name(insn).starts_with("t2TBB") || name(insn).starts_with("t2TBH") || (writes_pc && name(insn).starts_with("tADDhirr"));
        if (table) {
            step.falls_through = false;
            read_table(at, step);
        } else if (analysis_->isCall(insn) || (triple_.isRISCV() && direct && name(insn) == "JALR" && registers_->getName(insn.getOperand(0).getReg()) != StringRef("X0"))) {
            if (direct) step.callee = offset(to);
            else leave(at, step);
        } else if (!direct && returns(insn, writes_pc)) {
            step.returns = true;
            step.falls_through = analysis_->isConditionalBranch(insn) || is_predicated(insn);
        } else if (analysis_->isBranch(insn) || writes_pc) {
            if (!direct) {  // a helper in tail position, if the address turns out to be loaded
                step.falls_through = is_predicated(insn);
                step.returns = true;
                return leave(at, step);
            }
            const CodeRange *from = function_at(at), *into = function_at(offset(to));
            step.falls_through = analysis_->isConditionalBranch(insn) || (is_predicated(insn) && !d.isBarrier());
            if (from != into && into != nullptr && into->begin == offset(to)) {  // a tail call
                step.callee = offset(to);
                step.returns = true;
            } else {
                step.targets.push_back(offset(to));
            }
        }
        judge_address(at, step);
    }
    void judge_stack(Step& step) const {
        step.stack_change = stack_change(triple_, *instructions_, *registers_, step.insn);
        if (step.stack_change != 0 && !step.returns && is_predicated(step.insn)) step.stack_change.reset();
    }
    void leave(std::uint32_t at, Step& step) {
        step.leaves_text = true;
        ++audit_.indirect_calls;
        computed_.push_back(at);
    }
    static std::uint32_t offset(std::uint64_t address) { return static_cast<std::uint32_t>(address); }

    bool defines(const MCInst& insn, unsigned reg) const {
        const llvm::MCInstrDesc& d = description(insn);
        if (d.hasImplicitDefOfPhysReg(reg)) return true;
        for (unsigned i = 0; i < d.getNumDefs() && i < insn.getNumOperands(); ++i)
            if (insn.getOperand(i).isReg() && insn.getOperand(i).getReg() == reg) return true;
        if (d.variadicOpsAreDefs())
            for (unsigned i = d.getNumOperands(); i-- > 0 && i < insn.getNumOperands();) {
                if (i + 1 < d.getNumOperands()) break;
                for (unsigned k = i; k < insn.getNumOperands(); ++k)
                    if (insn.getOperand(k).isReg() && insn.getOperand(k).getReg() == reg) return true;
            }
        // Register lists of tPOP and the like.
        for (unsigned i = 0; i < insn.getNumOperands(); ++i)
            if (name(insn).starts_with("tPOP") && insn.getOperand(i).isReg() && insn.getOperand(i).getReg() == reg) return true;
        if (name(insn).starts_with("t2LDMIA"))
            for (unsigned i = 0; i < insn.getNumOperands(); ++i)
                if (insn.getOperand(i).isReg() && insn.getOperand(i).getReg() == reg) return true;
        return false;
    }
    bool returns(const MCInst& insn, bool writes_pc) const {
        const StringRef n = name(insn);
        // Through another register than the link register it is a helper's call in tail position, or worse.
        if (n == "tBX" || n == "RET") return registers_->getName(insn.getOperand(0).getReg()) == StringRef("LR");
        if (analysis_->isReturn(insn)) return true;
        if (n == "C_JR" || n == "JALR") {  // to ra, or t0 from what the outliner made
            const auto& to = insn.getOperand(n == "C_JR" ? 0 : 1);
            const StringRef reg = registers_->getName(to.getReg());
            return reg == "X1" || reg == "X5";
        }
        return writes_pc && (n.starts_with("tPOP") || n.starts_with("t2LDMIA") || n.starts_with("t2LDR_POST"));
    }
    // RISC-V: auipc and jalr by the same register, as one call or jump.
    bool by_page(std::uint32_t at, const MCInst& insn, std::uint64_t& to) const {
        const auto before = steps_.find(at - 4);
        if (name(insn) != "JALR" || before == steps_.end() || name(before->second.insn) != "AUIPC") return false;
        const MCInst& page = before->second.insn;
        if (page.getOperand(0).getReg() != insn.getOperand(1).getReg()) return false;
        to = static_cast<std::uint32_t>(at - 4 + (static_cast<std::uint64_t>(page.getOperand(1).getImm()) << 12) + static_cast<std::uint64_t>(insn.getOperand(2).getImm()));
        return true;
    }
    // ARM: an instruction in an IT block has a condition other than AL (14).
    bool is_predicated(const MCInst& insn) const {
        if (!triple_.isARM() && !triple_.isThumb()) return false;
        const llvm::MCInstrDesc& d = description(insn);
        for (unsigned i = 0; i < d.getNumOperands() && i < insn.getNumOperands(); ++i)
            if (d.operands()[i].isPredicate() && insn.getOperand(i).isImm()) return insn.getOperand(i).getImm() != 14;
        return false;
    }

    // Offsets of half-words from behind the jump, a byte or two each, as far as the constants reach.
    void read_table(std::uint32_t at, Step& step) {
        const std::uint32_t begin = at + step.size, unit = name(step.insn).starts_with("t2TBH") ? 2 : 1;
        const auto table = std::ranges::find_if(image_.constants, [&](const CodeRange& r) { return r.begin == begin; });
        if (table == image_.constants.end()) return fail("MBPF3221", at, "a jump by a table that is not there");
        const std::uint32_t base = at + 4;
        for (std::uint32_t i = begin; i + unit <= table->end; i += unit) {
            const std::uint32_t entry = unit == 2 ? image_.text[i] | image_.text[i + 1] << 8 : image_.text[i];
            if (entry != 0 || i == begin) step.targets.push_back(base + 2 * entry);
        }
    }

    void judge_address(std::uint32_t at, Step& step) {
        const MCInst& insn = step.insn;
        const StringRef n = name(insn);
        const auto inside = [&](std::uint64_t address, std::uint64_t slack) { return address + slack >= slack && address < image_.text.size() + slack; };
        if (const auto address = analysis_->evaluateMemoryOperandAddress(insn, subtarget_.get(), at, step.size); address && !inside(*address, 0))
            return fail("MBPF3222", at, name(insn).str() + " at address " + hex(*address));
        if (n == "AUIPC") {  // with 12 signed bits to come
            const std::uint64_t page = at + (static_cast<std::uint64_t>(insn.getOperand(1).getImm()) << 12);
            const auto near = static_cast<std::int64_t>(static_cast<std::int32_t>(page));
            if (near < -2048 || near >= static_cast<std::int64_t>(image_.text.size()) + 2048) fail("MBPF3222", at, "an address near " + hex(page));
        }
    }

    const Image& image_;
    const Target& target_;
    llvm::Triple triple_;
    std::unique_ptr<llvm::MCRegisterInfo> registers_;
    std::unique_ptr<llvm::MCAsmInfo> assembler_;
    std::unique_ptr<llvm::MCSubtargetInfo> subtarget_;
    std::unique_ptr<llvm::MCInstrInfo> instructions_;
    std::unique_ptr<llvm::MCContext> context_;
    std::unique_ptr<llvm::MCDisassembler> decoder_;
    std::unique_ptr<llvm::MCInstrAnalysis> analysis_;
    unsigned program_counter_ = 0;
    std::map<std::uint32_t, Step> steps_;
    std::map<std::uint32_t, std::vector<std::uint32_t>> predecessors_, callers_;
    std::vector<std::uint32_t> computed_;  // calls and jumps by register
    Audit audit_;
    std::optional<Problem> problem_;
};

}  // namespace

Result<Audit> audit_image(const Image& image, const Target& target) { return Auditor(image, target).run(); }

}  // namespace mbpf
