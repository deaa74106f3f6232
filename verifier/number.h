// SPDX-License-Identifier: Apache-2.0
// The abstract number: what is known of a whole word and of its low half (which 32-bit instructions and comparisons
// see), each kept in step with the other. A template, since tests try all of it with 8-bit halves; programs have
// Number. As in interval.h, what is proved is in verifier/domain/, what is chosen is here.
#pragma once

#include "verifier/domain/halves.h"
#include "verifier/interval.h"

namespace mbpf {

template <class W>
struct NumberOf {
    using H = domain::HalfOf<W>;
    using S = domain::SignedOf<W>;
    using Whole = Interval<W>;
    using Low = Interval<H>;
    static constexpr unsigned kBits = domain::Word<W>::kBits;

    Whole wide;
    Low low;

    friend constexpr bool operator==(const NumberOf& a, const NumberOf& b) { return a.wide == b.wide && a.low == b.low; }

    static constexpr NumberOf unknown() { return {}; }
    static constexpr NumberOf constant(W c) { return {Whole::constant(c), Low::constant(H(c))}; }
    static constexpr NumberOf bottom() { return {Whole::bottom(), Low::bottom()}; }
    static constexpr NumberOf range_u(W lo, W hi) { return from_wide(Whole::range_u(lo, hi)); }
    static constexpr NumberOf range_s(S lo, S hi) { return from_wide(Whole::range_s(lo, hi)); }
    // Zero-extended n-bit word.
    static constexpr NumberOf unknown_bits(unsigned n) { return n >= kBits ? unknown() : range_u(W(0), W(W(W(1) << W(n)) - W(1))); }
    // Sign-extended n-bit word.
    static constexpr NumberOf signed_bits(unsigned n) {
        return n >= kBits ? unknown() : range_s(S(domain::least_signed<W>() >> W(kBits - n)), S(domain::greatest_signed<W>() >> W(kBits - n)));
    }

    constexpr bool is_constant() const { return wide.is_constant(); }
    constexpr bool is_bottom() const { return wide.is_bottom() || low.is_bottom(); }
    constexpr bool contains(W w) const { return wide.contains(w) && low.contains(H(w)); }
    constexpr bool subset_of(const NumberOf& o) const { return wide.subset_of(o.wide) && low.subset_of(o.low); }

    static constexpr NumberOf join(const NumberOf& a, const NumberOf& b) {
        if (a.is_bottom()) return b;
        if (b.is_bottom()) return a;
        return {domain::join(a.wide, b.wide), domain::join(a.low, b.low)};
    }
    static constexpr NumberOf meet(const NumberOf& a, const NumberOf& b) { return exchanged(Whole::meet(a.wide, b.wide), Low::meet(a.low, b.low)); }
    // An upper bound of both that rises only finitely often along a chain; see domain::widen. Not reduced, since the
    // exchange between halves could undo the step.
    static constexpr NumberOf widen(const NumberOf& before, const NumberOf& after, const W* thresholds, unsigned count) {
        if (before.is_bottom()) return after;
        if (after.is_bottom()) return before;
        return {domain::widen(before.wide, after.wide, thresholds, count), domain::widen(before.low, after.low, thresholds, count)};
    }

    // Whole-word operation. The low half of a sum, difference, product or bitwise result depends on the low halves
    // alone, and so does that of a shift left by less than a half; for the others it is read off the whole. A shift left by
    // a half or more moves the upper half out: the lower one is all that it sees, by itself as
    // extended either way.
    static constexpr NumberOf alu64(bpf::AluOp op, const NumberOf& a, const NumberOf& b) {
        using bpf::AluOp;
        if (a.is_constant() && b.is_constant()) return constant(domain::concrete(op, a.wide.umin, b.wide.umin));
        NumberOf r;
        r.wide = Whole::alu(op, a.wide, b.wide);
        switch (op) {
            case AluOp::add:
            case AluOp::sub:
            case AluOp::mul:
            case AluOp::and_:
            case AluOp::or_:
            case AluOp::xor_:
            case AluOp::neg: r.low = Low::alu(op, a.low, b.low); break;
            case AluOp::lsh:
                if (b.wide.umax < W(kBits / 2)) r.low = Low::alu(op, a.low, b.low);
                else if (b.wide.umin >= W(kBits / 2) && b.wide.umax < W(kBits)) r.wide = Whole::meet(Whole::alu(op, domain::zero_extended<W>(a.low).sync(), b.wide), Whole::alu(op, domain::sign_extended<W>(a.low).sync(), b.wide));
                break;
            case AluOp::mov: return b;
            case AluOp::div:
            case AluOp::sdiv:
            case AluOp::mod:
            case AluOp::smod:
            case AluOp::rsh:
            case AluOp::arsh:
            case AluOp::none: break;
        }
        return exchanged(r.wide, r.low);
    }
    // Half-word operation: sees the low halves, zero-extends.
    static constexpr NumberOf alu32(bpf::AluOp op, const NumberOf& a, const NumberOf& b) { return from_low(Low::alu(op, a.low, b.low)); }
    static constexpr NumberOf zext32(const NumberOf& a) { return from_low(a.low); }

