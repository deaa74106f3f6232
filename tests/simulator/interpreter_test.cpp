// SPDX-License-Identifier: Apache-2.0
// The interpreter's checks: each trap has a program that meets it, and each model helper does what it says.
#include <gtest/gtest.h>

#include "simulator/interpreter.h"
#include "simulator/isa_runner.h"
#include "simulator/model_world.h"
#include "simulator/native_engine.h"

namespace mbpf::sim {
namespace {

using bpf::Insn;

Insn slot(std::uint8_t opcode, unsigned dst = 0, unsigned src = 0, int offset = 0, std::int32_t imm = 0) {
    return {opcode, static_cast<std::uint8_t>(dst), static_cast<std::uint8_t>(src), static_cast<std::int16_t>(offset), imm};
}
const Insn kExit = slot(0x95);
const Insn kZero = slot(0xb7, 0);

Result<RunResult> run(std::vector<Insn> program, std::string section = "isa", RunInput input = {}, const char* platform = "isa") {
    auto object = bpf::object_from_slots(std::move(program), std::move(section));
    ModelWorld world(*object);
    Machine machine(*object, 0, *builtin_platform(platform), world);
    return machine.run(input);
}

struct Trap {
    const char* name;
    std::vector<Insn> program;
    const char* code;
};

class Traps : public ::testing::TestWithParam<Trap> {};

TEST_P(Traps, end_the_run_with_their_code) {
    RunInput input;
    input.context.resize(16);
    input.step_limit = 1000;
    auto result = run(GetParam().program, "isa", input);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, GetParam().code) << render_text(result.error());
    EXPECT_NE(find_diagnostic_code(result.error().code), nullptr);
}

INSTANTIATE_TEST_SUITE_P(
    All, Traps,
    ::testing::Values(Trap{"uninitialised_register", {slot(0xbf, 0, 5), kExit}, "MBPF6001"}, Trap{"uninitialised_result", {kExit}, "MBPF6001"},
                      Trap{"endless_loop", {slot(0x05, 0, 0, -1)}, "MBPF6002"}, Trap{"falls_off_the_end", {kZero}, "MBPF6003"}, Trap{"jumps_out", {slot(0x05, 0, 0, 100)}, "MBPF6003"},
                      Trap{"unknown_opcode", {slot(0xff), kExit}, "MBPF6004"}, Trap{"writes_r10", {slot(0xb7, 10), kZero, kExit}, "MBPF6004"},
                      Trap{"callx", {slot(0x8d, 1), kExit}, "MBPF6005"}, Trap{"legacy_packet_access", {slot(0x30), kExit}, "MBPF6006"},
                      Trap{"reads_past_memory", {slot(0x79, 0, 1, 9), kExit}, "MBPF6007"}, Trap{"reads_before_memory", {slot(0x71, 0, 1, -1), kExit}, "MBPF6007"},
                      Trap{"reads_null", {slot(0xb7, 2), slot(0x71, 0, 2), kExit}, "MBPF6007"}, Trap{"reads_uninitialised_stack", {slot(0x79, 0, 10, -8), kExit}, "MBPF6008"},
                      Trap{"writes_past_memory", {slot(0x7a, 1, 0, 16), kZero, kExit}, "MBPF6009"}, Trap{"writes_above_stack", {slot(0x7a, 10, 0, 0), kZero, kExit}, "MBPF6009"},
                      Trap{"unknown_helper", {slot(0x85, 0, 0, 0, 77), kExit}, "MBPF6011"}, Trap{"recursion", {slot(0x85, 0, 1, 0, -1), kExit}, "MBPF6012"}),
    [](const auto& i) { return std::string(i.param.name); });

TEST(Interpreter, refuses_a_context_larger_than_the_hooks) {
    RunInput input;
    input.context.resize(100);
    auto result = run({kZero, kExit}, "timer/10ms", input, "microbpf");
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, "MBPF6010");
}

TEST(Interpreter, refuses_helper_memory_out_of_bounds) {
    // bpf_coap_reply(69, 1, 8): address 1 is no memory.
    auto result = run({slot(0xb7, 1, 0, 0, 69), slot(0xb7, 2, 0, 0, 1), slot(0xb7, 3, 0, 0, 8), slot(0x85, 0, 0, 0, 1008), kExit}, "coap/x", {}, "microbpf");
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, "MBPF6013");
}

TEST(Interpreter, counts_instructions_and_helper_costs) {
    auto result = run({slot(0xb7, 1, 0, 0, 3), slot(0x85, 0, 0, 0, 5), kExit});
    ASSERT_TRUE(result);
    EXPECT_EQ(result->r0, 3u);
    EXPECT_EQ(result->instructions, 3u);
    EXPECT_EQ(result->cost, 3u + builtin_platform("isa")->find_helper(5)->cost);
}

TEST(Interpreter, packet_fields_of_the_context_are_pointers_into_the_packet) {
    // r2 = data, r3 = data_end; r0 = (r3 - r2) + first byte
    RunInput input;
    input.packet = {41, 2, 3};
    auto result = run({slot(0x61, 2, 1, 0), slot(0x61, 3, 1, 4), slot(0x71, 0, 2, 0), slot(0x1f, 3, 2), slot(0x0f, 0, 3), kExit}, "xdp", input, "microbpf");
    ASSERT_TRUE(result) << render_text(result.error());
    EXPECT_EQ(result->r0, 44u);
}

TEST(Interpreter, forgets_a_runs_memory_but_not_maps) {
    auto object = bpf::object_from_slots({kZero, kExit}, "isa");
    ModelWorld world(*object);
    Machine machine(*object, 0, *builtin_platform("isa"), world);
    const std::size_t before = world.memory().count();
    ASSERT_TRUE(machine.run({}));
    EXPECT_EQ(world.memory().count(), before);
}

TEST(NativeEngine, refuses_other_instruction_sets_and_unknown_engines) {
    auto package = isa_package(bpf::encode(std::vector<Insn>{kZero, kExit}), 0, "cortex-m4");
    ASSERT_TRUE(package) << render_text(package.error());
    auto result = run_native(*package, 0, {}, [](std::uint16_t) { return nullptr; });
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, "MBPF3401");
    auto engine = make_isa_engine("pdp-11");
    ASSERT_FALSE(engine);
    EXPECT_EQ(engine.error().code, "MBPF3402");
}

}  // namespace
}  // namespace mbpf::sim
