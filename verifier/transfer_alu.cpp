// SPDX-License-Identifier: Apache-2.0
// Arithmetic. On numbers the domain's operators do it. On pointers only what keeps them pointers into their
// region is allowed; anything that would turn an address into a number is refused.
#include <algorithm>

#include "verifier/analysis.h"

namespace mbpf {

using bpf::AluOp;
using bpf::Insn;
using bpf::Kind;
using bpf::Op;

namespace {

constexpr std::int64_t kMaxOffset = std::int64_t{1} << 29;
constexpr std::int64_t kMaxPacketOffset = 0xffff;

Number immediate(const Insn& insn) { return Number::constant(static_cast<std::uint64_t>(std::int64_t{insn.imm})); }

}  // namespace

bool Analysis::step(std::uint32_t slot, const Op& op, State& state) {
    switch (op.kind) {
        case Kind::alu:
        case Kind::movsx: return alu(slot, op, state);
        case Kind::to_le:
        case Kind::to_be:
        case Kind::bswap: return swap(slot, op, state);
        case Kind::load:
        case Kind::load_sx: return load(slot, op, state);
        case Kind::store_reg:
        case Kind::store_imm: return store(slot, op, state);
        case Kind::atomic: return atomic(slot, op, state);
        case Kind::load_imm64: return load_imm64(slot, state);
        case Kind::call_helper: return call_helper(slot, state);
        case Kind::jump:
        case Kind::jump_always:
        case Kind::call_local:
        case Kind::exit:
        case Kind::call_btf:
        case Kind::call_indirect:
        case Kind::load_abs:
        case Kind::load_ind: break;
    }
    return fail(9001, slot, &state, "internal error: instruction not handled");
}

bool Analysis::alu(std::uint32_t slot, const Op& op, State& state) {
    const Insn& insn = program_.insns[slot];
    Value src = Value::of(immediate(insn));
    if (op.uses_src) {
        if (!readable(slot, state, insn.src)) return false;
        // A copied number is the same number: give both an identity, so that a check on one refines both.
        Value& source = state.regs[insn.src];
        if (op.alu == AluOp::mov && source.is_number() && source.id == 0 && !source.number.is_constant()) source.id = identities_.next();
        src = source;
    }
    if (op.kind == Kind::movsx || op.alu == AluOp::mov) {
        if (src.is_pointer()) {
            if (op.width == 64 && op.kind == Kind::alu) {
                set(state, insn.dst, src);
                return true;
            }
            return fail(1009, slot, &state, "pointer is cut to a number", "r" + std::to_string(insn.src) + " is " + describe(src), "keep the pointer in a pointer variable; do not cast it to an integer");
        }
        Value result = Value::of(src.number);
        if (op.kind == Kind::movsx) result.number = Number::sign_extend(src.number, op.from_bits, op.width);
        else if (op.width == 32) result.number = Number::zext32(src.number);
        // Unchanged by the move: still the same number.
        if (result.number == src.number && (op.width == 64 ? op.kind == Kind::alu : src.number.wide.umax <= UINT32_MAX && op.kind == Kind::alu)) result.id = src.id;
        set(state, insn.dst, result);
        return true;
    }
    if (!readable(slot, state, insn.dst)) return false;
    const Value dst = state.regs[insn.dst];
    if (dst.is_pointer() || src.is_pointer()) return pointer_alu(slot, op, state, dst, src);
    set(state, insn.dst, Value::of(op.width == 64 ? Number::alu64(op.alu, dst.number, src.number) : Number::alu32(op.alu, dst.number, src.number)));
    return true;
}

// The region and what is known of it stay; only the offset moves. Sound because accesses are checked against
// the whole offset, and offsets are kept far from wrapping.
bool Analysis::add_to_pointer(std::uint32_t slot, State& state, std::uint8_t reg, const Value& pointer, const Value& number, bool subtract) {
    if (pointer.kind == ValueKind::pointer_or_null)
        return fail(1010, slot, &state, "arithmetic on a pointer that may be NULL", "it is " + describe(pointer), "check it first: if (!p) return 0;");
    if (pointer.region == Region::packet_end || pointer.region == Region::map_handle || pointer.region == Region::function)
        return fail(1011, slot, &state, "arithmetic on this pointer is not allowed", "it is " + describe(pointer), pointer.region == Region::packet_end ? "move the packet pointer instead: p + n > data_end" : "");
    Value result = pointer;
    if (number.number.is_constant()) {
        const std::int64_t delta = number.number.wide.smin;
        if (delta < -kMaxOffset || delta > kMaxOffset) return fail(1011, slot, &state, "pointer is moved by " + std::to_string(delta) + " bytes", "", "keep offsets within the object");
        result.fixed += subtract ? -delta : delta;
    } else {
        if (subtract) return fail(1011, slot, &state, "a variable amount is subtracted from a pointer", "the amount is " + describe(number), "add to the object's start instead, with a checked index");
        if (number.number.wide.smin < (pointer.region == Region::packet ? 0 : -kMaxOffset) || number.number.wide.smax > (pointer.region == Region::packet ? kMaxPacketOffset : kMaxOffset))
            return fail(1011, slot, &state, "pointer is moved by an unbounded amount", "r" + std::to_string(reg) + " is " + describe(pointer) + "; the amount is " + describe(number),
                        "check the index first: if (i >= SIZE) return 0; (unsigned), or mask it: i & (SIZE - 1)");
        result.number = Number::alu64(AluOp::add, pointer.number, number.number);
        result.id = identities_.next();
        result.range = 0;
        if (pointer.region == Region::packet && result.number.wide.smax > kMaxPacketOffset)
            return fail(1011, slot, &state, "packet pointer is moved further than any packet is long", "the offset is in [" + std::to_string(result.number.wide.smin) + ", " + std::to_string(result.number.wide.smax) + "]", "bound each length you add");
    }
    // Packet buffers never lie in the last 64 KiB of the address space, so a pointer that stays this near
    // cannot wrap there, and comparing it with data_end means what it says.
    if (pointer.region == Region::packet && (result.offset_max() > kMaxPacketOffset || result.offset_min() < -kMaxPacketOffset))
        return fail(1011, slot, &state, "packet pointer is moved further than any packet is long", "it is " + describe(result), "bound each length you add");
    if (result.offset_min() < -kMaxOffset || result.offset_max() > kMaxOffset) return fail(1011, slot, &state, "pointer is moved too far", "it is " + describe(result));
    set(state, reg, result);
    return true;
}

bool Analysis::pointer_alu(std::uint32_t slot, const Op& op, State& state, const Value& dst, const Value& src) {
    const Insn& insn = program_.insns[slot];
    if (op.width == 64 && op.alu == AluOp::add) {
        if (dst.is_pointer() && src.is_number()) return add_to_pointer(slot, state, insn.dst, dst, src, false);
        if (src.is_pointer() && dst.is_number()) return add_to_pointer(slot, state, insn.dst, src, dst, false);
    }
    if (op.width == 64 && op.alu == AluOp::sub && dst.is_pointer() && src.is_number()) return add_to_pointer(slot, state, insn.dst, dst, src, true);
    if (op.width == 64 && op.alu == AluOp::sub && dst.kind == ValueKind::pointer && src.kind == ValueKind::pointer) {
        // The distance of two places in one object is a number that tells nothing of the address.
        const auto packet = [](const Value& v) { return v.region == Region::packet || v.region == Region::packet_end; };
        const bool same = dst.region == src.region && dst.map == src.map && dst.frame == src.frame && dst.ref == src.ref && dst.region != Region::map_handle && dst.region != Region::map_value;
        if ((packet(dst) && packet(src)) || same) {
            Number distance = Number::range_s(-2 * kMaxOffset, 2 * kMaxOffset);
            if (same && dst.region != Region::packet_end)
                distance = Number::range_s(dst.offset_min() - src.offset_max(), dst.offset_max() - src.offset_min());
            set(state, insn.dst, Value::of(distance));
            return true;
        }
    }
    const Value& pointer = dst.is_pointer() ? dst : src;
    return fail(1009, slot, &state, "pointer is used as a number", "r" + std::to_string(dst.is_pointer() ? insn.dst : insn.src) + " is " + describe(pointer), "only adding to a pointer, and the distance of two pointers into the same object, are allowed");
}

bool Analysis::swap(std::uint32_t slot, const Op& op, State& state) {
    const Insn& insn = program_.insns[slot];
    if (!readable(slot, state, insn.dst)) return false;
    const Value v = state.regs[insn.dst];
    if (v.is_pointer()) return fail(1009, slot, &state, "pointer is used as a number", "r" + std::to_string(insn.dst) + " is " + describe(v));
    set(state, insn.dst, Value::of(op.kind == Kind::to_le ? Number::truncate(v.number, op.width) : Number::byte_swap(v.number, op.width)));
    return true;
}

bool Analysis::load_imm64(std::uint32_t slot, State& state) {
    const Insn& insn = program_.insns[slot];
    const Insn& second = program_.insns[slot + 1];
    if (static_cast<bpf::Pseudo>(insn.src) == bpf::Pseudo::none) {
        set(state, insn.dst, Value::constant(static_cast<std::uint32_t>(insn.imm) | static_cast<std::uint64_t>(static_cast<std::uint32_t>(second.imm)) << 32));
        return true;
    }
    if (insn.imm < 0 || static_cast<std::size_t>(insn.imm) >= object_.maps.size()) return fail(1001, slot, &state, "instruction names map " + std::to_string(insn.imm) + ", which does not exist");
    maps_used_.insert(static_cast<std::uint32_t>(insn.imm));
    const bool handle = static_cast<bpf::Pseudo>(insn.src) == bpf::Pseudo::map;
    Value v = Value::pointer(handle ? Region::map_handle : Region::map_value);
    v.map = insn.imm;
    const bpf::Map& map = object_.maps[static_cast<std::size_t>(insn.imm)];
    if (!handle) {
        if (!map.is_global_data()) return fail(1805, slot, &state, "direct access to map " + map.name + " is not supported", "only global data can be addressed directly");
        if (second.imm < 0 || static_cast<std::uint32_t>(second.imm) > map.value_size) return fail(1013, slot, &state, "address outside " + map.name, "offset " + std::to_string(second.imm) + " of " + std::to_string(map.value_size) + " bytes");
        v.fixed = second.imm;
    }
    set(state, insn.dst, v);
    return true;
}

}  // namespace mbpf
