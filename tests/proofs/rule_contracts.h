// SPDX-License-Identifier: Apache-2.0
// What is proved of each rule of verifier/checker/state.cpp, as its callers may count on it. Every symbol stands for one
// word, the same wherever it is named; a state is valid if all that it says of these words is true. A rule that
// only teaches is sound if it teaches what is true: so its callers have to show that.
#pragma once

#include "tests/proofs/shipped_rules.h"

namespace mbpf::proof {

using symbolic::context;
using symbolic::Explorer;
using symbolic::I32;
using symbolic::I64;
using symbolic::U16;
using symbolic::U64;
using z3::expr;
using RealOne = Here (*)();
inline constexpr RealOne kReal = nullptr;

inline Explorer& explorer() { return Explorer::now(); }
inline void require(const expr& e, const char* what) { explorer().require(e, what); }
inline void assume(const expr& e) { explorer().assume(e); }
inline expr whole(std::int64_t n) { return context().int_val(std::to_string(n).c_str()); }
inline expr within(const expr& e, std::int64_t limit) { return e >= whole(-limit) && e <= whole(limit); }

// Bounds on what the rules compute, which keep sums of them from overflowing.
inline constexpr std::int64_t kDelta = std::int64_t{1} << 33, kApart = std::int64_t{1} << 31, kDifference = std::int64_t{1} << 41, kLimit = std::int64_t{1} << 35, kAnyBound = std::int64_t{1} << 45;

// The word that a symbol stands for; symbol 0 is the number 0. The symbols of an invariant are others than a state's, but
// for the packet's length.
inline bool& of_invariant() {
    static bool is = false;
    return is;
}
inline expr word(const Symbol& s) {
    const z3::sort integer = context().int_sort();
    const bool other = of_invariant() && !(s.id == 0 && s.constant == kPacketLength.constant);
    const expr e = z3::function(other ? "invariant_word" : "word", integer, integer)(s.expr());
    assume(U64::in_range(e));
    return e;
}
// The word of a value: of a pointer, its variable part. A range with a symbol: it must hold the symbol's word.
inline expr word(const Value& v) {
    if (v.number.wide.has_word) return v.number.wide.word.expr();
    const expr e = U64::wrapped(word(v.symbol) + v.delta.expr());
    require(v.symbol.expr() != 0 && v.number.wide.holds(U64(e)), "a value's range holds no word");
    return e;
}
inline expr is_valid(const Value& v) { return v.symbol.expr() == 0 || word(v) == U64::wrapped(word(v.symbol) + v.delta.expr()); }
inline expr is_exact(const Value& v) { return word(v) == word(v.symbol) + v.delta.expr(); }

// Where two bounds are asked for, of which one alone has no effect, the second is found if the first is.
inline bool& in_pairs() {
    static bool is = false;
    return is;
}
inline bool& second_of_pair() {
    static bool is = false;
    return is;
}
inline bool State::apart(Symbol a, Symbol b, I64& bound, Here) const {
    if (!second_of_pair() && explorer().choose(2) == 0) return false;
    second_of_pair() = in_pairs() && !second_of_pair();
    bound = I64::any("apart");
    assume(within(bound.expr(), kApart) && word(a) <= word(b) + bound.expr());
    return true;
}
// What is found of a difference is no worse than what the ranges say.
inline expr follows_ranges(const Value& a, const Value& b, const I64& bound) {
    const expr most = a.number.wide.umax.expr() - b.number.wide.umin.expr();
    return !within(most, kFar.constant) || bound.expr() <= most;
}
inline bool State::difference(const Value& a, const Value& b, I64& bound, Here) const {
    require(is_valid(a) && is_valid(b), "difference: of values that are so");
    if (explorer().choose(2) == 0) return false;
    bound = I64::any("difference");
    assume(within(bound.expr(), kDifference) && word(a) <= word(b) + bound.expr() && follows_ranges(a, b, bound));
    return true;
}
template <class Found>
void State::each_limit(Symbol a, Symbol b, Found found, Here) const {
    if (explorer().choose(2) == 0) return;
    const Symbol t = Symbol::any("limit_sum");
    const I64 most = I64::any("limit_most");
    assume(within(most.expr(), kLimit) && word(a) + word(b) <= word(t) + most.expr());
    found(t, most);
}
inline bool State::below_packet_end(const Value& a, I64& bound, Here) const {
    require(is_valid(a), "below_packet_end: of a value that is so");
    if (explorer().choose(2) == 0) return false;
    bound = I64::any("below_end");
    assume(within(bound.expr(), 2 * kDifference) && word(a) <= word(kPacketLength) + bound.expr());
    return true;
}
// Any of a full list, which its loop sees to: what goes is true, too.
inline unsigned least_needed(const State&, Here) { return explorer().choose(kMaxDifferences); }
inline bool State::sum_most(const Value& a, const Value& b, const Value& c, I64& bound, Here) const {
    require(is_valid(a) && is_valid(b) && is_valid(c), "sum_most: of values that are so");
    if (explorer().choose(2) == 0) return false;
    bound = I64::any("sum_most");
    assume(within(bound.expr(), kAnyBound) && word(a) + word(b) - word(c) <= bound.expr());
    return true;
}
inline void State::learn(Symbol a, Symbol b, I64 bound, Here) {
    const expr ignored = a.expr() == 0 || b.expr() == 0 || a.expr() == b.expr() || !within(bound.expr(), kMaxOffset.constant);
    require(ignored || word(a) <= word(b) + bound.expr(), "learn: what is true");
}
inline void State::learn_limit(Symbol a, Symbol b, Symbol c, I64 bound, Here) {
    const expr ignored = a.expr() == 0 || b.expr() == 0 || a.expr() == c.expr() || b.expr() == c.expr() || !within(bound.expr(), kMaxOffset.constant);
    require(ignored || word(a) + word(b) <= word(c) + bound.expr(), "learn_limit: what is true");
}
inline bool State::narrow(Symbol symbol, I64 delta, const Number& now, Here) {
    require(symbol.expr() != 0 && within(delta.expr(), kDelta), "narrow: a symbol, moved not too far");
    now.with(U64(U64::wrapped(word(symbol) + delta.expr())));
    return true;  // this state is possible
}
inline void State::bounds_of(Symbol s, I64& least, I64& most, Here) const {
    least = I64::any("least");
    most = I64::any("most");
    assume(within(least.expr(), kDifference) && within(most.expr(), kDifference) && least.expr() <= word(s) && (most.expr() >= kFar.expr() || word(s) <= most.expr()));
}
inline U64 State::below(Symbol a, Symbol b, I64 bound, Here) {
    require(a.expr() != 0 && within(bound.expr(), kAnyBound) && word(a) <= word(b) + bound.expr(), "below: what is true");
    const U64 most = U64::any("below");
    assume(word(a) <= most.expr());
    return most;
}
// The addend that `b` tells of: its word less delta.
inline void require_bound_sum(const State::Sum& s, bool is_exact, const Number& b, const I64& delta) {
    const expr left = word(s.a) + s.delta.expr() + b.word().expr() - delta.expr();
    require(s.a.expr() != 0 && within(delta.expr(), kDelta) && (is_exact ? left == word(s.sum) : left <= word(s.sum)), "bound_sum: what is true");
}
inline void State::bound_sum(const Sum& s, bool is_exact, const Number& b, I64 delta, Here) { require_bound_sum(s, is_exact, b, delta); }
inline void State::note_sum(const Value& sum, const Value& a, const Value& b, Here) {
    require(is_valid(sum) && is_valid(a) && is_valid(b) && word(sum) == word(a) + word(b), "note_sum: what is true");
}
inline void State::learn_sum(Value& sum, const Value& a, const Value& b, Here) {
    require(is_valid(a) && is_valid(b) && word(sum) == word(a) + word(b), "learn_sum: a sum that does not wrap");
    require(sum.symbol.expr() != 0 && sum.delta.expr() == 0 && is_valid(sum), "learn_sum: of a new name");
    require(a.symbol.expr() != 0 && is_exact(a), "learn_sum: of a name to which an integer is added");
    sum.number = Number::of(U64(word(sum)));
}
inline void State::learn_parts(const Value& sum, const Value& a, const Value& b, Here) {
    require(is_valid(sum) && is_valid(a) && word(sum) == word(a) + word(b), "learn_parts: a sum that does not wrap");
    require(b.symbol.expr() != 0 && b.delta.expr() == 0 && is_valid(b), "learn_parts: the second has a new name");
}
inline bool State::refine(const Value& like, const Number& now, Here) {
    require(is_valid(like), "refine: of a value that is so");
    now.with(U64(word(like)));
    return true;
}
inline void State::learn_zero(const Value& a, const Value& b, Here) {
    const expr zero = whole(0);
    require(is_valid(a) && is_valid(b) && (word(a) == zero) == (word(b) == zero) && word(a) < symbolic::power(32) && word(b) < symbolic::power(32), "learn_zero: what is true");
}
// A new name stands for the word of what is named. There may be no more.
inline Symbol State::name(Value& v, Here) {
    if (v.symbol == 0 && explorer().choose(2) == 0) {
        v.symbol = Symbol::any("named");
        v.delta = 0;
        assume(v.symbol.expr() != 0 && word(v.symbol) == word(v));
    }
    return v.symbol;
}

// How many bits of a word are 1.
inline expr ones_of(const expr& w) {
    const z3::sort integer = context().int_sort();
    const expr e = z3::function("ones", integer, integer)(w);
    assume(e >= 0 && e <= 64);
    return e;
}
// Of words whose bits are known in part: proved of bits by themselves.
inline void assume_ones(const Number& n) {
    const expr v = n.wide.value.expr(), w = n.word().expr();
    assume(ones_of(v) <= ones_of(w) && ones_of(w) <= ones_of(symbolic::bits_or(v, n.wide.mask.expr())));
}

// Symbolic inputs, shown with a counterexample.

inline Symbol any_symbol(const char* name) {
    const Symbol s = Symbol::any(name);
    explorer().show(name, s.expr());
    return s;
}
inline I64 any_integer(const char* name, std::int64_t limit) {
    const I64 i = I64::any(name);
    assume(within(i.expr(), limit));
    explorer().show(name, i.expr());
    return i;
}
// Whether values are known by what they leave when divided, too: the modulus itself is looked at nowhere.
inline bool& may_be_congruent() {
    static bool is = false;
    return is;
}
// Any value of any word that a valid state may hold: a number, or, alike, a pointer's variable part.
inline Value any_value(const char* name) {
    const U64 w = U64::any(name);
    explorer().show(name, w.expr());
    Value v = Value::of(Number::of(w));
    v.symbol = Symbol::any("symbol");
    v.delta = I32::any("delta");
    assume(within(v.delta.expr(), kMaxDelta.constant) && is_valid(v));
    v.modulus = may_be_congruent() ? 8 * explorer().choose(2) : 0;
    if (v.modulus != 0) {
        v.remainder = I32::any("remainder");
        assume(v.remainder.expr() >= 0 && v.remainder.expr() < 8 && symbolic::leaves(w.expr(), 8, v.remainder.expr()));
    }
    explorer().show(std::string(name) + "'s symbol", v.symbol.expr());
    explorer().show(std::string(name) + "'s delta", v.delta.expr());
    explorer().show(std::string(name) + "'s least", v.number.wide.umin.expr());
    explorer().show(std::string(name) + "'s most", v.number.wide.umax.expr());
    return v;
}
inline expr is_true(const Difference& d) { return d.a.expr() != 0 && d.b.expr() != 0 && within(d.bound.expr(), kMaxOffset.constant) && word(d.a) <= word(d.b) + d.bound.expr(); }
inline expr is_true(const State::Sum& s, bool equal) {
    const expr left = word(s.a) + s.delta.expr() + word(s.b);
    return s.a.expr() == 0 || (s.b.expr() != 0 && within(s.delta.expr(), kMaxDelta.constant) && (equal ? left == word(s.sum) : left <= word(s.sum)));
}
inline expr is_true(const State::Pair& p) {
    const expr zero = whole(0);
    return (p.a.expr() == 0 && p.b.expr() == 0) || (p.a.expr() != 0 && p.b.expr() != 0 && (word(p.a) == zero) == (word(p.b) == zero) && word(p.a) < symbolic::power(32) && word(p.b) < symbolic::power(32));
}
inline Difference any_difference() {
    const Difference d{Symbol::any("difference_a"), Symbol::any("difference_b"), I32::any("difference_bound")};
    assume(is_true(d));
    explorer().show("difference", d.bound.expr());
    return d;
}
inline State::Sum any_sum(bool equal) {
    const State::Sum s{Symbol::any("sum"), Symbol::any("sum_a"), Symbol::any("sum_b"), I32::any("sum_delta")};
    assume(s.a.expr() != 0 && is_true(s, equal));
    explorer().show(equal ? "sum's delta" : "limit's delta", s.delta.expr());
    return s;
}

// What is said of a number by an origin: it has some of the bits of that word, less so many; or is the word shifted, and
// no bit was lost.
inline expr origin_word(const Value& v) { return U64::wrapped(word(v.origin) + v.origin_delta.expr()); }
inline expr origin_holds(const Value& v) {
    const expr w = origin_word(v), n = word(v);
    if (v.shift == 0) return v.origin.expr() == 0 || ones_of(n) + whole(v.bits_lost) <= ones_of(w);
    const unsigned k = v.shift & 63;
    const expr by = symbolic::power(k), s = symbolic::as_signed(w, 64);
    expr holds = context().bool_val(true);
    if ((v.shift & 0x40) != 0) holds = holds && n == w * by;
    if ((v.shift & 0x80) != 0) holds = holds && symbolic::as_signed(n, 64) == s * by;
    return v.origin.expr() == 0 || holds;
}
inline void require_result(const Value& r, const expr& made) {
    require(word(r) == made && r.number.wide.holds(U64(made)), "the result is the instruction's");
    require(is_valid(r), "the result is its symbol's word");
    require(origin_holds(r), "the result has an origin");
    if (r.modulus != 0) require(symbolic::leaves(made, r.modulus, r.remainder.expr()), "the result leaves its remainder");
}


// All that the state says is true.
inline void require_valid(const State& s) {
    for (unsigned i = 0; i < s.difference_count; ++i) require(is_true(s.differences[i]), "a difference is true");
    for (unsigned i = 0; i < kMaxSums; ++i) require(is_true(s.sums[i], i < kExactSums), "a sum is true");
    for (const State::Pair& p : s.zeros) require(is_true(p), "a pair is 0 only together");
    for (unsigned i = 0; i < s.value_count(); ++i) {
        const Value& v = s.at(i);
        if (v.is_number() || v.kind == ValueKind::pointer) require(v.number.wide.holds(U64(word(v))) && is_valid(v), "a value is what is said of it");
    }
    require(s.packet_bytes.expr() <= word(kPacketLength), "the packet has its bytes");
}

// A proof, along all paths, of a state in which nothing is known yet.
template <class Body>
symbolic::Report along_all_paths(Body body) {
    return explorer().explore([&] {
        of_invariant() = in_pairs() = second_of_pair() = may_be_congruent() = Number::with_low() = Number::with_low_bits() = false;
        Number::followed().reset();
        Interval<U64>::made() = nullptr;
        assume(word(Symbol(0)) == 0 && word(kPacketLength) <= whole(1 << 29));
        State s(nullptr, 0);
        s.longest_packet = 1 << 29;
        body(s);
    });
}
using Proof = void (*)(State&);

}  // namespace mbpf::proof

#include "tests/proofs/proof_rules.h"
