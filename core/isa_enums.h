// SPDX-License-Identifier: Apache-2.0
// The names of the instruction set (RFC 9669) without any library: what freestanding code, the checker above
// all, shares with core/isa.h.
#pragma once

#include <stdint.h>

namespace mbpf::bpf {

inline constexpr unsigned kRegisterCount = 11;  // r0..r10
inline constexpr uint8_t kFramePointer = 10;
inline constexpr unsigned kSlotBytes = 8;

// One 8-byte slot as it stands in memory. lddw takes two slots; the second has opcode 0.
struct Insn {
    uint8_t opcode = 0;
    uint8_t dst = 0;  // 0..15 as encoded; valid programs use 0..10
    uint8_t src = 0;
    int16_t offset = 0;
    int32_t imm = 0;
    friend constexpr bool operator==(const Insn& a, const Insn& b) {
        return a.opcode == b.opcode && a.dst == b.dst && a.src == b.src && a.offset == b.offset && a.imm == b.imm;
    }
};

enum class Kind : uint8_t {
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

enum class AluOp : uint8_t { none, add, sub, mul, div, sdiv, mod, smod, and_, or_, xor_, lsh, rsh, arsh, neg, mov };
enum class Condition : uint8_t { none, eq, ne, gt, ge, lt, le, set, sgt, sge, slt, sle };
enum class AtomicOp : uint8_t { none, add, or_, and_, xor_, fetch_add, fetch_or, fetch_and, fetch_xor, exchange, compare_exchange };

// src field of lddw.
enum class Pseudo : uint8_t { none = 0, map = 1, map_value = 2, variable = 3, function = 4, map_by_index = 5, map_value_by_index = 6 };

}  // namespace mbpf::bpf
