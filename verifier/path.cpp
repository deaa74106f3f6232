// SPDX-License-Identifier: Apache-2.0
// Registers are followed along the way as C expressions ("ctx->value / 4", "bpf_map_lookup_elem()"). They are for
// reading only: one that is lost is told by its register's name.
#include "verifier/path.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "verifier/explain.h"

namespace mbpf {

using namespace proof;
using bpf::AluOp;
using bpf::Condition;
using bpf::Kind;

namespace {

constexpr std::size_t kLongest = 60;  // of an expression
constexpr std::size_t kNotes = 8;

const char* symbol_of(AluOp op) {
    switch (op) {
        case AluOp::add: return " + ";
        case AluOp::sub: return " - ";
        case AluOp::mul: return " * ";
        case AluOp::div:
        case AluOp::sdiv: return " / ";
        case AluOp::mod:
        case AluOp::smod: return " % ";
        case AluOp::and_: return " & ";
        case AluOp::or_: return " | ";
        case AluOp::xor_: return " ^ ";
        case AluOp::lsh: return " << ";
        case AluOp::rsh:
        case AluOp::arsh: return " >> ";
        case AluOp::none:
        case AluOp::neg:
        case AluOp::mov: return nullptr;
    }
    return nullptr;
}

// What holds if the jump is taken, or is not.
const char* relation(Condition c, bool holds) {
    switch (c) {
        case Condition::eq: return holds ? " == " : " != ";
        case Condition::ne: return holds ? " != " : " == ";
        case Condition::gt:
        case Condition::sgt: return holds ? " > " : " <= ";
        case Condition::ge:
        case Condition::sge: return holds ? " >= " : " < ";
        case Condition::lt:
        case Condition::slt: return holds ? " < " : " >= ";
        case Condition::le:
        case Condition::sle: return holds ? " <= " : " > ";
        case Condition::set: return holds ? " has bits of " : " has no bit of ";
        case Condition::none: return " ? ";
    }
    return " ? ";
}

bool is_signed(Condition c) { return c == Condition::sgt || c == Condition::sge || c == Condition::slt || c == Condition::sle; }

// `least`, `most`: what any value of the width is between.
template <class T>
std::string between(T low, T high, T least, T most) {
    if (low == high) return "it is " + std::to_string(low);
    if (low == least && high == most) return {};
    // Unsigned numbers are never negative; to say "at most" of them tells that nothing else is known.
    if (high == most) return "it is at least " + std::to_string(low);
    if (low == least && least != 0) return "it is at most " + std::to_string(high);
    return "it is in [" + std::to_string(low) + ", " + std::to_string(high) + "]";
}

// "it is in [0, 7]", read as the jump reads it; empty if nothing is known.
std::string known(const Value& v, unsigned width, bool as_signed) {
    if (!v.is_number()) return {};
    const auto& low = v.number.low;
    const auto& wide = v.number.wide;
    if (width == 32) return as_signed ? between<std::int64_t>(low.smin, low.smax, INT32_MIN, INT32_MAX) : between<std::uint64_t>(low.umin, low.umax, 0, UINT32_MAX);
    return as_signed ? between<std::int64_t>(wide.smin, wide.smax, INT64_MIN, INT64_MAX) : between<std::uint64_t>(wide.umin, wide.umax, 0, UINT64_MAX);
}

DiagnosticNote note_at(const ProofEnvironment& env, std::string text, std::uint32_t slot) {
    SourceLocation at = env.object().location(env.program(), slot);
    if (at.line == 0) text += " (instruction " + std::to_string(slot) + ")";
    return {std::move(text), std::move(at)};
}

std::string end_text(const bpf::Insn& i, const Operation& op, bool taken) {
    const std::string width = op.width == 32 ? "w" : "r";
    return "it ends here if " + width + std::to_string(i.dst) + relation(op.condition, taken) + (op.uses_src ? width + std::to_string(i.src) : std::to_string(i.imm));
}

class Teller {
  public:
    Teller(const ProofEnvironment& env, const DataNames& names, std::vector<PathStep>& path) : env_(env), path_(path), names_(names) {}

