// SPDX-License-Identifier: Apache-2.0
// Stands in for verifier/number.h where rules between words are proved. A number is its bounds, which are anything that
// holds its word; an operator gives anything that holds the word that the instruction makes, which is what
// operator_proofs shows of verifier/domain/ (and domain_test tries of the choice among them). A range of which the rules
// claim that a word is in it has no word of its own: where it meets one, that is required.
#pragma once

#include <optional>

#include "core/isa_enums.h"
#include "tests/proofs/symbolic_integer.h"
#include "verifier/domain/refine.h"
#include "verifier/domain/relation.h"

namespace mbpf {

namespace domain {
template <>
struct Word<symbolic::U64> {
    using Signed = symbolic::I64;
    using Bool = symbolic::Condition;
    using Half = symbolic::U32;
    static constexpr unsigned kBits = 64;
};
template <>
struct Word<symbolic::U32> {
    using Signed = symbolic::I32;
    using Bool = symbolic::Condition;
    static constexpr unsigned kBits = 32;
};
}  // namespace domain

namespace symbolic {

// Whether bits of which some are known are a word's, and whether a word's rank leaves a remainder: of these the rules
// use only what is proved of bits and remainders by themselves.
inline z3::expr has_bits(const z3::expr& value, const z3::expr& mask, const z3::expr& word) {
    const z3::sort integer = context().int_sort();
    const z3::sort three[] = {integer, integer, integer};
    return z3::function("has_bits", 3, three, context().bool_sort())(value, mask, word);
}
inline z3::expr leaves(const z3::expr& word, std::uint32_t modulus, const z3::expr& remainder) {
    const z3::sort integer = context().int_sort();
    const z3::sort three[] = {integer, integer, integer};
    return z3::function("leaves", 3, three, context().bool_sort())(word, context().int_val(modulus), remainder);
}
inline z3::expr as_signed(const z3::expr& word, unsigned bits) { return z3::ite(word < power(bits - 1), word, word - power(bits)); }

template <class W>
struct Bounds {
    using S = domain::SignedOf<W>;
    static constexpr unsigned kBits = domain::Word<W>::kBits;
    W value = W(0), mask = domain::all_ones<W>();
    W umin = W(0), umax = domain::all_ones<W>();
    S smin = domain::least_signed<W>(), smax = domain::greatest_signed<W>();
    bool has_word = false;
    W word = W(0);

