// SPDX-License-Identifier: Apache-2.0
// Loads, stores and atomics of the checker's machine, each rule by programs that keep it and that break it by little.
#include "tests/verifier/machine_bench.h"

namespace mbpf::proof {
namespace {

struct Step {
    const char* text;
    Reason why;  // none: allowed
};

// r1 leads to a context of every kind of field.
struct ContextBench : Bench {
    explicit ContextBench(bool narrow = true) {
        const auto field = [&](std::uint32_t offset, std::uint32_t size, FieldRule rule, bool writable = false) -> Field& {
            Field f;
            f.offset = offset;
            f.size = size;
            f.rule = rule;
            f.writable = writable;
            return fields.emplace_back(f);
        };
        field(0, 8, FieldRule::scalar, true);
        Field& below_zero = field(8, 4, FieldRule::scalar);
        below_zero.is_signed = below_zero.has_range = true;
        below_zero.min = -5;
        below_zero.max = 7;
        Field& small = field(12, 4, FieldRule::scalar);
        small.has_range = true;
        small.min = 3;
        small.max = 9;
        field(16, 8, FieldRule::scalar).whole = true;
        field(24, 16, FieldRule::raw_bytes, true);
        Field& words = field(40, 16, FieldRule::raw_bytes);
        words.whole = true;
        words.element_size = 4;
        field(56, 8, FieldRule::object_or_null).object = 0;
        Field& sure = field(64, 8, FieldRule::object_or_null);
        sure.object = 0;
        sure.never_null = true;
        field(72, 4, FieldRule::packet_start);
        field(76, 4, FieldRule::packet_end);
        field(80, 4, FieldRule::packet_meta);
        Field& words_at_6 = field(86, 8, FieldRule::raw_bytes);
        words_at_6.whole = true;
        words_at_6.element_size = 4;
        Field& large = field(96, 8, FieldRule::scalar);
        large.has_range = true;
        large.min = 1;
        large.max = UINT64_MAX - 1;
        field(104, 8, FieldRule::object_or_null).object = -1;
        objects = {{32, true, -1, 0, 0, 0, 0, 0}};
        env.context_size = 112;
        env.narrow_context_access = narrow;
    }
};

void expect(const std::vector<Step>& steps, bool narrow = true) {
    for (const Step& step : steps) {
        ContextBench b(narrow);
        EXPECT_EQ(b.run(step.text), step.why) << step.text << (narrow ? " narrow" : "");
    }
}

TEST(ContextLoads, keep_to_one_field_aligned) {
    expect({{"ldxdw r2, [r1+0]", Reason::none},
            {"ldxw r2, [r1+4]", Reason::none},
            {"ldxb r2, [r1+3]", Reason::none},
            {"ldxw r2, [r1+2]", Reason::context_field},
            {"ldxh r2, [r1+1]", Reason::context_field},
            {"ldxdw r2, [r1+4]", Reason::context_field},
            {"ldxdw r2, [r1+8]", Reason::context_field},
            {"ldxdw r2, [r1+16]", Reason::none},
            {"ldxw r2, [r1+16]", Reason::context_field},
            {"ldxw r2, [r1+112]", Reason::context_field},
            {"ldxb r2, [r1+84]", Reason::context_field},
            {"ldxb r2, [r1+112]", Reason::context_field},
            {"ldxb r2, [r1-1]", Reason::context_field},
            {"ldxdw r2, [r1-4]", Reason::context_field}});
}

TEST(ContextLoads, take_pointers_whole_only) {
    expect({{"ldxw r2, [r1+72]", Reason::none}, {"ldxh r2, [r1+72]", Reason::context_field}, {"ldxb r2, [r1+79]", Reason::context_field}, {"ldxw r2, [r1+56]", Reason::context_field}, {"ldxdw r2, [r1+56]", Reason::none}, {"ldxsw r2, [r1+72]", Reason::pointer_as_number}});
    ContextBench b;
    ASSERT_EQ(b.run("ldxw r2, [r1+72]\nldxw r3, [r1+76]\nldxw r4, [r1+80]\nldxdw r5, [r1+56]\nldxdw r6, [r1+64]"), Reason::none);
    EXPECT_EQ(b.s.regs[2].region, Region::packet);
    EXPECT_EQ(b.s.regs[3].region, Region::packet_end);
    EXPECT_EQ(b.s.regs[4].region, Region::packet_meta);
    EXPECT_EQ(b.s.regs[5].kind, ValueKind::pointer_or_null);
    EXPECT_NE(b.s.regs[5].symbol, 0);
    EXPECT_EQ(b.s.regs[6].kind, ValueKind::pointer);
    EXPECT_FALSE(b.s.regs[6].read_only);
    EXPECT_EQ(b.s.regs[6].size, 32u);
    ASSERT_EQ(b.run("ldxdw r7, [r1+104]"), Reason::none);
    EXPECT_TRUE(b.s.regs[7].read_only) << "of no class";
    EXPECT_EQ(b.s.regs[7].size, 0u);
}

TEST(ContextLoads, of_bytes_are_aligned_where_the_hook_says_so) {
    const std::vector<Step> any{{"ldxdw r2, [r1+24]", Reason::none}, {"ldxh r2, [r1+26]", Reason::none}, {"ldxw r2, [r1+40]", Reason::none}, {"ldxw r2, [r1+44]", Reason::none}, {"ldxw r2, [r1+42]", Reason::context_field}, {"ldxh r2, [r1+40]", Reason::context_field}, {"ldxdw r2, [r1+40]", Reason::context_field}, {"ldxw r2, [r1+90]", Reason::none}, {"ldxw r2, [r1+88]", Reason::context_field}};
    expect(any, true);
    expect(any, false);
    expect({{"ldxw r2, [r1+26]", Reason::context_field}}, true);
    expect({{"ldxw r2, [r1+26]", Reason::none}}, false);
}

TEST(ContextLoads, give_no_more_than_the_field_may_hold) {
    ContextBench b;
    ASSERT_EQ(b.run("ldxw r2, [r1+8]\nldxh r3, [r1+8]\nldxw r4, [r1+12]\nldxh r5, [r1+12]\nldxsw r6, [r1+8]\nldxsh r7, [r1+8]"), Reason::none);
    // -5 to 7 as a word of 32 bits.
    EXPECT_EQ(b.of(2).umax, 0xffffffffu);
    EXPECT_EQ(b.s.regs[2].number.low.smin, -5);
    EXPECT_EQ(b.s.regs[2].number.low.smax, 7);
    EXPECT_EQ(b.of(3).umax, 0xffffu) << "half of the field has no range";
    EXPECT_EQ(b.of(4).umin, 3u);
    EXPECT_EQ(b.of(4).umax, 9u);
    EXPECT_EQ(b.of(5).umax, 0xffffu);
    EXPECT_EQ(b.of(6).smin, -5);
    EXPECT_EQ(b.of(6).smax, 7);
    EXPECT_EQ(b.of(7).smin, -32768);
    ASSERT_EQ(b.run("ldxdw r2, [r1+96]"), Reason::none);
    EXPECT_EQ(b.of(2).umin, 1u);
    EXPECT_EQ(b.of(2).umax, UINT64_MAX - 1);
    ASSERT_EQ(b.run("ldxdw r2, [r1+0]"), Reason::none);
    EXPECT_EQ(b.of(2), Interval<std::uint64_t>{}) << "of no range";
    EXPECT_EQ(b.of(7).smax, 32767);
}

TEST(ContextLoads, are_at_a_known_place) {
    ContextBench b;
    b.s.regs[2] = number(0, 8);
    EXPECT_EQ(b.run("add r1, r2\nldxb r3, [r1+24]"), Reason::context_variable);
    EXPECT_EQ(ContextBench().run("add r1, 24\nldxdw r2, [r1+0]"), Reason::none);
}

// Bytes lie one behind the other on the device, too; of other fields nothing is said.
TEST(ContextLoads, of_bytes_may_be_anywhere_among_them) {
    const auto at = [](Value distance, const char* access, bool narrow = false) {
        ContextBench b(narrow);
        b.s.regs[2] = distance;
        return b.run((std::string("add r1, r2\n") + access).c_str());
    };
    EXPECT_EQ(at(number(0, 15), "ldxb r3, [r1+24]"), Reason::none);
    EXPECT_EQ(at(number(0, 15), "stb [r1+24], 1"), Reason::none);
    EXPECT_EQ(at(number(0, 8), "ldxdw r3, [r1+24]"), Reason::none);
    EXPECT_EQ(at(number(24, 39), "ldxb r3, [r1+0]"), Reason::none);
    EXPECT_EQ(at(number(0, 16), "ldxb r3, [r1+24]"), Reason::context_variable);
    EXPECT_EQ(at(number(0, 16), "stb [r1+24], 1"), Reason::context_variable);
    EXPECT_EQ(at(number(0, 9), "ldxdw r3, [r1+24]"), Reason::context_variable);
    EXPECT_EQ(at(number(0, 15), "ldxb r3, [r1+23]"), Reason::context_variable) << "the end of the field before";
    EXPECT_EQ(at(signed_number(-1, 3), "ldxb r3, [r1+24]"), Reason::context_variable);
    EXPECT_EQ(at(Value::of(Number::unknown()), "ldxb r3, [r1+24]"), Reason::moved_by_variable);
    EXPECT_EQ(at(number(0, 1), "ldxb r3, [r1+0]"), Reason::context_variable) << "a number's";
    EXPECT_EQ(at(number(0, 4), "ldxw r3, [r1+40]"), Reason::context_variable) << "those that are read by elements";
    EXPECT_EQ(at(number(0, 1), "ldxb r3, [r1+72]"), Reason::context_variable) << "a packet pointer's";
    EXPECT_EQ(at(number(0, 15), "ldxb r3, [r1+24]", true), Reason::context_variable) << "rewritten for the target";
}

TEST(ContextStores, go_where_the_field_is_writable_and_no_pointer_leaks) {
    for (bool narrow : {true, false})
        expect({{"stdw [r1+0], 1", Reason::none},
                {"stw [r1+4], 1", Reason::context_field},
                {"stw [r1+8], 1", Reason::field_read_only},
                {"stxdw [r1+0], r10", Reason::pointer_leak},
                {"stxdw [r1+0], r2", Reason::unreadable_register},
                {"stdw [r1+4], 1", Reason::context_field},
                {"stdw [r1+112], 1", Reason::context_field},
                {"stdw [r1+24], 1", Reason::none},
                {"stw [r1+24], 1", Reason::none},
                {"stw [r1+25], 1", narrow ? Reason::context_field : Reason::none}},
               narrow);
    expect({{"sth [r1+1], 1", Reason::context_field}}, true);
}

// r10 - 8 holds what `stored` is.
TEST(Stack, is_read_where_all_bytes_are_written) {
    for (const Step& step : {Step{"stdw [r10-8], 1\nldxdw r2, [r10-8]", Reason::none}, Step{"ldxdw r2, [r10-8]", Reason::stack_unwritten}, Step{"stw [r10-8], 1\nldxdw r2, [r10-8]", Reason::stack_unwritten}, Step{"stw [r10-4], 1\nldxdw r2, [r10-8]", Reason::stack_unwritten},
                             Step{"stb [r10-8], 1\nldxb r2, [r10-8]", Reason::none}, Step{"stb [r10-8], 1\nldxb r2, [r10-7]", Reason::stack_unwritten}, Step{"stb [r10-8], 1\nldxb r2, [r10-9]", Reason::stack_unwritten}, Step{"stdw [r10-512], 1\nldxdw r2, [r10-512]", Reason::none},
                             Step{"stb [r10-513], 1", Reason::stack_bounds}, Step{"stw [r10-3], 1", Reason::stack_bounds}, Step{"ldxb r2, [r10+0]", Reason::stack_bounds}, Step{"stxdw [r10-8], r10\nldxw r2, [r10-8]", Reason::stack_pointer_bytes},
                             Step{"stxdw [r10-8], r10\nldxb r2, [r10-1]", Reason::stack_pointer_bytes}, Step{"stxdw [r10-8], r10\nstdw [r10-16], 0\nldxdw r2, [r10-12]", Reason::stack_pointer_bytes}}) {
        Bench b;
        EXPECT_EQ(b.run(step.text), step.why) << step.text;
    }
}

TEST(Stack, at_one_of_several_places_is_all_of_them) {
    const auto at_two = [](const char* before, const char* access, bool leaks = false) {
        Bench b;
        b.env.pointer_leaks_allowed = leaks;
        EXPECT_EQ(b.run(before), Reason::none) << before;
        b.s.regs[2] = anywhere(pointer(Region::stack, -16), 0, 8);
        return b.run(access);
    };
    const char* both = "stdw [r10-16], 5\nstdw [r10-8], 7";
    EXPECT_EQ(at_two(both, "ldxdw r3, [r2+0]"), Reason::none);
    EXPECT_EQ(at_two(both, "ldxdw r3, [r2+1]"), Reason::stack_bounds);
    EXPECT_EQ(at_two(both, "ldxdw r3, [r2-1]"), Reason::stack_unwritten);
    EXPECT_EQ(at_two("stdw [r10-16], 5", "ldxdw r3, [r2+0]"), Reason::stack_unwritten);
    EXPECT_EQ(at_two("stdw [r10-8], 5", "ldxdw r3, [r2+0]"), Reason::stack_unwritten);
    EXPECT_EQ(at_two("stdw [r10-16], 5\nstxdw [r10-8], r10", "ldxdw r3, [r2+0]"), Reason::stack_pointer_bytes);
    EXPECT_EQ(at_two("stdw [r10-16], 5\nstxdw [r10-8], r10", "ldxdw r3, [r2+0]", true), Reason::none);
    EXPECT_EQ(at_two("stdw [r10-16], 5\nstxdw [r10-8], r10", "stdw [r2+0], 1"), Reason::write_over_pointer);
    EXPECT_EQ(at_two("stdw [r10-8], 5\nstxdw [r10-16], r10", "stdw [r2+0], 1"), Reason::write_over_pointer);
    EXPECT_EQ(at_two("stdw [r10-16], 5\nstxdw [r10-24], r10", "stdw [r2+0], 1"), Reason::none);
    EXPECT_EQ(at_two(both, "stxdw [r2+0], r10"), Reason::pointer_in_parts);
    // Which of the two is read, or was written, nobody knows.
    Bench b;
    ASSERT_EQ(b.run(both), Reason::none);
    b.s.regs[2] = anywhere(pointer(Region::stack, -16), 0, 8);
    ASSERT_EQ(b.run("ldxdw r3, [r2+0]\nstdw [r2+0], 9\nldxdw r4, [r10-16]\nldxdw r5, [r10-8]"), Reason::none);
    for (unsigned r : {3u, 4u, 5u}) EXPECT_FALSE(b.s.regs[r].is_constant()) << r;
    EXPECT_EQ(at_two("stdw [r10-16], 5", "stdw [r2+0], 1\nldxdw r3, [r10-8]"), Reason::stack_unwritten);
}

TEST(Stack, keeps_the_bytes_beside_a_write) {
    const auto after = [](const char* store, const char* load) {
        Bench b;
        EXPECT_EQ(b.run("lddw r2, 0x1122334455667788\nstxdw [r10-8], r2\nstdw [r10-16], 3\nstdw [r10-24], 4"), Reason::none);
        EXPECT_EQ(b.run(store), Reason::none);
        EXPECT_EQ(b.run(load), Reason::none);
        return b.s.regs[3].is_constant() ? b.of(3).umin : ~0ull;
    };
    EXPECT_EQ(after("stw [r10-8], 0", "ldxw r3, [r10-4]"), 0x11223344u);
    EXPECT_EQ(after("stw [r10-4], 0", "ldxw r3, [r10-8]"), 0x55667788u);
    EXPECT_EQ(after("stb [r10-6], 0", "ldxh r3, [r10-8]"), 0x7788u);
    EXPECT_EQ(after("stb [r10-6], 0", "ldxw r3, [r10-4]"), 0x11223344u);
    EXPECT_EQ(after("stb [r10-6], 0", "ldxdw r3, [r10-8]"), 0x1122334455007788u);
    EXPECT_EQ(after("stw [r10-8], 0", "ldxdw r3, [r10-16]"), 3u);
    EXPECT_EQ(after("stw [r10-20], 9", "ldxdw r3, [r10-16]"), 3u);
    EXPECT_EQ(after("stw [r10-20], 9", "ldxdw r3, [r10-24]"), 0x900000004u);
    EXPECT_EQ(after("stdw [r10-12], 9", "ldxdw r3, [r10-16]"), 0x900000003u);
    EXPECT_EQ(after("stdw [r10-12], 9", "ldxw r3, [r10-4]"), 0x11223344u);
    EXPECT_EQ(after("stb [r10-8], 0x1ff", "ldxb r3, [r10-8]"), 0xffu) << "the low byte alone is stored";
    EXPECT_EQ(after("mov r4, 0", "ldxsh r3, [r10-8]"), 0x7788u);
    EXPECT_EQ(after("mov r4, 0", "ldxsb r3, [r10-8]"), 0xffffffffffffff88u);
}

// Beside what is written, other bytes stay unwritten, and cells that only touch it stay what they were.
TEST(Stack, beside_a_write_is_no_more_written_than_before) {
    Bench b;
    ASSERT_EQ(b.run("stdw [r10-32], 1\nstdw [r10-16], 2\nstdw [r10-48], 3"), Reason::none);
    EXPECT_EQ(b.run("ldxb r2, [r10-24]"), Reason::stack_unwritten);
    EXPECT_EQ(b.run("ldxb r2, [r10-40]"), Reason::stack_unwritten);
    Bench c;
    c.s.regs[2] = c.s.regs[3] = number(0, 300);
    ASSERT_EQ(c.run("stxdw [r10-24], r2\nstxdw [r10-8], r3\nstdw [r10-16], 0"), Reason::none);
    EXPECT_EQ(c.go("jgt r2, 5, +0", false), Edge::feasible);
    EXPECT_EQ(c.go("jgt r3, 6, +0", false), Edge::feasible);
    ASSERT_EQ(c.run("ldxdw r4, [r10-24]\nldxdw r5, [r10-8]"), Reason::none);
    EXPECT_EQ(c.of(4).umax, 5u);
    EXPECT_EQ(c.of(5).umax, 6u);
}

// Bytes are counted in words of 64: what is written in one says nothing of the others.
TEST(Stack, is_known_byte_by_byte) {
    for (int at : {-8, -60, -64, -68, -72, -130, -448, -500, -512}) {
        Bench b;
        const std::string place = std::to_string(at);
        ASSERT_EQ(b.run("stdw [r10" + place + "], 1"), Reason::none);
        for (int read = -512; read < 0; ++read) EXPECT_EQ(b.run("ldxb r2, [r10" + std::to_string(read) + "]"), read >= at && read < at + 8 ? Reason::none : Reason::stack_unwritten) << at << " " << read;
    }
}

// Cells of two frames lie side by side.
TEST(Stack, of_each_frame_has_its_own_cells) {
    Bench b;
    ASSERT_EQ(b.run("stdw [r10-8], 1\nstdw [r10-24], 2\nstxdw [r10-40], r10\nstdw [r10-56], 3"), Reason::none);
    b.s.drop(0, -56, 8);
    const Value callers = b.s.regs[10];
    ASSERT_TRUE(b.m.call(0, 0));
    b.s.regs[1] = callers;
    ASSERT_EQ(b.run("stdw [r10-16], 4\nstdw [r10-40], 5\nstdw [r10-56], 6\nstxdw [r10-24], r1\nstdw [r10-4], 7"), Reason::stack_bounds);
    ASSERT_EQ(b.run("stw [r10-16], 8\nldxdw r2, [r1-8]\nldxdw r3, [r1-24]\nldxdw r4, [r1-56]\nldxw r5, [r1-56]\nldxdw r6, [r10-40]\nldxdw r7, [r10-16]"), Reason::none);
    EXPECT_TRUE(b.known(2, 1));
    EXPECT_TRUE(b.known(3, 2));
    EXPECT_EQ(b.of(4).umax, UINT64_MAX) << "the other frame's 6";
    EXPECT_EQ(b.of(5).umax, UINT32_MAX);
    EXPECT_TRUE(b.known(6, 5));
    EXPECT_TRUE(b.known(7, 8));
    ASSERT_EQ(b.run("stdw [r1-40], 9\nstdw [r1-24], 10\nldxdw r2, [r10-40]\nldxdw r3, [r10-24]"), Reason::none);
    EXPECT_TRUE(b.known(2, 5));
    EXPECT_EQ(b.s.regs[3].region, Region::stack);
}

TEST(Stack, of_the_caller_may_hold_what_nobody_knows) {
    Bench b;
    b.s.frames[0].mark(-64, 64, true);
    const Value callers = b.s.regs[10];
    ASSERT_TRUE(b.m.call(0, 0));
    b.s.drop(1, 0, 8);
    b.s.regs[1] = callers;
    ASSERT_EQ(b.run("stdw [r10-8], 6\nstxdw [r10-64], r1\nldxdw r2, [r1-8]\nstdw [r1-16], 9\nldxdw r3, [r10-64]\nldxdw r4, [r10-8]\nldxdw r5, [r1-64]"), Reason::none);
    EXPECT_EQ(b.of(2).umax, UINT64_MAX) << "the callee's 6";
    EXPECT_EQ(b.s.regs[3].region, Region::stack);
    EXPECT_TRUE(b.known(4, 6));
}

// Stated one over the other, or more than there is room for.
TEST(Stack, cells_are_disjoint_and_no_more_than_there_is_room) {
    Bench b;
    b.s.put({-16, 8, 0}, Value::constant(5));
    b.s.put({-12, 4, 0}, Value::constant(6));
    EXPECT_EQ(b.s.cell_count, 1);
    EXPECT_EQ(b.s.value_at({-16, 8, 0}), nullptr);
    std::vector<Cell> two(3);
    State s(two.data(), 2);
    s.clear();
    two[2].value = Value::constant(99);
    s.put({-8, 8, 0}, Value::constant(1));
    s.put({-16, 8, 0}, Value::constant(2));
    s.put({-24, 8, 0}, Value::constant(3));
    s.put({-32, 8, 0}, pointer(Region::context));
    EXPECT_EQ(s.cell_count, 2);
    EXPECT_TRUE(two[2].value.is_constant() && two[2].value.number.wide.umin == 99) << "behind the room";
    EXPECT_TRUE(s.frames[0].all_written(-24, 8)) << "any number";
    EXPECT_FALSE(s.frames[0].any_written(-32, 8)) << "no number at all";
    EXPECT_EQ(s.value_at({-16, 8, 0})->number.wide.umin, 2u);
}

TEST(Stack, of_addresses_that_may_be_seen_is_not_known) {
    Bench b;
    b.env.pointer_leaks_allowed = true;
    ASSERT_EQ(b.run("stxdw [r10-8], r10\nldxw r2, [r10-8]\nldxb r3, [r10-1]\nldxdw r4, [r10-12]\nldxb r5, [r10-60]"), Reason::none);
    EXPECT_EQ(b.of(2).umax, UINT32_MAX);
    EXPECT_EQ(b.of(3).umax, 255u);
    EXPECT_EQ(b.of(4), Interval<std::uint64_t>{});
    EXPECT_EQ(b.of(5).umax, 255u);
}

// What a slot holds is named when it is read, too.
TEST(Stack, is_refined_with_what_was_read_from_it) {
    Bench b;
    b.s.put({-8, 8, 0}, number(0, 300));
    ASSERT_EQ(b.run("ldxdw r2, [r10-8]"), Reason::none);
    EXPECT_EQ(b.go("jgt r2, 5, +0", false), Edge::feasible);
    ASSERT_EQ(b.run("ldxdw r3, [r10-8]"), Reason::none);
    EXPECT_EQ(b.of(3).umax, 5u);
}

TEST(Stack, of_the_caller_is_another) {
    Bench b;
    ASSERT_EQ(b.run("stdw [r10-8], 5"), Reason::none);
    const Value callers = b.s.regs[10];
    ASSERT_TRUE(b.m.call(0, 0));
    b.s.regs[1] = callers;
    EXPECT_EQ(b.run("ldxdw r2, [r10-8]"), Reason::stack_unwritten);
    EXPECT_EQ(b.run("stw [r10-8], 6\nldxw r2, [r10-4]"), Reason::stack_unwritten) << "the caller's number lies there";
    EXPECT_EQ(b.run("stdw [r10-8], 6\nldxdw r2, [r1-8]\nldxdw r3, [r10-8]\nstw [r10-8], 7\nldxdw r4, [r1-8]"), Reason::none);
    EXPECT_TRUE(b.known(2, 5));
    EXPECT_TRUE(b.known(3, 6));
    EXPECT_TRUE(b.known(4, 5));
}

TEST(Stack, holds_the_same_number_as_the_register) {
    const auto low_of = [](const char* text, const char* then) {
        Bench b;
        b.s.regs[2] = number(0, 300);
        b.s.regs[3] = number(0, 200);
        EXPECT_EQ(b.run("stxdw [r10-8], r2\nstxb [r10-16], r2\nstxb [r10-24], r3\nldxdw r4, [r10-8]\nldxb r5, [r10-16]\nldxb r6, [r10-24]"), Reason::none);
        EXPECT_EQ(b.go(text, false), Edge::feasible);
        EXPECT_EQ(b.run(then), Reason::none);
        return b.of(7).umax;
    };
    EXPECT_EQ(low_of("jgt r4, 5, +0", "mov r7, r2"), 5u);
    EXPECT_EQ(low_of("jgt r2, 5, +0", "ldxdw r7, [r10-8]"), 5u);
    EXPECT_EQ(low_of("jgt r6, 5, +0", "mov r7, r3"), 5u);
    EXPECT_EQ(low_of("jgt r5, 5, +0", "mov r7, r2"), 300u) << "its low byte is not the number";
}

TEST(Stack, use_is_counted_to_its_deepest_byte) {
    Bench b;
    ASSERT_EQ(b.run("stdw [r10-24], 1\nstdw [r10-8], 1"), Reason::none);
    EXPECT_EQ(b.m.touched[0], 24u);
    b.s.regs[2] = anywhere(pointer(Region::stack, -64), 0, 32);
    ASSERT_EQ(b.run("stdw [r2+0], 1"), Reason::none);
    EXPECT_EQ(b.m.touched[0], 64u);
}

TEST(Stack, takes_whole_pointers_at_multiples_of_8) {
    for (const Step& step : {Step{"stxdw [r10-8], r1", Reason::none}, Step{"stxw [r10-8], r1", Reason::pointer_in_parts}, Step{"stxdw [r10-12], r1", Reason::pointer_in_parts}, Step{"stxdw [r10-9], r1", Reason::pointer_in_parts}}) {
        Bench b;
        EXPECT_EQ(b.run(step.text), step.why) << step.text;
    }
}

// r2 leads to `at`, with `change` made to the tables; the access, and why it is refused.
struct Place {
    Value at;
    const char* text;
    Reason why;
};

struct RegionBench : Bench {
    static constexpr KernelField kLock{8, 4, KernelUse::lock};
    static constexpr std::uint8_t kInitial[] = {1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 9};
    RegionBench() {
        maps.resize(4);
        for (MapRule& map : maps) map.value_size = 16;
        maps[0].kernel_fields = &kLock;
        maps[0].kernel_field_count = 1;
        maps[1].read_only = true;
        maps[1].initial = kInitial;
        maps[1].initial_size = sizeof kInitial;
        maps[2].write_only = true;
        // 24 bytes of fields of 4; 8 to 12 hidden; from 16 on fields of 8.
        // What lies behind the last one is no class.
        objects = {{24, false, -1, 8, 12, 4, 16, 24}, {6, true, 0, 0, 0, 4, 0, 0}, {24, true, 0, 0, 0, 0, 0, 0}, {24, false, -1, 0, 24, 0, 0, 0}};
        objects.pop_back();
        s.packet_bytes = 20;
        s.metadata_bytes = 6;
    }
    Value object(std::int16_t which, bool read_only) const {
        Value v = of_map(Region::object, which);
        v.size = which == 1 ? 6 : 24;
        v.read_only = read_only;
        return v;
    }
};

void expect_places(const std::vector<Place>& places, bool read_only_packet = false, bool leaks = false) {
    for (const Place& p : places) {
        RegionBench b;
        b.env.packet_read_only = read_only_packet;
        b.env.pointer_leaks_allowed = leaks;
        b.s.regs[2] = p.at;
        b.s.regs[3] = Value::constant(1);
        EXPECT_EQ(b.run(p.text), p.why) << p.text << " " << static_cast<int>(p.at.region) << " " << p.at.map << " " << p.at.fixed;
    }
}

TEST(Regions, are_left_on_neither_side) {
    for (Region region : {Region::map_value, Region::ring_buffer_record, Region::memory}) {
        Value v = pointer(region, 0, 16);
        if (region == Region::map_value) v.map = 3;
        expect_places({{v, "ldxdw r4, [r2+8]", Reason::none}, {v, "ldxdw r4, [r2+9]", Reason::region_bounds}, {v, "ldxb r4, [r2-1]", Reason::region_bounds}, {v, "stb [r2+16], 1", Reason::region_bounds}, {v, "stb [r2+15], 1", Reason::none},
                       {anywhere(v, 0, 8), "ldxdw r4, [r2+0]", Reason::none}, {anywhere(v, 0, 9), "ldxdw r4, [r2+0]", Reason::region_bounds}, {anywhere(v, -1, 8), "ldxdw r4, [r2+0]", Reason::region_bounds}});
    }
    const Value meta = pointer(Region::packet_meta), packet = pointer(Region::packet);
    expect_places({{meta, "ldxw r4, [r2+2]", Reason::none}, {meta, "ldxw r4, [r2+3]", Reason::region_bounds}, {meta, "ldxb r4, [r2-1]", Reason::region_bounds}, {packet, "ldxdw r4, [r2+12]", Reason::none}, {packet, "ldxdw r4, [r2+13]", Reason::packet_bounds}, {packet, "ldxb r4, [r2-1]", Reason::packet_bounds},
                   {anywhere(packet, -1, 3), "ldxb r4, [r2+0]", Reason::packet_bounds}, {anywhere(packet, 0, 12), "ldxdw r4, [r2+0]", Reason::none}, {anywhere(packet, 0, 13), "ldxdw r4, [r2+0]", Reason::packet_bounds}});
}

TEST(Regions, that_are_no_memory_are_not_touched) {
    for (Region region : {Region::packet_end, Region::map_handle, Region::function, Region::mixed}) expect_places({{of_map(region, 3), "ldxb r4, [r2+0]", Reason::no_memory}, {of_map(region, 3), "stb [r2+0], 1", Reason::no_memory}});
    const Value some = of_map(Region::map_value, 3);
    expect_places({{or_null(some, 5), "ldxb r4, [r2+0]", Reason::null_access}, {or_null(some, 5), "stb [r2+0], 1", Reason::null_access}, {Value::constant(0), "ldxb r4, [r2+0]", Reason::number_access}, {Value::constant(0), "stb [r2+0], 1", Reason::number_access}, {Value{}, "ldxb r4, [r2+0]", Reason::unreadable_register},
                   {Value{}, "stb [r2+0], 1", Reason::unreadable_register}, {some, "stxb [r2+0], r9", Reason::unreadable_register}, {of_map(Region::map_value, 4), "ldxb r4, [r2+0]", Reason::bad_map}, {of_map(Region::map_value, -1), "ldxb r4, [r2+0]", Reason::bad_map}});
}

TEST(Regions, keep_pointers_to_themselves) {
    const Value some = of_map(Region::map_value, 3);
    expect_places({{some, "stxdw [r2+0], r10", Reason::pointer_leak}});
    expect_places({{some, "stxdw [r2+0], r10", Reason::none}, {some, "stxdw [r2+9], r10", Reason::region_bounds}}, false, true);
}

TEST(Regions, that_are_read_only_are_not_written) {
    const Value packet = pointer(Region::packet);
    expect_places({{packet, "ldxb r4, [r2+0]", Reason::none}, {packet, "stb [r2+0], 1", Reason::constant_written}}, true);
    expect_places({{packet, "stb [r2+0], 1", Reason::none}});
    Value key = pointer(Region::memory, 0, 4);
    key.read_only = true;
    expect_places({{key, "ldxb r4, [r2+0]", Reason::none},
                   {key, "stb [r2+0], 1", Reason::constant_written},
                   {of_map(Region::map_value, 1), "ldxb r4, [r2+0]", Reason::none},
                   {of_map(Region::map_value, 1), "stb [r2+0], 1", Reason::constant_written},
                   {of_map(Region::map_value, 2), "ldxb r4, [r2+0]", Reason::write_only},
                   {of_map(Region::map_value, 2), "stb [r2+0], 1", Reason::none}});
}

TEST(MapValues, hide_the_helpers_own_bytes) {
    const Value v = of_map(Region::map_value, 0);
    expect_places({{v, "ldxdw r4, [r2+0]", Reason::none}, {v, "ldxw r4, [r2+12]", Reason::none}, {v, "ldxdw r4, [r2+1]", Reason::kernel_field}, {v, "ldxb r4, [r2+11]", Reason::kernel_field}, {v, "ldxb r4, [r2+8]", Reason::kernel_field}, {v, "stb [r2+8], 1", Reason::kernel_field}, {anywhere(v, 0, 15), "ldxb r4, [r2+0]", Reason::kernel_field}});
}

TEST(Objects, are_touched_by_fields_outside_of_what_is_hidden) {
    RegionBench b;
    const Value o = b.object(0, true), w = b.object(1, false);
    expect_places({{o, "ldxw r4, [r2+0]", Reason::none},
                   {o, "ldxh r4, [r2+2]", Reason::none},
                   {o, "ldxh r4, [r2+3]", Reason::region_bounds},
                   {o, "ldxdw r4, [r2+0]", Reason::region_bounds},
                   {o, "ldxw r4, [r2+4]", Reason::none},
                   {o, "ldxb r4, [r2+8]", Reason::region_bounds},
                   {o, "ldxb r4, [r2+11]", Reason::region_bounds},
                   {o, "ldxw r4, [r2+12]", Reason::none},
                   {o, "ldxdw r4, [r2+12]", Reason::region_bounds},
                   {o, "ldxdw r4, [r2+16]", Reason::none},
                   {o, "ldxw r4, [r2+20]", Reason::none},
                   {o, "ldxw r4, [r2+18]", Reason::none},
                   {o, "ldxb r4, [r2+24]", Reason::region_bounds},
                   {o, "ldxb r4, [r2-1]", Reason::region_bounds},
                   {o, "stw [r2+0], 1", Reason::no_memory},
                   {w, "stw [r2+0], 1", Reason::none},
                   {w, "ldxh r4, [r2+4]", Reason::none},
                   {w, "ldxh r4, [r2+3]", Reason::region_bounds},
                   {w, "ldxw r4, [r2+4]", Reason::region_bounds},
                   {b.object(2, false), "ldxdw r4, [r2+3]", Reason::none},
                   {b.object(2, false), "ldxdw r4, [r2+17]", Reason::region_bounds},
                   {b.object(3, true), "ldxdw r4, [r2+16]", Reason::none},
                   {b.object(3, true), "ldxdw r4, [r2+17]", Reason::region_bounds}});
    // A key belongs to map 0, not to class 0.
    Value key = b.object(0, true);
    key.region = Region::memory;
    expect_places({{key, "ldxdw r4, [r2+7]", Reason::none}});
}

TEST(FrozenData, is_what_the_object_says_at_every_place_it_may_be) {
    const auto loaded = [](Value at, const char* load) {
        RegionBench b;
        b.s.regs[2] = at;
        EXPECT_EQ(b.run(load), Reason::none) << load;
        return b.s.regs[4].number.wide;
    };
    const Value v = of_map(Region::map_value, 1), first = of_map(Region::map_value, 1, 4);
    EXPECT_EQ(loaded(v, "ldxw r4, [r2+0]"), Interval<std::uint64_t>::constant(1));
    EXPECT_EQ(loaded(v, "ldxw r4, [r2+4]"), Interval<std::uint64_t>::constant(0xffffffff));
    EXPECT_EQ(loaded(first, "ldxw r4, [r2+0]"), Interval<std::uint64_t>::constant(0xffffffff));
    EXPECT_EQ(loaded(v, "ldxsw r4, [r2+4]"), Interval<std::uint64_t>::constant(~0ull));
    EXPECT_EQ(loaded(v, "ldxb r4, [r2+8]"), Interval<std::uint64_t>::constant(9));
    EXPECT_EQ(loaded(v, "ldxb r4, [r2+9]").umax, 255u) << "not told";
    EXPECT_EQ(loaded(v, "ldxh r4, [r2+8]").umax, 0xffffu);
    EXPECT_EQ(loaded(of_map(Region::map_value, 3), "ldxb r4, [r2+0]").umax, 255u);
    Value key = pointer(Region::memory, 0, 4);
    key.map = 1;
    EXPECT_EQ(loaded(key, "ldxb r4, [r2+0]").umax, 255u) << "a key is no value";
    const auto changed = [] {
        RegionBench b;
        b.maps[3].initial = RegionBench::kInitial;
        b.maps[3].initial_size = sizeof RegionBench::kInitial;
        b.s.regs[2] = of_map(Region::map_value, 3);
        EXPECT_EQ(b.run("ldxb r4, [r2+0]"), Reason::none);
        return b.of(4).umax;
    };
    EXPECT_EQ(changed(), 255u) << "what may be written";
    Value two = v;
    two.number = Number::alu64(bpf::AluOp::and_, Number::unknown(), Number::constant(8));
    EXPECT_EQ(loaded(two, "ldxb r4, [r2+0]").umax, 9u) << "1 or 9";
    EXPECT_EQ(loaded(two, "ldxb r4, [r2+0]").umin, 1u);
    two.fixed = -4;
    EXPECT_EQ(loaded(anywhere(v, 0, 4), "ldxb r4, [r2+4]").umin, 9u) << "255 or 9";
    EXPECT_EQ(loaded(anywhere(v, 4, 9), "ldxb r4, [r2+0]").umin, 0u) << "one place is not told";
}

TEST(FrozenData, of_many_places_is_not_looked_at) {
    const std::vector<std::uint8_t> data(4096, 7);
    for (int last : {1023, 1024}) {
        Bench b;
        b.maps.resize(1);
        b.maps[0].value_size = b.maps[0].initial_size = 4096;
        b.maps[0].read_only = true;
        b.maps[0].initial = data.data();
        b.s.regs[2] = anywhere(of_map(Region::map_value), 0, last);
        ASSERT_EQ(b.run("ldxb r4, [r2+0]"), Reason::none);
        EXPECT_EQ(b.known(4, 7), last == 1023);
    }
}

// r0, r2, r3 are the numbers 1 to 3; the slot at r10 - 8 holds 0.
Reason atomic(const char* text, Value target = pointer(Region::stack, -8), void (*change)(Bench&) = nullptr) {
    RegionBench b;
    EXPECT_EQ(b.run("stdw [r10-8], 0\nstdw [r10-16], 0"), Reason::none);
    b.s.regs[0] = Value::constant(1);
    b.s.regs[2] = Value::constant(2);
    b.s.regs[3] = Value::constant(3);
    b.s.regs[4] = target;
    if (change != nullptr) change(b);
    return b.run(text);
}

TEST(Atomics, take_numbers_and_aligned_words_of_memory) {
    EXPECT_EQ(atomic("lock_add64 [r4+0], r2"), Reason::none);
    EXPECT_EQ(atomic("lock_add64 [r4+0], r5"), Reason::unreadable_register);
    EXPECT_EQ(atomic("lock_add64 [r5+0], r2"), Reason::unreadable_register);
    EXPECT_EQ(atomic("lock_add64 [r4+0], r10"), Reason::atomic_pointer);
    EXPECT_EQ(atomic("lock_add64 [r3+0], r2"), Reason::number_access);
    EXPECT_EQ(atomic("lock_cmpxchg64 [r4+0], r2"), Reason::none);
    EXPECT_EQ(atomic("lock_cmpxchg64 [r4+0], r2", pointer(Region::stack, -8), [](Bench& b) { b.s.regs[0] = Value{}; }), Reason::unreadable_register);
    EXPECT_EQ(atomic("lock_cmpxchg64 [r4+0], r2", pointer(Region::stack, -8), [](Bench& b) { b.s.regs[0] = b.s.regs[10]; }), Reason::atomic_pointer);
    EXPECT_EQ(atomic("lock_add64 [r4+4], r2"), Reason::atomic_unaligned);
    EXPECT_EQ(atomic("lock_add32 [r4+4], r2"), Reason::none);
    EXPECT_EQ(atomic("lock_add32 [r4+2], r2"), Reason::atomic_unaligned);
    EXPECT_EQ(atomic("lock_add64 [r4+0], r2", anywhere(pointer(Region::stack, -16), 0, 8)), Reason::atomic_unaligned) << "any of nine places";
    EXPECT_EQ(atomic("lock_add64 [r4+8], r2"), Reason::stack_bounds);
    EXPECT_EQ(atomic("lock_add64 [r4-16], r2"), Reason::stack_unwritten);
    const Value value = of_map(Region::map_value, 3);
    EXPECT_EQ(atomic("lock_add64 [r4+8], r2", value), Reason::none);
    EXPECT_EQ(atomic("lock_add64 [r4+16], r2", value), Reason::region_bounds);
    EXPECT_EQ(atomic("lock_add64 [r4+0], r2", or_null(value, 5)), Reason::null_access);
    EXPECT_EQ(atomic("lock_add64 [r4+0], r2", of_map(Region::map_value, 1)), Reason::constant_written);
    EXPECT_EQ(atomic("lock_add64 [r4+0], r2", of_map(Region::map_value, 2)), Reason::write_only);
    for (Region region : {Region::context, Region::packet, Region::packet_meta, Region::packet_end, Region::object}) EXPECT_EQ(atomic("lock_add64 [r4+0], r2", pointer(region, 0, 64)), Reason::atomic_region) << static_cast<int>(region);
}

TEST(Atomics, leave_any_number_where_they_write) {
    const auto unknown_after = [](const char* text, unsigned reg) {
        Bench b;
        EXPECT_EQ(b.run("stdw [r10-8], 0\nmov r0, 0\nmov r2, 2\nmov r3, 3"), Reason::none);
        EXPECT_EQ(b.run(text), Reason::none);
        EXPECT_EQ(b.run("ldxdw r5, [r10-8]"), Reason::none);
        return !b.s.regs[5].is_constant() && !b.s.regs[reg].is_constant() && b.s.regs[3].is_constant() && (reg != 0) == b.s.regs[0].is_constant();
    };
    EXPECT_TRUE(unknown_after("lock_fetch_add64 [r10-8], r2", 2));
    EXPECT_TRUE(unknown_after("lock_xchg64 [r10-8], r2", 2));
    EXPECT_TRUE(unknown_after("lock_cmpxchg64 [r10-8], r3", 0));
    EXPECT_TRUE(unknown_after("lock_add64 [r10-8], r3", 5));
    Bench b;
    ASSERT_EQ(b.run("stdw [r10-8], 0\nmov r2, 2\nlock_fetch_add32 [r10-8], r2"), Reason::none);
    EXPECT_EQ(b.of(2).umax, 0xffffffffu) << "zero-extended";
}

Reason legacy(const char* text, void (*change)(Bench&) = nullptr, bool allowed = true) {
    Bench b;
    b.env.legacy_packet_access = allowed;
    EXPECT_EQ(b.run("mov r6, r1\nmov r7, 4"), Reason::none);
    if (change != nullptr) change(b);
    return b.run(text);
}

TEST(LegacyLoads, ask_for_the_context_and_leave_nothing_open) {
    EXPECT_EQ(legacy("ldabsw 12"), Reason::none);
    EXPECT_EQ(legacy("ldindw r7, 12"), Reason::none);
    EXPECT_EQ(legacy("ldabsw 12", nullptr, false), Reason::legacy_access);
    EXPECT_EQ(legacy("ldindw r8, 12"), Reason::unreadable_register);
    EXPECT_EQ(legacy("ldindw r10, 12"), Reason::pointer_as_number);
    EXPECT_EQ(legacy("ldabsw 12", [](Bench& b) { b.s.regs[6] = Value{}; }), Reason::argument_kind);
    EXPECT_EQ(legacy("ldabsw 12", [](Bench& b) { b.s.regs[6].kind = ValueKind::pointer_or_null; }), Reason::argument_kind);
    EXPECT_EQ(legacy("ldabsw 12", [](Bench& b) { b.s.regs[6] = b.s.regs[10]; }), Reason::argument_kind);
    EXPECT_EQ(legacy("ldabsw 12", [](Bench& b) { b.s.regs[6].fixed = 4; }), Reason::argument_kind);
    EXPECT_EQ(legacy("ldabsw 12", [](Bench& b) { b.s.regs[6] = anywhere(b.s.regs[6], 0, 4); }), Reason::argument_kind);
    EXPECT_EQ(legacy("ldabsw 12", [](Bench& b) { b.s.regs[6] = anywhere(b.s.regs[6], -4, 0); }), Reason::argument_kind);
    EXPECT_EQ(legacy("ldabsw 12", [](Bench& b) { b.s.locked = 1; }), Reason::legacy_access);
    EXPECT_EQ(legacy("ldabsw 12", [](Bench& b) { b.s.references[3] = 1; }), Reason::legacy_access);
    EXPECT_EQ(legacy("ldabsw 12", [](Bench& b) { EXPECT_TRUE(b.m.call(0, 0)); }), Reason::legacy_access);
    for (unsigned r = 1; r <= 5; ++r) {
        Bench b;
        b.env.legacy_packet_access = true;
        for (unsigned i = 2; i <= 5; ++i) b.s.regs[i] = Value::constant(i);
        ASSERT_EQ(b.run("mov r6, r1\nldabsb 12"), Reason::none);
        EXPECT_EQ(b.of(0).umax, 255u);
        EXPECT_EQ(b.run("mov r0, r" + std::to_string(r)), Reason::unreadable_register);
    }
}

TEST(LegacyLoads, may_end_the_program_with_0) {
    const auto with = [](bool any, std::int64_t least, std::int64_t most) {
        Bench b;
        b.env.legacy_packet_access = true;
        b.env.any_return = any;
        b.env.return_min = least;
        b.env.return_max = most;
        return b.run("mov r6, r1\nldabsb 12");
    };
    EXPECT_EQ(with(false, 0, 5), Reason::none);
    EXPECT_EQ(with(false, -5, 0), Reason::none);
    EXPECT_EQ(with(false, 1, 5), Reason::return_range);
    EXPECT_EQ(with(false, -5, -1), Reason::return_range);
    EXPECT_EQ(with(true, 1, 5), Reason::none);
}

}  // namespace
}  // namespace mbpf::proof
