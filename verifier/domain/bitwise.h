// SPDX-License-Identifier: Apache-2.0
// Bitwise operators, shifts, sign extension and byte order of Intervals; sound as those of arithmetic.h are, and
// like them not reduced.
#pragma once

#include "verifier/domain/word.h"

namespace mbpf::domain {

// A bit is 1 only if both may be, 0 if either must be. a & b is below both, and a + b - (a | b) with a | b below
// 2^bits: if a.umin + b.umin wraps, what is left of it plus 1 stays.
template <class W>
constexpr Interval<W> and_(const Interval<W>& a, const Interval<W>& b) {
    Interval<W> r;
    r.value = W(a.value & b.value);
    r.mask = W(W(a.value | a.mask) & W(b.value | b.mask) & W(~r.value));
    const W sum = W(a.umin + b.umin);
    r.umin = pick(sum < a.umin, W(sum + W(1)), W(0));
    r.umax = lesser(a.umax, b.umax);
    return r;
}
// a | b is above both and not above a + b.
template <class W>
constexpr Interval<W> or_(const Interval<W>& a, const Interval<W>& b) {
    Interval<W> r;
    r.value = W(a.value | b.value);
    r.mask = W(W(a.mask | b.mask) & W(~r.value));
    r.umin = greater(a.umin, b.umin);
    const W sum = W(a.umax + b.umax);
    r.umax = pick(sum < a.umax, r.umax, sum);
    return r;
}
// a ^ b is not above a | b.
template <class W>
constexpr Interval<W> xor_(const Interval<W>& a, const Interval<W>& b) {
    Interval<W> r;
    r.mask = W(a.mask | b.mask);
    r.value = W(W(a.value ^ b.value) & ~r.mask);
    const W sum = W(a.umax + b.umax);
    r.umax = pick(sum < a.umax, r.umax, sum);
    return r;
}

// Shift amounts count modulo the width: bounds of what remains. Within the width they stay; else the amount's low
// bits tell. Masked in any case, so that no shift is by more than the machine defines.
template <class W>
struct Amounts {
    W least, most;
};
template <class W>
constexpr Amounts<W> amounts(const Interval<W>& amount) {
    const W low = W(Word<W>::kBits - 1);
    const BoolOf<W> within = amount.umax <= low;
    return {W(pick(within, amount.umin, amount.value) & low), W(pick(within, amount.umax, W(amount.value | amount.mask)) & low)};
}

// Bits move exactly when the amount is known, else at least their trailing zeros remain. Bounds scale when no end
// loses a bit (signed: nor changes sign) at the largest amount.
template <class W>
constexpr Interval<W> lsh(const Interval<W>& a, const Interval<W>& amount) {
    using S = SignedOf<W>;
    const auto [lo, hi] = amounts(amount);
    Interval<W> r;
    const BoolOf<W> known = lo == hi;
    const W zeros = W(W(lowest_bit(W(a.value | a.mask)) << lo) - W(1));
    r.value = pick(known, W(a.value << lo), W(0));
    r.mask = pick(known, W(a.mask << lo), W(~zeros));
    const BoolOf<W> fits = W(W(a.umax << hi) >> hi) == a.umax;
    r.umin = pick(fits, W(a.umin << lo), r.umin);
    r.umax = pick(fits, W(a.umax << hi), r.umax);
    const S least = S(W(W(a.smin) << hi)), most = S(W(W(a.smax) << hi));
    const BoolOf<W> fits_signed = (S(least >> hi) == a.smin) & (S(most >> hi) == a.smax);
    r.smin = pick(fits_signed, pick(a.smin < S(0), least, S(W(W(a.smin) << lo))), r.smin);
    r.smax = pick(fits_signed, pick(a.smax < S(0), S(W(W(a.smax) << lo)), most), r.smax);
    return r;
}
template <class W>
constexpr Interval<W> rsh(const Interval<W>& a, const Interval<W>& amount) {
    const auto [lo, hi] = amounts(amount);
    Interval<W> r;
    const BoolOf<W> known = lo == hi;
    r.value = pick(known, W(a.value >> lo), W(0));
    r.mask = pick(known, W(a.mask >> lo), all_ones<W>());
    r.umin = W(a.umin >> hi);
    r.umax = W(a.umax >> lo);
    return r;
}
// Monotone in the word; a negative word grows towards -1 with the amount. An unknown sign bit is shifted in as
// unknown bits.
template <class W>
constexpr Interval<W> arsh(const Interval<W>& a, const Interval<W>& amount) {
    using S = SignedOf<W>;
    const auto [lo, hi] = amounts(amount);
    Interval<W> r;
    const BoolOf<W> known = lo == hi;
    r.value = pick(known, W(S(S(a.value) >> lo)), W(0));
    r.mask = pick(known, W(S(S(a.mask) >> lo)), all_ones<W>());
    r.smin = S(a.smin >> pick(a.smin < S(0), lo, hi));
    r.smax = S(a.smax >> pick(a.smax < S(0), hi, lo));
    return r;
}

// Low `from` bits, the topmost of them repeated above. A word within their signed range stays as it is.
template <class W>
constexpr Interval<W> sign_extend(const Interval<W>& a, unsigned from) {
    using S = SignedOf<W>;
    const W up = W(Word<W>::kBits - from);
    const S least = S(least_signed<W>() >> up), most = S(greatest_signed<W>() >> up);
    const BoolOf<W> same = (a.smin >= least) & (a.smax <= most);
    Interval<W> r;
    r.value = W(S(S(W(a.value << up)) >> up));
    r.mask = W(S(S(W(a.mask << up)) >> up));
    r.smin = pick(same, a.smin, least);
    r.smax = pick(same, a.smax, most);
    r.umin = pick(same, a.umin, r.umin);
    r.umax = pick(same, a.umax, r.umax);
    return r;
}

// Low n bits; the bounds are those of the word if it has no others.
template <class W>
constexpr Interval<W> truncate(const Interval<W>& a, unsigned n) {
    const W keep = W(all_ones<W>() >> W(Word<W>::kBits - n));
    const BoolOf<W> same = a.umax <= keep;
    Interval<W> r;
    r.value = W(a.value & keep);
    r.mask = W(a.mask & keep);
    r.umin = pick(same, a.umin, W(0));
    r.umax = pick(same, a.umax, keep);
    return r;
}

// Bytes of the low n bits in reverse order, the rest zero.
template <class W>
constexpr W swap_bytes(W w, unsigned n) {
    W r = W(0);
    for (unsigned i = 0; i < n; i += 8) r = W(r | W(W(W(w >> W(i)) & W(0xff)) << W(n - 8 - i)));
    return r;
}
// Bits move exactly; bounds do not survive.
template <class W>
constexpr Interval<W> byte_swap(const Interval<W>& a, unsigned n) {
    Interval<W> r;
    r.value = swap_bytes(a.value, n);
    r.mask = swap_bytes(a.mask, n);
    return r;
}

}  // namespace mbpf::domain