    static Bounds constant(W c) { return {c, W(0), c, c, S(c), S(c), true, c}; }
    static Bounds range_u(W lo, W hi) {
        Bounds b;
        b.umin = lo;
        b.umax = hi;
        return b;
    }
    static Bounds range_s(S lo, S hi) {
        Bounds b;
        b.smin = lo;
        b.smax = hi;
        return b;
    }
    // Whether a rule looks at low bits.
    static bool& with_low_bits() {
        static bool is = false;
        return is;
    }
    // Anything that holds the word.
    static Bounds of(W w) {
        if (!w.is_symbolic()) return constant(w);
        Bounds b{W::any("value"), W::any("mask"), W::any("umin"), W::any("umax"), S::any("smin"), S::any("smax"), true, w};
        // Every number is reduced: of words that are not negative both orders say the same; a constant is known in all parts.
        const z3::expr agree = b.umin.expr() >= b.smin.expr() && b.umax.expr() <= b.smax.expr(), s = as_signed(w.expr(), kBits);
        const z3::expr known = b.smin.expr() == s && b.smax.expr() == s && b.value.expr() == w.expr() && b.mask.expr() == 0;
        Explorer::now().assume(b.holds(w) && (b.smin.expr() < 0 || agree) && (b.umin.expr() < b.umax.expr() || known));
        // Low bits that are surely 0 are so in the word.
        for (const int n : {4, 8})
            if (with_low_bits()) Explorer::now().hint(z3::implies(b.holds(w) && z3::mod(bits_or(b.value.expr(), b.mask.expr()), context().int_val(n)) == 0, z3::mod(w.expr(), context().int_val(n)) == 0));
        if (made()) made()(b);
        return b;
    }
    // To tell more of each.
    static std::function<void(const Bounds&)>& made() {
        static std::function<void(const Bounds&)> is;
        return is;
    }
    z3::expr holds(const W& w) const {
        const z3::expr s = as_signed(w.expr(), kBits);
        z3::expr all = umin.expr() <= w.expr() && w.expr() <= umax.expr() && smin.expr() <= s && s <= smax.expr();
        if (value.is_symbolic() || mask.is_symbolic()) all = all && has_bits(value.expr(), mask.expr(), w.expr());
        else if (mask.constant == 0) all = all && w.expr() == value.expr();
        return all;
    }
    // Of a range: with the word that it is claimed to hold.
    Bounds with(W w) const {
        if (has_word) {
            Explorer::now().require(word.expr() == w.expr(), "bounds are another word's");
            return *this;
        }
        Explorer::now().require(holds(w), "a word is not in its bounds");
        return of(w);
    }
    Condition is_constant() const { return umin == umax; }
    Condition is_bottom() const { return has_word ? Condition(false) : Condition(umin > umax) | Condition(smin > smax); }
    Bounds sync() const { return has_word ? of(word) : *this; }
    static Bounds meet(const Bounds& a, const Bounds& b) {
        if (a.has_word && b.has_word) Explorer::now().require(a.word.expr() == b.word.expr(), "bounds of two words meet");
        else if (a.has_word) Explorer::now().require(b.holds(a.word), "a word is not in its bounds");
        else if (b.has_word) Explorer::now().require(a.holds(b.word), "a word is not in its bounds");
        if (a.has_word || b.has_word) return of(a.has_word ? a.word : b.word);
        Bounds r;
        r.umin = domain::greater(a.umin, b.umin);
        r.umax = domain::lesser(a.umax, b.umax);
        r.smin = domain::greater(a.smin, b.smin);
        r.smax = domain::lesser(a.smax, b.smax);
        return r;
    }
};

template <class X>
    requires requires(X x) { x.is_symbolic(); }
X pick(const Condition& c, const X& then, const X& otherwise) {
    if (c.id == 0) return c.known ? then : otherwise;
    return X(z3::ite(c.expr(), then.expr(), otherwise.expr()).simplify());
}

}  // namespace symbolic

template <>
struct Interval<symbolic::U64> : symbolic::Bounds<symbolic::U64> {
    Interval() = default;
    Interval(const Bounds& b) : Bounds(b) {}
    static Interval meet(const Interval& a, const Interval& b) { return Bounds::meet(a, b); }
    Interval sync() const { return Bounds::sync(); }
};
template <>
struct Interval<symbolic::U32> : symbolic::Bounds<symbolic::U32> {
    Interval() = default;
    Interval(const Bounds& b) : Bounds(b) {}
};
// The low half, which shipping code names by the machine's word.
template <>
struct Interval<std::uint32_t> : Interval<symbolic::U32> {
    Interval() = default;
    Interval(const Bounds& b) : Interval<symbolic::U32>(b) {}
    static Interval meet(const Interval& a, const Interval& b) { return Bounds::meet(a, b); }
};

namespace domain {
using symbolic::pick;
template <>
inline bool sums_fit<std::uint32_t>(const Interval<std::uint32_t>& a, const Interval<std::uint32_t>& b) {
    return sums_fit<symbolic::U32>(a, b);
}
// Proved by operator_proofs, "ends of a congruence" and "a congruence plus delta".
inline Interval<symbolic::U64> where_congruent(const Interval<symbolic::U64>& a, symbolic::U64 m, symbolic::U64 r) {
    if (!a.has_word) return a;
    symbolic::Explorer::now().require(symbolic::leaves(a.word.expr(), static_cast<std::uint32_t>(m.constant), r.expr()), "a word leaves another remainder");
    return symbolic::Bounds<symbolic::U64>::of(a.word);
}
inline symbolic::U64 moved_remainder(symbolic::U64 m, symbolic::U64 r, symbolic::U64 delta) {
    const z3::sort integer = symbolic::context().int_sort();
    const z3::expr moved = z3::function("moved_remainder", integer, integer, integer, integer)(m.expr(), r.expr(), delta.expr());
    symbolic::Explorer::now().assume(moved >= 0 && moved < m.expr());
    return symbolic::U64(moved);
}
}  // namespace domain

struct Number {
    using U = symbolic::U64;
    using S = symbolic::I64;
    Interval<U> wide;
    Interval<std::uint32_t> low;

