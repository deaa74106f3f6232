// SPDX-License-Identifier: Apache-2.0
// What a helper's prototype means, said anew, and what calls stand on (in_bounds, the stack), as their own proofs give it.
//
// A register holds nothing, a word, or a pointer: to a place in an object, or, where it may be null, to none. Of an
// object one byte is looked at, whichever: what is so of it is so of all. A helper touches the bytes that its prototype lists from where a
// pointer leads; of those each must be there, and be for it to read or to write: a packet's within its length, a stack's within
// its frame, written before and of no pointer if they are read.
#pragma once

#include <optional>

#define MBPF_PROVES_CALLS
#include "tests/proofs/shipped_rules.h"

namespace mbpf::proof {

using symbolic::Flag;
using symbolic::Half;

// As the certificate's reader and every instruction leave pointers (decision 10): none leads farther than kMaxOffset.
inline expr place(const Value& p) { return p.fixed.expr() + symbolic::as_signed(word(p), 64); }
inline expr far(const expr& e) { return z3::ite(e < -kFarOffset.expr(), -kFarOffset.expr(), z3::ite(e > kFarOffset.expr(), kFarOffset.expr(), e)); }
inline expr least_place(const Value& p) { return p.fixed.expr() + far(p.number.wide.smin.expr()); }
inline expr most_place(const Value& p) { return p.fixed.expr() + far(p.number.wide.smax.expr()); }
inline expr is_fixed(const Value& p) { return p.number.wide.umin.expr() == p.number.wide.umax.expr(); }

// The byte that is looked at, of the object that the argument leads into.
struct Byte {
    expr at = explorer().fresh("byte"), may_read = explorer().fresh_bool("may_read"), may_write = explorer().fresh_bool("may_write");
    expr initialised = explorer().fresh_bool("initialised"), of_pointer = explorer().fresh_bool("of_pointer");
    static Byte& now() { return *current(); }
    // The same names at the same place of every run: so nothing is made but here.
    static void choose() { current().emplace(); }

