// SPDX-License-Identifier: Apache-2.0
// What is known about a W-bit word: which bits (a tristate number: `value` where `mask` is 0), and bounds of
// its unsigned and signed reading. A reduced product: sync() moves knowledge between the three. Templates over
// the word type, so that the same source is checked exhaustively at 8 bits; no library, no allocation.
//
// Soundness of every function: if each operand contains the concrete word, the result contains the concrete
// result. The comments say why; tests/verifier/domain_test.cpp tries all words at 8 bits.
#pragma once

#include <stdint.h>

#include "core/isa_enums.h"

namespace mbpf {

// The signed word of the same width.
template <class W>
struct SignedWord;
template <>
struct SignedWord<uint8_t> {
    using Type = int8_t;
};
template <>
struct SignedWord<uint16_t> {
    using Type = int16_t;
};
template <>
struct SignedWord<uint32_t> {
    using Type = int32_t;
};
template <>
struct SignedWord<uint64_t> {
    using Type = int64_t;
};

template <class W>
struct Interval {
    using S = typename SignedWord<W>::Type;
    static constexpr unsigned kBits = sizeof(W) * 8;
    static constexpr W kSign = static_cast<W>(W{1} << (kBits - 1));
    static constexpr W kMax = static_cast<W>(~W{0});
    static constexpr S kSMin = static_cast<S>(kSign);
    static constexpr S kSMax = static_cast<S>(kMax >> 1);

    W value = 0;
    W mask = kMax;
    W umin = 0;
    W umax = kMax;
    S smin = kSMin;
    S smax = kSMax;

    bool operator==(const Interval&) const = default;

    static Interval constant(W c) { return {c, 0, c, c, static_cast<S>(c), static_cast<S>(c)}; }
    static Interval range_u(W lo, W hi) {
        Interval i;
        i.umin = lo;
        i.umax = hi;
        return i.sync();
    }
    static Interval range_s(S lo, S hi) {
        Interval i;
        i.smin = lo;
        i.smax = hi;
        return i.sync();
    }
    static Interval bits(W v, W m) {
        Interval i;
        i.value = v;
        i.mask = m;
        return i.sync();
    }

    bool is_constant() const { return umin == umax; }
    bool is_bottom() const { return umin > umax || smin > smax || (value & mask) != 0; }
    bool contains(W w) const {
        return umin <= w && w <= umax && smin <= static_cast<S>(w) && static_cast<S>(w) <= smax && static_cast<W>((w ^ value) & ~mask) == 0;
    }
    bool subset_of(const Interval& o) const {
        return o.umin <= umin && umax <= o.umax && o.smin <= smin && smax <= o.smax && static_cast<W>(mask & ~o.mask) == 0 &&
               static_cast<W>((value ^ o.value) & ~o.mask) == 0;
    }