    void see(Retrace what, std::uint32_t slot, const State* s) {
        switch (what) {
            case Retrace::loop: enter_loop(slot); [[fallthrough]];
            case Retrace::segment: arrived_ = false; break;
            case Retrace::skipped:
                decisions_ += slot;
                for (std::string& e : expr_) e.clear();
                stack_.clear();
                break;
            case Retrace::instruction:
                follow(slot, *s);
                break;
            case Retrace::leave:
                if (!saved_.empty()) {
                    std::copy(saved_.back().begin(), saved_.back().end(), expr_.begin() + 6);
                    saved_.pop_back();
                }
                break;
            case Retrace::taken:
            case Retrace::not_taken:
                told_.push_back(decision(slot, what == Retrace::taken, s));
                told_.back().index = decisions_++;
                break;
            case Retrace::arrived: arrived_ = true; break;
        }
    }

    void finish(Diagnostic& problem, const Failure& failure) {
        for (const Told& t : told_) {
            if (t.index >= path_.size()) continue;
            path_[t.index].values = t.values;
            path_[t.index].text = t.text;
        }
        std::vector<const Told*> last;
        for (auto it = told_.rbegin(); it != told_.rend() && last.size() < kNotes; ++it)
            if (!it->is_plain && std::ranges::none_of(last, [&](const Told* t) { return t->slot == it->slot && t->taken == it->taken; })) last.push_back(&*it);
        for (DiagnosticNote& n : problem.notes) name_end(n);
        for (auto it = last.rbegin(); it != last.rend(); ++it) problem.notes.push_back(note((*it)->text, (*it)->slot));
        if (!arrived_ || failure.reason == Reason::none) return;
        const SourceLocation set_at = env_.object().location(env_.program(), set_at_);
        if (failure.reason == Reason::return_range && set_at.line > 0 && set_at.line != problem.where.line) problem.notes.push_back({expr_[0].empty() ? "the value comes from here" : "the value, " + expr_[0] + ", comes from here", set_at});
        if (failure.reason == Reason::unreadable_register && moved_packet_ && (moved_packet_->first >> failure.reg & 1) != 0) {
            const std::uint32_t slot = moved_packet_->second;
            const Helper* by = env_.platform().find_helper(static_cast<std::uint32_t>(insn(slot).imm));
            problem.message = "packet pointer is used after the packet may have moved";
            problem.why = "bpf_" + (by != nullptr ? by->name : std::string()) + " may move it, so that pointers into it from before lead nowhere";
            problem.fix = "read data and data_end from the context again after the call, and check the bounds again";
            problem.notes.push_back(note("it may move here", slot));
        }
        const bool as_number = failure.reason == Reason::number_access || failure.reason == Reason::argument_kind;
        if ((failure.reason == Reason::unreadable_register || as_number) && released_ && failure.reg < expr_.size() && expr_[failure.reg] == released_->first) {
            const SourceLocation at = env_.object().location(env_.program(), released_->second);
            problem.code = "MBPF1008";
            problem.message = "use of what " + expr_[failure.reg] + " returned after it was given back";
            problem.why = at.line > 0 ? "it was given back at line " + std::to_string(at.line) : "it was given back at instruction " + std::to_string(released_->second);
            problem.fix = "use it before it is submitted, discarded or released";
            problem.notes.push_back(note("given back here", released_->second));
        }
        for (unsigned r = 0; r < bpf::kFramePointer; ++r) {
            const std::string is = "r" + std::to_string(r) + " is ";
            if (problem.why.starts_with(is) && !expr_[r].empty()) problem.why.replace(0, is.size(), expr_[r] + " (r" + std::to_string(r) + ") is ");
        }
    }

  private:
    DiagnosticNote note(std::string text, std::uint32_t slot) const { return note_at(env_, std::move(text), slot); }

    // "it ends here if w1 == 0", told of registers, in the names that this way has for them.
    void name_end(DiagnosticNote& n) const {
        for (auto t = told_.rbegin(); t != told_.rend(); ++t) {  // the last was in the loop, an earlier one perhaps before it
            if (t->is_plain || t->at.line != n.where.line || t->at.column != n.where.column) continue;
            const Operation op = decode(insn(t->slot));
            for (const bool taken : {false, true})
                if (n.message.starts_with(end_text(insn(t->slot), op, taken))) {
                    n.message = "it ends here if " + t->left + relation(op.condition, taken) + t->right;
                    return;
                }
        }
    }

    struct Told {
        std::size_t index = 0;  // of the decision
        std::uint32_t slot = 0;
        bool taken = false;
        bool is_plain = false;  // a comparison of two constants, which nobody wrote
        std::string text;
        std::string left, right;  // what is compared
        SourceLocation at;
        std::vector<std::pair<std::string, std::string>> values;
    };

