// SPDX-License-Identifier: Apache-2.0
// A checking task as a stream of bytes: tables, slots, certificate. Host and board run the same functions, the
// one writing, the other reading, so that they cannot disagree about the order. The tables' own lists (map types
// of helpers, fields the kernel keeps in map values) are left out: the cases use none.
#pragma once

#include "verifier/checker/environment.h"

namespace mbpf::proof {

struct Stream {
    uint8_t* at = nullptr;
    bool writes = false;

    template <class T>
    void number(T& value) {
        uint64_t word = static_cast<uint64_t>(value);
        for (unsigned i = 0; i < 8; ++i, ++at) {
            if (writes) *at = static_cast<uint8_t>(word >> (8 * i));
            else word = (i == 0 ? 0 : word) | static_cast<uint64_t>(*at) << (8 * i);
        }
        if (!writes) value = static_cast<T>(word);
    }
    template <class... T>
    void numbers(T&... values) {
        (number(values), ...);
    }
    void bytes(uint8_t* data, uint32_t count) {
        for (uint32_t i = 0; i < count; ++i, ++at) {
            if (writes) *at = data[i];
            else data[i] = *at;
        }
    }
};

inline void pass(Stream& s, bpf::Insn& i) { s.numbers(i.opcode, i.dst, i.src, i.offset, i.imm); }
inline void pass(Stream& s, Field& f) { s.numbers(f.offset, f.size, f.rule, f.is_signed, f.writable, f.has_range, f.never_null, f.whole, f.element_size, f.min, f.max, f.object); }
inline void pass(Stream& s, Argument& a) { s.numbers(a.rule, a.width, a.nullable, a.has_range, a.initialized, a.fixed_size, a.unit_cost, a.min, a.max, a.object); }
inline void pass(Stream& s, HelperRule& h) {
    s.numbers(h.number, h.argument_count, h.returns, h.return_width, h.return_signed, h.has_return_range, h.return_min, h.return_max, h.cost, h.fixed_size, h.object, h.callback);
    s.numbers(h.invalidates_packet, h.acquires, h.tail_call, h.locks, h.unlocks, h.allowed_on_hook, h.supported, h.changes_map, h.borrows, h.no_packet_memory, h.return_at_most_argument);
    for (Argument& a : h.arguments) pass(s, a);
}
inline void pass(Stream& s, MapRule& m) { s.numbers(m.type, m.key_size, m.value_size, m.max_entries, m.read_only, m.write_only, m.is_global_data, m.known_type, m.inner); }
inline void pass(Stream& s, Environment& e) {
    s.numbers(e.insn_count, e.field_count, e.context_size, e.raw_memory, e.memory_bytes, e.any_return, e.return_min, e.return_max, e.narrow_context_access, e.legacy_packet_access, e.packet_read_only);
    s.numbers(e.pointer_leaks_allowed, e.helper_count, e.map_count, e.object_count, e.max_call_depth, e.max_instructions, e.max_stack);
}

}  // namespace mbpf::proof