    // Each step only intersects with a set that contains every word the others allow, so no word is lost.
    Interval sync() const {
        // The two ends of knowledge need no work, and most words are at one of them.
        if (umin == umax) return contains(umin) ? constant(umin) : bottom();
        if (mask == kMax && umin == 0 && umax == kMax && smin == kSMin && smax == kSMax) return *this;
        Interval r = *this;
        for (int round = 0; round < 2; ++round) {
            const Interval before = r;
            // All words lie between the one with unknown bits 0 and the one with them 1; signed, the sign bit
            // counts the other way round.
            r.umin = max(r.umin, r.value);
            r.umax = min(r.umax, static_cast<W>(r.value | r.mask));
            r.smin = max_s(r.smin, static_cast<S>(static_cast<W>(r.value | (r.mask & kSign))));
            r.smax = min_s(r.smax, static_cast<S>(static_cast<W>(r.value | (r.mask & ~kSign))));
            // Low bits that are known: the ends move to the nearest words that have them.
            if ((r.mask & 1) == 0 && r.mask != 0) {
                const W low = static_cast<W>((r.mask & static_cast<W>(-r.mask)) - 1), bits = static_cast<W>(r.value & low);
                const W over = static_cast<W>(static_cast<W>(r.umax - bits) & low), under = static_cast<W>(static_cast<W>(bits - r.umin) & low);
                if (r.umax >= over) r.umax = static_cast<W>(r.umax - over);
                if (static_cast<W>(kMax - r.umin) >= under) r.umin = static_cast<W>(r.umin + under);
                const W over_s = static_cast<W>(static_cast<W>(static_cast<W>(r.smax) - bits) & low), under_s = static_cast<W>(static_cast<W>(bits - static_cast<W>(r.smin)) & low);
                if (static_cast<W>(static_cast<W>(r.smax) - static_cast<W>(kSMin)) >= over_s) r.smax = static_cast<S>(static_cast<W>(static_cast<W>(r.smax) - over_s));
                if (static_cast<W>(static_cast<W>(kSMax) - static_cast<W>(r.smin)) >= under_s) r.smin = static_cast<S>(static_cast<W>(static_cast<W>(r.smin) + under_s));
            }
            // Where [umin, umax] does not cross the sign boundary the two orders agree; likewise for signed.
            if (static_cast<S>(r.umin) <= static_cast<S>(r.umax)) {
                r.smin = max_s(r.smin, static_cast<S>(r.umin));
                r.smax = min_s(r.smax, static_cast<S>(r.umax));
            }
            if (static_cast<W>(r.smin) <= static_cast<W>(r.smax)) {
                r.umin = max(r.umin, static_cast<W>(r.smin));
                r.umax = min(r.umax, static_cast<W>(r.smax));
            }
            if (r.umin > r.umax || r.smin > r.smax) return bottom();
            // Bits above the highest one in which umin and umax differ are the same in all words between.
            const W differ = fill(static_cast<W>(r.umin ^ r.umax));
            const W known = static_cast<W>(~differ);
            if (static_cast<W>((r.value ^ r.umin) & known & ~r.mask) != 0) return bottom();
            r.value = static_cast<W>(r.value | (r.umin & known));
            r.mask = static_cast<W>(r.mask & differ);
            if (r == before) break;
        }
        return r.is_bottom() ? bottom() : r;
    }
    static Interval bottom() { return {0, 0, kMax, 0, kSMax, kSMin}; }

    // Union: bits on which both agree stay known; bounds are the outer ones.
    static Interval join(const Interval& a, const Interval& b) {
        if (a.is_bottom()) return b;
        if (b.is_bottom()) return a;
        Interval r;
        r.mask = static_cast<W>(a.mask | b.mask | (a.value ^ b.value));
        r.value = static_cast<W>(a.value & ~r.mask);
        r.umin = min(a.umin, b.umin);
        r.umax = max(a.umax, b.umax);
        r.smin = min_s(a.smin, b.smin);
        r.smax = max_s(a.smax, b.smax);
        return r;
    }
    static Interval meet(const Interval& a, const Interval& b) {
        if (static_cast<W>((a.value ^ b.value) & ~a.mask & ~b.mask) != 0) return bottom();
        Interval r;
        r.mask = static_cast<W>(a.mask & b.mask);
        r.value = static_cast<W>((a.value | b.value) & ~r.mask);
        r.umin = max(a.umin, b.umin);
        r.umax = min(a.umax, b.umax);
        r.smin = max_s(a.smin, b.smin);
        r.smax = min_s(a.smax, b.smax);
        return r.sync();
    }

