// SPDX-License-Identifier: Apache-2.0
// What is left to spend on the way from one invariant to the next: sums over counters, bounded from below, and never
// beyond what any state leaves.
#include <random>

#include "tests/verifier/proof_bench.h"

namespace mbpf::proof {
namespace {

constexpr Symbol kA = 1, kB = 2;
Cost::Term term(int reg, std::int64_t coefficient, Reading reading = Reading::as_unsigned) { return {{static_cast<std::int16_t>(reg), 8, kRegisters}, coefficient, reading}; }
constexpr std::int64_t kNone = INT64_MIN;  // nothing is known

// The cost there was, with counters as they were (ghosts), to the cost that is stated here; kNone: no bound.
std::int64_t margin(const Bench& b, const Cost& from, const Cost* to, std::uint32_t scale = 1) {
    std::int64_t m = 0;
    return cost_margin(b.s, from, to, scale, m) ? m : kNone;
}
std::int64_t least(const Bench& b, const Cost& cost) {
    std::int64_t l = 0;
    return cost_least(b.s, cost, l) ? l : kNone;
}

TEST(Costs, of_constants_fall_by_the_steps) {
    Bench b;
    b.s.steps = 7;
    const Cost five = cost_of(5);
    EXPECT_EQ(margin(b, cost_of(30), &five), 30 - 7 - 5);
    EXPECT_EQ(margin(b, cost_of(30), nullptr), 23);
    EXPECT_EQ(margin(b, cost_of(30), &five, 4), 30 - 28 - 5);
    b.s.steps = static_cast<std::uint64_t>(kMaxCost) / kMaxScale;
    EXPECT_NE(margin(b, cost_of(kMaxCost), nullptr, kMaxScale), kNone);
    ++b.s.steps;
    EXPECT_EQ(margin(b, cost_of(kMaxCost), nullptr), kNone);
}

// A difference beyond what is computed with is not formed: to the least number it would overflow.
TEST(Costs, of_a_counter_of_which_nothing_is_known_are_unbounded) {
    Bench b;
    b.s.ghosts[0] = named(number(0, 50), kA);
    b.s.regs[2] = named(Value::of(Number::unknown()), kB);
    for (const Reading reading : {Reading::as_signed, Reading::squared})
        for (const std::int64_t coefficient : {10, -10}) {
            const Cost cost = cost_of(100, {term(2, coefficient, reading)});
            EXPECT_EQ(margin(b, cost, &cost), kNone);
        }
}

// x was r2 when the state was loaded, and is r2 + `moved` now.
Bench& counted(Bench& b, Value then, Value now) {
    b.s.ghosts[0] = then;
    b.s.regs[2] = now;
    return b;
}

TEST(Costs, of_counters_fall_as_these_do) {
    const Cost ten = cost_of(100, {term(2, 10)});
    {
        Bench b;  // one less
        EXPECT_EQ(margin(counted(b, named(number(1, 50), kA), named(number(0, 49), kA, -1)), ten, &ten), 10);
    }
    {
        Bench b;  // perhaps from 0 to the greatest
        EXPECT_EQ(margin(counted(b, named(number(0, 50), kA), named(Value::of(Number::unknown()), kA, -1)), ten, &ten), kNone);
    }
    {
        Bench b;  // another word: by the ranges
        EXPECT_EQ(margin(counted(b, named(number(1, 50), kA), named(number(0, 49), kB)), ten, &ten), -480);
    }
    {
        Bench b;  // a word that is known to be 3 less at least
        b.s.learn(kB, kA, -3);
        EXPECT_EQ(margin(counted(b, named(number(0, 50), kA), named(number(0, 50), kB)), ten, &ten), 30);
    }
    {
        Bench b;  // a rising counter with a negative coefficient
        const Cost falls = cost_of(1000, {term(2, -10)});
        EXPECT_EQ(margin(counted(b, named(number(0, 50), kA), named(number(1, 51), kA, 1)), falls, &falls), 10);
        EXPECT_EQ(least(b, falls), 1000 - 510);
    }
    {
        Bench b;  // to the end
        EXPECT_EQ(margin(counted(b, named(number(1, 50), kA), Value{}), ten, nullptr), 110);
        EXPECT_EQ(margin(b, cost_of(100, {term(2, -10)}), nullptr), -400);
        EXPECT_EQ(margin(b, ten, &ten), kNone) << "no counter is there";
    }
    {
        Bench b;  // half of it goes on
        const Cost four = cost_of(100, {term(2, 4)});
        EXPECT_EQ(margin(counted(b, named(number(2, 50), kA), named(number(2, 50), kA)), ten, &four), 12);
        EXPECT_EQ(margin(b, four, &ten), -300);
    }
}

TEST(Costs, of_constants_that_have_no_name_are_their_numbers) {
    for (Reading reading : {Reading::as_unsigned, Reading::as_signed, Reading::bits_set, Reading::squared}) {
        const Cost cost = cost_of(100, {term(2, 3, reading)});
        Bench b;
        const std::int64_t m = margin(counted(b, Value::constant(5), Value::constant(15)), cost, &cost);
        EXPECT_EQ(m, reading == Reading::squared ? 3 * (25 - 225) : reading == Reading::bits_set ? 3 * (2 - 4) : 3 * (5 - 15)) << static_cast<int>(reading);
    }
    // Nor have other numbers always one.
    const Cost bits = cost_of(100, {term(2, 10, Reading::bits_set)});
    Bench b;
    EXPECT_EQ(margin(counted(b, number(0, 255), number(0, 255)), bits, &bits), -80);
}

TEST(Costs, of_words_as_they_are_read) {
    const Cost plus = cost_of(100, {term(2, 10)}), minus = cost_of(100, {term(2, -10)});
    Bench b;  // any word but 0, one less: as unsigned ones
    EXPECT_EQ(margin(counted(b, named(Value::of(Number::range_u(1, UINT64_MAX)), kA), named(Value::of(Number::range_u(0, UINT64_MAX - 1)), kA, -1)), plus, &plus), 10);
    Bench negative;
    negative.s.ghosts[0] = named(signed_number(-5, 50), kA);
    EXPECT_EQ(margin(negative, minus, nullptr), kNone) << "-5 is beyond all bounds";
    // Of some of a word's bits nobody knows the order as signed numbers, or of the squares.
    for (Reading reading : {Reading::as_signed, Reading::squared}) {
        const Cost cost = cost_of(100, {term(2, 10, reading)});
        Value now = number(0, 7);
        now.origin = kA;
        Bench c;
        EXPECT_EQ(margin(counted(c, named(signed_number(-5, 5), kA), now), cost, &cost), reading == Reading::squared ? -490 : -120);
    }
}

// Squares of far words, and far moves, are not looked at: their sums would not fit.
TEST(Costs, of_squares_that_are_too_far_are_not_known) {
    const Cost square = cost_of(0, {term(2, kMaxCoefficient, Reading::squared)});
    const auto moved = [&](Value then, Value now) {
        Bench b;
        return margin(counted(b, then, now), square, &square);
    };
    EXPECT_EQ(moved(named(number(5, 50), kA), named(number(5u + INT32_MAX, 50u + INT32_MAX), kA, INT32_MAX)), kNone);
    EXPECT_EQ(moved(named(number(5, 50), kA), named(signed_number(5 - std::int64_t{INT32_MAX}, 50 - std::int64_t{INT32_MAX}), kA, -INT32_MAX)), kNone);
    EXPECT_EQ(moved(named(number(0, 0x10000), kA), named(number(1, 0x10001), kA, 1)), kNone);
    EXPECT_EQ(moved(named(signed_number(-0x10002, 0), kA), named(signed_number(-0x10001, 1), kA, 1)), kNone);
    EXPECT_EQ(moved(named(number(5, 50), kA, 2), named(number(4, 49), kA, 1)), kMaxCoefficient * 9);
    // At the limits all fits: p (x^2 - (x + d)^2) = -2pdx - pdd.
    const std::int64_t d = 0xffff, x = 0xffff;
    EXPECT_EQ(moved(named(number(0, 0xffff), kA), named(number(0xffff, 0x1fffe), kA, 0xffff)), -kMaxCoefficient * d * (2 * x + d));
    // What is left of a square, against another word: bounded by a distance that is near.
    const Cost from = cost_of(0, {term(2, kMaxCoefficient, Reading::squared), term(3, kMaxCoefficient, Reading::as_signed)}), to = cost_of(0, {term(2, kMaxCoefficient, Reading::squared)});
    Bench b;
    b.s.ghosts[0] = named(number(0, 0xffff), kA);
    b.s.ghosts[1] = named(number(0, kMaxCounter), kB);
    b.s.regs[2] = named(number(0xffff, 0x1fffe), kA, 0xffff);
    b.s.learn(kA, kB, 1 << 28);
    const std::int64_t m = margin(b, from, &to);
    EXPECT_LE(m, -kMaxCoefficient * d * (2 * x + d));
}

TEST(Costs, of_signed_counters_are_not_those_of_unsigned_ones) {
    const Cost plus = cost_of(100, {term(2, 10, Reading::as_signed)});
    Bench b;
    EXPECT_EQ(margin(counted(b, named(signed_number(-5, 50), kA), named(signed_number(-6, 49), kA, -1)), plus, &plus), 10);
    EXPECT_EQ(least(b, plus), 40);
    EXPECT_EQ(least(b, cost_of(100, {term(2, 10)})), 100) << "as an unsigned number 0 at least";
    EXPECT_EQ(least(b, cost_of(100, {term(2, -10)})), kNone) << "and beyond any bound";
    EXPECT_EQ(least(b, cost_of(100, {term(2, -10, Reading::as_signed)})), 100 - 490);
    // One that may wrap.
    Bench wraps;
    EXPECT_EQ(margin(counted(wraps, named(signed_number(INT64_MIN, 5), kA), named(Value::of(Number::unknown()), kA, -1)), plus, &plus), kNone);
    // Words that are not negative are the same either way.
    Bench same;
    const Cost other = cost_of(100, {term(2, 10, Reading::as_unsigned)});
    EXPECT_EQ(margin(counted(same, named(number(1, 50), kA), named(number(0, 49), kA, -1)), plus, &other), 10);
    same.s.regs[2] = named(number(0, 49), kB);
    same.s.learn(kB, kA, -2);
    EXPECT_EQ(margin(same, plus, &plus), 20);
    // Of negative ones the order of words is another.
    Bench negative;
    negative.s.learn(kB, kA, -2);
    EXPECT_EQ(margin(counted(negative, named(signed_number(-5, 50), kA), named(signed_number(-5, 50), kB)), plus, &plus), -550);
}

TEST(Costs, of_bits_fall_with_them) {
    const Cost bits = cost_of(100, {term(2, 10, Reading::bits_set)});
    const auto after = [&](int lost, std::int32_t delta, Symbol origin, std::uint8_t shift = 0) {
        Bench b;
        Value now = number(0, 255);
        now.origin = origin;
        now.origin_delta = delta;
        now.bits_lost = static_cast<std::uint8_t>(lost);
        now.shift = shift;
        return margin(counted(b, named(number(0, 255), kA), now), bits, &bits);
    };
    EXPECT_EQ(after(1, 0, kA), 10);
    EXPECT_EQ(after(0, 0, kA), 0);
    EXPECT_EQ(after(1, 1, kA), -80) << "of the word more 1";
    EXPECT_EQ(after(1, 0, kB), -80) << "of another word";
    EXPECT_EQ(after(1, 0, kA, 3), -80) << "of the word shifted";
    Bench same;
    EXPECT_EQ(margin(counted(same, named(number(0, 255), kA), named(number(0, 255), kA)), bits, &bits), 0);
    EXPECT_EQ(margin(counted(same, named(number(0, 255), kA), named(number(1, 256), kA, 1)), bits, &bits), -90);
    EXPECT_EQ(least(same, cost_of(0, {term(2, 1, Reading::bits_set)})), 0);
    EXPECT_EQ(least(same, cost_of(0, {term(2, -1, Reading::bits_set)})), -9);
    same.s.regs[2] = Value::constant(0x1ff);
    EXPECT_EQ(least(same, cost_of(0, {term(2, 1, Reading::bits_set)})), 9);
}

TEST(Costs, of_squares_fall_by_what_is_between) {
    const Cost square = cost_of(100, {term(2, 3, Reading::squared)});
    const auto moved = [&](Value then, Value now) {
        Bench b;
        return margin(counted(b, then, now), square, &square);
    };
    // 3 (x^2 - (x - 1)^2) = 6x - 3.
    EXPECT_EQ(moved(named(number(5, 50), kA), named(number(4, 49), kA, -1)), 27);
    EXPECT_EQ(moved(named(number(5, 50), kA), named(number(5, 50), kA)), 0);
    EXPECT_EQ(moved(named(number(5, 50), kA), named(number(7, 52), kA, 2)), -3 * (4 * 50 + 4));
    EXPECT_EQ(moved(named(signed_number(-5, 5), kA), named(signed_number(-6, 4), kA, -1)), -3 * 11);
    // Another word: by the ranges, the nearer to 0 and the farther.
    EXPECT_EQ(moved(named(number(5, 50), kA), named(number(4, 49), kB)), 3 * 25 - 3 * 49 * 49);
    Bench b;
    const auto alone = [&](Value v, std::int64_t coefficient) {
        b.s.regs[2] = v;
        return least(b, cost_of(0, {term(2, coefficient, Reading::squared)}));
    };
    EXPECT_EQ(alone(number(5, 50), 1), 25);
    EXPECT_EQ(alone(number(5, 50), -1), -2500);
    EXPECT_EQ(alone(signed_number(-60, 50), 1), 0);
    EXPECT_EQ(alone(signed_number(-60, 50), -1), -3600);
    EXPECT_EQ(alone(signed_number(-60, -50), 1), 2500);
    EXPECT_EQ(alone(signed_number(-50, 60), -1), -3600);
    EXPECT_EQ(alone(signed_number(-0xffff, 0xffff), -1), -std::int64_t{0xffff} * 0xffff);
    EXPECT_EQ(alone(signed_number(-0xffff, 0x10000), 1), kNone);
    EXPECT_EQ(alone(signed_number(-0x10000, 0xffff), 1), kNone);
}

TEST(Costs, of_a_square_and_its_word_are_least_beside_the_vertex) {
    // x^2 - 10x is -25 at 5; of [7, 20] -21 at 7.
    const auto together = [](Value x, std::int64_t p, std::int64_t c, std::int32_t apart = 0) {
        Bench b;
        b.s.ghosts[0] = named(x, kA);
        b.s.ghosts[1] = named(Value::of(Number::alu64(bpf::AluOp::add, x.number, Number::constant(static_cast<std::uint64_t>(std::int64_t{apart})))), kA, apart);
        return margin(b, cost_of(0, {term(2, p, Reading::squared), term(3, c, Reading::as_signed)}), nullptr);
    };
    EXPECT_EQ(together(number(0, 20), 1, -10), -25);
    EXPECT_EQ(together(number(7, 20), 1, -10), -21);
    EXPECT_EQ(together(number(0, 3), 1, -10), -21);
    EXPECT_EQ(together(number(0, 20), 1, -11), -30);
    EXPECT_EQ(together(number(0, 20), -1, 10), -200);
    EXPECT_EQ(together(signed_number(-4, 20), 1, 3), -2);
    EXPECT_EQ(together(number(0, 20), 1, -10, 2), -45) << "10 times 2 less";
}

// Random costs and moves: the margin is never more than what a state leaves.
TEST(Costs, are_no_more_than_any_state_leaves) {
    std::mt19937_64 random(7);
    const auto pick = [&](std::int64_t low, std::int64_t high) { return low + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(high - low + 1)); };
    const auto read = [](std::uint64_t w, Reading r) {
        const auto s = static_cast<std::int64_t>(w);
        return r == Reading::squared ? s * s : r == Reading::bits_set ? std::int64_t{__builtin_popcountll(w)} : s;
    };
    int tight = 0, bounded = 0;
    for (int i = 0; i < 20000; ++i) {
        // Two words x and y in small ranges; what is counted is one of them, moved.
        const std::int64_t low[2] = {pick(-6, 6), pick(0, 9)};
        const std::int64_t high[2] = {low[0] + pick(0, 7), low[1] + pick(0, 7)};
        struct Counter {
            int word;
            std::int32_t delta;
            Cost::Term term;
        } counters[4];
        Bench b;
        Cost from = cost_of(pick(-50, 50)), to = cost_of(pick(-50, 50));
        b.s.steps = static_cast<std::uint64_t>(pick(0, 9));
        const auto order = pick(-3, 3);
        const bool ordered = random() % 2 == 0 && low[0] >= 0;
        if (ordered) b.s.learn(kA, kB, order);
        for (int c = 0; c < 4; ++c) {
            Counter& k = counters[c];
            k.word = static_cast<int>(random() % 2);
            k.delta = static_cast<std::int32_t>(pick(-2, 2));
            k.term = term(2 + c, pick(-4, 4), static_cast<Reading>(random() % 4));
            if (k.term.reading == Reading::as_unsigned) k.term.reading = low[k.word] + k.delta >= 0 ? Reading::as_unsigned : Reading::as_signed;
            const Value v = named(signed_number(low[k.word] + k.delta, high[k.word] + k.delta), k.word == 0 ? kA : kB, k.delta);
            if (c < 2) b.s.ghosts[c] = v, from.terms[from.term_count++] = k.term;
            else b.s.regs[2 + c] = v, to.terms[to.term_count++] = k.term;
        }
        std::int64_t m = 0;
        if (!cost_margin(b.s, from, &to, 2, m)) continue;
        ++bounded;
        std::int64_t true_least = INT64_MAX;
        for (std::int64_t x = low[0]; x <= high[0]; ++x)
            for (std::int64_t y = low[1]; y <= high[1]; ++y) {
                if (ordered && x > y + order) continue;
                std::int64_t sum = from.constant - to.constant - 2 * static_cast<std::int64_t>(b.s.steps);
                for (int c = 0; c < 4; ++c) sum += (c < 2 ? 1 : -1) * counters[c].term.coefficient * read(static_cast<std::uint64_t>((counters[c].word == 0 ? x : y) + counters[c].delta), counters[c].term.reading);
                true_least = std::min(true_least, sum);
            }
        if (true_least == INT64_MAX) continue;
        ASSERT_LE(m, true_least) << i;
        tight += m == true_least;
    }
    EXPECT_GT(bounded, 19000);
    EXPECT_GT(tight, 3000) << "and often just that";
}

// A counter x that has become x + y, as one that goes over what a length tells, is paid for by y.
TEST(Costs, of_a_counter_that_goes_on_are_those_of_the_word_it_went_by) {
    constexpr Symbol kSum = 3;
    // 10 a unit of x + y, where 10 a unit of x and 10 a unit of y were to be spent: r3 is y, r2 what x has become.
    const auto left = [](auto know, std::int64_t of_y = 10, std::int32_t delta = 0) {
        Bench b;
        const Value x = named(number(0, 100), kA), y = named(number(0, 60), kB), sum = named(number(5, 165), kSum, delta);
        counted(b, x, sum);
        b.s.regs[3] = y;
        know(b.s, sum, x, y);
        const Cost from = cost_of(2000, {term(2, -10)}), to = cost_of(2000, {term(2, -10), term(3, of_y)});
        return margin(b, from, &to);
    };
    const auto exact = [](State& s, const Value& sum, const Value& x, const Value& y) { s.note_sum(sum, x, y); };
    EXPECT_EQ(left(exact), 0);
    EXPECT_EQ(left(exact, 4), 0);
    EXPECT_EQ(left(exact, 11), -60);
    EXPECT_EQ(left(exact, 10, 5), 0) << "the word behind, read where it is";
    EXPECT_EQ(left([](State& s, const Value& sum, const Value& x, const Value& y) { s.note_sum(sum, y, x); }), 0);
    EXPECT_EQ(left([](State&, const Value&, const Value&, const Value&) {}), -1550) << "nothing is known of the three: 10 * (5 - 100 - 60)";
    EXPECT_LT(left([](State& s, const Value& sum, const Value&, const Value& y) { s.learn_limit(kA, y.symbol, sum.symbol, 0); }), 0) << "no less than the two, perhaps more";
    EXPECT_LT(left([](State& s, const Value& sum, const Value&, const Value& y) { s.note_sum(sum, y, y); }), 0) << "another sum";
    EXPECT_LT(left([](State& s, const Value& sum, const Value& x, const Value& y) {
                  s.note_sum(sum, x, y);
                  s.regs[3].symbol = 0;
              }),
              0)
        << "the word is nowhere";
    // Whatever the words and prices: never more than the worst of them leaves.
    std::mt19937_64 random(11);
    const auto pick = [&](std::int64_t low, std::int64_t high) { return low + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(high - low + 1)); };
    int exactly = 0;
    for (int i = 0; i < 20000; ++i) {
        const std::int64_t low[2] = {pick(2, 9), pick(2, 9)}, high[2] = {low[0] + pick(0, 6), low[1] + pick(0, 6)}, more = pick(-2, 2);
        Bench b;
        Cost from = cost_of(pick(-50, 50)), to = cost_of(pick(-50, 50));
        const auto value = [&](int word, std::int64_t moved) {
            const std::int64_t from_low = word == 2 ? low[0] + low[1] + more : low[word], to_high = word == 2 ? high[0] + high[1] + more : high[word];
            return named(number(static_cast<std::uint64_t>(from_low + moved), static_cast<std::uint64_t>(to_high + moved)), static_cast<Symbol>(word + 1), static_cast<std::int32_t>(moved));
        };
        int words[4];
        std::int64_t moves[4], prices[4];
        for (int c = 0; c < 4; ++c) {
            words[c] = static_cast<int>(random() % 3);
            moves[c] = pick(-1, 2);
            prices[c] = pick(-4, 4);
            const Cost::Term priced = term(2 + c, prices[c]);
            if (c < 2) b.s.ghosts[c] = value(words[c], moves[c]), from.terms[from.term_count++] = priced;
            else b.s.regs[2 + c] = value(words[c], moves[c]), to.terms[to.term_count++] = priced;
        }
        b.s.regs[0] = value(static_cast<int>(random() % 3), pick(-1, 2));
        // The third word is the other two and `more`.
        b.s.note_sum(value(2, -more), value(0, 0), value(1, 0));
        std::int64_t m = 0, true_least = INT64_MAX;
        ASSERT_TRUE(cost_margin(b.s, from, &to, 1, m));
        for (std::int64_t x = low[0]; x <= high[0]; ++x)
            for (std::int64_t y = low[1]; y <= high[1]; ++y) {
                std::int64_t sum = from.constant - to.constant;
                for (int c = 0; c < 4; ++c) sum += (c < 2 ? 1 : -1) * prices[c] * ((words[c] == 0 ? x : words[c] == 1 ? y : x + y + more) + moves[c]);
                true_least = std::min(true_least, sum);
            }
        ASSERT_LE(m, true_least) << i;
        exactly += m == true_least;
    }
    EXPECT_GT(exactly, 14000);
}

