// SPDX-License-Identifier: Apache-2.0
// The abstract 64-bit number: what is known of the whole word and of its low half (which 32-bit instructions
// and comparisons see), each kept in step with the other.
#pragma once

#include "verifier/interval.h"

namespace mbpf {

struct Number {
    Interval<uint64_t> wide;
    Interval<uint32_t> low;

    bool operator==(const Number&) const = default;

    static Number unknown() { return {}; }
    static Number constant(uint64_t c) { return {Interval<uint64_t>::constant(c), Interval<uint32_t>::constant(static_cast<uint32_t>(c))}; }
    static Number range_u(uint64_t lo, uint64_t hi) { return from_wide(Interval<uint64_t>::range_u(lo, hi)); }
    static Number range_s(int64_t lo, int64_t hi) { return from_wide(Interval<uint64_t>::range_s(lo, hi)); }
    // Zero-extended n-bit word.
    static Number unknown_bits(unsigned n) { return n >= 64 ? unknown() : range_u(0, (uint64_t{1} << n) - 1); }
    // Sign-extended n-bit word.
    static Number signed_bits(unsigned n) { return n >= 64 ? unknown() : range_s(-(int64_t{1} << (n - 1)), (int64_t{1} << (n - 1)) - 1); }
    static Number bottom() { return {Interval<uint64_t>::bottom(), Interval<uint32_t>::bottom()}; }

    bool is_constant() const { return wide.is_constant(); }
    bool is_bottom() const { return wide.is_bottom() || low.is_bottom(); }
    bool contains(uint64_t w) const { return wide.contains(w) && low.contains(static_cast<uint32_t>(w)); }
    bool subset_of(const Number& o) const { return wide.subset_of(o.wide) && low.subset_of(o.low); }

    static Number join(const Number& a, const Number& b) {
        if (a.is_bottom()) return b;
        if (b.is_bottom()) return a;
        return {Interval<uint64_t>::join(a.wide, b.wide), Interval<uint32_t>::join(a.low, b.low)};
    }

    // 64-bit operation. The low half of a sum, difference, product or bitwise result depends on the low halves
    // alone; for the others it is read off the wide result.
    static Number alu64(bpf::AluOp op, const Number& a, const Number& b) {
        Number r;
        r.wide = Interval<uint64_t>::alu(op, a.wide, b.wide);
        switch (op) {
            case bpf::AluOp::add:
            case bpf::AluOp::sub:
            case bpf::AluOp::mul:
            case bpf::AluOp::and_:
            case bpf::AluOp::or_:
            case bpf::AluOp::xor_:
            case bpf::AluOp::neg:
            case bpf::AluOp::mov: r.low = Interval<uint32_t>::alu(op, a.low, b.low); break;
            case bpf::AluOp::div:
            case bpf::AluOp::sdiv:
            case bpf::AluOp::mod:
            case bpf::AluOp::smod:
            case bpf::AluOp::lsh:
            case bpf::AluOp::rsh:
            case bpf::AluOp::arsh:
            case bpf::AluOp::none: break;
        }
        return r.sync();
    }
    // 32-bit operation: sees the low halves, zero-extends.
    static Number alu32(bpf::AluOp op, const Number& a, const Number& b) { return zero_extended(Interval<uint32_t>::alu(op, a.low, b.low)); }
    static Number zext32(const Number& a) { return zero_extended(a.low); }

    // Sign extension of the low `from` bits to `width`, as a shift left and an arithmetic shift right.
    static Number sign_extend(const Number& a, unsigned from, unsigned width) {
        if (width == 32) {
            const auto amount = Interval<uint32_t>::constant(32 - from);
            if (from == 32) return zext32(a);
            if (a.low.smin >= -(int32_t{1} << (from - 1)) && a.low.smax < (int32_t{1} << (from - 1))) return zext32(a);
            return zero_extended(Interval<uint32_t>::meet(Interval<uint32_t>::arsh(Interval<uint32_t>::lsh(a.low, amount), amount),
                                                               Interval<uint32_t>::range_s(static_cast<int32_t>(-(int64_t{1} << (from - 1))), static_cast<int32_t>((int64_t{1} << (from - 1)) - 1))));
        }
        if (from >= 64) return a;
        if (from == 32) return from_wide(Interval<uint64_t>::range_s(a.low.smin, a.low.smax)).with_low(a.low);
        if (a.wide.smin >= -(int64_t{1} << (from - 1)) && a.wide.smax < (int64_t{1} << (from - 1))) return a;
        const auto amount = Interval<uint64_t>::constant(64 - from);
        return from_wide(Interval<uint64_t>::meet(Interval<uint64_t>::arsh(Interval<uint64_t>::lsh(a.wide, amount), amount), signed_bits(from).wide));
    }
    // Low n bits, zero-extended.
    static Number truncate(const Number& a, unsigned n) {
        if (n >= 64) return a;
        return alu64(bpf::AluOp::and_, a, constant((uint64_t{1} << n) - 1));
    }
    // Byte order reversed in the low n bits, the rest zero: bits move exactly, bounds do not survive.
    static Number byte_swap(const Number& a, unsigned n) {
        uint64_t v = 0, m = 0;
        for (unsigned i = 0; i < n / 8; ++i) {
            v = (v << 8) | ((a.wide.value >> (8 * i)) & 0xff);
            m = (m << 8) | ((a.wide.mask >> (8 * i)) & 0xff);
        }
        return from_wide(Interval<uint64_t>::bits(v, m));
    }

