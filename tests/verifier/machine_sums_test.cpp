// SPDX-License-Identifier: Apache-2.0
// Arithmetic in the checker's machine: which result is still the old word, or lies so far from it; pointers moved and
// subtracted.
#include "tests/verifier/machine_bench.h"

namespace mbpf::proof {
namespace {

constexpr Symbol kA = 1, kB = 2;

// r2 is a word of [low, high] that r8 holds too; r3 another, held by r9.
struct Words : Bench {
    Words(Value a, Value b = number(0, 10)) {
        s.regs[2] = s.regs[8] = named(a, kA);
        s.regs[3] = s.regs[9] = named(b, kB);
    }
    // Whether r2 is now known as r8's word plus a constant.
    bool moved_by(std::int64_t delta) const { return s.regs[2].symbol == kA && s.regs[2].delta == delta; }
    bool unrelated() const { return s.regs[2].symbol != kA; }
};
bool keeps(Value a, const char* text, std::int64_t delta = 0, Value b = number(0, 10)) {
    Words w(a, b);
    EXPECT_EQ(w.run(text), Reason::none) << text;
    return w.moved_by(delta);
}
bool loses(Value a, const char* text, Value b = number(0, 10)) {
    Words w(a, b);
    EXPECT_EQ(w.run(text), Reason::none) << text;
    return w.unrelated();
}

TEST(Moves, of_whole_words_keep_their_name) {
    Bench b;
    b.s.regs[2] = number(0, 300);
    ASSERT_EQ(b.run("mov r3, r2"), Reason::none);
    EXPECT_NE(b.s.regs[2].symbol, 0);
    EXPECT_EQ(b.s.regs[2].symbol, b.s.regs[3].symbol);
    EXPECT_EQ(b.run("mov r3, r7"), Reason::unreadable_register);
    EXPECT_TRUE(keeps(number(0, UINT32_MAX), "mov32 r2, r2"));
    EXPECT_TRUE(loses(number(0, 0x100000000), "mov32 r2, r2"));
    EXPECT_TRUE(loses(signed_number(-1, 1), "mov32 r2, r2"));
    EXPECT_TRUE(keeps(signed_number(-128, 127), "movsx864 r2, r2"));
    EXPECT_TRUE(loses(signed_number(-129, 127), "movsx864 r2, r2"));
    EXPECT_TRUE(loses(signed_number(-128, 128), "movsx864 r2, r2"));
    EXPECT_TRUE(keeps(signed_number(0, 127), "movsx832 r2, r2"));
    EXPECT_TRUE(loses(signed_number(-1, 127), "movsx832 r2, r2")) << "the upper half becomes 0";
    Bench large;
    ASSERT_EQ(large.run("lddw r3, 0x123456789a\nmov r2, r3\nmov32 r4, r3\nmov r5, -2\nmov32 r6, -2"), Reason::none);
    EXPECT_TRUE(large.known(2, 0x123456789a));
    EXPECT_TRUE(large.known(4, 0x3456789a));
    EXPECT_TRUE(large.known(5, ~std::uint64_t{1}));
    EXPECT_TRUE(large.known(6, 0xfffffffe));
    // Pointers into packets, whose bounds a check tells, are named, too.
    Bench p;
    p.s.regs[2] = anywhere(pointer(Region::packet), 0, 9);
    ASSERT_EQ(p.run("mov r3, r2"), Reason::none);
    EXPECT_NE(p.s.regs[2].symbol, 0);
    EXPECT_EQ(p.s.regs[2].symbol, p.s.regs[3].symbol);
    Words w(Value::constant(0x80));
    ASSERT_EQ(w.run("movsx864 r2, r2\nmovsx832 r3, r2\nmov32 r4, r2"), Reason::none);
    EXPECT_TRUE(w.known(2, 0xffffffffffffff80u));
    EXPECT_TRUE(w.known(3, 0xffffff80u));
    EXPECT_TRUE(w.known(4, 0xffffff80u));
}

TEST(Moves, of_pointers_are_whole) {
    for (bool leaks : {false, true}) {
        const auto with = [&](const char* text) {
            Bench b;
            b.env.pointer_leaks_allowed = leaks;
            const Reason why = b.run(text);
            if (why == Reason::none) {
                EXPECT_TRUE(b.s.regs[2].is_number());
                EXPECT_EQ(b.of(2).umax, std::string_view(text).starts_with("mov32") ? UINT32_MAX : UINT64_MAX);
            }
            return why;
        };
        EXPECT_EQ(with("mov32 r2, r10"), leaks ? Reason::none : Reason::pointer_cut);
        EXPECT_EQ(with("movsx864 r2, r10"), leaks ? Reason::none : Reason::pointer_cut);
    }
}

TEST(Sums, with_constants_are_the_word_moved) {
    EXPECT_TRUE(keeps(number(0, 300), "add r2, 5", 5));
    EXPECT_TRUE(keeps(number(0, 300), "sub r2, 5", -5));
    EXPECT_TRUE(keeps(number(0, UINT64_MAX), "add r2, 5", 5)) << "modulo 2^64";
    EXPECT_TRUE(keeps(number(0, UINT32_MAX - 5), "add32 r2, 5", 5));
    EXPECT_TRUE(loses(number(0, UINT32_MAX - 4), "add32 r2, 5"));
    EXPECT_TRUE(loses(number(0, 0x100000000), "add32 r2, 5"));
    EXPECT_TRUE(keeps(number(5, 300), "sub32 r2, 5", -5));
    EXPECT_TRUE(loses(number(4, 300), "sub32 r2, 5"));
    EXPECT_TRUE(keeps(number(5, 300), "add32 r2, -5", -5));
    EXPECT_TRUE(loses(number(4, 300), "add32 r2, -5"));
    EXPECT_TRUE(keeps(number(0, 300), "add r2, r3", INT32_MAX, Value::constant(INT32_MAX)));
    EXPECT_TRUE(loses(number(0, 300), "add r2, r3", Value::constant(std::uint64_t{INT32_MAX} + 1)));
    EXPECT_TRUE(keeps(number(0, 300), "add r2, 2147483647\nadd r2, -7", INT32_MAX - 7));
    EXPECT_TRUE(loses(number(0, 300), "add r2, 2147483647\nadd r2, 7"));
    EXPECT_TRUE(loses(number(0, 300), "add r2, r3", Value::constant(0x100000005))) << "its low half is 5";
    EXPECT_TRUE(keeps(number(5, 300), "add32 r2, r3", -5, Value::constant(0xfffffffb)));
    EXPECT_TRUE(loses(number(0, 300), "mul r2, 1\nmul r2, 2"));
    EXPECT_TRUE(loses(number(0, 300), "xor r2, 5"));
    EXPECT_TRUE(loses(number(0, 300), "or r2, 5"));
    EXPECT_TRUE(loses(number(0, 300), "neg r2"));
}

TEST(Sums, of_a_register_with_itself) {
    Words w(number(0, 300));
    ASSERT_EQ(w.run("mov r4, r2\nsub r4, r4\nmov r5, r2\nxor r5, r5\nadd r2, r2"), Reason::none);
    EXPECT_TRUE(w.known(4, 0));
    EXPECT_TRUE(w.known(5, 0));
    EXPECT_TRUE(w.unrelated());
    EXPECT_EQ(w.of(2).umax, 600u);
    Bench immediate;
    ASSERT_EQ(immediate.run("mov r0, 7\nsub r0, 5\nmov r1, r0\nxor r0, 1"), Reason::none);
    EXPECT_TRUE(immediate.known(1, 2)) << "register 0 is no operand";
    EXPECT_TRUE(immediate.known(0, 3));
}

TEST(Sums, keep_the_remainder_of_what_was_added_to) {
    const auto after = [](std::int64_t low, std::int64_t high, const char* text) {
        Value v = signed_number(low, high);
        v.modulus = 12;
        v.remainder = static_cast<std::int32_t>(domain::rank(static_cast<std::uint64_t>(low)) % 12);
        Bench b;
        b.s.regs[2] = v;
        EXPECT_EQ(b.run(text), Reason::none);
        const Value& r = b.s.regs[2];
        if (r.modulus == 0) return false;
        EXPECT_EQ(r.modulus, 12u);
        EXPECT_EQ(static_cast<std::uint32_t>(r.remainder), domain::rank(static_cast<std::uint64_t>(r.number.wide.smin)) % 12) << "of the least word";
        return true;
    };
    EXPECT_TRUE(after(0, 120, "add r2, 5"));
    EXPECT_TRUE(after(-24, 120, "sub r2, 5"));
    EXPECT_TRUE(after(12, 120, "sub32 r2, 5"));
    EXPECT_FALSE(after(INT64_MAX - 121, INT64_MAX - 1, "add r2, 5")) << "some words wrap";
    EXPECT_FALSE(after(INT64_MIN + 1, INT64_MIN + 121, "sub r2, 5"));
    EXPECT_FALSE(after(0, 120, "mul r2, 2"));
    EXPECT_FALSE(after(-24, 120, "add32 r2, 5"));
}

// U(first) - U(second) is at most so much; kNothing: nothing is known beyond what the ranges say.
constexpr std::int64_t kNothing = INT64_MAX;
std::int64_t most(const State& s, unsigned first, unsigned second) {
    std::int64_t known = 0, ranges = 0;
    Value a = s.regs[first], b = s.regs[second];
    if (!s.difference(a, b, known)) return kNothing;
    a.symbol = b.symbol = 0;
    return s.difference(a, b, ranges) && ranges == known ? kNothing : known;
}

TEST(Sums, of_two_words_lie_between) {
    const auto bounds = [](Value a, Value b, const char* text) {
        Words w(a, b);
        EXPECT_EQ(w.run(text), Reason::none);
        return std::pair{most(w.s, 8, 2), most(w.s, 2, 8)};
    };
    using Pair = std::pair<std::int64_t, std::int64_t>;
    constexpr Pair kUnknown{kNothing, kNothing};
    EXPECT_EQ(bounds(number(0, 1000), number(3, 10), "add r2, r3"), Pair(-3, 10));
    EXPECT_EQ(bounds(number(0, 1000), number(3, 10), "add32 r2, r3"), Pair(-3, 10));
    EXPECT_EQ(bounds(number(0, UINT64_MAX - 10), number(3, 10), "add r2, r3"), Pair(-3, 10));
    EXPECT_EQ(bounds(number(0, UINT64_MAX - 9), number(3, 10), "add r2, r3"), kUnknown);
    EXPECT_EQ(bounds(number(0, UINT32_MAX - 10), number(3, 10), "add32 r2, r3"), Pair(-3, 10));
    EXPECT_EQ(bounds(number(0, UINT32_MAX - 9), number(3, 10), "add32 r2, r3"), kUnknown);
    EXPECT_EQ(bounds(number(0, 1000), number(3, 0x100000002), "add32 r2, r3"), kUnknown);
    EXPECT_EQ(bounds(number(0, 0x100000002), number(3, 10), "add32 r2, r3"), kUnknown);
    EXPECT_EQ(bounds(number(0, 1000), number(3, (1u << 29) + 1), "add r2, r3"), Pair(-3, kNothing));
    EXPECT_EQ(bounds(number(0, 1000), number(3, 10), "add r2, 4\nadd r2, r3"), Pair(-7, 14));
    // The first operand has no name, so the sum is told of the second.
    const auto turned = [](Value nameless, Value b, const char* text) {
        Words w(nameless, b);
        w.s.regs[2].symbol = 0;
        EXPECT_EQ(w.run(text), Reason::none);
        return std::pair{most(w.s, 9, 2), most(w.s, 2, 9)};
    };
    EXPECT_EQ(turned(number(3, 7), number(0, 1000), "add r2, r3"), Pair(-3, 7));
    EXPECT_EQ(turned(number(3, 7), number(0, 1000), "add32 r2, r3"), Pair(-3, 7));
    EXPECT_EQ(turned(number(3, 7), number(0, UINT64_MAX - 6), "add r2, r3"), kUnknown);
    EXPECT_EQ(turned(number(3, 7), number(0, UINT32_MAX - 6), "add32 r2, r3"), kUnknown);
    EXPECT_EQ(turned(number(3, 7), number(0, 0x100000002), "add32 r2, r3"), kUnknown);
    EXPECT_EQ(turned(number(3, 0x100000002), number(0, 1000), "add32 r2, r3"), kUnknown);
    EXPECT_EQ(turned(number(3, 7), number(0, 1000), "sub r2, r3"), kUnknown);
    // As the number that was added becomes known better, so does the sum; a neighbour of it tells nothing.
    const auto bounds_then = [](Value added, const char* jump) {
        Words late(number(0, 1000));
        late.s.regs[3] = added.symbol == 0 ? named(added, kB) : added;
        EXPECT_EQ(late.run("add r2, r3"), Reason::none);
        late.s.regs[9] = named(number(0, 10), kB);
        EXPECT_EQ(late.go(jump, false), Edge::feasible);
        return std::pair{most(late.s, 8, 2), most(late.s, 2, 8)};
    };
    EXPECT_EQ(bounds_then(number(0, 10), "jgt r9, 5, +0"), Pair(0, 5));
    EXPECT_EQ(bounds_then(number(0, 10), "jlt r9, 5, +0"), Pair(-5, 10));
    EXPECT_EQ(bounds_then(number(0, 10), "jgt r3, 5, +0"), Pair(0, 5));
    EXPECT_EQ(bounds_then(named(number(2, 12), kB, 2), "jgt r9, 5, +0"), Pair(-2, 7));
    EXPECT_EQ(bounds_then(named(number(1, 12), kB, 2), "jgt r9, 5, +0"), Pair(-1, 12)) << "the word less 2 may wrap";
    EXPECT_EQ(bounds_then(number(0, 10), "jgt r8, 3, +0"), Pair(0, 10)) << "another word";
    // The word is named by one that would wrap.
    Words w(number(0, 1000));
    w.s.regs[2] = named(number(0, 1000), kA, 5);
    ASSERT_EQ(w.run("add r2, r3"), Reason::none);
    EXPECT_EQ(w.s.difference_count, 0);
}

// Twice a half is no more than the whole; a double is the sum of two, and so is an or of bits that are not there.
TEST(Sums, of_halves_and_doubles) {
    const auto together = [](const char* text, Value a = number(0, 1000), Value b = number(0, 10)) {
        Words w(a, b);
        EXPECT_EQ(w.run(text), Reason::none);
        std::int64_t bound = kNothing;
        return w.s.sum_most(w.s.regs[2], w.s.regs[2], w.s.regs[8], bound) ? bound : kNothing;
    };
    EXPECT_EQ(together("rsh r2, 1"), 0);
    EXPECT_EQ(together("rsh32 r2, 1"), 0);
    EXPECT_EQ(together("add r2, 3\nrsh r2, 1"), 3);
    EXPECT_GT(together("rsh32 r2, 1", number(0, 0x100000001)), 0) << "of a word that is cut";
    EXPECT_GT(together("arsh r2, 1", signed_number(-4, 1000)), 0);
    EXPECT_GT(together("rsh r2, r3", number(0, 1000), number(0, 1)), 0);
    const auto bounds = [](const char* text, Value a = number(0, 1000), Value b = number(0, 10)) {
        Words w(a, b);
        EXPECT_EQ(w.run(text), Reason::none);
        return std::pair{most(w.s, 8, 2), most(w.s, 2, 8)};
    };
    using Pair = std::pair<std::int64_t, std::int64_t>;
    constexpr Pair kUnknown{kNothing, kNothing};
    EXPECT_EQ(bounds("lsh r2, 1", number(3, 1000)), Pair(-3, 1000));
    EXPECT_EQ(bounds("lsh32 r2, 1", number(3, INT32_MAX)).first, -3);
    EXPECT_EQ(bounds("lsh32 r2, 1", number(3, 0x80000000)), kUnknown) << "a bit may be lost";
    EXPECT_EQ(bounds("lsh r2, 1", number(3, std::uint64_t{1} << 63)), kUnknown);
    EXPECT_EQ(bounds("lsh r2, 1\nor r2, 1", number(3, 1000)), Pair(-4, 1001));
    EXPECT_EQ(bounds("lsh r2, 1\nor r2, 2", number(3, 1000)), kUnknown) << "a bit that it may have";
    EXPECT_EQ(bounds("and r2, -16\nmov r7, r2\nor r2, r3", number(0, 1000), number(3, 10)), kUnknown) << "of the word before the bits were cut";
    EXPECT_TRUE(keeps(Value::of(meet(Number::range_u(0, 64), Number::alu64(bpf::AluOp::lsh, Number::range_u(0, 8), Number::constant(3)))), "or r2, 5", 5));
    EXPECT_TRUE(loses(number(0, 64), "or r2, 5"));
    // What is below a half stays below the whole when it is doubled, and its odd neighbour, too.
    Words w(number(0, 1000), number(0, 600));
    ASSERT_EQ(w.run("rsh r2, 1"), Reason::none);
    ASSERT_EQ(w.go("jlt r3, r2, +0", true), Edge::feasible);
    ASSERT_EQ(w.run("lsh r3, 1"), Reason::none);
    EXPECT_EQ(most(w.s, 3, 8), -2);
    ASSERT_EQ(w.run("or r3, 1"), Reason::none);
    EXPECT_EQ(most(w.s, 3, 8), -1);
}

TEST(Differences, of_ordered_words_are_bounded) {
    const auto bounds = [](std::int64_t b_minus_a, bool above, const char* text, Value a = number(0, 1000), Value b = number(0, 1000)) {
        Words w(a, b);
        w.s.learn(kB, kA, b_minus_a);
        if (above) w.s.learn(kA, kB, 40);
        EXPECT_EQ(w.run(text), Reason::none);
        return std::pair{w.of(2).umin, w.of(2).umax};
    };
    using Pair = std::pair<std::uint64_t, std::uint64_t>;
    EXPECT_EQ(bounds(0, false, "sub r2, r3"), Pair(0, 1000));
    EXPECT_EQ(bounds(-7, false, "sub r2, r3"), Pair(7, 1000));
    EXPECT_EQ(bounds(-7, true, "sub r2, r3"), Pair(7, 40));
    EXPECT_EQ(bounds(-7, true, "sub32 r2, r3"), Pair(7, 40));
    EXPECT_EQ(bounds(1, true, "sub r2, r3").second, UINT64_MAX) << "b may be above a";
    EXPECT_EQ(bounds(-7, true, "sub32 r2, r3", number(0, 1000), number(0, 0x100000000)).second, UINT32_MAX);
    EXPECT_EQ(bounds(-7, true, "sub32 r2, r3", number(0, 0x100000000)).second, UINT32_MAX);
}

TEST(Bits, that_are_all_kept_leave_the_word) {
    EXPECT_TRUE(keeps(number(0, 255), "and r2, 255"));
    EXPECT_TRUE(loses(number(0, 256), "and r2, 255"));
    EXPECT_TRUE(loses(number(0, 255), "and r2, r3", number(0, 255)));
    EXPECT_TRUE(keeps(number(0, 250), "add r2, 3\nand r2, 255", 3));
    EXPECT_TRUE(keeps(number(0, 255), "and32 r2, 255"));
    EXPECT_TRUE(loses(number(0, 0x1000000ff), "and32 r2, 255"));
}

TEST(Bits, of_a_word_are_counted_down) {
    const auto after = [](Value a, const char* text) {
        Words w(a);
        EXPECT_EQ(w.run(text), Reason::none);
        const Value& r = w.s.regs[2];
        return r.origin == kA && r.shift == 0 ? std::pair{r.origin_delta, static_cast<int>(r.bits_lost)} : std::pair{-1, -1};
    };
    using Pair = std::pair<int, int>;
    const char* step = "mov r4, r2\nadd r4, -1\nand r2, r4";
    EXPECT_EQ(after(number(1, 255), step), Pair(0, 1));
    EXPECT_EQ(after(number(0, 255), step), Pair(0, 0)) << "0 loses none";
    EXPECT_EQ(after(number(1, 255), "mov r4, r2\nadd r4, -2\nand r2, r4"), Pair(0, 0));
    EXPECT_EQ(after(number(1, 255), "and r2, r3"), Pair(0, 0));
    EXPECT_EQ(after(number(1, 255), "mov r4, r2\nadd r4, -1\nand r4, r2\nmov r2, r4"), Pair(0, 1)) << "the other way round";
    EXPECT_EQ(after(number(1, 255), "add r2, 3\nand r2, r3"), Pair(3, 0));
    EXPECT_EQ(after(number(1, 255), "add r2, 3\nand r2, r3\nand r2, r3"), Pair(3, 0));
    EXPECT_EQ(after(number(1, 255), "add r2, 1\nand r2, r3"), Pair(1, 0)) << "no word less 1, but another";
    EXPECT_EQ(after(number(1, 255), "lsh r2, 8\nand r2, r3"), Pair(-1, -1)) << "bits of the shifted word";
    EXPECT_EQ(after(number(1, 255), "or r2, 1"), Pair(-1, -1));
    EXPECT_EQ(after(number(0, 0x1000000ff), "and32 r2, r3"), Pair(-1, -1));
    // Twice; then 64 is the most that is counted.
    Words w(number(1, 255));
    for (int i = 1; i <= 70; ++i) {
        ASSERT_EQ(w.run(step), Reason::none);
        EXPECT_EQ(w.s.regs[2].bits_lost, i < 64 ? i : 64);
        EXPECT_EQ(w.s.regs[2].origin, kA);
        w.s.regs[2] = [&] {
            Value v = number(1, 255);
            v.origin = w.s.regs[2].origin;
            v.bits_lost = w.s.regs[2].bits_lost;
            v.symbol = static_cast<Symbol>(200 + i);
            return v;
        }();
    }
}

TEST(Shifts, that_lose_no_bit_are_undone) {
    EXPECT_TRUE(keeps(number(0, 0x00ffffffffffffff), "lsh r2, 8\nrsh r2, 8"));
    EXPECT_TRUE(loses(number(0, 0x0100000000000000), "lsh r2, 8\nrsh r2, 8"));
    EXPECT_TRUE(loses(signed_number(-1, 1), "lsh r2, 8\nrsh r2, 8"));
    EXPECT_TRUE(keeps(signed_number(-(1ll << 55), (1ll << 55) - 1), "lsh r2, 8\narsh r2, 8"));
    EXPECT_TRUE(loses(signed_number(-(1ll << 55) - 1, 1), "lsh r2, 8\narsh r2, 8"));
    EXPECT_TRUE(loses(signed_number(0, 1ll << 55), "lsh r2, 8\narsh r2, 8"));
    EXPECT_TRUE(loses(number(0, 255), "lsh r2, 8\nrsh r2, 7"));
    EXPECT_TRUE(loses(number(0, 255), "lsh r2, 8\nrsh r2, 9"));
    EXPECT_TRUE(loses(number(0, 255), "lsh r2, 8\nlsh r2, 8"));
    EXPECT_TRUE(loses(number(0, 255), "lsh32 r2, 8\nrsh32 r2, 8"));
    EXPECT_TRUE(loses(number(0, 255), "lsh r2, 8\nrsh32 r2, 8"));
    EXPECT_TRUE(loses(number(0, 255), "lsh r2, r3\nrsh r2, r3"));
    EXPECT_TRUE(loses(number(0, 255), "lsh r2, r3\nrsh r2, 3", number(3, 10)));
    EXPECT_TRUE(loses(number(0, 255), "lsh r2, 3\nrsh r2, r3", number(3, 10)));
    EXPECT_TRUE(loses(number(0, 255), "rsh r2, 8\nrsh r2, 8"));
    EXPECT_TRUE(loses(number(0, 255), "mul r2, 8\nrsh r2, 8"));
    EXPECT_TRUE(keeps(number(0, 255), "add r2, 3\nlsh r2, 8\nrsh r2, 8", 3));
    EXPECT_TRUE(loses(number(0, 255), "rsh r2, 8"));
}

Reason moved(Value p, const char* text, Value amount = Value::constant(4), bool leaks = false) {
    Bench b;
    b.env.pointer_leaks_allowed = leaks;
    b.s.packet_bytes = 100;
    b.s.regs[2] = p;
    b.s.regs[3] = amount;
    return b.run(text);
}

TEST(Pointers, are_moved_within_reach) {
    const Value v = of_map(Region::map_value), packet = pointer(Region::packet);
    constexpr std::int64_t kReach = 1 << 29;
    for (Region region : {Region::context, Region::stack, Region::packet, Region::packet_meta, Region::map_value, Region::ring_buffer_record, Region::memory}) EXPECT_EQ(moved(pointer(region), "add r2, 4"), Reason::none);
    for (Region region : {Region::packet_end, Region::map_handle, Region::function, Region::object}) EXPECT_EQ(moved(pointer(region), "add r2, 4"), Reason::handle_arithmetic);
    EXPECT_EQ(moved(or_null(v, 3), "add r2, 4"), Reason::null_arithmetic);
    EXPECT_EQ(moved(or_null(v, 3), "sub r2, 4"), Reason::null_arithmetic);
    EXPECT_EQ(moved(v, "add r2, r3", Value::constant(kReach)), Reason::none);
    EXPECT_EQ(moved(v, "add r2, r3", Value::constant(kReach + 1)), Reason::moved_by_constant);
    EXPECT_EQ(moved(v, "sub r2, r3", Value::constant(kReach)), Reason::none);
    EXPECT_EQ(moved(v, "sub r2, r3", Value::constant(kReach + 1)), Reason::moved_by_constant);
    EXPECT_EQ(moved(v, "sub r2, r3", Value::constant(uint64_t{1} << 63)), Reason::moved_by_constant);
    EXPECT_EQ(moved(v, "add r2, r3", signed_number(-kReach - 1, -kReach - 1)), Reason::moved_by_constant);
    EXPECT_EQ(moved(v, "add r2, r3\nadd r2, 1", Value::constant(kReach)), Reason::moved_too_far);
    EXPECT_EQ(moved(v, "sub r2, r3\nsub r2, 1", Value::constant(kReach)), Reason::moved_too_far);
    EXPECT_EQ(moved(v, "add r2, r3", signed_number(-kReach, kReach)), Reason::none);
    EXPECT_EQ(moved(v, "add r2, r3", signed_number(-kReach - 1, 0)), Reason::moved_by_variable);
    EXPECT_EQ(moved(v, "add r2, r3", signed_number(0, kReach + 1)), Reason::moved_by_variable);
    EXPECT_EQ(moved(v, "add r2, 1\nadd r2, r3", signed_number(0, kReach)), Reason::moved_too_far);
    EXPECT_EQ(moved(v, "sub r2, 1\nadd r2, r3", signed_number(-kReach, 0)), Reason::moved_too_far);
    EXPECT_EQ(moved(v, "add r2, r3\nadd r2, r3", signed_number(0, kReach)), Reason::moved_too_far);
    // The fixed part alone stays within reach, too: moved to and fro, it would not fit its word.
    EXPECT_EQ(moved(anywhere(of_map(Region::map_value, 0, kReach), -kReach, 0), "add r2, 1"), Reason::moved_too_far);
    EXPECT_EQ(moved(anywhere(of_map(Region::map_value, 0, -kReach), 0, kReach), "sub r2, 1"), Reason::moved_too_far);
    EXPECT_EQ(moved(packet, "add r2, r3", signed_number(0, 5)), Reason::none);
    EXPECT_EQ(moved(packet, "add r2, r3", signed_number(-1, 5)), Reason::moved_by_variable);
    EXPECT_EQ(moved(packet, "sub r2, r3", signed_number(0, 5)), Reason::moved_by_variable);
    EXPECT_EQ(moved(packet, "add r2, r3\nsub r2, r3", signed_number(0, 5)), Reason::moved_by_variable);
    EXPECT_EQ(moved(packet, "sub r2, 4"), Reason::none);
    for (const char* text : {"mul r2, 2", "and r2, -8", "or r2, 1", "xor r2, r3", "neg r2", "add32 r2, 4", "sub32 r2, 4", "lsh r2, 1", "add r2, r2", "sub r3, r2", "mul r3, r2"}) {
        EXPECT_EQ(moved(v, text), Reason::pointer_as_number) << text;
        EXPECT_EQ(moved(v, text, Value::constant(4), true), Reason::none) << text;
    }
    for (const char* text : {"be32 r2", "le64 r2", "bswap64 r2"}) {
        EXPECT_EQ(moved(v, text), Reason::pointer_as_number) << text;
        EXPECT_EQ(moved(v, text, Value::constant(4), true), Reason::none) << text;
    }
    EXPECT_EQ(moved(v, "add r2, r7"), Reason::unreadable_register);
    EXPECT_EQ(moved(v, "add r7, r2"), Reason::unreadable_register);
}

TEST(Pointers, lie_where_they_were_moved) {
    Bench b;
    b.s.regs[2] = of_map(Region::map_value, 0, 8);
    b.s.regs[3] = number(2, 5);
    ASSERT_EQ(b.run("mov r4, r2\nadd r4, r3\nmov r5, r2\nsub r5, r3\nadd r5, 4\nadd r3, r2\nsub r3, 1"), Reason::none);
    EXPECT_EQ(b.s.regs[4].offset_min(), 10);
    EXPECT_EQ(b.s.regs[4].offset_max(), 13);
    EXPECT_EQ(b.s.regs[5].offset_min(), 7);
    EXPECT_EQ(b.s.regs[5].offset_max(), 10);
    EXPECT_EQ(b.s.regs[3].offset_min(), 9);
    EXPECT_EQ(b.s.regs[3].offset_max(), 12);
    EXPECT_EQ(b.s.regs[3].region, Region::map_value);
}

// What was subtracted is not what the pointer was moved by.
TEST(Pointers, moved_back_are_not_the_number) {
    Bench b;
    b.s.regs[2] = of_map(Region::map_value, 0, 64);
    b.s.regs[3] = named(number(0, 60), kB);
    ASSERT_EQ(b.run("sub r2, r3"), Reason::none);
    EXPECT_NE(b.s.regs[2].symbol, kB);
    ASSERT_EQ(b.go("jgt r3, 5, +0", false), Edge::feasible);
    EXPECT_EQ(b.s.regs[2].offset_min(), 4);
    EXPECT_EQ(b.s.regs[2].offset_max(), 64);
}

// A named pointer and a number added to it: the sum lies between.
TEST(Pointers, that_moved_twice_lie_between) {
    const auto bounds = [](Value p, Value amount, const char* text = "add r2, r3") {
        Bench b;
        b.s.regs[2] = p;
        b.s.regs[3] = amount;
        b.s.regs[8] = named(number(0, 1000), kA);
        EXPECT_EQ(b.run(text), Reason::none);
        const Value moved = variable_part(b.s.regs[2]);
        std::int64_t up = 0, down = 0;
        for (unsigned i = 0; i < b.s.difference_count; ++i) {
            const Difference& d = b.s.differences[i];
            if (d.a == moved.symbol && d.b == kA) up = d.bound;
            if (d.a == kA && d.b == moved.symbol) down = d.bound;
        }
        return std::pair{down, up};
    };
    using Pair = std::pair<std::int64_t, std::int64_t>;
    const Value p = named(anywhere(pointer(Region::packet), 0, 50), kA), v = named(anywhere(of_map(Region::map_value), 10, 50), kA);
    EXPECT_EQ(bounds(p, named(number(2, 9), kB)), Pair(-2, 9));
    EXPECT_EQ(bounds(v, named(number(2, 9), kB)), Pair(-2, 9));
    EXPECT_EQ(bounds(v, named(signed_number(-2, 9), kB)), Pair(0, 0));
    EXPECT_EQ(bounds(named(anywhere(of_map(Region::map_value), -1, 50), kA), named(number(2, 9), kB)), Pair(0, 0));
    EXPECT_EQ(bounds(named(anywhere(pointer(Region::packet), 2, 50), kA, 3), named(number(2, 9), kB)), Pair(0, 0)) << "the word less 3 may wrap";
    EXPECT_EQ(bounds(named(anywhere(pointer(Region::packet), 3, 50), kA, 3), named(number(2, 9), kB)), Pair(-5, 12));
    EXPECT_EQ(bounds(v, named(number(2, 9), kB), "sub r2, r3"), Pair(0, 0));
}

// A packet pointer moved by a number is as far behind the start as the number is checked to be.
TEST(Pointers, into_packets_know_what_was_added) {
    const auto bytes_after = [](Value p, const char* text) {
        Bench b;
        b.s.regs[2] = p;
        b.s.regs[3] = b.s.regs[9] = named(number(0, 60), kB);
        b.s.learn(kB, kPacketLength, -20);  // r9 + 20 <= length
        EXPECT_EQ(b.run(text), Reason::none);
        std::int64_t bound = 0;
        return b.s.below_packet_end(variable_part(b.s.regs[2]), bound) ? -bound - b.s.regs[2].fixed : std::int64_t{-99};
    };
    const Value packet = pointer(Region::packet);
    EXPECT_EQ(bytes_after(packet, "add r2, r3"), 20);
    EXPECT_EQ(bytes_after(pointer(Region::packet, 5), "add r2, r3"), 15);
    EXPECT_EQ(bytes_after(packet, "add r3, 4\nadd r2, r3"), 16);
    EXPECT_EQ(bytes_after(packet, "add r3, r2\nmov r2, r3"), 20);
    Value three = packet;
    three.number = Number::constant(3);
    EXPECT_EQ(bytes_after(three, "add r2, r3"), 17);
    // Twice the number may be beyond the end.
    EXPECT_LE(bytes_after(packet, "add r2, r3\nadd r2, r3"), 0);
}

// How far it is from a pointer to the packet's end, or to a place in it, tells of the pointer when it is compared.
TEST(Pointers, are_as_far_from_the_end_as_was_subtracted) {
    const auto room = [](Value from, Value to, const char* text, bool taken = true) {
        Bench b;
        b.s.regs[2] = to;
        b.s.regs[3] = from;
        b.s.name(b.s.regs[2]);
        b.s.name(b.s.regs[3]);
        EXPECT_EQ(b.run("sub r2, r3"), Reason::none);
        EXPECT_EQ(b.go(text, taken), Edge::feasible);
        std::int64_t bound = 0;
        const Value x = variable_part(b.s.regs[3], b.s.regs[3].fixed);
        if (to.region == Region::packet) return b.s.regs[3].number.wide.umax;
        return b.s.below_packet_end(x, bound) && bound < 0 ? static_cast<std::uint64_t>(-bound) : 0;
    };
    const Value end = pointer(Region::packet_end), anyhow = anywhere(pointer(Region::packet, 20), 0, 200);
    EXPECT_EQ(room(anyhow, end, "jsge r2, 8, +0"), 8u);
    EXPECT_EQ(room(anyhow, end, "jsgt r2, 8, +0"), 9u);
    EXPECT_EQ(room(anyhow, end, "jslt r2, 8, +0", false), 8u);
    EXPECT_EQ(room(anyhow, end, "jsge r2, 0, +0"), 0u);
    EXPECT_EQ(room(anyhow, end, "jge r2, 8, +0"), 0u) << "as an unsigned word a negative distance is great, too";
    EXPECT_EQ(room(anywhere(pointer(Region::packet, 20), 0, std::int64_t{1} << 29), end, "jsge r2, 8, +0"), 0u) << "too far to be kept";
    EXPECT_EQ(room(anyhow, pointer(Region::packet, 100), "jsge r2, 8, +0"), 72u);
    EXPECT_EQ(room(anyhow, anywhere(pointer(Region::packet, 20), 0, 90), "jsge r2, 8, +0"), 82u);
}

TEST(Pointers, are_subtracted_within_one_object) {
    const auto between = [](Value a, Value b, bool raw = false) {
        Bench bench;
        bench.env.raw_memory = raw;
        bench.s.packet_bytes = 30;
        bench.s.regs[2] = a;
        bench.s.regs[3] = b;
        const Reason why = bench.run("sub r2, r3");
        EXPECT_TRUE(why == Reason::none || why == Reason::pointer_as_number);
        return why == Reason::none ? bench.s.regs[2] : Value{};
    };
    const auto range = [&](Value a, Value b) {
        const Value v = between(a, b);
        return std::pair{v.number.wide.smin, v.number.wide.smax};
    };
    using Pair = std::pair<std::int64_t, std::int64_t>;
    EXPECT_EQ(range(pointer(Region::stack, -8), pointer(Region::stack, -20)), Pair(12, 12));
    EXPECT_EQ(range(anywhere(pointer(Region::stack, -8), 0, 4), anywhere(pointer(Region::stack, -20), 0, 3)), Pair(9, 16));
    const Value packet = pointer(Region::packet), end = pointer(Region::packet_end);
    EXPECT_EQ(range(end, packet), Pair(30, kMaxPacket));
    EXPECT_EQ(range(end, pointer(Region::packet, 12)), Pair(18, kMaxPacket - 12));
    EXPECT_EQ(range(end, anywhere(packet, 0, 12)), Pair(18, kMaxPacket));
    EXPECT_EQ(between(end, packet).symbol, kPacketLength);
    EXPECT_EQ(between(end, packet).delta, 0);
    Value two = pointer(Region::packet, 12);
    two.number = Number::constant(2);
    EXPECT_EQ(between(end, two).delta, -14);
    EXPECT_NE(between(end, anywhere(packet, 0, 12)).symbol, 0) << "what it has to do with the packet's length";
    EXPECT_EQ(range(packet, end), Pair(-2 * kMaxOffset, 2 * kMaxOffset)) << "the other way round";
    EXPECT_EQ(between(end, end).kind, ValueKind::unknown);
    EXPECT_EQ(between(end, pointer(Region::packet_meta)).kind, ValueKind::unknown);
    Value other_frame = pointer(Region::stack);
    other_frame.frame = 1;
    EXPECT_EQ(between(pointer(Region::stack), other_frame).kind, ValueKind::unknown);
    EXPECT_EQ(between(pointer(Region::context), pointer(Region::stack)).kind, ValueKind::unknown);
    EXPECT_EQ(between(of_map(Region::map_value), of_map(Region::map_value)).kind, ValueKind::unknown) << "two values of one map";
    const Value record = pointer(Region::ring_buffer_record, 0, 8), memory = pointer(Region::memory, 0, 8);
    EXPECT_EQ(between(held(record, 1), held(record, 1)).kind, ValueKind::number);
    EXPECT_EQ(between(held(record, 1), held(record, 2)).kind, ValueKind::unknown);
    EXPECT_EQ(between(record, record).kind, ValueKind::unknown);
    EXPECT_EQ(between(memory, memory).kind, ValueKind::unknown);
    EXPECT_EQ(between(memory, memory, true).kind, ValueKind::number);
    EXPECT_EQ(between(of_map(Region::map_value), of_map(Region::map_value), true).kind, ValueKind::unknown);
    EXPECT_EQ(between(held(pointer(Region::object), 1), held(pointer(Region::object), 1)).kind, ValueKind::unknown) << "one may be borrowed from the other";
    EXPECT_EQ(between(of_map(Region::packet, 0), of_map(Region::packet, 1)).kind, ValueKind::unknown);
    EXPECT_EQ(between(or_null(pointer(Region::stack), 3), pointer(Region::stack)).kind, ValueKind::unknown);
    EXPECT_EQ(between(pointer(Region::stack), or_null(pointer(Region::stack), 3)).kind, ValueKind::unknown);
}

// An immediate of two slots, as bytes say it.
Reason loaded(bpf::Insn first, bpf::Insn second, Value* out = nullptr) {
    Bench b;
    b.maps.resize(3);
    b.maps[1].is_global_data = true;
    b.maps[1].value_size = 16;
    b.assemble("mov r0, 0\nmov r0, 0\nexit");
    (*b.code.back())[0] = first;
    (*b.code.back())[1] = second;
    const Reason why = b.m.step(0, decode(first)) ? Reason::none : b.m.failure().reason;
    if (out != nullptr) *out = b.s.regs[2];
    return why;
}

TEST(Immediates, of_64_bits_name_numbers_functions_maps_and_their_data) {
    constexpr std::uint8_t kNumber = 0, kMap = 1, kMapValue = 2, kFunction = 4;
    const auto first = [](std::uint8_t pseudo, std::int32_t imm) { return bpf::Insn{0x18, 2, pseudo, 0, imm}; };
    const auto second = [](std::int32_t imm) { return bpf::Insn{0, 0, 0, 0, imm}; };
    Value v;
    EXPECT_EQ(loaded(first(kNumber, -1), second(2), &v), Reason::none);
    EXPECT_TRUE(v.is_constant() && v.number.wide.umin == 0x2ffffffff);
    for (const bpf::Insn& bad : {bpf::Insn{0xb7, 0, 0, 0, 0}, bpf::Insn{0, 1, 0, 0, 0}, bpf::Insn{0, 0, 1, 0, 0}, bpf::Insn{0, 0, 0, 1, 0}}) EXPECT_EQ(loaded(first(kNumber, 0), bad), Reason::bad_instruction);
    EXPECT_EQ(loaded(first(kFunction, 1), second(0), &v), Reason::none);
    EXPECT_EQ(v.region, Region::function);
    EXPECT_EQ(v.size, 2u);
    EXPECT_EQ(loaded(first(kFunction, 2), second(0)), Reason::bad_target);
    EXPECT_EQ(loaded(first(kFunction, -1), second(0)), Reason::none);
    EXPECT_EQ(loaded(first(kFunction, -2), second(0)), Reason::bad_target);
    EXPECT_EQ(loaded(first(kMap, 2), second(0), &v), Reason::none);
    EXPECT_EQ(v.region, Region::map_handle);
    EXPECT_EQ(v.map, 2);
    EXPECT_EQ(loaded(first(kMap, 3), second(0)), Reason::bad_map);
    EXPECT_EQ(loaded(first(kMap, -1), second(0)), Reason::bad_map);
    EXPECT_EQ(loaded(first(kMapValue, 1), second(16), &v), Reason::none);
    EXPECT_EQ(v.region, Region::map_value);
    EXPECT_EQ(v.fixed, 16);
    EXPECT_EQ(loaded(first(kMapValue, 1), second(17)), Reason::region_bounds);
    EXPECT_EQ(loaded(first(kMapValue, 1), second(-1)), Reason::region_bounds);
    EXPECT_EQ(loaded(first(kMapValue, 0), second(0)), Reason::direct_map);
    EXPECT_EQ(loaded(first(3, 0), second(0)), Reason::bad_instruction);
    EXPECT_EQ(loaded(first(5, 0), second(0)), Reason::bad_instruction);
}

TEST(ByteSwaps, keep_words_that_are_whole) {
    EXPECT_TRUE(keeps(number(0, 0xffff), "le16 r2"));
    EXPECT_TRUE(loses(number(0, 0x10000), "le16 r2"));
    EXPECT_TRUE(keeps(number(0, UINT64_MAX), "le64 r2"));
    Words w(number(0, 0x10000));
    ASSERT_EQ(w.run("le16 r2"), Reason::none);
    EXPECT_EQ(w.of(2).umax, 0xffffu);
    Words c(Value::constant(0x12345678));
    ASSERT_EQ(c.run("mov r4, r2\nbe32 r4\nmov r5, r2\nbe16 r5\nmov r6, r2\nbswap64 r6\nmov r7, r2\nle16 r7"), Reason::none);
    EXPECT_TRUE(c.known(4, 0x78563412));
    EXPECT_TRUE(c.known(5, 0x7856));
    EXPECT_TRUE(c.known(6, 0x7856341200000000));
    EXPECT_TRUE(c.known(7, 0x5678));
}

// r2 is a word, r4 the word swapped.
TEST(ByteSwaps, are_0_when_the_word_is) {
    const auto not_zero = [](Value a, const char* swap, const char* jump, unsigned then) {
        Words w(a);
        EXPECT_EQ(w.run("mov r4, r2\n" + std::string(swap)), Reason::none);
        EXPECT_EQ(w.go(jump, false), Edge::feasible);
        return w.of(then).umin > 0;
    };
    EXPECT_TRUE(not_zero(number(0, UINT32_MAX), "be32 r4", "jeq r4, 0, +0", 8));
    EXPECT_TRUE(not_zero(number(0, UINT32_MAX), "be32 r4", "jeq r2, 0, +0", 4));
    EXPECT_TRUE(not_zero(number(0, 0xffff), "be16 r4", "jeq r4, 0, +0", 8));
    EXPECT_FALSE(not_zero(number(0, 0x10000), "be16 r4", "jeq r2, 0, +0", 4)) << "its upper half is cut";
    EXPECT_FALSE(not_zero(number(0, UINT64_MAX), "bswap64 r4", "jeq r2, 0, +0", 4)) << "no word of 32 bits";
    EXPECT_FALSE(not_zero(number(0, UINT32_MAX), "be32 r4", "jeq r2, 5, +0", 4));
    // No name is left for the swapped word: then nothing is known of it, nor of others that have none.
    Words last(number(0, UINT32_MAX));
    last.s.next_symbol = kLastSymbol;
    last.s.regs[5] = number(0, 9);
    ASSERT_EQ(last.run("mov r4, r2\nbe32 r4"), Reason::none);
    ASSERT_EQ(last.go("jeq r2, 0, +0", false), Edge::feasible);
    EXPECT_EQ(last.of(5).umin, 0u);
    EXPECT_EQ(last.of(4).umin, 0u);
    EXPECT_FALSE(not_zero(number(0, UINT32_MAX - 1), "add r4, 1\nbe32 r4", "jeq r2, 0, +0", 4)) << "the word moved";
}

}  // namespace
}  // namespace mbpf::proof