    // Sum bit by bit: the carries can differ only where some operand's bit is unknown (Vishwanathan et al.,
    // 2022). Bounds: valid unless the sum wraps.
    static Interval add(const Interval& a, const Interval& b) {
        Interval r;
        const W sm = static_cast<W>(a.mask + b.mask), sv = static_cast<W>(a.value + b.value), sigma = static_cast<W>(sm + sv), chi = static_cast<W>(sigma ^ sv);
        r.mask = static_cast<W>(chi | a.mask | b.mask);
        r.value = static_cast<W>(sv & ~r.mask);
        if (static_cast<W>(a.umax + b.umax) >= a.umax) {
            r.umin = static_cast<W>(a.umin + b.umin);
            r.umax = static_cast<W>(a.umax + b.umax);
        }
        S lo, hi;
        if (!__builtin_add_overflow(a.smin, b.smin, &lo) && !__builtin_add_overflow(a.smax, b.smax, &hi)) {
            r.smin = lo;
            r.smax = hi;
        }
        return r.sync();
    }
    // As add, with borrows.
    static Interval sub(const Interval& a, const Interval& b) {
        Interval r;
        const W dv = static_cast<W>(a.value - b.value), alpha = static_cast<W>(dv + a.mask), beta = static_cast<W>(dv - b.mask), chi = static_cast<W>(alpha ^ beta);
        r.mask = static_cast<W>(chi | a.mask | b.mask);
        r.value = static_cast<W>(dv & ~r.mask);
        if (a.umin >= b.umax) {
            r.umin = static_cast<W>(a.umin - b.umax);
            r.umax = static_cast<W>(a.umax - b.umin);
        }
        S lo, hi;
        if (!__builtin_sub_overflow(a.smin, b.smax, &lo) && !__builtin_sub_overflow(a.smax, b.smin, &hi)) {
            r.smin = lo;
            r.smax = hi;
        }
        return r.sync();
    }
    // Bounds: monotone in both while nothing wraps. Bits: trailing zeros add up; constants multiply exactly.
    static Interval mul(const Interval& a, const Interval& b) {
        if (a.is_constant() && b.is_constant()) return constant(wrap_mul(a.umin, b.umin));
        Interval r;
        W hi;
        if (!__builtin_mul_overflow(a.umax, b.umax, &hi)) {
            r.umax = hi;
            r.umin = wrap_mul(a.umin, b.umin);
        }
        S p[4];
        if (!__builtin_mul_overflow(a.smin, b.smin, &p[0]) && !__builtin_mul_overflow(a.smin, b.smax, &p[1]) && !__builtin_mul_overflow(a.smax, b.smin, &p[2]) &&
            !__builtin_mul_overflow(a.smax, b.smax, &p[3])) {
            r.smin = min_s(min_s(p[0], p[1]), min_s(p[2], p[3]));
            r.smax = max_s(max_s(p[0], p[1]), max_s(p[2], p[3]));
        }
        const unsigned zeros = a.trailing_zeros() + b.trailing_zeros();
        r.mask = zeros >= kBits ? W{0} : static_cast<W>(kMax << zeros);
        return r.sync();
    }
    // Division by zero is 0 (RFC 9669), so a divisor that may be zero puts 0 into the result; otherwise the
    // quotient falls as the divisor rises.
    static Interval div(const Interval& a, const Interval& b) {
        if (b.umax == 0) return constant(0);
        const W lo = b.umin == 0 ? W{0} : static_cast<W>(a.umin / b.umax);
        return range_u(lo, b.umin == 0 ? a.umax : static_cast<W>(a.umax / b.umin));
    }
    // Modulo by zero is the dividend. Otherwise the result is below the divisor and not above the dividend.
    static Interval mod(const Interval& a, const Interval& b) {
        if (b.umax == 0 || (b.umin > 0 && a.umax < b.umin)) return a;
        if (a.is_constant() && b.is_constant()) return constant(static_cast<W>(a.umin % b.umin));
        if (b.umin == 0) return range_u(0, a.umax);
        return range_u(0, min(a.umax, static_cast<W>(b.umax - 1)));
    }
    // Exact for constants; by a positive constant the quotient is monotone in the dividend and cannot overflow.
    static Interval sdiv(const Interval& a, const Interval& b) {
        if (!b.is_constant()) return {};
        const S d = b.smin;
        if (d == 0) return constant(0);
        if (a.is_constant()) return constant(a.smin == kSMin && d == -1 ? a.umin : static_cast<W>(a.smin / d));
        if (d < 0) return {};
        return range_s(static_cast<S>(a.smin / d), static_cast<S>(a.smax / d));
    }
    // The remainder has the dividend's sign and is smaller than the divisor in magnitude.
    static Interval smod(const Interval& a, const Interval& b) {
        if (!b.is_constant()) return {};
        const S d = b.smin;
        if (d == 0) return a;
        if (d == -1) return constant(0);
        if (a.is_constant()) return constant(static_cast<W>(a.smin % d));
        if (d == kSMin) return {};
        const S most = static_cast<S>((d < 0 ? -d : d) - 1);
        return range_s(a.smin >= 0 ? S{0} : static_cast<S>(-most), a.smax <= 0 ? S{0} : most);
    }
    // A result bit is 1 only if both may be, 0 if either must be; a & b <= both.
    static Interval and_(const Interval& a, const Interval& b) {
        Interval r;
        const W alpha = static_cast<W>(a.value | a.mask), beta = static_cast<W>(b.value | b.mask);
        r.value = static_cast<W>(a.value & b.value);
        r.mask = static_cast<W>(alpha & beta & ~r.value);
        r.umax = min(a.umax, b.umax);
        return r.sync();
    }
    // Dual: a | b >= both.
    static Interval or_(const Interval& a, const Interval& b) {
        Interval r;
        r.value = static_cast<W>(a.value | b.value);
        r.mask = static_cast<W>((a.mask | b.mask) & ~r.value);
        r.umin = max(a.umin, b.umin);
        return r.sync();
    }
    static Interval xor_(const Interval& a, const Interval& b) {
        const W mask = static_cast<W>(a.mask | b.mask);
        return bits(static_cast<W>((a.value ^ b.value) & ~mask), mask);
    }
    // An amount below the width is itself; else only its low bits count.
    static Interval modulo_width(const Interval& amount) { return amount.umax < kBits ? amount : and_(amount, constant(static_cast<W>(kBits - 1))); }
    // Shift amounts are taken modulo the width (RFC 9669), so first reduce them. Bits move exactly when the
    // amount is known; bounds scale when the largest word loses no bit at the largest amount.
    static Interval lsh(const Interval& a, const Interval& amount) {
        const Interval s = modulo_width(amount);
        Interval r;
        const unsigned lo = static_cast<unsigned>(s.umin), hi = static_cast<unsigned>(s.umax);
        if (s.is_constant()) {
            r.value = static_cast<W>(a.value << lo);
            r.mask = static_cast<W>(a.mask << lo);
        }
        if (a.umax <= static_cast<W>(kMax >> hi)) {
            r.umin = static_cast<W>(a.umin << lo);
            r.umax = static_cast<W>(a.umax << hi);
        }
        return r.sync();
    }
    static Interval rsh(const Interval& a, const Interval& amount) {
        const Interval s = modulo_width(amount);
        Interval r;
        const unsigned lo = static_cast<unsigned>(s.umin), hi = static_cast<unsigned>(s.umax);
        if (s.is_constant()) {
            r.value = static_cast<W>(a.value >> lo);
            r.mask = static_cast<W>(a.mask >> lo);
        }
        r.umin = static_cast<W>(a.umin >> hi);
        r.umax = static_cast<W>(a.umax >> lo);
        return r.sync();
    }
    // Arithmetic shift is monotone in the word; a negative word grows towards -1 with the amount.
    static Interval arsh(const Interval& a, const Interval& amount) {
        const Interval s = modulo_width(amount);
        Interval r;
        const unsigned lo = static_cast<unsigned>(s.umin), hi = static_cast<unsigned>(s.umax);
        if (s.is_constant()) {
            r.value = static_cast<W>(static_cast<S>(a.value) >> lo);
            r.mask = static_cast<W>(static_cast<S>(a.mask) >> lo);
            r.value = static_cast<W>(r.value & ~r.mask);
        }
        r.smin = static_cast<S>(a.smin >> (a.smin < 0 ? lo : hi));
        r.smax = static_cast<S>(a.smax >> (a.smax < 0 ? hi : lo));
        return r.sync();
    }