    static z3::expr low_of(const z3::expr& word) { return z3::mod(word, symbolic::power(32)); }
    // Anything that holds the word.
    static Number of(U word) {
        Number n;
        n.wide = Interval<U>::of(word);
        if (!with_low()) return n;
        n.low = Interval<symbolic::U32>::of(symbolic::U32(word));
        if (word.is_symbolic()) symbolic::Explorer::now().assume(n.wide.umin.expr() < n.wide.umax.expr() || n.low.umin.expr() == n.low.umax.expr());
        return n;
    }
    // Whether low halves are followed: only where a rule looks at them.
    static bool& with_low_bits() { return Interval<U>::with_low_bits(); }
    static bool& with_low() {
        static bool is = false;
        return is;
    }
    Number with(U word) const {
        wide.with(word);
        return of(word);
    }
    // What ranges without words of their own are claimed to hold, in the order in which they are asked for.
    static std::vector<z3::expr>& claimed() {
        static std::vector<z3::expr> words;
        return words;
    }
    U word() const {
        if (!wide.has_word && !claimed().empty()) {
            const U w(claimed().front());
            claimed().erase(claimed().begin());
            symbolic::Explorer::now().require(wide.holds(w), "a word is not in its bounds");
            return w;
        }
        if (!wide.has_word) symbolic::Explorer::now().require_unreachable("a range without a word is taken for a number");
        return wide.word;
    }

    static Number constant(U c) {
        Number n;
        n.wide = Interval<U>::constant(c);
        n.low = c.is_symbolic() && !with_low() ? Interval<symbolic::U32>() : Interval<symbolic::U32>::constant(symbolic::U32(c));
        return n;
    }
    static Number range_u(U lo, U hi) {
        Number n;
        n.wide = Interval<U>::range_u(lo, hi);
        return n;
    }
    static Number range_s(S lo, S hi) {
        Number n;
        n.wide = Interval<U>::range_s(lo, hi);
        return n;
    }
    static Number unknown() { return {}; }
    static Number signed_bits(unsigned n) { return range_s(-(std::int64_t{1} << (n - 1)), (std::int64_t{1} << (n - 1)) - 1); }
    static Number unknown_bits(unsigned n) { return n >= 64 ? Number{} : range_u(0, (std::uint64_t{1} << n) - 1); }

    bool is_constant() const { return wide.is_constant(); }
    bool is_bottom() const { return wide.is_bottom(); }
    // Of a range without a word: then the word of the one is the other's, too.
    bool subset_of(const Number& o) const {
        symbolic::Explorer& now = symbolic::Explorer::now();
        if (now.choose(2) == 0) return false;
        now.assume(o.wide.holds(word()));
        return true;
    }
    Number sync() const { return wide.has_word ? of(wide.word) : *this; }
    // Whether all bounds are the same: either may be.
    friend bool operator==(const Number& a, const Number& b) {
        if (a.wide.has_word && b.wide.has_word) symbolic::Explorer::now().require(a.wide.word.expr() == b.wide.word.expr(), "bounds of two words are compared");
        return symbolic::Explorer::now().choose(2) == 0;
    }