    const bpf::Insn& insn(std::uint32_t slot) const { return env_.program().insns[slot]; }
    std::string reg(unsigned r, unsigned width) const { return (width == 32 ? "w" : "r") + std::to_string(r); }
    std::string named(unsigned r, unsigned width) const { return expr_[r].empty() ? reg(r, width) : expr_[r]; }

    // Whether a call of that name returns a pointer.
    bool gave_pointer(std::string_view call) const {
        return std::ranges::any_of(env_.platform().helpers, [&](const Helper& h) { return h.returns != ReturnKind::scalar && h.returns != ReturnKind::nothing && call == "bpf_" + h.name + "()"; });
    }

    static bool same_line(const SourceLocation& a, const SourceLocation& b) { return a.line == b.line && a.file == b.file; }

    // "12", with its file where that is not the one of `seen_from`.
    static std::string line_text(const SourceLocation& at, const SourceLocation& seen_from) {
        return (at.file == seen_from.file ? std::string() : at.file.substr(at.file.find_last_of('/') + 1) + ":") + std::to_string(at.line);
    }

    // The first line other than `line` on the straight way from there, or `line`.
    SourceLocation line_from(std::uint32_t slot, const SourceLocation& line) const {
        SourceLocation at = line;
        for (; slot < env_.program().insns.size(); ++slot) {
            at = env_.object().location(env_.program(), slot);
            const Kind kind = decode(insn(slot)).kind;
            if (!same_line(at, line) || kind == Kind::jump || kind == Kind::jump_always || kind == Kind::exit || kind == Kind::call_local) break;
        }
        return at;
    }

    Told decision(std::uint32_t slot, bool taken, const State* s) {
        const bpf::Insn& i = insn(slot);
        const Operation op = decode(i);
        Told t{0, slot, taken, !expr_[i.dst].empty() && expr_[i.dst].find_first_not_of("-0123456789") == std::string::npos, {}, {}, {}, env_.object().location(env_.program(), slot), {}};
        const auto line_after = [&](bool jumps) { return line_from(slot + 1 + (jumps ? static_cast<std::uint32_t>(std::int32_t{i.offset}) : 0), t.at); };
        const SourceLocation to = line_after(taken), other = line_after(!taken);
        const bool as_signed = is_signed(op.condition);
        const bool pointer = s != nullptr && (s->regs[i.dst].is_pointer() || (!op.uses_src && i.imm == 0 && gave_pointer(expr_[i.dst]) && s->regs[i.dst].is_null()));
        const std::string left = t.is_plain ? reg(i.dst, op.width) : named(i.dst, op.width);
        const std::string right = op.uses_src ? named(i.src, op.width) : pointer && i.imm == 0 ? "NULL" : as_signed || i.imm >= 0 ? std::to_string(i.imm) : std::to_string(op.width == 32 ? std::uint64_t{static_cast<std::uint32_t>(i.imm)} : static_cast<std::uint64_t>(std::int64_t{i.imm}));
        const bool bits = left.find_first_of("&|^") != std::string::npos && left.find(' ') != std::string::npos;  // bind looser than comparisons
        t.text = "here " + (bits ? "(" + left + ")" : left) + relation(op.condition, taken) + right;
        if (s != nullptr && !pointer) {
            const std::string l = known(s->regs[i.dst], op.width, as_signed);
            const std::string r = op.uses_src ? known(s->regs[i.src], op.width, as_signed) : std::string();
            if (!l.empty()) t.values.emplace_back(left, l.substr(l.find("is ") + 3));
            if (!r.empty()) t.values.emplace_back(right, r.substr(r.find("is ") + 3));
            const bool said = taken == (op.condition == Condition::eq) && !op.uses_src && (op.condition == Condition::eq || op.condition == Condition::ne);  // x == 5 says all
            if (!l.empty() && r.empty() && !said) t.text += " (" + l + ")";
            if (!r.empty()) t.text += " (" + (l.empty() ? std::string() : left + l.substr(2) + ", ") + right + r.substr(2) + ")";
        }
        if (s != nullptr && op.uses_src && s->packet_bytes > 0 && (s->regs[i.dst].region == Region::packet_end || s->regs[i.src].region == Region::packet_end)) {
            const std::string bytes = "at least " + std::to_string(s->packet_bytes) + (s->packet_bytes == 1 ? " byte" : " bytes");
            t.text += " (the packet has " + bytes + ")";
            t.values.emplace_back("packet", bytes);
        }
        t.left = left;
        t.right = right;
        if (to.line > 0) t.text += (same_line(to, t.at) ? ", and on in line " : ", so on to line ") + line_text(to, t.at);
        if (to.line > 0 && other.line > 0 && !same_line(other, to) && !same_line(other, t.at)) t.text += ", not " + line_text(other, t.at);
        return t;
    }

