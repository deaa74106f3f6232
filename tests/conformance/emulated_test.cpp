// SPDX-License-Identifier: Apache-2.0
// Every operation's program on every CPU that can be emulated, one boot for all: r0 and memory equal the
// reference interpreter's.
#include <gtest/gtest.h>

#include <algorithm>

#include "core/program.h"
#include "simulator/isa_runner.h"
#include "tests/compiler/native_device.h"
#include "tests/conformance/cases.h"
#include "verifier/verify.h"

namespace mbpf {
namespace {

class EmulatedCpu : public ::testing::TestWithParam<const char*> {};

TEST_P(EmulatedCpu, gives_the_reference_result_for_every_operation) {
    ASSERT_TRUE(test::can_emulate(GetParam())) << "no emulator of " << GetParam() << ": run scripts/setup.sh";
    const std::vector<conformance::Case> cases = conformance::all_cases();
    bpf::Object object;
    for (const conformance::Case& c : cases) {
        auto one = bpf::object_from_slots(c.program, "isa");
        ASSERT_TRUE(one) << render_text(one.error());
        if (object.programs.empty()) object = *one;
        else object.programs.push_back(one->programs.front());
        object.programs.back().name = "p" + std::to_string(object.programs.size());
    }
    VerifyOptions options;
    options.memory_bytes = static_cast<std::uint32_t>(cases.front().memory.size());
    const auto platform = std::make_shared<const Platform>(*builtin_platform("isa"));
    const VerifyReport report = verify(std::make_shared<const bpf::Object>(std::move(object)), platform, options);
    ASSERT_TRUE(report.accepted());
    auto interpreter = sim::make_isa_engine("interpreter");
    std::vector<test::NativeInput> inputs;
    for (std::size_t c = 0; c < cases.size(); ++c) {
        ASSERT_EQ(cases[c].memory.size(), options.memory_bytes);
        inputs.push_back({.program = c, .context = cases[c].memory});
    }
    for (const Optimize optimize : {Optimize::speed, Optimize::size}) {
        const auto native = compile_native(*report.verified, *find_target(GetParam()), {.optimize = optimize});
        ASSERT_TRUE(native) << render_text(native.error());
        const auto outcomes = test::run_emulated(*report.verified, *native, inputs);
        ASSERT_TRUE(outcomes) << render_text(outcomes.error());
        ASSERT_EQ(outcomes->size(), cases.size()) << "trapped in " << cases[std::min(outcomes->size(), cases.size() - 1)].name;
        for (std::size_t c = 0; c < cases.size(); ++c) {
            auto expected = (*interpreter)->run(bpf::encode(cases[c].program), cases[c].memory);
            ASSERT_TRUE(expected) << render_text(expected.error());
            EXPECT_EQ((*outcomes)[c].r0, expected->r0) << cases[c].name;
            EXPECT_EQ((*outcomes)[c].context, expected->memory) << cases[c].name;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(All, EmulatedCpu, ::testing::Values("cortex-m4", "rv32imac", "rv64gc", "aarch64"), [](const auto& i) {
    std::string name = i.param;
    std::ranges::replace(name, '-', '_');
    return name;
});

}  // namespace
}  // namespace mbpf
