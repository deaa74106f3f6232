// SPDX-License-Identifier: Apache-2.0
// What is known about a word: which bits (a tristate number: `value` where `mask` is 0), and bounds of its
// unsigned and signed reading. A reduced product: sync() moves knowledge between the three.
//
// The operators are in verifier/domain/, branch-free and proved by tests/proofs. Here is only the choice among
// them: short ways for words of which everything or nothing is known, and the reduction after each. No library, no
// allocation: the checker runs on devices.
#pragma once

#include "verifier/domain/arithmetic.h"
#include "verifier/domain/bitwise.h"
#include "verifier/domain/order.h"
#include "verifier/domain/refine.h"
#include "verifier/domain/transfer.h"
#include "verifier/domain/word.h"

namespace mbpf {

template <class W>
struct Interval {
    using S = domain::SignedOf<W>;
    using Bool = domain::BoolOf<W>;

    W value = W(0);
    W mask = domain::all_ones<W>();
    W umin = W(0);
    W umax = domain::all_ones<W>();
    S smin = domain::least_signed<W>();
    S smax = domain::greatest_signed<W>();

    friend constexpr bool operator==(const Interval& a, const Interval& b) {
        return a.value == b.value && a.mask == b.mask && a.umin == b.umin && a.umax == b.umax && a.smin == b.smin && a.smax == b.smax;
    }

    static constexpr Interval constant(W c) { return {c, W(0), c, c, S(c), S(c)}; }
    static constexpr Interval bottom() { return {W(0), W(0), domain::all_ones<W>(), W(0), domain::greatest_signed<W>(), domain::least_signed<W>()}; }
    static constexpr Interval range_u(W lo, W hi) {
        Interval i;
        i.umin = lo;
        i.umax = hi;
        return i.sync();
    }
    static constexpr Interval range_s(S lo, S hi) {
        Interval i;
        i.smin = lo;
        i.smax = hi;
        return i.sync();
    }
    static constexpr Interval bits(W v, W m) {
        Interval i;
        i.value = v;
        i.mask = m;
        return i.sync();
    }

    constexpr Bool is_constant() const { return umin == umax; }
    constexpr Bool is_bottom() const { return domain::is_empty(*this); }
    constexpr Bool contains(W w) const { return domain::contains(*this, w); }
    constexpr Bool subset_of(const Interval& o) const { return domain::is_subset(*this, o); }
    constexpr bool is_unknown() const { return *this == Interval{}; }

    // Equal words in equal bounds: at most one, with nothing more to find. No knowledge: nothing to exchange. Else
    // twice, since what the first exchange found may tell more.
    constexpr Interval sync() const {
        if (umin == umax) return contains(umin) ? constant(umin) : bottom();
        if (is_unknown()) return *this;
        Interval r = domain::reduced(*this);
        if (r.is_bottom()) return bottom();
        if (r == *this) return r;
        r = domain::reduced(r);
        return r.is_bottom() ? bottom() : r;
    }

    // Of two operands of which one has no word, the other is the least upper bound.
    static constexpr Interval join(const Interval& a, const Interval& b) {
        if (a.is_bottom()) return b;
        if (b.is_bottom()) return a;
        return domain::join(a, b);
    }
    static constexpr Interval meet(const Interval& a, const Interval& b) { return domain::meet(a, b).sync(); }

    // The result is reduced, so it may be below one operand's knowledge elsewhere: an engine that relies on widening
    // to end compares before it reduces.
    template <class Threshold>
    static constexpr Interval widen(const Interval& before, const Interval& after, const Threshold* thresholds, unsigned count) {
        if (before.is_bottom()) return after;
        if (after.is_bottom()) return before;
        return domain::widen(before, after, thresholds, count);
    }

    static constexpr Interval alu(bpf::AluOp op, const Interval& a, const Interval& b) {
        if (a.is_constant() && b.is_constant()) return constant(domain::concrete(op, a.umin, b.umin));
        if (op == bpf::AluOp::mul) return mul(a, b);
        return domain::transfer(op, a, b).sync();
    }

    constexpr Interval without(W c) const { return domain::without(*this, c).sync(); }

    // Keeps in a and b the words for which some partner satisfies `condition`, or violates it if not taken.
    static constexpr void refine(bpf::Condition condition, bool taken, Interval& a, Interval& b) {
        const domain::Operands<W> o = domain::where(condition, taken, domain::Operands<W>{a, b});
        a = o.a.sync();
        b = o.b.sync();
    }

  private:
    // The factor with fewer bits that may be 1 steps; when none are left, the remaining steps add nothing.
    static constexpr Interval mul(const Interval& a, const Interval& b) {
        const W bits_a = W(a.value | a.mask), bits_b = W(b.value | b.mask);
        const Interval& multiplier = bits_a < bits_b ? a : b;
        const Interval& multiplicand = bits_a < bits_b ? b : a;
        domain::Product<W> p{W(0), W(0), multiplier.value, multiplier.mask, multiplicand.value, multiplicand.mask};
        while (W(p.multiplier_value | p.multiplier_mask) != W(0)) p = domain::mul_step(p);
        Interval r = domain::mul_bounds(a, b);
        r.value = p.total_value;
        r.mask = p.total_mask;
        return r.sync();
    }
};

}  // namespace mbpf