    // What the loop changes has no one name at its head. Its code: up to the last jump back there.
    void enter_loop(std::uint32_t head) {
        const auto& insns = env_.program().insns;
        std::uint32_t end = head;
        for (std::uint32_t slot = head; slot < insns.size(); ++slot) {
            const Kind kind = decode(insns[slot]).kind;
            if ((kind == Kind::jump || kind == Kind::jump_always) && std::int64_t{slot} + 1 + insns[slot].offset == head) end = slot;
        }
        for (std::uint32_t slot = head; slot <= end && slot < insns.size(); ++slot) {
            const Kind kind = decode(insns[slot]).kind;
            const bool call = kind == Kind::call_helper || kind == Kind::call_local;
            if (call) std::fill(expr_.begin(), expr_.begin() + 6, std::string());
            if (call || kind == Kind::store_reg || kind == Kind::store_imm || kind == Kind::atomic) stack_.clear();
            if (kind == Kind::atomic) expr_[0].clear(), expr_[insns[slot].src].clear();
            if (kind == Kind::alu || kind == Kind::movsx || kind == Kind::to_be || kind == Kind::bswap || kind == Kind::load || kind == Kind::load_sx || kind == Kind::load_imm64) expr_[insns[slot].dst].clear();
        }
    }

    void set(unsigned r, std::string text) {
        if (text.size() > kLongest) text.clear();
        expr_[r] = std::move(text);
    }

    static std::string grouped(const std::string& text) { return text.find(' ') == std::string::npos ? text : "(" + text + ")"; }

    void alu(const bpf::Insn& i, const Operation& op) {
        const std::string operand = op.uses_src ? expr_[i.src] : std::to_string(i.imm);
        if (op.alu == AluOp::mov) return set(i.dst, operand);
        const bool shift = op.alu == AluOp::lsh || op.alu == AluOp::rsh || op.alu == AluOp::arsh;
        if (shift && !op.uses_src && i.imm == 32) return;  // a pair of these is a cast
        if (expr_[i.dst].empty() || operand.empty()) return set(i.dst, {});
        if (op.alu == AluOp::neg) return set(i.dst, "-" + grouped(expr_[i.dst]));
        if (op.alu == AluOp::add && !op.uses_src && i.imm < 0) return set(i.dst, expr_[i.dst] + " - " + std::to_string(-std::int64_t{i.imm}));
        const bool sum = op.alu == AluOp::add;
        set(i.dst, (sum ? expr_[i.dst] : grouped(expr_[i.dst])) + symbol_of(op.alu) + grouped(operand));
    }

    std::string place(int map, std::int64_t offset, bool fixed) const {
        if (static_cast<std::size_t>(map) >= env_.object().maps.size()) return {};
        const bpf::Map& m = env_.object().maps[static_cast<std::size_t>(map)];
        const auto found = names_.find(m, offset);
        if (!found) return {};
        std::string text = m.is_global_data() ? found->name : found->name.empty() ? "*" + m.name : m.name + "->" + found->name;
        if (found->element > 0) text += "[" + (fixed ? std::to_string((offset - found->begin) / found->element) : std::string("…")) + "]";
        return fixed || found->element > 0 ? text : std::string();
    }

    std::string loaded(const bpf::Insn& i, const Operation& op, const State& s) const {
        const Value& base = s.regs[i.src];
        const std::int64_t offset = base.offset_min() + i.offset;
        if (!base.is_pointer()) return {};
        switch (base.region) {
            case Region::context:
                for (const ContextField& f : env_.hook().fields)
                    if (base.fixed_place() && offset >= f.offset && offset < std::int64_t{f.offset} + f.size) return "ctx->" + f.name + (f.kind == FieldKind::raw_bytes && op.width == 64 ? "[" + std::to_string((offset - f.offset) / 8) + "]" : std::string());
                return {};
            case Region::packet:
                if (!base.fixed_place()) return {};
                return "packet[" + std::to_string(offset) + (op.width > 8 ? ".." + std::to_string(offset + op.width / 8 - 1) : std::string()) + "]";
            case Region::map_value:
                return base.map >= 0 ? place(base.map, offset, base.fixed_place()) : std::string();
            case Region::stack: {
                const auto found = base.fixed_place() ? stack_.find({base.frame, offset}) : stack_.end();
                return found == stack_.end() ? std::string() : found->second;
            }
            case Region::none:
            case Region::mixed:
            case Region::packet_end:
            case Region::packet_meta:
            case Region::map_handle:
            case Region::ring_buffer_record:
            case Region::memory:
            case Region::function:
            case Region::object: return {};
        }
        return {};
    }

