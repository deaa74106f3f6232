// SPDX-License-Identifier: Apache-2.0
// When a sum, or a word cut and extended again, is what it is over the integers, whichever word is there: what
// relations between words rest on.
#pragma once

#include "verifier/domain/word.h"

namespace mbpf::domain {

// Every word is the zero extension of its low `bits`.
template <class W>
constexpr BoolOf<W> fits_unsigned(const Interval<W>& n, unsigned bits) {
    const W beyond = bits >= Word<W>::kBits ? W(0) : W(all_ones<W>() << W(bits));
    return W(n.umax & beyond) == W(0);
}
// Every word is the sign extension of its low `bits`, of which there is one at least.
template <class W>
constexpr BoolOf<W> fits_signed(const Interval<W>& n, unsigned bits) {
    using S = SignedOf<W>;
    const W half = bits >= Word<W>::kBits ? sign_bit<W>() : W(W(1) << W(bits - 1));
    return (n.smin >= S(W(W(0) - half))) & (n.smax <= S(W(half - W(1))));
}

// Every word is another plus delta, the one not signed, the other a signed number: nothing wraps.
template <class W>
constexpr BoolOf<W> exact_sum(const Interval<W>& n, W delta) {
    const BoolOf<W> falls = SignedOf<W>(delta) < SignedOf<W>(0), rises = SignedOf<W>(delta) >= SignedOf<W>(0);
    return (rises & (n.umin >= delta)) | (falls & (n.umax <= W(delta - W(1))));
}
// Likewise of signed words.
template <class W>
constexpr BoolOf<W> exact_signed_sum(const Interval<W>& n, W delta) {
    using S = SignedOf<W>;
    const BoolOf<W> falls = S(delta) < S(0), rises = S(delta) >= S(0);
    return (rises & (n.smin >= S(W(sign_bit<W>() + delta)))) | (falls & (n.smax <= S(W(W(greatest_signed<W>()) + delta))));
}

// The place of a word in the order of signed words, from 0.
template <class W>
constexpr W rank(W w) {
    return W(w ^ sign_bit<W>());
}
// Of words whose ranks leave the remainder r when divided by m, 0 <= r < m <= 2^(bits - 1): the ends of the signed range
// move inward to such words. An end beyond which there is none stays.
template <class W>
constexpr Interval<W> where_congruent(const Interval<W>& a, W m, W r) {
    const W low = rank(W(a.smin)), high = rank(W(a.smax));
    const W up = W(W(r + W(m - W(low % m))) % m), down = W(W(W(high % m) + W(m - r)) % m);
    Interval<W> n = a;
    n.smin = pick(up > W(~low), a.smin, SignedOf<W>(rank(W(low + up))));
    n.smax = pick(down > high, a.smax, SignedOf<W>(rank(W(high - down))));
    return n;
}
// The remainder of words that are such ones plus delta, over the signed integers.
template <class W>
constexpr W moved_remainder(W m, W r, W delta) {
    const W size = W(magnitude<W>(SignedOf<W>(delta)) % m);
    return W(W(r + pick(SignedOf<W>(delta) < SignedOf<W>(0), W(m - size), size)) % m);
}

// No sum of two words wraps.
template <class W>
constexpr BoolOf<W> sums_fit(const Interval<W>& a, const Interval<W>& b) {
    return a.umax <= W(all_ones<W>() - b.umax);
}

}  // namespace mbpf::domain
