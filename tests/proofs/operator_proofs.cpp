// SPDX-License-Identifier: Apache-2.0
// For all inputs: if the words are in the operands, the word that RFC 9669's instruction makes of them is in the
// result. The operators are the templates that ship, run on symbolic words; what instructions do is written here
// anew. Where the full width takes too long, the widest that does not is proved, and the table says which.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <functional>
#include <string>

#include "tests/proofs/symbolic_word.h"
#include "verifier/domain/halves.h"
#include "verifier/domain/relation.h"

namespace mbpf {
namespace {

using bpf::AluOp;
using bpf::Condition;
using domain::Symbolic;
using domain::SymbolicBool;
using z3::expr;

constexpr unsigned kMilliseconds = 120'000;  // for one query

expr constant(const char* name, unsigned bits) { return domain::solver_context().bv_const(name, bits); }
expr number(std::uint64_t c, unsigned bits) { return domain::solver_context().bv_val(c, bits); }

template <unsigned N>
Symbolic<N> word(const char* name) {
    return Symbolic<N>(constant(name, N));
}
template <unsigned N>
Interval<Symbolic<N>> interval(const std::string& name) {
    using S = domain::SymbolicSigned<N>;
    return {word<N>((name + ".value").c_str()), word<N>((name + ".mask").c_str()), word<N>((name + ".umin").c_str()), word<N>((name + ".umax").c_str()), S(constant((name + ".smin").c_str(), N)), S(constant((name + ".smax").c_str(), N))};
}

// Whether the premises allow a word that breaks one part of the claim; each part by itself is easier.
z3::check_result counterexample(const std::vector<expr>& premises, const std::vector<expr>& parts) {
    for (const expr& part : parts) {
        z3::solver solver(domain::solver_context(), "QF_BV");
        solver.set("timeout", kMilliseconds);
        for (const expr& p : premises) solver.add(p);
        solver.add(!part);
        const z3::check_result result = solver.check();
        if (result != z3::unsat) return result;
    }
    return z3::unsat;
}
template <unsigned N>
std::vector<expr> parts_of(const Interval<Symbolic<N>>& i, const Symbolic<N>& w) {
    const domain::SymbolicSigned<N> s(w);
    return {(Symbolic<N>(w & ~i.mask) == i.value).e, (i.umin <= w).e, (w <= i.umax).e, (i.smin <= s).e, (s <= i.smax).e};
}

class Proof {
  public:
    Proof(std::string name, unsigned bits) : name_(std::move(name)), bits_(bits), begin_(std::chrono::steady_clock::now()) {}
    void holds(const std::vector<expr>& premises, const std::vector<expr>& parts) {
        const z3::check_result result = counterexample(premises, parts);
        EXPECT_EQ(result, z3::unsat) << name_ << " at " << bits_ << " bits: " << (result == z3::sat ? "a counterexample exists" : "not decided in time");
        const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
        std::printf("%-34s %2u bits %8.2f s\n", name_.c_str(), bits_, seconds);
        std::fflush(stdout);
    }

