// SPDX-License-Identifier: Apache-2.0
// Conditional jumps: what each edge teaches. A refinement of one value reaches every value of its symbol.
#include "verifier/checker/machine.h"

namespace mbpf::proof {

using bpf::Condition;
using bpf::Insn;

namespace {

// The condition with its operands exchanged.
Condition mirrored(Condition c) {
    switch (c) {
        case Condition::gt: return Condition::lt;
        case Condition::ge: return Condition::le;
        case Condition::lt: return Condition::gt;
        case Condition::le: return Condition::ge;
        case Condition::sgt: return Condition::slt;
        case Condition::sge: return Condition::sle;
        case Condition::slt: return Condition::sgt;
        case Condition::sle: return Condition::sge;
        case Condition::eq:
        case Condition::ne:
        case Condition::set:
        case Condition::none: return c;
    }
    return c;
}

Condition effective(Condition c, bool taken) { return taken ? c : Number::negate(c); }

}  // namespace

// Order between two unknown words, in a form that survives: U(a) <= U(b) + bound. Signed comparisons say the
// same of words that are not negative; 32-bit ones of words that fit.
void Machine::learn_order(Condition c, unsigned width, const Value& a, const Value& b) {
    if (a.symbol == 0 || b.symbol == 0 || !exact_sum(a) || !exact_sum(b)) return;
    const auto& x = a.number.wide;
    const auto& y = b.number.wide;
    if (width == 32 && (x.umax > 0xffffffffu || y.umax > 0xffffffffu)) return;
    const uint64_t half = width == 32 ? 0x7fffffffu : ~uint64_t{0} >> 1;
    const bool is_signed = c == Condition::slt || c == Condition::sle || c == Condition::sgt || c == Condition::sge;
    if (is_signed && (x.umax > half || y.umax > half)) return;
    const int64_t move = int64_t{b.delta} - a.delta;  // U(a) <= U(b) + k  is  sa <= sb + k + db - da
    int64_t known = 0;
    switch (c) {
        case Condition::lt:
        case Condition::slt: s_.learn(a.symbol, b.symbol, move - 1); break;
        case Condition::le:
        case Condition::sle: s_.learn(a.symbol, b.symbol, move); break;
        case Condition::gt:
        case Condition::sgt: s_.learn(b.symbol, a.symbol, -move - 1); break;
        case Condition::ge:
        case Condition::sge: s_.learn(b.symbol, a.symbol, -move); break;
        case Condition::eq:
            s_.learn(a.symbol, b.symbol, move);
            s_.learn(b.symbol, a.symbol, -move);
            break;
        case Condition::ne:
            // Not above and not equal is below.
            if (s_.difference(a, b, known) && known == 0) s_.learn(a.symbol, b.symbol, move - 1);
            if (s_.difference(b, a, known) && known == 0) s_.learn(b.symbol, a.symbol, -move - 1);
            break;
        case Condition::set:
        case Condition::none: break;
    }
}

Edge Machine::compare_numbers(const Insn& insn, const Operation& op, bool taken, const Value& a, const Value& b) {
    if (op.uses_src && insn.src == insn.dst) {
        const bool reflexive = op.condition == Condition::eq || op.condition == Condition::ge || op.condition == Condition::le || op.condition == Condition::sge || op.condition == Condition::sle;
        return op.condition == Condition::set || reflexive == taken ? Edge::feasible : Edge::infeasible;
    }
    Number x = a.number, y = b.number;
    if (!Number::refine(op.condition, taken, op.width, x, y)) return Edge::infeasible;
    // What is known of the difference may rule the edge out, or tighten it.
    const Condition c = op.condition == Condition::set ? Condition::none : effective(op.condition, taken);
    int64_t bound = 0;
    const bool whole_words = op.width == 64 || (x.wide.umax <= 0xffffffffu && y.wide.umax <= 0xffffffffu && a.number.wide.umax <= 0xffffffffu && b.number.wide.umax <= 0xffffffffu);
    if (whole_words && a.symbol != 0 && b.symbol != 0) {
        const bool below = s_.difference(a, b, bound) && bound < 0;
        const bool not_above = s_.difference(a, b, bound) && bound <= 0;
        const bool above = s_.difference(b, a, bound) && bound < 0;
        const bool not_below = s_.difference(b, a, bound) && bound <= 0;
        if ((below && (c == Condition::gt || c == Condition::ge || c == Condition::eq)) || (above && (c == Condition::lt || c == Condition::le || c == Condition::eq)) ||
            (not_above && c == Condition::gt) || (not_below && c == Condition::lt) || (not_above && not_below && c == Condition::ne))
            return Edge::infeasible;
        if (c == Condition::ne && not_above && !Number::refine(Condition::lt, true, op.width, x, y)) return Edge::infeasible;
        if (c == Condition::ne && not_below && !Number::refine(Condition::gt, true, op.width, x, y)) return Edge::infeasible;
    }
    if (!s_.refine(a, x) || !s_.refine(b, y)) return Edge::infeasible;
    const auto assign = [&](unsigned reg, const Value& old, const Number& now) {
        if (old.symbol != 0 || now == old.number) return;
        if (Value* v = s_.edit(reg)) v->number = now;
    };
    assign(insn.dst, a, x);
    if (op.uses_src) {
        assign(insn.src, b, y);
        Value left = a, right = b;
        left.number = x;
        right.number = y;
        learn_order(c, op.width, left, right);
    }
    return Edge::feasible;
}

// Null or not: all pointers of the class become the one or the other. A null reservation holds nothing.
Edge Machine::compare_null(unsigned reg, bool is_null) {
    const Value v = s_.regs[reg];
    if (v.kind == ValueKind::pointer) return is_null ? Edge::infeasible : Edge::feasible;
    for (unsigned i = 0; i < s_.value_count(); ++i) {
        const Value& member = s_.at(i);
        if (i != reg && (member.kind != ValueKind::pointer_or_null || member.symbol == 0 || member.symbol != v.symbol)) continue;
        Value* changed = s_.edit(i);
        if (changed == nullptr) continue;
        if (is_null) {
            *changed = Value::constant(0);
        } else {
            changed->kind = ValueKind::pointer;
            changed->symbol = 0;
        }
    }
    if (is_null && v.reference != 0 && !v.borrowed) s_.references[v.reference - 1] = 0;
    return Edge::feasible;
}

// p <= data_end: p's whole offset lies inside the packet. Strictly below: one byte more. No packet is longer than
// kMaxPacket nor lies in the last 64 KiB of the address space, so a pointer at most that far behind the packet's start
// or end has not wrapped, and compares as offsets do. False: no packet is that long.
bool Machine::learn_packet(const Value& a, const Value& b, Condition c) {
    const bool end_is_right = b.region == Region::packet_end;
    const Value& p = end_is_right ? a : b;
    if (!end_is_right) c = mirrored(c);
    Value variable = variable_part(p);
    int64_t over = 0;
    const bool near_end = s_.below_packet_end(variable, over) && over + p.fixed <= kMaxPacket;
    if (p.offset_min() < -kMaxPacket || p.number.wide.smin < 0 || (p.offset_max() > kMaxPacket && !near_end)) return true;
    int64_t least = p.fixed;  // variable part + least <= length
    if (c == Condition::lt || (c == Condition::ne && near_end && over + p.fixed <= 0)) ++least;
    else if (c != Condition::le && c != Condition::eq) return true;
    const int64_t whole = least + p.number.wide.smin;
    if (whole > kMaxPacket) return false;
    if (whole > s_.packet_bytes) s_.packet_bytes = static_cast<int32_t>(whole);
    if (p.symbol == 0) return true;
    if (exact_sum(variable)) s_.learn(p.symbol, kPacketLength, -least - p.delta);
    return s_.refine(p, meet(p.number, Number::range_u(0, static_cast<uint64_t>(kMaxPacket - least))));
}

void Machine::name_operands(uint32_t slot, const Operation& op) {
    const Insn& insn = env_.insns[slot];
    if (!op.uses_src || !s_.regs[insn.dst].is_number() || !s_.regs[insn.src].is_number()) return;
    s_.name(s_.regs[insn.dst]);
    s_.name(s_.regs[insn.src]);
}

Edge Machine::edge(uint32_t slot, const Operation& op, bool taken) {
    slot_ = slot;
    const Insn& insn = env_.insns[slot];
    if (!readable(insn.dst) || (op.uses_src && !readable(insn.src))) return Edge::failed;
    const Value a = s_.regs[insn.dst];
    const Value b = op.uses_src ? s_.regs[insn.src] : Value::constant(static_cast<uint64_t>(int64_t{insn.imm}));
    if (a.is_number() && b.is_number()) return compare_numbers(insn, op, taken, a, b);
    const bool equality = op.condition == Condition::eq || op.condition == Condition::ne;
    if (op.width == 64 && equality) {
        const bool null = (op.condition == Condition::eq) == taken;
        if (a.is_pointer() && b.is_null()) return compare_null(insn.dst, null);
        if (b.is_pointer() && a.is_null()) return compare_null(insn.src, null);
    }
    if (a.kind == ValueKind::pointer && b.kind == ValueKind::pointer) {
        const bool bounds = (a.region == Region::packet && b.region == Region::packet_end) || (b.region == Region::packet && a.region == Region::packet_end);
        const auto packet = [](const Value& v) { return v.region == Region::packet || v.region == Region::packet_meta; };
        const bool meta = packet(a) && packet(b);
        const bool same = a.region == b.region && a.map == b.map && a.frame == b.frame && a.region != Region::map_handle;
        if (bounds || meta || same) {
            // Halves of two addresses may be in another order than the addresses: they tell nothing.
            if (op.width == 32) return Edge::feasible;
            const Condition c = op.condition == Condition::set ? Condition::none : effective(op.condition, taken);
            if (bounds && !learn_packet(a, b, c)) return Edge::infeasible;
            // data_meta + n <= data: so many bytes lie before the packet.
            const Value& m = a.region == Region::packet_meta ? a : b;
            const Value& d = a.region == Region::packet_meta ? b : a;
            const Condition mc = a.region == Region::packet_meta ? c : mirrored(c);
            if (meta && m.region == Region::packet_meta && d.region == Region::packet && d.fixed_place() && d.offset_min() == 0 && m.fixed_place() && (mc == Condition::le || mc == Condition::lt || mc == Condition::eq) && m.offset_min() > s_.metadata_bytes && m.offset_min() <= kMaxPacket)
                s_.metadata_bytes = static_cast<int32_t>(m.offset_min());
            return Edge::feasible;
        }
    }
    if (env_.pointer_leaks_allowed) return Edge::feasible;
    fail(Reason::comparison, insn.dst);
    return Edge::failed;
}

}  // namespace mbpf::proof
