// SPDX-License-Identifier: Apache-2.0
// The rules between words of verifier/checker/state.cpp, from the source that ships: for all valid states and all words,
// what they find is true and what they write down keeps the state valid; and none of their sums overflows. Integers have
// their full width.
//
// A state holds here as many values and relations as a rule looks at for one thing it finds or does. More change nothing:
// what is found is the least of what such few give, each of them true; a loop over values or relations reads one at a
// time, and leaves the state valid for the next.
#include "tests/proofs/shipped_rules.h"

namespace mbpf::proof {
namespace {

void some_differences(State& s, unsigned count) {
    for (unsigned i = 0; i < count; ++i) s.differences[i] = any_difference();
    s.difference_count = static_cast<uint8_t>(count);
}
// One exact sum, or one limit.
void one_sum(State& s) {
    const bool equal = explorer().choose(2) == 0;
    s.sums[equal ? 0 : kExactSums] = any_sum(equal);
}
// Some value that a state holds: a number, or a pointer, or one of a class of pointers, whose symbol is no word's.
void some_value(State& s) {
    Value& v = s.regs[0] = any_value("held");
    v.modulus = explorer().choose(2) == 0 ? 0 : 8;
    assume(v.modulus == 0 || symbolic::leaves(word(v), 8, v.remainder.expr()));
    const ValueKind kinds[] = {ValueKind::number, ValueKind::pointer, ValueKind::pointer_or_null};
    v.kind = kinds[explorer().choose(3)];
}
// A value whose word is a sum's, and one whose word is the other's: over the integers.
Value any_sum_of(const Value& a, const Value& b) {
    const Value sum = any_value("sum_value");
    assume(word(sum) == word(a) + word(b));
    return sum;
}
// A value that has just been given a name, or had none to give.
Value any_named(const char* name) {
    Value v = Value::of(Number::of(U64::any(name)));
    v.symbol = Symbol::any("name");
    assume(v.symbol.expr() != 0 && is_valid(v));
    return v;
}

// Whatever it finds is one difference or the sum of two.
void proof_apart(State& s) {
    some_differences(s, explorer().choose(3));
    const Symbol a = any_symbol("a"), b = any_symbol("b");
    I64 bound = 0;
    if (s.apart(a, b, bound, kReal)) require(word(a) <= word(b) + bound.expr() && within(bound.expr(), kApart), "apart");
}
void proof_difference(State& s) {
    const Value a = any_value("a"), b = any_value("b");
    I64 bound = 0;
    if (s.difference(a, b, bound, kReal)) require(word(a) <= word(b) + bound.expr() && within(bound.expr(), kDifference) && follows_ranges(a, b, bound), "difference");
}
void claim_limit(const Symbol& a, const Symbol& b, const Symbol& t, const I64& most) {
    require(word(a) + word(b) <= word(t) + most.expr() && within(most.expr(), kLimit), "each_limit");
    throw symbolic::Done{};
}
// Each limit found comes from one sum, or from it and two exact ones, which may be the same.
void proof_limit_of_a_sum(State& s) {
    one_sum(s);
    in_pairs() = true;
    const Symbol a = any_symbol("a"), b = any_symbol("b");
    s.each_limit(a, b, [&](Symbol t, I64 most) { claim_limit(a, b, t, most); }, kReal);
}
// Where a sum is another's addend, its name need not be one of those asked for: another of the same word would do, since
// only its word is looked at.
void proof_limit_of_what_is_moved(State& s) {
    const Symbol a = any_symbol("a"), b = any_symbol("b");
    in_pairs() = true;
    const bool one = explorer().choose(2) == 0;
    s.sums[0] = any_sum(true);
    if (!one) {
        s.sums[1] = any_sum(true);
        assume(s.sums[0].sum.expr() != a.expr() && s.sums[0].sum.expr() != b.expr());
    }
    if (explorer().choose(2) == 0) s.sums[kExactSums] = any_sum(false);
    s.each_limit(a, b, [&](Symbol t, I64 most) { claim_limit(a, b, t, most); }, kReal);
}
void proof_sum_most(State& s) {
    const Value a = any_value("a"), b = any_value("b"), c = any_value("c");
    I64 bound = 0;
    if (s.sum_most(a, b, c, bound, kReal)) require(word(a) + word(b) - word(c) <= bound.expr() && within(bound.expr(), kAnyBound), "sum_most");
}
// Each bound comes from one difference and the first value of its symbol.
void proof_below_packet_end(State& s) {
    some_differences(s, 1);
    some_value(s);
    s.packet_bytes = I32::any("packet_bytes");
    assume(s.packet_bytes.expr() >= 0 && s.packet_bytes.expr() <= word(kPacketLength));
    const Value a = any_value("a");
    I64 bound = 0;
    if (s.below_packet_end(a, bound, kReal)) require(word(a) <= word(kPacketLength) + bound.expr() && within(bound.expr(), 2 * kDifference), "below_packet_end");
}
void proof_bounds_of(State& s) {
    some_value(s);
    const Symbol symbol = any_symbol("symbol");
    I64 least = 0, most = 0;
    s.bounds_of(symbol, least, most, kReal);
    require(within(least.expr(), kDifference) && within(most.expr(), kDifference) && least.expr() <= word(symbol) && (most.expr() >= kFar.expr() || word(symbol) <= most.expr()), "bounds_of");
}

void proof_learn(State& s) {
    one_sum(s);
    // None, some, or as many as there is room for: those of one pair of symbols, since the first that fits is changed.
    const unsigned counts[] = {0, 1, 2, kMaxDifferences}, count = counts[explorer().choose(4)];
    some_differences(s, count < 2 ? count : 2);
    for (unsigned i = 2; i < count; ++i) s.differences[i] = s.differences[i % 2];
    s.difference_count = static_cast<uint8_t>(count);
    const Symbol a = any_symbol("a"), b = any_symbol("b");
    const I64 bound = I64::any("bound");
    assume(a.expr() == 0 || b.expr() == 0 || word(a) <= word(b) + bound.expr());
    s.learn(a, b, bound, kReal);
    require_valid(s);
}
void proof_learn_limit(State& s) {
    const unsigned count = explorer().choose(3), all = count == 2 ? kMaxSums - kExactSums : count;
    for (unsigned i = 0; i < all; ++i) s.sums[kExactSums + i] = i < 2 ? any_sum(false) : s.sums[kExactSums + i % 2];
    const Symbol a = any_symbol("a"), b = any_symbol("b"), c = any_symbol("c");
    const I64 bound = I64::any("bound");
    assume(a.expr() == 0 || b.expr() == 0 || word(a) + word(b) <= word(c) + bound.expr());
    s.learn_limit(a, b, c, bound, kReal);
    require_valid(s);
}
void proof_note_sum(State& s) {
    for (unsigned i = 0; i < kExactSums; ++i) s.sums[i] = any_sum(true);
    const Value a = any_value("a"), b = any_value("b"), sum = any_sum_of(a, b);
    s.note_sum(sum, a, b, kReal);
    require_valid(s);
}
void proof_bound_sum(State& s) {
    const bool is_exact = explorer().choose(2) == 0;
    const State::Sum sum{any_symbol("sum"), any_symbol("a"), any_symbol("b"), I32::any("delta")};
    const I64 delta = any_integer("moved", kMaxDelta.constant);
    const Number b = any_value("addend").number;
    const expr left = word(sum.a) + sum.delta.expr() + b.word().expr() - delta.expr();
    assume(sum.a.expr() != 0 && (is_exact ? left == word(sum.sum) : left <= word(sum.sum)));
    s.bound_sum(sum, is_exact, b, delta, kReal);
}
void proof_below(State& s) {
    const Symbol a = any_symbol("a"), b = any_symbol("b");
    const I64 bound = any_integer("bound", kAnyBound);
    assume(a.expr() != 0 && word(a) <= word(b) + bound.expr());
    require(word(a) <= s.below(a, b, bound, kReal).expr(), "below");
}
void proof_learn_sum(State& s) {
    const Value a = any_value("a"), b = any_value("b");
    Value sum = any_named("sum");
    assume(word(sum) == word(a) + word(b) && a.symbol.expr() != 0 && is_exact(a));
    s.learn_sum(sum, a, b, kReal);
    require(is_valid(sum) && sum.number.wide.holds(U64(word(sum.symbol))), "the sum is still what it was");
}
void proof_learn_parts(State& s) {
    const Value a = any_value("a"), b = any_named("rest"), sum = any_sum_of(a, b);
    s.learn_parts(sum, a, b, kReal);
}
void proof_settle(State& s) {
    one_sum(s);
    s.settle();
    require_valid(s);
}
void proof_learn_zero(State& s) {
    for (State::Pair& p : s.zeros) {
        p = {Symbol::any("pair_a"), Symbol::any("pair_b")};
        assume(is_true(p));
    }
    const Value a = any_value("a"), b = any_value("b");
    assume((word(a) == 0) == (word(b) == 0) && word(a) < symbolic::power(32) && word(b) < symbolic::power(32));
    s.learn_zero(a, b, kReal);
    require_valid(s);
}

// With room to remember what was, or without.
void maybe_undo(State& s, Undo& log) {
    if (explorer().choose(2) == 0) return;
    s.begin_undo(log);
    if (explorer().choose(2) == 0) log.count = Undo::kRoom;
}
void proof_narrow(State& s) {
    Undo log;
    maybe_undo(s, log);
    some_value(s);
    const expr before = word(s.regs[0]);
    const Symbol symbol = any_symbol("symbol");
    const I64 delta = any_integer("delta", kDelta);
    assume(symbol.expr() != 0);
    const Number now = Number::of(U64(U64::wrapped(word(symbol) + delta.expr())));
    require(context().bool_val(s.narrow(symbol, delta, now, kReal)), "this state is possible");
    require(word(s.regs[0]) == before, "a value keeps its word");
    require_valid(s);
}
void proof_refine(State& s) {
    some_differences(s, explorer().choose(2));
    if (explorer().choose(2) == 0) one_sum(s);
    else {
        s.zeros[0] = {Symbol::any("pair_a"), Symbol::any("pair_b")};
        assume(is_true(s.zeros[0]));
    }
    s.packet_bytes = I32::any("packet_bytes");
    assume(s.packet_bytes.expr() >= 0 && s.packet_bytes.expr() <= word(kPacketLength));
    const Value like = any_value("like");
    const Number now = Number::of(U64(word(like)));
    require(context().bool_val(s.refine(like, now, kReal)), "this state is possible");
    require_valid(s);
}
void proof_variable_part(State&) {
    const Value v = any_value("value");
    const I64 move = any_integer("move", 2 * kMaxOffset.constant);
    const Value part = variable_part(v, move);
    require(is_valid(part) && word(part) == U64::wrapped(word(v) + move.expr()), "variable_part");
}

MBPF_RULES(Rules, find_what_is_true, {"apart", proof_apart}, {"difference", proof_difference}, {"each_limit, of a sum", proof_limit_of_a_sum}, {"each_limit, of what is moved", proof_limit_of_what_is_moved}, {"sum_most", proof_sum_most},
           {"below_packet_end", proof_below_packet_end}, {"bounds_of", proof_bounds_of}, {"variable_part", proof_variable_part})
MBPF_RULES(Rules, keep_a_valid_state_valid, {"learn", proof_learn}, {"learn_limit", proof_learn_limit}, {"note_sum", proof_note_sum}, {"bound_sum", proof_bound_sum}, {"below", proof_below}, {"learn_sum", proof_learn_sum}, {"learn_parts", proof_learn_parts},
           {"settle", proof_settle}, {"learn_zero", proof_learn_zero}, {"narrow", proof_narrow}, {"refine", proof_refine})

}  // namespace
}  // namespace mbpf::proof
