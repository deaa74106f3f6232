// SPDX-License-Identifier: Apache-2.0
// Arithmetic. On numbers the domain's proved operators do it; a symbol survives where the result is the old
// word plus a constant. On pointers only what keeps them in their region is allowed.
#include "verifier/checker/machine.h"

namespace mbpf::proof {

using bpf::AluOp;
using bpf::Insn;
using bpf::Kind;

namespace {

constexpr uint64_t kMax32 = 0xffffffffu;
constexpr uint8_t kMostBits = 64;
constexpr uint8_t kFitsUnsigned = 0x40, kFitsSigned = 0x80;  // beside the amount, in Value::shift

Value immediate(const Insn& insn) { return Value::constant(static_cast<uint64_t>(int64_t{insn.imm})); }

}  // namespace

bool Machine::fail(Reason reason, unsigned reg, int64_t low, int64_t high, int64_t limit, uint32_t size, bool is_write) {
    if (failure_.reason == Reason::none) failure_ = {reason, slot_, static_cast<uint8_t>(reg), is_write, low, high, limit, size};
    return false;
}

bool Machine::readable(unsigned reg) { return s_.regs[reg].kind != ValueKind::unknown || fail(Reason::unreadable_register, reg); }

void Machine::enter_program() {
    Value& r1 = s_.regs[1] = Value::pointer(env_.raw_memory ? Region::memory : Region::context);
    r1.size = env_.raw_memory ? env_.memory_bytes : env_.context_size;
    if (env_.raw_memory) s_.regs[2] = Value::constant(env_.memory_bytes);
    s_.regs[bpf::kFramePointer] = Value::pointer(Region::stack);
}

bool Machine::step(uint32_t slot, const Operation& op) {
    slot_ = slot;
    helper_used = map_used = -1;
    const Insn& insn = env_.insns[slot];
    switch (op.kind) {
        case Kind::alu:
        case Kind::movsx: return alu(insn, op);
        case Kind::to_le:
        case Kind::to_be:
        case Kind::bswap: return swap_bytes(insn, op);
        case Kind::load:
        case Kind::load_sx: return load(insn, op);
        case Kind::store_reg:
        case Kind::store_imm: return store(insn, op);
        case Kind::atomic: return atomic(insn, op);
        case Kind::load_imm64: return load_immediate(slot);
        case Kind::load_abs:
        case Kind::load_ind: return legacy_load(insn, op);
        case Kind::call_helper: return helper(slot);
        case Kind::jump:
        case Kind::jump_always:
        case Kind::call_local:
        case Kind::call_btf:
        case Kind::call_indirect:
        case Kind::exit: break;
    }
    return fail(Reason::bad_instruction);
}

bool Machine::alu(const Insn& insn, const Operation& op) {
    Value src = immediate(insn);
    if (op.uses_src) {
        if (!readable(insn.src)) return false;
        // A copied number is the same number: named now, a check on one refines both. So with what is added or taken off.
        Value& source = s_.regs[insn.src];
        if (op.alu == AluOp::mov || op.alu == AluOp::add || op.alu == AluOp::sub) name_copied(source);
        src = source;
    }
    if (op.alu == AluOp::mov) return move(insn, op, src);
    if (!readable(insn.dst)) return false;
    const Value dst = s_.regs[insn.dst];
    if (dst.is_pointer() || src.is_pointer()) return pointer_arithmetic(insn, op, dst, src);
    return arithmetic(insn, op, dst, src);
}

bool Machine::move(const Insn& insn, const Operation& op, const Value& src) {
    if (src.is_pointer()) {
        if (op.width != 64 || op.kind != Kind::alu) return any_number(insn.dst, op.kind == Kind::movsx ? 64 : 32) || fail(Reason::pointer_cut, insn.src);
        s_.regs[insn.dst] = src;
        return true;
    }
    Value result = src;
    bool same = true;  // the result is the very word
    if (op.kind == Kind::movsx) {
        result.number = Number::sign_extend(src.number, op.from_bits, op.width);
        same = domain::fits_signed(src.number.wide, op.from_bits) && (op.width == 64 || src.number.wide.smin >= 0);
    } else if (op.width == 32) {
        result.number = Number::zext32(src.number);
        same = fits_unsigned(src.number, 32);
    }
    if (!same) result = Value::of(result.number);
    s_.regs[insn.dst] = result;
    return true;
}

bool Machine::arithmetic(const Insn& insn, const Operation& op, const Value& a, const Value& b) {
    const bool same_register = op.uses_src && insn.src == insn.dst;
    Value result;
    if (same_register && (op.alu == AluOp::sub || op.alu == AluOp::xor_)) {
        result = Value::constant(0);
    } else {
        result = Value::of(op.width == 64 ? Number::alu64(op.alu, a.number, b.number) : Number::alu32(op.alu, a.number, b.number));
        keep_symbol(result, op, a, b);
    }
    s_.regs[insn.dst] = result;
    return true;
}

// What relates the result to its operands. Each case holds because the operation, on the words the operands can
// have, is the one over the integers: nothing wraps, nothing is cut.
void Machine::keep_symbol(Value& r, const Operation& op, const Value& a, const Value& b) {
    if (!fits_unsigned(a.number, op.width)) return;
    // A sum is that of its turned operands, too: the one that has a name, or is no constant, comes first. Of bits that the
    // word surely lacks an or is an addition.
    const bool adds = op.alu == AluOp::add || (op.alu == AluOp::or_ && ((a.number.wide.value | a.number.wide.mask) & (b.number.wide.value | b.number.wide.mask)) == 0);
    const bool turned = adds && (a.number.is_constant() || a.symbol == 0) && !b.number.is_constant() && fits_unsigned(b.number, op.width);
    if (adds || op.alu == AluOp::sub) return turned ? keep_sum(r, op, b, a) : keep_sum(r, op, a, b);
    if (op.alu == AluOp::and_) return keep_bits(r, a, b);
    const bool by_one = b.number.is_constant() && b.number.wide.umin == 1;
    // What is shifted right, or divided, is no more than it was (by 0 it is 0); twice a half is no more, either.
    if ((op.alu == AluOp::rsh || op.alu == AluOp::div) && a.shift == 0 && a.symbol != 0 && exact_sum(a) && s_.name(r) != 0) {
        s_.learn(r.symbol, a.symbol, a.delta);
        if (op.alu == AluOp::rsh && by_one) s_.learn_limit(r.symbol, r.symbol, a.symbol, a.delta);
    }
    if (op.alu == AluOp::lsh && by_one) keep_sum(r, op, a, a);
    if (op.width == 32 || !b.number.is_constant()) return;
    const unsigned k = b.number.wide.umin & 63;
    if (op.alu == AluOp::lsh && a.symbol != 0 && k != 0) {
        // Cut and extended again: x << k >> k. Remembered while no bit is lost.
        const uint8_t fits = static_cast<uint8_t>((fits_unsigned(a.number, 64 - k) ? kFitsUnsigned : 0) | (domain::fits_signed(a.number.wide, 64 - k) ? kFitsSigned : 0));
        r.origin = a.symbol;
        r.origin_delta = a.delta;
        r.shift = static_cast<uint8_t>(k | fits);
    }
    const uint8_t extends = op.alu == AluOp::rsh ? kFitsUnsigned : op.alu == AluOp::arsh ? kFitsSigned : uint8_t{0};
    if ((a.shift & extends) != 0 && (a.shift & 63) == k) {
        r.symbol = a.origin;
        r.delta = a.origin_delta;
    }
}

void Machine::keep_sum(Value& r, const Operation& op, const Value& a, const Value& b) {
    const auto &x = a.number.wide, &y = b.number.wide;
    if (b.number.is_constant()) {
        // a + k. Over 64 bits this is exact modulo 2^64, which is what symbol + delta means.
        const int64_t k = op.width == 32 ? b.number.low.smin : y.smin;
        if (!is_delta(k)) return;
        const int64_t move = op.alu == AluOp::sub ? -k : k, delta = a.delta + move;
        if (op.width == 32 && (move >= 0 ? x.umax + static_cast<uint64_t>(move) > kMax32 : x.umin < static_cast<uint64_t>(-move))) return;
        if (a.modulus != 0 && domain::exact_signed_sum(r.number.wide, static_cast<uint64_t>(move))) {
            r.modulus = a.modulus;
            r.remainder = static_cast<int32_t>(domain::moved_remainder(uint64_t{a.modulus}, static_cast<uint64_t>(a.remainder), static_cast<uint64_t>(move)));
        }
        if (a.symbol == 0 || !is_delta(delta)) return;
        r.symbol = a.symbol;
        r.delta = static_cast<int32_t>(delta);
        return;
    }
    if (!fits_unsigned(b.number, op.width)) return;
    if (op.alu != AluOp::sub) {
        // a + b without wrapping lies between a + min b and a + max b.
        if (a.symbol == 0 || !exact_sum(a) || !(op.width == 32 ? domain::sums_fit(a.number.low, b.number.low) : domain::sums_fit(x, y)) || s_.name(r) == 0) return;
        return s_.learn_sum(r, a, b);
    }
    // a - b for a >= b: bounded by what is known of the difference; with b it makes a.
    int64_t upper = 0, lower = 0;
    if (!s_.difference(b, a, lower) || lower > 0) return;
    const uint64_t high = s_.difference(a, b, upper) ? static_cast<uint64_t>(upper) : r.number.wide.umax;
    r.number = meet(r.number, Number::range_u(static_cast<uint64_t>(-lower), high));
    if (!r.number.is_bottom() && s_.name(r) != 0) s_.learn_parts(a, b, r);
}

// The bits of the result are among a's; x & (x - 1) is x without its lowest bit.
void Machine::keep_bits(Value& r, const Value& a, const Value& b) {
    const int64_t apart = a.symbol != 0 && a.symbol == b.symbol ? int64_t{a.delta} - b.delta : 0;
    const bool steps = apart == 1 || apart == -1;
    const Value& x = steps && b.delta > a.delta ? b : a;
    const bool again = x.origin != 0 && x.shift == 0;
    const unsigned lost = (again ? x.bits_lost : 0u) + (steps && x.number.wide.umin > 0 ? 1u : 0u);
    r.origin = again ? x.origin : x.symbol;
    r.origin_delta = again ? x.origin_delta : x.delta;
    r.bits_lost = static_cast<uint8_t>(lost < kMostBits ? lost : kMostBits);
    // No bit of a can be lost.
    if (((a.number.wide.value | a.number.wide.mask) & ~b.number.wide.value) != 0) return;
    r.symbol = a.symbol;
    r.delta = a.delta;
    r.number = a.number;
}

// Region and what is known of it stay; only the offset moves. Sound because accesses are checked against the
// whole offset, which stays far from wrapping.
bool Machine::move_pointer(const Insn& insn, const Value& pointer, Value amount, bool subtract) {
    const unsigned reg = s_.regs[insn.dst].is_pointer() ? insn.dst : insn.src;
    if (pointer.kind == ValueKind::pointer_or_null) return fail(Reason::null_arithmetic, reg);
    if (!rule_of(pointer.region).moves) return fail(Reason::handle_arithmetic, reg);
    Value r = pointer;
    const auto& n = amount.number.wide;
    if (amount.number.is_constant()) {
        const int64_t move = static_cast<int64_t>(subtract ? 0 - n.umin : n.umin);
        if (n.smin < -kMaxOffset || n.smin > kMaxOffset) return fail(Reason::moved_by_constant, reg, move);
        const int64_t fixed = r.fixed + move;
        if (fixed < -kMaxOffset || fixed > kMaxOffset) return fail(Reason::moved_too_far, reg);
        r.fixed = static_cast<int32_t>(fixed);
    } else {
        if (n.smin < -kMaxOffset || n.smax > kMaxOffset) return fail(Reason::moved_by_variable, reg, n.smin, n.smax);
        r.number = Number::alu64(subtract ? AluOp::sub : AluOp::add, pointer.number, amount.number);
        r.drop_symbol();
        // A packet pointer's variable part is read as an unsigned distance.
        if (pointer.region == Region::packet && r.number.wide.smin < 0) return fail(Reason::moved_by_variable, reg, n.smin, n.smax);
        if (!subtract && pointer.number.is_constant()) {
            // The amount itself is the variable part: a length checked against the packet's end stays known.
            const int64_t delta = amount.delta + pointer.offset_min() - pointer.fixed;
            if (amount.symbol != 0 && is_delta(delta)) {
                r.symbol = amount.symbol;
                r.delta = static_cast<int32_t>(delta);
            }
        } else if (!subtract && pointer.symbol != 0 && exact_sum(pointer) && n.smin >= 0 && pointer.number.wide.smin >= 0 && s_.name(r) != 0) {
            s_.learn_sum(r, pointer, amount);
        }
        s_.name(r);
    }
    if (r.offset_min() < -kMaxOffset || r.offset_max() > kMaxOffset) return fail(Reason::moved_too_far, reg);
    s_.regs[insn.dst] = r;
    return true;
}

// Least number of bytes from a packet pointer to the packet's end; negative: maybe beyond it.
int64_t Machine::packet_least(const Value& pointer) const {
    int64_t bound = 0;
    return s_.below_packet_end(variable_part(pointer), bound) ? -bound - pointer.fixed : -2 * kMaxOffset;
}

// r10 is a multiple of 8. So what a stack pointer's low three bits surely lack is added by or-ing it in, as
// compilers do with objects of 8 bytes.
bool Machine::fills_gap(const Value& pointer, const Value& amount) const {
    if (env_.pointer_leaks_allowed || pointer.kind != ValueKind::pointer || pointer.region != Region::stack || !amount.is_number() || amount.number.wide.umax > 7) return false;
    const Number place = Number::alu64(AluOp::add, pointer.number, Number::constant(static_cast<uint64_t>(int64_t{pointer.fixed})));
    return ((place.wide.value | place.wide.mask) & (amount.number.wide.value | amount.number.wide.mask)) == 0;
}

bool Machine::pointer_arithmetic(const Insn& insn, const Operation& op, const Value& a, const Value& b) {
    if (op.width == 64 && (op.alu == AluOp::add || (op.alu == AluOp::or_ && (fills_gap(a, b) || fills_gap(b, a))))) {
        // Name the amount where it stays, so that copies of it and the pointer know of each other.
        if (a.is_pointer() && b.is_number()) {
            if (op.uses_src) s_.name(s_.regs[insn.src]);
            return move_pointer(insn, a, op.uses_src ? s_.regs[insn.src] : b, false);
        }
        if (b.is_pointer() && a.is_number()) return move_pointer(insn, b, a, false);
    }
    if (op.width == 64 && op.alu == AluOp::sub && a.is_pointer() && b.is_number()) return move_pointer(insn, a, b, true);
    if (op.width == 64 && op.alu == AluOp::sub && a.kind == ValueKind::pointer && b.kind == ValueKind::pointer && distance(a, b, s_.regs[insn.dst])) return true;
    return any_number(insn.dst, op.width) || fail(Reason::pointer_as_number, a.is_pointer() ? insn.dst : insn.src);
}

// The distance of two places in one object tells nothing of its address. False: they may be in two.
bool Machine::distance(const Value& a, const Value& b, Value& out) {
    Value r = Value::of(Number::range_s(-2 * kMaxOffset, 2 * kMaxOffset));
    const bool to_end = a.region == Region::packet_end && b.region == Region::packet;
    if (to_end) {
        // A certificate may state a variable part that is negative.
        const int64_t least = packet_least(b), most = s_.longest_packet - (b.number.wide.smin < 0 ? b.offset_min() : b.fixed);
        r = Value::of(Number::range_s(least < most ? least : most, most));
    } else if (a.region != Region::packet || b.region != Region::packet_end) {
        const bool one = rule_of(a.region).one_object || (a.region == Region::memory && env_.raw_memory) || (a.region == Region::ring_buffer_record && a.reference != 0);
        if (!one || a.region != b.region || a.map != b.map || a.frame != b.frame || a.reference != b.reference) return false;
        r = Value::of(Number::range_s(a.offset_min() - b.offset_max(), a.offset_max() - b.offset_min()));
    }
    if (b.region == Region::packet && (to_end || a.region == Region::packet)) keep_distance(r, to_end ? s_.packet_length() : variable_part(a, a.fixed), variable_part(b, b.fixed));
    out = r;
    return true;
}

// r = a - b of two offsets, which may be negative: named is r + kMost, which is not, and which with b makes a + kMost.
void Machine::keep_distance(Value& r, const Value& a, const Value& b) {
    constexpr int64_t kMost = int64_t{1} << 28;
    if (a.number.wide.umax > static_cast<uint64_t>(kMost) || b.number.wide.umax > static_cast<uint64_t>(kMost)) return;
    int64_t low = r.number.wide.smin, high = r.number.wide.smax, bound = 0;
    if (s_.difference(b, a, bound) && -bound > low) low = -bound;
    if (s_.difference(a, b, bound) && bound < high) high = bound;
    if (low < -kMost || high > kMost || low > high) return;
    r.number = meet(r.number, Number::range_s(low, high));
    const int64_t delta = a.delta - static_cast<int64_t>(b.number.wide.umin);
    if (b.number.is_constant() && a.symbol != 0 && is_delta(delta)) {
        r.symbol = a.symbol;
        r.delta = static_cast<int32_t>(delta);
    }
    if (b.number.is_constant()) return;
    Value above = variable_part(r, kMost);
    if (s_.name(above) == 0) return;
    s_.learn_parts(variable_part(a, kMost), b, above);
    r = variable_part(above, -kMost);
}

// Where the platform lets programs see addresses, what they compute from them is any number.
bool Machine::any_number(unsigned reg, unsigned width) {
    if (env_.pointer_leaks_allowed) s_.regs[reg] = Value::of(Number::unknown_bits(width));
    return env_.pointer_leaks_allowed;
}

bool Machine::swap_bytes(const Insn& insn, const Operation& op) {
    if (!readable(insn.dst)) return false;
    Value& v = s_.regs[insn.dst];
    if (v.is_pointer()) return any_number(insn.dst, op.width) || fail(Reason::pointer_as_number, insn.dst);
    const bool whole = fits_unsigned(v.number, op.width);  // no byte is cut
    if (op.kind == Kind::to_le && whole) return true;
    const Value before = v;
    v = Value::of(op.kind == Kind::to_le ? Number::truncate(v.number, op.width) : Number::byte_swap(v.number, op.width));
    if (!whole || before.symbol == 0 || op.width > 32) return true;
    s_.name(v);
    s_.learn_zero(before, v);
    return true;
}

bool Machine::load_immediate(uint32_t slot) {
    const Insn& insn = env_.insns[slot];
    const Insn second = slot + 1 < env_.insn_count ? env_.insns[slot + 1] : insn;
    if (second.opcode != 0 || second.dst != 0 || second.src != 0 || second.offset != 0) return fail(Reason::bad_instruction);
    Value v = Value::constant(static_cast<uint32_t>(insn.imm) | static_cast<uint64_t>(static_cast<uint32_t>(second.imm)) << 32);
    const auto pseudo = static_cast<bpf::Pseudo>(insn.src);
    if (pseudo == bpf::Pseudo::function) {
        v = Value::pointer(Region::function);
        const int64_t target = int64_t{slot} + 1 + insn.imm;
        if (target < 0 || target >= env_.insn_count) return fail(Reason::bad_target);
        v.size = static_cast<uint32_t>(target);
    } else if (pseudo == bpf::Pseudo::map || pseudo == bpf::Pseudo::map_value) {
        if (insn.imm < 0 || insn.imm > INT16_MAX || static_cast<uint32_t>(insn.imm) >= env_.map_count) return fail(Reason::bad_map, insn.dst, insn.imm);
        const MapRule& map = env_.maps[insn.imm];
        v = Value::pointer(pseudo == bpf::Pseudo::map ? Region::map_handle : Region::map_value);
        v.map = static_cast<int16_t>(insn.imm);
        map_used = insn.imm;
        if (pseudo == bpf::Pseudo::map_value) {
            if (!map.is_global_data) return fail(Reason::direct_map, insn.dst, insn.imm);
            if (second.imm < 0 || static_cast<uint32_t>(second.imm) > map.value_size || second.imm > kMaxOffset) return fail(Reason::region_bounds, insn.dst, second.imm, second.imm, map.value_size, 0);
            v.fixed = second.imm;
        }
    } else if (pseudo != bpf::Pseudo::none) {
        return fail(Reason::bad_instruction);
    }
    s_.regs[insn.dst] = v;
    return true;
}

}  // namespace mbpf::proof
