// SPDX-License-Identifier: Apache-2.0
// When an invariant covers what arrives there, and which are read at all: a certificate's claims, each wrong by little.
#include "tests/verifier/proof_bench.h"

namespace mbpf::proof {
namespace {

constexpr Symbol kA = 1, kB = 2, kC = 3;

// What arrives, and what is stated. They are alike until a test makes them differ.
struct Arrival {
    Bench have, stated;

    template <class Change>
    Arrival& both(Change change) {
        change(have.s);
        change(stated.s);
        return *this;
    }
    bool covered(std::uint32_t* contract = nullptr) const {
        const Bytes bytes = encode_invariant(stated.s, 0x3ff).bytes();
        Reader in = reading(bytes);
        Cost cost;
        return covers(in, have.s, cost, contract);
    }
};

template <class Have, class Say>
bool covered(Have have, Say say) {
    Arrival a;
    have(a.have.s);
    say(a.stated.s);
    return a.covered();
}
// r2 is `have`, stated as `said`.
bool covers_value(Value have, Value said) {
    Arrival a;
    a.both([](State& s) { s.references[0] = 5, s.references[1] = 6; });
    a.have.s.regs[2] = have;
    a.stated.s.regs[2] = said;
    return a.covered();
}

TEST(Covered, are_states_that_know_as_much) {
    EXPECT_TRUE(Arrival().covered());
    EXPECT_TRUE(covers_value(number(3, 7), number(3, 7)));
    EXPECT_TRUE(covers_value(number(3, 7), number(2, 8)));
    EXPECT_FALSE(covers_value(number(3, 8), number(3, 7)));
    EXPECT_FALSE(covers_value(number(2, 7), number(3, 7)));
    EXPECT_TRUE(covers_value(number(3, 7), Value{}));
    EXPECT_FALSE(covers_value(Value{}, number(0, UINT64_MAX)));
    EXPECT_FALSE(covers_value(pointer(Region::context), number(0, UINT64_MAX)));
    EXPECT_FALSE(covers_value(number(0, 0), pointer(Region::context)));
    // Known in one part what is stated in another.
    Value odd = number(0, 255);
    odd.number = Number::alu64(bpf::AluOp::or_, odd.number, Number::constant(1));
    EXPECT_TRUE(covers_value(odd, number(1, 255)));
    EXPECT_FALSE(covers_value(number(1, 255), odd));
}

TEST(Covered, are_words_of_a_congruence) {
    const auto of = [](std::uint32_t modulus, std::int32_t rest) {
        Value v = signed_number(-100, 100);
        v.modulus = modulus;
        v.remainder = rest;
        return v;
    };
    EXPECT_TRUE(covers_value(of(12, 5), of(12, 5)));
    EXPECT_TRUE(covers_value(of(12, 5), of(4, 1)));
    EXPECT_TRUE(covers_value(of(12, 5), of(0, 0)));
    EXPECT_FALSE(covers_value(of(12, 5), of(12, 6)));
    EXPECT_FALSE(covers_value(of(12, 5), of(4, 2)));
    EXPECT_FALSE(covers_value(of(4, 1), of(12, 5)));
    EXPECT_FALSE(covers_value(of(0, 0), of(12, 5)));
    const auto rest = static_cast<std::int32_t>(domain::rank(std::uint64_t{7}) % 12);
    EXPECT_TRUE(covers_value(Value::constant(7), of(12, rest)));
    EXPECT_FALSE(covers_value(Value::constant(8), of(12, rest)));
}

TEST(Covered, are_pointers_that_are_the_same_thing) {
    const Value base = [] {
        Value v = pointer(Region::memory, 4, 8);
        v.map = 0;
        v.reference = 1;
        return v;
    }();
    EXPECT_TRUE(covers_value(base, base));
    for (int part = 0; part < 6; ++part) {
        Value other = base;
        if (part == 0) other.region = Region::ring_buffer_record;
        if (part == 1) other.map = 1;
        if (part == 2) other.size = 7;
        if (part == 3) other.reference = 2;
        if (part == 4) other.read_only = true;
        if (part == 5) other.borrowed = true;
        EXPECT_FALSE(covers_value(base, other)) << part;
        EXPECT_FALSE(covers_value(other, base)) << part;
    }
    Value inner = pointer(Region::stack, -8), outer = inner;
    inner.frame = 1;
    for (const Value& said : {inner, outer}) {
        Arrival two;
        two.both([](State& s) { s.depth = 2, s.frames[1].kind = FrameKind::call; });
        two.have.s.regs[2] = inner;
        two.stated.s.regs[2] = said;
        EXPECT_EQ(two.covered(), said.frame == inner.frame);
    }
    // The place, told by fixed and variable part.
    EXPECT_TRUE(covers_value(pointer(Region::packet, 4), anywhere(pointer(Region::packet), 4, 4)));
    EXPECT_TRUE(covers_value(pointer(Region::packet, 4), anywhere(pointer(Region::packet, 1), 0, 3)));
    EXPECT_FALSE(covers_value(pointer(Region::packet, 4), anywhere(pointer(Region::packet, 1), 0, 2)));
    EXPECT_FALSE(covers_value(anywhere(pointer(Region::packet), 0, 9), pointer(Region::packet)));
    EXPECT_FALSE(covers_value(pointer(Region::packet), pointer(Region::packet, 1)));
}

TEST(Covered, may_be_null_where_that_is_stated) {
    const Value v = of_map(Region::map_value), h = held(v, 1);
    EXPECT_TRUE(covers_value(v, or_null(v, kA)));
    EXPECT_TRUE(covers_value(Value::constant(0), or_null(v, kA)));
    EXPECT_TRUE(covers_value(or_null(v, kB), or_null(v, kA)));
    EXPECT_FALSE(covers_value(or_null(v, kB), v));
    EXPECT_FALSE(covers_value(Value::constant(0), v));
    EXPECT_FALSE(covers_value(Value::constant(1), or_null(v, kA)));
    EXPECT_FALSE(covers_value(number(0, 1), or_null(v, kA)));
    EXPECT_FALSE(covers_value(Value::constant(0), or_null(h, kA))) << "null holds nothing";
    EXPECT_TRUE(covers_value(h, or_null(h, kA)));
    EXPECT_FALSE(covers_value(of_map(Region::map_value, 0, 1), or_null(v, kA)));
    EXPECT_FALSE(covers_value(anywhere(v, 0, 1), or_null(v, kA)));
    Value moved = v;
    moved.number = Number::constant(1);
    EXPECT_FALSE(covers_value(or_null(moved, kB), or_null(v, kA)));
    EXPECT_FALSE(covers_value(moved, or_null(v, kA)));
    // All null together: those of one class, or all sure, or all null.
    const auto together = [&](Value first, Value second) { return covered([&](State& s) { s.regs[2] = first, s.regs[3] = second; }, [&](State& s) { s.regs[2] = s.regs[3] = or_null(v, kA); }); };
    const Value null = Value::constant(0);
    EXPECT_TRUE(together(or_null(v, kB), or_null(v, kB)));
    EXPECT_FALSE(together(or_null(v, kB), or_null(v, kC)));
    EXPECT_TRUE(together(v, v));
    EXPECT_TRUE(together(null, null));
    EXPECT_FALSE(together(v, null));
    EXPECT_FALSE(together(null, v));
    EXPECT_FALSE(together(or_null(v, kB), null));
    EXPECT_FALSE(together(v, or_null(v, kB)));
    EXPECT_FALSE(together(or_null(v, 0), or_null(v, 0))) << "nobody knows that they are one";
}

TEST(Covered, are_copies_of_one_word) {
    // r2 and r3 are stated as one word, r3 more by `apart`.
    const auto copies = [](Value first, Value second, std::int32_t apart = 0) { return covered([&](State& s) { s.regs[2] = first, s.regs[3] = second; }, [&](State& s) { s.regs[2] = named(number(0, 1000), kA), s.regs[3] = named(number(0, 1000), kA, apart); }); };
    const Value word = named(number(5, 9), kB), moved = named(number(8, 12), kB, 3), other = named(number(5, 9), kC), nameless = number(5, 9);
    EXPECT_TRUE(copies(word, word));
    EXPECT_TRUE(copies(word, moved, 3));
    EXPECT_FALSE(copies(word, moved));
    EXPECT_FALSE(copies(word, moved, 4));
    EXPECT_FALSE(copies(word, word, 3));
    EXPECT_FALSE(copies(word, other));
    EXPECT_FALSE(copies(nameless, nameless));
    EXPECT_FALSE(copies(word, nameless));
    EXPECT_TRUE(copies(Value::constant(5), Value::constant(5)));
    EXPECT_TRUE(copies(Value::constant(5), Value::constant(8), 3));
    EXPECT_FALSE(copies(Value::constant(5), Value::constant(7), 3));
    EXPECT_FALSE(copies(Value::constant(5), Value::constant(7)));
    EXPECT_FALSE(copies(Value::constant(5), word));
    EXPECT_TRUE(copies(named(Value::constant(5), kB), named(Value::constant(5), kB)));
    EXPECT_TRUE(copies(named(Value::constant(5), kC), named(Value::constant(5), kB))) << "one number, whatever it is called";
    // The third is the first by what the second knows of both.
    const auto three = [](Value first, Value second, Value third) { return covered([&](State& s) { s.regs[2] = first, s.regs[3] = second, s.regs[4] = third; }, [&](State& s) { s.regs[2] = s.regs[3] = s.regs[4] = named(number(0, 1000), kA); }); };
    const Value known_word = named(Value::constant(7), kB), seven = Value::constant(7), b = named(number(0, 9), kB);
    EXPECT_TRUE(three(b, known_word, seven));
    EXPECT_TRUE(three(seven, known_word, b));
    EXPECT_FALSE(three(b, seven, b));
    EXPECT_FALSE(three(b, known_word, Value::constant(8)));
    EXPECT_FALSE(three(seven, known_word, named(number(0, 9), kC)));
    // Of pointers the variable parts are words, seen from the stated fixed part.
    const auto beside = [](Value p, Value said) { return covered([&](State& s) { s.regs[2] = p, s.regs[3] = named(number(0, 9), kB); }, [&](State& s) { s.regs[2] = said, s.regs[3] = named(number(0, 9), kA); }); };
    const Value p = named(anywhere(pointer(Region::packet, 4), 0, 9), kB);
    EXPECT_TRUE(beside(p, named(anywhere(pointer(Region::packet, 4), 0, 9), kA)));
    EXPECT_TRUE(beside(p, named(anywhere(pointer(Region::packet, 1), 3, 12), kA, 3)));
    EXPECT_FALSE(beside(p, named(anywhere(pointer(Region::packet, 1), 3, 12), kA)));
    EXPECT_FALSE(beside(named(anywhere(pointer(Region::packet, 4), 0, 9), kC), named(anywhere(pointer(Region::packet, 4), 0, 9), kA)));
}

TEST(Covered, are_lengths_of_packets_by_name) {
    const auto length = [](Value have, Value said) { return covered([&](State& s) { s.regs[2] = have; }, [&](State& s) { s.regs[2] = said; }); };
    const Value n = named(number(0, kMaxPacket), kPacketLength), less = named(number(0, kMaxPacket), kPacketLength, -3);
    EXPECT_TRUE(length(n, n));
    EXPECT_TRUE(length(less, less));
    EXPECT_FALSE(length(n, less));
    EXPECT_FALSE(length(named(number(0, kMaxPacket), kB), n));
    EXPECT_FALSE(length(number(0, kMaxPacket), n));
}

TEST(Covered, are_words_in_the_stated_order) {
    // r2 <= r3 + `known`; stated: r2 <= r3 + `said`, as words moved by so much.
    const auto ordered = [](std::int64_t known, std::int64_t said, Value a = named(number(10, 1000), kA), Value b = named(number(0, 1000), kB), std::int32_t da = 0, std::int32_t db = 0) {
        return covered([&](State& s) {
            s.regs[2] = a, s.regs[3] = b;
            if (known < 5000) s.learn(kA, kB, known);
        }, [&](State& s) {
            s.regs[2] = named(number(0, 1000), kB, da), s.regs[3] = named(number(0, 1000), kC, db);
            s.learn(kB, kC, said);
        });
    };
    EXPECT_TRUE(ordered(5, 5));
    EXPECT_TRUE(ordered(5, 6));
    EXPECT_FALSE(ordered(5, 4));
    EXPECT_FALSE(ordered(9999, 5));
    EXPECT_TRUE(ordered(9999, 1000)) << "by their ranges";
    EXPECT_FALSE(ordered(9999, 999));
    // r2 is the stated word more 3: so that word is 3 less than r2, which must not be below 0.
    EXPECT_TRUE(ordered(5, 2, named(number(10, 1000), kA), named(number(0, 1000), kB), 3));
    EXPECT_FALSE(ordered(5, 1, named(number(10, 1000), kA), named(number(0, 1000), kB), 3));
    EXPECT_FALSE(ordered(5, 2, named(number(2, 1000), kA), named(number(0, 1000), kB), 3)) << "it may wrap";
    EXPECT_TRUE(ordered(5, 8, named(number(10, 1000), kA), named(number(3, 1000), kB), 0, 3));
    EXPECT_FALSE(ordered(5, 7, named(number(10, 1000), kA), named(number(3, 1000), kB), 0, 3));
    EXPECT_FALSE(ordered(5, 8, named(number(10, 1000), kA), named(number(2, 1000), kB), 0, 3));
    // Against the packet's length.
    const auto packet = [](std::int64_t known, std::int64_t said, std::int32_t moved = 0) {
        return covered([&](State& s) {
            s.regs[2] = named(number(10, 1000), kA);
            s.learn(kA, kPacketLength, known);
        }, [&](State& s) {
            s.regs[2] = named(number(0, 1000), kB, moved);
            s.learn(kB, kPacketLength, said);
        });
    };
    EXPECT_TRUE(packet(-14, -17, 3));
    EXPECT_FALSE(packet(-14, -18, 3));
    EXPECT_TRUE(packet(-14, -14));
    EXPECT_TRUE(packet(-14, -13));
    EXPECT_FALSE(packet(-14, -15));
    const auto at_most = [](std::int64_t said) {
        return covered([&](State& s) {
            s.regs[2] = named(number(2000, 3000), kA);
            s.learn(kPacketLength, kA, -500);
        }, [&](State& s) {
            s.regs[2] = named(number(0, 3000), kB);
            s.learn(kPacketLength, kB, said);
        });
    };
    EXPECT_TRUE(at_most(-500));
    EXPECT_FALSE(at_most(-501));
}

// Symbols that are none: the bytes of a difference alone.
bool says_order(Bytes differences, Value have) {
    Bench b;
    b.s.regs[2] = have;
    Bytes bytes{kHasRelations, 0, 1, 2, static_cast<std::uint8_t>(1 | kBits << 2 | 64), 64, 1, 0};  // r2: any word, named 1
    bytes.insert(bytes.end(), differences.begin(), differences.end());
    Reader in = reading(bytes);
    Cost cost;
    return covers(in, b.s, cost);
}

TEST(Covered, are_orders_of_words_that_are_stated) {
    const Value word = named(number(0, 9), kA);
    EXPECT_TRUE(says_order({1, 0, 1, 1, 0}, word));
    EXPECT_FALSE(says_order({1, 0, 1, 2, 0}, word)) << "the other is not stated";
    EXPECT_FALSE(says_order({1, 0, 2, 1, 0}, word));
    EXPECT_FALSE(says_order({1, 0, 1, 49, 0}, word)) << "beyond those that can be";
    EXPECT_FALSE(says_order({1, 0, 49, 1, 0}, word));
    EXPECT_FALSE(says_order({kMaxRelations + 1, 0, 1, 1, 0}, word));
    EXPECT_FALSE(says_order({1, 0, 1, 1}, word)) << "cut off";
    EXPECT_FALSE(says_order({2, 0, 1, 1, 0}, word));
    EXPECT_TRUE(says_order({1, 0, 1, 0, 18}, word)) << "9 more than the packet's length";
    EXPECT_FALSE(says_order({1, 0, 1, 0, 16}, word));
}

TEST(Covered, are_frames_packets_and_references) {
    const auto differ = [](auto more) {
        Arrival knows, claims;
        for (Arrival* a : {&knows, &claims}) a->both([](State& s) {
            s.depth = 2;
            s.frames[1].return_slot = 5;
            s.frames[1].function = 7;
            s.frames[1].kind = FrameKind::call;
            s.packet_bytes = s.metadata_bytes = 4;
            s.references[1] = 3;
            s.frames[0].mark(-16, 8, true);
        });
        EXPECT_TRUE(knows.covered());
        more(knows.have.s);
        more(claims.stated.s);
        return std::pair{knows.covered(), claims.covered()};
    };
    using Pair = std::pair<bool, bool>;
    EXPECT_EQ(differ([](State& s) { s.packet_bytes = 5; }), Pair(true, false));
    EXPECT_EQ(differ([](State& s) { s.metadata_bytes = 5; }), Pair(true, false));
    EXPECT_EQ(differ([](State& s) { s.frames[0].mark(-1, 1, true); }), Pair(true, false));
    EXPECT_EQ(differ([](State& s) { s.frames[0].mark(-512, 1, true); }), Pair(true, false));
    EXPECT_EQ(differ([](State& s) { s.frames[1].mark(-64, 1, true); }), Pair(true, false));
    EXPECT_EQ(differ([](State& s) { s.locked = 1; }), Pair(false, false));
    EXPECT_EQ(differ([](State& s) { s.references[0] = 9; }), Pair(false, false));
    EXPECT_EQ(differ([](State& s) { s.references[7] = 9; }), Pair(false, false));
    EXPECT_EQ(differ([](State& s) { s.references[1] = 9; }), Pair(false, false));
    EXPECT_EQ(differ([](State& s) { s.references[1] = 0; }), Pair(false, false));
    EXPECT_EQ(differ([](State& s) { s.depth = 1; }), Pair(false, false));
    EXPECT_EQ(differ([](State& s) { s.depth = 3; }), Pair(false, false));
    EXPECT_EQ(differ([](State& s) { s.frames[1].return_slot = 6; }), Pair(false, false));
    EXPECT_EQ(differ([](State& s) { s.frames[1].function = 8; }), Pair(false, false));
    EXPECT_EQ(differ([](State& s) { s.frames[1].kind = FrameKind::callback; }), Pair(false, false));
    // A contract is for whoever calls: where to return is its own affair, all else is not.
    Arrival call;
    call.both([](State& s) { s.depth = 2, s.frames[1].function = 7, s.frames[1].kind = FrameKind::call; });
    call.have.s.frames[1].return_slot = 6;
    call.stated.s.frames[1].return_slot = 0x40000003;
    std::uint32_t contract = 0;
    EXPECT_FALSE(call.covered());
    EXPECT_TRUE(call.covered(&contract));
    EXPECT_EQ(contract, 0x40000003u);
    call.have.s.frames[1].function = 8;
    EXPECT_FALSE(call.covered(&contract));
}

// Names of map values, in r1, r2 and r3, and of that whose lock is held: what is stated as one must be one.
TEST(Covered, are_values_that_are_told_apart_as_much) {
    using Names = std::array<std::uint32_t, 4>;
    const auto named = [](const Names& have, const Names& said) {
        Arrival a;
        for (auto& [s, names] : {std::pair<State*, const Names*>{&a.have.s, &have}, {&a.stated.s, &said}}) {
            for (unsigned r = 1; r <= 3; ++r) {
                s->regs[r] = of_map(Region::map_value, 0);
                s->regs[r].size = (*names)[r - 1];
            }
            s->locked = (*names)[3];
        }
        return a.covered();
    };
    constexpr std::uint32_t kGlobal = kGlobalData + 1;
    EXPECT_TRUE(named({4, 5, 5, 0}, {4, 5, 5, 0}));
    EXPECT_TRUE(named({4, 5, 5, 0}, {5, 9, 9, 0})) << "by other names";
    EXPECT_TRUE(named({5, 5, 5, 0}, {1, 2, 2, 0})) << "more is known than stated";
    EXPECT_TRUE(named({4, 5, 5, 0}, {0, 5, 0, 0}));
    EXPECT_FALSE(named({4, 5, 5, 0}, {5, 5, 5, 0}));
    EXPECT_FALSE(named({4, 5, 6, 0}, {4, 5, 5, 0}));
    EXPECT_FALSE(named({0, 5, 5, 0}, {4, 5, 5, 0})) << "not known which";
    EXPECT_FALSE(named({0, 0, 5, 0}, {4, 4, 5, 0}));
    EXPECT_TRUE(named({4, 5, 6, 5}, {1, 2, 3, 2}));
    EXPECT_FALSE(named({4, 5, 6, 5}, {4, 5, 6, 4})) << "another is locked";
    EXPECT_FALSE(named({4, 5, 6, 0}, {4, 5, 6, 5}));
    EXPECT_FALSE(named({4, 5, 6, 5}, {4, 5, 6, 0}));
    EXPECT_TRUE(named({4, 5, 6, kGlobal}, {4, 5, 6, kGlobal}));
    EXPECT_FALSE(named({4, 5, 6, kGlobal}, {4, 5, 6, kGlobal + 1}));
    EXPECT_FALSE(named({4, 5, 6, 5}, {4, 5, 6, kGlobal}));
    EXPECT_FALSE(named({4, 5, 6, 5}, {4, kGlobal, 6, kGlobal}));
}

TEST(Covered, are_bytes_that_are_numbers) {
    // What lies at r10 - 8 of both frames; what is stated of it.
    const auto stack = [](auto have, auto say) {
        Arrival a;
        a.both([](State& s) { s.depth = 2, s.frames[1].kind = FrameKind::call; });
        have(a.have.s);
        say(a.stated.s);
        return a.covered();
    };
    const auto put = [](int at, std::uint8_t size, Value v, std::uint8_t frame = 0) { return [=](State& s) { s.put({static_cast<std::int16_t>(at), size, frame}, v); }; };
    const auto written = [](int at, int size) { return [=](State& s) { s.frames[0].mark(at, size, true); }; };
    const auto nothing = [](State&) {};
    const Value p = pointer(Region::context), n = number(3, 7);
    EXPECT_TRUE(stack(put(-8, 8, n), put(-8, 8, n)));
    EXPECT_TRUE(stack(put(-8, 8, n), nothing));
    EXPECT_FALSE(stack(put(-8, 8, number(3, 8)), put(-8, 8, n)));
    EXPECT_FALSE(stack(put(-8, 8, n, 1), put(-8, 8, n)));
    EXPECT_FALSE(stack(put(-16, 8, n), put(-8, 8, n)));
    EXPECT_FALSE(stack(nothing, put(-8, 8, n)));
    EXPECT_FALSE(stack(written(-8, 8), put(-8, 8, n)));
    EXPECT_TRUE(stack(written(-8, 8), put(-8, 8, number(0, UINT64_MAX))));
    EXPECT_TRUE(stack(put(-8, 8, n), written(-8, 8)));
    // Such bytes are no word that an order could be told of.
    EXPECT_FALSE(stack(written(-8, 8), [&](State& s) {
        s.put({-8, 8, 0}, named(number(0, UINT64_MAX), kA));
        s.learn(kA, kPacketLength, kMaxOffset);
    }));
    EXPECT_FALSE(stack(written(-8, 7), put(-8, 8, number(0, UINT64_MAX))));
    // Parts of a cell.
    EXPECT_TRUE(stack(put(-8, 8, Value::constant(0x1122334455667788)), put(-4, 4, Value::constant(0x11223344))));
    EXPECT_FALSE(stack(put(-8, 8, Value::constant(0x1122334455667788)), put(-4, 4, Value::constant(0x55667788))));
    // Pointers: stated as such, or unreadable.
    EXPECT_TRUE(stack(put(-8, 8, p), put(-8, 8, p)));
    EXPECT_TRUE(stack(put(-8, 8, p), nothing));
    EXPECT_FALSE(stack(put(-8, 8, p), written(-8, 8)));
    EXPECT_FALSE(stack(put(-8, 8, p), written(-8, 1)));
    EXPECT_FALSE(stack(put(-8, 8, p), written(-1, 1)));
    EXPECT_TRUE(stack(put(-8, 8, p), [&](State& s) { s.frames[1].mark(-8, 8, false); }));
    EXPECT_FALSE(stack(put(-8, 8, p), put(-8, 8, number(0, UINT64_MAX))));
    EXPECT_FALSE(stack(put(-8, 8, p), put(-4, 4, number(0, UINT64_MAX))));
    EXPECT_FALSE(stack([&](State& s) { s.put({-8, 8, 0}, p), s.put({-16, 8, 0}, p); }, [&](State& s) { s.put({-8, 8, 0}, p), s.frames[0].mark(-16, 8, true); }));
    EXPECT_FALSE(stack([&](State& s) { s.put({-8, 8, 0}, n); }, put(-8, 8, p)));
    // What a call put away is stated whole or not at all.
    EXPECT_TRUE(stack(put(2, 1, n, 1), put(2, 1, n, 1)));
    EXPECT_TRUE(stack(put(2, 1, p, 1), nothing));
    EXPECT_FALSE(stack(nothing, put(2, 1, number(0, UINT64_MAX), 1)));
    EXPECT_FALSE(stack(nothing, put(0, 1, number(0, UINT64_MAX), 1)));
    EXPECT_FALSE(stack(put(3, 1, n, 1), put(2, 1, n, 1)));
}

// Values in order and once: r2 stated twice, or behind r3.
TEST(Covered, are_values_stated_in_order) {
    const auto values = [](Bytes stated) {
        Bench b;
        b.s.regs[2] = b.s.regs[3] = number(0, 9);
        b.s.put({-8, 8, 0}, pointer(Region::context));
        b.s.put({-16, 8, 0}, pointer(Region::context));
        Bytes bytes{0, 0};
        bytes.insert(bytes.end(), stated.begin(), stated.end());
        Reader in = reading(bytes);
        Cost cost;
        return covers(in, b.s, cost);
    };
    constexpr std::uint8_t kAny = 1 | kBits << 2;
    EXPECT_TRUE(values({2, 2, kAny, 64, 3, kAny, 64}));
    EXPECT_FALSE(values({2, 3, kAny, 64, 2, kAny, 64}));
    EXPECT_FALSE(values({2, 2, kAny, 64, 2, kAny, 64}));
    EXPECT_FALSE(values({2, 2, kAny, 64, 3, kAny})) << "cut off";
    EXPECT_FALSE(values({1, 2, 0, 64})) << "of no kind";
    EXPECT_FALSE(values({1, 10, kAny, 64})) << "r10";
    EXPECT_FALSE(values({1, 12, kAny, 64}));
    // A frame that is not there.
    EXPECT_FALSE(values({1, 16 + 8, kAny, 64}));
}

// An invariant's bytes, read into a state.
struct Loaded {
    Bench b;
    Cost cost;
    bool good = false;
    explicit Loaded(Bytes body, std::uint32_t maps = 1) {
        b.maps.resize(maps);
        b.assemble("exit");
        Reader in = reading(body);
        good = load_invariant(in, b.env, b.s, cost) && in.at == in.end;
    }
};
constexpr std::uint8_t kAnyNumber = 1 | kBits << 2;

TEST(Invariants, are_read_as_they_are_stated) {
    EXPECT_TRUE(Loaded({0, 0, 0}).good);
    EXPECT_FALSE(Loaded({0, 0}).good);
    EXPECT_FALSE(Loaded({}).good);
    const Loaded r({0, 0, 1, 2, 1 | kUnsigned << 2, 3, 9});
    ASSERT_TRUE(r.good);
    EXPECT_EQ(r.b.of(2).umin, 3u);
    EXPECT_EQ(r.b.of(2).umax, 9u);
    EXPECT_EQ(r.b.s.regs[10].region, Region::stack);
    EXPECT_EQ(r.b.s.regs[10].frame, 0);
    EXPECT_EQ(r.b.s.regs[1].kind, ValueKind::unknown);
    EXPECT_FALSE(Loaded({0, 0, 1, 2, 1 | kUnsigned << 2, 9, 3}).good) << "no number";
    EXPECT_FALSE(Loaded({0, 0, 1, 2, 0 | kBits << 2, 64}).good) << "no kind";
    EXPECT_FALSE(Loaded({0, 0, 1, 2, kAnyNumber, 65}).good);
    EXPECT_FALSE(Loaded({0, 0, 1, 11, kAnyNumber, 64}).good) << "no register";
    EXPECT_TRUE(Loaded({0, 0, 2, 2, kAnyNumber, 64, 3, kAnyNumber, 64}).good);
    EXPECT_FALSE(Loaded({0, 0, 2, 3, kAnyNumber, 64, 2, kAnyNumber, 64}).good) << "not in order";
    EXPECT_FALSE(Loaded({0, 0, 2, 2, kAnyNumber, 64, 2, kAnyNumber, 64}).good) << "twice";
    // Frames: r10 is the innermost's.
    const Loaded two({kHasFrames, 0, 1, 5, 7, 0, 0});
    ASSERT_TRUE(two.good);
    EXPECT_EQ(two.b.s.depth, 2);
    EXPECT_EQ(two.b.s.regs[10].frame, 1);
    EXPECT_EQ(two.b.s.top().return_slot, 5u);
    EXPECT_EQ(two.b.s.top().function, 7u);
    EXPECT_EQ(two.b.s.top().kind, FrameKind::call);
    EXPECT_EQ(Loaded({kHasFrames, 0, 1, 5, 7, 1, 0}).b.s.top().kind, FrameKind::callback);
    EXPECT_FALSE(Loaded({kHasFrames, 0, 8, 5, 7, 0, 0}).good);
    // Fresh names stay clear of the stated ones.
    const Loaded symbols({0, 0, 1, 2, kAnyNumber | 64, 64, 40, 0});
    ASSERT_TRUE(symbols.good);
    EXPECT_EQ(symbols.b.s.regs[2].symbol, 40);
    EXPECT_EQ(symbols.b.s.next_symbol, 41);
    const Loaded lower({0, 0, 2, 2, kAnyNumber | 64, 64, 40, 0, 3, kAnyNumber | 64, 64, 3, 0});
    EXPECT_EQ(lower.b.s.next_symbol, 41);
    const Loaded length({0, 0, 2, 2, kAnyNumber | 64, 64, 40, 0, 3, kAnyNumber | 64, 64, 0, 0});
    EXPECT_EQ(length.b.s.next_symbol, 41);
    const Loaded ordered({kHasRelations, 0, 2, 2, kAnyNumber | 64, 64, 1, 0, 3, kAnyNumber | 64, 64, 2, 0, 1, 0, 1, 2, 6});
    ASSERT_TRUE(ordered.good);
    ASSERT_EQ(ordered.b.s.difference_count, 1);
    EXPECT_EQ(ordered.b.s.differences[0].bound, 3);
    EXPECT_FALSE(Loaded({kHasRelations, 0, 0, kMaxRelations + 1}).good);
    // Places of frames that there never are.
    for (std::uint64_t frame : {8u, 255u, 256u}) {
        Bytes place{0, 0, 1};
        put_varint(place, 80 + (frame * 512 + 504) * 8 + 7);
        place.insert(place.end(), {kAnyNumber, 64});
        EXPECT_FALSE(Loaded(place).good) << frame;
    }
    const Loaded packet({0, 0, 1, 2, kAnyNumber | 64, 64, 0, 0});
    EXPECT_EQ(packet.b.s.regs[2].symbol, kPacketLength);
    EXPECT_LT(packet.b.s.next_symbol, 40);
    EXPECT_FALSE(Loaded({0, 0, 1, 2, kAnyNumber | 64, 64, 0xf0, 0xff, 3, 0}).good) << "kLastSymbol";
    const Loaded nullable({0, 0, 1, 2, 3, 6 | 64, 0, 0, 0});
    ASSERT_TRUE(nullable.good);
    EXPECT_NE(nullable.b.s.regs[2].symbol, 0) << "so that a check of it is known";
}

TEST(Invariants, state_pointers_to_what_there_is) {
    constexpr std::uint8_t kPointer = 2, kOrNull = 3, kSize = 32, kMap = 64, kReference = 128, kStackRegion = 2, kValue = 6, kHandle = 7, kMemory = 9, kObject = 11;
    EXPECT_TRUE(Loaded({0, 0, 1, 2, kPointer, kValue | kMap, 0, 0, 0}).good);
    EXPECT_FALSE(Loaded({0, 0, 1, 2, kPointer, kValue | kMap, 1, 0, 0}).good) << "no second map";
    EXPECT_FALSE(Loaded({0, 0, 1, 2, kPointer, kValue, 0, 0}).good) << "of no map";
    EXPECT_TRUE(Loaded({0, 0, 1, 2, kPointer, kHandle | kMap, 0, 0, 0}).good);
    EXPECT_FALSE(Loaded({0, 0, 1, 2, kPointer, kHandle, 0, 0}).good);
    EXPECT_FALSE(Loaded({0, 0, 1, 2, kPointer, kHandle | kMap, 1, 0, 0}).good);
    EXPECT_TRUE(Loaded({0, 0, 1, 2, kPointer, kMemory, 0, 0}).good);
    EXPECT_FALSE(Loaded({0, 0, 1, 2, kPointer, kMemory | kMap, 1, 0, 0}).good);
    EXPECT_TRUE(Loaded({0, 0, 1, 2, kPointer, kObject | kMap, 1, 0, 0}).good) << "a class";
    EXPECT_FALSE(Loaded({0, 0, 1, 2, kPointer, 0, 0, 0}).good) << "no region";
    EXPECT_FALSE(Loaded({0, 0, 1, 2, kPointer, 12, 0, 0}).good) << "mixed";
    EXPECT_TRUE(Loaded({0, 0, 1, 2, kPointer, kStackRegion, 0, 0, 0}).good);
    EXPECT_FALSE(Loaded({0, 0, 1, 2, kPointer, kStackRegion, 1, 0, 0}).good) << "of a frame that is not there";
    EXPECT_TRUE(Loaded({kHasFrames, 0, 1, 5, 7, 0, 1, 2, kPointer, kStackRegion, 1, 0, 0}).good);
    EXPECT_FALSE(Loaded({0, 0, 1, 2, kOrNull | kBits << 2, kValue | kMap, 0, 0, 4}).good) << "which has no variable part";
    EXPECT_TRUE(Loaded({0, 0, 1, 2, kPointer | kBits << 2, kValue | kMap, 0, 0, 4}).good);
    EXPECT_TRUE(Loaded({kHasReferences, 0, 2, 4, 1, 2, kPointer, kMemory | kReference, 2, 0, 0}).good);
    EXPECT_FALSE(Loaded({kHasReferences, 0, 2, 4, 1, 2, kPointer, kMemory | kReference, 1, 0, 0}).good) << "not held";
    EXPECT_FALSE(Loaded({0, 0, 1, 2, kPointer, kMemory | kReference, 2, 0, 0}).good);
    EXPECT_FALSE(Loaded({kHasReferences, 0, 2, 4, 1, 2, kPointer, kMemory | kReference, 9, 0, 0}).good);
    EXPECT_TRUE(Loaded({0, 0, 1, 2, kPointer, kValue | kMap | kSize, 0xff, 0xff, 0xff, 0xff, 7, 0, 0, 0}).good);
    EXPECT_FALSE(Loaded({0, 0, 1, 2, kPointer, kValue | kMap | kSize, 0x80, 0x80, 0x80, 0x80, 8, 0, 0, 0}).good) << "the name of global data";
    // Of a number: what its words leave when divided.
    EXPECT_TRUE(Loaded({0, 0, 1, 2, kAnyNumber | 128, 64, 12, 5}).good);
    EXPECT_FALSE(Loaded({0, 0, 1, 2, kAnyNumber | 128, 64, 12, 12}).good);
    EXPECT_FALSE(Loaded({0, 0, 1, 2, kAnyNumber | 128, 64, 0, 0}).good);
}

TEST(Invariants, state_what_is_written_where_there_are_bytes) {
    // One range behind 504 bytes: r10 - 8. The place of its 8 bytes is 4119, of the lower 4 4115.
    const auto stack = [](std::uint8_t bytes, Bytes place_and_value) {
        Bytes body{kHasWritten, 0, 1, 0xf8, 3, bytes, 1};
        body.insert(body.end(), place_and_value.begin(), place_and_value.end());
        return Loaded(body).good;
    };
    EXPECT_TRUE(stack(8, {0x97, 0x20, kAnyNumber, 64}));
    EXPECT_FALSE(stack(7, {0x97, 0x20, kAnyNumber, 64}));
    EXPECT_FALSE(stack(9, {0x97, 0x20, kAnyNumber, 64})) << "beyond the frame";
    EXPECT_TRUE(stack(8, {0x97, 0x20, 2, 1, 0, 0})) << "a context pointer";
    EXPECT_TRUE(stack(8, {0x93, 0x20, kAnyNumber, 32}));
    EXPECT_FALSE(stack(8, {0x93, 0x20, 2, 1, 0, 0})) << "four bytes of it";
    EXPECT_FALSE(stack(8, {0x9f, 0x20, kAnyNumber, 64})) << "at r10 - 7";
    Bytes all{kHasWritten, 0, 1, 0, 0x80, 4, 1};
    const auto anywhere_in_frame = [&](int at, int size, Bytes value) {
        Bytes body = all;
        put_varint(body, 80 + static_cast<std::uint64_t>(at + 512) * 8 + static_cast<std::uint64_t>(size) - 1);
        body.insert(body.end(), value.begin(), value.end());
        return Loaded(body).good;
    };
    EXPECT_TRUE(anywhere_in_frame(-512, 8, {kAnyNumber, 64}));
    EXPECT_TRUE(anywhere_in_frame(-12, 8, {kAnyNumber, 64}));
    EXPECT_FALSE(anywhere_in_frame(-12, 8, {2, 1, 0, 0})) << "a pointer at no multiple of 8";
    EXPECT_FALSE(anywhere_in_frame(-4, 8, {kAnyNumber, 64}));
    // What calls put away: a map that callbacks are passed is one.
    constexpr std::uint8_t kPlace = 16 + 8;
    const auto put_away = [&](int index, Bytes value) {
        Bytes body{kHasFrames, 0, 1, 5, 7, 1, 1, static_cast<std::uint8_t>(kPlace + index)};
        body.insert(body.end(), value.begin(), value.end());
        return Loaded(body).good;
    };
    EXPECT_TRUE(put_away(0, {kAnyNumber, 64}));
    EXPECT_TRUE(put_away(kPassedMap, {2, 7 | 64, 0, 0, 0}));
    EXPECT_FALSE(put_away(kPassedMap, {2, 6 | 64, 0, 0, 0}));
    EXPECT_FALSE(put_away(kPassedMap, {kAnyNumber, 64}));
    EXPECT_FALSE(put_away(8, {kAnyNumber, 64})) << "of a third frame";
}

TEST(Invariants, have_costs_of_what_they_state) {
    constexpr std::uint8_t kTwo = 2 << 2;  // r2, as an unsigned number
    const Loaded r({kHasTerms, 20, 1, kTwo, 6, 1, 2, kAnyNumber, 32});
    ASSERT_TRUE(r.good);
    EXPECT_EQ(r.cost.constant, 10);
    ASSERT_EQ(r.cost.term_count, 1u);
    EXPECT_EQ(r.cost.terms[0].coefficient, 3);
    EXPECT_EQ(r.cost.terms[0].at.offset, 2);
    EXPECT_EQ(r.cost.terms[0].reading, Reading::as_unsigned);
    EXPECT_NE(r.b.s.regs[2].symbol, 0);
    EXPECT_EQ(r.b.s.ghosts[0].symbol, r.b.s.regs[2].symbol);
    EXPECT_EQ(Loaded({kHasTerms, 20, 1, kTwo | 2, 6, 1, 2, kAnyNumber, 32}).cost.terms[0].reading, Reading::bits_set);
    EXPECT_FALSE(Loaded({kHasTerms, 20, 1, kTwo, 6, 1, 3, kAnyNumber, 32}).good) << "r2 is not stated";
    EXPECT_FALSE(Loaded({kHasTerms, 20, 1, kTwo, 6, 1, 2, 2, 1, 0, 0}).good) << "a pointer";
    EXPECT_TRUE(Loaded({kHasTerms, 20, 1, kTwo, 6, 1, 2, 2 | kBits << 2, 3, 0, 4}).good) << "but into the packet";
    EXPECT_FALSE(Loaded({kHasTerms, 20, 5, kTwo, 6, 1, 2, kAnyNumber, 32}).good) << "more terms than there may be";
}

}  // namespace
}  // namespace mbpf::proof
