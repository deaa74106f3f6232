// SPDX-License-Identifier: Apache-2.0
// eBPF by instruction name, for tests: op("add64", 1, 2), op("ldxw", 0, 1, 4), op("mov64_imm", 0, 0, 0, 7).
#pragma once

#include <cassert>
#include <string_view>
#include <vector>

#include "core/isa.h"

namespace mbpf::test {

inline const bpf::Op& find_named(std::string_view name) {
    for (const bpf::Op& op : bpf::all_ops())
        if (op.name == name) return op;
    assert(false && "no such instruction");
    return bpf::all_ops().front();
}

inline bpf::Insn op(const bpf::Op& o, unsigned dst = 0, unsigned src = 0, int offset = 0, int imm = 0) {
    bpf::Insn insn;
    insn.opcode = o.opcode;
    insn.dst = static_cast<std::uint8_t>(dst);
    insn.src = o.src_is_key ? o.src_key : static_cast<std::uint8_t>(src);
    insn.offset = o.offset_is_key ? o.offset_key : static_cast<std::int16_t>(offset);
    insn.imm = o.imm_is_key ? o.imm_key : imm;
    return insn;
}

inline bpf::Insn op(std::string_view name, unsigned dst = 0, unsigned src = 0, int offset = 0, int imm = 0) {
    return op(find_named(name), dst, src, offset, imm);
}

using Slots = std::vector<bpf::Insn>;
inline Slots& operator+=(Slots& slots, const bpf::Insn& insn) {
    slots.push_back(insn);
    return slots;
}
inline Slots& operator+=(Slots& slots, const Slots& more) {
    slots.insert(slots.end(), more.begin(), more.end());
    return slots;
}
inline Slots lddw(unsigned dst, unsigned src, std::uint32_t low, std::uint32_t high) {
    bpf::Insn first = op("lddw", dst, src), second;
    first.src = static_cast<std::uint8_t>(src);
    first.imm = static_cast<std::int32_t>(low);
    second.imm = static_cast<std::int32_t>(high);
    return {first, second};
}

}  // namespace mbpf::test
