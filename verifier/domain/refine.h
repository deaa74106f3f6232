// SPDX-License-Identifier: Apache-2.0
// What a comparison's outcome tells about its operands: each keeps every word that has a partner with which the
// condition holds. Bounds and bits move only by what every such pair obeys.
#pragma once

#include "core/isa_enums.h"
#include "verifier/domain/order.h"

namespace mbpf::domain {

template <class W>
struct Operands {
    Interval<W> a, b;
};

// Removes the word c where it is an end of the range; it stays inside.
template <class W>
constexpr Interval<W> without(const Interval<W>& a, W c) {
    using S = SignedOf<W>;
    const S s = S(c);
    Interval<W> r = a;
    // At 0 and at the greatest word the step would wrap; the other end then shows that nothing is left, or more is.
    r.umin = pick((a.umin == c) & (c != all_ones<W>()), W(c + W(1)), a.umin);
    r.umax = pick((a.umax == c) & (c != W(0)), W(c - W(1)), a.umax);
    r.smin = pick((a.smin == s) & (s != greatest_signed<W>()), S(W(c + W(1))), a.smin);
    r.smax = pick((a.smax == s) & (s != least_signed<W>()), S(W(c - W(1))), a.smax);
    return r;
}

template <class W>
constexpr Operands<W> where_equal(const Operands<W>& o) {
    const Interval<W> both = meet(o.a, o.b);
    return {both, both};
}
// Tells something where one side is a single word.
template <class W>
constexpr Operands<W> where_not_equal(const Operands<W>& o) {
    const Interval<W> a = without(o.a, o.b.umin), b = without(o.b, o.a.umin);
    const BoolOf<W> a_fixed = o.a.umin == o.a.umax, b_fixed = o.b.umin == o.b.umax;
    Operands<W> r = o;
    r.a.umin = pick(b_fixed, a.umin, o.a.umin);
    r.a.umax = pick(b_fixed, a.umax, o.a.umax);
    r.a.smin = pick(b_fixed, a.smin, o.a.smin);
    r.a.smax = pick(b_fixed, a.smax, o.a.smax);
    r.b.umin = pick(a_fixed, b.umin, o.b.umin);
    r.b.umax = pick(a_fixed, b.umax, o.b.umax);
    r.b.smin = pick(a_fixed, b.smin, o.b.smin);
    r.b.smax = pick(a_fixed, b.smax, o.b.smax);
    return r;
}
// a < b or a <= b: a is below b's greatest, b above a's least. Stops at the ends instead of wrapping; an empty
// range is then left on one side.
template <class W>
constexpr Operands<W> where_less(const Operands<W>& o, bool strict) {
    const W below = W(o.b.umax - W(strict ? 1 : 0)), above = W(o.a.umin + W(strict ? 1 : 0));
    Operands<W> r = o;
    r.a.umax = lesser(o.a.umax, pick(below > o.b.umax, W(0), below));
    r.b.umin = greater(o.b.umin, pick(above < o.a.umin, all_ones<W>(), above));
    return r;
}
template <class W>
constexpr Operands<W> where_less_signed(const Operands<W>& o, bool strict) {
    using S = SignedOf<W>;
    const S below = S(W(W(o.b.smax) - W(strict ? 1 : 0))), above = S(W(W(o.a.smin) + W(strict ? 1 : 0)));
    Operands<W> r = o;
    r.a.smax = lesser(o.a.smax, pick(below > o.b.smax, least_signed<W>(), below));
    r.b.smin = greater(o.b.smin, pick(above < o.a.smin, greatest_signed<W>(), above));
    return r;
}
// a & b != 0: if one bit alone may be common, it is 1 in both; if none, there is no pair.
template <class W>
constexpr Operands<W> where_common(const Operands<W>& o) {
    const W may = W(W(o.a.value | o.a.mask) & W(o.b.value | o.b.mask));
    const W sure = pick(W(may & W(may - W(1))) == W(0), may, W(0));
    Operands<W> r = o;
    r.a.value = W(o.a.value | sure);
    r.a.mask = W(o.a.mask & ~sure);
    r.b.value = W(o.b.value | sure);
    r.b.mask = W(o.b.mask & ~sure);
    r.a.umin = pick(may == W(0), all_ones<W>(), o.a.umin);
    r.a.umax = pick(may == W(0), W(0), o.a.umax);
    return r;
}
// a & b == 0: bits known 1 in one are 0 in the other.
template <class W>
constexpr Operands<W> where_disjoint(const Operands<W>& o) {
    const BoolOf<W> conflict = W(o.a.value & o.b.value) != W(0);
    Operands<W> r = o;
    r.a.mask = W(o.a.mask & ~o.b.value);
    r.b.mask = W(o.b.mask & ~o.a.value);
    r.a.umin = pick(conflict, all_ones<W>(), o.a.umin);
    r.a.umax = pick(conflict, W(0), o.a.umax);
    return r;
}

constexpr bpf::Condition negated(bpf::Condition c) {
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
// The condition with its operands exchanged.
constexpr bpf::Condition mirrored(bpf::Condition c) {
    using bpf::Condition;
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
template <class W>
constexpr Operands<W> swapped(const Operands<W>& o) {
    return {o.b, o.a};
}
// What is left where the jump is taken, or where it is not.
template <class W>
constexpr Operands<W> where(bpf::Condition condition, bool taken, const Operands<W>& o) {
    using bpf::Condition;
    if (condition == Condition::set) return taken ? where_common(o) : where_disjoint(o);
    switch (taken ? condition : negated(condition)) {
        case Condition::eq: return where_equal(o);
        case Condition::ne: return where_not_equal(o);
        case Condition::lt: return where_less(o, true);
        case Condition::le: return where_less(o, false);
        case Condition::gt: return swapped(where_less(swapped(o), true));
        case Condition::ge: return swapped(where_less(swapped(o), false));
        case Condition::slt: return where_less_signed(o, true);
        case Condition::sle: return where_less_signed(o, false);
        case Condition::sgt: return swapped(where_less_signed(swapped(o), true));
        case Condition::sge: return swapped(where_less_signed(swapped(o), false));
        case Condition::set:
        case Condition::none: return o;
    }
    return o;
}

}  // namespace mbpf::domain
