// SPDX-License-Identifier: Apache-2.0
// Tail calls on a device: the chains of the reference interpreter, within the limit; what only tail calls enter is not
// attached; the host may change where they lead.
#include <gtest/gtest.h>

#include <algorithm>

#include "simulator/interpreter.h"
#include "simulator/model_world.h"
#include "tests/end_to_end/build_package.h"
#include "tests/end_to_end/device.h"

namespace mbpf::end_to_end {
namespace {

constexpr const char* kSource = "tests/end_to_end/programs/tail_calls.bpf.c";

std::string context_of(std::uint64_t steps) {
    std::string context(48, '\0');
    for (std::size_t i = 0; i < 8; ++i) context[i] = static_cast<char>(steps >> (8 * i));
    return context;
}

class TailCalls : public DeviceTest {
  protected:
    void load() {
        start();
        Package package = *build_program(kSource, target()).package;
        package.name = "tail_calls";
        push(for_device(package));
    }
    std::uint64_t run(std::uint64_t steps) {
        control::Request r;
        auto& t = *r.mutable_test_run();
        t.set_package("tail_calls");
        t.set_program("first");
        t.set_context(context_of(steps));
        return must(std::move(r)).test_run().result();
    }
    std::uint32_t number_of(const std::string& program) {
        const auto list = device().list();
        for (int i = 0; list && i < list->front().programs_size(); ++i)
            if (list->front().programs(i).name() == program) return static_cast<std::uint32_t>(i + 1);
        return 0;
    }
};

TEST_P(TailCalls, run_as_in_the_interpreter) {
    load();
    const BuildResult& built = build_program(kSource, target());
    ASSERT_TRUE(built.object && built.package);
    const auto& programs = built.object->programs;
    const auto first = static_cast<std::size_t>(std::ranges::find(programs, "first", &bpf::Program::name) - programs.begin());
    ASSERT_LT(first, programs.size());
    const Platform& platform = *builtin_platform("microbpf");
    sim::ModelWorld world(*built.object);
    std::uint64_t worst = 0;
    // None, one, two, to another hook's, past the array, more than the limit, all there are.
    for (const std::uint64_t steps : {0x0ull, 0x1ull, 0x12ull, 0x421ull, 0x41ull, 0x91ull, 0x1111'1111ull, 0x1'1111'1111ull, 0x1212'1212'1212'1212ull, 0x2222'2222'2222'2222ull, 0x3ull}) {
        sim::Machine machine(*built.object, first, platform, world);
        sim::RunInput input;
        const std::string context = context_of(steps);
        input.context.assign(context.begin(), context.end());
        const Result<sim::RunResult> want = machine.run(input);
        ASSERT_TRUE(static_cast<bool>(want)) << render_text(want.error());
        EXPECT_EQ(run(steps), want->r0) << std::hex << steps;
        worst = std::max(worst, want->cost);
    }
    EXPECT_LE(worst, built.package->programs[first].worst_case_instructions);
    EXPECT_GT(worst * 2, built.package->programs[first].worst_case_instructions) << "the bound says something";
}

TEST_P(TailCalls, programs_of_an_array_are_entered_by_tail_calls_only) {
    load();
    run(0x12);
    const auto list = device().list();
    ASSERT_TRUE(static_cast<bool>(list));
    ASSERT_EQ(list->size(), 1u);
    for (const auto& p : list->front().programs()) {
        // Of another hook, `strange` has no other way in.
        const bool traced = p.name() == "first" || p.name() == "second" || p.name() == "third";
        EXPECT_EQ(p.attached(), p.name() == "first" || p.name() == "strange" || p.name() == "sample") << p.name();
        EXPECT_EQ(p.runs(), traced ? 1u : 0u) << p.name();
    }
}

TEST_P(TailCalls, at_a_hook_the_last_programs_verdict_counts) {
    load();
    control::Request r;
    auto& s = *r.mutable_stimulus()->mutable_sensor();
    s.set_period_us(1000);
    s.set_samples(50);
    s.set_outlier_every(10);
    s.set_amplitude(80);
    s.set_outlier(30000);
    const control::StimulusReply reply = must(std::move(r)).stimulus();
    EXPECT_EQ(reply.samples_passed(), 45u);
    const auto list = device().list();
    ASSERT_TRUE(static_cast<bool>(list));
    ASSERT_EQ(list->size(), 1u);
    for (const auto& p : list->front().programs()) {
        if (p.name() != "sample" && p.name() != "bounds") continue;
        EXPECT_EQ(p.runs(), 50u) << p.name();
        EXPECT_EQ(p.drops(), p.name() == "bounds" ? 5u : 0u) << p.name();
        EXPECT_GT(p.worst_cycles(), 0u) << p.name();
    }
    control::Request faults;
    faults.mutable_faults()->set_number(1);
    EXPECT_EQ(must(std::move(faults)).faults().count(), 0u);
}

TEST_P(TailCalls, the_host_changes_where_they_lead) {
    load();
    const auto access = [&](control::MapAccess::Op op, std::uint32_t element, std::uint32_t program) { return code_of(map_request("tail_calls", "jumps", op, u32(element), op == control::MapAccess::DELETE ? "" : u32(program))); };
    const std::uint64_t alone = run(0x5), through_second = run(0x1);
    EXPECT_EQ(access(control::MapAccess::UPDATE, 5, number_of("second")), "ok");
    EXPECT_EQ(run(0x5), through_second);
    EXPECT_EQ(access(control::MapAccess::DELETE, 5, 0), "ok");
    EXPECT_EQ(run(0x5), alone);
    // No program has that number: nothing is entered.
    EXPECT_EQ(access(control::MapAccess::UPDATE, 5, 77), "ok");
    EXPECT_EQ(run(0x5), alone);
    EXPECT_NE(access(control::MapAccess::UPDATE, 8, 1), "ok");
    // The next version says anew where they lead.
    EXPECT_EQ(access(control::MapAccess::UPDATE, 5, number_of("second")), "ok");
    EXPECT_EQ(access(control::MapAccess::DELETE, 1, 0), "ok");
    Package again = *build_program(kSource, target()).package;
    again.name = "tail_calls";
    push(for_device(again));
    EXPECT_EQ(run(0x5), alone);
    EXPECT_EQ(run(0x1), through_second);
}

MBPF_ON_ALL_DEVICES(TailCalls);

}  // namespace
}  // namespace mbpf::end_to_end
