// SPDX-License-Identifier: Apache-2.0
#include "verifier/checker/decode.h"

namespace mbpf::proof {

using bpf::AluOp;
using bpf::AtomicOp;
using bpf::Condition;
using bpf::Insn;
using bpf::Kind;

namespace {

Operation arithmetic(const Insn& i, uint8_t width) {
    static constexpr AluOp kOps[] = {AluOp::add, AluOp::sub, AluOp::mul, AluOp::div, AluOp::or_, AluOp::and_, AluOp::lsh, AluOp::rsh, AluOp::neg, AluOp::mod, AluOp::xor_, AluOp::mov, AluOp::arsh};
    Operation o;
    o.kind = Kind::alu;
    o.width = width;
    o.uses_src = (i.opcode & 8) != 0;
    const unsigned code = i.opcode >> 4;
    if (code == 13) {  // byte order
        const bool swap = width == 64;
        o.kind = swap ? Kind::bswap : o.uses_src ? Kind::to_be : Kind::to_le;
        o.width = static_cast<uint8_t>(i.imm);
        o.valid = (i.imm == 16 || i.imm == 32 || i.imm == 64) && i.src == 0 && i.offset == 0 && !(swap && o.uses_src);
        o.uses_src = false;
        return o;
    }
    if (code > 12) return o;
    o.alu = kOps[code];
    bool offset_used = false;
    if (i.offset == 1 && (o.alu == AluOp::div || o.alu == AluOp::mod)) {
        o.alu = o.alu == AluOp::div ? AluOp::sdiv : AluOp::smod;
        offset_used = true;
    }
    if (o.alu == AluOp::mov && o.uses_src && (i.offset == 8 || i.offset == 16 || (i.offset == 32 && width == 64))) {
        o.kind = Kind::movsx;
        o.from_bits = static_cast<uint8_t>(i.offset);
        offset_used = true;
    }
    o.valid = (offset_used || i.offset == 0) && (o.uses_src ? i.imm == 0 : i.src == 0);
    if (o.alu == AluOp::neg) o.valid = !o.uses_src && i.offset == 0 && i.src == 0 && i.imm == 0;
    return o;
}

Operation jump(const Insn& i, uint8_t width) {
    static constexpr Condition kConditions[] = {Condition::none, Condition::eq, Condition::gt, Condition::ge, Condition::set, Condition::ne, Condition::sgt, Condition::sge,
                                                Condition::none, Condition::none, Condition::lt, Condition::le, Condition::slt, Condition::sle};
    Operation o;
    o.width = width;
    const unsigned code = i.opcode >> 4;
    o.uses_src = (i.opcode & 8) != 0;
    if (code == 0) {  // ja; gotol in the 32-bit class
        o.kind = Kind::jump_always;
        o.valid = !o.uses_src && i.dst == 0 && i.src == 0 && (width == 64 ? i.imm == 0 : i.offset == 0);
    } else if (code == 8) {
        o.valid = width == 64 && i.dst == 0 && (i.offset == 0 || i.src == 2) && !o.uses_src && i.src <= 2;
        o.kind = i.src == 0 ? Kind::call_helper : i.src == 1 ? Kind::call_local : Kind::call_btf;
    } else if (code == 9) {
        o.kind = Kind::exit;
        o.valid = width == 64 && !o.uses_src && i.dst == 0 && i.src == 0 && i.offset == 0 && i.imm == 0;
    } else if (code < 14) {
        o.kind = Kind::jump;
        o.condition = kConditions[code];
        o.valid = o.uses_src ? i.imm == 0 : i.src == 0;
    }
    return o;
}

Operation atomic(const Insn& i, uint8_t width) {
    Operation o;
    o.kind = Kind::atomic;
    o.width = width;
    o.uses_src = true;
    o.valid = width >= 32;
    switch (i.imm) {
        case 0x00: o.atomic = AtomicOp::add; break;
        case 0x40: o.atomic = AtomicOp::or_; break;
        case 0x50: o.atomic = AtomicOp::and_; break;
        case 0xa0: o.atomic = AtomicOp::xor_; break;
        case 0x01: o.atomic = AtomicOp::fetch_add; break;
        case 0x41: o.atomic = AtomicOp::fetch_or; break;
        case 0x51: o.atomic = AtomicOp::fetch_and; break;
        case 0xa1: o.atomic = AtomicOp::fetch_xor; break;
        case 0xe1: o.atomic = AtomicOp::exchange; break;
        case 0xf1: o.atomic = AtomicOp::compare_exchange; break;
        default: o.valid = false;
    }
    return o;
}

}  // namespace

Operation decode(const Insn& i) {
    static constexpr uint8_t kWidths[] = {32, 16, 8, 64};
    const unsigned group = i.opcode & 7, mode = i.opcode >> 5;
    const uint8_t width = kWidths[i.opcode >> 3 & 3];
    Operation o;
    o.width = width;
    switch (group) {
        case 0:  // LD
            if (mode == 0) {
                o.kind = Kind::load_imm64;
                o.valid = width == 64 && i.src <= 6 && i.offset == 0;
            } else {
                o.kind = mode == 1 ? Kind::load_abs : Kind::load_ind;
                o.uses_src = mode == 2;
                o.valid = (mode == 1 || mode == 2) && width != 64 && i.dst == 0 && i.offset == 0 && (mode == 2 || i.src == 0);
            }
            break;
        case 1:  // LDX
            o.kind = mode == 4 ? Kind::load_sx : Kind::load;
            o.valid = i.imm == 0 && (mode == 3 || (mode == 4 && width != 64));
            break;
        case 2:  // ST
            o.kind = Kind::store_imm;
            o.valid = mode == 3 && i.src == 0;
            break;
        case 3:  // STX
            if (mode == 6) {
                o = atomic(i, width);
                break;
            }
            o.kind = Kind::store_reg;
            o.uses_src = true;
            o.valid = mode == 3 && i.imm == 0;
            break;
        case 4: o = arithmetic(i, 32); break;
        case 5: o = jump(i, 64); break;
        case 6: o = jump(i, 32); break;
        default: o = arithmetic(i, 64); break;
    }
    const bool writes_dst = group == 0 || group == 1 || group == 4 || group == 7;
    if (i.dst > 10 || i.src > 10 || (writes_dst && i.dst == bpf::kFramePointer)) o.valid = false;
    // A fetching atomic writes its source register.
    if (o.kind == Kind::atomic && o.atomic != AtomicOp::none && (i.imm & 1) != 0 && o.atomic != AtomicOp::compare_exchange && i.src == bpf::kFramePointer) o.valid = false;
    return o;
}

}  // namespace mbpf::proof