    void stored(const bpf::Insn& i, const State& s, const std::string& text) {
        const Value& base = s.regs[i.dst];
        if (base.region != Region::stack) return;
        if (!base.fixed_place()) return stack_.clear();
        const std::int64_t at = base.offset_min() + i.offset;
        for (std::int64_t o = at - 7; o < at + 8; ++o) stack_.erase({base.frame, o});
        if (!text.empty()) stack_[{base.frame, at}] = text;
    }

    void follow(std::uint32_t slot, const State& s) {
        const bpf::Insn& i = insn(slot);
        const Operation op = decode(i);
        const bool computes = op.kind == Kind::alu || op.kind == Kind::movsx || op.kind == Kind::load || op.kind == Kind::load_sx || op.kind == Kind::load_imm64;
        if (op.kind == Kind::call_helper || (computes && i.dst == 0)) set_at_ = slot;
        switch (op.kind) {
            case Kind::alu: alu(i, op); break;
            case Kind::movsx: set(i.dst, expr_[i.src]); break;
            case Kind::to_be:
            case Kind::bswap: set(i.dst, expr_[i.dst].empty() || i.imm > 32 ? std::string() : std::string(i.imm == 16 ? "ntohs(" : "ntohl(") + expr_[i.dst] + ")"); break;
            case Kind::to_le: break;
            case Kind::load:
            case Kind::load_sx: set(i.dst, loaded(i, op, s)); break;
            case Kind::store_reg: stored(i, s, expr_[i.src]); break;
            case Kind::store_imm: stored(i, s, std::to_string(i.imm)); break;
            case Kind::atomic: follow_atomic(i, op, s); break;
            case Kind::load_imm64: follow_immediate(slot, i); break;
            case Kind::call_helper: {
                const Helper* h = env_.platform().find_helper(static_cast<std::uint32_t>(i.imm));
                for (std::size_t a = 0; h != nullptr && a < h->args.size() && a < 5; ++a)
                    if (h->args[a].kind == ArgKind::ring_buffer_record || h->args[a].kind == ArgKind::object_release) released_ = std::pair{expr_[a + 1], slot};
                if (h != nullptr && h->invalidates_packet) {
                    unsigned held = 0;
                    for (unsigned r = 6; r < bpf::kFramePointer; ++r)
                        if (s.regs[r].region == Region::packet || s.regs[r].region == Region::packet_end) held |= 1u << r;
                    moved_packet_ = std::pair{held, slot};
                }
                for (unsigned r = 0; r <= 5; ++r) expr_[r].clear();
                if (h != nullptr) set(0, "bpf_" + h->name + "()");
                if (h != nullptr && std::ranges::any_of(h->args, [](const HelperArg& a) { return a.kind == ArgKind::memory_write || a.kind == ArgKind::map_value_out; })) stack_.clear();
                break;
            }
            case Kind::call_local:
                saved_.push_back({expr_[6], expr_[7], expr_[8], expr_[9]});
                break;
            case Kind::load_abs:
            case Kind::load_ind: set(0, "packet[…]"); break;
            case Kind::jump:
            case Kind::jump_always:
            case Kind::call_btf:
            case Kind::call_indirect:
            case Kind::exit: break;
        }
    }

    void follow_atomic(const bpf::Insn& i, const Operation& op, const State& s) {
        const Value& base = s.regs[i.dst];
        const bool named = base.region == Region::map_value && base.map >= 0 && base.is_pointer();
        const std::string old = named ? place(base.map, base.offset_min() + i.offset, base.fixed_place()) : std::string();
        stored(i, s, {});
        if (op.atomic == bpf::AtomicOp::compare_exchange) set(0, old);
        else if (op.atomic >= bpf::AtomicOp::fetch_add) set(i.src, old);
    }