    // Sign extension of the low `from` bits to the whole, or to the half and then with zeros.
    static constexpr NumberOf sign_extend(const NumberOf& a, unsigned from, unsigned width) {
        if (width < kBits) return from < kBits / 2 ? from_low(domain::sign_extend(a.low, from).sync()) : from_low(a.low);
        if (from >= kBits) return a;
        if (from == kBits / 2) return exchanged(domain::sign_extended<W>(a.low).sync(), a.low);
        return exchanged(domain::sign_extend(a.wide, from).sync(), domain::sign_extend(a.low, from).sync());
    }
    // Low n bits, zero-extended.
    static constexpr NumberOf truncate(const NumberOf& a, unsigned n) {
        if (n >= kBits) return a;
        if (n >= kBits / 2) return n == kBits / 2 ? from_low(a.low) : from_wide(domain::truncate(a.wide, n).sync());
        return exchanged(domain::truncate(a.wide, n).sync(), domain::truncate(a.low, n).sync());
    }
    // Byte order reversed in the low n bits, the rest zero.
    static constexpr NumberOf byte_swap(const NumberOf& a, unsigned n) { return from_wide(domain::byte_swap(a.wide, n).sync()); }

    // False: no pair of words satisfies the condition (or, when not taken, violates it). Else a and b keep
    // only words that have a partner.
    static constexpr bool refine(bpf::Condition condition, bool taken, unsigned width, NumberOf& a, NumberOf& b) {
        if (width == kBits) Whole::refine(condition, taken, a.wide, b.wide);
        else Low::refine(condition, taken, a.low, b.low);
        // Equal words have equal halves.
        if (condition == (taken ? bpf::Condition::eq : bpf::Condition::ne) && width == kBits) a.low = b.low = Low::meet(a.low, b.low);
        a = exchanged(a.wide, a.low);
        b = exchanged(b.wide, b.low);
        return !a.is_bottom() && !b.is_bottom();
    }
    static constexpr bpf::Condition negate(bpf::Condition c) { return domain::negated(c); }

    // Moves knowledge within each part, then between them. Each step keeps every word that both allow.
    constexpr NumberOf sync() const { return exchanged(wide.sync(), low.sync()); }

  private:
    static constexpr NumberOf from_wide(const Whole& w) { return exchanged(w, Low{}); }
    static constexpr NumberOf from_low(const Low& l) { return exchanged(domain::zero_extended<W>(l).sync(), l); }

    // For parts reduced in themselves. What leaves the whole as it was has nothing more to tell the low half.
    static constexpr NumberOf exchanged(Whole w, Low l) {
        if (w.umin == w.umax) return w.contains(w.umin) && l.contains(H(w.umin)) ? constant(w.umin) : bottom();
        if (w.is_unknown() && l.is_unknown()) return {};
        for (int round = 0; round < 2; ++round) {
            const Low narrower = domain::narrowed_low(w, l);
            if (!(narrower == l)) l = narrower.sync();
            if (w.is_bottom() || l.is_bottom()) return bottom();
            const Whole whole = domain::narrowed_whole(w, l);
            if (whole == w) return {w, l};
            w = whole.sync();
            if (w.is_constant()) return w.contains(w.umin) && l.contains(H(w.umin)) ? constant(w.umin) : bottom();
        }
        return w.is_bottom() ? bottom() : NumberOf{w, l};
    }
};

using Number = NumberOf<uint64_t>;

}  // namespace mbpf
