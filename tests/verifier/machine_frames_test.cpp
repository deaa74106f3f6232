// SPDX-License-Identifier: Apache-2.0
// Frames in the checker's machine: functions, ends of programs, tail calls, callbacks and timers; and locks, which no call
// may stand between.
#include "tests/verifier/call_bench.h"

namespace mbpf::proof {
namespace {

TEST(Locks, are_taken_once_and_given_back) {
    // The map's values have their locks at 4; the value's name is 9.
    const auto with = [](std::uint32_t locked, bool locks, bool unlocks, std::uint32_t element = 9, std::vector<KernelField> fields = {{4, 4, KernelUse::lock}}) {
        CallBench b;
        Argument a = arg(ArgumentRule::map_value_pointer);
        a.use = KernelUse::lock;
        HelperRule& h = b.helper({a});
        h.locks = locks;
        h.unlocks = unlocks;
        b.maps[0].kernel_fields = fields.data();
        b.maps[0].kernel_field_count = static_cast<std::uint32_t>(fields.size());
        b.s.locked = locked;
        b.s.regs[1] = of_map(Region::map_value, 0);
        b.s.regs[1].fixed = 4;
        b.s.regs[1].size = element;
        const Reason why = b.call();
        if (why == Reason::none) {
            EXPECT_EQ(b.s.locked, locks ? element : 0u);
        }
        return why;
    };
    EXPECT_EQ(with(0, true, false), Reason::none);
    EXPECT_EQ(with(9, false, true), Reason::none);
    EXPECT_EQ(with(9, true, false), Reason::lock);
    EXPECT_EQ(with(9, false, false), Reason::lock);
    EXPECT_EQ(with(0, false, true), Reason::lock);
    EXPECT_EQ(with(9, false, true, 10), Reason::lock) << "another value's";
    EXPECT_EQ(with(9, false, true, 0), Reason::lock) << "of no value in particular";
    EXPECT_EQ(with(0, true, false, 0), Reason::lock) << "of no value in particular";
    EXPECT_EQ(with(0, true, false, 9, {{4, 4, KernelUse::lock}, {8, 4, KernelUse::lock}}), Reason::argument_kind) << "of two locks in one value";
    CallBench b;
    b.s.locked = 1;
    EXPECT_FALSE(b.m.call(0, 0));
    EXPECT_EQ(b.m.failure().reason, Reason::lock);
    EXPECT_EQ(b.run("mov r0, 0"), Reason::none);
    b.env.any_return = true;
    EXPECT_FALSE(b.m.leave(0));
    EXPECT_EQ(b.m.failure().reason, Reason::lock);
}

// What a call finds has the call's name; what an earlier one found there has none any more. Only where values have locks.
TEST(Locks, tell_values_apart_by_the_call_that_found_them) {
    const auto found = [](KernelUse use) {
        CallBench b;
        const KernelField field{4, 4, use};
        HelperRule& h = b.helper({arg(ArgumentRule::map), arg(ArgumentRule::map_key)});
        h.returns = ReturnRule::map_value_or_null;
        b.maps[0].kernel_fields = &field;
        b.maps[0].kernel_field_count = 1;
        b.s.regs[1] = kHandle;
        b.s.regs[2] = kStack;
        b.s.frames[0].mark(-8, 8, true);
        b.s.regs[6] = b.s.regs[7] = of_map(Region::map_value, 0);
        b.s.regs[6].size = 1;
        b.s.regs[7].size = 2;
        b.s.put({-16, 8, 0}, b.s.regs[6]);
        EXPECT_EQ(b.call(), Reason::none);
        EXPECT_EQ(b.s.regs[7].size, 2u);
        EXPECT_EQ(b.s.value_at({-16, 8, 0})->size, b.s.regs[6].size);
        return std::pair(b.s.regs[0].size, b.s.regs[6].size);
    };
    EXPECT_EQ(found(KernelUse::lock), (std::pair{1u, 0u}));
    EXPECT_EQ(found(KernelUse::timer), (std::pair{0u, 1u}));
}

TEST(Frames, keep_the_callers_registers_and_hide_them) {
    CallBench b;
    for (unsigned r = 0; r <= 9; ++r) b.s.regs[r] = Value::constant(r + 20);
    ASSERT_TRUE(b.m.call(7, 3));
    EXPECT_EQ(b.s.depth, 2);
    EXPECT_EQ(b.s.top().return_slot, 8u);
    EXPECT_EQ(b.s.top().function, 3u);
    EXPECT_EQ(b.s.regs[10].frame, 1);
    for (unsigned r : {0u, 6u, 7u, 8u, 9u}) EXPECT_EQ(b.s.regs[r].kind, ValueKind::unknown) << r;
    for (unsigned r = 1; r <= 5; ++r) EXPECT_TRUE(b.known(r, r + 20));
    ASSERT_EQ(b.run("mov r6, 1\nmov r0, 5\nstdw [r10-8], 3"), Reason::none);
    ASSERT_TRUE(b.m.leave(9));
    EXPECT_EQ(b.s.depth, 1);
    EXPECT_TRUE(b.known(0, 5));
    EXPECT_EQ(b.s.regs[10].frame, 0);
    for (unsigned r = 1; r <= 5; ++r) EXPECT_EQ(b.s.regs[r].kind, ValueKind::unknown) << r;
    for (unsigned r = 6; r <= 9; ++r) EXPECT_TRUE(b.known(r, r + 20)) << r;
    EXPECT_EQ(b.s.cell_count, 0);
    // The next function finds nothing of the one before.
    ASSERT_TRUE(b.m.call(7, 3));
    EXPECT_EQ(b.run("ldxdw r1, [r10-8]"), Reason::stack_unwritten);
    EXPECT_EQ(b.m.touched[1], 8u);
    ASSERT_TRUE(b.m.leave(9));
    ASSERT_TRUE(b.m.call(7, 3));
    EXPECT_EQ(b.m.touched[1], 0u);
}

TEST(Frames, are_no_more_than_the_platform_has) {
    for (std::uint32_t most : {3u, 8u, 20u}) {
        CallBench b;
        b.env.max_call_depth = most;
        unsigned depth = 1;
        while (depth < 30 && b.m.call(0, 0)) ++depth;
        EXPECT_EQ(depth, most < 8 ? most : 8);
        EXPECT_EQ(b.m.failure().reason, Reason::call_depth);
    }
}

TEST(Frames, return_no_way_into_themselves) {
    const auto leaves = [](Value r0) {
        CallBench b;
        EXPECT_TRUE(b.m.call(7, 3));
        b.s.regs[0] = r0;
        return b.m.leave(9) ? Reason::none : b.m.failure().reason;
    };
    Value own = kStack;
    own.frame = 1;
    EXPECT_EQ(leaves(own), Reason::returns_pointer);
    EXPECT_EQ(leaves(kStack), Reason::none);
    EXPECT_EQ(leaves(kElement), Reason::none);
    EXPECT_EQ(leaves(Value{}), Reason::none) << "it has no result";
    EXPECT_EQ(leaves(or_null(own, 3)), Reason::returns_pointer);
    Value other = kElement;
    other.frame = 1;
    EXPECT_EQ(leaves(other), Reason::none);
    // Nor does what a function kept lead there.
    CallBench b;
    ASSERT_EQ(b.run("stdw [r10-8], 0\nmov r1, r10"), Reason::none);
    ASSERT_TRUE(b.m.call(7, 3));
    ASSERT_EQ(b.run("mov r2, r10\nadd r2, -8\nstdw [r2+0], 4\nstxdw [r1-8], r2\nmov r0, 0"), Reason::none);
    ASSERT_TRUE(b.m.leave(9));
    EXPECT_EQ(b.run("ldxdw r1, [r10-8]"), Reason::stack_unwritten);
}

TEST(Programs, end_with_what_the_hook_takes) {
    const auto ends = [](Value r0, std::int64_t least, std::int64_t most, void (*change)(CallBench&) = nullptr) {
        CallBench b;
        b.env.return_min = least;
        b.env.return_max = most;
        b.s.regs[0] = r0;
        if (change != nullptr) change(b);
        return b.m.leave(0) ? Reason::none : b.m.failure().reason;
    };
    EXPECT_EQ(ends(signed_number(-1, 4), -1, 4), Reason::none);
    EXPECT_EQ(ends(signed_number(-2, 4), -1, 4), Reason::return_range);
    EXPECT_EQ(ends(signed_number(-1, 5), -1, 4), Reason::return_range);
    EXPECT_EQ(ends(Value::constant(0xffffffff), -1, 4), Reason::none) << "-1 as 32 bits";
    EXPECT_EQ(ends(Value::constant(0xfffffffe), -1, 4), Reason::return_range);
    EXPECT_EQ(ends(Value::constant(0x100000004), -1, 4), Reason::none);
    EXPECT_EQ(ends(Value::constant(0x100000005), -1, 4), Reason::return_range);
    EXPECT_EQ(ends(number(0, UINT32_MAX), 0, UINT32_MAX), Reason::none);
    EXPECT_EQ(ends(number(0, UINT32_MAX), 1, UINT32_MAX), Reason::return_range);
    EXPECT_EQ(ends(number(0, UINT32_MAX), 0, UINT32_MAX - 1), Reason::return_range);
    EXPECT_EQ(ends(Value{}, 0, 0), Reason::unreadable_register);
    EXPECT_EQ(ends(kStack, 0, 0), Reason::returns_pointer);
    const auto any = [](CallBench& b) { b.env.any_return = true; };
    EXPECT_EQ(ends(Value::constant(77), 0, 0, any), Reason::none);
    EXPECT_EQ(ends(kStack, 0, 0, any), Reason::returns_pointer);
    EXPECT_EQ(ends(kStack, 0, 0, [](CallBench& b) { b.env.any_return = b.env.pointer_leaks_allowed = true; }), Reason::none);
    EXPECT_EQ(ends(kStack, 0, 0, [](CallBench& b) { b.env.pointer_leaks_allowed = true; }), Reason::returns_pointer);
    EXPECT_EQ(ends(Value::constant(0), 0, 0, [](CallBench& b) { b.s.references[7] = 3; }), Reason::unreleased);
}

TEST(Programs, start_with_what_the_hook_gives) {
    for (bool raw : {false, true}) {
        CallBench b;
        b.env.raw_memory = raw;
        b.env.memory_bytes = 40;
        b.env.context_size = 24;
        b.s.clear();
        b.m.enter_program();
        EXPECT_EQ(b.s.regs[1].region, raw ? Region::memory : Region::context);
        EXPECT_EQ(b.s.regs[1].size, raw ? 40u : 24u);
        EXPECT_EQ(b.s.regs[2].kind, raw ? ValueKind::number : ValueKind::unknown);
        EXPECT_EQ(b.known(2, 40), raw);
        EXPECT_EQ(b.s.regs[10].region, Region::stack);
        for (unsigned r : {0u, 3u, 9u}) EXPECT_EQ(b.s.regs[r].kind, ValueKind::unknown) << r;
    }
}

TEST(TailCalls, leave_nothing_open) {
    const auto with = [](void (*change)(CallBench&)) {
        CallBench b;
        b.helper({}).tail_call = true;
        change(b);
        return b.call();
    };
    EXPECT_EQ(with([](CallBench&) {}), Reason::none);
    EXPECT_EQ(with([](CallBench& b) { EXPECT_TRUE(b.m.call(0, 0)); }), Reason::none);
    EXPECT_EQ(with([](CallBench& b) { b.s.references[0] = 3; }), Reason::unreleased);
    EXPECT_EQ(with([](CallBench& b) {
                  EXPECT_TRUE(b.m.call(0, 0));
                  b.s.top().kind = FrameKind::callback;
              }), Reason::helper_unsupported);
    CallBench b;
    b.helper({}).tail_call = true;
    b.assemble("call 1\nexit\ncall 2\nmov r0, 1");
    EXPECT_TRUE(b.m.tail_call_at(0));
    EXPECT_FALSE(b.m.tail_call_at(1));
    EXPECT_FALSE(b.m.tail_call_at(2));
    EXPECT_FALSE(b.m.tail_call_at(4));
    EXPECT_TRUE(b.m.moves_packets(0));
    EXPECT_FALSE(b.m.moves_packets(2));
    b.helpers[1].invalidates_packet = true;
    EXPECT_TRUE(b.m.moves_packets(2));
    EXPECT_FALSE(b.m.moves_packets(3));
    EXPECT_FALSE(b.m.moves_packets(4));
}

TEST(TailCalls, of_functions_come_back_with_anything_and_another_packet) {
    CallBench b;
    b.s.regs[6] = kPacket;
    b.s.regs[7] = Value::constant(9);
    ASSERT_TRUE(b.m.call(0, 0));
    b.m.tail_called();
    EXPECT_EQ(b.s.depth, 1);
    EXPECT_EQ(b.s.regs[0].number, Number::unknown());
    EXPECT_EQ(b.s.regs[6].kind, ValueKind::unknown);
    EXPECT_TRUE(b.known(7, 9));
    EXPECT_EQ(b.s.packet_bytes, 0);
}

// The helper runs the function at 4; r3 is the context it is passed.
struct CallbackBench : CallBench {
    explicit CallbackBench(CallbackRule rule, Value first, Value context = Value::constant(0)) {
        HelperRule& h = helper({});
        h.callback = rule;
        const Argument function = arg(ArgumentRule::callback), passed = arg(ArgumentRule::callback_context);
        Argument timer = arg(ArgumentRule::map_value_pointer);
        timer.use = KernelUse::timer;
        h.arguments[0] = rule == CallbackRule::loop ? arg(ArgumentRule::scalar) : rule == CallbackRule::timer ? timer : arg(ArgumentRule::map);
        h.arguments[1] = function;
        h.arguments[2] = passed;
        h.argument_count = rule == CallbackRule::timer ? 2 : 3;
        h.cost = 11;
        static constexpr KernelField kTimer{0, 8, KernelUse::timer};
        maps[0].kernel_fields = &kTimer;
        maps[0].kernel_field_count = 1;
        assemble("call 1\nexit");
        s.regs[1] = first;
        s.regs[2] = pointer(Region::function, 0, 4);
        s.regs[3] = context;
        s.regs[6] = Value::constant(66);
    }
    Reason begin() { return m.begin_callback(0) ? Reason::none : m.failure().reason; }
    Reason end(Value r0) {
        s.regs[0] = r0;
        m.clear_failure();
        return m.end_run(3) ? Reason::none : m.failure().reason;
    }
};

TEST(Callbacks, are_given_functions_and_contexts) {
    const auto begins = [](Value function, Value context) {
        CallbackBench b(CallbackRule::loop, Value::constant(3), context);
        b.s.regs[2] = function;
        return b.begin();
    };
    const Value function = pointer(Region::function, 0, 4);
    EXPECT_EQ(begins(function, Value::constant(0)), Reason::none);
    EXPECT_EQ(begins(function, kStack), Reason::none);
    EXPECT_EQ(begins(function, kElement), Reason::none);
    EXPECT_EQ(begins(function, kNumber), Reason::argument_kind);
    EXPECT_EQ(begins(function, kPacket), Reason::argument_kind);
    EXPECT_EQ(begins(function, or_null(kElement, 3)), Reason::null_argument);
    EXPECT_EQ(begins(kStack, Value::constant(0)), Reason::argument_kind);
    EXPECT_EQ(begins(Value::constant(0), Value::constant(0)), Reason::argument_kind);
    EXPECT_EQ(begins(or_null(function, 3), Value::constant(0)), Reason::null_argument);
    EXPECT_TRUE(CallbackBench(CallbackRule::loop, kNumber).m.is_callback(0));
    EXPECT_FALSE(CallbackBench(CallbackRule::loop, kNumber).m.is_callback(1));
    EXPECT_FALSE(CallbackBench(CallbackRule::loop, kNumber).m.is_timer(0));
    EXPECT_TRUE(CallbackBench(CallbackRule::timer, kElement).m.is_timer(0));
}

TEST(Callbacks, of_loops_run_so_often_with_an_index_below) {
    CallbackBench b(CallbackRule::loop, number(2, 5), kStack);
    ASSERT_EQ(b.begin(), Reason::none);
    EXPECT_EQ(b.s.steps, 11u);
    EXPECT_EQ(b.s.depth, 2);
    EXPECT_EQ(b.s.top().kind, FrameKind::callback);
    EXPECT_EQ(b.s.top().function, 4u);
    EXPECT_EQ(b.s.top().return_slot, 1u);
    EXPECT_TRUE(b.m.says_what_is_passed(0));
    for (int run = 0; run < 5; ++run) {
        ASSERT_TRUE(b.m.enter_run()) << run;
        EXPECT_EQ(b.of(1).umax, run == 0 ? 3u : 4u) << "two are left at the first";
        EXPECT_EQ(b.s.regs[2].region, Region::stack);
        for (unsigned r : {0u, 3u, 4u, 5u, 6u, 9u}) EXPECT_EQ(b.s.regs[r].kind, ValueKind::unknown) << r;
        EXPECT_EQ(b.run("ldxdw r1, [r10-8]"), Reason::stack_unwritten) << "each run has its own stack";
        ASSERT_EQ(b.run("stdw [r10-8], 1"), Reason::none);
        b.assemble("call 1\nexit");
        ASSERT_EQ(b.end(Value::constant(0)), Reason::none);
        for (unsigned r : {0u, 1u, 2u}) EXPECT_EQ(b.s.regs[r].kind, ValueKind::unknown) << r;
    }
    EXPECT_FALSE(b.m.enter_run()) << "a sixth";
    EXPECT_EQ(b.s.steps, 11u + 5);
}

TEST(Callbacks, of_loops_run_as_often_as_the_low_half_says) {
    const auto left = [](Value runs, Value* all = nullptr) {
        CallbackBench b(CallbackRule::loop, runs);
        EXPECT_EQ(b.begin(), Reason::none);
        const Value* v = b.s.value_at({kRunsLeft, 1, 1});
        if (all != nullptr) *all = *b.s.value_at({kRuns, 1, 1});
        return v->number.wide;
    };
    constexpr std::uint64_t kMost = 1 << 23;
    Value all;
    EXPECT_EQ(left(number(2, 5), &all).umax, 5u);
    EXPECT_EQ(all.number.wide.umax, 5u);
    EXPECT_EQ(left(number(kMost, kMost)).umin, kMost);
    EXPECT_EQ(left(Value::constant(kMost + 1)).umax, kMost);
    EXPECT_EQ(left(Value::constant(kMost + 1)).umin, 0u) << "the helper refuses, and runs none";
    EXPECT_EQ(left(Value::constant(0x700000002)).umin, 0u);
}

// The runs left are a word that each run makes one less.
TEST(Callbacks, count_their_runs_down_by_name) {
    Value runs = number(0, 20);
    runs.modulus = 10;
    runs.remainder = static_cast<std::int32_t>(domain::rank(std::uint64_t{0}) % 10);
    CallbackBench b(CallbackRule::loop, named(runs, 7));
    ASSERT_EQ(b.begin(), Reason::none);
    ASSERT_TRUE(b.m.enter_run());
    const Value left = *b.s.value_at({kRunsLeft, 1, 1});
    EXPECT_EQ(left.symbol, 7);
    EXPECT_EQ(left.delta, -1);
    EXPECT_EQ(left.number.wide.umax, 19u);
    EXPECT_EQ(left.modulus, 0u) << "9 or 19, no multiple of 10";
    // At the gate's end one step is charged, and one for each run; of a certain slot, none.
    for (std::uint32_t counted : {UINT32_MAX, std::uint32_t{5}}) {
        CallbackBench c(CallbackRule::loop, number(1, 2));
        c.env.counted = counted;
        ASSERT_EQ(c.begin(), Reason::none);
        const std::uint64_t before = c.s.steps;
        ASSERT_TRUE(c.m.enter_run());
        ASSERT_EQ(c.end(Value::constant(0)), Reason::none);
        c.m.end_callback();
        EXPECT_EQ(c.s.steps - before, counted == UINT32_MAX ? 2u : 0u);
    }
}

TEST(Callbacks, whose_runs_nobody_stated_may_be_any) {
    CallbackBench b(CallbackRule::loop, number(2, 5));
    ASSERT_EQ(b.begin(), Reason::none);
    b.s.drop(1, kRuns, 1);
    b.s.drop(1, kRunsLeft, 1);
    ASSERT_TRUE(b.m.enter_run());
    EXPECT_EQ(b.of(1).umax, (1u << 23) - 1);
    EXPECT_EQ(b.of(1).umin, 0u);
    // A map may have more elements than a loop has turns.
    CallbackBench c(CallbackRule::for_each_map_elem, kHandle);
    ASSERT_EQ(c.begin(), Reason::none);
    c.s.drop(1, kRunsLeft, 1);
    ASSERT_TRUE(c.m.enter_run());
    EXPECT_EQ(c.s.value_at({kRunsLeft, 1, 1})->number.wide.umax, UINT32_MAX - 1);
}

TEST(Callbacks, end_with_0_or_1_and_nothing_open) {
    for (CallbackRule rule : {CallbackRule::loop, CallbackRule::timer}) {
        const bool timer = rule == CallbackRule::timer;
        const auto ends = [&](Value r0, void (*change)(CallbackBench&) = nullptr) {
            CallbackBench b(rule, timer ? kElement : Value::constant(3));
            EXPECT_EQ(b.begin(), Reason::none);
            if (timer) b.m.enter_timer();
            else EXPECT_TRUE(b.m.enter_run());
            if (change != nullptr) change(b);
            return b.end(r0);
        };
        EXPECT_EQ(ends(Value::constant(0)), Reason::none);
        EXPECT_EQ(ends(Value::constant(0x700000000)), Reason::none);
        EXPECT_EQ(ends(number(0, 1)), timer ? Reason::callback_result : Reason::none);
        EXPECT_EQ(ends(number(0, 2)), Reason::callback_result);
        EXPECT_EQ(ends(Value{}), Reason::unreadable_register);
        EXPECT_EQ(ends(kElement), Reason::returns_pointer);
        EXPECT_EQ(ends(Value::constant(0), [](CallbackBench& b) { b.s.locked = 1; }), Reason::lock);
        EXPECT_EQ(ends(Value::constant(0), [](CallbackBench& b) { b.s.references[0] = 1; }), timer ? Reason::unreleased : Reason::none);
    }
}

TEST(Callbacks, of_maps_get_map_key_value_and_context) {
    CallbackBench b(CallbackRule::for_each_map_elem, kHandle, kStack);
    ASSERT_EQ(b.begin(), Reason::none);
    EXPECT_EQ(b.s.value_at({kRunsLeft, 1, 1})->number.wide.umax, 10u) << "as many as the map has entries";
    EXPECT_EQ(b.s.value_at({kRuns, 1, 1}), nullptr);
    EXPECT_TRUE(b.m.says_what_is_passed(0));
    ASSERT_TRUE(b.m.enter_run());
    EXPECT_EQ(b.s.regs[1].region, Region::map_handle);
    EXPECT_EQ(b.s.regs[2].region, Region::memory);
    EXPECT_EQ(b.s.regs[2].size, 4u);
    EXPECT_TRUE(b.s.regs[2].read_only);
    EXPECT_EQ(b.s.regs[3].region, Region::map_value);
    EXPECT_EQ(b.s.regs[3].map, 0);
    EXPECT_FALSE(b.s.regs[3].read_only);
    EXPECT_EQ(b.s.regs[4].region, Region::stack);
    // The key ends with the run; the element, and the key of another map's run, do not.
    Value other = b.s.regs[2];
    other.map = 1;
    Value callers = pointer(Region::stack);
    b.s.regs[5] = callers;
    b.s.regs[6] = other;
    ASSERT_EQ(b.run("stxdw [r5-8], r2\nstxdw [r5-16], r3\nstxdw [r5-24], r6"), Reason::none);
    b.assemble("call 1\nexit");
    ASSERT_EQ(b.end(Value::constant(0)), Reason::none);
    b.m.end_callback();
    EXPECT_EQ(b.s.depth, 1);
    EXPECT_TRUE(b.known(6, 66));
    EXPECT_EQ(b.of(0).smin, INT32_MIN);
    EXPECT_EQ(b.of(0).smax, INT32_MAX);
    EXPECT_EQ(b.run("ldxdw r1, [r10-16]\nldxb r2, [r1+15]\nldxdw r1, [r10-24]"), Reason::none);
    EXPECT_EQ(b.run("ldxdw r1, [r10-8]"), Reason::stack_unwritten);
    // Where no map is known, nobody knows what is passed.
    CallbackBench lost(CallbackRule::for_each_map_elem, kHandle);
    ASSERT_EQ(lost.begin(), Reason::none);
    lost.s.drop(1, kPassedMap, 1);
    EXPECT_FALSE(lost.m.says_what_is_passed(0));
}

TEST(Callbacks, of_loops_keep_what_looks_like_a_key) {
    CallbackBench b(CallbackRule::loop, Value::constant(3), kStack);
    Value key = of_map(Region::memory, -1);
    key.size = 4;
    b.s.regs[6] = key;
    ASSERT_EQ(b.begin(), Reason::none);
    ASSERT_TRUE(b.m.enter_run());
    ASSERT_EQ(b.end(Value::constant(0)), Reason::none);
    b.m.end_callback();
    EXPECT_EQ(b.s.regs[6].region, Region::memory);
}

TEST(Timers, start_from_nothing_but_their_element) {
    CallbackBench b(CallbackRule::timer, kElement);
    b.s.packet_bytes = 9;
    ASSERT_EQ(b.run("stdw [r10-8], 1"), Reason::none);
    b.assemble("call 1\nexit");
    ASSERT_EQ(b.begin(), Reason::none);
    b.s.top().mark(-8, 8, true);
    b.s.references[2] = 4;
    b.m.enter_timer();
    EXPECT_EQ(b.s.depth, 2);
    EXPECT_EQ(b.s.regs[10].frame, 1);
    EXPECT_EQ(b.s.top().function, 4u);
    EXPECT_EQ(b.s.top().return_slot, 1u);
    EXPECT_EQ(b.s.regs[1].region, Region::map_handle);
    EXPECT_EQ(b.s.regs[2].region, Region::memory);
    EXPECT_EQ(b.s.regs[3].region, Region::map_value);
    for (unsigned r : {0u, 4u, 5u, 6u, 9u}) EXPECT_EQ(b.s.regs[r].kind, ValueKind::unknown) << r;
    EXPECT_EQ(b.s.packet_bytes, 0);
    EXPECT_EQ(b.s.steps, 0u);
    EXPECT_FALSE(b.s.holds_references());
    EXPECT_EQ(b.run("ldxb r6, [r10-8]"), Reason::stack_unwritten);
    b.s.regs[6] = pointer(Region::stack);
    EXPECT_EQ(b.run("ldxb r7, [r6-8]"), Reason::stack_unwritten) << "the frame of who set it";
    // The key is forgotten at its end as any other.
    b.assemble("call 1\nexit");
    b.s.put({-8, 8, 0}, b.s.regs[2]);
    ASSERT_EQ(b.end(Value::constant(0)), Reason::none);
    EXPECT_FALSE(b.s.holds_pointer(0, -8, 8));
}

}  // namespace
}  // namespace mbpf::proof
