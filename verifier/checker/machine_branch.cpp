// SPDX-License-Identifier: Apache-2.0
// Conditional jumps: what each edge teaches. A refinement of one value reaches every value of its symbol.
#include "verifier/checker/machine.h"

namespace mbpf::proof {

using bpf::Condition;
using bpf::Insn;

void Machine::Comparison::turn() {
    const Side was = left;
    left = right;
    right = was;
    is = domain::mirrored(is);
}

Machine::Comparison Machine::compared(uint32_t slot, const Operation& op, bool taken) const {
    const Insn& insn = env_.insns[slot];
    Comparison c;
    c.width = op.width;
    c.holds = taken || op.condition != Condition::set;
    c.is = taken || op.condition == Condition::set ? op.condition : Number::negate(op.condition);
    c.left = {insn.dst, s_.regs[insn.dst]};
    c.right = op.uses_src ? Comparison::Side{insn.src, s_.regs[insn.src]} : Comparison::Side{kImmediate, Value::constant(static_cast<uint64_t>(int64_t{insn.imm}))};
    if (c.is == Condition::gt || c.is == Condition::ge || c.is == Condition::sgt || c.is == Condition::sge) c.turn();
    return c;
}

// Order between two unknown words, in a form that survives: U(a) <= U(b) + bound. Signed comparisons say the
// same of words that are not negative; 32-bit ones of words that fit.
void Machine::learn_order(const Comparison& c, const Value& a, const Value& b) {
    const bool is_signed = c.is == Condition::slt || c.is == Condition::sle;
    const bool strict = c.is == Condition::lt || c.is == Condition::slt;
    if (!strict && c.is != Condition::le && c.is != Condition::sle && c.is != Condition::eq) return;
    if (!exact_sum(a) || !exact_sum(b)) return;
    const uint64_t most = ~uint64_t{0} >> (64 - c.width + (is_signed ? 1 : 0));
    if (a.number.wide.umax > most || b.number.wide.umax > most) return;
    const int64_t move = int64_t{b.delta} - a.delta;  // U(a) <= U(b) + k  is  sa <= sb + k + db - da
    // Of words whose low bits are known the distance has the low bits of theirs: at least so many lie between.
    const uint64_t unknown = a.number.wide.mask | b.number.wide.mask, known = unknown == 0 ? 0 : (unknown & -unknown) - 1;
    const uint64_t apart = (b.number.wide.value - a.number.wide.value - (strict ? 1 : 0)) & known;
    s_.learn(a.symbol, b.symbol, move - static_cast<int64_t>(apart < kMaxOffset ? apart : 0) - (strict ? 1 : 0));
    if (c.is == Condition::eq) s_.learn(b.symbol, a.symbol, -move);
}

Edge Machine::compare_numbers(Comparison& c) {
    if (c.left.reg == c.right.reg) return c.is == Condition::ne || c.is == Condition::lt || c.is == Condition::slt ? Edge::infeasible : Edge::feasible;
    // What is known of the difference may rule the edge out, or tighten it: not above and not equal is below.
    const Value &l = c.left.value, &r = c.right.value;
    int64_t bound = 0;
    if (l.symbol != 0 && r.symbol != 0 && fits_unsigned(l.number, c.width) && fits_unsigned(r.number, c.width)) {
        const bool not_above = s_.difference(l, r, bound) && bound <= 0, below = not_above && bound < 0;
        const bool not_below = s_.difference(r, l, bound) && bound <= 0, above = not_below && bound < 0;
        if ((c.is == Condition::lt && not_below) || (c.is == Condition::le && above) || (c.is == Condition::eq && (below || above)) || (c.is == Condition::ne && not_above && not_below)) return Edge::infeasible;
        if (c.is == Condition::ne && not_below) c.turn();
        if (c.is == Condition::ne && (not_above || not_below)) c.is = Condition::lt;
    }
    Value a = c.left.value, b = c.right.value;
    if (!Number::refine(c.is, c.holds, c.width, a.number, b.number)) return Edge::infeasible;
    a.number = a.within_congruence(a.number);
    b.number = b.within_congruence(b.number);
    if (a.number.is_bottom() || b.number.is_bottom()) return Edge::infeasible;
    const auto narrow = [&](const Comparison::Side& side, const Number& now) {
        Value* v = side.reg >= kImmediate || side.value.symbol != 0 || now == side.value.number ? nullptr : s_.edit(side.reg);
        if (v != nullptr) v->number = now;
        return s_.refine(side.value, now);
    };
    if (!narrow(c.left, a.number) || !narrow(c.right, b.number)) return Edge::infeasible;
    learn_order(c, a, b);
    return Edge::feasible;
}

// Null or not: all pointers of the class, and all that hold the same reference, become the one or the other. Null holds
// nothing: the reference is free, unless a value could not be changed that names it still.
Edge Machine::compare_null(unsigned reg, bool is_null) {
    const Value v = s_.regs[reg];
    // One that leads before its object may be 0 as an address: on small machines memory begins that near.
    if (is_null && v.offset_min() < (v.region == Region::stack ? -kFrameBytes : 0)) return Edge::feasible;
    if (v.kind == ValueKind::pointer) return is_null ? Edge::infeasible : Edge::feasible;
    bool all = true, holds = v.reference != 0 && !v.borrowed;
    for (unsigned i = 0; i < s_.value_count(); ++i) {
        const Value& member = s_.at(i);
        const bool together = (member.symbol != 0 && member.symbol == v.symbol) || (holds && member.reference == v.reference && !member.borrowed);
        if (i != reg && (member.kind != ValueKind::pointer_or_null || !together)) continue;
        Value* changed = s_.edit(i);
        all = all && changed != nullptr;
        if (changed == nullptr) continue;
        if (is_null) {
            *changed = Value::constant(0);
        } else {
            changed->kind = ValueKind::pointer;
            changed->symbol = 0;
        }
    }
    if (is_null && holds && all) s_.references[v.reference - 1] = 0;
    return Edge::feasible;
}

// p <= data_end: p's whole offset lies inside the packet. Strictly below: one byte more. No packet lies in the last 128 KiB
// of the address space, so a pointer at most kPastPacket behind its start or end has not wrapped, and compares as offsets
// do.
bool Machine::has_not_wrapped(const Value& p, int64_t least, bool& near_end, int64_t& over) const {
    near_end = s_.below_packet_end(variable_part(p), over) && over + p.fixed <= kPastPacket;
    return p.offset_min() >= least && p.number.wide.smin >= 0 && (p.offset_max() <= kPastPacket || near_end);
}

// False: no packet is that long.
bool Machine::learn_packet(const Value& p, Condition c) {
    const Value variable = variable_part(p);
    int64_t over = 0;
    bool near_end = false;
    if (!has_not_wrapped(p, -kMaxPacket, near_end, over)) return true;
    int64_t least = p.fixed;  // variable part + least <= length
    if (c == Condition::lt || (c == Condition::ne && near_end && over + p.fixed <= 0)) ++least;
    else if (c != Condition::le && c != Condition::eq) return true;
    const int64_t whole = least - p.fixed + p.offset_min();
    if (whole > s_.longest_packet) return false;
    if (whole > s_.packet_bytes) s_.packet_bytes = static_cast<int32_t>(whole);
    if (exact_sum(variable)) s_.learn(p.symbol, kPacketLength, -least - p.delta);
    return s_.refine(p, meet(p.number, Number::range_u(0, static_cast<uint64_t>(s_.longest_packet - least))));
}

// False: no packet is so.
bool Machine::compare_packet(Comparison& c) {
    if (c.left.value.region == Region::packet_end || c.right.value.region == Region::packet_meta) c.turn();
    const Value &l = c.left.value, &r = c.right.value;
    if (l.region == Region::packet && r.region == Region::packet_end) return learn_packet(l, c.is);
    int64_t over = 0;
    bool near_end = false;
    if (l.region == Region::packet && r.region == Region::packet && has_not_wrapped(l, 0, near_end, over) && has_not_wrapped(r, 0, near_end, over)) {
        // Both as seen from one fixed part: numbers, which no register holds.
        const int64_t from = l.fixed < r.fixed ? l.fixed : r.fixed;
        c.left = {kImmediate, variable_part(l, l.fixed - from)};
        c.right = {kImmediate + 1, variable_part(r, r.fixed - from)};
        return compare_numbers(c) == Edge::feasible;
    }
    // data_meta + n <= data: so many bytes lie before the packet; strictly below: one more.
    const bool before = c.is == Condition::le || c.is == Condition::lt || c.is == Condition::eq;
    if (before && l.region == Region::packet_meta && r.region == Region::packet && r.fixed_place() && r.offset_min() == 0 && l.fixed_place()) {
        const int64_t least = l.offset_min() + (c.is == Condition::lt ? 1 : 0);
        if (least > s_.metadata_bytes && least <= kMaxPacket) s_.metadata_bytes = static_cast<int32_t>(least);
    }
    return true;
}

void Machine::name_operands(uint32_t slot, const Operation& op) {
    const Insn& insn = env_.insns[slot];
    Value &a = s_.regs[insn.dst], &b = s_.regs[insn.src];
    if (!op.uses_src || (a.is_number() ? !b.is_number() : a.region != Region::packet || b.region != Region::packet)) return;
    name_copied(a);
    name_copied(b);
}

Edge Machine::edge(uint32_t slot, const Operation& op, bool taken) {
    slot_ = slot;
    const Insn& insn = env_.insns[slot];
    if (!readable(insn.dst) || (op.uses_src && !readable(insn.src))) return Edge::failed;
    Comparison c = compared(slot, op, taken);
    const Value &a = c.left.value, &b = c.right.value;
    if (a.is_number() && b.is_number()) return compare_numbers(c);
    if (op.width == 64 && (c.is == Condition::eq || c.is == Condition::ne)) {
        if (b.is_null()) return compare_null(c.left.reg, c.is == Condition::eq);
        if (a.is_null()) return compare_null(c.right.reg, c.is == Condition::eq);
    }
    if (a.kind == ValueKind::pointer && b.kind == ValueKind::pointer) {
        const bool packet = rule_of(a.region).of_packet && rule_of(b.region).of_packet, same = a.region == b.region && a.map == b.map && a.frame == b.frame && a.region != Region::map_handle;
        // Halves of two addresses, their signs and the bits that they share tell of the addresses, not of the places. So does the
        // order of one that is moved back as far as below 0.
        const bool places = op.width == 64 && (c.is == Condition::lt || c.is == Condition::le || c.is == Condition::eq || c.is == Condition::ne) && a.offset_min() >= -kMaxPacket && b.offset_min() >= -kMaxPacket;
        if (packet && places && !compare_packet(c)) return Edge::infeasible;
        if (places && (packet || same)) return Edge::feasible;
    }
    return env_.pointer_leaks_allowed || fail(Reason::comparison, insn.dst) ? Edge::feasible : Edge::failed;
}

}  // namespace mbpf::proof