  private:
    std::string name_;
    unsigned bits_;
    std::chrono::steady_clock::time_point begin_;
};

const char* name_of(AluOp op) {
    switch (op) {
        case AluOp::add: return "add";
        case AluOp::sub: return "sub";
        case AluOp::mul: return "mul";
        case AluOp::div: return "div";
        case AluOp::sdiv: return "sdiv";
        case AluOp::mod: return "mod";
        case AluOp::smod: return "smod";
        case AluOp::and_: return "and";
        case AluOp::or_: return "or";
        case AluOp::xor_: return "xor";
        case AluOp::lsh: return "lsh";
        case AluOp::rsh: return "rsh";
        case AluOp::arsh: return "arsh";
        case AluOp::neg: return "neg";
        case AluOp::mov: return "mov";
        case AluOp::none: return "none";
    }
    return "";
}

// RFC 9669, 4.1: modulo 2^bits; x / 0 = 0, x % 0 = x; the least number by -1 is itself, remainder 0; shift amounts
// are masked.
expr instruction(AluOp op, const expr& a, const expr& b) {
    const unsigned n = a.get_sort().bv_size();
    const expr zero = number(0, n), amount = b & number(n - 1, n);
    switch (op) {
        case AluOp::add: return a + b;
        case AluOp::sub: return a - b;
        case AluOp::mul: return a * b;
        case AluOp::div: return z3::ite(b == zero, zero, z3::udiv(a, b));
        case AluOp::mod: return z3::ite(b == zero, a, z3::urem(a, b));
        case AluOp::sdiv: return z3::ite(b == zero, zero, a / b);  // bvsdiv wraps at the least number by -1
        case AluOp::smod: return z3::ite(b == zero, a, z3::srem(a, b));
        case AluOp::and_: return a & b;
        case AluOp::or_: return a | b;
        case AluOp::xor_: return a ^ b;
        case AluOp::lsh: return z3::shl(a, amount);
        case AluOp::rsh: return z3::lshr(a, amount);
        case AluOp::arsh: return z3::ashr(a, amount);
        case AluOp::neg: return zero - a;
        case AluOp::mov: return b;
        case AluOp::none: return a;
    }
    return a;
}

template <unsigned N>
struct Given {
    Interval<Symbolic<N>> a = interval<N>("a"), b = interval<N>("b");
    Symbolic<N> x = word<N>("x"), y = word<N>("y");
    std::vector<expr> premises = {domain::contains(a, x).e, domain::contains(b, y).e};
};

template <unsigned N>
void prove_alu(AluOp op) {
    const Given<N> g;
    Proof(name_of(op), N).holds(g.premises, parts_of(domain::transfer(op, g.a, g.b), Symbolic<N>(instruction(op, g.x.e, g.y.e))));
}
template <unsigned N>
void prove_concrete(AluOp op) {
    const Symbolic<N> x = word<N>("x"), y = word<N>("y");
    Proof(std::string(name_of(op)) + " of constants", N).holds({}, {domain::concrete(op, x, y).e == instruction(op, x.e, y.e)});
}

constexpr AluOp kPlain[] = {AluOp::add, AluOp::sub, AluOp::neg, AluOp::and_, AluOp::or_, AluOp::xor_, AluOp::lsh, AluOp::rsh, AluOp::arsh, AluOp::mov};

TEST(Arithmetic, contains_what_the_instruction_makes) {
    for (AluOp op : kPlain) {
        prove_alu<64>(op);
        prove_alu<32>(op);
    }
}
TEST(Arithmetic, of_products_and_quotients_at_less_than_full_width) {
    prove_alu<8>(AluOp::mul);
    prove_alu<10>(AluOp::mod);
    prove_alu<12>(AluOp::div);
    prove_alu<12>(AluOp::sdiv);
    prove_alu<12>(AluOp::smod);
}
TEST(Arithmetic, of_constants_is_the_instruction) {
    for (AluOp op : kPlain) prove_concrete<64>(op), prove_concrete<32>(op);
    prove_concrete<64>(AluOp::mul), prove_concrete<32>(AluOp::mul);
    for (AluOp op : {AluOp::div, AluOp::mod, AluOp::sdiv, AluOp::smod}) prove_concrete<12>(op);
}

// One step of the product keeps: total holds what was added so far, and what is left to add is unchanged. Steps until
// no bit is left make the product, by induction.
template <unsigned N>
void prove_product_step() {
    using W = Symbolic<N>;
    const auto known = [](const W& value, const W& mask, const W& w) { return (W(w & ~mask) == value).e; };
    const domain::Product<W> p{word<N>("tv"), word<N>("tm"), word<N>("rv"), word<N>("rm"), word<N>("dv"), word<N>("dm")};
    const W t = word<N>("t"), r = word<N>("r"), d = word<N>("d");
    const domain::Product<W> next = domain::mul_step(p);
    const W added = domain::pick(W(r & W(1)) != W(0), W(t + d), t), multiplier = W(r >> W(1)), multiplicand = W(d << W(1));
    Proof("mul, bits: a step", N).holds({known(p.total_value, p.total_mask, t), known(p.multiplier_value, p.multiplier_mask, r), known(p.multiplicand_value, p.multiplicand_mask, d)},
                                        {known(next.total_value, next.total_mask, added), known(next.multiplier_value, next.multiplier_mask, multiplier), known(next.multiplicand_value, next.multiplicand_mask, multiplicand)});
}
TEST(Arithmetic, a_step_of_the_product_keeps_its_invariant) {
    prove_product_step<64>();
    prove_product_step<32>();
    const expr t = constant("t", 8), r = constant("r", 8), d = constant("d", 8), one = number(1, 8), zero = number(0, 8);
    const expr added = z3::ite((r & one) != zero, t + d, t);
    Proof("mul, bits: what is left to add", 8).holds({}, {added + z3::lshr(r, one) * z3::shl(d, one) == t + r * d});
}

expr extended(const expr& x, unsigned from) {
    const unsigned n = x.get_sort().bv_size();
    return from == n ? x : z3::sext(x.extract(from - 1, 0), n - from);
}
template <unsigned N>
void prove_conversions() {
    using W = Symbolic<N>;
    const Given<N> g;
    for (unsigned from = 8; from < N; from *= 2) {
        Proof("sign extension of " + std::to_string(from), N).holds(g.premises, parts_of(domain::sign_extend(g.a, from), W(extended(g.x.e, from))));
        Proof("truncation to " + std::to_string(from), N).holds(g.premises, parts_of(domain::truncate(g.a, from), W(z3::zext(g.x.e.extract(from - 1, 0), N - from))));
    }
    for (unsigned bits = 16; bits <= N; bits *= 2) {
        expr swapped = g.x.e.extract(7, 0);
        for (unsigned i = 8; i < bits; i += 8) swapped = z3::concat(swapped, g.x.e.extract(i + 7, i));
        if (bits < N) swapped = z3::zext(swapped, N - bits);
        Proof("byte swap of " + std::to_string(bits), N).holds(g.premises, parts_of(domain::byte_swap(g.a, bits), W(swapped)));
    }
}
TEST(Conversions, contain_what_the_instruction_makes) {
    prove_conversions<64>();
    prove_conversions<32>();
}

expr holds(Condition c, const expr& a, const expr& b) {
    switch (c) {
        case Condition::eq: return a == b;
        case Condition::ne: return a != b;
        case Condition::gt: return z3::ugt(a, b);
        case Condition::ge: return z3::uge(a, b);
        case Condition::lt: return z3::ult(a, b);
        case Condition::le: return z3::ule(a, b);
        case Condition::sgt: return a > b;
        case Condition::sge: return a >= b;
        case Condition::slt: return a < b;
        case Condition::sle: return a <= b;
        case Condition::set: return (a & b) != number(0, a.get_sort().bv_size());
        case Condition::none: break;
    }
    return domain::solver_context().bool_val(true);
}
template <unsigned N>
void prove_refinement(Condition c, bool taken, const char* name) {
    const Given<N> g;
    std::vector<expr> premises = g.premises;
    premises.push_back(taken ? holds(c, g.x.e, g.y.e) : !holds(c, g.x.e, g.y.e));
    const auto r = domain::where(c, taken, domain::Operands<Symbolic<N>>{g.a, g.b});
    std::vector<expr> parts = parts_of(r.a, g.x);
    for (const expr& p : parts_of(r.b, g.y)) parts.push_back(p);
    Proof(std::string("branch ") + name + (taken ? ", taken" : ", not taken"), N).holds(premises, parts);
}
TEST(Branches, keep_every_pair_that_goes_that_way) {
    constexpr std::pair<Condition, const char*> kAll[] = {{Condition::eq, "=="}, {Condition::ne, "!="}, {Condition::gt, ">"}, {Condition::ge, ">="}, {Condition::lt, "<"}, {Condition::le, "<="}, {Condition::sgt, "s>"}, {Condition::sge, "s>="}, {Condition::slt, "s<"}, {Condition::sle, "s<="}, {Condition::set, "&"}};
    for (const auto& [c, name] : kAll)
        for (bool taken : {true, false}) {
            prove_refinement<64>(c, taken, name);
            prove_refinement<32>(c, taken, name);
        }
}

TEST(Branches, are_the_same_condition_turned_round_and_its_opposite_negated) {
    constexpr unsigned N = 64;
    const Given<N> g;
    for (Condition c : {Condition::eq, Condition::ne, Condition::gt, Condition::ge, Condition::lt, Condition::le, Condition::sgt, Condition::sge, Condition::slt, Condition::sle, Condition::set}) {
        std::vector<expr> parts{holds(c, g.x.e, g.y.e) == holds(domain::mirrored(c), g.y.e, g.x.e)};
        if (c != Condition::set) parts.push_back(holds(c, g.x.e, g.y.e) == !holds(domain::negated(c), g.x.e, g.y.e));
        Proof("condition " + std::to_string(static_cast<unsigned>(c)) + " turned round and negated", N).holds({}, parts);
    }
}

// Sums of words and integers, in two bits more.
template <unsigned N>
void prove_relations() {
    using W = Symbolic<N>;
    const Given<N> g;
    const W d = word<N>("d"), e = word<N>("e");
    const auto plain = [](const expr& w) { return z3::zext(w, 2); };
    const auto with_sign = [](const expr& w) { return z3::sext(w, 2); };
    const expr in_a = g.premises[0], a_exact = domain::exact_sum(g.a, d).e;
    Proof("word as another plus delta", N).holds({in_a, a_exact}, {plain(g.x.e) == plain((g.x - d).e) + with_sign(d.e)});
    Proof("signed word as another plus delta", N).holds({in_a, domain::exact_signed_sum(g.a, d).e}, {with_sign(g.x.e) == with_sign((g.x - d).e) + with_sign(d.e)});
    std::vector<expr> both = g.premises;
    both.push_back(domain::sums_fit(g.a, g.b).e);
    Proof("sums that do not wrap", N).holds(both, {plain((g.x + g.y).e) == plain(g.x.e) + plain(g.y.e)});
    // x <= y, where x = a + d and y = b + e over the integers, as shown above, is a <= b + e - d.
    const expr p = plain(constant("p", N)), q = plain(constant("q", N)), left = p + with_sign(d.e), right = q + with_sign(e.e);
    Proof("order of the words behind", N).holds({plain(g.x.e) == left, plain(g.y.e) == right, z3::ule(g.x.e, g.y.e)}, {p <= q + with_sign(e.e) - with_sign(d.e)});
    std::vector<expr> cut, cut_signed;
    for (unsigned bits = 1; bits < N; ++bits) {
        const W k(static_cast<int>(N - bits));
        cut.push_back(z3::implies(domain::fits_unsigned(g.a, bits).e, ((g.x << k) >> k).e == g.x.e));
        cut_signed.push_back(z3::implies(domain::fits_signed(g.a, bits).e, (domain::SymbolicSigned<N>(g.x << k) >> k).e == g.x.e));
    }
    Proof("cut and extended with zeros", N).holds({in_a}, cut);
    Proof("cut and extended with its sign", N).holds({in_a}, cut_signed);
}
TEST(Relations, say_of_words_what_holds_of_integers) {
    prove_relations<64>();
    prove_relations<32>();
    // A word and its bytes in another order are 0 together; x & (x - 1) has one bit less than x.
    for (unsigned bits : {16u, 32u}) {
        const expr x = constant("w", bits);
        expr swapped = x.extract(7, 0);
        for (unsigned i = 8; i < bits; i += 8) swapped = z3::concat(swapped, x.extract(i + 7, i));
        Proof("bytes swapped, 0 together", bits).holds({}, {(swapped == number(0, bits)) == (x == number(0, bits))});
    }
    constexpr unsigned N = 32;
    const expr x = constant("w", N);
    const auto count = [](const expr& w) {
        expr sum = number(0, N);
        for (unsigned i = 0; i < N; ++i) sum = sum + z3::zext(w.extract(i, i), N - 1);
        return sum;
    };
    Proof("lowest bit taken off", N).holds({x != number(0, N)}, {count(x & (x - number(1, N))) == count(x) - number(1, N)});
}

template <unsigned N>
void prove_lattice() {
    using W = Symbolic<N>;
    const Given<N> g;
    const expr in_a = g.premises[0], also_b = domain::contains(g.b, g.x).e;
    Proof("reduction", N).holds({in_a}, parts_of(domain::reduced(g.a), g.x));
    Proof("emptiness", N).holds({domain::is_empty(g.a).e}, {!in_a});
    Proof("order", N).holds({in_a, domain::is_subset(g.a, g.b).e}, {also_b});
    Proof("join, first", N).holds({in_a}, parts_of(domain::join(g.a, g.b), g.x));
    Proof("join, second", N).holds({also_b}, parts_of(domain::join(g.a, g.b), g.x));
    Proof("meet", N).holds({in_a, also_b}, parts_of(domain::meet(g.a, g.b), g.x));
    const W thresholds[] = {word<N>("t0"), word<N>("t1"), word<N>("t2")};
    Proof("widening, before", N).holds({in_a}, parts_of(domain::widen(g.a, g.b, thresholds, 3), g.x));
    Proof("widening, after", N).holds({also_b}, parts_of(domain::widen(g.a, g.b, thresholds, 3), g.x));
    Proof("exclusion of a word", N).holds({in_a, (g.x != g.y).e}, parts_of(domain::without(g.a, g.y), g.x));
}
TEST(Lattice, loses_no_word) {
    prove_lattice<64>();
    prove_lattice<32>();
}

TEST(Halves, exchange_loses_no_word) {
    using W = Symbolic<64>;
    using H = Symbolic<32>;
    const Interval<W> w = interval<64>("w");
    const Interval<H> l = interval<32>("l");
    const W x = word<64>("x");
    const H low(x);
    const std::vector<expr> both = {domain::contains(w, x).e, domain::contains(l, low).e};
    Proof("low half narrowed by the whole", 64).holds(both, parts_of(domain::narrowed_low(w, l), low));
    Proof("whole narrowed by its low half", 64).holds(both, parts_of(domain::narrowed_whole(w, l), x));
    Proof("zero extension of the half", 64).holds({both[1], (x == W(low)).e}, parts_of(domain::zero_extended<W>(l), x));
    Proof("sign extension of the half", 64).holds({both[1], x.e == z3::sext(low.e, 32)}, parts_of(domain::sign_extended<W>(l), x));
}
// Why Number computes the low half of these from low halves alone.
TEST(Halves, low_half_of_a_result_is_the_result_of_low_halves) {
    const expr x = constant("x", 64), y = constant("y", 64), a = x.extract(31, 0), b = y.extract(31, 0);
    for (AluOp op : {AluOp::add, AluOp::sub, AluOp::and_, AluOp::or_, AluOp::xor_, AluOp::neg, AluOp::mul}) Proof(std::string("low half of ") + name_of(op), 64).holds({}, {instruction(op, x, y).extract(31, 0) == instruction(op, a, b)});
    Proof("low half of lsh", 64).holds({z3::ult(y, number(32, 64))}, {instruction(AluOp::lsh, x, y).extract(31, 0) == instruction(AluOp::lsh, a, b)});
    Proof("lsh by the half or more", 64).holds({z3::uge(y, number(32, 64)), z3::ult(y, number(64, 64))}, {instruction(AluOp::lsh, x, y) == instruction(AluOp::lsh, z3::zext(a, 32), y), instruction(AluOp::lsh, x, y) == instruction(AluOp::lsh, z3::sext(a, 32), y)});
}

// Words known by what they leave when divided, here by any number up to half of all.
template <unsigned N>
void prove_congruences() {
    using W = Symbolic<N>;
    const Given<N> g;
    const W m = word<N>("m"), r = word<N>("r"), d = word<N>("d");
    const expr half = number(std::uint64_t{1} << (N - 1), N);
    const auto leaves = [&](const W& w, const W& rest) { return z3::urem(w.e + half, m.e) == rest.e; };
    const std::vector<expr> given = {g.premises[0], z3::ult(number(0, N), m.e), z3::ule(m.e, half), z3::ult(r.e, m.e), leaves(g.x, r)};
    Proof("ends of a congruence", N).holds(given, parts_of(domain::where_congruent(g.a, m, r), g.x));
    std::vector<expr> moved = given;
    moved.push_back(domain::exact_signed_sum(g.a, d).e);
    moved[moved.size() - 2] = leaves(W(g.x - d), r);
    Proof("a congruence plus delta", N).holds(moved, {leaves(g.x, domain::moved_remainder(m, r, d))});
    W up = W(r + W(m - W(domain::rank(W(g.a.smin)) % m)));  // a whole modulus too far, if the end is such a word
    EXPECT_EQ(counterexample(given, {(domain::SymbolicSigned<N>(W(W(g.a.smin) + up)) <= domain::SymbolicSigned<N>(g.x)).e}), z3::sat);
}
TEST(Congruences, keep_every_word) {
    prove_congruences<6>();
}

// The proofs can fail: operators that are wrong in one place are refuted.
TEST(Mutants, are_refuted) {
    using W = Symbolic<32>;
    const Given<32> g;
    const auto refuted = [&](const char* name, const Interval<W>& result, const expr& truth, std::vector<expr> more = {}) {
        std::vector<expr> premises = g.premises;
        premises.insert(premises.end(), more.begin(), more.end());
        EXPECT_EQ(counterexample(premises, parts_of(result, W(truth))), z3::sat) << name;
    };
    Interval<W> sum = domain::add(g.a, g.b);
    sum.umax = W(g.a.umax + g.b.umax);  // as if nothing wrapped
    refuted("add", sum, g.x.e + g.y.e);
    Interval<W> common = domain::and_(g.a, g.b);
    common.mask = W(g.a.mask & g.b.mask);
    refuted("and", common, g.x.e & g.y.e);
    Interval<W> shifted = domain::arsh(g.a, g.b);
    shifted.smin = domain::SymbolicSigned<32>(g.a.smin >> domain::amounts(g.b).least);
    refuted("arsh", shifted, instruction(AluOp::arsh, g.x.e, g.y.e));
    const auto strict = domain::where_less(domain::Operands<W>{g.a, g.b}, true);
    refuted("<= taken for <", strict.a, g.x.e, {z3::ule(g.x.e, g.y.e)});
    Interval<W> joined = domain::join(g.a, g.b);
    joined.smax = domain::lesser(g.a.smax, g.b.smax);
    refuted("join", joined, g.x.e);
    Interval<W> narrow = domain::sign_extend(g.a, 8);
    narrow.smax = g.a.smax;
    refuted("sign extension", narrow, extended(g.x.e, 8));
}

}  // namespace
}  // namespace mbpf
