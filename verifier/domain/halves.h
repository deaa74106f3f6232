// SPDX-License-Identifier: Apache-2.0
// A word and its low half: what each tells about the other, and how a half becomes a word again.
#pragma once

#include "verifier/domain/word.h"

namespace mbpf::domain {

template <class W>
constexpr W low_mask() {
    return W(all_ones<W>() >> W(Word<W>::kBits / 2));
}

// The low half, narrowed by the whole. Bits directly. Bounds less than 2^(bits/2) apart run once round the low
// halves at most; if the last is not before the first, in some order, they did not pass that order's end.
template <class W>
constexpr Interval<HalfOf<W>> narrowed_low(const Interval<W>& w, const Interval<HalfOf<W>>& l) {
    using H = HalfOf<W>;
    using S = SignedOf<H>;
    Interval<H> r = l;
    const H value = H(w.value), mask = H(w.mask);
    const BoolOf<W> conflict = H(H(l.value ^ value) & H(~l.mask & ~mask)) != H(0);
    r.mask = H(l.mask & mask);
    r.value = H(H(l.value | value) & ~r.mask);
    const H lo = H(w.umin), hi = H(w.umax), slo = H(W(w.smin)), shi = H(W(w.smax));
    const BoolOf<W> near = W(w.umax - w.umin) <= low_mask<W>(), near_signed = W(W(w.smax) - W(w.smin)) <= low_mask<W>();
    const BoolOf<W> in_order = near & (lo <= hi), in_signed_order = near & (S(lo) <= S(hi)), around_zero = near_signed & (S(slo) <= S(shi));
    r.umin = pick(in_order, greater(l.umin, lo), l.umin);
    r.umax = pick(in_order, lesser(l.umax, hi), l.umax);
    r.smin = pick(in_signed_order, greater(r.smin, S(lo)), r.smin);
    r.smax = pick(in_signed_order, lesser(r.smax, S(hi)), r.smax);
    r.smin = pick(around_zero, greater(r.smin, S(slo)), r.smin);
    r.smax = pick(around_zero, lesser(r.smax, S(shi)), r.smax);
    r.umin = pick(conflict, all_ones<H>(), r.umin);
    r.umax = pick(conflict, H(0), r.umax);
    return r;
}

// The least word from w on whose low half lies in [least, most], and the greatest up to w. `end` is where the
// order of words stops: there it stays, for then there is none.
template <class W>
constexpr W next_with_low(W w, W least, W most, W end) {
    const W low = W(w & low_mask<W>()), high = W(w & ~low_mask<W>()), next = W(high + W(low_mask<W>() + W(1)));
    return pick(low <= most, W(high | greater(low, least)), pick(next == W(end + W(1)), end, W(next | least)));
}
template <class W>
constexpr W previous_with_low(W w, W least, W most, W end) {
    const W low = W(w & low_mask<W>()), high = W(w & ~low_mask<W>());
    return pick(low >= least, W(high | lesser(low, most)), pick(high == end, end, W(W(high - W(low_mask<W>() + W(1))) | most)));
}

// The whole, narrowed by its low half. Where it is a sign-extended half, signed bounds are the half's.
template <class W>
constexpr Interval<W> narrowed_whole(const Interval<W>& w, const Interval<HalfOf<W>>& l) {
    using H = HalfOf<W>;
    using S = SignedOf<W>;
    Interval<W> r = w;
    r.value = W(W(w.value & ~low_mask<W>()) | W(l.value));
    r.mask = W(W(w.mask & ~low_mask<W>()) | W(l.mask));
    const W least = W(l.umin), most = W(l.umax);
    r.umin = next_with_low(w.umin, least, most, all_ones<W>());
    r.umax = previous_with_low(w.umax, least, most, W(0));
    r.smin = S(next_with_low(W(w.smin), least, most, W(greatest_signed<W>())));
    r.smax = S(previous_with_low(W(w.smax), least, most, sign_bit<W>()));
    const BoolOf<W> from_least = w.smin >= S(least_signed<H>()), to_greatest = w.smax <= S(greatest_signed<H>()), extended = from_least & to_greatest;
    r.smin = pick(extended, greater(r.smin, S(l.smin)), r.smin);
    r.smax = pick(extended, lesser(r.smax, S(l.smax)), r.smax);
    return r;
}

template <class W>
constexpr Interval<W> zero_extended(const Interval<HalfOf<W>>& l) {
    Interval<W> r;
    r.value = W(l.value);
    r.mask = W(l.mask);
    r.umin = W(l.umin);
    r.umax = W(l.umax);
    return r;
}
// An unknown sign bit is extended as unknown bits.
template <class W>
constexpr Interval<W> sign_extended(const Interval<HalfOf<W>>& l) {
    using S = SignedOf<W>;
    using T = SignedOf<HalfOf<W>>;
    Interval<W> r;
    r.value = W(S(T(l.value)));
    r.mask = W(S(T(l.mask)));
    r.smin = S(l.smin);
    r.smax = S(l.smax);
    return r;
}

}  // namespace mbpf::domain