    static Interval alu(bpf::AluOp op, const Interval& a, const Interval& b) {
        switch (op) {
            case bpf::AluOp::add: return add(a, b);
            case bpf::AluOp::sub: return sub(a, b);
            case bpf::AluOp::mul: return mul(a, b);
            case bpf::AluOp::div: return div(a, b);
            case bpf::AluOp::sdiv: return sdiv(a, b);
            case bpf::AluOp::mod: return mod(a, b);
            case bpf::AluOp::smod: return smod(a, b);
            case bpf::AluOp::and_: return and_(a, b);
            case bpf::AluOp::or_: return or_(a, b);
            case bpf::AluOp::xor_: return xor_(a, b);
            case bpf::AluOp::lsh: return lsh(a, b);
            case bpf::AluOp::rsh: return rsh(a, b);
            case bpf::AluOp::arsh: return arsh(a, b);
            case bpf::AluOp::neg: return sub(constant(0), a);
            case bpf::AluOp::mov: return b;
            case bpf::AluOp::none: return {};
        }
        return {};
    }

    // Removes the word c when it is an end of the range; anything else stays.
    Interval without(W c) const {
        Interval r = *this;
        if (r.umin == c && r.umax == c) return bottom();
        if (r.umin == c) r.umin = static_cast<W>(c + 1);
        if (r.umax == c) r.umax = static_cast<W>(c - 1);
        if (r.smin == static_cast<S>(c) && r.smin != kSMax) r.smin = static_cast<S>(r.smin + 1);
        if (r.smax == static_cast<S>(c) && r.smax != kSMin) r.smax = static_cast<S>(r.smax - 1);
        return r.sync();
    }