TEST(Counters, are_numbers_and_places_in_packets) {
    Bench b;
    Value v;
    const Location r2{2, 8, kRegisters};
    EXPECT_FALSE(counter_at(b.s, r2, v));
    b.s.regs[2] = number(3, 9);
    EXPECT_TRUE(counter_at(b.s, r2, v));
    b.s.regs[2] = pointer(Region::context);
    EXPECT_FALSE(counter_at(b.s, r2, v));
    b.s.regs[2] = or_null(pointer(Region::packet), 5);
    EXPECT_FALSE(counter_at(b.s, r2, v));
    b.s.regs[2] = named(anywhere(pointer(Region::packet, 4), 0, 9), kA, 1);
    ASSERT_TRUE(counter_at(b.s, r2, v));
    EXPECT_TRUE(v.is_number());
    EXPECT_EQ(v.number.wide.umin, 4u);
    EXPECT_EQ(v.number.wide.umax, 13u);
    EXPECT_EQ(v.symbol, kA);
    EXPECT_EQ(v.delta, 5);
    // No counter is so far off that sums of it would overflow.
    std::int64_t extreme = 0;
    EXPECT_TRUE(reading_extreme(number(0, kMaxCounter), Reading::as_unsigned, true, extreme));
    EXPECT_EQ(extreme, static_cast<std::int64_t>(kMaxCounter));
    EXPECT_FALSE(reading_extreme(number(0, kMaxCounter + 1), Reading::as_unsigned, true, extreme));
    EXPECT_TRUE(reading_extreme(number(0, kMaxCounter + 1), Reading::as_unsigned, false, extreme));
    EXPECT_FALSE(reading_extreme(number(kMaxCounter + 1, UINT64_MAX), Reading::as_unsigned, false, extreme));
    EXPECT_FALSE(reading_extreme(signed_number(-static_cast<std::int64_t>(kMaxCounter) - 1, 0), Reading::as_signed, false, extreme));
    EXPECT_FALSE(reading_extreme(signed_number(0, static_cast<std::int64_t>(kMaxCounter) + 1), Reading::as_signed, true, extreme));
    EXPECT_TRUE(reading_extreme(signed_number(-static_cast<std::int64_t>(kMaxCounter), 0), Reading::as_signed, false, extreme));
}

}  // namespace
}  // namespace mbpf::proof
