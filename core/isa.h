// SPDX-License-Identifier: Apache-2.0
// The eBPF instruction set (RFC 9669) as one table. Decoder, encoder, disassembler, verifier, lifter and
// interpreter all read it, so an instruction means the same everywhere. The opcode byte alone is no key:
// offset 1 turns div into sdiv, offsets 8/16/32 turn mov into movsx, imm selects atomics and byte swaps,
// src selects the kind of call and of 64-bit immediate.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace mbpf::bpf {

inline constexpr unsigned kRegisterCount = 11;  // r0..r10
inline constexpr std::uint8_t kFramePointer = 10;
inline constexpr unsigned kSlotBytes = 8;

// One 8-byte slot as it stands in memory. lddw takes two slots; the second has opcode 0.
struct Insn {
    std::uint8_t opcode = 0;
    std::uint8_t dst = 0;  // 0..15 as encoded; valid programs use 0..10
    std::uint8_t src = 0;
    std::int16_t offset = 0;
    std::int32_t imm = 0;
    bool operator==(const Insn&) const = default;
};

enum class Kind : std::uint8_t {
    alu,          // dst = dst OP (src|imm); mov included; neg has no operand
    movsx,        // dst = sign-extend(src, from_bits) at width
    to_le,        // truncate/keep to bits, little endian (host is little endian: truncation only)
    to_be,        // byte swap the low `bits`, zero the rest
    bswap,        // unconditional byte swap (ISA v4)
    load,         // dst = zero-extended *(uN*)(src + offset)
    load_sx,      // dst = sign-extended *(sN*)(src + offset)
    store_reg,    // *(uN*)(dst + offset) = src
    store_imm,    // *(uN*)(dst + offset) = imm
    atomic,       // atomic read-modify-write at dst + offset, 32 or 64 bits
    load_imm64,   // lddw, all pseudo sources (see Pseudo)
    jump,         // conditional, 64- or 32-bit comparison
    jump_always,  // ja (16-bit offset) and gotol (32-bit imm)
    call_helper,  // src 0: helper number in imm
    call_local,   // src 1: slots relative to the next instruction in imm
    call_btf,     // src 2: by BTF id; decoded, always refused with an unsupported code
    call_indirect,  // callx; decoded, always refused
    exit,
    load_abs,  // legacy packet access; refused unless the platform has it
    load_ind,
};

enum class AluOp : std::uint8_t { none, add, sub, mul, div, sdiv, mod, smod, and_, or_, xor_, lsh, rsh, arsh, neg, mov };
enum class Condition : std::uint8_t { none, eq, ne, gt, ge, lt, le, set, sgt, sge, slt, sle };
enum class AtomicOp : std::uint8_t { none, add, or_, and_, xor_, fetch_add, fetch_or, fetch_and, fetch_xor, exchange, compare_exchange };

// src field of lddw.
enum class Pseudo : std::uint8_t { none = 0, map = 1, map_value = 2, variable = 3, function = 4, map_by_index = 5, map_value_by_index = 6 };

struct Op {
    std::string_view name;  // unique: "add32", "sdiv64", "jsgt32", "ldxsw", "lock_fetch_add64", …
    Kind kind = Kind::exit;
    AluOp alu = AluOp::none;
    Condition condition = Condition::none;
    AtomicOp atomic = AtomicOp::none;
    std::uint8_t width = 64;      // bits of the operation: ALU/jump 32|64, memory 8|16|32|64, swaps 16|32|64
    std::uint8_t from_bits = 0;   // movsx: 8|16|32
    bool uses_src = false;        // second operand is a register, not the immediate
    std::uint8_t isa_version = 1; // first -mcpu=vN that has it

    // Encoding. The offset, src and imm fields either hold an operand or are part of the key; RFC 9669
    // wants unused ones to be zero, so "unused" is a key of 0.
    std::uint8_t opcode = 0;
    bool offset_is_key = true, src_is_key = true, imm_is_key = true, dst_is_key = false;
    std::int16_t offset_key = 0;
    std::uint8_t src_key = 0;
    std::int32_t imm_key = 0;
};

// All operations, in the order of their encodings.
std::span<const Op> all_ops();
// The operation this slot encodes, or null: unknown opcode, or a reserved field that is not zero
// (RFC 9669 §3–§5: those encodings are reserved). Ignores register numbers above 10: see decode_error.
const Op* find_op(const Insn& insn);
// Why `insn` is not a valid instruction; empty when it is one (registers in range, r10 not written, …).
std::string decode_error(const Insn& insn);

// How many bytes a memory operation touches; 0 for the others.
inline unsigned access_bytes(const Op& op) {
    switch (op.kind) {
        case Kind::load:
        case Kind::load_sx:
        case Kind::store_reg:
        case Kind::store_imm:
        case Kind::atomic:
            return op.width / 8u;
        default:
            return 0;
    }
}

// Slots to bytes and back. decode needs bytes.size() % 8 == 0.
Result<std::vector<Insn>> decode(std::span<const std::uint8_t> bytes);
std::vector<std::uint8_t> encode(std::span<const Insn> insns);

// RFC 9669-flavoured text of the instruction at `slot`, as LLVM prints it: "r0 = *(u32 *)(r1 + 4)",
// "if r1 s> 5 goto +3 <7>", "w2 += w3", "r0 = atomic_fetch_add((u64 *)(r1 + 0), r0)".
std::string disassemble(std::span<const Insn> insns, std::size_t slot);

}  // namespace mbpf::bpf
