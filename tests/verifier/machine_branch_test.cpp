// SPDX-License-Identifier: Apache-2.0
// What the edges of a jump teach the checker's machine: of numbers, their order, null pointers, places in one object.
#include "tests/verifier/machine_bench.h"

namespace mbpf::proof {
namespace {

constexpr Symbol kA = 1, kB = 2;

TEST(Jumps, on_unreadable_registers_are_refused) {
    Bench b;
    EXPECT_EQ(b.go("jeq r7, 0, +0", true), Edge::failed);
    EXPECT_EQ(b.go("jeq r10, r7, +0", true), Edge::failed);
    b.s.regs[2] = number(0, 9);
    EXPECT_EQ(b.go("jeq r2, r7, +0", true), Edge::failed);
    EXPECT_EQ(b.go("jeq r2, 0, +0", true), Edge::feasible);
}

TEST(Jumps, refine_the_register_and_all_that_is_its_word) {
    struct Case {
        const char* jump;
        bool taken;
        std::int64_t low, high;  // of r2, from [-8, 8]
    };
    for (const Case& c : {Case{"jeq r2, 5, +0", true, 5, 5}, Case{"jne r2, 5, +0", false, 5, 5}, Case{"jsgt r2, 5, +0", true, 6, 8}, Case{"jsgt r2, 5, +0", false, -8, 5}, Case{"jsge r2, 5, +0", true, 5, 8}, Case{"jsge r2, 5, +0", false, -8, 4}, Case{"jslt r2, 5, +0", true, -8, 4},
                          Case{"jslt r2, 5, +0", false, 5, 8}, Case{"jsle r2, 5, +0", true, -8, 5}, Case{"jsle r2, 5, +0", false, 6, 8}, Case{"jgt r2, 5, +0", false, 0, 5}, Case{"jlt r2, 5, +0", true, 0, 4}, Case{"jge r2, 5, +0", false, 0, 4}, Case{"jle r2, 5, +0", true, 0, 5},
                          Case{"jset r2, -8, +0", false, 0, 7}, Case{"jne r2, 8, +0", true, -8, 7}, Case{"jeq r2, -8, +0", false, -7, 8}}) {
        Bench b;
        b.s.regs[2] = named(signed_number(-8, 8), kA);
        b.s.regs[3] = named(signed_number(-6, 10), kA, 2);
        ASSERT_EQ(b.go(c.jump, c.taken), Edge::feasible) << c.jump;
        EXPECT_EQ(b.of(2).smin, c.low) << c.jump << c.taken;
        EXPECT_EQ(b.of(2).smax, c.high) << c.jump << c.taken;
        EXPECT_EQ(b.of(3).smin, c.low + 2) << c.jump << c.taken;
        EXPECT_EQ(b.of(3).smax, c.high + 2) << c.jump << c.taken;
        // The register alone where it has no name.
        Bench alone;
        alone.s.regs[2] = signed_number(-8, 8);
        ASSERT_EQ(alone.go(c.jump, c.taken), Edge::feasible);
        EXPECT_EQ(alone.of(2).smin, c.low) << c.jump;
        EXPECT_EQ(alone.of(2).smax, c.high) << c.jump;
    }
}

TEST(Jumps, that_cannot_be_are_told) {
    const auto edge = [](Value a, const char* jump, bool taken, Value b = number(0, 9)) {
        Bench bench;
        bench.s.regs[2] = a;
        bench.s.regs[3] = b;
        return bench.go(jump, taken);
    };
    EXPECT_EQ(edge(number(3, 7), "jeq r2, 8, +0", true), Edge::infeasible);
    EXPECT_EQ(edge(number(3, 7), "jgt r2, 2, +0", false), Edge::infeasible);
    EXPECT_EQ(edge(number(3, 7), "jset r2, 8, +0", true), Edge::infeasible);
    EXPECT_EQ(edge(number(3, 7), "jset r2, 4, +0", false), Edge::feasible);
    EXPECT_EQ(edge(Value::constant(5), "jset r2, 4, +0", false), Edge::infeasible);
    EXPECT_EQ(edge(number(3, 7), "jeq32 r2, 8, +0", true), Edge::infeasible);
    EXPECT_EQ(edge(Value::constant(0x100000008), "jeq32 r2, 8, +0", false), Edge::infeasible);
    EXPECT_EQ(edge(Value::constant(0x100000008), "jeq r2, 8, +0", false), Edge::feasible);
    for (const char* equal : {"jeq r2, r2, +0", "jge r2, r2, +0", "jle r2, r2, +0", "jsge r2, r2, +0", "jsle r2, r2, +0", "jeq32 r2, r2, +0"}) {
        EXPECT_EQ(edge(number(3, 7), equal, true), Edge::feasible) << equal;
        EXPECT_EQ(edge(number(3, 7), equal, false), Edge::infeasible) << equal;
    }
    for (const char* other : {"jne r2, r2, +0", "jgt r2, r2, +0", "jlt r2, r2, +0", "jsgt r2, r2, +0", "jslt r2, r2, +0"}) {
        EXPECT_EQ(edge(number(3, 7), other, true), Edge::infeasible) << other;
        EXPECT_EQ(edge(number(3, 7), other, false), Edge::feasible) << other;
    }
    for (bool taken : {true, false}) EXPECT_EQ(edge(number(0, 7), "jset r2, r2, +0", taken), Edge::feasible);
    // A word of a congruence is none between its words.
    Value even = signed_number(0, 20);
    even.modulus = 10;
    even.remainder = static_cast<std::int32_t>(domain::rank(std::uint64_t{0}) % 10);
    EXPECT_EQ(edge(even, "jeq r2, 10, +0", true), Edge::feasible);
    EXPECT_EQ(edge(even, "jeq r2, 12, +0", true), Edge::infeasible);
    Bench b;
    b.s.regs[2] = even;
    ASSERT_EQ(b.go("jgt r2, 12, +0", false), Edge::feasible);
    EXPECT_EQ(b.of(2).umax, 10u);
}

// r2 and r3 of those ranges; what the edge teaches of their order.
std::pair<std::int64_t, std::int64_t> order(const char* jump, bool taken, Value a = number(0, 100), Value b = number(0, 100)) {
    Bench bench;
    bench.s.regs[2] = a.symbol == 0 ? named(a, kA) : a;
    bench.s.regs[3] = b.symbol == 0 ? named(b, kB) : b;
    EXPECT_EQ(bench.go(jump, taken), Edge::feasible) << jump;
    return {learned(bench.s, kA, kB), learned(bench.s, kB, kA)};
}

TEST(Orders, are_learned_as_they_were_compared) {
    constexpr std::int64_t kNone = INT64_MAX;
    using Pair = std::pair<std::int64_t, std::int64_t>;
    EXPECT_EQ(order("jlt r2, r3, +0", true), Pair(-1, kNone));
    EXPECT_EQ(order("jlt r2, r3, +0", false), Pair(kNone, 0));
    EXPECT_EQ(order("jle r2, r3, +0", true), Pair(0, kNone));
    EXPECT_EQ(order("jle r2, r3, +0", false), Pair(kNone, -1));
    EXPECT_EQ(order("jgt r2, r3, +0", true), Pair(kNone, -1));
    EXPECT_EQ(order("jgt r2, r3, +0", false), Pair(0, kNone));
    EXPECT_EQ(order("jge r2, r3, +0", true), Pair(kNone, 0));
    EXPECT_EQ(order("jge r2, r3, +0", false), Pair(-1, kNone));
    EXPECT_EQ(order("jslt r2, r3, +0", true), Pair(-1, kNone));
    EXPECT_EQ(order("jsle r2, r3, +0", true), Pair(0, kNone));
    EXPECT_EQ(order("jsgt r2, r3, +0", true), Pair(kNone, -1));
    EXPECT_EQ(order("jsge r2, r3, +0", true), Pair(kNone, 0));
    EXPECT_EQ(order("jeq r2, r3, +0", true), Pair(0, 0));
    EXPECT_EQ(order("jeq r2, r3, +0", false), Pair(kNone, kNone));
    EXPECT_EQ(order("jne r2, r3, +0", true), Pair(kNone, kNone));
    EXPECT_EQ(order("jne r2, r3, +0", false), Pair(0, 0));
    EXPECT_EQ(order("jset r2, r3, +0", true), Pair(kNone, kNone));
    EXPECT_EQ(order("jset r2, r3, +0", false), Pair(kNone, kNone));
    // Moved words: 5 more than a is below 3 more than b.
    EXPECT_EQ(order("jlt r2, r3, +0", true, named(number(5, 100), kA, 5), named(number(3, 100), kB, 3)), Pair(-3, kNone));
    EXPECT_EQ(order("jeq r2, r3, +0", true, named(number(5, 100), kA, 5), named(number(3, 100), kB, 3)), Pair(-2, 2));
    // A word that is moved and might wrap.
    EXPECT_EQ(order("jlt r2, r3, +0", true, named(number(4, 100), kA, 5)), Pair(kNone, kNone));
    EXPECT_EQ(order("jlt r2, r3, +0", true, number(0, 100), named(number(2, 100), kB, 3)), Pair(kNone, kNone));
    // Words of which the low bits are known are so much more apart: of even ones 2, of 4n + 1 and 4m + 3 2, too.
    const auto steps = [](std::uint64_t low, std::uint64_t step) {
        Number n = Number::range_u(low, low + 20 * step);
        n.wide.mask = ~(step - 1);
        n.wide.value = low & (step - 1);
        return Value::of(meet(Number::range_u(low, low + 20 * step), n));
    };
    EXPECT_EQ(order("jlt r2, r3, +0", true, steps(0, 2), steps(0, 2)), Pair(-2, kNone));
    EXPECT_EQ(order("jle r2, r3, +0", true, steps(0, 2), steps(0, 2)), Pair(0, kNone));
    EXPECT_EQ(order("jle r2, r3, +0", true, steps(0, 2), steps(1, 2)), Pair(-1, kNone));
    EXPECT_EQ(order("jlt r2, r3, +0", true, steps(0, 2), steps(1, 2)), Pair(-1, kNone));
    EXPECT_EQ(order("jlt r2, r3, +0", true, steps(1, 4), steps(3, 4)), Pair(-2, kNone));
    EXPECT_EQ(order("jlt r2, r3, +0", true, steps(3, 4), steps(1, 4)), Pair(-2, kNone));
    EXPECT_EQ(order("jlt r2, r3, +0", true, steps(3, 8), steps(3, 8)), Pair(-8, kNone));
    EXPECT_EQ(order("jlt r2, r3, +0", true, steps(0, 8), steps(4, 4)), Pair(-4, kNone)) << "of bits that are known of both";
    EXPECT_EQ(order("jlt r2, r3, +0", true, steps(0, 2)), Pair(-1, kNone)) << "of the other nothing is known";
    EXPECT_EQ(order("jeq r2, r3, +0", true, steps(0, 2), steps(0, 2)), Pair(0, 0));
    // Signed: of words that are not negative. Halves: of words that have no other.
    const Value wide = number(0, UINT64_MAX), positive = number(0, INT64_MAX), more = number(0, std::uint64_t{1} << 63), half = number(0, UINT32_MAX), over = number(0, 0x100000001), half_positive = number(0, INT32_MAX), half_more = number(0, 0x80000000);
    EXPECT_EQ(order("jlt r2, r3, +0", true, wide, wide), Pair(-1, kNone));
    EXPECT_EQ(order("jslt r2, r3, +0", true, positive, positive), Pair(-1, kNone));
    EXPECT_EQ(order("jslt r2, r3, +0", true, more, positive), Pair(kNone, kNone));
    EXPECT_EQ(order("jsle r2, r3, +0", true, more, positive), Pair(kNone, kNone));
    EXPECT_EQ(order("jlt32 r2, r3, +0", true, half, half), Pair(-1, kNone));
    EXPECT_EQ(order("jlt32 r2, r3, +0", true, over, half), Pair(kNone, kNone));
    EXPECT_EQ(order("jlt32 r2, r3, +0", true, half, over), Pair(kNone, kNone));
    EXPECT_EQ(order("jslt32 r2, r3, +0", true, half_positive, half_positive), Pair(-1, kNone));
    EXPECT_EQ(order("jslt32 r2, r3, +0", true, half_more, half_positive), Pair(kNone, kNone));
}

TEST(Orders, that_are_known_tell_which_edge_there_is) {
    // a - b is at most `above`, b - a at most `below`.
    const auto edge = [](std::int64_t above, std::int64_t below, const char* jump, bool taken, Value a = number(0, 100)) {
        Bench b;
        b.s.regs[2] = named(a, kA);
        b.s.regs[3] = named(number(0, 100), kB);
        if (above < 99) b.s.learn(kA, kB, above);
        if (below < 99) b.s.learn(kB, kA, below);
        return b.go(jump, taken);
    };
    constexpr std::int64_t kAny = 99;
    EXPECT_EQ(edge(kAny, 0, "jlt r2, r3, +0", true), Edge::infeasible);
    EXPECT_EQ(edge(kAny, 1, "jlt r2, r3, +0", true), Edge::feasible);
    EXPECT_EQ(edge(kAny, 0, "jle r2, r3, +0", true), Edge::feasible);
    EXPECT_EQ(edge(kAny, -1, "jle r2, r3, +0", true), Edge::infeasible);
    EXPECT_EQ(edge(0, kAny, "jgt r2, r3, +0", true), Edge::infeasible);
    EXPECT_EQ(edge(-1, kAny, "jge r2, r3, +0", true), Edge::infeasible);
    EXPECT_EQ(edge(-1, kAny, "jeq r2, r3, +0", true), Edge::infeasible);
    EXPECT_EQ(edge(kAny, -1, "jeq r2, r3, +0", true), Edge::infeasible);
    EXPECT_EQ(edge(0, kAny, "jeq r2, r3, +0", true), Edge::feasible);
    EXPECT_EQ(edge(0, 0, "jne r2, r3, +0", true), Edge::infeasible);
    EXPECT_EQ(edge(0, 1, "jne r2, r3, +0", true), Edge::feasible);
    EXPECT_EQ(edge(1, 0, "jne r2, r3, +0", true), Edge::feasible);
    EXPECT_EQ(edge(-1, kAny, "jset r2, r3, +0", true), Edge::feasible);
    EXPECT_EQ(edge(kAny, 0, "jslt r2, r3, +0", true), Edge::feasible) << "not looked at";
    EXPECT_EQ(edge(kAny, -1, "jne r2, r3, +0", true), Edge::feasible);
    EXPECT_EQ(edge(kAny, -1, "jset r2, r3, +0", true), Edge::feasible);
    EXPECT_EQ(edge(0, 0, "jle r2, r3, +0", true), Edge::feasible);
    EXPECT_EQ(edge(0, 0, "jeq r2, r3, +0", true), Edge::feasible);
    // What one way round was known is not known the other way.
    for (const auto& [first, second] : {std::pair{kA, kB}, std::pair{kB, kA}})
        for (const char* jump : {"jle r2, r3, +0", "jge r2, r3, +0"}) {
            Bench b;
            b.s.regs[2] = named(Value::of(Number::unknown()), kA);
            b.s.regs[3] = named(Value::of(Number::unknown()), kB);
            b.s.learn(first, second, -1);
            EXPECT_EQ(b.go(jump, true), (first == kA) == (jump[1] == 'l') ? Edge::feasible : jump[1] == 'l' ? Edge::infeasible : Edge::infeasible) << jump;
        }
    // Equal words are not one below the other.
    Bench equal;
    equal.s.regs[2] = named(number(0, 100), kA);
    equal.s.regs[3] = named(number(50, 100), kB);
    equal.s.learn(kA, kB, 0);
    ASSERT_EQ(equal.go("jeq r2, r3, +0", true), Edge::feasible);
    EXPECT_EQ(equal.of(2).umax, 100u);
    EXPECT_EQ(equal.of(2).umin, 50u);
    // By halves: of words that have no other half.
    Bench halves;
    halves.s.regs[2] = named(number(0, 100), kA);
    halves.s.regs[3] = named(number(0, 0x100000001), kB);
    halves.s.learn(kA, kB, -1);
    EXPECT_EQ(halves.go("jeq32 r2, r3, +0", true), Edge::feasible) << "0 and 2^32";
    EXPECT_EQ(edge(kAny, 0, "jlt32 r2, r3, +0", true), Edge::infeasible);
    EXPECT_EQ(edge(kAny, 0, "jlt32 r2, r3, +0", true, number(0, 0x100000000)), Edge::feasible);
    // Not above and not equal is below; the other way round, too.
    const auto below_after = [](std::int64_t above, std::int64_t below) {
        Bench b;
        b.s.regs[2] = named(number(0, 100), kA);
        b.s.regs[3] = named(number(0, 100), kB);
        if (above < 99) b.s.learn(kA, kB, above);
        if (below < 99) b.s.learn(kB, kA, below);
        EXPECT_EQ(b.go("jne r2, r3, +0", true), Edge::feasible);
        return std::pair{learned(b.s, kA, kB), learned(b.s, kB, kA)};
    };
    constexpr std::int64_t kNone = INT64_MAX;
    using Pair = std::pair<std::int64_t, std::int64_t>;
    EXPECT_EQ(below_after(0, kAny), Pair(-1, kNone));
    EXPECT_EQ(below_after(kAny, 0), Pair(kNone, -1));
    EXPECT_EQ(below_after(1, kAny), Pair(1, kNone));
    EXPECT_EQ(below_after(kAny, kAny), Pair(kNone, kNone));
}

TEST(Differences, add_up_where_nothing_wraps) {
    Bench b;
    constexpr Symbol kC = 3;
    b.s.learn(kA, kB, 5);
    b.s.learn(kB, kC, -2);
    const auto bound = [&](Value x, Value y) {
        std::int64_t known = 0;
        return b.s.difference(x, y, known) ? known : INT64_MAX;
    };
    const Value a = named(number(0, UINT64_MAX), kA), c = named(number(0, UINT64_MAX), kC), mid = named(number(0, UINT64_MAX), kB);
    EXPECT_EQ(bound(a, mid), 5);
    EXPECT_EQ(bound(a, c), 3);
    EXPECT_EQ(bound(c, a), INT64_MAX);
    EXPECT_EQ(bound(named(number(10, 100), kA, 10), named(number(4, 100), kB, 4)), 11);
    EXPECT_EQ(bound(named(number(10, 100), kA, 10), named(number(4, 100), kA, 4)), 6);
    EXPECT_EQ(bound(named(number(9, 100), kA, 10), named(number(4, 100), kA, 4)), 96) << "one may wrap: by their ranges";
    EXPECT_EQ(bound(named(number(10, 100), kA, 10), named(number(3, 100), kA, 4)), 97);
    EXPECT_EQ(bound(named(number(0, UINT64_MAX - 7), kA, -7), c), -4 + 0);
    EXPECT_EQ(bound(named(number(0, UINT64_MAX - 6), kA, -7), c), INT64_MAX);
    EXPECT_EQ(bound(number(0, 3), number(0, 5)), 3);
    EXPECT_EQ(bound(number(0, 3), number(5, 9)), -2);
    EXPECT_EQ(bound(number(0, std::uint64_t{1} << 40), number(0, 1)), std::int64_t{1} << 40);
    EXPECT_EQ(bound(number(0, (std::uint64_t{1} << 40) + 1), number(0, 1)), INT64_MAX);
    EXPECT_EQ(bound(number(0, 1), number((std::uint64_t{1} << 40) + 2, UINT64_MAX)), INT64_MAX);
    // A better one replaces a worse; the oldest goes when there is no room.
    b.s.learn(kA, kB, 7);
    EXPECT_EQ(bound(a, mid), 5);
    b.s.learn(kA, kB, 4);
    EXPECT_EQ(bound(a, mid), 4);
    b.s.learn(kC, kB, 1);
    EXPECT_EQ(learned(b.s, kA, kB), 4) << "of another word";
    b.s.differences[2] = {};
    --b.s.difference_count;
    b.s.learn(kA, kA, -5);
    b.s.learn(0, kB, 1);
    b.s.learn(kB, 0, 1);
    EXPECT_EQ(b.s.difference_count, 2);
    b.s.learn(kC, kA, kMaxOffset + 1);
    b.s.learn(kC, kA, -kMaxOffset - 1);
    EXPECT_EQ(b.s.difference_count, 2);
    for (unsigned i = 0; i < kMaxDifferences; ++i) b.s.learn(static_cast<Symbol>(20 + i), static_cast<Symbol>(40 + i), static_cast<std::int64_t>(i));
    EXPECT_EQ(b.s.difference_count, kMaxDifferences);
    EXPECT_EQ(learned(b.s, kA, kB), INT64_MAX);
    EXPECT_EQ(learned(b.s, 20 + kMaxDifferences - 1, 40 + kMaxDifferences - 1), kMaxDifferences - 1);
}

TEST(Words, that_are_of_one_name_move_with_each_other) {
    Bench b;
    b.s.regs[2] = named(number(0, 100), kA);
    b.s.regs[3] = named(number(10, 110), kA, 10);
    b.s.regs[4] = named(number(0, 100), kB);
    b.s.regs[5] = or_null(of_map(Region::map_value), kA);
    b.s.regs[6] = named(anywhere(pointer(Region::packet), 0, 100), kA);
    b.s.regs[7] = named(anywhere(pointer(Region::packet), 3, 103), kA, 3);
    ASSERT_TRUE(b.s.refine(b.s.regs[3], Number::range_u(20, 30)));
    EXPECT_EQ(b.of(2).umin, 10u);
    EXPECT_EQ(b.of(2).umax, 20u);
    EXPECT_EQ(b.of(3).umin, 20u);
    EXPECT_EQ(b.of(4).umax, 100u);
    EXPECT_TRUE(b.s.regs[5].fixed_place());
    EXPECT_EQ(b.s.regs[6].number.wide.umax, 20u);
    EXPECT_EQ(b.s.regs[7].number.wide.umax, 23u);
    // No word is left: there is no such state.
    EXPECT_FALSE(b.s.refine(b.s.regs[3], Number::range_u(40, 50)));
}

TEST(Words, that_are_zero_together) {
    const auto other = [](std::int32_t delta, std::uint64_t least) {
        Bench b;
        b.s.regs[2] = named(number(0, 100), kA, delta);
        b.s.regs[3] = named(number(0, 100), kB);
        b.s.regs[4] = named(number(0, 100), kA);
        b.s.learn_zero(b.s.regs[4], b.s.regs[3]);
        EXPECT_TRUE(b.s.refine(b.s.regs[2], Number::range_u(least, 100)));
        return b.of(3).umin;
    };
    EXPECT_EQ(other(0, 1), 1u);
    EXPECT_EQ(other(0, 0), 0u);
    EXPECT_EQ(other(-1, 1), 0u);
    Bench b;
    b.s.regs[2] = named(number(0, 100), kA);
    b.s.regs[3] = named(number(0, 0), kB);
    b.s.regs[4] = named(number(0, 100), kA, 1);
    b.s.learn_zero(b.s.regs[4], b.s.regs[3]);
    EXPECT_TRUE(b.s.refine(b.s.regs[2], Number::range_u(1, 100))) << "a moved word is no such word";
    b.s.learn_zero(b.s.regs[2], b.s.regs[3]);
    EXPECT_FALSE(b.s.refine(b.s.regs[2], Number::range_u(1, 100)));
    // The packet's length is no word of 32 bits that stays.
    Bench c;
    c.s.regs[2] = named(number(0, 100), kPacketLength);
    c.s.regs[3] = named(number(0, 100), kB);
    c.s.learn_zero(c.s.regs[2], c.s.regs[3]);
    EXPECT_TRUE(c.s.refine(c.s.regs[2], Number::range_u(1, 100)));
    EXPECT_EQ(c.of(3).umin, 0u);
}

// r2 may be null, r3 with it; r4 is of another class, r5 holds the same reference, r6 borrows it.
struct Nulls : Bench {
    explicit Nulls(std::uint8_t reference = 0) {
        const Value v = of_map(Region::map_value);
        s.references[1] = 7;
        s.references[2] = 8;
        s.regs[2] = s.regs[3] = or_null(held(v, reference), 30);
        s.regs[4] = or_null(held(v, static_cast<std::uint8_t>(reference == 0 ? 0 : 3)), 31);
        s.regs[5] = or_null(held(v, reference), 32);
        s.regs[6] = or_null(held(v, reference, true), 33);
        s.regs[7] = named(number(0, 9), 30);
    }
};

TEST(NullChecks, are_of_one_class_and_one_reference) {
    for (const char* jump : {"jeq r2, 0, +0", "jne r2, 0, +0"})
        for (bool taken : {true, false}) {
            const bool null = (jump[2] == 'q') == taken;
            Nulls b(2);
            ASSERT_EQ(b.go(jump, taken), Edge::feasible);
            for (unsigned r : {2u, 3u, 5u}) EXPECT_EQ(b.s.regs[r].kind, null ? ValueKind::number : ValueKind::pointer) << r;
            if (null) {
                EXPECT_TRUE(b.known(2, 0));
            } else {
                EXPECT_EQ(b.s.regs[2].symbol, 0);
            }
            EXPECT_EQ(b.s.regs[4].kind, ValueKind::pointer_or_null);
            EXPECT_EQ(b.s.regs[6].kind, ValueKind::pointer_or_null);
            EXPECT_EQ(b.of(7).umax, 9u);
            EXPECT_EQ(b.s.references[1], null ? 0u : 7u);
            EXPECT_EQ(b.s.references[2], 8u);
            Nulls none;
            ASSERT_EQ(none.go(jump, taken), Edge::feasible);
            EXPECT_EQ(none.s.regs[3].kind, null ? ValueKind::number : ValueKind::pointer);
            EXPECT_EQ(none.s.regs[5].kind, ValueKind::pointer_or_null) << "it holds nothing";
            EXPECT_EQ(none.s.references[1], 7u);
        }
    // Where names ran out, the one of them is not the other.
    Nulls nameless;
    nameless.s.regs[2].symbol = nameless.s.regs[3].symbol = 0;
    ASSERT_EQ(nameless.go("jeq r2, 0, +0", true), Edge::feasible);
    EXPECT_TRUE(nameless.known(2, 0));
    EXPECT_EQ(nameless.s.regs[3].kind, ValueKind::pointer_or_null);
    // What is borrowed is nobody's to give back.
    Nulls b(2);
    ASSERT_EQ(b.go("jeq r6, 0, +0", true), Edge::feasible);
    EXPECT_TRUE(b.known(6, 0));
    EXPECT_EQ(b.s.regs[2].kind, ValueKind::pointer_or_null);
    EXPECT_EQ(b.s.references[1], 7u);
    // The other way round, against a register.
    Nulls c(2);
    c.s.regs[8] = Value::constant(0);
    ASSERT_EQ(c.go("jeq r8, r2, +0", true), Edge::feasible);
    EXPECT_TRUE(c.known(2, 0));
    EXPECT_TRUE(c.known(8, 0));
    EXPECT_EQ(c.go("jeq32 r4, 0, +0", true), Edge::failed) << "half of an address";
    EXPECT_EQ(c.go("jgt r4, 0, +0", true), Edge::failed);
    EXPECT_EQ(c.go("jeq r4, 1, +0", true), Edge::failed);
    c.env.pointer_leaks_allowed = true;
    EXPECT_EQ(c.go("jeq32 r4, 0, +0", true), Edge::feasible);
    EXPECT_EQ(c.s.regs[4].kind, ValueKind::pointer_or_null);
    EXPECT_EQ(c.go("jeq r10, 0, +0", true), Edge::infeasible);
    EXPECT_EQ(c.go("jeq r10, 0, +0", false), Edge::feasible);
}

// More copies than can be taken back: the reference stays held.
TEST(NullChecks, that_reach_not_all_copies_release_nothing) {
    Nulls b(2);
    Undo undo;
    for (int i = 1; i <= 20; ++i) b.s.put({static_cast<std::int16_t>(-8 * i), 8, 0}, b.s.regs[2]);
    b.s.begin_undo(undo);
    ASSERT_EQ(b.go("jeq r2, 0, +0", true), Edge::feasible);
    EXPECT_EQ(b.s.references[1], 7u);
    b.s.take_back();
    EXPECT_EQ(b.s.regs[2].kind, ValueKind::pointer_or_null);
    EXPECT_EQ(b.s.regs[5].kind, ValueKind::pointer_or_null);
}

TEST(Branches, are_taken_back_whole) {
    Bench b;
    Undo undo;
    b.s.packet_bytes = 3;
    b.s.regs[2] = named(number(0, 100), kA);
    b.s.regs[3] = named(number(0, 100), kB);
    b.s.references[0] = 5;
    b.s.learn(kA, 9, 1);
    b.s.begin_undo(undo);
    ASSERT_EQ(b.go("jlt r2, r3, +0", true), Edge::feasible);
    b.s.packet_bytes = 9;
    b.s.references[0] = 0;
    EXPECT_EQ(b.s.difference_count, 2);
    EXPECT_EQ(b.of(2).umax, 99u);
    b.s.take_back();
    EXPECT_EQ(b.of(2).umax, 100u);
    EXPECT_EQ(b.of(3).umin, 0u);
    EXPECT_EQ(b.s.difference_count, 1);
    EXPECT_EQ(learned(b.s, kA, 9), 1);
    EXPECT_EQ(b.s.packet_bytes, 3);
    EXPECT_EQ(b.s.references[0], 5u);
    EXPECT_EQ(b.s.undo, nullptr);
}

// More copies of a number than can be taken back: those beyond stay as wide as they were.
TEST(Branches, with_more_copies_than_room_leave_some_wide) {
    Bench b;
    Undo undo;
    b.s.regs[2] = named(number(0, 100), kA);
    for (int i = 1; i <= 40; ++i) b.s.put({static_cast<std::int16_t>(-8 * i), 8, 0}, b.s.regs[2]);
    b.s.begin_undo(undo);
    ASSERT_EQ(b.go("jgt r2, 5, +0", false), Edge::feasible);
    EXPECT_EQ(b.of(2).umax, 5u);
    b.s.take_back();
    EXPECT_EQ(b.of(2).umax, 100u);
    for (unsigned i = 0; i < b.s.cell_count; ++i) EXPECT_EQ(b.s.cells[i].value.number.wide.umax, 100u);
}

TEST(Pointers, are_compared_in_one_object) {
    const auto compared = [](Value a, Value b, const char* jump = "jlt r2, r3, +0", bool leaks = false) {
        Bench bench;
        bench.env.pointer_leaks_allowed = leaks;
        bench.s.regs[2] = a;
        bench.s.regs[3] = b;
        return bench.go(jump, true);
    };
    const Value value = of_map(Region::map_value), stack = pointer(Region::stack), handle = of_map(Region::map_handle);
    Value inner = stack;
    inner.frame = 1;
    EXPECT_EQ(compared(value, value), Edge::feasible);
    EXPECT_EQ(compared(value, of_map(Region::map_value, 1)), Edge::failed);
    EXPECT_EQ(compared(value, stack), Edge::failed);
    EXPECT_EQ(compared(stack, stack), Edge::feasible);
    EXPECT_EQ(compared(stack, inner), Edge::failed);
    EXPECT_EQ(compared(handle, handle), Edge::failed);
    EXPECT_EQ(compared(value, number(0, 9)), Edge::failed);
    EXPECT_EQ(compared(number(0, 9), value), Edge::failed);
    EXPECT_EQ(compared(or_null(value, 3), value), Edge::failed);
    EXPECT_EQ(compared(value, or_null(value, 3)), Edge::failed);
    EXPECT_EQ(compared(value, stack, "jlt r2, r3, +0", true), Edge::feasible);
    EXPECT_EQ(compared(pointer(Region::packet), pointer(Region::packet_end)), Edge::feasible);
    EXPECT_EQ(compared(pointer(Region::packet), pointer(Region::packet_meta)), Edge::feasible);
    EXPECT_EQ(compared(pointer(Region::packet), stack), Edge::failed);
    EXPECT_EQ(compared(stack, pointer(Region::packet_end)), Edge::failed);
    // By what tells of the addresses: the bits of p & (p + n) tell those of p, one by one.
    for (const char* jump : {"jset r2, r3, +0", "jset32 r2, r3, +0", "jlt32 r2, r3, +0", "jeq32 r2, r3, +0", "jslt r2, r3, +0", "jsge r2, r3, +0"}) {
        EXPECT_EQ(compared(stack, stack, jump), Edge::failed) << jump;
        EXPECT_EQ(compared(value, value, jump), Edge::failed) << jump;
        EXPECT_EQ(compared(pointer(Region::packet), pointer(Region::packet_end), jump), Edge::failed) << jump;
        EXPECT_EQ(compared(stack, stack, jump, true), Edge::feasible) << jump;
    }
    for (const char* jump : {"jgt r2, r3, +0", "jle r2, r3, +0", "jeq r2, r3, +0", "jne r2, r3, +0"}) EXPECT_EQ(compared(stack, stack, jump), Edge::feasible) << jump;
    // Whether p - n is below p tells, for one n after the other, how far p is from 0.
    for (int back : {-65535, -65536}) {
        const Edge expected = back == -65535 ? Edge::feasible : Edge::failed;
        EXPECT_EQ(compared(value, of_map(Region::map_value, 0, back)), expected) << back;
        EXPECT_EQ(compared(pointer(Region::packet, back), pointer(Region::packet_end)), expected) << back;
        EXPECT_EQ(compared(pointer(Region::packet), pointer(Region::packet, back)), expected) << back;
        EXPECT_EQ(compared(stack, pointer(Region::stack, back), "jlt r2, r3, +0", true), Edge::feasible) << back;
    }
}

}  // namespace
}  // namespace mbpf::proof
