// SPDX-License-Identifier: Apache-2.0
// Loads, stores and atomics. Each region has its rule of what may be touched; what is read is known only where
// nobody else can have written: the stack, and frozen read-only data.
#include "verifier/checker/machine.h"

namespace mbpf::proof {

using bpf::AluOp;
using bpf::AtomicOp;
using bpf::Insn;
using bpf::Kind;

bool Machine::in_stack(unsigned reg, int64_t offset, int64_t size, bool is_write) {
    const Value& base = s_.regs[reg];
    const int64_t lo = base.offset_min() + offset, hi = base.offset_max() + offset;
    if (lo < -kFrameBytes || hi + size > 0) return fail(Reason::stack_bounds, reg, lo, hi, 0, static_cast<uint32_t>(size), is_write);
    if (touched[base.frame] < static_cast<uint_least32_t>(-lo)) touched[base.frame] = static_cast<uint_least32_t>(-lo);
    return true;
}

// Every byte was written on every path, and none belongs to a stored pointer.
bool Machine::readable_stack(unsigned reg, int64_t offset, int64_t size) {
    if (!in_stack(reg, offset, size, false)) return false;
    const Value& base = s_.regs[reg];
    const int64_t lo = base.offset_min() + offset, all = base.offset_max() + offset + size - lo;
    if (env_.pointer_leaks_allowed) return true;  // old contents and addresses may be seen there
    if (!s_.frames[base.frame].all_written(lo, all)) return fail(Reason::stack_unwritten, reg, lo, lo + all - 1, 0, static_cast<uint32_t>(size));
    if (s_.holds_pointer(base.frame, lo, all)) return fail(Reason::stack_pointer_bytes, reg, lo, lo + all - 1, 0, static_cast<uint32_t>(size));
    return true;
}

// After a write of unknown content, or at an unknown place, old cells there mean nothing; of numbers that it cuts,
// the bytes beside it stay what they were. Bytes surely written are initialised from now on.
void Machine::overwrite_stack(const Value& base, int64_t offset, int64_t size, bool surely) {
    const uint8_t frame = base.frame;
    const int64_t begin = base.offset_min() + offset, end = base.offset_max() + offset + size;
    Cell cut[2];
    for (unsigned i = 0; i < s_.cell_count; ++i) {
        const Location at = s_.cells[i].at;
        const int64_t first = at.offset, last = at.offset + at.size;
        if (at.frame != frame || !s_.cells[i].value.is_number() || first >= end || last <= begin) continue;
        if (first < begin) cut[0] = {{at.offset, static_cast<uint8_t>(begin - first), frame}, Value::of(s_.assemble(frame, first, static_cast<unsigned>(begin - first)))};
        if (last > end) cut[1] = {{static_cast<int16_t>(end), static_cast<uint8_t>(last - end), frame}, Value::of(s_.assemble(frame, end, static_cast<unsigned>(last - end)))};
    }
    s_.drop(frame, begin, end - begin);
    for (const Cell& c : cut)
        if (c.value.is_number()) s_.put(c.at, c.value);
    if (surely && base.fixed_place()) s_.frames[frame].mark(begin, size, true);
}

void Machine::name_copied(Value& v) {
    if (v.is_number() || (v.kind == ValueKind::pointer && v.region == Region::packet)) s_.name(v);
}

bool Machine::load_stack(unsigned reg, int64_t offset, unsigned size, Value& out) {
    const Value& base = s_.regs[reg];
    const int64_t at = base.offset_min() + offset;
    uint16_t index = 0;
    const bool whole = base.fixed_place() && in_stack(reg, offset, size, false) && s_.value_at({static_cast<int16_t>(at), static_cast<uint8_t>(size), base.frame}, &index) != nullptr;
    if (!whole && !readable_stack(reg, offset, size)) return false;
    if (whole) {
        // Slot and register hold the same value from here on: a check on one refines both.
        name_copied(s_.at(index));
        out = s_.at(index);
    } else if (base.fixed_place()) out = Value::of(s_.assemble(base.frame, at, size));
    return true;
}

bool Machine::store_stack(unsigned reg, int64_t offset, unsigned size, const Value& value) {
    if (!in_stack(reg, offset, size, true)) return false;
    const Value base = s_.regs[reg];
    const int64_t at = base.offset_min() + offset, last = base.offset_max() + offset;
    if (value.is_pointer() && (size != 8 || !base.fixed_place() || at % 8 != 0)) return fail(Reason::pointer_in_parts, reg, at, last, 0, size, true);
    if (!base.fixed_place() && s_.holds_pointer(base.frame, at, last + size - at)) return fail(Reason::write_over_pointer, reg, at, last + size - 1, 0, size, true);
    overwrite_stack(base, offset, size, true);
    if (!base.fixed_place()) return true;
    // Only the low bytes are stored; the value keeps its name if they are all of it.
    const bool all = fits_unsigned(value.number, size * 8);
    s_.put({static_cast<int16_t>(at), static_cast<uint8_t>(size), base.frame}, all ? value : Value::of(Number::truncate(value.number, size * 8)));
    return true;
}

// The field that holds all of an access of the context, wherever it may be. Where that varies, bytes alone, which lie on
// the device as they do here; a context that is rewritten for the target, field by field, has no such place.
const Field* Machine::field_at(unsigned reg, int64_t offset, unsigned size, bool is_write) {
    const Value& base = s_.regs[reg];
    const int64_t at = base.offset_min() + offset, last = base.offset_max() + offset;
    for (uint32_t i = 0; i < env_.field_count; ++i) {
        const Field& f = env_.fields[i];
        const bool may_vary = f.rule == FieldRule::raw_bytes && !f.whole && !env_.narrow_context_access;
        if (at >= f.offset && last + size <= int64_t{f.offset} + f.size && (may_vary || base.fixed_place())) return &f;
    }
    fail(base.fixed_place() ? Reason::context_field : Reason::context_variable, reg, at, last, base.fixed_place() ? int64_t{env_.context_size} : 0, size, is_write);
    return nullptr;
}

bool Machine::load_context(unsigned reg, int64_t offset, unsigned size, Value& out) {
    const Field* f = field_at(reg, offset, size, false);
    if (f == nullptr) return false;
    const int64_t at = s_.regs[reg].offset_min() + offset;
    const bool whole = size == f->size, aligned = at % size == 0;
    bool allowed = whole;
    switch (f->rule) {
        case FieldRule::scalar:
            allowed = aligned && (whole || !f->whole);
            if (whole && f->has_range) out = Value::of(f->is_signed ? Number::truncate(Number::range_s(f->min, static_cast<int64_t>(f->max)), size * 8) : Number::range_u(static_cast<uint64_t>(f->min), f->max));
            break;
        case FieldRule::raw_bytes: allowed = f->whole ? size == f->element_size && (at - f->offset) % size == 0 : aligned || !env_.narrow_context_access; break;
        case FieldRule::packet_start: out = Value::pointer(Region::packet); break;
        case FieldRule::packet_end: out = Value::pointer(Region::packet_end); break;
        case FieldRule::packet_meta: out = Value::pointer(Region::packet_meta); break;
        case FieldRule::object_or_null: out = f->never_null ? object_pointer(f->object) : or_null(object_pointer(f->object)); break;
    }
    return allowed || fail(Reason::context_field, reg, at, at, env_.context_size, size);
}

bool Machine::store_context(unsigned reg, int64_t offset, unsigned size, const Value& value) {
    const int64_t at = s_.regs[reg].offset_min() + offset;
    if (value.is_pointer()) return fail(Reason::pointer_leak, reg, at, at, 0, size, true);
    const Field* f = field_at(reg, offset, size, true);
    if (f == nullptr) return false;
    if (!f->writable) return fail(Reason::field_read_only, reg, at, at, 0, size, true);
    const bool allowed = size == f->size || (f->rule == FieldRule::raw_bytes && (!env_.narrow_context_access || at % size == 0));
    return allowed || fail(Reason::context_field, reg, at, at, env_.context_size, size, true);
}

// Of the regions that are neither stack nor context: the whole access lies inside.
bool Machine::in_bounds(unsigned reg, int64_t offset, int64_t size, bool is_write) {
    const Value& base = s_.regs[reg];
    const int64_t lo = base.offset_min() + offset, hi = base.offset_max() + offset + size;
    const auto refuse = [&](Reason reason, int64_t limit) { return fail(reason, reg, lo, hi - size, limit, static_cast<uint32_t>(size), is_write); };
    if (!rule_of(base.region).plain_memory) return refuse(Reason::no_memory, 0);
    if (base.region == Region::packet) {
        // The pointer's variable part is at most the packet's length plus a bound; fixed part and access must fit below.
        if (is_write && env_.packet_read_only) return refuse(Reason::constant_written, 0);
        const int64_t room = packet_least(base);
        return (lo >= 0 && offset + size <= room) || refuse(Reason::packet_bounds, room);
    }
    if (is_write && base.read_only) return refuse(base.region == Region::object ? Reason::no_memory : Reason::constant_written, 0);
    int64_t limit = base.region == Region::packet_meta ? int64_t{s_.metadata_bytes} : base.size;
    if (base.region == Region::map_value) {
        if (static_cast<uint32_t>(base.map) >= env_.map_count) return fail(Reason::bad_map, reg, base.map);
        const MapRule& map = env_.maps[base.map];
        if (is_write ? map.read_only : map.write_only) return refuse(is_write ? Reason::constant_written : Reason::write_only, base.map);
        for (uint32_t i = 0; i < map.kernel_field_count; ++i) {
            const KernelField& f = map.kernel_fields[i];
            if (lo < int64_t{f.offset} + f.size && hi > f.offset) return refuse(Reason::kernel_field, f.offset);
        }
        limit = map.value_size;
    } else if (base.region == Region::object && static_cast<uint32_t>(base.map) < env_.object_count) {
        const ObjectRule& rule = env_.objects[base.map];
        if (lo < int64_t{rule.hidden_end} && hi > int64_t{rule.hidden_begin}) limit = rule.hidden_begin;
        const int64_t unit = lo >= int64_t{rule.wide_begin} && hi <= int64_t{rule.wide_end} ? 8 : int64_t{rule.unit};
        if (unit != 0 && (lo / unit + 1) * unit < limit) limit = (lo / unit + 1) * unit;
    }
    return (lo >= 0 && hi <= limit) || refuse(Reason::region_bounds, limit);
}

// Read-only data never changes, so a load gives the object's own bytes of one of the places it may lead to. Of other
// memory nothing more is known.
void Machine::frozen(const Value& base, int64_t offset, const Operation& op, Number& out) const {
    const unsigned size = op.width / 8u;
    constexpr int64_t kMostPlaces = 1024;
    if (base.region != Region::map_value) return;
    const MapRule& map = env_.maps[base.map];
    const int64_t first = base.offset_min() + offset, last = base.offset_max() + offset;
    if (!map.read_only || last + size > map.initial_size || last - first >= kMostPlaces) return;
    out = Number::bottom();
    for (int64_t at = first; at <= last; ++at) {
        if (!base.number.contains(static_cast<uint64_t>(at - offset - base.fixed))) continue;
        uint64_t value = 0;
        for (unsigned i = 0; i < size; ++i) value |= static_cast<uint64_t>(map.initial[at + i]) << (8 * i);
        out = Number::join(out, Number::sign_extend(Number::constant(value), op.kind == Kind::load_sx ? op.width : 64, 64));
    }
}

Value Machine::object_pointer(int16_t object) const {
    Value v = Value::pointer(Region::object);
    v.map = object;
    v.read_only = true;
    if (static_cast<uint32_t>(object) < env_.object_count) {
        v.size = env_.objects[object].size;
        v.read_only = !env_.objects[object].writable;
    }
    return v;
}

bool Machine::usable_base(unsigned reg) {
    if (!readable(reg)) return false;
    const Value& base = s_.regs[reg];
    if (base.is_number()) return fail(Reason::number_access, reg);
    if (base.kind == ValueKind::pointer_or_null) return fail(Reason::null_access, reg);
    return true;
}

bool Machine::load(const Insn& insn, const Operation& op) {
    if (!usable_base(insn.src)) return false;
    const Value base = s_.regs[insn.src];
    const unsigned size = op.width / 8u;
    Value out = Value::of(Number::unknown_bits(op.width));
    if (base.region == Region::context) {
        if (!load_context(insn.src, insn.offset, size, out)) return false;
    } else if (base.region == Region::stack) {
        if (!load_stack(insn.src, insn.offset, size, out)) return false;
    } else {
        if (!in_bounds(insn.src, insn.offset, size, false)) return false;
        frozen(base, insn.offset, op, out.number);
    }
    if (op.kind == Kind::load_sx) {
        if (out.is_pointer()) return fail(Reason::pointer_as_number, insn.src);
        out = Value::of(Number::sign_extend(out.number, op.width, 64));
    }
    s_.regs[insn.dst] = out;
    return true;
}

bool Machine::store(const Insn& insn, const Operation& op) {
    Value value = Value::constant(static_cast<uint64_t>(int64_t{insn.imm}));
    if (!readable(insn.dst)) return false;
    if (op.kind == Kind::store_reg) {
        if (!readable(insn.src)) return false;
        name_copied(s_.regs[insn.src]);  // as in load_stack
        value = s_.regs[insn.src];
    }
    if (!usable_base(insn.dst)) return false;
    const unsigned size = op.width / 8u;
    const Region region = s_.regs[insn.dst].region;
    if (region == Region::context) return store_context(insn.dst, insn.offset, size, value);
    if (region == Region::stack) return store_stack(insn.dst, insn.offset, size, value);
    if (value.is_pointer() && !env_.pointer_leaks_allowed) return fail(Reason::pointer_leak, insn.src, 0, 0, 0, size, true);
    return in_bounds(insn.dst, insn.offset, size, true);
}

// Read, modify, write of one naturally aligned word. The old value is any; a stack cell is forgotten.
bool Machine::atomic(const Insn& insn, const Operation& op) {
    if (!readable(insn.dst) || !readable(insn.src)) return false;
    const bool exchange = op.atomic == AtomicOp::compare_exchange;
    if (exchange && !readable(0)) return false;
    const unsigned size = op.width / 8u;
    if (s_.regs[insn.src].is_pointer()) return fail(Reason::atomic_pointer, insn.src);
    if (exchange && s_.regs[0].is_pointer()) return fail(Reason::atomic_pointer, 0);
    if (!usable_base(insn.dst)) return false;
    const Value base = s_.regs[insn.dst];
    if (base.region == Region::context || base.region == Region::object || rule_of(base.region).of_packet) return fail(Reason::atomic_region, insn.dst);
    const Number whole = Number::alu64(AluOp::add, base.number, Number::constant(static_cast<uint64_t>(int64_t{base.fixed} + insn.offset)));
    if (((whole.wide.value | whole.wide.mask) & (size - 1)) != 0) return fail(Reason::atomic_unaligned, insn.dst, base.offset_min() + insn.offset, base.offset_max() + insn.offset, 0, size, true);
    if (base.region == Region::stack) {
        if (!readable_stack(insn.dst, insn.offset, size)) return false;
        overwrite_stack(base, insn.offset, size, true);
    } else if (!in_bounds(insn.dst, insn.offset, size, false) || !in_bounds(insn.dst, insn.offset, size, true)) {
        return false;
    }
    const Value old = Value::of(Number::unknown_bits(op.width));
    if (exchange) s_.regs[0] = old;
    else if ((insn.imm & 1) != 0) s_.regs[insn.src] = old;
    return true;
}

// LD_ABS and LD_IND read the packet through the helper of old: out of bounds ends the program with 0.
bool Machine::legacy_load(const Insn& insn, const Operation& op) {
    if (!env_.legacy_packet_access || s_.depth != 1 || s_.holds_references() || s_.locked) return fail(Reason::legacy_access);
    if (op.uses_src) {
        if (!readable(insn.src)) return false;
        if (s_.regs[insn.src].is_pointer()) return fail(Reason::pointer_as_number, insn.src);
    }
    const Value& context = s_.regs[6];
    if (context.kind != ValueKind::pointer || context.region != Region::context || context.offset_min() != 0 || context.offset_max() != 0) return fail(Reason::argument_kind, 6);
    if (!env_.any_return && (env_.return_min > 0 || env_.return_max < 0)) return fail(Reason::return_range, 0, 0, 0);
    for (unsigned r = 1; r <= 5; ++r) s_.regs[r] = Value{};
    s_.regs[0] = Value::of(Number::unknown_bits(op.width));
    return true;
}

}  // namespace mbpf::proof
