// SPDX-License-Identifier: Apache-2.0
// Conditional jumps: what each edge teaches. A refinement of one value reaches every copy of it.
#include <algorithm>

#include "verifier/analysis.h"

namespace mbpf {

using bpf::Condition;
using bpf::Insn;
using bpf::Op;

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

// Knowing null or not: all pointers of the same identity become the one or the other. A null reservation
// holds nothing to release.
void resolve_null(State& state, Identity null_id, Identity ref, bool is_null) {
    state.update([&](const Value& v) { return v.kind == ValueKind::pointer_or_null && v.null_id == null_id; },
                 [&](Value& v) {
                     if (is_null) {
                         v = Value::constant(0);
                     } else {
                         v.kind = ValueKind::pointer;
                         v.null_id = 0;
                     }
                 });
    if (is_null && ref != 0) std::erase(state.refs, ref);
}

}  // namespace

// Puts a refined number into a register and into every value of the same identity.
void Analysis::assign_number(State& state, std::uint8_t reg, const Number& number) {
    const Identity id = state.regs[reg].id;
    state.regs[reg].number = number;
    if (id == 0) return;
    state.update([&](const Value& v) { return v.is_number() && v.id == id; }, [&](Value& v) { v.number = number; });
}

// False: the edge is infeasible.
bool Analysis::compare_numbers(const Insn& insn, const Op& op, bool taken, State& state) const {
    Number a = state.regs[insn.dst].number;
    Number b = op.uses_src ? state.regs[insn.src].number : Number::constant(static_cast<std::uint64_t>(std::int64_t{insn.imm}));
    if (op.uses_src && insn.src == insn.dst) {
        // x compared with itself.
        const bool reflexive = op.condition == Condition::eq || op.condition == Condition::ge || op.condition == Condition::le || op.condition == Condition::sge || op.condition == Condition::sle;
        return op.condition == Condition::set || reflexive == taken;
    }
    if (!Number::refine(op.condition, taken, op.width, a, b)) return false;
    if (op.uses_src) assign_number(state, insn.src, b);
    assign_number(state, insn.dst, a);
    return true;
}

// p <= data_end proves p's whole offset to be inside the packet, for every pointer with p's variable part.
// Strictly below proves one byte more.
void Analysis::refine_packet(const Op& op, bool taken, const Value& left, const Value& right, State& state) const {
    const bool left_is_packet = left.region == Region::packet;
    const Value& pointer = left_is_packet ? left : right;
    Condition c = taken ? op.condition : Number::negate(op.condition);
    if (!left_is_packet) c = mirrored(c);
    std::int64_t bytes = pointer.fixed;
    if (c == Condition::lt) ++bytes;
    else if (c != Condition::le && c != Condition::eq) return;
    if (bytes <= 0) return;
    const Identity id = pointer.id;
    state.update([&](const Value& v) { return v.region == Region::packet && v.kind == ValueKind::pointer && v.id == id && v.range < bytes; }, [&](Value& v) { v.range = bytes; });
    // The variable part is >= 0, so at least this much packet exists from its first byte.
    const std::int64_t whole = bytes + std::max<std::int64_t>(0, pointer.number.wide.smin);
    if (whole > state.packet_bytes) {
        state.packet_bytes = whole;
        state.update([&](const Value& v) { return v.region == Region::packet && v.kind == ValueKind::pointer && v.id == 0 && v.range < whole; }, [&](Value& v) { v.range = whole; });
    }
}

bool Analysis::branch(std::uint32_t slot, const Op& op, const State& state, Edges& edges) {
    const Insn& insn = program_.insns[slot];
    if (!readable(slot, state, insn.dst) || (op.uses_src && !readable(slot, state, insn.src))) return false;
    const Value left = state.regs[insn.dst];
    const Value right = op.uses_src ? state.regs[insn.src] : Value::constant(static_cast<std::uint64_t>(std::int64_t{insn.imm}));
    const auto edge = [&](bool taken) {
        State next = state;
        next.trail.push(slot, taken);
        return next;
    };
    if (left.is_number() && right.is_number()) {
        for (bool taken : {false, true}) {
            State next = edge(taken);
            if (!compare_numbers(insn, op, taken, next)) continue;
            (taken ? edges.taken : edges.fall_through) = std::move(next);
        }
        return true;
    }
    const bool equality = op.condition == Condition::eq || op.condition == Condition::ne;
    if (op.width == 64 && left.is_pointer() && right.is_number() && right.number.is_constant() && right.number.wide.umin == 0 && equality) {
        for (bool taken : {false, true}) {
            const bool is_null = (op.condition == Condition::eq) == taken;
            if (left.kind == ValueKind::pointer && is_null) continue;  // never null
            State next = edge(taken);
            if (left.kind == ValueKind::pointer_or_null) resolve_null(next, left.null_id, left.ref, is_null);
            (taken ? edges.taken : edges.fall_through) = std::move(next);
        }
        return true;
    }
    if (op.width == 64 && left.kind == ValueKind::pointer && right.kind == ValueKind::pointer) {
        const auto packet_and_end = [](const Value& a, const Value& b) { return a.region == Region::packet && b.region == Region::packet_end; };
        const bool bounds = packet_and_end(left, right) || packet_and_end(right, left);
        const bool meta = (left.region == Region::packet_meta || right.region == Region::packet_meta) && (left.region == Region::packet || right.region == Region::packet || left.region == right.region);
        const bool same = left.region == right.region && left.map == right.map && left.frame == right.frame && left.region != Region::map_handle;
        if (bounds || same || meta) {
            for (bool taken : {false, true}) {
                State next = edge(taken);
                if (bounds) refine_packet(op, taken, left, right, next);
                (taken ? edges.taken : edges.fall_through) = std::move(next);
            }
            return true;
        }
    }
    return fail(1014, slot, &state, "comparison of a pointer with something else", "left is " + describe(left) + "; right is " + describe(right),
                "compare pointers with NULL, packet pointers with data_end, or pointers into the same object");
}

bool Analysis::check_exit(std::uint32_t slot, const State& state) {
    if (!readable(slot, state, 0)) return false;
    const Value& result = state.regs[0];
    if (result.is_pointer()) return fail(1015, slot, &state, "function returns a pointer", "r0 is " + describe(result), "return a number");
    if (state.frames.size() > 1) return true;
    if (!state.refs.empty()) {
        const std::uint32_t reserved = state.refs.front() - 1;
        fail(1031, slot, &state, "ring buffer record is neither submitted nor discarded on this path", "it was reserved at instruction " + std::to_string(reserved), "call bpf_ringbuf_submit or bpf_ringbuf_discard on every path");
        failure_->notes.push_back({"reserved here", where(reserved)});
        return false;
    }
    const Hook& hook = *hook_.hook;
    if (hook.any_return) return true;
    const auto& n = result.number;
    // The device looks at the low 32 bits as a signed number, as Linux does for int results.
    const bool wide = n.wide.smin >= hook.return_min && n.wide.smax <= hook.return_max;
    const bool low = n.low.smin >= hook.return_min && n.low.smax <= hook.return_max;
    if (wide || low) return true;
    return fail(1016, slot, &state, "return value may be outside what hook " + hook.name + " allows",
                "it is in [" + std::to_string(n.low.smin) + ", " + std::to_string(n.low.smax) + "]; the hook allows [" + std::to_string(hook.return_min) + ", " + std::to_string(hook.return_max) + "]",
                "return one of the hook's constants on every path");
}

}  // namespace mbpf
