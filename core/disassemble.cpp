// SPDX-License-Identifier: Apache-2.0
// Text of one instruction as LLVM prints it, so that it reads like llvm-objdump's output.
#include <string>

#include "core/isa.h"

namespace mbpf::bpf {

namespace {

std::string reg(unsigned number, unsigned width) { return (width == 32 ? "w" : "r") + std::to_string(number); }

std::string memory(const Insn& insn, unsigned base, unsigned width, bool sign) {
    const int offset = insn.offset;
    return std::string("*(") + (sign ? "s" : "u") + std::to_string(width) + " *)(r" + std::to_string(base) +
           (offset < 0 ? " - " : " + ") + std::to_string(offset < 0 ? -offset : offset) + ")";
}

std::string_view alu_symbol(AluOp op) {
    switch (op) {
        case AluOp::add: return "+=";
        case AluOp::sub: return "-=";
        case AluOp::mul: return "*=";
        case AluOp::div: return "/=";
        case AluOp::sdiv: return "s/=";
        case AluOp::mod: return "%=";
        case AluOp::smod: return "s%=";
        case AluOp::and_: return "&=";
        case AluOp::or_: return "|=";
        case AluOp::xor_: return "^=";
        case AluOp::lsh: return "<<=";
        case AluOp::rsh: return ">>=";
        case AluOp::arsh: return "s>>=";
        case AluOp::mov: return "=";
        case AluOp::neg: return "= -";
        case AluOp::none: return "?";
    }
    return "?";
}

std::string_view condition_symbol(Condition condition) {
    switch (condition) {
        case Condition::eq: return "==";
        case Condition::ne: return "!=";
        case Condition::gt: return ">";
        case Condition::ge: return ">=";
        case Condition::lt: return "<";
        case Condition::le: return "<=";
        case Condition::set: return "&";
        case Condition::sgt: return "s>";
        case Condition::sge: return "s>=";
        case Condition::slt: return "s<";
        case Condition::sle: return "s<=";
        case Condition::none: return "?";
    }
    return "?";
}

std::string target(std::size_t slot, std::int64_t relative) {
    return "goto " + std::string(relative < 0 ? "" : "+") + std::to_string(relative) + " <" +
           std::to_string(static_cast<std::int64_t>(slot) + 1 + relative) + ">";
}

std::string atomic(const Insn& insn, const Op& op) {
    const std::string place = memory(insn, insn.dst, op.width, false);
    const std::string address = "(u" + std::to_string(op.width) + place.substr(place.find(' '));
    const std::string src = reg(insn.src, op.width);
    const std::string inner = "(" + address + ", " + src + ")";
    switch (op.atomic) {
        case AtomicOp::add: return "lock " + place + " += " + src;
        case AtomicOp::or_: return "lock " + place + " |= " + src;
        case AtomicOp::and_: return "lock " + place + " &= " + src;
        case AtomicOp::xor_: return "lock " + place + " ^= " + src;
        case AtomicOp::fetch_add: return src + " = atomic_fetch_add" + inner;
        case AtomicOp::fetch_or: return src + " = atomic_fetch_or" + inner;
        case AtomicOp::fetch_and: return src + " = atomic_fetch_and" + inner;
        case AtomicOp::fetch_xor: return src + " = atomic_fetch_xor" + inner;
        case AtomicOp::exchange: return src + " = xchg" + inner;
        case AtomicOp::compare_exchange:
            return reg(0, op.width) + " = cmpxchg(" + address + ", " + reg(0, op.width) + ", " + src + ")";
        case AtomicOp::none: return "?";
    }
    return "?";
}

std::string load_imm64(std::span<const Insn> insns, std::size_t slot) {
    const Insn& insn = insns[slot];
    const std::string dst = "r" + std::to_string(insn.dst) + " = ";
    const std::int32_t next = slot + 1 < insns.size() ? insns[slot + 1].imm : 0;
    switch (static_cast<Pseudo>(insn.src)) {
        case Pseudo::none: {
            const std::uint64_t value = static_cast<std::uint32_t>(insn.imm) | static_cast<std::uint64_t>(static_cast<std::uint32_t>(next)) << 32;
            return dst + std::to_string(static_cast<std::int64_t>(value)) + " ll";
        }
        case Pseudo::map:
        case Pseudo::map_by_index: return dst + "map[" + std::to_string(insn.imm) + "] ll";
        case Pseudo::map_value:
        case Pseudo::map_value_by_index: return dst + "map[" + std::to_string(insn.imm) + "].value + " + std::to_string(next) + " ll";
        case Pseudo::variable: return dst + "variable[" + std::to_string(insn.imm) + "] ll";
        case Pseudo::function: return dst + "function <" + std::to_string(static_cast<std::int64_t>(slot) + 1 + insn.imm) + "> ll";
    }
    return dst + "? ll";
}

}  // namespace

std::string disassemble(std::span<const Insn> insns, std::size_t slot) {
    const Insn& insn = insns[slot];
    const Op* op = find_op(insn);
    if (op == nullptr && insn.opcode == 0xe5) return "may_goto" + target(slot, insn.offset).substr(4);  // none of RFC 9669: shown, refused
    if (op == nullptr) return "<invalid opcode " + std::to_string(insn.opcode) + ">";
    const std::string dst = reg(insn.dst, op->width);
    const std::string operand = op->uses_src ? reg(insn.src, op->width) : std::to_string(insn.imm);
    switch (op->kind) {
        case Kind::alu:
            if (op->alu == AluOp::neg) return dst + " = -" + dst;
            return dst + " " + std::string(alu_symbol(op->alu)) + " " + operand;
        case Kind::movsx: return dst + " = (s" + std::to_string(op->from_bits) + ")" + reg(insn.src, op->width);
        case Kind::to_le:
        case Kind::to_be:
        case Kind::bswap: {
            const std::string r = "r" + std::to_string(insn.dst);
            return r + " = " + std::string(op->name) + " " + r;
        }
        case Kind::load:
        case Kind::load_sx:
            return (op->kind == Kind::load && op->width < 64 ? "w" : "r") + std::to_string(insn.dst) + " = " +
                   memory(insn, insn.src, op->width, op->kind == Kind::load_sx);
        case Kind::store_reg: return memory(insn, insn.dst, op->width, false) + " = " + reg(insn.src, op->width == 64 ? 64 : 32);
        case Kind::store_imm: return memory(insn, insn.dst, op->width, false) + " = " + std::to_string(insn.imm);
        case Kind::atomic: return atomic(insn, *op);
        case Kind::load_imm64: return load_imm64(insns, slot);
        case Kind::jump:
            return "if " + dst + " " + std::string(condition_symbol(op->condition)) + " " + operand + " " + target(slot, insn.offset);
        case Kind::jump_always: return (op->width == 32 ? "gotol" : "goto") + target(slot, op->width == 32 ? insn.imm : insn.offset).substr(4);
        case Kind::call_helper: return "call " + std::to_string(insn.imm);
        case Kind::call_local: return "call <" + std::to_string(static_cast<std::int64_t>(slot) + 1 + insn.imm) + ">";
        case Kind::call_btf: return "call btf " + std::to_string(insn.imm);
        case Kind::call_indirect: return "callx r" + std::to_string(insn.dst);
        case Kind::exit: return "exit";
        case Kind::load_abs: return "r0 = *(u" + std::to_string(op->width) + " *)skb[" + std::to_string(insn.imm) + "]";
        case Kind::load_ind:
            return "r0 = *(u" + std::to_string(op->width) + " *)skb[r" + std::to_string(insn.src) + " + " + std::to_string(insn.imm) + "]";
    }
    return "?";
}

}  // namespace mbpf::bpf