    void follow_immediate(std::uint32_t slot, const bpf::Insn& i) {
        const auto pseudo = static_cast<bpf::Pseudo>(i.src);
        const bool map = (pseudo == bpf::Pseudo::map || pseudo == bpf::Pseudo::map_value) && i.imm >= 0 && static_cast<std::size_t>(i.imm) < env_.object().maps.size();
        if (pseudo == bpf::Pseudo::map && map) return set(i.dst, "&" + env_.object().maps[static_cast<std::size_t>(i.imm)].name);
        if (pseudo == bpf::Pseudo::map_value && map) {
            const auto found = names_.find(env_.object().maps[static_cast<std::size_t>(i.imm)], insn(slot + 1).imm);
            return set(i.dst, found ? (found->element > 0 ? "" : "&") + found->name : std::string());
        }
        if (pseudo == bpf::Pseudo::none) return set(i.dst, std::to_string(static_cast<std::int64_t>(static_cast<std::uint64_t>(static_cast<std::uint32_t>(insn(slot + 1).imm)) << 32 | static_cast<std::uint32_t>(i.imm))));
        set(i.dst, {});
    }

    const ProofEnvironment& env_;
    std::vector<PathStep>& path_;
    const DataNames& names_;
    std::array<std::string, bpf::kRegisterCount> expr_;
    std::vector<std::array<std::string, 4>> saved_;  // r6 to r9 of callers
    std::map<std::pair<unsigned, std::int64_t>, std::string> stack_;  // by frame and offset
    std::vector<Told> told_;
    std::size_t decisions_ = 0;
    std::uint32_t set_at_ = 0;  // where r0 was last set
    std::optional<std::pair<std::string, std::uint32_t>> released_;  // what, and where
    std::optional<std::pair<unsigned, std::uint32_t>> moved_packet_;  // registers that pointed into it, and where
    bool arrived_ = false;
};

}  // namespace

std::uint32_t loop_condition(const bpf::Object& object, const bpf::Program& program, std::uint32_t head) {
    if ((head & kGate) != 0) return head & ~kGate;
    const auto line = [&](std::uint32_t slot) { return object.location(program, slot).line; };
    const auto leads_to_head = [&](std::uint32_t s) {
        const Operation op = decode(program.insns[s]);
        const bpf::Insn& insn = program.insns[s];
        return op.valid && (op.kind == Kind::jump || op.kind == Kind::jump_always) && std::int64_t{s} + 1 + (op.kind == Kind::jump_always && op.width == 32 ? insn.imm : insn.offset) == head;
    };
    std::uint32_t slot = head;
    for (std::uint32_t s = head; s < program.insns.size(); ++s)
        if (leads_to_head(s) && (slot == head || line(s) <= line(slot))) slot = s;
    if (slot != head || leads_to_head(head)) return slot;
    // Compilers also put the end of a loop in front of its head: behind the jump that enters it.
    for (std::uint32_t s = program.function_of(head).begin; s < head; ++s)
        if (leads_to_head(s)) slot = s;
    return slot;
}

void tell_loop_ends(const ProofEnvironment& env, const Cfg& cfg, const std::set<std::uint32_t>& body, Diagnostic& problem) {
    constexpr std::size_t kEnds = 4;
    std::size_t ends = 0;
    for (const Block& b : cfg.blocks) {
        if (!body.contains(b.begin) || b.end == b.begin || b.successors.size() != 2) continue;
        const std::uint32_t slot = b.end - 1;
        const bpf::Insn& i = env.program().insns[slot];
        const Operation op = decode(i);
        for (const bool taken : {false, true}) {
            const std::uint32_t next = cfg.blocks[b.successors[taken ? 1 : 0]].begin;
            if (op.kind != Kind::jump || body.contains(next) || ++ends > kEnds) continue;
            problem.notes.push_back(note_at(env, end_text(i, op, taken), slot));
        }
    }
    if (ends == 0) problem.why += "; no condition leads out of it";
}

void tell_path(const ProofEnvironment& env, const DataNames& names, Search& search, Diagnostic& problem, std::vector<PathStep>& path) {
    Teller teller(env, names, path);
    search.retrace([&](Retrace what, std::uint32_t slot, const State* s) { teller.see(what, slot, s); });
    teller.finish(problem, search.failure() == SearchFailure::unsafe ? search.unsafe() : Failure{});
}

}  // namespace mbpf
