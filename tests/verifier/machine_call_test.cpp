// SPDX-License-Identifier: Apache-2.0
// Calls of helpers in the checker's machine: what they ask of each argument, and what they leave.
#include "tests/verifier/call_bench.h"

namespace mbpf::proof {
namespace {

// A helper with these arguments, called with these values.
Reason called(std::initializer_list<Argument> arguments, std::initializer_list<Value> values, void (*change)(CallBench&) = nullptr) {
    CallBench b;
    b.helper(arguments);
    EXPECT_EQ(b.run("stdw [r10-8], 0\nstxdw [r10-16], r1\nstdw [r10-24], 0"), Reason::none);
    unsigned r = 1;
    for (const Value& v : values) b.s.regs[r++] = v;
    if (change != nullptr) change(b);
    return b.call();
}

TEST(Helpers, are_those_of_platform_and_hook) {
    EXPECT_EQ(CallBench().run("call 1"), Reason::none);
    EXPECT_EQ(CallBench().run("call 3"), Reason::no_helper);
    EXPECT_EQ(called({}, {}, [](CallBench& b) { b.helpers[0].allowed_on_hook = false; }), Reason::helper_hook);
    EXPECT_EQ(called({}, {}, [](CallBench& b) { b.helpers[0].supported = false; }), Reason::helper_unsupported);
}

TEST(Helpers, that_move_the_packet_leave_none) {
    for (bool moves : {false, true}) {
        CallBench b;
        b.helpers[0].invalidates_packet = moves;
        b.s.regs[6] = kPacket;
        ASSERT_EQ(b.call(), Reason::none);
        EXPECT_EQ(b.run("ldxb r0, [r6+0]"), moves ? Reason::unreadable_register : Reason::none);
    }
}

TEST(Helpers, leave_no_argument) {
    for (unsigned r = 1; r <= 5; ++r) {
        CallBench b;
        for (unsigned i = 0; i <= 9; ++i) b.s.regs[i] = kNumber;
        ASSERT_EQ(b.call(), Reason::none);
        EXPECT_EQ(b.run("mov r9, r" + std::to_string(r)), Reason::unreadable_register);
        EXPECT_EQ(b.run("mov r1, r6"), Reason::none);
    }
}

TEST(Arguments, that_are_numbers_lie_in_their_range) {
    const Argument plain = arg(ArgumentRule::scalar), three = ranged(ArgumentRule::scalar, -2, 3), half = ranged(ArgumentRule::scalar, -2, 3, 32);
    EXPECT_EQ(called({plain}, {kNumber}), Reason::none);
    EXPECT_EQ(called({plain}, {signed_number(INT64_MIN, INT64_MAX)}), Reason::none);
    EXPECT_EQ(called({plain}, {Value{}}), Reason::unreadable_register);
    EXPECT_EQ(called({plain}, {kStack}), Reason::argument_kind);
    EXPECT_EQ(called({plain}, {or_null(kElement, 3)}), Reason::null_argument);
    EXPECT_EQ(called({three}, {signed_number(-2, 3)}), Reason::none);
    EXPECT_EQ(called({three}, {signed_number(-3, 3)}), Reason::argument_range);
    EXPECT_EQ(called({three}, {signed_number(-2, 4)}), Reason::argument_range);
    EXPECT_EQ(called({three}, {Value::constant(0xfffffffe)}), Reason::argument_range);
    EXPECT_EQ(called({half}, {Value::constant(0xfffffffe)}), Reason::none);
    EXPECT_EQ(called({half}, {Value::constant(0xfffffffd)}), Reason::argument_range);
    EXPECT_EQ(called({half}, {Value::constant(0x500000003)}), Reason::none);
    EXPECT_EQ(called({half}, {Value::constant(0x500000004)}), Reason::argument_range);
    EXPECT_EQ(called({arg(ArgumentRule::anything)}, {kStack}), Reason::none);
    EXPECT_EQ(called({arg(ArgumentRule::anything)}, {Value{}}), Reason::unreadable_register);
}

TEST(Arguments, that_are_maps_are_of_the_right_type) {
    const Argument map = arg(ArgumentRule::map);
    EXPECT_EQ(called({map}, {kHandle}), Reason::none);
    EXPECT_EQ(called({map}, {kElement}), Reason::argument_kind);
    EXPECT_EQ(called({map}, {kNumber}), Reason::argument_kind);
    EXPECT_EQ(called({map}, {or_null(kHandle, 3)}), Reason::null_argument);
    EXPECT_EQ(called({map}, {of_map(Region::map_handle, 3)}), Reason::bad_map);
    EXPECT_EQ(called({map}, {of_map(Region::map_handle, -1)}), Reason::bad_map);
    EXPECT_EQ(called({map}, {of_map(Region::map_handle, 2)}), Reason::map_type);
    EXPECT_EQ(called({map, map}, {kHandle, kHandle}), Reason::none);
    EXPECT_EQ(called({map, map}, {kHandle, of_map(Region::map_handle, 1)}), Reason::argument_kind);
    const auto seven = [](CallBench& b) {
        static constexpr std::uint32_t kTypes[] = {6, 7};
        b.helpers[0].map_types = kTypes;
        b.helpers[0].map_type_count = 2;
    };
    EXPECT_EQ(called({map}, {kHandle}, seven), Reason::none);
    EXPECT_EQ(called({map}, {of_map(Region::map_handle, 1)}, seven), Reason::map_type);
    EXPECT_EQ(called({map}, {of_map(Region::map_handle, 2)}, seven), Reason::map_type);
    const auto changes = [](CallBench& b) { b.helpers[0].changes_map = true; };
    EXPECT_EQ(called({map}, {kHandle}, changes), Reason::none);
    EXPECT_EQ(called({map}, {of_map(Region::map_handle, 1)}), Reason::none);
    EXPECT_EQ(called({map}, {of_map(Region::map_handle, 1)}, changes), Reason::constant_written);
}

TEST(Arguments, that_are_keys_and_values_are_as_large_as_the_map_says) {
    const Argument map = arg(ArgumentRule::map), key = arg(ArgumentRule::map_key), value = arg(ArgumentRule::map_value), out = arg(ArgumentRule::map_value_out);
    EXPECT_EQ(called({map, key}, {kHandle, pointer(Region::stack, -4)}), Reason::none);
    EXPECT_EQ(called({map, key}, {kHandle, pointer(Region::stack, -3)}), Reason::stack_buffer);
    EXPECT_EQ(called({key}, {kStack}), Reason::argument_kind) << "of no map";
    EXPECT_EQ(called({value}, {kStack}), Reason::argument_kind);
    EXPECT_EQ(called({out}, {kStack}), Reason::argument_kind);
    EXPECT_EQ(called({map, value}, {kHandle, kElement}), Reason::none);
    EXPECT_EQ(called({map, value}, {kHandle, of_map(Region::map_value, 0, 1)}), Reason::region_bounds);
    EXPECT_EQ(called({map, value}, {kHandle, kStack}), Reason::stack_buffer);
    EXPECT_EQ(called({map, out}, {kHandle, pointer(Region::stack, -64)}), Reason::none);
    EXPECT_EQ(called({map, out}, {kHandle, pointer(Region::stack, -15)}), Reason::stack_buffer);
    EXPECT_EQ(called({map, out}, {kHandle, of_map(Region::map_value, 1)}), Reason::constant_written);
}

TEST(Buffers, that_are_read_are_written_memory) {
    const Argument eight = arg(ArgumentRule::memory_read, 8);
    EXPECT_EQ(called({eight}, {kStack}), Reason::none);
    EXPECT_EQ(called({eight}, {kNumber}), Reason::argument_kind);
    EXPECT_EQ(called({eight}, {Value::constant(0)}), Reason::argument_kind);
    EXPECT_EQ(called({nullable(eight)}, {Value::constant(0)}), Reason::none);
    EXPECT_EQ(called({nullable(eight)}, {kNumber}), Reason::argument_kind);
    EXPECT_EQ(called({eight}, {or_null(kElement, 3)}), Reason::null_argument);
    EXPECT_EQ(called({nullable(eight)}, {or_null(kElement, 3)}), Reason::none);
    EXPECT_EQ(called({nullable(eight)}, {or_null(of_map(Region::map_value, 0, 9), 3)}), Reason::region_bounds);
    EXPECT_EQ(called({eight}, {pointer(Region::context, 0, 64)}), Reason::context_buffer);
    EXPECT_EQ(called({eight}, {kElement}), Reason::none);
    EXPECT_EQ(called({eight}, {of_map(Region::map_value, 0, 9)}), Reason::region_bounds);
    EXPECT_EQ(called({eight}, {kHandle}), Reason::no_memory);
    EXPECT_EQ(called({eight}, {pointer(Region::packet, 12)}), Reason::none);
    EXPECT_EQ(called({eight}, {pointer(Region::packet, 13)}), Reason::packet_bounds);
    EXPECT_EQ(called({eight}, {kPacket}, [](CallBench& b) { b.helpers[0].no_packet_memory = true; }), Reason::argument_kind);
    EXPECT_EQ(called({eight}, {pointer(Region::packet_meta)}, [](CallBench& b) { b.s.metadata_bytes = 8; }), Reason::none);
    EXPECT_EQ(called({eight}, {pointer(Region::packet_meta)}, [](CallBench& b) { b.s.metadata_bytes = 8, b.helpers[0].no_packet_memory = true; }), Reason::argument_kind);
    EXPECT_EQ(called({eight}, {kElement}, [](CallBench& b) { b.helpers[0].no_packet_memory = true; }), Reason::none);
    EXPECT_EQ(called({eight}, {pointer(Region::stack, -7)}), Reason::stack_buffer);
    EXPECT_EQ(called({eight}, {pointer(Region::stack, -32)}), Reason::stack_unwritten);
    EXPECT_EQ(called({eight}, {pointer(Region::stack, -513)}), Reason::stack_bounds);
    EXPECT_EQ(called({eight}, {pointer(Region::stack, -16)}), Reason::stack_pointer_bytes);
    EXPECT_EQ(called({eight}, {pointer(Region::stack, -16)}, [](CallBench& b) { b.env.pointer_leaks_allowed = true; }), Reason::none);
    EXPECT_EQ(called({eight}, {anywhere(pointer(Region::stack, -16), 0, 8)}), Reason::stack_pointer_bytes);
}

TEST(Buffers, that_are_written_are_the_programs_own) {
    const Argument eight = arg(ArgumentRule::memory_write, 8);
    Argument both = eight;
    both.initialized = true;
    EXPECT_EQ(called({eight}, {pointer(Region::stack, -32)}), Reason::none);
    EXPECT_EQ(called({both}, {pointer(Region::stack, -32)}), Reason::stack_unwritten);
    EXPECT_EQ(called({both}, {kStack}), Reason::none);
    EXPECT_EQ(called({eight}, {pointer(Region::stack, -513)}), Reason::stack_bounds);
    EXPECT_EQ(called({eight}, {pointer(Region::stack, -7)}), Reason::stack_buffer);
    EXPECT_EQ(called({eight}, {pointer(Region::stack, -16)}), Reason::none) << "the pointer there is gone";
    EXPECT_EQ(called({eight}, {anywhere(pointer(Region::stack, -24), 0, 8)}), Reason::write_over_pointer);
    EXPECT_EQ(called({eight}, {anywhere(pointer(Region::stack, -64), 0, 8)}), Reason::none);
    EXPECT_EQ(called({eight}, {kPacket}), Reason::none);
    EXPECT_EQ(called({eight}, {kPacket}, [](CallBench& b) { b.env.packet_read_only = true; }), Reason::constant_written);
    EXPECT_EQ(called({eight}, {of_map(Region::map_value, 1)}), Reason::constant_written);
    const auto write_only = [](CallBench& b) { b.maps[0].write_only = true; };
    EXPECT_EQ(called({eight}, {kElement}, write_only), Reason::none);
    EXPECT_EQ(called({both}, {kElement}), Reason::none);
    EXPECT_EQ(called({both}, {kElement}, write_only), Reason::write_only) << "the helper reads it, too";
}

TEST(Buffers, that_are_written_hold_anything_afterwards) {
    CallBench b;
    b.helper({arg(ArgumentRule::memory_write, 8), arg(ArgumentRule::memory_write, 8)});
    ASSERT_EQ(b.run("stdw [r10-8], 1\nstxdw [r10-16], r1\nstdw [r10-24], 2\nmov r1, r10\nadd r1, -8\nmov r2, r10\nadd r2, -16\ncall 1\nldxdw r1, [r10-8]\nldxdw r2, [r10-16]\nldxdw r3, [r10-24]"), Reason::none);
    EXPECT_FALSE(b.s.regs[1].is_constant());
    EXPECT_TRUE(b.s.regs[2].is_number());
    EXPECT_TRUE(b.known(3, 2));
    // At one of several places: nowhere in particular.
    CallBench c;
    c.helper({arg(ArgumentRule::memory_write, 8)});
    c.s.regs[1] = anywhere(pointer(Region::stack, -16), 0, 8);
    ASSERT_EQ(c.call(), Reason::none);
    EXPECT_EQ(c.run("ldxb r1, [r10-8]"), Reason::stack_unwritten);
    EXPECT_EQ(c.run("ldxb r1, [r10-16]"), Reason::stack_unwritten);
    // Where the pointer may be null: perhaps nowhere. What was there before is any number.
    CallBench d;
    d.helper({nullable(arg(ArgumentRule::memory_write, 8))});
    ASSERT_EQ(d.run("stdw [r10-24], 2"), Reason::none);
    for (const int at : {-24, -32}) {
        d.s.regs[1] = or_null(pointer(Region::stack, at), 3);
        ASSERT_EQ(d.call(), Reason::none);
    }
    EXPECT_EQ(d.run("ldxdw r1, [r10-24]"), Reason::none);
    EXPECT_FALSE(d.s.regs[1].is_constant());
    EXPECT_EQ(d.run("ldxb r1, [r10-32]"), Reason::stack_unwritten);
}

// Sizes: r2 for the buffer in r1.
TEST(Buffers, are_as_large_as_the_greatest_size) {
    const Argument read = arg(ArgumentRule::memory_read), write = arg(ArgumentRule::memory_write), size = arg(ArgumentRule::memory_size), zero = arg(ArgumentRule::memory_size_zero);
    EXPECT_EQ(called({read, size}, {kStack, number(1, 8)}), Reason::none);
    EXPECT_EQ(called({read, size}, {kStack, number(1, 9)}), Reason::stack_buffer);
    EXPECT_EQ(called({read, size}, {kStack, number(0, 8)}), Reason::size_range);
    EXPECT_EQ(called({read, zero}, {kStack, number(0, 8)}), Reason::none);
    EXPECT_EQ(called({read, zero}, {kStack, signed_number(-1, 8)}), Reason::size_range);
    EXPECT_EQ(called({read, size}, {kStack, Value{}}), Reason::unreadable_register);
    EXPECT_EQ(called({read, size}, {kStack, kStack}), Reason::argument_kind);
    EXPECT_EQ(called({read}, {kStack}), Reason::bad_instruction) << "no size follows";
    EXPECT_EQ(called({read, ranged(ArgumentRule::memory_size, 2, 6)}, {kStack, number(2, 6)}), Reason::none);
    EXPECT_EQ(called({read, ranged(ArgumentRule::memory_size, 2, 6)}, {kStack, number(1, 6)}), Reason::size_range);
    EXPECT_EQ(called({read, ranged(ArgumentRule::memory_size, 2, 6)}, {kStack, number(2, 7)}), Reason::size_range);
    EXPECT_EQ(called({read, zero}, {kPacket, number(0, 1 << 24)}), Reason::packet_bounds);
    EXPECT_EQ(called({read, zero}, {kPacket, number(0, (1 << 24) + 1)}), Reason::size_range);
    EXPECT_EQ(called({nullable(read), zero}, {Value::constant(0), Value::constant(0)}), Reason::none);
    EXPECT_EQ(called({nullable(read), zero}, {Value::constant(0), number(0, 1)}), Reason::null_argument);
    EXPECT_EQ(called({nullable(read), zero}, {or_null(kElement, 3), number(0, 1)}), Reason::null_argument);
    EXPECT_EQ(called({nullable(read), zero}, {or_null(kElement, 3), Value::constant(0)}), Reason::none);
    EXPECT_EQ(called({read, zero}, {kPacket, Value::constant(0)}), Reason::none);
    EXPECT_EQ(called({write, size}, {pointer(Region::stack, -512), number(1, 512)}), Reason::none);
    EXPECT_EQ(called({write, size}, {pointer(Region::stack, -512), number(1, 513)}), Reason::stack_buffer);
}

TEST(Buffers, of_an_unknown_size_are_written_to_the_least) {
    for (std::uint64_t least : {0, 3}) {
        CallBench b;
        b.helper({arg(ArgumentRule::memory_write), arg(ArgumentRule::memory_size_zero)});
        ASSERT_EQ(b.run("stdw [r10-24], 2"), Reason::none);
        b.s.regs[1] = pointer(Region::stack, -24);
        b.s.regs[2] = number(least, 16);
        ASSERT_EQ(b.call(), Reason::none);
        EXPECT_EQ(b.run("ldxb r1, [r10-16]"), Reason::stack_unwritten);
        ASSERT_EQ(b.run("ldxdw r1, [r10-24]"), Reason::none);
        EXPECT_FALSE(b.s.regs[1].is_constant());
        CallBench fresh;
        fresh.helper({arg(ArgumentRule::memory_write), arg(ArgumentRule::memory_size_zero)});
        fresh.s.regs[1] = pointer(Region::stack, -24);
        fresh.s.regs[2] = number(least, 16);
        ASSERT_EQ(fresh.call(), Reason::none);
        EXPECT_EQ(fresh.run("ldxh r1, [r10-24]"), least == 3 ? Reason::none : Reason::stack_unwritten);
        EXPECT_EQ(fresh.run("ldxb r1, [r10-21]"), Reason::stack_unwritten);
    }
}

TEST(Buffers, of_packets_are_as_long_as_was_compared) {
    // r2 is a size, at most 60; packet >= size + 4 bytes.
    const auto with = [](int fixed, bool checked, void (*change)(CallBench&) = nullptr, Argument rule = arg(ArgumentRule::memory_read)) {
        CallBench b;
        b.helper({rule, arg(ArgumentRule::memory_size_zero)});
        b.s.regs[2] = number(0, 60);
        b.s.name(b.s.regs[2]);
        if (checked) b.s.learn(b.s.regs[2].symbol, kPacketLength, -30);
        b.s.regs[1] = pointer(Region::packet, fixed);
        if (change != nullptr) change(b);
        return b.call();
    };
    EXPECT_EQ(with(0, true), Reason::none);
    EXPECT_EQ(with(30, true), Reason::none);
    EXPECT_EQ(with(31, true), Reason::packet_bounds);
    EXPECT_EQ(with(-1, true), Reason::packet_bounds);
    EXPECT_EQ(with(0, false), Reason::packet_bounds);
    EXPECT_EQ(with(0, true, [](CallBench& b) { b.s.regs[1] = anywhere(kPacket, 0, 60); }), Reason::packet_bounds);
    EXPECT_EQ(with(0, true, [](CallBench& b) { b.s.regs[1] = pointer(Region::packet_meta); }), Reason::region_bounds);
    EXPECT_EQ(with(0, true, [](CallBench& b) { b.s.regs[1] = pointer(Region::stack, -8); }), Reason::stack_buffer);
    EXPECT_EQ(with(0, true, [](CallBench& b) { b.s.regs[1] = or_null(kPacket, 3); }), Reason::null_argument);
    EXPECT_EQ(with(0, true, [](CallBench& b) { b.helpers[0].no_packet_memory = true; }), Reason::argument_kind);
    EXPECT_EQ(with(0, true, [](CallBench& b) { b.env.packet_read_only = true; }), Reason::none);
    EXPECT_EQ(with(0, true, nullptr, arg(ArgumentRule::memory_write)), Reason::none);
    EXPECT_EQ(with(0, true, [](CallBench& b) { b.env.packet_read_only = true; }, arg(ArgumentRule::memory_write)), Reason::constant_written);
}

TEST(Arguments, that_are_things_start_where_these_do) {
    const Argument context = arg(ArgumentRule::context), any = of_class(ArgumentRule::object, -1), first = of_class(ArgumentRule::object, 0), second = of_class(ArgumentRule::object, 1);
    const Value ctx = pointer(Region::context);
    EXPECT_EQ(called({context}, {ctx}), Reason::none);
    EXPECT_EQ(called({context}, {pointer(Region::context, 4)}), Reason::argument_kind);
    EXPECT_EQ(called({context}, {anywhere(ctx, 0, 4)}), Reason::argument_kind);
    EXPECT_EQ(called({context}, {anywhere(ctx, -4, 0)}), Reason::argument_kind);
    EXPECT_EQ(called({context}, {kStack}), Reason::argument_kind);
    EXPECT_EQ(called({context}, {kNumber}), Reason::argument_kind);
    EXPECT_EQ(called({context}, {Value::constant(0)}), Reason::argument_kind);
    EXPECT_EQ(called({nullable(context)}, {Value::constant(0)}), Reason::none);
    EXPECT_EQ(called({context}, {or_null(ctx, 3)}), Reason::null_argument);
    EXPECT_EQ(called({nullable(context)}, {or_null(ctx, 3)}), Reason::none);
    EXPECT_EQ(called({nullable(context)}, {or_null(kElement, 3)}), Reason::null_argument);
    EXPECT_EQ(called({nullable(context)}, {or_null(pointer(Region::context, 4), 3)}), Reason::null_argument) << "where no null meets it, it leads beside the start";
    EXPECT_EQ(called({nullable(context)}, {kNumber}), Reason::argument_kind);
    EXPECT_EQ(called({nullable(context)}, {kStack}), Reason::argument_kind);
    EXPECT_EQ(called({nullable(context)}, {pointer(Region::context, 4)}), Reason::argument_kind);
    const Value base = of_map(Region::object, 0), derived = of_map(Region::object, 1);
    EXPECT_EQ(called({first}, {base}), Reason::none);
    EXPECT_EQ(called({first}, {derived}), Reason::none) << "it passes for its base";
    EXPECT_EQ(called({second}, {base}), Reason::argument_kind);
    EXPECT_EQ(called({any}, {base}), Reason::none);
    EXPECT_EQ(called({any}, {ctx}), Reason::argument_kind);
}

TEST(References, are_given_back_by_who_holds_them) {
    const Argument release = of_class(ArgumentRule::object_release, -1), record = arg(ArgumentRule::ring_buffer_record);
    const Value object = of_map(Region::object, 0), room = pointer(Region::ring_buffer_record, 0, 8);
    const auto holds = [](CallBench& b) { b.s.references[1] = 5; };
    EXPECT_EQ(called({release}, {held(object, 2)}, holds), Reason::none);
    EXPECT_EQ(called({release}, {object}, holds), Reason::argument_kind);
    EXPECT_EQ(called({release}, {held(object, 2, true)}, holds), Reason::argument_kind);
    EXPECT_EQ(called({release}, {or_null(held(object, 2), 3)}, holds), Reason::null_argument);
    EXPECT_EQ(called({nullable(release)}, {or_null(held(object, 2), 3)}, holds), Reason::null_argument);
    EXPECT_EQ(called({nullable(release)}, {Value::constant(0)}, holds), Reason::argument_kind);
    EXPECT_EQ(called({record}, {held(room, 2)}, holds), Reason::none);
    EXPECT_EQ(called({record}, {held(pointer(Region::ring_buffer_record, 4, 8), 2)}, holds), Reason::argument_kind);
    EXPECT_EQ(called({record}, {held(object, 2)}, holds), Reason::argument_kind);
    // Whoever leads there leads nowhere any more, in registers and on the stack; the other record stays.
    for (bool leaks : {false, true}) {
        CallBench b;
        b.env.pointer_leaks_allowed = leaks;
        b.helper({record});
        b.s.references[0] = 4;
        b.s.references[1] = 5;
        b.s.regs[1] = b.s.regs[6] = held(room, 2);
        b.s.regs[7] = held(room, 1);
        b.s.regs[8] = held(object, 2, true);
        ASSERT_EQ(b.run("stxdw [r10-8], r6\nstxdw [r10-16], r7\ncall 1"), Reason::none);
        EXPECT_EQ(b.s.references[1], 0u);
        EXPECT_EQ(b.s.references[0], 4u);
        EXPECT_EQ(b.s.regs[6].kind, leaks ? ValueKind::number : ValueKind::unknown);
        EXPECT_EQ(b.s.regs[8].kind, leaks ? ValueKind::number : ValueKind::unknown);
        EXPECT_EQ(b.run("ldxdw r1, [r10-8]"), leaks ? Reason::none : Reason::stack_unwritten);
        EXPECT_EQ(b.run("ldxdw r1, [r10-16]\nldxdw r2, [r1+0]\nldxdw r2, [r7+0]"), Reason::none);
    }
}

TEST(References, are_counted) {
    const auto acquire = [](CallBench& b) {
        HelperRule& h = b.helper({});
        h.returns = ReturnRule::object_or_null;
        h.object = 0;
        h.acquires = true;
    };
    CallBench b;
    acquire(b);
    ASSERT_EQ(b.call(), Reason::none);
    EXPECT_EQ(b.s.regs[0].reference, 1);
    EXPECT_EQ(b.s.references[0], 1u);
    EXPECT_EQ(b.call(), Reason::unreleased) << "the same call holds one";
    EXPECT_EQ(b.run("mov r6, 0\ncall 1"), Reason::none);
    EXPECT_EQ(b.s.regs[0].reference, 2);
    EXPECT_EQ(b.s.references[0], 1u);
    EXPECT_EQ(b.s.references[1], 2u);
    EXPECT_EQ(b.s.references[2], 0u);
    CallBench full;
    acquire(full);
    for (unsigned i = 0; i < kMaxReferences; ++i) full.s.references[i] = 10 + i;
    EXPECT_EQ(full.call(), Reason::too_many_references);
    // Not all that gives an object makes it the program's.
    CallBench loose;
    loose.helper({}).returns = ReturnRule::object;
    loose.helpers[0].object = 1;
    ASSERT_EQ(loose.call(), Reason::none);
    EXPECT_EQ(loose.s.regs[0].reference, 0);
    EXPECT_EQ(loose.s.regs[0].kind, ValueKind::pointer);
    EXPECT_EQ(loose.s.regs[0].map, 1);
    EXPECT_EQ(loose.s.regs[0].size, 32u);
    EXPECT_FALSE(loose.s.regs[0].read_only);
}

TEST(References, are_borrowed_from_the_first_object) {
    const Value lender = held(of_map(Region::object, 0), 2);
    const auto result = [&](bool borrows, Value first) {
        CallBench b;
        HelperRule& h = b.helper({nullable(of_class(ArgumentRule::object, 0)), nullable(of_class(ArgumentRule::object, 0))});
        h.returns = ReturnRule::object_or_null;
        h.borrows = borrows;
        b.s.references[1] = 9;
        b.s.references[2] = 10;
        b.s.regs[1] = first;
        b.s.regs[2] = held(of_map(Region::object, 0), 3);
        EXPECT_EQ(b.call(), Reason::none);
        EXPECT_EQ(b.s.references[0], 0u);
        return b.s.regs[0];
    };
    EXPECT_EQ(result(true, lender).reference, 2);
    EXPECT_TRUE(result(true, lender).borrowed);
    EXPECT_EQ(result(false, lender).reference, 0);
    EXPECT_FALSE(result(false, lender).borrowed);
    EXPECT_EQ(result(true, of_map(Region::object, 0)).reference, 3);
    EXPECT_EQ(result(true, or_null(lender, 3)).reference, 2) << "it may be there";
    EXPECT_EQ(result(true, Value::constant(0)).reference, 3);
}

TEST(Arguments, that_lead_into_values_lead_to_what_is_asked_for) {
    static constexpr KernelField kFields[] = {{0, 4, KernelUse::lock}, {8, 8, KernelUse::timer}};
    const auto with = [](KernelUse use, Value v) {
        CallBench b;
        b.maps[0].kernel_fields = kFields;
        b.maps[0].kernel_field_count = 2;
        Argument a = arg(ArgumentRule::map_value_pointer);
        a.use = use;
        b.helper({a});
        b.s.regs[1] = v;
        return b.call();
    };
    EXPECT_EQ(with(KernelUse::lock, kElement), Reason::none);
    EXPECT_EQ(with(KernelUse::lock, of_map(Region::map_value, 0, 8)), Reason::argument_kind);
    EXPECT_EQ(with(KernelUse::lock, of_map(Region::map_value, 0, 1)), Reason::argument_kind);
    EXPECT_EQ(with(KernelUse::timer, of_map(Region::map_value, 0, 8)), Reason::none);
    EXPECT_EQ(with(KernelUse::timer, kElement), Reason::argument_kind);
    EXPECT_EQ(with(KernelUse::lock, of_map(Region::map_value, 1)), Reason::argument_kind);
    EXPECT_EQ(with(KernelUse::lock, or_null(kElement, 3)), Reason::null_argument);
    EXPECT_EQ(with(KernelUse::lock, kHandle), Reason::argument_kind);
    EXPECT_EQ(with(KernelUse::none, of_map(Region::map_value, 0, 15)), Reason::none);
    EXPECT_EQ(with(KernelUse::none, of_map(Region::map_value, 0, 16)), Reason::argument_kind);
    EXPECT_EQ(with(KernelUse::none, of_map(Region::map_value, 0, -1)), Reason::argument_kind);
    EXPECT_EQ(with(KernelUse::none, anywhere(kElement, 0, 1)), Reason::argument_kind);
    EXPECT_EQ(with(KernelUse::none, of_map(Region::map_value, -1)), Reason::argument_kind);
    EXPECT_EQ(with(KernelUse::none, pointer(Region::memory, 0, 8)), Reason::argument_kind);
    // The map named beside a timer is the one that holds it.
    for (KernelUse use : {KernelUse::timer, KernelUse::lock})
        for (std::int16_t map : {std::int16_t{0}, std::int16_t{1}}) {
            CallBench b;
            b.maps[0].kernel_fields = kFields;
            b.maps[0].kernel_field_count = 2;
            Argument a = arg(ArgumentRule::map_value_pointer);
            a.use = use;
            b.helper({a, arg(ArgumentRule::map)});
            b.s.regs[1] = of_map(Region::map_value, 0, use == KernelUse::timer ? 8 : 0);
            b.s.regs[2] = of_map(Region::map_handle, map);
            EXPECT_EQ(b.call(), use == KernelUse::timer && map == 1 ? Reason::argument_kind : Reason::none);
        }
}

TEST(Results, are_what_the_prototype_promises) {
    const auto bounds = [](void (*promise)(HelperRule&)) {
        CallBench b;
        HelperRule& h = b.helper({arg(ArgumentRule::anything)});
        promise(h);
        b.s.regs[1] = signed_number(-3, 50);
        EXPECT_EQ(b.call(), Reason::none);
        return b.of(0);
    };
    EXPECT_EQ(bounds([](HelperRule&) {}), Interval<std::uint64_t>{});
    EXPECT_EQ(bounds([](HelperRule& h) { h.return_width = 32; }).smin, INT32_MIN);
    EXPECT_EQ(bounds([](HelperRule& h) { h.return_width = 32; }).smax, INT32_MAX);
    EXPECT_EQ(bounds([](HelperRule& h) { h.return_width = 32, h.return_signed = false; }).umax, UINT32_MAX);
    const auto ranged_one = [](HelperRule& h) { h.has_return_range = true, h.return_min = -4, h.return_max = 60; };
    EXPECT_EQ(bounds(ranged_one).smin, -4);
    EXPECT_EQ(bounds(ranged_one).smax, 60);
    const auto unsigned_one = [](HelperRule& h) { h.has_return_range = true, h.return_signed = false, h.return_min = 4, h.return_max = UINT64_MAX - 1; };
    EXPECT_EQ(bounds(unsigned_one).umin, 4u);
    EXPECT_EQ(bounds(unsigned_one).umax, UINT64_MAX - 1);
    const auto at_most = [](HelperRule& h) { h.return_at_most_argument = 1; };
    EXPECT_EQ(bounds(at_most).smax, 50);
    EXPECT_EQ(bounds(at_most).smin, INT64_MIN);
    CallBench none;
    none.helper({}).returns = ReturnRule::nothing;
    ASSERT_EQ(none.call(), Reason::none);
    EXPECT_EQ(none.run("mov r1, r0"), Reason::unreadable_register);
    CallBench memory;
    memory.helper({}).returns = ReturnRule::memory_or_null;
    memory.helpers[0].fixed_size = 8;
    ASSERT_EQ(memory.call(), Reason::none);
    EXPECT_EQ(memory.s.regs[0].kind, ValueKind::pointer_or_null);
    EXPECT_NE(memory.s.regs[0].symbol, 0);
    EXPECT_EQ(memory.s.regs[0].region, Region::memory);
    EXPECT_EQ(memory.s.regs[0].size, 8u);
}

TEST(Results, of_lookups_are_values_and_maps_that_may_be_missing) {
    const auto looked_up = [](ReturnRule rule, void (*change)(CallBench&) = nullptr, Value key = pointer(Region::stack, -4), std::uint64_t least = 0, std::uint64_t most = 9) {
        CallBench b;
        b.helper({arg(ArgumentRule::map), arg(ArgumentRule::map_key)}).returns = rule;
        if (change != nullptr) change(b);
        b.s.put({-4, 4, 0}, number(least, most));
        EXPECT_EQ(b.run("stw [r10-8], 0"), Reason::none);
        b.s.regs[1] = kHandle;
        b.s.regs[2] = key;
        EXPECT_EQ(b.call(), Reason::none);
        return b.s.regs[0];
    };
    const auto all_keys = [](CallBench& b) { b.maps[0].has_all_keys = true; };
    EXPECT_EQ(looked_up(ReturnRule::map_value).kind, ValueKind::pointer);
    EXPECT_EQ(looked_up(ReturnRule::map_value_or_null).kind, ValueKind::pointer_or_null);
    EXPECT_EQ(looked_up(ReturnRule::map_value_or_null).region, Region::map_value);
    EXPECT_EQ(looked_up(ReturnRule::map_value_or_null).map, 0);
    EXPECT_EQ(looked_up(ReturnRule::map_value_or_null, all_keys).kind, ValueKind::pointer);
    EXPECT_EQ(looked_up(ReturnRule::map_value_or_null, all_keys, pointer(Region::stack, -4), 0, 10).kind, ValueKind::pointer_or_null);
    EXPECT_EQ(looked_up(ReturnRule::map_value_or_null, all_keys, anywhere(pointer(Region::stack, -8), 0, 4)).kind, ValueKind::pointer_or_null);
    EXPECT_EQ(looked_up(ReturnRule::map_value_or_null, all_keys, kElement).kind, ValueKind::pointer_or_null);
    EXPECT_EQ(looked_up(ReturnRule::map_value_or_null, [](CallBench& b) {
                  b.maps[0].has_all_keys = true;
                  b.helpers[0].arguments[1] = arg(ArgumentRule::memory_read, 4);
              }).kind,
              ValueKind::pointer_or_null);
    const Value inner = looked_up(ReturnRule::map_value_or_null, [](CallBench& b) { b.maps[0].inner = 1; });
    EXPECT_EQ(inner.region, Region::map_handle);
    EXPECT_EQ(inner.map, 1);
    const Value first = looked_up(ReturnRule::map_value_or_null, [](CallBench& b) { b.maps[0].inner = 0; });
    EXPECT_EQ(first.region, Region::map_handle);
    const Value object = looked_up(ReturnRule::map_value_or_null, [](CallBench& b) { b.maps[0].object = 0; });
    EXPECT_EQ(object.region, Region::object);
    EXPECT_EQ(object.reference, 0);
    EXPECT_EQ(looked_up(ReturnRule::map_value_or_null, [](CallBench& b) { b.maps[0].object = 1, b.maps[0].acquires = true; }).reference, 1);
    CallBench none;
    none.helper({}).returns = ReturnRule::map_value;
    EXPECT_EQ(none.call(), Reason::bad_map);
}

TEST(Results, that_are_reserved_are_of_a_known_size) {
    const auto reserved = [](Value size) {
        CallBench b;
        b.helper({arg(ArgumentRule::map), arg(ArgumentRule::scalar)}).returns = ReturnRule::ring_buffer_record_or_null;
        b.s.regs[1] = of_map(Region::map_handle, 1);
        b.s.regs[2] = size;
        const Reason why = b.call();
        if (why == Reason::none) {
            EXPECT_EQ(b.s.regs[0].kind, ValueKind::pointer_or_null);
            EXPECT_EQ(b.s.regs[0].region, Region::ring_buffer_record);
            EXPECT_EQ(b.s.regs[0].size, size.number.wide.umin);
            EXPECT_EQ(b.s.regs[0].map, 1);
            EXPECT_EQ(b.s.regs[0].reference, 1);
        }
        return why;
    };
    EXPECT_EQ(reserved(Value::constant(24)), Reason::none);
    EXPECT_EQ(reserved(number(24, 25)), Reason::reservation_size);
    EXPECT_EQ(reserved(Value::constant(kMaxOffset)), Reason::none);
    EXPECT_EQ(reserved(Value::constant(kMaxOffset + 1)), Reason::reservation_size);
}

TEST(Costs, of_calls_are_of_helper_map_and_greatest_argument) {
    static constexpr std::uint32_t kMapCosts[] = {100, 200, 300};
    const auto steps = [](Value amount, std::uint8_t width, bool map, std::uint32_t counted = UINT32_MAX) {
        CallBench b;
        Argument a = ranged(ArgumentRule::scalar, 0, 50, width);
        a.unit_cost = 3;
        HelperRule& h = map ? b.helper({arg(ArgumentRule::map), a}) : b.helper({a});
        h.cost = 7;
        h.map_costs = kMapCosts;
        b.env.counted = counted;
        b.s.regs[1] = map ? of_map(Region::map_handle, 1) : amount;
        b.s.regs[2] = amount;
        EXPECT_EQ(b.call(), Reason::none);
        return b.s.steps;
    };
    EXPECT_EQ(steps(number(2, 10), 64, false), 7u + 30);
    EXPECT_EQ(steps(number(2, 10), 64, true), 7u + 200 + 30);
    EXPECT_EQ(steps(Value::constant(0x700000004), 32, false), 7u + 12);
    EXPECT_EQ(steps(number(2, 10), 64, true, 5), 0u) << "another slot is counted";
}

}  // namespace
}  // namespace mbpf::proof
