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

#include "core/isa_enums.h"
#include "core/result.h"

namespace mbpf::bpf {

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