    static Number alu64(bpf::AluOp op, const Number& a, const Number& b) { return of(instruction(op, a.word(), b.word())); }
    static Number alu32(bpf::AluOp op, const Number& a, const Number& b) { return of(instruction_of(op, 32, a.word(), b.word())); }
    static U instruction_of(bpf::AluOp op, unsigned width, const U& a, const U& b) {
        if (width == 64) return instruction(op, a, b);
        if (op == bpf::AluOp::arsh) return U(symbolic::U32::any("word"));
        const bool shifts = op == bpf::AluOp::lsh || op == bpf::AluOp::rsh;
        const U x(symbolic::U32{a}), y(shifts && !b.is_symbolic() ? symbolic::U32(b.constant & 31) : symbolic::U32{b});
        return U(symbolic::U32(instruction(op, x, y)));
    }
    static Number zext32(const Number& a) { return of(U(symbolic::U32(a.word()))); }
    static Number truncate(const Number& a, unsigned n) {
        const U w = a.its_word();
        return n >= 64 ? (a.wide.has_word ? a : of(w)) : of(U(z3::mod(w.expr(), symbolic::power(n))));
    }
    // The one word that a proof looks at, of those that a range stands for or that several numbers may be.
    static std::optional<z3::expr>& followed() {
        static std::optional<z3::expr> word;
        return word;
    }
    // That, of a range without a word of its own.
    U its_word() const { return wide.has_word || !followed() ? word() : with(U(*followed())).word(); }
    static Number bottom() { return range_u(1, 0); }
    // Of what either holds the word that is followed, if one does.
    static Number join(const Number& a, const Number& b) {
        if (!a.wide.has_word) return b;
        return of(U(z3::ite(b.word().expr() == *followed(), b.word().expr(), a.word().expr())));
    }
    // Its own word; and maybe others.
    symbolic::Condition contains(U c) const { return symbolic::Condition(word().expr() == c.expr() || symbolic::Explorer::now().fresh_bool("contains")); }
    static Number sign_extend(const Number& a, unsigned from, unsigned width) {
        const U w = a.its_word();
        if (from == 64) return of(w);
        const z3::expr cut = z3::mod(w.expr(), symbolic::power(from));
        return of(U(z3::ite(cut < symbolic::power(from - 1), cut, cut + symbolic::power(width) - symbolic::power(from))));
    }
    // Any order of the bytes; what is used is that it is 0 together with the word.
    static Number byte_swap(const Number& a, unsigned n) {
        const U w = U::any("swapped");
        const z3::expr cut = z3::mod(a.word().expr(), symbolic::power(n));
        symbolic::Explorer::now().assume(w.expr() < symbolic::power(n) && (w.expr() == 0) == (cut == 0));
        return of(w);
    }
    static bpf::Condition negate(bpf::Condition c) { return domain::negated(c); }
    static z3::expr is_true(bpf::Condition c, unsigned width, const z3::expr& x, const z3::expr& y) {
        using bpf::Condition;
        using symbolic::power;
        const z3::expr a = width == 64 ? x : z3::mod(x, power(width)), b = width == 64 ? y : z3::mod(y, power(width));
        const z3::expr s = symbolic::as_signed(a, width), t = symbolic::as_signed(b, width);
        switch (c) {
            case Condition::eq: return a == b;
            case Condition::ne: return a != b;
            case Condition::gt: return a > b;
            case Condition::ge: return a >= b;
            case Condition::lt: return a < b;
            case Condition::le: return a <= b;
            case Condition::sgt: return s > t;
            case Condition::sge: return s >= t;
            case Condition::slt: return s < t;
            case Condition::sle: return s <= t;
            case Condition::set: return symbolic::bits_and(a, b) != 0;
            case Condition::none: break;
        }
        return symbolic::context().bool_val(true);
    }
    // Keeps every pair of words that goes that way: those of this state must.
    static bool refine(bpf::Condition c, bool taken, unsigned width, Number& a, Number& b, symbolic::Here = {}) {
        const U x = a.word(), y = b.word();
        const z3::expr condition = is_true(c, width, x.expr(), y.expr());
        symbolic::Explorer::now().require(taken ? condition : !condition, "refine: by what is true of the words");
        a = of(x);
        b = of(y);
        return true;
    }

    // What RFC 9669's instruction makes, as far as rules look at it: of others any word.
    static U instruction(bpf::AluOp op, const U& a, const U& b) {
        using bpf::AluOp;
        using symbolic::power;
        symbolic::Explorer& now = symbolic::Explorer::now();
        switch (op) {
            case AluOp::add: return a + b;
            case AluOp::sub: return a - b;
            case AluOp::and_: return a & b;
            case AluOp::or_: return a | b;
            case AluOp::mov: return b;
            case AluOp::lsh:
                if (!b.is_symbolic()) return a << (b.constant & 63);
                break;
            case AluOp::rsh:
            case AluOp::div: {
                if (op == AluOp::rsh && !b.is_symbolic()) return a >> (b.constant & 63);
                const U less = U::any("less");
                now.assume(less.expr() <= a.expr());
                return less;
            }
            case AluOp::arsh:
                if (!b.is_symbolic()) return U(symbolic::I64(symbolic::as_signed(a.expr(), 64) / power(b.constant & 63)));
                break;
            case AluOp::mul:
            case AluOp::mod:
            case AluOp::sdiv:
            case AluOp::smod:
            case AluOp::xor_:
            case AluOp::neg:
            case AluOp::none: break;
        }
        return U::any("word");
    }
};

}  // namespace mbpf