  private:
    static std::optional<Byte>& current() {
        static std::optional<Byte> byte;
        return byte;
    }
};
inline expr in_packet(const expr& at) { return at >= 0 && at < word(kPacketLength); }
inline expr may_touch(const Environment& env, const HelperRule& helper, const Value& v, bool is_write) {
    const Byte& b = Byte::now();
    switch (v.region) {
        case Region::packet: return in_packet(b.at) && !helper.no_packet_memory.expr() && (is_write ? !env.packet_read_only.expr() : context().bool_val(true));
        case Region::stack: return b.at >= -kFrameBytes && b.at < 0;
        case Region::packet_meta: return (is_write ? b.may_write : b.may_read) && !helper.no_packet_memory.expr();  // goes when the packet does
        case Region::map_value:
        case Region::ring_buffer_record:
        case Region::memory: return is_write ? b.may_write : b.may_read;
        case Region::none:
        case Region::context:  // may be laid out otherwise on the device
        case Region::packet_end:
        case Region::map_handle:
        case Region::function:
        case Region::object:
        case Region::mixed: break;
    }
    return context().bool_val(false);
}

// What an environment may be: two maps, three classes of objects of which the second passes for the first.
struct Tables {
    static constexpr unsigned kMaps = 2, kClasses = 3;
    MapRule maps[kMaps];
    ObjectRule objects[kClasses];
    KernelField fields[2];
    Environment env;
    Tables() {
        for (MapRule& m : maps) {
            m.type = Half::any("map_type");
            m.key_size = Half::any("key_size");
            m.value_size = Half::any("value_size");
            m.max_entries = Half::any("max_entries");
            m.read_only = Flag::any("map_read_only");
            m.known_type = Flag::any("known_type");
            m.is_global_data = Flag::any("is_global_data");
        }
        objects[1].base = 0;
        env.maps = maps;
        env.map_count = kMaps;
        env.objects = objects;
        env.object_count = kClasses;
        env.pointer_leaks_allowed = Flag::any("leaks");
        env.packet_read_only = Flag::any("packet_read_only");
    }
    void any_kernel_fields() {
        constexpr KernelUse kUses[] = {KernelUse::lock, KernelUse::timer};
        for (KernelField& f : fields) {
            f.use = kUses[explorer().choose(2)];
            f.offset = Half::any("field_offset");
        }
        for (MapRule& m : maps) {
            m.kernel_fields = fields;
            m.kernel_field_count = explorer().choose(3);
        }
    }
    static bool is_a(int have, int wanted) { return wanted < 0 || have == wanted || (have == 1 && wanted == 0); }
};

inline HelperRule any_helper() {
    HelperRule h;
    h.no_packet_memory = Flag::any("no_packet_memory");
    h.changes_map = Flag::any("changes_map");
    static Half types[2];
    for (Half& t : types) t = Half::any("accepted_type");
    h.map_types = types;
    for (Argument& a : h.arguments) {
        a.nullable = Flag::any("nullable");
        a.initialized = Flag::any("initialized");
        a.has_range = Flag::any("has_range");
        a.fixed_size = Half::any("fixed_size");
        a.min = I64::any("range_min");
        a.max = I64::any("range_max");
    }
    return h;
}

inline bool& may_hold_references() {
    static bool is = false;
    return is;
}
inline Value any_number(const char* name) { return any_value(name); }
// Anything that a register of a valid state may hold. A pointer that may be null has no variable part; one into a map, or to
// one, names a map that is there.
inline Value any_content_of(Region region, ValueKind kind = ValueKind::pointer, const char* name = "pointer") {
    Value v = any_value(name);
    v.modulus = 0;
    v.kind = kind;
    v.region = region;
    v.fixed = I32(any_integer("fixed", kMaxOffset.constant));
    v.size = Half::any("size");
    explorer().show(std::string(name) + "'s kind", whole(static_cast<int>(kind)));
    explorer().show(std::string(name) + "'s region", whole(static_cast<int>(v.region)));
    assume(within(place(v), kMaxOffset.constant));
    if (kind == ValueKind::pointer_or_null) assume(is_fixed(v));
    if (v.region == Region::map_value || v.region == Region::map_handle) v.map = static_cast<std::int16_t>(explorer().choose(Tables::kMaps));
    if (v.region == Region::object) v.map = static_cast<std::int16_t>(static_cast<int>(explorer().choose(Tables::kClasses + 1)) - 1);
    if (v.region == Region::stack) v.frame = static_cast<std::uint8_t>(explorer().choose(2));
    const unsigned held = may_hold_references() ? explorer().choose(3) : 0;
    v.reference = held == 0 ? 0 : 2;
    v.borrowed = held == 2;
    return v;
}
inline Value any_content(const char* name) {
    const unsigned kind = explorer().choose(4);
    if (kind == 0) return {};
    if (kind == 1) return any_number(name);
    return any_content_of(static_cast<Region>(1 + explorer().choose(static_cast<unsigned>(Region::mixed))), kind == 2 ? ValueKind::pointer : ValueKind::pointer_or_null, name);
}
inline bool same_value(const Value& a, const Value& b) {
    return a.kind == b.kind && a.region == b.region && a.map == b.map && a.frame == b.frame && a.reference == b.reference && a.borrowed == b.borrowed && a.read_only == b.read_only && a.size.id == b.size.id && a.fixed.id == b.fixed.id && a.symbol.id == b.symbol.id && a.delta.id == b.delta.id &&
           a.number.wide.word.id == b.number.wide.word.id && a.number.wide.umin.id == b.number.wide.umin.id && a.number.wide.smax.id == b.number.wide.smax.id;
}

// What calls are made of, as it is proved elsewhere (state.cpp, machine_memory.cpp).

inline bool Machine::fail(Reason, unsigned, I64, I64, I64, Half, bool) { return false; }
inline bool Machine::readable(unsigned reg) { return s_.regs[reg].kind != ValueKind::unknown; }
// Of plain memory: every place that the pointer may lead to is inside, but in a packet, of which this one is.
inline bool Machine::in_bounds(unsigned reg, I64 offset, I64 size, bool is_write) {
    const Value& v = s_.regs[reg];
    require(context().bool_val(v.is_pointer() && v.region != Region::stack && v.region != Region::context) && size.expr() >= 1 && within(size.expr(), std::int64_t{1} << 60), "in_bounds: of memory that is neither stack nor context");
    if (!rule_of(v.region).plain_memory || explorer().choose(2) == 0) return false;
    const Byte& b = Byte::now();
    const expr is_there = is_write ? b.may_write : b.may_read, at = place(v) + offset.expr();
    if (v.region == Region::packet) assume(at >= 0 && at + size.expr() <= word(kPacketLength) && (is_write ? !env_.packet_read_only.expr() : context().bool_val(true)));
    else assume(z3::implies(b.at >= least_place(v) + offset.expr() && b.at < most_place(v) + offset.expr() + size.expr(), is_there));
    return true;
}
inline bool Machine::in_stack(unsigned reg, I64 offset, I64 size, bool) {
    const Value& v = s_.regs[reg];
    require(context().bool_val(v.is_pointer() && v.region == Region::stack) && size.expr() >= 1 && within(size.expr(), std::int64_t{1} << 60), "in_stack: of a stack");
    if (explorer().choose(2) == 0) return false;
    const expr lo = least_place(v) + offset.expr(), end = most_place(v) + offset.expr() + size.expr();
    assume(lo >= -kFrameBytes && end <= 0);
    touched[v.frame] = Half::any("touched");
    assume(touched[v.frame].expr() >= -lo);
    return true;
}
inline bool Machine::readable_stack(unsigned reg, I64 offset, I64 size) {
    if (!in_stack(reg, offset, size, false)) return false;
    const Value& v = s_.regs[reg];
    const Byte& b = Byte::now();
    const expr inside = b.at >= least_place(v) + offset.expr() && b.at < most_place(v) + offset.expr() + size.expr();
    assume(z3::implies(inside, env_.pointer_leaks_allowed.expr() || (b.initialised && !b.of_pointer)));
    return true;
}
inline bool State::holds_pointer(std::uint8_t, I64 offset, I64 size, Here) const {
    require(offset.expr() >= -kFrameBytes && size.expr() >= 0 && offset.expr() + size.expr() <= 0, "holds_pointer: of bytes of a frame");
    if (explorer().choose(2) == 0) return true;
    const Byte& b = Byte::now();
    assume(z3::implies(b.at >= offset.expr() && b.at < offset.expr() + size.expr(), !b.of_pointer));
    return false;
}
// Of a map's key, four bytes: what they are.
inline expr& key_bytes() {
    static expr e = context().int_val(0);
    return e;
}
inline expr& key_place() {
    static expr e = context().int_val(0);
    return e;
}
inline Number State::assemble(std::uint8_t, I64 offset, unsigned size, Here) const {
    require(offset.expr() >= -kFrameBytes && offset.expr() + static_cast<int>(size) <= 0, "assemble: of bytes of a frame");
    const U64 w = U64::any("assembled");
    assume(w.expr() < symbolic::power(8 * size) && z3::implies(context().bool_val(size == 4) && offset.expr() == key_place(), w.expr() == key_bytes()));
    return Number::of(w);
}
inline Value Machine::object_pointer(std::int16_t object) const {
    Value v = Value::pointer(Region::object);
    v.map = object;
    return v;
}

}  // namespace mbpf::proof