    // Keeps in a and b the words for which some partner satisfies `condition`. Bounds move only by what every
    // satisfying pair obeys (a < b: a is below b's greatest, b above a's least).
    static void refine(bpf::Condition condition, Interval& a, Interval& b) {
        using bpf::Condition;
        switch (condition) {
            case Condition::eq: a = b = meet(a, b); break;
            case Condition::ne:
                if (b.is_constant()) a = a.without(b.umin);
                else if (a.is_constant()) b = b.without(a.umin);
                break;
            case Condition::lt: less(a, b, true); break;
            case Condition::le: less(a, b, false); break;
            case Condition::gt: less(b, a, true); break;
            case Condition::ge: less(b, a, false); break;
            case Condition::slt: less_s(a, b, true); break;
            case Condition::sle: less_s(a, b, false); break;
            case Condition::sgt: less_s(b, a, true); break;
            case Condition::sge: less_s(b, a, false); break;
            case Condition::set:
                // Some common bit: with a single candidate bit it must be 1 in a.
                if (b.is_constant()) {
                    const W may = static_cast<W>((a.value | a.mask) & b.umin);
                    if (may == 0) a = bottom();
                    else if (static_cast<W>(may & (may - 1)) == 0) a = meet(a, bits(may, static_cast<W>(~may)));
                }
                break;
            case Condition::none: break;
        }
    }
    // No common bit: all of b's constant bits are 0 in a.
    static void refine_not_set(Interval& a, const Interval& b) {
        if (b.is_constant()) a = meet(a, bits(0, static_cast<W>(~b.umin)));
    }

    unsigned trailing_zeros() const {
        const W ones = static_cast<W>(value | mask);
        unsigned n = 0;
        while (n < kBits && static_cast<W>((ones >> n) & 1) == 0) ++n;
        return n;
    }

  private:
    static W min(W a, W b) { return a < b ? a : b; }
    static W max(W a, W b) { return a > b ? a : b; }
    static S min_s(S a, S b) { return a < b ? a : b; }
    static S max_s(S a, S b) { return a > b ? a : b; }
    // Through a wider type: promotion of 16-bit factors to int would overflow.
    static W wrap_mul(W a, W b) { return static_cast<W>(static_cast<uint64_t>(a) * b); }
    // All bits at and below the highest set one.
    static W fill(W w) {
        return w == 0 ? W{0} : static_cast<W>(kMax >> (__builtin_clzll(w) - (64 - static_cast<int>(kBits))));
    }
    static void less(Interval& a, Interval& b, bool strict) {
        if (strict && (b.umax == 0 || a.umin == kMax)) {
            a = b = bottom();
            return;
        }
        const W above = static_cast<W>(a.umin + (strict ? 1 : 0)), below = static_cast<W>(b.umax - (strict ? 1 : 0));
        a.umax = min(a.umax, below);
        b.umin = max(b.umin, above);
        a = a.sync();
        b = b.sync();
    }
    static void less_s(Interval& a, Interval& b, bool strict) {
        if (strict && (b.smax == kSMin || a.smin == kSMax)) {
            a = b = bottom();
            return;
        }
        const S above = static_cast<S>(a.smin + (strict ? 1 : 0)), below = static_cast<S>(b.smax - (strict ? 1 : 0));
        a.smax = min_s(a.smax, below);
        b.smin = max_s(b.smin, above);
        a = a.sync();
        b = b.sync();
    }
};

}  // namespace mbpf
