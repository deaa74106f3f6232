// SPDX-License-Identifier: Apache-2.0
// Memory as it is, and what is proved of the machine's functions as their callers may count on it.
//
// Every region is one object: `size` bytes at a place nobody knows. A pointer leads to byte `offset_of` of it: fixed part
// plus variable part, read as a signed word, over the integers. An access of `size` bytes touches byte `at` and those behind
// it; `may_touch` says, region by region, which a program may, of what there is and not of what the checker knows of it.
#pragma once

#include "tests/proofs/rule_contracts.h"

namespace mbpf::proof {

using symbolic::I16;
using symbolic::U32;

// What there is, the same on each run along a path.
struct Memory {
    expr before = explorer().fresh("metadata");         // bytes of metadata before the packet
    expr bytes = explorer().fresh("object_bytes");      // of the record, memory or object that a pointer leads to
    expr writable = explorer().fresh_bool("writable");  // whether that may be written
    explicit Memory(State& s) {
        s.packet_bytes = I32::any("packet_bytes");
        s.metadata_bytes = I32::any("metadata_bytes");
        assume(s.packet_bytes.expr() >= 0 && s.packet_bytes.expr() <= word(kPacketLength) && s.metadata_bytes.expr() >= 0 && s.metadata_bytes.expr() <= before);
        assume(bytes >= 0);
        now() = this;
    }
    static Memory*& now() {
        static Memory* one = nullptr;
        return one;
    }
};

inline expr truth(bool b) { return context().bool_val(b); }
inline expr offset_of(const Value& p) { return p.fixed.expr() + symbolic::as_signed(word(p), 64); }
// What a pointer says of the object that it leads to is so.
inline expr is_pointer_to(const Value& p) {
    expr so = truth(true);
    if (p.region == Region::memory || p.region == Region::ring_buffer_record || p.region == Region::object) so = p.size.expr() <= Memory::now()->bytes && (truth(p.read_only) || Memory::now()->writable);
    return so;
}
inline expr apart_from(const expr& at, const expr& end, const expr& begin_other, const expr& end_other) { return end <= begin_other || at >= end_other; }

// Whether a program may touch `size` bytes from byte `at` of the object.
inline expr may_touch(const Environment& env, const Value& p, const expr& at, const expr& size, bool is_write) {
    const Memory& memory = *Memory::now();
    const expr end = at + size;
    switch (p.region) {
        case Region::packet: return at >= 0 && end <= word(kPacketLength) && truth(!is_write || !env.packet_read_only);
        case Region::packet_meta: return at >= 0 && end <= memory.before;
        case Region::ring_buffer_record:
        case Region::memory: return at >= 0 && end <= memory.bytes && (truth(!is_write) || memory.writable);
        case Region::map_value: {
            if (p.map < 0 || static_cast<unsigned>(p.map) >= env.map_count.constant) return truth(false);
            const MapRule& map = env.maps[p.map];
            expr so = at >= 0 && end <= map.value_size.expr() && truth(is_write ? !map.read_only : !map.write_only);
            for (unsigned i = 0; i < map.kernel_field_count.constant; ++i) so = so && apart_from(at, end, map.kernel_fields[i].offset.expr(), map.kernel_fields[i].offset.expr() + map.kernel_fields[i].size.expr());
            return so;
        }
        case Region::object: {
            expr so = at >= 0 && end <= memory.bytes && (truth(!is_write) || memory.writable);
            if (p.map < 0 || static_cast<unsigned>(p.map) >= env.object_count.constant) return so;
            const ObjectRule& rule = env.objects[p.map];
            // Of a field no access leaves: of `unit` bytes each, or of 8.
            const auto in_one = [&](unsigned unit) { return at / context().int_val(unit) == (end - 1) / context().int_val(unit); };
            const expr wide = at >= rule.wide_begin.expr() && end <= rule.wide_end.expr() && in_one(8);
            const auto unit = static_cast<unsigned>(rule.unit.constant);
            return so && apart_from(at, end, rule.hidden_begin.expr(), rule.hidden_end.expr()) && (unit == 0 ? truth(true) : in_one(unit) || wide);
        }
        case Region::none:
        case Region::context:
        case Region::stack:
        case Region::packet_end:
        case Region::map_handle:
        case Region::function:
        case Region::mixed: break;
    }
    return truth(false);
}
// Of the context: which field an access lies in.
inline expr in_field(const Field& f, const expr& at, const expr& size) { return at >= f.offset.expr() && at + size <= f.offset.expr() + f.size.expr(); }
inline expr is_whole(const Field& f, const expr& at, const expr& size) { return at == f.offset.expr() && size == f.size.expr(); }
inline bool is_address(const Field& f) { return f.rule != FieldRule::scalar && f.rule != FieldRule::raw_bytes; }
// Whether bytes of a field may be read, of a context that is rewritten for the target (`narrow`) or not: addresses and what is
// marked so as a whole, elements one by one, others also in parts.
inline expr may_read(const Field& f, const expr& at, unsigned size, bool narrow) {
    const expr bytes = whole(size), aligned = z3::mod(at, bytes) == 0;
    if (is_address(f) || (f.rule == FieldRule::scalar && f.whole)) return is_whole(f, at, bytes);
    if (!in_field(f, at, bytes).is_false() && f.rule == FieldRule::raw_bytes && f.whole) return in_field(f, at, bytes) && bytes == f.element_size.expr() && z3::mod(at - f.offset.expr(), bytes) == 0;
    return in_field(f, at, bytes) && (truth(f.rule == FieldRule::raw_bytes && !narrow) || aligned);
}
// Scalars as a whole, bytes also in parts. No address has a field that is writable.
inline expr may_write(const Field& f, const expr& at, unsigned size, bool narrow) {
    const expr bytes = whole(size);
    return in_field(f, at, bytes) && truth(f.writable) && (is_whole(f, at, bytes) || (truth(f.rule == FieldRule::raw_bytes) && (truth(!narrow) || z3::mod(at, bytes) == 0)));
}
inline expr is_fixed(const Value& p) { return p.number.wide.umin.expr() == p.number.wide.umax.expr(); }

// The word at byte `at` of what cannot be written, as little-endian memory has it.
inline expr frozen_word(const expr& at, unsigned size) {
    expr w = symbolic::Bytes::at(at);
    for (unsigned i = 1; i < size; ++i) w = w + symbolic::Bytes::at(at + static_cast<int>(i)) * symbolic::power(8 * i);
    return w;
}
// What is in a register after a load of `stored`.
inline expr extended(const expr& stored, const Operation& op) {
    if (op.kind != bpf::Kind::load_sx) return stored;
    return z3::ite(stored < symbolic::power(op.width - 1), stored, stored + symbolic::power(64) - symbolic::power(op.width));
}

// The memory's functions.

inline const Field* Machine::field_at(unsigned reg, I64 offset, unsigned size, bool, Here) {
    if (explorer().choose(2) == 0) return nullptr;
    const Value& base = s_.regs[reg];
    const unsigned i = explorer().choose(env_.field_count.constant);
    const Field& f = env_.fields[i];
    const bool varies = f.rule == FieldRule::raw_bytes && !f.whole && !env_.narrow_context_access;
    // Wherever it may lead, not only where it does.
    assume(in_field(f, base.offset_min().expr() + offset.expr(), whole(size)) && in_field(f, base.offset_max().expr() + offset.expr(), whole(size)) && in_field(f, offset_of(base) + offset.expr(), whole(size)));
    assume(truth(varies) || is_fixed(base));
    return &f;
}
inline bool Machine::in_bounds(unsigned reg, I64 offset, I64 size, bool is_write, Here) {
    const Value& base = s_.regs[reg];
    require(truth(base.kind == ValueKind::pointer) && is_pointer_to(base) && within(offset.expr(), 0x8000) && size.expr() >= 1, "in_bounds: of a pointer");
    if (explorer().choose(2) == 0) return false;
    assume(may_touch(env_, base, offset_of(base) + offset.expr(), size.expr(), is_write));
    assume(base.offset_min().expr() + offset.expr() >= 0);
    return true;
}
// What a load finds, of the place that is read; of frozen bytes it is their word.
inline expr loaded_word(const Value& base, const expr& at, unsigned size) {
    const z3::sort integer = context().int_sort(), four[] = {integer, integer, integer, integer};
    const expr e = z3::function("loaded", 4, four, integer)(whole(static_cast<unsigned>(base.region)), whole(base.map), at, whole(size));
    assume(e >= 0 && e < symbolic::power(8 * size));
    return e;
}
// The value that a load gives is the word that is found, or the address, if one is.
inline Value loaded_value(const expr& found) {
    if (explorer().choose(2) != 0) return Value::pointer(Region::packet);
    Value v = Value::of(Number::of(U64(found)));
    v.symbol = Symbol::any("symbol");
    v.delta = I32::any("delta");
    assume(is_valid(v));
    return v;
}
inline bool Machine::load_context(unsigned reg, I64 offset, unsigned size, Value& out, Here) {
    const Value& base = s_.regs[reg];
    require(truth(base.kind == ValueKind::pointer && base.region == Region::context && out.is_number()), "load_context: of the context");
    if (explorer().choose(2) == 0) return false;
    if (explorer().choose(2) == 0) out = loaded_value(loaded_word(base, offset_of(base) + offset.expr(), size));
    return true;
}
inline bool Machine::load_stack(unsigned reg, I64 offset, unsigned size, Value& out, Here) {
    const Value& base = s_.regs[reg];
    require(truth(base.kind == ValueKind::pointer && base.region == Region::stack && out.is_number()), "load_stack: of the stack");
    if (explorer().choose(2) == 0) return false;
    if (explorer().choose(2) == 0) out = loaded_value(loaded_word(base, offset_of(base) + offset.expr(), size));
    return true;
}
inline void Machine::frozen(const Value& base, I64 offset, const Operation& op, Number& out, Here) const {
    require(may_touch(env_, base, offset_of(base) + offset.expr(), whole(op.width / 8), false) && base.offset_min().expr() + offset.expr() >= 0, "frozen: of what may be read");
    if (base.region == Region::map_value && explorer().choose(2) != 0) out = Number::of(U64(extended(loaded_word(base, offset_of(base) + offset.expr(), op.width / 8), op)));
}
// What the stores did, for the proofs of those that ask for them: one of them at most.
struct Stored {
    const char* where = nullptr;
    unsigned reg = 0, size = 0;
    I64 offset = 0;
    Value value;
};
inline Stored& stored() {
    static Stored one;
    return one;
}
inline bool Machine::store_context(unsigned reg, I64 offset, unsigned size, const Value& value, Here) {
    require(truth(s_.regs[reg].kind == ValueKind::pointer && s_.regs[reg].region == Region::context), "store_context: to the context");
    if (explorer().choose(2) == 0) return false;
    assume(truth(value.is_number()));
    stored() = {"context", reg, size, offset, value};
    return true;
}
inline bool Machine::store_stack(unsigned reg, I64 offset, unsigned size, const Value& value, Here) {
    require(truth(s_.regs[reg].kind == ValueKind::pointer && s_.regs[reg].region == Region::stack), "store_stack: to the stack");
    if (explorer().choose(2) == 0) return false;
    stored() = {"stack", reg, size, offset, value};
    return true;
}
inline bool Machine::readable_stack(unsigned reg, I64 offset, I64 size, Here) {
    require(truth(s_.regs[reg].kind == ValueKind::pointer && s_.regs[reg].region == Region::stack), "readable_stack: of the stack");
    if (explorer().choose(2) == 0) return false;
    stored() = {"readable stack", reg, static_cast<unsigned>(size), offset, {}};
    return true;
}
inline void Machine::overwrite_stack(const Value& base, I64 offset, I64 size, bool surely, Here) {
    require(truth(stored().where == std::string("readable stack") && size.constant == stored().size) && offset.expr() == stored().offset.expr(), "overwrite_stack: of what is inside");
    stored().where = "stack, anything";
}
inline Value Machine::object_pointer(std::int16_t object, Here) const {
    Value v = Value::pointer(Region::object);
    v.map = object;
    v.size = U32::any("size");
    v.read_only = explorer().choose(2) != 0;
    assume(is_pointer_to(v));
    return v;
}
// Of machine_call.cpp: of a class of its own, or of none.
inline Value Machine::or_null(Value v) {
    v.kind = ValueKind::pointer_or_null;
    v.symbol = Symbol::any("class");
    return v;
}
inline void Machine::name_copied(Value& v, Here) { s_.name(v, Here()); }

}  // namespace mbpf::proof