    // False: no pair of words satisfies the condition (or, when not taken, violates it). Else a and b keep
    // only words that have a partner.
    static bool refine(bpf::Condition condition, bool taken, unsigned width, Number& a, Number& b) {
        if (!taken && condition == bpf::Condition::set) {
            if (width == 64) Interval<uint64_t>::refine_not_set(a.wide, b.wide);
            else Interval<uint32_t>::refine_not_set(a.low, b.low);
        } else {
            const bpf::Condition c = taken ? condition : negate(condition);
            if (width == 64) Interval<uint64_t>::refine(c, a.wide, b.wide);
            else Interval<uint32_t>::refine(c, a.low, b.low);
            // Equal words have equal halves.
            if (c == bpf::Condition::eq && width == 64) a.low = b.low = Interval<uint32_t>::meet(a.low, b.low);
        }
        a = a.sync();
        b = b.sync();
        return !a.is_bottom() && !b.is_bottom();
    }
    static bpf::Condition negate(bpf::Condition c) {
        using bpf::Condition;
        switch (c) {
            case Condition::eq: return Condition::ne;
            case Condition::ne: return Condition::eq;
            case Condition::gt: return Condition::le;
            case Condition::ge: return Condition::lt;
            case Condition::lt: return Condition::ge;
            case Condition::le: return Condition::gt;
            case Condition::sgt: return Condition::sle;
            case Condition::sge: return Condition::slt;
            case Condition::slt: return Condition::sge;
            case Condition::sle: return Condition::sgt;
            case Condition::set:
            case Condition::none: return Condition::none;
        }
        return Condition::none;
    }

    // Moves knowledge between the whole and its low half. Sound: each step intersects with the set of words
    // (or halves) that the other side allows.
    Number sync() const {
        if (wide.umin == wide.umax) return contains(wide.umin) ? constant(wide.umin) : bottom();
        Number r = *this;
        for (int round = 0; round < 2; ++round) {
            if (r.wide.is_bottom() || r.low.is_bottom()) return bottom();
            const Number before = r;
            auto& w = r.wide;
            auto& l = r.low;
            // Low half from the whole: bits directly; bounds where the high half is the same throughout.
            const uint32_t value = static_cast<uint32_t>(w.value), mask = static_cast<uint32_t>(w.mask);
            if (((l.value ^ value) & ~l.mask & ~mask) != 0) return bottom();
            l.mask &= mask;
            l.value = (l.value | value) & ~l.mask;
            const bool same_high = (w.umin >> 32) == (w.umax >> 32), fits = w.smin >= INT32_MIN && w.smax <= INT32_MAX;
            if (same_high) {
                l.umin = l.umin > static_cast<uint32_t>(w.umin) ? l.umin : static_cast<uint32_t>(w.umin);
                l.umax = l.umax < static_cast<uint32_t>(w.umax) ? l.umax : static_cast<uint32_t>(w.umax);
            }
            if (fits) {
                l.smin = l.smin > w.smin ? l.smin : static_cast<int32_t>(w.smin);
                l.smax = l.smax < w.smax ? l.smax : static_cast<int32_t>(w.smax);
            }
            l = l.sync();
            if (l.is_bottom()) return bottom();
            // Whole from the low half: bits; and bounds where the high half is known.
            w.value = (w.value & ~uint64_t{0xffffffffu}) | l.value;
            w.mask = (w.mask & ~uint64_t{0xffffffffu}) | l.mask;
            if (same_high) {
                const uint64_t high = w.umin & ~uint64_t{0xffffffffu};
                w.umin = w.umin > (high | l.umin) ? w.umin : (high | l.umin);
                w.umax = w.umax < (high | l.umax) ? w.umax : (high | l.umax);
            }
            if (fits) {
                w.smin = w.smin > l.smin ? w.smin : l.smin;
                w.smax = w.smax < l.smax ? w.smax : l.smax;
            }
            w = w.sync();
            if (r == before) break;
        }
        return r.is_bottom() ? bottom() : r;
    }

  private:
    static Number from_wide(const Interval<uint64_t>& w) {
        Number r;
        r.wide = w;
        return r.sync();
    }
    Number with_low(const Interval<uint32_t>& l) const {
        Number r = *this;
        r.low = Interval<uint32_t>::meet(r.low, l);
        return r.sync();
    }
    static Number zero_extended(const Interval<uint32_t>& l) {
        if (l.is_bottom()) return bottom();
        Number r;
        r.low = l;
        r.wide = Interval<uint64_t>::range_u(l.umin, l.umax);
        return r.sync();
    }
};

}  // namespace mbpf
