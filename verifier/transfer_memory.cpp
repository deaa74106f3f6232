// SPDX-License-Identifier: Apache-2.0
// Loads, stores and atomics. Each region has its rule of what may be touched; what is read is known exactly
// only where nobody else can have written: the stack, and frozen read-only data.
#include <algorithm>

#include "verifier/analysis.h"

namespace mbpf {

using bpf::Insn;
using bpf::Kind;
using bpf::Op;

namespace {

std::string bytes_text(std::uint64_t n) { return std::to_string(n) + (n == 1 ? " byte" : " bytes"); }

std::string range_text(std::int64_t lo, std::int64_t hi) { return lo == hi ? std::to_string(lo) : "[" + std::to_string(lo) + ", " + std::to_string(hi) + "]"; }

}  // namespace

bool Analysis::check_stack_range(std::uint32_t slot, const State& state, const Value& base, std::int64_t offset, std::uint64_t size, const char* what) {
    const std::int64_t lo = base.offset_min() + offset, hi = base.offset_max() + offset;
    if (lo < -kFrameBytes || hi + static_cast<std::int64_t>(size) > 0)
        return fail(1017, slot, &state, std::string(what) + " of " + bytes_text(size) + " may pass the end of a stack variable", "offset from the frame's top is " + range_text(lo, hi) + "; the frame is [-512, 0)",
                    "check the index against the array's length before using it");
    const std::size_t function = static_cast<std::size_t>(state.frames[static_cast<std::size_t>(base.frame)]->function);
    deepest_[function] = std::max(deepest_[function], static_cast<std::uint32_t>(-lo));
    return true;
}

// Every byte of the range was written on every path, and none belongs to a stored pointer.
bool Analysis::readable_stack(std::uint32_t slot, const State& state, const Value& base, std::int64_t offset, std::uint64_t size, const char* what) {
    if (!check_stack_range(slot, state, base, offset, size, what)) return false;
    const Frame& frame = *state.frames[static_cast<std::size_t>(base.frame)];
    const std::int64_t lo = base.offset_min() + offset, hi = base.offset_max() + offset + static_cast<std::int64_t>(size);
    if (!frame.all_written(lo, hi - lo))
        return fail(1018, slot, &state, std::string(what) + " of uninitialised stack", "bytes " + range_text(lo, hi - 1) + " from the frame's top are not all written on every path here", "initialise the variable, e.g. = {0}");
    if (frame.holds_pointer(lo, hi - lo)) return fail(1019, slot, &state, std::string(what) + " would expose a pointer stored on the stack as bytes", "", "do not copy structures that hold pointers");
    return true;
}

// After a write of unknown content (or at an unknown place) old cells there mean nothing. Bytes surely written
// are initialised from now on.
void Analysis::overwrite_stack(State& state, const Value& base, std::int64_t offset, std::uint64_t size, bool fully) {
    Frame& frame = state.frame_for_write(static_cast<std::size_t>(base.frame));
    const std::int64_t lo = base.offset_min() + offset, hi = base.offset_max() + offset;
    // What may be left of an overwritten pointer must not be read as bytes.
    for (const Cell& cell : frame.cells)
        if (cell.value.is_pointer() && cell.offset < hi + static_cast<std::int64_t>(size) && lo < cell.offset + cell.size)
            for (int i = 0; i < cell.size; ++i) frame.written.reset(static_cast<std::size_t>(cell.offset + i + kFrameBytes));
    frame.drop(lo, hi - lo + static_cast<std::int64_t>(size));
    if (fully && lo == hi)
        for (std::int64_t i = lo; i < lo + static_cast<std::int64_t>(size); ++i) frame.written.set(static_cast<std::size_t>(i + kFrameBytes));
}

bool Analysis::load_stack(std::uint32_t slot, const State& state, const Value& base, std::int64_t offset, unsigned size, Value& out) {
    if (!check_stack_range(slot, state, base, offset, size, "read")) return false;
    if (base.number.is_constant()) {
        const std::int64_t at = base.offset_min() + offset;
        const Frame& frame = *state.frames[static_cast<std::size_t>(base.frame)];
        if (const Cell* cell = frame.find(at, size)) {
            out = cell->value;
            return true;
        }
        if (!readable_stack(slot, state, base, offset, size, "read")) return false;
        out = Value::of(Number::unknown_bits(size * 8));
        // Part of a stored number: its bytes, little-endian.
        for (const Cell& cell : frame.cells)
            if (cell.value.is_number() && cell.offset <= at && at + static_cast<std::int64_t>(size) <= cell.offset + cell.size) {
                const auto shift = Number::constant(static_cast<std::uint64_t>(at - cell.offset) * 8);
                out = Value::of(Number::truncate(Number::alu64(bpf::AluOp::rsh, cell.value.number, shift), size * 8));
            }
        return true;
    }
    if (!readable_stack(slot, state, base, offset, size, "read")) return false;
    out = Value::of(Number::unknown_bits(size * 8));
    return true;
}

bool Analysis::store_stack(std::uint32_t slot, State& state, const Value& base, std::int64_t offset, unsigned size, const Value& value) {
    if (!check_stack_range(slot, state, base, offset, size, "write")) return false;
    const std::int64_t at = base.offset_min() + offset;
    if (value.is_pointer() && (size != 8 || !base.number.is_constant() || at % 8 != 0))
        return fail(1020, slot, &state, "pointer is stored on the stack in parts or at an unknown place", "", "store pointers whole, in 8-byte aligned variables");
    if (!base.number.is_constant()) {
        const std::int64_t hi = base.offset_max() + offset + size;
        if (state.frames[static_cast<std::size_t>(base.frame)]->holds_pointer(at, hi - at)) return fail(1020, slot, &state, "write at a variable offset may overwrite a pointer stored on the stack");
        overwrite_stack(state, base, offset, size, false);
        return true;
    }
    Frame& frame = state.frame_for_write(static_cast<std::size_t>(base.frame));
    // Overwriting part of a stored pointer leaves bytes of it: unreadable from now on.
    for (const Cell& cell : std::vector<Cell>(frame.cells))
        if (cell.value.is_pointer() && cell.offset < at + static_cast<std::int64_t>(size) && at < cell.offset + cell.size)
            for (int i = 0; i < cell.size; ++i) frame.written.reset(static_cast<std::size_t>(cell.offset + i + kFrameBytes));
    Value stored = value;
    if (value.is_number() && size < 8) {
        // Only the low bytes are stored; when they are the whole value, it keeps its identity.
        stored = Value::of(Number::truncate(value.number, size * 8));
        if (stored.number == value.number) stored.id = value.id;
    }
    frame.put(at, size, stored);
    return true;
}

bool Analysis::load_context(std::uint32_t slot, const State& state, const Value& base, std::int64_t offset, unsigned size, Value& out) {
    const Hook& hook = *hook_.hook;
    const std::int64_t at = base.offset_min() + offset;
    if (!base.number.is_constant()) return fail(1021, slot, &state, "context is read at a variable offset", "the offset is " + range_text(at, base.offset_max() + offset), "name the field; copy an array field to a local variable to index it");
    for (const ContextField& f : hook.fields) {
        if (at < f.offset || at + size > std::int64_t{f.offset} + f.size) continue;
        if (f.kind == FieldKind::raw_bytes || (f.kind == FieldKind::scalar && at % size == 0)) {
            out = Value::of(Number::unknown_bits(size * 8));
            if (f.kind == FieldKind::scalar && f.has_range && size == f.size)
                out = Value::of(f.is_signed ? Number::truncate(Number::range_s(f.min, static_cast<std::int64_t>(f.max)), size * 8) : Number::range_u(static_cast<std::uint64_t>(f.min), f.max));
            return true;
        }
        if (f.kind == FieldKind::scalar || size != f.size) break;
        out = Value::pointer(f.kind == FieldKind::packet_start ? Region::packet : f.kind == FieldKind::packet_end ? Region::packet_end : Region::packet_meta);
        if (out.region == Region::packet) out.range = state.packet_bytes;
        return true;
    }
    return fail(1021, slot, &state, "read of " + bytes_text(size) + " at offset " + std::to_string(at) + " is no field of the context",
                hook.context_size == 0 ? "hook " + hook.name + " has no context" : "struct " + hook.context_type + " has " + std::to_string(hook.context_size) + " bytes; see its fields in the platform reference", "read a whole field by its name");
}

bool Analysis::store_context(std::uint32_t slot, const State& state, const Value& base, std::int64_t offset, unsigned size, const Value& value) {
    const Hook& hook = *hook_.hook;
    const std::int64_t at = base.offset_min() + offset;
    if (value.is_pointer()) return fail(1022, slot, &state, "pointer would be written to the context", "the value is " + describe(value));
    if (!base.number.is_constant()) return fail(1021, slot, &state, "context is written at a variable offset", "the offset is " + range_text(at, base.offset_max() + offset));
    for (const ContextField& f : hook.fields) {
        if (at < f.offset || at + size > std::int64_t{f.offset} + f.size) continue;
        if (!f.writable) return fail(1023, slot, &state, "context field " + f.name + " is read-only", "", "only fields the platform reference marks writable may be written");
        if (f.kind == FieldKind::raw_bytes || (at == f.offset && size == f.size)) return true;
        break;
    }
    return fail(1021, slot, &state, "write of " + bytes_text(size) + " at offset " + std::to_string(at) + " is no field of the context", "struct " + hook.context_type, "write a whole field by its name");
}

// Bounds for all regions but stack and context. The offset's whole range must lie inside.
bool Analysis::check_range(std::uint32_t slot, const State& state, const Value& base, std::int64_t offset, std::uint64_t size, bool write, const char* what) {
    const std::int64_t lo = base.offset_min() + offset, hi = base.offset_max() + offset + static_cast<std::int64_t>(size);
    std::int64_t limit = 0;
    std::string object;
    unsigned code = 1013;
    switch (base.region) {
        case Region::packet: {
            const std::int64_t known = base.fixed + offset + static_cast<std::int64_t>(size);
            if (lo >= 0 && known <= base.range) return true;
            const std::string place = base.id == 0 ? "" : " beyond a variable offset in " + range_text(base.number.wide.smin, base.number.wide.smax);
            return fail(1012, slot, &state, std::string(what) + " of " + bytes_text(size) + " may pass the end of the packet",
                        lo < 0 ? "the offset may be " + std::to_string(lo) : "the packet is known to have " + bytes_text(static_cast<std::uint64_t>(base.range)) + place + " here; this needs " + std::to_string(known),
                        "return early unless " + std::string("p + ") + std::to_string(std::max<std::int64_t>(known, 1)) + " <= data_end");
        }
        case Region::map_value: {
            const bpf::Map& map = object_.maps[static_cast<std::size_t>(base.map)];
            if (write && map.read_only()) return fail(1024, slot, &state, "constant data is written", "it lies in " + map.name, "drop const from the variable");
            limit = map.value_size;
            object = map.is_global_data() ? "global data " + map.name : "value of map " + map.name;
            break;
        }
        case Region::ring_buffer_record:
        case Region::memory:
            limit = base.size;
            object = base.region == Region::memory ? "memory" : "ring buffer record";
            break;
        case Region::packet_end:
        case Region::packet_meta:
        case Region::map_handle:
        case Region::function:
            return fail(1025, slot, &state, std::string(what) + " through a pointer that leads to no memory", "it is " + describe(base), base.region == Region::packet_end ? "read through data, after comparing with data_end" : "look the value up first");
        case Region::context:
        case Region::stack:
        case Region::none:
        case Region::mixed: return fail(9001, slot, &state, "internal error: region not handled here");
    }
    if (lo >= 0 && hi <= limit) return true;
    return fail(code, slot, &state, std::string(what) + " of " + bytes_text(size) + " may pass the end of the " + object, "it has " + std::to_string(limit) + " bytes; the offset is " + range_text(lo, hi - static_cast<std::int64_t>(size)),
                "check the index before using it: if (i >= LENGTH) return 0; with i unsigned");
}

// Read-only data never changes, so a load at a constant offset has the object's own bytes.
std::optional<std::uint64_t> Analysis::frozen_constant(const Value& base, std::int64_t offset, unsigned size) const {
    if (base.region != Region::map_value || base.map < 0 || !base.number.is_constant()) return std::nullopt;
    const bpf::Map& map = object_.maps[static_cast<std::size_t>(base.map)];
    const std::int64_t at = base.offset_min() + offset;
    if (!map.read_only() || at < 0 || static_cast<std::uint64_t>(at) + size > map.initial.size()) return std::nullopt;
    std::uint64_t value = 0;
    for (unsigned i = 0; i < size; ++i) value |= static_cast<std::uint64_t>(map.initial[static_cast<std::size_t>(at) + i]) << (8 * i);
    return value;
}

bool Analysis::load(std::uint32_t slot, const Op& op, State& state) {
    const Insn& insn = program_.insns[slot];
    if (!readable(slot, state, insn.src)) return false;
    const Value base = state.regs[insn.src];
    const unsigned size = op.width / 8u;
    if (base.is_number()) return fail(1026, slot, &state, "read through a number, not a pointer", "r" + std::to_string(insn.src) + " is " + describe(base), "initialise the pointer; a NULL pointer cannot be read");
    if (base.kind == ValueKind::pointer_or_null) return fail(1010, slot, &state, "read through a pointer that may be NULL", "r" + std::to_string(insn.src) + " is " + describe(base), "check it first: if (!p) return 0;");
    Value out = Value::of(Number::unknown_bits(op.width));
    if (base.region == Region::context) {
        if (!load_context(slot, state, base, insn.offset, size, out)) return false;
    } else if (base.region == Region::stack) {
        if (!load_stack(slot, state, base, insn.offset, size, out)) return false;
    } else {
        if (!check_range(slot, state, base, insn.offset, size, false, "read")) return false;
        if (const auto frozen = frozen_constant(base, insn.offset, size)) out = Value::constant(*frozen);
    }
    if (op.kind == Kind::load_sx) {
        if (out.is_pointer()) return fail(1009, slot, &state, "pointer is used as a number");
        out = Value::of(Number::sign_extend(out.number, op.width, 64));
    }
    set(state, insn.dst, out);
    return true;
}

bool Analysis::store(std::uint32_t slot, const Op& op, State& state) {
    const Insn& insn = program_.insns[slot];
    if (!readable(slot, state, insn.dst)) return false;
    Value value = Value::constant(static_cast<std::uint64_t>(std::int64_t{insn.imm}));
    if (op.kind == Kind::store_reg) {
        if (!readable(slot, state, insn.src)) return false;
        // Register and stack slot hold the same number from here on: a check on one refines both.
        Value& source = state.regs[insn.src];
        if (source.is_number() && source.id == 0 && !source.number.is_constant()) source.id = identities_.next();
        value = source;
    }
    const Value base = state.regs[insn.dst];
    const unsigned size = op.width / 8u;
    if (base.is_number()) return fail(1026, slot, &state, "write through a number, not a pointer", "r" + std::to_string(insn.dst) + " is " + describe(base), "initialise the pointer");
    if (base.kind == ValueKind::pointer_or_null) return fail(1010, slot, &state, "write through a pointer that may be NULL", "r" + std::to_string(insn.dst) + " is " + describe(base), "check it first: if (!p) return 0;");
    if (base.region == Region::context) return store_context(slot, state, base, insn.offset, size, value);
    if (base.region == Region::stack) return store_stack(slot, state, base, insn.offset, size, value);
    if (value.is_pointer()) return fail(1022, slot, &state, "pointer would be written to memory others can read", "r" + std::to_string(insn.src) + " is " + describe(value), "store an index or a copy of the data instead");
    return check_range(slot, state, base, insn.offset, size, true, "write");
}

// Read, modify, write of one naturally aligned word. The old value is unknown, but on the stack the cell is
// forgotten rather than computed.
bool Analysis::atomic(std::uint32_t slot, const Op& op, State& state) {
    const Insn& insn = program_.insns[slot];
    if (!readable(slot, state, insn.dst) || !readable(slot, state, insn.src)) return false;
    const bool exchange = op.atomic == bpf::AtomicOp::compare_exchange;
    if (exchange && !readable(slot, state, 0)) return false;
    const Value base = state.regs[insn.dst];
    const unsigned size = op.width / 8u;
    if (state.regs[insn.src].is_pointer() || (exchange && state.regs[0].is_pointer())) return fail(1022, slot, &state, "pointer in an atomic operation", "", "atomics work on numbers");
    if (base.is_number()) return fail(1026, slot, &state, "atomic operation through a number, not a pointer", "r" + std::to_string(insn.dst) + " is " + describe(base));
    if (base.kind == ValueKind::pointer_or_null) return fail(1010, slot, &state, "atomic operation through a pointer that may be NULL", "", "check it first: if (!p) return 0;");
    if (base.region == Region::context || base.region == Region::packet) return fail(1027, slot, &state, "atomic operation on " + std::string(base.region == Region::context ? "the context" : "a packet"), "", "use a map value or a local variable");
    const Number whole = Number::alu64(bpf::AluOp::add, base.number, Number::constant(static_cast<std::uint64_t>(base.fixed + insn.offset)));
    if (((whole.wide.value | whole.wide.mask) & (size - 1)) != 0)
        return fail(1028, slot, &state, "atomic operation at an unaligned address", "the offset is " + range_text(base.offset_min() + insn.offset, base.offset_max() + insn.offset) + "; it must be a multiple of " + std::to_string(size), "align the field to its size");
    if (base.region == Region::stack) {
        if (!readable_stack(slot, state, base, insn.offset, size, "atomic operation")) return false;
        overwrite_stack(state, base, insn.offset, size, true);
    } else if (!check_range(slot, state, base, insn.offset, size, true, "atomic operation")) {
        return false;
    }
    const Value old = Value::of(Number::unknown_bits(op.width));
    switch (op.atomic) {
        case bpf::AtomicOp::fetch_add:
        case bpf::AtomicOp::fetch_or:
        case bpf::AtomicOp::fetch_and:
        case bpf::AtomicOp::fetch_xor:
        case bpf::AtomicOp::exchange: set(state, insn.src, old); break;
        case bpf::AtomicOp::compare_exchange: set(state, 0, old); break;
        case bpf::AtomicOp::none:
        case bpf::AtomicOp::add:
        case bpf::AtomicOp::or_:
        case bpf::AtomicOp::and_:
        case bpf::AtomicOp::xor_: break;
    }
    return true;
}

}  // namespace mbpf
