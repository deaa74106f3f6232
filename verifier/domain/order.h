// SPDX-License-Identifier: Apache-2.0
// What an Interval stands for, and the lattice: order, join, meet, widening, and the exchange of knowledge
// between bits, unsigned and signed bounds.
#pragma once

#include "verifier/domain/word.h"

namespace mbpf::domain {

// The meaning of an Interval. Unknown bits of `value` are 0; what breaks that stands for no word.
template <class W>
constexpr BoolOf<W> contains(const Interval<W>& a, W w) {
    const SignedOf<W> s = SignedOf<W>(w);
    return (W(w & ~a.mask) == a.value) & (a.umin <= w) & (w <= a.umax) & (a.smin <= s) & (s <= a.smax);
}
// Surely no word: a test of each part by itself.
template <class W>
constexpr BoolOf<W> is_empty(const Interval<W>& a) {
    return (a.umin > a.umax) | (a.smin > a.smax) | (W(a.value & a.mask) != W(0));
}
// Every word of a is one of b, part by part.
template <class W>
constexpr BoolOf<W> is_subset(const Interval<W>& a, const Interval<W>& b) {
    return (b.umin <= a.umin) & (a.umax <= b.umax) & (b.smin <= a.smin) & (a.smax <= b.smax) & (W(a.mask & ~b.mask) == W(0)) & (W(a.value & ~b.mask) == b.value);
}

// Each step only intersects with a set that contains every word the other parts allow, so no word is lost.
template <class W>
constexpr Interval<W> reduced(const Interval<W>& a) {
    using S = SignedOf<W>;
    const W sign = sign_bit<W>();
    Interval<W> r = a;
    // All words lie between the one with unknown bits 0 and the one with them 1; signed, the sign bit counts
    // the other way round.
    r.umin = greater(a.umin, a.value);
    r.umax = lesser(a.umax, W(a.value | a.mask));
    r.smin = greater(a.smin, S(W(a.value | W(a.mask & sign))));
    r.smax = lesser(a.smax, S(W(a.value | W(a.mask & ~sign))));
    // Where [umin, umax] does not cross the sign boundary the two orders agree; likewise for signed.
    const BoolOf<W> one_sign = S(r.umin) <= S(r.umax);
    r.smin = pick(one_sign, greater(r.smin, S(r.umin)), r.smin);
    r.smax = pick(one_sign, lesser(r.smax, S(r.umax)), r.smax);
    const BoolOf<W> no_crossing = W(r.smin) <= W(r.smax);
    r.umin = pick(no_crossing, greater(r.umin, W(r.smin)), r.umin);
    r.umax = pick(no_crossing, lesser(r.umax, W(r.smax)), r.umax);
    // Bits above the highest one in which umin and umax differ are the same in all words between.
    const W differ = fill(W(r.umin ^ r.umax));
    const W common = W(r.umin & ~differ);
    const BoolOf<W> conflict = W(W(a.value ^ common) & W(~differ & ~a.mask)) != W(0);
    r.value = W(a.value | common);
    r.mask = W(a.mask & differ);
    r.umin = pick(conflict, all_ones<W>(), r.umin);
    r.umax = pick(conflict, W(0), r.umax);
    return r;
}

// Union: bits on which both agree stay known; bounds are the outer ones.
template <class W>
constexpr Interval<W> join(const Interval<W>& a, const Interval<W>& b) {
    Interval<W> r;
    r.mask = W(a.mask | b.mask | W(a.value ^ b.value));
    r.value = W(a.value & ~r.mask);
    r.umin = lesser(a.umin, b.umin);
    r.umax = greater(a.umax, b.umax);
    r.smin = lesser(a.smin, b.smin);
    r.smax = greater(a.smax, b.smax);
    return r;
}
// Intersection; where known bits disagree it is empty.
template <class W>
constexpr Interval<W> meet(const Interval<W>& a, const Interval<W>& b) {
    const BoolOf<W> conflict = W(W(a.value ^ b.value) & W(~a.mask & ~b.mask)) != W(0);
    Interval<W> r;
    r.mask = W(a.mask & b.mask);
    r.value = W(W(a.value | b.value) & ~r.mask);
    r.umin = pick(conflict, all_ones<W>(), greater(a.umin, b.umin));
    r.umax = pick(conflict, W(0), lesser(a.umax, b.umax));
    r.smin = greater(a.smin, b.smin);
    r.smax = lesser(a.smax, b.smax);
    return r;
}

// A bound that `after` moved goes at once to the next threshold beyond it, or gives up; so each moves at most
// count + 1 times. Bits that differ become unknown, which happens at most once a bit.
template <class W, class Threshold>
constexpr Interval<W> widen(const Interval<W>& before, const Interval<W>& after, const Threshold* thresholds, unsigned count) {
    using S = SignedOf<W>;
    W umin = W(0), umax = all_ones<W>();
    S smin = least_signed<W>(), smax = greatest_signed<W>();
    for (unsigned i = 0; i < count; ++i) {
        const W t = W(thresholds[i]);
        const S s = S(t);
        umin = pick((t <= after.umin) & (t > umin), t, umin);
        umax = pick((t >= after.umax) & (t < umax), t, umax);
        smin = pick((s <= after.smin) & (s > smin), s, smin);
        smax = pick((s >= after.smax) & (s < smax), s, smax);
    }
    Interval<W> r;
    r.mask = W(before.mask | after.mask | W(before.value ^ after.value));
    r.value = W(before.value & ~r.mask);
    r.umin = pick(before.umin <= after.umin, before.umin, umin);
    r.umax = pick(before.umax >= after.umax, before.umax, umax);
    r.smin = pick(before.smin <= after.smin, before.smin, smin);
    r.smax = pick(before.smax >= after.smax, before.smax, smax);
    return r;
}

}  // namespace mbpf::domain
