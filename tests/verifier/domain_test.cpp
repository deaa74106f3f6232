// SPDX-License-Identifier: Apache-2.0
// Soundness of the number domain. At 8 bits: for a rich family of abstract words and all words they contain, every
// operator's result contains the concrete result. At 32 and 64 bits: the same on boundary and random words. And
// precision where programs need it.
#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "simulator/interpreter.h"
#include "verifier/domain/relation.h"
#include "verifier/number.h"

namespace mbpf {
namespace {

using bpf::AluOp;
using bpf::Condition;
using Word = Interval<std::uint8_t>;

constexpr AluOp kOps[] = {AluOp::add, AluOp::sub, AluOp::mul, AluOp::div, AluOp::sdiv, AluOp::mod, AluOp::smod, AluOp::and_, AluOp::or_, AluOp::xor_, AluOp::lsh, AluOp::rsh, AluOp::arsh, AluOp::neg, AluOp::mov};
constexpr Condition kConditions[] = {Condition::eq, Condition::ne, Condition::gt, Condition::ge, Condition::lt, Condition::le, Condition::set, Condition::sgt, Condition::sge, Condition::slt, Condition::sle};

// RFC 9669's semantics at 8 bits, written out independently of the 32- and 64-bit ones.
std::uint8_t concrete(AluOp op, std::uint8_t a, std::uint8_t b) {
    const int sa = static_cast<std::int8_t>(a), sb = static_cast<std::int8_t>(b);
    switch (op) {
        case AluOp::add: return static_cast<std::uint8_t>(a + b);
        case AluOp::sub: return static_cast<std::uint8_t>(a - b);
        case AluOp::mul: return static_cast<std::uint8_t>(a * b);
        case AluOp::div: return b == 0 ? 0 : static_cast<std::uint8_t>(a / b);
        case AluOp::sdiv: return b == 0 ? 0 : static_cast<std::uint8_t>(sa / sb);
        case AluOp::mod: return b == 0 ? a : static_cast<std::uint8_t>(a % b);
        case AluOp::smod: return b == 0 ? a : static_cast<std::uint8_t>(sa % sb);
        case AluOp::and_: return a & b;
        case AluOp::or_: return a | b;
        case AluOp::xor_: return a ^ b;
        case AluOp::lsh: return static_cast<std::uint8_t>(a << (b & 7));
        case AluOp::rsh: return static_cast<std::uint8_t>(a >> (b & 7));
        case AluOp::arsh: return static_cast<std::uint8_t>(sa >> (b & 7));
        case AluOp::neg: return static_cast<std::uint8_t>(-a);
        case AluOp::mov: return b;
        case AluOp::none: return a;
    }
    return a;
}

std::vector<Word> family() {
    std::vector<Word> all{Word{}};
    for (int c : {0, 1, 2, 7, 8, 127, 128, 200, 255}) all.push_back(Word::constant(static_cast<std::uint8_t>(c)));
    for (auto [lo, hi] : {std::pair{0, 1}, {0, 7}, {1, 9}, {3, 100}, {0, 127}, {100, 140}, {128, 255}, {250, 255}, {1, 255}, {5, 6}}) all.push_back(Word::range_u(static_cast<std::uint8_t>(lo), static_cast<std::uint8_t>(hi)));
    for (auto [lo, hi] : {std::pair{-128, -1}, {-5, 5}, {-1, 0}, {-128, 126}, {-100, 100}, {0, 3}, {-8, -2}, {-128, 127}}) all.push_back(Word::range_s(static_cast<std::int8_t>(lo), static_cast<std::int8_t>(hi)));
    for (auto [v, m] : {std::pair{0, 0xf0}, {1, 0xfe}, {0x80, 0x7f}, {0, 0x81}, {0x11, 0x44}, {0x05, 0xa0}, {0, 0x08}, {0xf0, 0x0f}}) all.push_back(Word::bits(static_cast<std::uint8_t>(v), static_cast<std::uint8_t>(m)));
    std::mt19937 random(3);
    while (all.size() < 70) {
        const Word w = Word::meet(all[random() % all.size()], Word::range_u(static_cast<std::uint8_t>(random()), static_cast<std::uint8_t>(128 + random() % 128)));
        if (!w.is_bottom()) all.push_back(w);
    }
    return all;
}

std::vector<std::uint8_t> members(const Word& w) {
    std::vector<std::uint8_t> words;
    for (unsigned v = 0; v < 256; ++v)
        if (w.contains(static_cast<std::uint8_t>(v))) words.push_back(static_cast<std::uint8_t>(v));
    return words;
}

TEST(Interval8, every_operator_contains_every_concrete_result) {
    const auto all = family();
    for (const Word& a : all)
        for (const Word& b : all) {
            const auto as = members(a), bs = members(b);
            for (AluOp op : kOps) {
                const Word r = Word::alu(op, a, b);
                for (std::uint8_t x : as)
                    for (std::uint8_t y : bs) ASSERT_TRUE(r.contains(concrete(op, x, y))) << static_cast<int>(op) << ": " << int{x} << ", " << int{y};
            }
        }
}

TEST(Interval8, sync_join_and_meet_lose_no_word) {
    for (const Word& a : family())
        for (const Word& b : family()) {
            const Word join = Word::join(a, b), meet = Word::meet(a, b);
            for (unsigned v = 0; v < 256; ++v) {
                const auto w = static_cast<std::uint8_t>(v);
                if (a.contains(w) || b.contains(w)) { ASSERT_TRUE(join.contains(w)); }
                ASSERT_EQ(a.contains(w) && b.contains(w), a.contains(w) && b.contains(w) && meet.contains(w));
                ASSERT_EQ(a.sync().contains(w), a.contains(w));
            }
            for (std::uint8_t w : members(a)) ASSERT_TRUE(!a.subset_of(b) || b.contains(w));
        }
}

// Every modulus, every remainder.
TEST(Interval8, congruences_keep_every_word_and_end_in_one) {
    for (const Word& a : family())
        for (unsigned m = 1; m <= 128; ++m)
            for (unsigned r = 0; r < m; ++r) {
                const Word n = domain::where_congruent(a, static_cast<std::uint8_t>(m), static_cast<std::uint8_t>(r));
                for (std::uint8_t w : members(a)) ASSERT_EQ(n.contains(w) || (w + 128) % 256 % m != r, true) << int{w} << " modulo " << m;
                if (n.smin > n.smax) continue;
                const bool below = (n.smin + 128) % static_cast<int>(m) == static_cast<int>(r), above = (n.smax + 128) % static_cast<int>(m) == static_cast<int>(r);
                ASSERT_TRUE((below || n.smin == a.smin) && (above || n.smax == a.smax));
                ASSERT_TRUE((below && above) || n.smin + 128 + static_cast<int>(m) > 255 || n.smax + 128 < static_cast<int>(m));
            }
}
TEST(Interval8, a_remainder_moves_with_its_word) {
    for (int w = -128; w < 128; ++w)
        for (int d = -128; d < 128; ++d)
            for (unsigned m = 1; m <= 128 && w + d >= -128 && w + d < 128; ++m)
                ASSERT_EQ((w + d + 128) % static_cast<int>(m), domain::moved_remainder(static_cast<std::uint8_t>(m), static_cast<std::uint8_t>((w + 128) % static_cast<int>(m)), static_cast<std::uint8_t>(d)));
}

TEST(Interval8, refinement_keeps_every_word_with_a_partner) {
    const auto holds = [](Condition c, std::uint8_t x, std::uint8_t y) {
        // Signed and unsigned 8-bit comparisons by widening to 64 bits.
        const bool sign = c == Condition::sgt || c == Condition::sge || c == Condition::slt || c == Condition::sle;
        return sign ? sim::condition_holds(c, 64, sim::sign_extend(x, 8), sim::sign_extend(y, 8)) : sim::condition_holds(c, 64, x, y);
    };
    for (const Word& a : family())
        for (const Word& b : family())
            for (Condition c : kConditions) {
                Word x = a, y = b;
                Word::refine(c, true, x, y);
                Word nx = a, ny = b;
                Word::refine(c, false, nx, ny);
                for (std::uint8_t u : members(a))
                    for (std::uint8_t v : members(b)) {
                        if (holds(c, u, v)) { ASSERT_TRUE(x.contains(u) && y.contains(v)) << static_cast<int>(c) << ": " << int{u} << ", " << int{v}; }
                        if (!holds(c, u, v)) { ASSERT_TRUE(nx.contains(u) && ny.contains(v)) << int{u} << ", " << int{v}; }
                    }
            }
}

TEST(Interval8, without_removes_one_word_at_most) {
    for (const Word& a : family())
        for (unsigned c = 0; c < 256; ++c) {
            const Word r = a.without(static_cast<std::uint8_t>(c));
            for (std::uint8_t w : members(a)) {
                if (w != c) { ASSERT_TRUE(r.contains(w)) << int{w} << " without " << c; }
            }
        }
}

// A number that contains `w` and some others, made in one of several ways.
Number around(std::uint64_t w, std::mt19937_64& random) {
    const std::uint64_t other = random() % 2 == 0 ? random() : w + random() % 1000;
    switch (random() % 6) {
        case 0: return Number::constant(w);
        case 1: return Number::join(Number::constant(w), Number::constant(other));
        case 2: return Number::range_u(w < other ? w : other, w < other ? other : w);
        case 3: {
            const auto s = static_cast<std::int64_t>(w), o = static_cast<std::int64_t>(other);
            return Number::range_s(s < o ? s : o, s < o ? o : s);
        }
        case 4: return Number::alu64(AluOp::or_, Number::constant(w & 0xf0f0f0f0f0f0f0f0), Number::alu64(AluOp::and_, Number::unknown(), Number::constant(~std::uint64_t{0xf0f0f0f0f0f0f0f0})));
        default: return Number::unknown();
    }
}

std::uint64_t word(std::mt19937_64& random) {
    static constexpr std::uint64_t kBoundary[] = {0, 1, 2, 31, 32, 63, 64, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 0x7fffffffffffffff, 0x8000000000000000, UINT64_MAX, 0xffffffff80000000, 255, 65535};
    return random() % 3 == 0 ? random() : kBoundary[random() % std::size(kBoundary)] + random() % 3 - 1;
}

TEST(Number64, every_operator_contains_the_concrete_result) {
    std::mt19937_64 random(5);
    for (int i = 0; i < 300000; ++i) {
        const std::uint64_t x = word(random), y = word(random);
        const Number a = around(x, random), b = around(y, random);
        ASSERT_TRUE(a.contains(x) && b.contains(y));
        for (AluOp op : {kOps[i % std::size(kOps)], kOps[random() % std::size(kOps)]}) {
            ASSERT_TRUE(Number::alu64(op, a, b).contains(sim::alu_result(op, 64, x, y))) << static_cast<int>(op) << " " << x << " " << y;
            ASSERT_TRUE(Number::alu32(op, a, b).contains(sim::alu_result(op, 32, x, y))) << static_cast<int>(op) << " " << x << " " << y;
        }
        for (unsigned from : {8u, 16u, 32u}) {
            ASSERT_TRUE(Number::sign_extend(a, from, 64).contains(sim::sign_extend(x, from))) << from << " " << x;
            if (from < 32) { ASSERT_TRUE(Number::sign_extend(a, from, 32).contains(sim::sign_extend(x, from) & 0xffffffff)) << from << " " << x; }
        }
        for (unsigned bits : {16u, 32u, 64u}) ASSERT_TRUE(Number::byte_swap(a, bits).contains(sim::byte_swap(x, bits))) << bits << " " << x;
        for (unsigned bits : {8u, 16u, 32u, 64u}) ASSERT_TRUE(Number::truncate(a, bits).contains(bits == 64 ? x : x & ((std::uint64_t{1} << bits) - 1)));
        ASSERT_TRUE(Number::zext32(a).contains(x & 0xffffffff));
        ASSERT_TRUE(Number::join(a, b).contains(x) && Number::join(a, b).contains(y));
        for (Condition c : kConditions)
            for (unsigned width : {32u, 64u}) {
                Number p = a, q = b;
                const bool taken = sim::condition_holds(c, width, x, y);
                ASSERT_TRUE(Number::refine(c, taken, width, p, q)) << static_cast<int>(c) << " " << width << " " << x << " " << y;
                ASSERT_TRUE(p.contains(x) && q.contains(y)) << static_cast<int>(c) << " " << width << " " << x << " " << y;
            }
    }
}

TEST(Number64, is_precise_where_programs_need_it) {
    const auto u = [](const Number& n) { return std::pair(n.wide.umin, n.wide.umax); };
    using P = std::pair<std::uint64_t, std::uint64_t>;
    EXPECT_EQ(u(Number::alu64(AluOp::and_, Number::unknown(), Number::constant(15))), P(0, 15));
    EXPECT_EQ(u(Number::alu32(AluOp::mod, Number::unknown(), Number::constant(10))), P(0, 9));
    EXPECT_EQ(u(Number::alu64(AluOp::rsh, Number::unknown(), Number::constant(60))), P(0, 15));
    EXPECT_EQ(u(Number::alu64(AluOp::div, Number::unknown_bits(8), Number::constant(5))), P(0, 51));
    EXPECT_EQ(u(Number::alu64(AluOp::lsh, Number::range_u(1, 5), Number::constant(2))), P(4, 20));
    EXPECT_EQ(u(Number::sign_extend(Number::range_u(3, 90), 8, 64)), P(3, 90));
    // i != n at the end of its range: for (i = 0; i != 10; i++)
    Number i = Number::range_u(0, 10), n = Number::constant(10);
    ASSERT_TRUE(Number::refine(Condition::ne, true, 64, i, n));
    EXPECT_EQ(u(i), P(0, 9));
    // if (x >= 0 && x < 100) with 32-bit signed comparisons on a zero-extended word
    Number x = Number::unknown_bits(32), zero = Number::constant(0), hundred = Number::constant(100);
    ASSERT_TRUE(Number::refine(Condition::sge, true, 32, x, zero));
    ASSERT_TRUE(Number::refine(Condition::slt, true, 32, x, hundred));
    EXPECT_EQ(u(x), P(0, 99));
    Number five = Number::constant(5), six = Number::constant(6);
    EXPECT_FALSE(Number::refine(Condition::gt, true, 64, five, six));
}

}  // namespace
}  // namespace mbpf
