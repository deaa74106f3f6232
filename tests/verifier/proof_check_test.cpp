// SPDX-License-Identifier: Apache-2.0
// The checker's pass over a program and its certificate: what must be stated, what it may cost, which stack is claimed; and
// certificates that are none.
#include "tests/verifier/proof_bench.h"

namespace mbpf::proof {
namespace {

// r1 leads to 16 bytes, r2 is their number; the result is at most 100.
struct Program : Bench {
    Stated proof;
    explicit Program(std::string_view text, std::uint64_t worst_case = 100) {
        env.raw_memory = true;
        env.memory_bytes = 16;
        env.return_max = 100;
        env.max_instructions = 1000;
        env.max_stack = 256;
        helpers.resize(1);
        helpers[0].number = 5;
        assemble(text);
        proof.worst_case = worst_case;
        proof.functions = {{0, 0}};
        s.clear();
    }
    // The bench's state as stated at a point.
    Program& at(std::uint32_t point, std::int64_t cost, std::initializer_list<Cost::Term> terms = {}) {
        proof.at(point, s, cost_of(cost, terms));
        return *this;
    }
    CheckResult result(std::uint64_t max_work = 10'000) { return checked(*this, proof.bytes(), 32, max_work); }
    CheckError error() { return result().error; }
};
Cost::Term per(int reg, std::int64_t coefficient) { return {{static_cast<std::int16_t>(reg), 8, kRegisters}, coefficient, Reading::as_unsigned}; }

TEST(Checked, straight_code_costs_its_instructions) {
    for (const auto& [worst, error] : {std::pair{3u, CheckError::none}, std::pair{2u, CheckError::cost}, std::pair{1000u, CheckError::none}, std::pair{1001u, CheckError::hook_budget}}) {
        const CheckResult r = Program("mov r0, 0\nadd r0, 1\nexit", worst).result();
        EXPECT_EQ(r.error, error) << worst;
        EXPECT_EQ(r.worst_case, worst);
    }
    Program immediate("lddw r0, 7\nexit", 2);
    EXPECT_EQ(immediate.error(), CheckError::none);
    Program unreadable("mov r0, r5\nexit");
    EXPECT_EQ(unreadable.error(), CheckError::unsafe);
    EXPECT_EQ(unreadable.result().failure.reason, Reason::unreadable_register);
    EXPECT_EQ(Program("mov r0, 101\nexit").error(), CheckError::unsafe);
    EXPECT_EQ(Program("mov r0, 0").error(), CheckError::malformed) << "behind the last slot";
    EXPECT_EQ(Program("mov r0, 0\nja +5\nexit").error(), CheckError::malformed);
    EXPECT_EQ(Program("mov r0, 0\nja -3\nexit").error(), CheckError::malformed);
    EXPECT_EQ(Program("mov r0, 0\nja +1\nexit").error(), CheckError::malformed) << "the slot behind the last";
    // A slot before the first is no contract's exit.
    for (const char* back : {"mov r0, 0\nja -9\nexit", "mov r0, 0\njeq r0, 0, -9\nexit", "mov r0, 0\ngotol -9\nexit"}) {
        Program before(back);
        before.s.depth = 1;
        EXPECT_EQ(before.at(0xfffffff9, 0).error(), CheckError::malformed) << back;
    }
    Program invalid("mov r0, 0\nexit");
    (*invalid.code.back())[0].offset = 3;
    EXPECT_EQ(invalid.error(), CheckError::malformed);
    // One slot's executions are counted alone.
    for (const auto& [counted, worst] : {std::pair{1u, 1u}, std::pair{0u, 1u}}) {
        Program c("mov r0, 0\nadd r0, 1\nexit", worst);
        c.env.counted = counted;
        EXPECT_EQ(c.error(), CheckError::none);
        Program none("mov r0, 0\nadd r0, 1\nexit", 0);
        none.env.counted = counted;
        EXPECT_EQ(none.error(), CheckError::cost);
    }
}

constexpr std::string_view kBranch = "ldxb r2, [r1+0]\njeq r2, 0, out\nmov r2, 1\nout: mov r0, 2\nexit";

TEST(Checked, what_a_jump_leads_to_is_stated) {
    EXPECT_EQ(Program(kBranch, 5).error(), CheckError::no_invariant);
    EXPECT_EQ(Program(kBranch, 5).at(3, 2).error(), CheckError::none);
    EXPECT_EQ(Program(kBranch, 4).at(3, 2).error(), CheckError::cost) << "main takes three more";
    EXPECT_EQ(Program(kBranch, 5).at(3, 1).error(), CheckError::cost) << "there are two to do";
    EXPECT_EQ(Program(kBranch, 5).at(4, 1).error(), CheckError::no_invariant);
    Program more(kBranch, 5);
    more.s.regs[2] = number(0, 1);
    EXPECT_EQ(more.at(3, 2).error(), CheckError::none) << "0 or 1";
    Program less(kBranch, 5);
    less.s.regs[2] = number(1, 1);
    EXPECT_EQ(less.at(3, 2).error(), CheckError::not_covered);
    // One of several will do; each is run.
    Program two(kBranch, 5);
    two.s.regs[2] = number(1, 1);
    two.at(3, 2);
    two.s.regs[2] = number(0, 0);
    EXPECT_EQ(two.at(3, 2).error(), CheckError::none);
    two.s.regs[2] = number(5, 5);
    EXPECT_EQ(two.at(3, 1).error(), CheckError::cost) << "nobody arrives there, but it is stated";
    Program costly(kBranch, 5);
    costly.at(3, 50);
    EXPECT_EQ(costly.error(), CheckError::cost);
    EXPECT_EQ(costly.at(3, 2).error(), CheckError::none) << "the second is cheap enough";
    // Edges that cannot be need nothing.
    EXPECT_EQ(Program("mov r0, 2\njeq r0, 3, out\nexit\nout: mov r0, r5\nexit", 3).error(), CheckError::none);
    EXPECT_EQ(Program("mov r0, 2\njeq r0, 2, out\nmov r0, r5\nout: exit", 3).error(), CheckError::no_invariant);
    Program only("mov r0, 2\njeq r0, 2, out\nmov r0, r5\nout: exit", 3);
    only.s.regs[0] = number(2, 2);
    EXPECT_EQ(only.at(3, 1).error(), CheckError::none);
    EXPECT_EQ(Program("jeq r5, 0, +0\nmov r0, 0\nexit").error(), CheckError::unsafe);
    EXPECT_EQ(Program("mov r0, 0\njeq r0, 0, +7\nexit").error(), CheckError::malformed);
    // A jump forward is followed where nothing is stated.
    EXPECT_EQ(Program("mov r0, 0\nja +1\nmov r0, r5\nexit", 3).error(), CheckError::none);
    Program stated("mov r0, 0\nja +1\nmov r0, r5\nexit", 3);
    stated.s.regs[0] = number(0, 0);
    EXPECT_EQ(stated.at(3, 1).error(), CheckError::none);
    Program wrong("mov r0, 0\nja +1\nmov r0, r5\nexit", 3);
    wrong.s.regs[0] = number(1, 1);
    EXPECT_EQ(wrong.at(3, 1).error(), CheckError::not_covered);
    EXPECT_EQ(Program("mov r0, 0\ngotol +1\nmov r0, r5\nexit", 3).error(), CheckError::none);
}

// A packet pointer may be stated as a fixed part too far ahead and a variable part that leads back. How long the packet
// is, seen from there, is no less: a program may not return it.
TEST(Checked, places_are_stated_in_any_two_parts) {
    for (const std::int32_t ahead : {0, 65535}) {
        Program p("ldxw r6, [r1+0]\nldxw r0, [r1+4]\nja +0\nsub r0, r6\njsge r0, 0, out\nmov r0, 0\nout: exit");
        p.env.raw_memory = false;
        p.env.context_size = 8;
        p.fields = {{0, 4, FieldRule::packet_start}, {4, 4, FieldRule::packet_end}};
        p.env.fields = p.fields.data();
        p.env.field_count = 2;
        p.s.regs[0] = pointer(Region::packet_end);
        p.s.regs[6] = anywhere(pointer(Region::packet, ahead), -ahead, -ahead);
        p.at(3, 4);
        p.s.regs[0] = number(0, 100);
        p.s.regs[6] = Value{};
        EXPECT_EQ(p.at(6, 1).error(), CheckError::not_covered) << ahead;
        p.proof.points.erase(6);
        p.s.regs[0] = number(0, kMaxPacket);
        EXPECT_EQ(p.at(6, 1).result().failure.reason, Reason::return_range) << ahead;
    }
}

// r2 counts down from 10: twice two instructions less at each round.
constexpr std::string_view kLoop = "mov r0, 0\nmov r2, 10\nloop: sub r2, 1\njne r2, 0, loop\nexit";

TEST(Checked, loops_are_stated_and_leave_less_each_time) {
    const auto with = [](std::uint64_t worst, std::int64_t constant, std::int64_t each, std::uint64_t least = 1, std::uint64_t most = 10) {
        Program p(kLoop, worst);
        p.s.regs[0] = number(0, 0);
        p.s.regs[2] = number(least, most);
        return p.at(2, constant, {per(2, each)}).error();
    };
    EXPECT_EQ(with(23, 1, 2), CheckError::none);
    EXPECT_EQ(with(22, 1, 2), CheckError::cost);
    EXPECT_EQ(with(23, 0, 2), CheckError::cost);
    EXPECT_EQ(with(23, 1, 1), CheckError::cost);
    EXPECT_EQ(with(23, 1, 2, 1, 9), CheckError::not_covered);
    EXPECT_EQ(with(500, 1, 2, 0, 10), CheckError::not_covered) << "0 less 1 is the greatest of all";
    EXPECT_EQ(Program(kLoop).error(), CheckError::no_invariant);
    Program constant(kLoop);
    constant.s.regs[0] = number(0, 0);
    constant.s.regs[2] = number(1, 10);
    EXPECT_EQ(constant.at(2, 90).error(), CheckError::cost) << "as much as before";
    EXPECT_EQ(Program("mov r0, 0\nloop: ja loop\nexit").error(), CheckError::no_invariant);
    EXPECT_EQ(Program("mov r0, 0\nloop: ja loop\nexit").at(1, 50).error(), CheckError::cost);
    EXPECT_EQ(Program("mov r0, 0\nloop: gotol -1\nexit").error(), CheckError::no_invariant);
    // A cost that nothing bounds from below.
    Program endless("mov r0, 0\nja +0\nexit", 50);
    endless.s.regs[0] = number(0, 0);
    endless.s.regs[2] = Value::of(Number::unknown());
    EXPECT_EQ(endless.at(2, 50, {per(2, -1)}).error(), CheckError::cost);
}

TEST(Checked, costs_are_told_in_parts_of_an_instruction) {
    // Four units are one instruction; at slot 1 two instructions are left.
    const auto with = [](std::uint64_t worst, std::int64_t units) {
        Program p("mov r0, 0\nmov r1, 0\nexit", worst);
        p.proof.scale = 4;
        return p.at(1, units).error();
    };
    EXPECT_EQ(with(3, 8), CheckError::unsafe) << "r0 is not stated";
    const auto good = [](std::uint64_t worst, std::int64_t units) {
        Program p("mov r0, 0\nmov r1, 0\nexit", worst);
        p.s.regs[0] = number(0, 0);
        p.proof.scale = 4;
        return p.at(1, units).error();
    };
    EXPECT_EQ(good(3, 8), CheckError::none);
    EXPECT_EQ(good(3, 7), CheckError::cost);
    EXPECT_EQ(good(3, 11), CheckError::none) << "less than an instruction more";
    EXPECT_EQ(good(3, 12), CheckError::cost);
    EXPECT_EQ(good(2, 8), CheckError::cost);
}

TEST(Checked, what_is_stated_is_run_and_read_to_its_end) {
    Program dead("mov r0, 0\nexit\nmov r0, r5\nexit");
    EXPECT_EQ(dead.error(), CheckError::none);
    EXPECT_EQ(dead.at(2, 50).error(), CheckError::unsafe);
    EXPECT_EQ(Program("mov r0, 0\nexit").at(2, 50).error(), CheckError::malformed) << "no such slot";
    Program longer("mov r0, 0\nexit");
    Bytes body{3, 0, 100, 0, 0};
    longer.proof.points[1] = {body};
    EXPECT_EQ(longer.error(), CheckError::unsafe);
    body[0] = 4;
    longer.proof.points[1] = {body};
    EXPECT_EQ(longer.error(), CheckError::malformed) << "a byte too many";
    body[0] = 9;
    longer.proof.points[1] = {body};
    EXPECT_NE(longer.error(), CheckError::none) << "longer than the certificate";
}

TEST(Checked, work_and_memory_are_bounded) {
    EXPECT_EQ(Program("mov r0, 0\nmov r0, 0\nexit").result(3).error, CheckError::none);
    EXPECT_EQ(Program("mov r0, 0\nmov r0, 0\nexit").result(2).error, CheckError::budget);
    Program covered(kBranch, 5);
    for (int i = 0; i < 9; ++i) {
        covered.s.regs[2] = number(7, 7);
        covered.at(3, 2);
    }
    covered.s.regs[2] = Value{};
    covered.at(3, 2);
    EXPECT_EQ(covered.error(), CheckError::none);
    EXPECT_EQ(covered.result(12).error, CheckError::budget) << "each that is compared is work";
    Program p("stdw [r10-8], 1\nstdw [r10-16], 2\nldxdw r0, [r10-8]\nexit");
    p.proof.functions = {{0, 16}};
    p.proof.stack = 16;
    const Bytes bytes = p.proof.bytes();
    std::vector<std::uint8_t> memory(check_memory(2) + 1);
    for (std::size_t room : {check_memory(0) - 1, std::size_t{0}, std::size_t{100}}) EXPECT_EQ(check(p.env, bytes.data(), bytes.size(), memory.data(), room).error, CheckError::memory);
    EXPECT_EQ(check(p.env, bytes.data(), bytes.size(), memory.data(), check_memory(2)).error, CheckError::none);
    EXPECT_EQ(check(p.env, bytes.data(), bytes.size(), memory.data() + 1, check_memory(2)).error, CheckError::none) << "not aligned";
    EXPECT_EQ(check(p.env, bytes.data(), bytes.size(), memory.data(), check_memory(0)).error, CheckError::unsafe) << "what is stored is forgotten";
}

constexpr std::string_view kCall = "mov r1, 7\ncall local f\nexit\nf: stdw [r10-16], 1\nmov r0, r1\nexit";

TEST(Checked, stacks_are_as_deep_as_claimed) {
    const auto with = [](std::uint32_t whole, std::vector<std::pair<std::uint32_t, std::uint32_t>> functions, std::string_view text = kCall) {
        Program p(text);
        p.proof.stack = whole;
        p.proof.functions = std::move(functions);
        return p.error();
    };
    EXPECT_EQ(with(16, {{0, 0}, {3, 16}}), CheckError::none);
    EXPECT_EQ(with(16, {{0, 0}, {3, 15}}), CheckError::stack);
    EXPECT_EQ(with(15, {{0, 0}, {3, 16}}), CheckError::stack);
    EXPECT_EQ(with(16, {{0, 1}, {3, 16}}), CheckError::stack) << "together 17";
    EXPECT_EQ(with(256, {{0, 240}, {3, 16}}), CheckError::none);
    EXPECT_EQ(with(257, {{0, 241}, {3, 16}}), CheckError::stack) << "more than the platform has";
    EXPECT_EQ(with(256, {{0, 0}}), CheckError::stack) << "one that is not listed may use all of a frame";
    EXPECT_EQ(with(8, {{0, 8}}, "stdw [r10-8], 1\nmov r0, 0\nexit"), CheckError::none);
    EXPECT_EQ(with(8, {{0, 7}}, "stdw [r10-8], 1\nmov r0, 0\nexit"), CheckError::stack);
    // The caller's frame, used by the callee.
    constexpr std::string_view kInto = "mov r1, r10\ncall local f\nexit\nf: stdw [r1-24], 1\nmov r0, 0\nexit";
    EXPECT_EQ(with(24, {{0, 24}, {3, 0}}, kInto), CheckError::none);
    EXPECT_EQ(with(24, {{0, 23}, {3, 0}}, kInto), CheckError::stack);
    // Deep frames that are stated are claimed, too.
    Program deep("mov r0, 0\nexit\nmov r0, 0\nexit");
    deep.s.depth = 2;
    deep.s.frames[1].function = 1;
    deep.s.frames[1].kind = FrameKind::call;
    EXPECT_EQ(deep.at(2, 50).error(), CheckError::stack);
}

TEST(Checked, functions_come_back_behind_their_call) {
    EXPECT_EQ(Program("mov r1, 7\ncall local f\nmov r0, 1\nexit\nf: mov r0, r1\nexit", 6).error(), CheckError::stack);
    const auto with = [](std::string_view text, std::uint64_t worst, std::uint32_t function) {
        Program p(text, worst);
        p.proof.functions = {{0, 0}, {function, 0}};
        return p.error();
    };
    EXPECT_EQ(with("mov r1, 7\ncall local f\nmov r0, 1\nexit\nf: mov r0, r1\nexit", 6, 4), CheckError::none);
    EXPECT_EQ(with("mov r1, 7\ncall local f\nmov r0, 1\nexit\nf: mov r0, r1\nexit", 5, 4), CheckError::cost);
    EXPECT_EQ(with("mov r1, 7\ncall local f\nmov r0, r6\nexit\nf: mov r0, r1\nexit", 6, 4), CheckError::unsafe);
    EXPECT_EQ(with("mov r1, 7\ncall local f\nexit\nf: mov r0, r1\nadd r0, 99\nexit", 6, 3), CheckError::unsafe) << "106 is no result";
    EXPECT_EQ(with("call local +9\nexit", 6, 3), CheckError::malformed);
    EXPECT_EQ(with("f: call local f\nexit", 90, 0), CheckError::unsafe) << "without end";
}

// The function at 4 stands behind a contract: its frame returns to the contract's number.
struct Contract : Program {
    static constexpr std::uint32_t kNumber = kContract | 3;
    explicit Contract(std::string_view function = "mov r0, r1\nadd r0, 1\nexit", std::uint64_t worst = 7) : Program("mov r1, 7\ncall local f\nja +0\nexit\nf: " + std::string(function), worst) { proof.functions = {{0, 0}, {4, 0}}; }
    // Its first state: r1 in [0, 9].
    Contract& enters(std::int64_t cost, void (*change)(State&) = nullptr, std::initializer_list<Cost::Term> terms = {}) {
        s.clear();
        s.depth = 2;
        s.frames[1].return_slot = kNumber;
        s.frames[1].function = 4;
        s.frames[1].kind = FrameKind::call;
        s.regs[1] = number(0, 9);
        if (change != nullptr) change(s);
        at(4 | kContract, cost, terms);
        return *this;
    }
    // What it promises of r0.
    Contract& promises(Value r0, std::int64_t cost = 0, void (*change)(State&) = nullptr) {
        s.clear();
        s.regs[0] = r0;
        if (change != nullptr) change(s);
        at(kNumber | kGate, cost);
        return *this;
    }
};

TEST(Contracts, are_kept_and_paid_for) {
    EXPECT_EQ(Contract().enters(3).promises(number(1, 10)).error(), CheckError::none);
    EXPECT_EQ(Contract("mov r0, r1\nadd r0, 1\nexit", 6).enters(3).promises(number(1, 10)).error(), CheckError::cost) << "main takes four";
    EXPECT_EQ(Contract().enters(2).promises(number(1, 10)).error(), CheckError::cost) << "it takes three";
    EXPECT_EQ(Contract("mov r0, r1\nadd r0, 1\nexit", 90).enters(3).promises(number(1, 9)).error(), CheckError::not_covered);
    EXPECT_EQ(Contract("mov r0, r1\nadd r0, 1\nexit", 90).enters(3).promises(Value{}).error(), CheckError::unsafe) << "main reads r0";
    EXPECT_EQ(Contract().enters(3).error(), CheckError::no_invariant) << "no promise";
    EXPECT_EQ(Contract().enters(3).promises(number(1, 10)).promises(number(1, 10)).error(), CheckError::no_invariant) << "two of them";
    EXPECT_EQ(Contract("mov r0, r1\nadd r0, 1\nexit", 90).enters(90).promises(number(1, 10), 87).error(), CheckError::cost) << "what it says is left";
    EXPECT_EQ(Contract("mov r0, r1\nadd r0, 1\nexit", 90).enters(10).promises(number(1, 10), -7).error(), CheckError::cost) << "less than nothing is left";
    EXPECT_EQ(Contract("mov r0, r1\nadd r0, 1\nexit", 90).enters(-1).promises(number(1, 10)).error(), CheckError::cost);
    // Not of such a call: then it is run as any.
    EXPECT_EQ(Contract().enters(3, [](State& s) { s.regs[1] = number(8, 9); }).promises(number(1, 10)).error(), CheckError::none);
    EXPECT_EQ(Contract("mov r0, r1\nadd r0, 1\nexit", 6).enters(3, [](State& s) { s.regs[1] = number(8, 9); }).promises(number(1, 10)).error(), CheckError::cost);
    // Costs in parts of an instruction are rounded up for the caller.
    for (const auto& [units, worst, error] : {std::tuple{12, 7, CheckError::none}, std::tuple{13, 7, CheckError::cost}, std::tuple{13, 8, CheckError::none}, std::tuple{11, 8, CheckError::cost}}) {
        Contract c("mov r0, r1\nadd r0, 1\nexit", static_cast<std::uint64_t>(worst));
        c.proof.scale = 4;
        EXPECT_EQ(c.enters(units).promises(number(1, 10)).error(), error) << units << " " << worst;
    }
}

// The number that a promise calls r0 by is the certificate's own, not that of any word of the caller's.
TEST(Contracts, promise_nothing_of_the_callers_words) {
    const auto with = [](std::uint8_t symbol) {
        Program p("ldxb r6, [r1+0]\nmov r7, r6\nmov r1, 7\ncall local f\njgt r6, 5, out\nexit\nout: mov r0, 0\nexit\nf: mov r0, 200\nexit", 100);
        p.proof.functions = {{0, 0}, {8, 0}};
        p.s.depth = 2;
        p.s.frames[1] = {{}, kContract, 8, FrameKind::call};
        p.at(8 | kContract, 2);
        p.proof.points[kContract | kGate] = {{8, 0, 0, 1, 0, 1 | kBits << 2 | 64, 8, symbol, 0}};
        p.s.clear();
        p.at(6, 2);
        return p.error();
    };
    for (std::uint8_t symbol = 1; symbol < 9; ++symbol) EXPECT_EQ(with(symbol), CheckError::unsafe) << "200 is no result";
}

// Costs of calls add up, and never beyond what a sum holds.
TEST(Contracts, cost_what_all_their_calls_do) {
    std::string text;
    for (int i = 0; i < 16; ++i) text += "mov r1, 7\ncall local f\n";
    text += "mov r0, 0\nexit\nf: mov r0, r1\nadd r0, 1\nexit";
    const auto with = [&](std::int64_t cost, std::uint64_t worst) {
        Program p(text, worst);
        p.proof.functions = {{0, 0}, {34, 0}};
        p.s.depth = 2;
        p.s.frames[1] = {{}, kContract, 34, FrameKind::call};
        p.s.regs[1] = number(0, 9);
        p.at(34 | kContract, cost);
        p.s.clear();
        p.s.regs[0] = number(1, 10);
        p.at(kContract | kGate, 0);
        return p.error();
    };
    EXPECT_EQ(with(3, 34 + 48), CheckError::none);
    EXPECT_EQ(with(3, 34 + 47), CheckError::cost);
    EXPECT_EQ(with(kMaxCost, 34), CheckError::cost);
}

TEST(Contracts, start_from_nothing_of_their_callers) {
    const auto enters = [](void (*change)(State&), std::initializer_list<Cost::Term> terms = {}) {
        Contract c("mov r0, r1\nadd r0, 1\nexit", 90);
        return c.enters(3, change, terms).promises(number(1, 10)).error();
    };
    EXPECT_EQ(enters([](State&) {}), CheckError::none);
    EXPECT_EQ(enters([](State& s) { s.depth = 1; }), CheckError::malformed);
    EXPECT_EQ(enters([](State& s) { s.frames[1].kind = FrameKind::callback; }), CheckError::malformed);
    EXPECT_EQ(enters([](State& s) { s.frames[1].return_slot = 2; }), CheckError::no_invariant);
    // The same where nobody calls it.
    for (const auto& [back, error] : {std::pair{Contract::kNumber, CheckError::none}, std::pair{kContract, CheckError::no_invariant}, std::pair{kContract - 1, CheckError::malformed}, std::pair{2u, CheckError::malformed}}) {
        Contract dead("mov r0, r1\nadd r0, 1\nexit", 90);
        (*dead.code.back())[1] = {0xb7, 0, 0, 0, 0};
        dead.s.frames[1].return_slot = back;
        dead.s.depth = 2;
        dead.s.frames[1].function = 4;
        dead.s.frames[1].kind = FrameKind::call;
        dead.s.regs[1] = number(0, 9);
        dead.at(4 | kContract, 3);
        EXPECT_EQ(dead.promises(number(1, 10)).error(), error) << back;
    }
    EXPECT_EQ(enters([](State& s) { s.put({0, 1, 1}, number(0, 9)); }), CheckError::malformed) << "the caller's r6";
    EXPECT_EQ(enters([](State& s) { s.put({-8, 8, 0}, number(0, 9)); }), CheckError::malformed) << "the caller's stack";
    EXPECT_EQ(enters([](State&) {}, {per(1, 1)}), CheckError::malformed) << "a cost that depends";
    EXPECT_EQ(enters([](State& s) { s.locked = 1; }), CheckError::malformed);
    EXPECT_EQ(enters([](State& s) { s.references[0] = 1; }), CheckError::malformed);
    EXPECT_EQ(enters([](State& s) { s.regs[2] = pointer(Region::stack); }), CheckError::malformed) << "a way to the caller's stack";
    EXPECT_EQ(enters([](State& s) { s.regs[9] = or_null(pointer(Region::stack), 3); }), CheckError::malformed);
    EXPECT_EQ(enters([](State& s) { s.regs[2] = pointer(Region::context); }), CheckError::none);
}

TEST(Contracts, promise_numbers_and_nothing_held) {
    const auto promises = [](Value r0, void (*change)(State&), const char* function = "mov r0, r1\nadd r0, 1\nexit") {
        Contract c(function, 90);
        c.env.any_return = true;
        c.env.pointer_leaks_allowed = true;
        if (r0.is_pointer()) return c.enters(3, [](State& s) { s.regs[1] = pointer(Region::memory, 0, 16); }).promises(r0, 0, change).error();
        return c.enters(3).promises(r0, 0, change).error();
    };
    EXPECT_EQ(promises(number(1, 10), [](State&) {}), CheckError::none);
    EXPECT_EQ(promises(number(1, 10), [](State& s) { s.regs[1] = number(0, 9); }), CheckError::no_invariant) << "r1";
    EXPECT_EQ(promises(Value{}, [](State& s) { s.regs[1] = number(0, 9); }), CheckError::no_invariant);
    EXPECT_EQ(promises(number(1, 10), [](State& s) { s.references[0] = 1; }), CheckError::no_invariant);
    EXPECT_EQ(promises(number(1, 10), [](State& s) { s.locked = 1; }), CheckError::no_invariant);
    Program pointers("call local f\nexit\nf: mov r0, r1\nexit", 90);
    pointers.env.any_return = pointers.env.pointer_leaks_allowed = true;
    pointers.proof.functions = {{0, 0}, {2, 0}};
    EXPECT_EQ(pointers.error(), CheckError::none);
    pointers.s.depth = 2;
    pointers.s.frames[1] = {{}, kContract, 2, FrameKind::call};
    pointers.s.regs[1] = pointer(Region::memory, 0, 16);
    pointers.at(2 | kContract, 2);
    pointers.s.clear();
    pointers.s.regs[0] = pointer(Region::memory, 0, 16);
    pointers.at(kContract | kGate, 0);
    EXPECT_EQ(pointers.error(), CheckError::no_invariant) << "a pointer may be one into nowhere";
}

// bpf_loop: r1 runs of the function at 6, which counts nothing.
struct Gate : Program {
    explicit Gate(std::uint64_t worst = 100, std::string_view body = "mov r0, 0\nexit") : Program("mov r1, 3\nlddw r2, 0\nmov r3, 0\ncall 181\nmov r0, 0\nexit\n" + std::string(body), worst) {
        (*code.back())[1].src = 4;
        (*code.back())[1].imm = 5;
        helpers[0].number = 181;
        helpers[0].callback = CallbackRule::loop;
        helpers[0].argument_count = 3;
        helpers[0].arguments[1].rule = ArgumentRule::callback;
        helpers[0].arguments[2].rule = ArgumentRule::callback_context;
        env.helpers = helpers.data();
        proof.functions = {{0, 0}, {7, 0}};
    }
    Gate& gate(std::int64_t constant, std::int64_t each, void (*change)(State&) = nullptr, std::uint32_t slot = 4) {
        s.clear();
        s.depth = 2;
        s.frames[1] = {{}, 5, 7, FrameKind::callback};
        s.put({kRunsLeft, 1, 1}, number(0, 3));
        if (change != nullptr) change(s);
        at(slot | kGate, constant, {{{kRunsLeft, 1, 1}, each, Reading::as_unsigned}});
        return *this;
    }
};

TEST(Gates, are_stated_and_leave_less_for_each_run) {
    // Two behind the call and one for its end; a run takes its two and one more. Before the call there are four.
    EXPECT_EQ(Gate(16).gate(3, 3).error(), CheckError::none);
    EXPECT_EQ(Gate(15).gate(3, 3).error(), CheckError::cost);
    EXPECT_EQ(Gate(16).gate(2, 3).error(), CheckError::cost);
    EXPECT_EQ(Gate(90).gate(30, 2).error(), CheckError::cost);
    EXPECT_EQ(Gate().error(), CheckError::no_invariant);
    EXPECT_EQ(Gate(16, "mov r0, 2\nexit").gate(3, 3).error(), CheckError::unsafe) << "runs end with 0 or 1";
    EXPECT_EQ(Gate(16).gate(3, 3, [](State& s) { s.put({kRunsLeft, 1, 1}, number(0, 2)); }).error(), CheckError::not_covered);
    // Where nobody arrives, too.
    const auto dead = [](void (*change)(State&)) {
        Gate g(16);
        (*g.code.back())[0] = {0x05, 0, 0, 4, 0};
        return g.gate(3, 3, change).error();
    };
    EXPECT_EQ(dead([](State&) {}), CheckError::none);
    EXPECT_EQ(dead([](State& s) { s.depth = 1, s.cell_count = 0, s.put({kRunsLeft, 1, 0}, number(0, 3)); }), CheckError::malformed);
    EXPECT_EQ(dead([](State& s) { s.frames[1].kind = FrameKind::call; }), CheckError::malformed);
    EXPECT_EQ(dead([](State& s) { s.frames[1].return_slot = 6; }), CheckError::malformed);
    // Of no call that runs anything.
    EXPECT_EQ(Gate(16).gate(3, 3).gate(90, 3, [](State& s) { s.frames[1].return_slot = 6; }, 5).error(), CheckError::malformed);
}

// A timer's callback is a run of its own, from what the gate says that it is passed.
TEST(Gates, of_timers_start_runs_of_their_own) {
    const auto with = [](std::uint64_t worst, void (*change)(State&) = nullptr, std::string_view body = "mov r0, 0\nexit", std::uint32_t stack = 0) {
        static constexpr KernelField kTimer{0, 8, KernelUse::timer};
        Program p("mov r3, 3\nlddw r1, 0\nlddw r2, 0\ncall 170\nmov r0, 0\nexit\n" + std::string(body), worst);
        (*p.code.back())[1].src = 2;
        (*p.code.back())[3].src = 4;
        (*p.code.back())[3].imm = 4;
        p.maps.resize(1);
        p.maps[0].is_global_data = true;
        p.maps[0].value_size = 16;
        p.maps[0].key_size = 4;
        p.maps[0].kernel_fields = &kTimer;
        p.maps[0].kernel_field_count = 1;
        p.env.maps = p.maps.data();
        p.env.map_count = 1;
        HelperRule& h = p.helpers[0];
        h.number = 170;
        h.callback = CallbackRule::timer;
        h.argument_count = 2;
        h.arguments[0].rule = ArgumentRule::map_value_pointer;
        h.arguments[0].use = KernelUse::timer;
        h.arguments[1].rule = ArgumentRule::callback;
        p.env.helpers = p.helpers.data();
        p.proof.functions = {{0, 0}, {8, stack}};
        p.proof.stack = stack;
        p.s.depth = 2;
        p.s.frames[1] = {{}, 6, 8, FrameKind::callback};
        Value map = Value::pointer(Region::map_handle);
        map.map = 0;
        p.s.put({kPassedMap, 1, 1}, map);
        if (change != nullptr) change(p.s);
        return p.at(5 | kGate, 3).error();
    };
    EXPECT_EQ(with(7), CheckError::none);
    EXPECT_EQ(with(6), CheckError::cost) << "main: four, one for the gate's end, and two";
    EXPECT_EQ(with(90, [](State& s) { s.drop(1, kPassedMap, 1); }), CheckError::malformed);
    EXPECT_EQ(with(7, nullptr, "mov r0, 1\nexit"), CheckError::unsafe);
    EXPECT_EQ(with(7, nullptr, "mov r0, 0\nmov r0, 0\nmov r0, 0\nmov r0, 0\nmov r0, 0\nmov r0, 0\nexit"), CheckError::none) << "seven of its own";
    EXPECT_EQ(with(7, nullptr, "mov r0, 0\nmov r0, 0\nmov r0, 0\nmov r0, 0\nmov r0, 0\nmov r0, 0\nmov r0, 0\nexit"), CheckError::cost);
    EXPECT_EQ(with(7, nullptr, "stdw [r10-8], 1\nmov r0, 0\nexit", 8), CheckError::none);
    EXPECT_EQ(with(7, nullptr, "stdw [r10-16], 1\nmov r0, 0\nexit", 8), CheckError::stack);
}

TEST(Certificates, that_are_none_are_told) {
    Program p(kBranch, 5);
    p.at(3, 2);
    const Bytes good = p.proof.bytes();
    EXPECT_EQ(checked(p, good).error, CheckError::none);
    for (std::size_t size = 0; size < good.size(); ++size) EXPECT_NE(checked(p, Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size))).error, CheckError::none) << size;
    for (std::size_t i = 0; i < 5; ++i) {
        Bytes other = good;
        other[i] ^= 1;
        EXPECT_EQ(checked(p, other).error, CheckError::malformed) << i;
    }
    const auto opens = [](void (*change)(Stated&)) {
        Stated s;
        s.functions = {{0, 0}};
        change(s);
        const Bytes b = s.bytes();
        Certificate c;
        return c.open(b.data(), b.size());
    };
    EXPECT_TRUE(opens([](Stated&) {}));
    EXPECT_TRUE(opens([](Stated& s) { s.worst_case = static_cast<std::uint64_t>(kMaxCost) / kMaxScale - 1; }));
    EXPECT_FALSE(opens([](Stated& s) { s.worst_case = static_cast<std::uint64_t>(kMaxCost) / kMaxScale; }));
    EXPECT_TRUE(opens([](Stated& s) { s.scale = kMaxScale; }));
    EXPECT_FALSE(opens([](Stated& s) { s.scale = kMaxScale + 1; }));
    EXPECT_FALSE(opens([](Stated& s) { s.scale = 0; }));
    EXPECT_TRUE(opens([](Stated& s) { s.stack = 8 * 512; }));
    EXPECT_FALSE(opens([](Stated& s) { s.stack = 8 * 512 + 1; }));
    EXPECT_TRUE(opens([](Stated& s) { s.functions = {{0, 512}}; }));
    EXPECT_FALSE(opens([](Stated& s) { s.functions = {{0, 513}}; }));
    const Bytes many{'M', 'B', 'P', 'C', kVersion, 0, 1, 0, 0, 5};
    Certificate none;
    EXPECT_FALSE(none.open(many.data(), many.size())) << "five points of which none is there";
    // Points in order, each once, within the bytes.
    const auto points = [&](std::uint32_t first, std::uint32_t second) {
        Program two(kBranch, 5);
        two.at(3, 2);
        two.s.regs[0] = number(2, 2);
        two.at(4, 1);
        Bytes b = two.proof.bytes();
        const std::size_t index = b.size() - 16 - [&] {
            std::size_t nodes = 0;
            for (const auto& [point, list] : two.proof.points) nodes += 1 + list[0].size();
            return nodes;
        }();
        b[index] = static_cast<std::uint8_t>(first);
        b[index + 8] = static_cast<std::uint8_t>(second);
        return checked(two, b).error;
    };
    EXPECT_EQ(points(3, 4), CheckError::none);
    EXPECT_EQ(points(4, 3), CheckError::malformed);
    EXPECT_EQ(points(3, 3), CheckError::malformed);
    Bytes far = good;
    const std::size_t offset = far.size() - (1 + p.proof.points[3][0].size()) - 4;
    far[offset + 2] = 1;
    EXPECT_NE(checked(p, far).error, CheckError::none);
    Program unreached("mov r0, 0\nexit", 5);
    unreached.s.regs[0] = number(0, 0);
    unreached.at(1, 1);
    Bytes beyond = unreached.proof.bytes();
    beyond[beyond.size() - (1 + unreached.proof.points[1][0].size()) - 2] = 1;
    EXPECT_NE(checked(unreached, beyond).error, CheckError::none);
}

// To find a function in them takes as long as there are functions, for every call.
TEST(Certificates, tell_of_no_more_functions_than_programs_have) {
    Stated s;
    Certificate c;
    for (std::uint32_t f = 0; f < kMaxFunctions; ++f) s.functions.push_back({f, 8});
    Bytes bytes = s.bytes();
    EXPECT_TRUE(c.open(bytes.data(), bytes.size()));
    s.functions.push_back({kMaxFunctions, 8});
    bytes = s.bytes();
    EXPECT_FALSE(c.open(bytes.data(), bytes.size()));
}

TEST(Certificates, are_found_by_point_and_function) {
    Stated s;
    s.functions = {{0, 8}, {3, 16}, {9, 24}};
    Bench b;
    b.s.clear();
    for (std::uint32_t point : {1u, 4u, 7u, 8u, 0x80000004u}) s.at(point, b.s, cost_of(point & 15));
    const Bytes bytes = s.bytes();
    Certificate c;
    ASSERT_TRUE(c.open(bytes.data(), bytes.size()));
    EXPECT_EQ(c.stack_of(0), 8u);
    EXPECT_EQ(c.stack_of(3), 16u);
    EXPECT_EQ(c.stack_of(9), 24u);
    EXPECT_EQ(c.stack_of(8), 512u);
    Reader in;
    for (std::uint32_t point : {1u, 4u, 7u, 8u, 0x80000004u}) {
        ASSERT_TRUE(c.find(point, in)) << point;
        EXPECT_EQ(in.varint(), 1u);
        Reader body = read_part(in);
        Cost cost;
        Shape shape;
        read_head(body, cost, shape);
        EXPECT_EQ(cost.constant, static_cast<std::int64_t>(point & 15));
    }
    for (std::uint32_t point : {0u, 2u, 5u, 9u, 0x80000003u, 0x80000005u}) EXPECT_FALSE(c.find(point, in)) << point;
}

TEST(Readers, read_no_further_than_they_may) {
    const Bytes bytes{0x80, 0x80, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 5, 7};
    Reader in = reading(bytes);
    EXPECT_EQ(in.varint(), 1u << 14);
    EXPECT_EQ(in.varint(), UINT64_MAX);
    EXPECT_TRUE(in.good);
    EXPECT_EQ(in.varint(), 0u) << "an eleventh byte";
    EXPECT_FALSE(in.good);
    const Bytes more{9, 10, 17, 3, 1};
    Reader limits = reading(more);
    EXPECT_EQ(limits.bounded(9), 9u);
    EXPECT_TRUE(limits.good);
    EXPECT_EQ(limits.bounded(9), 0u);
    EXPECT_FALSE(limits.good);
    limits = reading(more);
    limits.at += 2;
    EXPECT_EQ(limits.zigzag_within(9), -9);
    EXPECT_EQ(limits.zigzag_within(2), -2);
    EXPECT_TRUE(limits.good);
    EXPECT_EQ(limits.zigzag_within(0), 0);
    EXPECT_FALSE(limits.good);
    Reader end = reading(more);
    end.at = end.end;
    EXPECT_EQ(end.byte(), 0);
    EXPECT_FALSE(end.good);
    Reader part = reading(Bytes{});
    const Bytes sized{2, 7, 8, 3, 9};
    part = reading(sized);
    Reader first = read_part(part);
    EXPECT_EQ(first.end - first.at, 2);
    EXPECT_EQ(first.byte(), 7);
    const Reader second = read_part(part);
    EXPECT_FALSE(second.good) << "three bytes, of which one is there";
}

}  // namespace
}  // namespace mbpf::proof
