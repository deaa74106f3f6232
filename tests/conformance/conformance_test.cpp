// SPDX-License-Identifier: Apache-2.0
// The interpreter is the reference for the other engines; Oracle holds it against values from RFC 9669.
#include <gtest/gtest.h>

#include <set>

#include "simulator/interpreter.h"
#include "simulator/isa_runner.h"
#include "tests/conformance/cases.h"

namespace mbpf {
namespace {

using bpf::AluOp;
using conformance::Case;

class Engine : public ::testing::TestWithParam<const char*> {};

TEST_P(Engine, gives_the_reference_result_for_every_operation) {
    auto reference = sim::make_isa_engine("interpreter");
    std::string name = GetParam();
    for (char& c : name)
        if (c == '_' && name != "x86_64") c = '-';
    auto engine = sim::make_isa_engine(name);
    ASSERT_TRUE(engine) << render_text(engine.error());
    for (const Case& c : conformance::all_cases()) {
        SCOPED_TRACE(c.name);
        const auto bytes = bpf::encode(c.program);
        auto expected = (*reference)->run(bytes, c.memory);
        ASSERT_TRUE(expected) << render_text(expected.error());
        auto actual = (*engine)->run(bytes, c.memory);
        ASSERT_TRUE(actual) << render_text(actual.error());
        EXPECT_EQ(actual->r0, expected->r0);
        EXPECT_EQ(actual->memory, expected->memory);
        EXPECT_NE(expected->r0, 1u) << "the case does nothing";
    }
}

INSTANTIATE_TEST_SUITE_P(All, Engine, ::testing::Values("interpreter", "x86_64", "cortex_m4", "rv32imac"), [](const auto& i) { return std::string(i.param); });

TEST(Coverage, every_operation_has_a_case_or_is_refused) {
    std::set<std::string> names;
    for (const Case& c : conformance::all_cases()) names.insert(c.name);
    for (const bpf::Op& op : bpf::all_ops()) EXPECT_TRUE(names.contains(std::string(op.name)) || conformance::is_not_run(op)) << op.name;
}

struct Row {
    AluOp op;
    unsigned width;
    std::uint64_t dst, src, expected;
};

TEST(Oracle, arithmetic_is_that_of_rfc_9669) {
    const Row rows[] = {
        {AluOp::add, 32, 0xffffffff, 1, 0},
        {AluOp::add, 64, 0xffffffff, 1, 0x100000000},
        {AluOp::sub, 32, 0, 1, 0xffffffff},
        {AluOp::sub, 64, 0, 1, UINT64_MAX},
        {AluOp::mul, 32, 0x10000, 0x10000, 0},
        {AluOp::mul, 64, 0x100000000, 0x100000000, 0},
        {AluOp::div, 64, 7, 0, 0},
        {AluOp::div, 64, UINT64_MAX, 2, 0x7fffffffffffffff},
        {AluOp::div, 32, 0x100000007, 2, 3},
        {AluOp::sdiv, 64, static_cast<std::uint64_t>(-7), 2, static_cast<std::uint64_t>(-3)},
        {AluOp::sdiv, 64, 0x8000000000000000, UINT64_MAX, 0x8000000000000000},
        {AluOp::sdiv, 32, 0x80000000, 0xffffffff, 0x80000000},
        {AluOp::sdiv, 64, 5, 0, 0},
        {AluOp::mod, 64, 7, 0, 7},
        {AluOp::mod, 32, 0x100000007, 0, 7},
        {AluOp::smod, 64, static_cast<std::uint64_t>(-7), 3, static_cast<std::uint64_t>(-1)},
        {AluOp::smod, 64, 0x8000000000000000, UINT64_MAX, 0},
        {AluOp::smod, 64, static_cast<std::uint64_t>(-7), 0, static_cast<std::uint64_t>(-7)},
        {AluOp::lsh, 64, 1, 65, 2},
        {AluOp::lsh, 32, 1, 33, 2},
        {AluOp::rsh, 32, 0x80000000, 31, 1},
        {AluOp::arsh, 32, 0x80000000, 31, 0xffffffff},
        {AluOp::arsh, 64, 0x8000000000000000, 63, UINT64_MAX},
        {AluOp::neg, 32, 1, 0, 0xffffffff},
        {AluOp::neg, 64, 0x8000000000000000, 0, 0x8000000000000000},
        {AluOp::and_, 32, UINT64_MAX, 0xf0, 0xf0},
        {AluOp::or_, 32, 0xffffffff00000001, 2, 3},
        {AluOp::xor_, 64, UINT64_MAX, 1, UINT64_MAX - 1},
        {AluOp::mov, 32, 0, UINT64_MAX, 0xffffffff},
    };
    for (const Row& r : rows) EXPECT_EQ(sim::alu_result(r.op, r.width, r.dst, r.src), r.expected) << static_cast<int>(r.op) << " at " << r.width << " bits of " << r.dst << ", " << r.src;
}

TEST(Oracle, comparisons_swaps_and_extensions) {
    using bpf::Condition;
    EXPECT_TRUE(sim::condition_holds(Condition::gt, 64, UINT64_MAX, 0));
    EXPECT_FALSE(sim::condition_holds(Condition::sgt, 64, UINT64_MAX, 0));
    EXPECT_TRUE(sim::condition_holds(Condition::slt, 32, 0x80000000, 0));
    EXPECT_FALSE(sim::condition_holds(Condition::slt, 64, 0x80000000, 0));
    EXPECT_TRUE(sim::condition_holds(Condition::eq, 32, 0x100000001, 1));
    EXPECT_TRUE(sim::condition_holds(Condition::set, 64, 6, 2));
    EXPECT_FALSE(sim::condition_holds(Condition::set, 32, 0x100000000, 0x100000000));
    EXPECT_EQ(sim::byte_swap(0x1122334455667788, 16), 0x8877u);
    EXPECT_EQ(sim::byte_swap(0x1122334455667788, 32), 0x88776655u);
    EXPECT_EQ(sim::byte_swap(0x1122334455667788, 64), 0x8877665544332211u);
    EXPECT_EQ(sim::sign_extend(0x80, 8), static_cast<std::uint64_t>(-128));
    EXPECT_EQ(sim::sign_extend(0x17f, 8), 0x7fu);
    EXPECT_EQ(sim::sign_extend(0x80000000, 32), 0xffffffff80000000u);
}

}  // namespace
}  // namespace mbpf
