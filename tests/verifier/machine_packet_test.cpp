// SPDX-License-Identifier: Apache-2.0
// What comparisons and distances tell of packets: how long they are, and where in them a pointer leads; what is
// forgotten when the packet moves.
#include "tests/verifier/machine_bench.h"

namespace mbpf::proof {
namespace {

constexpr Symbol kA = 1, kB = 2;

// r2 leads into the packet, r3 to its end; bytes known to be there.
int bytes_after(Value p, const char* jump, bool taken, Edge expected = Edge::feasible) {
    Bench b;
    b.env.pointer_leaks_allowed = true;  // there, any comparison may be made
    b.s.packet_bytes = 1;
    b.s.regs[2] = p;
    b.s.regs[3] = pointer(Region::packet_end);
    EXPECT_EQ(b.go(jump, taken), expected) << jump;
    return b.s.packet_bytes;
}

TEST(Packets, are_as_long_as_was_compared) {
    const Value p = pointer(Region::packet, 20);
    struct Case {
        const char* jump;
        int taken, not_taken;
    };
    for (const Case& c : {Case{"jgt r2, r3, +0", 1, 20}, Case{"jge r2, r3, +0", 1, 21}, Case{"jlt r2, r3, +0", 21, 1}, Case{"jle r2, r3, +0", 20, 1}, Case{"jeq r2, r3, +0", 20, 1}, Case{"jne r2, r3, +0", 1, 20}, Case{"jgt r3, r2, +0", 21, 1}, Case{"jge r3, r2, +0", 20, 1}, Case{"jlt r3, r2, +0", 1, 20},
                          Case{"jle r3, r2, +0", 1, 21}, Case{"jeq r3, r2, +0", 20, 1}, Case{"jne r3, r2, +0", 1, 20}, Case{"jsgt r2, r3, +0", 1, 1}, Case{"jslt r2, r3, +0", 1, 1}, Case{"jlt32 r2, r3, +0", 1, 1}, Case{"jgt32 r2, r3, +0", 1, 1}, Case{"jeq32 r2, r3, +0", 1, 1}}) {
        EXPECT_EQ(bytes_after(p, c.jump, true), c.taken) << c.jump;
        EXPECT_EQ(bytes_after(p, c.jump, false), c.not_taken) << c.jump;
    }
    EXPECT_EQ(bytes_after(anywhere(p, 4, 9), "jle r2, r3, +0", true), 24) << "the least of it";
    // No packet is longer than 64 KiB; beyond that an address may wrap.
    EXPECT_EQ(bytes_after(pointer(Region::packet, kMaxPacket), "jle r2, r3, +0", true), kMaxPacket);
    EXPECT_EQ(bytes_after(pointer(Region::packet, kMaxPacket), "jlt r2, r3, +0", true, Edge::infeasible), 1);
    EXPECT_EQ(bytes_after(pointer(Region::packet, kPastPacket + 1), "jle r2, r3, +0", true, Edge::infeasible), 1) << "128 KiB behind an end that is a byte behind the start";
    EXPECT_EQ(bytes_after(pointer(Region::packet, kPastPacket + 2), "jle r2, r3, +0", true), 1) << "may have wrapped";
    EXPECT_EQ(bytes_after(anywhere(pointer(Region::packet, 20), 0, kMaxPacket - 20), "jle r2, r3, +0", true), 20);
    EXPECT_EQ(bytes_after(anywhere(pointer(Region::packet, 20), 0, kPastPacket - 18), "jle r2, r3, +0", true), 1);
    EXPECT_EQ(bytes_after(anywhere(pointer(Region::packet, 20), -1, 9), "jle r2, r3, +0", true), 1);
    EXPECT_EQ(bytes_after(pointer(Region::packet, -3), "jlt r2, r3, +0", true), 1);
    // The end is what tells, and the packet's own pointers alone are told of.
    for (Region region : {Region::packet, Region::packet_meta}) {
        Bench b;
        b.s.regs[2] = pointer(region, 20);
        b.s.regs[3] = region == Region::packet_meta ? pointer(Region::packet_end) : pointer(Region::packet_meta);
        EXPECT_EQ(b.go("jle r2, r3, +0", true), Edge::feasible);
        EXPECT_EQ(b.s.packet_bytes, 0);
        EXPECT_EQ(b.s.metadata_bytes, 0);
    }
}

// Two places in the packet compare as their offsets do, as long as neither may have wrapped.
TEST(Packets, places_in_them_are_in_order) {
    struct Known {
        Edge edge = Edge::failed;
        std::uint64_t least_of_right = 0, most_of_left = 0;
        std::int64_t apart = INT64_MAX;  // left - right, at most
    };
    const auto after = [](Value left, Value right, const char* jump, bool taken = true) {
        Bench b;
        b.s.regs[2] = left;
        b.s.regs[3] = right;
        Known k;
        k.edge = b.go(jump, taken);
        const Value x = variable_part(b.s.regs[2], b.s.regs[2].fixed), y = variable_part(b.s.regs[3], b.s.regs[3].fixed);
        k.least_of_right = y.number.wide.umin;
        k.most_of_left = x.number.wide.umax;
        (void)b.s.difference(x, y, k.apart);
        EXPECT_EQ(b.s.packet_bytes, 0) << "neither is known to lie in the packet";
        return k;
    };
    const Value near = anywhere(pointer(Region::packet, 20), 0, 100), far = anywhere(pointer(Region::packet, 30), 0, 60);
    const Known k = after(near, far, "jlt r2, r3, +0");
    EXPECT_EQ(k.edge, Edge::feasible);
    EXPECT_EQ(k.most_of_left, 89u);
    EXPECT_EQ(k.apart, -1);
    EXPECT_EQ(after(near, far, "jle r2, r3, +0").apart, 0);
    EXPECT_EQ(after(near, far, "jgt r3, r2, +0").apart, -1);
    EXPECT_EQ(after(near, far, "jge r2, r3, +0", false).apart, -1);
    EXPECT_EQ(after(near, far, "jlt r2, r3, +0", false).least_of_right, 30u);
    EXPECT_EQ(after(near, far, "jgt r2, r3, +0").least_of_right, 30u);
    EXPECT_EQ(after(far, near, "jlt r2, r3, +0").least_of_right, 31u);
    EXPECT_EQ(after(pointer(Region::packet, 20), pointer(Region::packet, 20), "jlt r2, r3, +0").edge, Edge::infeasible);
    EXPECT_EQ(after(pointer(Region::packet, 20), pointer(Region::packet, 20), "jeq r2, r3, +0").edge, Edge::feasible);
    EXPECT_EQ(after(pointer(Region::packet, 20), pointer(Region::packet, 21), "jeq r2, r3, +0").edge, Edge::infeasible);
    // One of them may have wrapped: before the packet's start, or too far behind what is known of its end.
    EXPECT_EQ(after(pointer(Region::packet, -1), pointer(Region::packet, -2), "jlt r2, r3, +0").edge, Edge::feasible);
    EXPECT_EQ(after(anywhere(pointer(Region::packet, 20), -21, 9), far, "jlt r2, r3, +0").most_of_left, ~std::uint64_t{0});
    EXPECT_EQ(after(pointer(Region::packet, kPastPacket + 1), far, "jlt r2, r3, +0").edge, Edge::feasible);
    EXPECT_EQ(after(pointer(Region::packet, kPastPacket), far, "jlt r2, r3, +0").edge, Edge::infeasible);
    EXPECT_EQ(after(near, anywhere(pointer(Region::packet, 30), 0, kPastPacket), "jlt r2, r3, +0").apart, 89 - 30 + 31);
}

TEST(Packets, that_do_not_end_here_have_a_byte_more) {
    // p + 4 is at most the end: where it is not the end, a byte follows.
    const auto after = [](int known, const char* jump) {
        Bench b;
        b.s.packet_bytes = known;
        b.s.regs[2] = pointer(Region::packet, 4);
        b.s.regs[3] = pointer(Region::packet_end);
        EXPECT_EQ(b.go(jump, true), Edge::feasible);
        return b.s.packet_bytes;
    };
    EXPECT_EQ(after(4, "jne r2, r3, +0"), 5);
    EXPECT_EQ(after(4, "jne r3, r2, +0"), 5);
    EXPECT_EQ(after(4, "jle r2, r3, +0"), 4);
    EXPECT_EQ(after(4, "jeq r2, r3, +0"), 4);
    EXPECT_EQ(after(3, "jne r2, r3, +0"), 3) << "it may lie behind the end";
}

// r2 is the start plus r9, which is at most 100; compared with the end.
TEST(Packets, are_longer_than_what_was_added_to_them) {
    const auto room = [](int fixed, const char* jump, bool taken, std::uint64_t most_added = 100) {
        Bench b;
        b.s.regs[9] = named(number(0, most_added), kA);
        b.s.regs[2] = named(anywhere(pointer(Region::packet, fixed), 0, static_cast<std::int64_t>(most_added)), kA);
        b.s.regs[3] = pointer(Region::packet_end);
        EXPECT_EQ(b.go(jump, taken), Edge::feasible);
        std::int64_t bound = 0;
        return b.s.below_packet_end(b.s.regs[9], bound) ? -bound : std::int64_t{-999};
    };
    EXPECT_EQ(room(20, "jgt r2, r3, +0", false), 20);
    EXPECT_EQ(room(20, "jlt r2, r3, +0", true), 21);
    EXPECT_EQ(room(0, "jle r2, r3, +0", true), 0);
    EXPECT_EQ(room(20, "jgt r2, r3, +0", true), -100) << "by its range alone";
    EXPECT_EQ(room(20, "jle r2, r3, +0", true, 70000), 20);
    EXPECT_EQ(room(20, "jle r2, r3, +0", true, 140000), -140000) << "may have wrapped";
    // So much is it at most.
    Bench b;
    b.s.regs[9] = named(number(0, kMaxPacket - 20), kA);
    b.s.regs[2] = named(anywhere(pointer(Region::packet, 20), 0, kMaxPacket - 20), kA);
    b.s.regs[3] = pointer(Region::packet_end);
    ASSERT_EQ(b.go("jlt r2, r3, +0", true), Edge::feasible);
    EXPECT_EQ(b.of(9).umax, static_cast<std::uint64_t>(kMaxPacket - 21));
    // A pointer near the end, though nobody knows how far from the start, has not wrapped either.
    Bench far;
    far.s.regs[9] = named(number(0, kMaxOffset), kA);
    far.s.learn(kA, kPacketLength, 0);
    far.s.regs[2] = named(anywhere(pointer(Region::packet, 8), 0, kMaxOffset), kA);
    far.s.regs[3] = pointer(Region::packet_end);
    ASSERT_EQ(far.go("jgt r2, r3, +0", false), Edge::feasible);
    std::int64_t bound = 0;
    ASSERT_TRUE(far.s.below_packet_end(far.s.regs[9], bound));
    EXPECT_EQ(bound, -8);
    // A moved word whose sum may wrap teaches nothing.
    Bench moved;
    moved.s.regs[2] = named(anywhere(pointer(Region::packet, 8), 0, 50), kA, 3);
    moved.s.regs[3] = pointer(Region::packet_end);
    ASSERT_EQ(moved.go("jgt r2, r3, +0", false), Edge::feasible);
    EXPECT_EQ(moved.s.difference_count, 0);
    Bench exact;
    exact.s.regs[2] = named(anywhere(pointer(Region::packet, 8), 3, 50), kA, 3);
    exact.s.regs[3] = pointer(Region::packet_end);
    ASSERT_EQ(exact.go("jgt r2, r3, +0", false), Edge::feasible);
    EXPECT_EQ(learned(exact.s, kA, kPacketLength), -11);
}

TEST(Packets, have_metadata_before_them) {
    const auto bytes = [](Value meta, Value packet, const char* jump, bool taken = true) {
        Bench b;
        b.env.pointer_leaks_allowed = true;  // any comparison may be made
        b.s.metadata_bytes = 1;
        b.s.regs[2] = meta;
        b.s.regs[3] = packet;
        EXPECT_EQ(b.go(jump, taken), Edge::feasible);
        return b.s.metadata_bytes;
    };
    const Value meta = pointer(Region::packet_meta, 8), packet = pointer(Region::packet);
    EXPECT_EQ(bytes(meta, packet, "jle r2, r3, +0"), 8);
    EXPECT_EQ(bytes(meta, packet, "jlt r2, r3, +0"), 9);
    EXPECT_EQ(bytes(meta, packet, "jgt r2, r3, +0"), 1);
    EXPECT_EQ(bytes(meta, packet, "jgt r2, r3, +0", false), 8);
    EXPECT_EQ(bytes(meta, packet, "jge r2, r3, +0", false), 9);
    EXPECT_EQ(bytes(meta, packet, "jeq r2, r3, +0"), 8);
    EXPECT_EQ(bytes(meta, packet, "jne r2, r3, +0"), 1);
    EXPECT_EQ(bytes(meta, packet, "jslt r2, r3, +0"), 1);
    EXPECT_EQ(bytes(packet, meta, "jge r2, r3, +0"), 8);
    EXPECT_EQ(bytes(packet, meta, "jeq r2, r3, +0"), 8);
    EXPECT_EQ(bytes(meta, pointer(Region::packet, 1), "jle r2, r3, +0"), 1);
    EXPECT_EQ(bytes(meta, anywhere(packet, 0, 1), "jle r2, r3, +0"), 1);
    EXPECT_EQ(bytes(anywhere(meta, 0, 1), packet, "jle r2, r3, +0"), 1);
    EXPECT_EQ(bytes(meta, pointer(Region::packet_end), "jle r2, r3, +0"), 1);
    EXPECT_EQ(bytes(pointer(Region::packet_meta, kMaxPacket + 1), packet, "jle r2, r3, +0"), 1);
    EXPECT_EQ(bytes(pointer(Region::packet_meta, 0), packet, "jle r2, r3, +0"), 1);
}

// A certificate may state a pointer's place as a fixed part too far ahead and a variable part that leads back.
TEST(Packets, are_as_long_seen_from_a_place_stated_in_two_parts) {
    for (const std::int32_t ahead : {0, 1000, 65535}) {
        Bench b;
        b.s.regs[2] = pointer(Region::packet_end);
        b.s.regs[3] = pointer(Region::packet, ahead);
        b.s.regs[3].number = Number::range_s(-ahead, -ahead);
        ASSERT_EQ(b.run("sub r2, r3"), Reason::none);
        EXPECT_TRUE(b.s.regs[2].number.contains(0)) << ahead;
        EXPECT_TRUE(b.s.regs[2].number.contains(kMaxPacket)) << ahead;
        b.s.regs[2] = pointer(Region::packet_end);
        b.s.regs[3].number = Number::range_s(-ahead, 5);
        ASSERT_EQ(b.run("sub r2, r3"), Reason::none);
        EXPECT_TRUE(b.s.regs[2].number.contains(kMaxPacket)) << ahead;
    }
}

// data_end - data, compared.
TEST(Packets, are_as_long_as_their_length_is_found) {
    Bench b;
    b.s.regs[2] = pointer(Region::packet_end);
    b.s.regs[3] = pointer(Region::packet);
    ASSERT_EQ(b.run("sub r2, r3"), Reason::none);
    ASSERT_EQ(b.go("jlt r2, 30, +0", false), Edge::feasible);
    EXPECT_EQ(b.s.packet_bytes, 30);
    Bench moved;
    moved.s.regs[2] = pointer(Region::packet_end);
    moved.s.regs[3] = pointer(Region::packet);
    ASSERT_EQ(moved.run("sub r2, r3\nadd r2, 5"), Reason::none);
    ASSERT_EQ(moved.go("jlt r2, 30, +0", false), Edge::feasible);
    EXPECT_EQ(moved.s.packet_bytes, 25);
    // 5 less may be below 0, which is no length.
    Bench wraps;
    wraps.s.regs[2] = pointer(Region::packet_end);
    wraps.s.regs[3] = pointer(Region::packet);
    ASSERT_EQ(wraps.run("sub r2, r3\nsub r2, 5"), Reason::none);
    ASSERT_EQ(wraps.go("jlt r2, 30, +0", false), Edge::feasible);
    EXPECT_EQ(wraps.s.packet_bytes, 0);
}

// A word that is not longer than the packet, and one that lies so far below it.
TEST(Packets, bound_what_is_below_a_word_that_they_bound) {
    const auto bound_of = [](Value word, std::int64_t a_below_word) {
        Bench b;
        b.s.packet_bytes = 10;
        b.s.learn(kB, kPacketLength, -8);
        if (a_below_word != 0) b.s.learn(kA, kB, a_below_word);
        b.s.regs[3] = word;
        std::int64_t bound = 0;
        return b.s.below_packet_end(named(number(0, 100), kA), bound) ? bound : INT64_MAX;
    };
    EXPECT_EQ(bound_of(named(number(0, 100), kB), -5), -13);
    EXPECT_EQ(bound_of(Value{}, -5), -13) << "the chain of two";
    EXPECT_EQ(bound_of(named(number(200, 300), kB), 0), -108) << "by the word's range";
    EXPECT_EQ(bound_of(named(number(203, 300), kB, 3), 0), -108);
    EXPECT_EQ(bound_of(named(number(2, 300), kB, 3), 0), 90) << "that may wrap";
    Bench wraps;
    wraps.s.learn(kB, kPacketLength, -8);
    wraps.s.regs[3] = named(number(2, 300), kB, 3);
    std::int64_t bound = 0;
    ASSERT_TRUE(wraps.s.below_packet_end(named(number(0, 100), kA), bound));
    EXPECT_EQ(bound, 100);
    // Deltas and bounds that do not fit their own width together.
    Bench large;
    large.s.learn(kB, kPacketLength, 24);
    large.s.regs[3] = named(number(std::uint64_t{INT32_MAX} + 1, std::uint64_t{INT32_MAX} + 99), kB, INT32_MAX);
    ASSERT_TRUE(large.s.below_packet_end(named(number(0, 0), kA), bound));
    EXPECT_EQ(bound, 0);
    Bench another;
    another.s.learn(kB, 7, -50);
    another.s.regs[3] = named(number(100, 300), kB);
    ASSERT_TRUE(another.s.below_packet_end(named(number(0, 100), kA), bound));
    EXPECT_EQ(bound, 100) << "what is below another word";
    EXPECT_FALSE(another.s.below_packet_end(Value::of(Number::unknown()), bound));
    EXPECT_EQ(bound_of(or_null(anywhere(of_map(Region::map_value), 200, 300), kB), 0), 90) << "no word";
    EXPECT_EQ(bound_of(named(number(200, 300), kA), 0), 90) << "another word";
}

TEST(Packets, that_move_are_forgotten) {
    Bench b;
    b.s.packet_bytes = 20;
    b.s.metadata_bytes = 4;
    b.s.learn(kA, kPacketLength, 0);
    b.s.learn(kPacketLength, kA, 0);
    b.s.learn(kA, kB, 3);
    b.s.regs[1] = pointer(Region::context);
    b.s.regs[2] = pointer(Region::packet);
    b.s.regs[3] = pointer(Region::packet_end);
    b.s.regs[4] = pointer(Region::packet_meta);
    b.s.regs[5] = named(number(0, 100), kPacketLength);
    b.s.regs[6] = number(0, 100);
    b.s.regs[6].origin = kPacketLength;
    b.s.regs[7] = named(number(0, 100), kA);
    b.s.regs[8] = of_map(Region::map_value);
    b.s.ghosts[0] = named(number(0, 100), kPacketLength);
    ASSERT_EQ(b.run("stxdw [r10-8], r2\nstxdw [r10-16], r1"), Reason::none);
    b.s.forget_packet();
    EXPECT_EQ(b.s.packet_bytes, 0);
    EXPECT_EQ(b.s.metadata_bytes, 0);
    for (unsigned r : {2u, 3u, 4u}) EXPECT_EQ(b.s.regs[r].kind, ValueKind::unknown) << r;
    EXPECT_EQ(b.s.regs[1].kind, ValueKind::pointer);
    EXPECT_EQ(b.s.regs[8].kind, ValueKind::pointer);
    EXPECT_EQ(b.s.regs[5].symbol, 0);
    EXPECT_EQ(b.of(5).umax, 100u);
    EXPECT_EQ(b.s.regs[6].origin, 0);
    EXPECT_EQ(b.s.regs[7].symbol, kA);
    EXPECT_EQ(b.s.ghosts[0].symbol, 0);
    EXPECT_EQ(b.s.difference_count, 1);
    EXPECT_EQ(learned(b.s, kA, kB), 3);
    EXPECT_EQ(b.run("ldxdw r6, [r10-16]"), Reason::none);
    EXPECT_EQ(b.run("ldxdw r6, [r10-8]"), Reason::stack_unwritten);
}

}  // namespace
}  // namespace mbpf::proof
