// SPDX-License-Identifier: Apache-2.0
// Sums, products and quotients of Intervals. If each operand contains the concrete word, the result contains the
// concrete result (RFC 9669: modulo 2^bits, x / 0 = 0, x % 0 = x). Results are not reduced; the caller does that.
#pragma once

#include "verifier/domain/word.h"

namespace mbpf::domain {

// Bits: carries can differ only where some operand's bit is unknown (Vishwanathan et al., 2022). Bounds: the sums
// of the ends, if both ends wrap equally often; all sums between them then do, too.
template <class W>
constexpr Interval<W> add(const Interval<W>& a, const Interval<W>& b) {
    using S = SignedOf<W>;
    Interval<W> r;
    const W masks = W(a.mask + b.mask), values = W(a.value + b.value), sum = W(masks + values);
    r.mask = W(W(sum ^ values) | a.mask | b.mask);
    r.value = W(values & ~r.mask);
    const W lo = W(a.umin + b.umin), hi = W(a.umax + b.umax);
    const BoolOf<W> wrap_lo = lo < a.umin, wrap_hi = hi < a.umax;
    r.umin = pick(wrap_lo != wrap_hi, r.umin, lo);
    r.umax = pick(wrap_lo != wrap_hi, r.umax, hi);
    // Signed overflow: both operands have the sign that the sum has not; the sum's sign says which way.
    const W slo = W(W(a.smin) + W(b.smin)), shi = W(W(a.smax) + W(b.smax));
    const W over_lo = W(W(W(a.smin) ^ slo) & W(W(b.smin) ^ slo)), over_hi = W(W(W(a.smax) ^ shi) & W(W(b.smax) ^ shi));
    const BoolOf<W> unequal = S(W(W(over_lo ^ over_hi) | W(over_lo & W(slo ^ shi)))) < S(0);
    r.smin = pick(unequal, r.smin, S(slo));
    r.smax = pick(unequal, r.smax, S(shi));
    return r;
}

// As add, with borrows.
template <class W>
constexpr Interval<W> sub(const Interval<W>& a, const Interval<W>& b) {
    using S = SignedOf<W>;
    Interval<W> r;
    const W values = W(a.value - b.value), most = W(values + a.mask), least = W(values - b.mask);
    r.mask = W(W(most ^ least) | a.mask | b.mask);
    r.value = W(values & ~r.mask);
    const BoolOf<W> wrap_lo = a.umin < b.umax, wrap_hi = a.umax < b.umin;
    r.umin = pick(wrap_lo != wrap_hi, r.umin, W(a.umin - b.umax));
    r.umax = pick(wrap_lo != wrap_hi, r.umax, W(a.umax - b.umin));
    const W slo = W(W(a.smin) - W(b.smax)), shi = W(W(a.smax) - W(b.smin));
    const W over_lo = W(W(W(a.smin) ^ W(b.smax)) & W(W(a.smin) ^ slo)), over_hi = W(W(W(a.smax) ^ W(b.smin)) & W(W(a.smax) ^ shi));
    const BoolOf<W> unequal = S(W(W(over_lo ^ over_hi) | W(over_lo & W(slo ^ shi)))) < S(0);
    r.smin = pick(unequal, r.smin, S(slo));
    r.smax = pick(unequal, r.smax, S(shi));
    return r;
}

template <class W>
constexpr Interval<W> neg(const Interval<W>& a) {
    return sub(Interval<W>::constant(W(0)), a);
}

// Bounds of a product: monotone in both factors while nothing wraps.
template <class W>
constexpr Interval<W> mul_bounds(const Interval<W>& a, const Interval<W>& b) {
    using S = SignedOf<W>;
    Interval<W> r;
    const BoolOf<W> fits = product_fits(a.umax, b.umax);
    r.umin = pick(fits, product(a.umin, b.umin), r.umin);
    r.umax = pick(fits, product(a.umax, b.umax), r.umax);
    // Signed: the extremes are among the products of the ends, all exact if that of the magnitudes is.
    const W most_a = greater(magnitude<W>(a.smin), magnitude<W>(a.smax)), most_b = greater(magnitude<W>(b.smin), magnitude<W>(b.smax));
    const BoolOf<W> no_wrap = product_fits(most_a, most_b), no_sign = product(most_a, most_b) < sign_bit<W>(), exact = no_wrap & no_sign;
    const S p = S(product(W(a.smin), W(b.smin))), q = S(product(W(a.smin), W(b.smax)));
    const S s = S(product(W(a.smax), W(b.smin))), t = S(product(W(a.smax), W(b.smax)));
    r.smin = pick(exact, lesser(lesser(p, q), lesser(s, t)), r.smin);
    r.smax = pick(exact, greater(greater(p, q), greater(s, t)), r.smax);
    return r;
}

// Bits of a product, by the school's method: one step adds multiplicand << i where bit i of the multiplier, which
// is its lowest bit here, is or may be 1. Sound by induction: total contains the product of the steps before.
template <class W>
struct Product {
    W total_value = W(0), total_mask = W(0);
    W multiplier_value, multiplier_mask, multiplicand_value, multiplicand_mask;
};
template <class W>
constexpr Product<W> mul_step(const Product<W>& p) {
    const BoolOf<W> one = W(p.multiplier_value & W(1)) != W(0), maybe = W(p.multiplier_mask & W(1)) != W(0);
    const W value = pick(one, p.multiplicand_value, W(0));
    const W mask = pick(one, p.multiplicand_mask, pick(maybe, W(p.multiplicand_value | p.multiplicand_mask), W(0)));
    const W masks = W(p.total_mask + mask), values = W(p.total_value + value), sum = W(masks + values);
    Product<W> r = p;
    r.total_mask = W(W(sum ^ values) | p.total_mask | mask);
    r.total_value = W(values & ~r.total_mask);
    r.multiplier_value = W(p.multiplier_value >> W(1));
    r.multiplier_mask = W(p.multiplier_mask >> W(1));
    r.multiplicand_value = W(p.multiplicand_value << W(1));
    r.multiplicand_mask = W(p.multiplicand_mask << W(1));
    return r;
}

// The quotient rises with the dividend and falls as the divisor rises; a divisor that may be zero puts 0 into it.
template <class W>
constexpr Interval<W> div(const Interval<W>& a, const Interval<W>& b) {
    Interval<W> r;
    r.umin = pick(b.umin == W(0), W(0), W(a.umin / greater(b.umax, W(1))));
    r.umax = pick(b.umax == W(0), W(0), W(a.umax / greater(b.umin, W(1))));
    return r;
}

// The remainder is not above the dividend and below a divisor that is not zero. It differs from the dividend by
// a multiple of the divisor, so that bits below all of the divisor's are the dividend's; where divisor and
// quotient are the same throughout, it runs in step with the dividend.
template <class W>
constexpr Interval<W> mod(const Interval<W>& a, const Interval<W>& b) {
    Interval<W> r;
    const BoolOf<W> unchanged = (b.umax == W(0)) | (a.umax < b.umin), may_be_zero = b.umin == W(0);
    const W divisor = greater(b.umin, W(1)), quotient = W(a.umin / divisor), multiple = product(quotient, divisor);
    const BoolOf<W> in_step = (!may_be_zero) & (b.umin == b.umax) & (quotient == W(a.umax / divisor));
    const W below = pick(unchanged, all_ones<W>(), W(lowest_bit(W(b.value | b.mask)) - W(1)));
    r.value = W(a.value & below);
    r.mask = W(a.mask | ~below);
    r.umin = pick(unchanged, a.umin, pick(in_step, W(a.umin - multiple), W(0)));
    r.umax = pick(unchanged, a.umax, pick(in_step, W(a.umax - multiple), pick(may_be_zero, a.umax, lesser(a.umax, W(b.umax - W(1))))));
    r.smin = pick(unchanged, a.smin, r.smin);
    r.smax = pick(unchanged, a.smax, r.smax);
    return r;
}

// Signed quotient, rounded towards zero. Of one sign and not zero, the divisor's magnitude lies in [least, most];
// each end of the dividend divided by the one that takes it farther out bounds the quotient by a positive divisor,
// and turned round that by a negative one. A divisor of unknown sign leaves the dividend's magnitude. The least
// number divided by -1 overflows to itself: where that can be, nothing is known.
template <class W>
constexpr Interval<W> sdiv(const Interval<W>& a, const Interval<W>& b) {
    using S = SignedOf<W>;
    Interval<W> r;
    const S zero = S(0), one = S(1);
    const BoolOf<W> upwards = b.smin >= zero, downwards = (b.smax < zero) & (b.smin > least_signed<W>());
    const S least = pick(upwards, greater(b.smin, one), pick(downwards, S(W(W(0) - W(b.smax))), one));
    const S most = pick(upwards, greater(b.smax, one), pick(downwards, S(W(W(0) - W(b.smin))), one));
    const S lo = S(a.smin / pick(a.smin < zero, least, most)), hi = S(a.smax / pick(a.smax < zero, most, least));
    const BoolOf<W> may_overflow = (!upwards) & (lo == least_signed<W>());
    const S minus_lo = S(W(W(0) - W(lo))), minus_hi = S(W(W(0) - W(hi)));
    const BoolOf<W> may_be_zero = b.smin == zero;
    // Unknown sign: least and most are 1, lo and hi the dividend's ends, their outermost the magnitude.
    const S outer = greater(greater(hi, minus_lo), zero), outer_down = lesser(lesser(lo, minus_hi), zero);
    const S smin = pick(upwards, pick(may_be_zero, lesser(lo, zero), lo), pick(downwards, minus_hi, outer_down));
    const S smax = pick(upwards, pick(may_be_zero, greater(hi, zero), hi), pick(downwards, minus_lo, outer));
    r.smin = pick(may_overflow, r.smin, smin);
    r.smax = pick(may_overflow, r.smax, smax);
    return r;
}

// The remainder has the dividend's sign; in magnitude it is not above the dividend and below a divisor that is not
// zero. Low bits as for mod.
template <class W>
constexpr Interval<W> smod(const Interval<W>& a, const Interval<W>& b) {
    using S = SignedOf<W>;
    Interval<W> r;
    const S zero = S(0);
    const BoolOf<W> may_be_zero = (b.smin <= zero) & (b.smax >= zero);
    const S below = S(W(greater(magnitude<W>(b.smin), magnitude<W>(b.smax)) - W(1)));
    const S most = pick(may_be_zero, greatest_signed<W>(), below), least = pick(may_be_zero, least_signed<W>(), S(W(W(0) - W(below))));
    r.smin = pick(a.smin >= zero, zero, greater(a.smin, least));
    r.smax = pick(a.smax <= zero, zero, lesser(a.smax, most));
    const W low = W(lowest_bit(W(b.value | b.mask)) - W(1));
    r.value = W(a.value & low);
    r.mask = W(a.mask | ~low);
    return r;
}

// What constants give, exactly; with the same care for zero and overflow as the instructions.
template <class W>
constexpr W signed_quotient(W a, W b) {
    using S = SignedOf<W>;
    const BoolOf<W> plain = (b != W(0)) & (b != all_ones<W>());
    const W q = W(S(S(a) / pick(plain, S(b), S(1))));
    return pick(b == W(0), W(0), pick(b == all_ones<W>(), W(W(0) - a), q));
}
template <class W>
constexpr W signed_remainder(W a, W b) {
    using S = SignedOf<W>;
    const BoolOf<W> plain = (b != W(0)) & (b != all_ones<W>());
    const W r = W(S(S(a) % pick(plain, S(b), S(1))));
    return pick(b == W(0), a, pick(b == all_ones<W>(), W(0), r));
}

}  // namespace mbpf::domain
