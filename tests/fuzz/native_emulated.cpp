// SPDX-License-Identifier: Apache-2.0
// The cases written by hand, each instruction among them, as native code on each emulated CPU beside the reference
// interpreter: what native_differential does in this process, on the instruction sets that programs are for.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/compiler/native_cases.h"
#include "tests/fuzz/native_outcome.h"

namespace mbpf::test {
namespace {

class Emulated : public testing::TestWithParam<const char*> {
  protected:
    void expect_equal_results(const std::vector<Case>& cases, const std::vector<bpf::Map>& maps = {}) {
        if (!can_emulate(GetParam())) GTEST_SKIP() << "no emulator of " << GetParam();
        const Target& target = *find_target(GetParam());
        const VerifyReport report = verify_cases(object_of(cases, maps));
        ASSERT_TRUE(report.verified.has_value());
        for (const Optimize optimize : {Optimize::speed, Optimize::size}) {
            const Result<NativeObject> native = compile_native(*report.verified, target, {.optimize = optimize});
            ASSERT_TRUE(native) << render_text(native.error());
            std::vector<NativeInput> inputs;
            std::vector<NativeOutcome> wanted;
            for (std::size_t p = 0; p < cases.size(); ++p) {
                fuzz::Expected expected = fuzz::interpret(*report.verified, p, p, target_pointer_bytes(target) == 8);
                ASSERT_EQ(expected.trap, "") << cases[p].name;
                std::ranges::move(expected.inputs, std::back_inserter(inputs));
                std::ranges::move(expected.outcomes, std::back_inserter(wanted));
            }
            const auto outcomes = run_emulated(*report.verified, *native, inputs);
            ASSERT_TRUE(outcomes) << render_text(outcomes.error());
            for (std::size_t run = 0; run < outcomes->size(); ++run) EXPECT_EQ(fuzz::difference((*outcomes)[run], wanted[run]), "") << cases[inputs[run].program].name;
            ASSERT_EQ(outcomes->size(), wanted.size()) << "trapped or did not end: " << cases[inputs[outcomes->size()].program].name;
        }
    }
};

TEST_P(Emulated, flows_agree) { expect_equal_results(flow_cases(), flow_maps()); }
TEST_P(Emulated, values_of_several_kinds_agree) { expect_equal_results(kind_cases()); }
TEST_P(Emulated, ends_of_ranges_agree) { expect_equal_results(range_cases()); }
TEST_P(Emulated, arithmetic_agrees) {
    for (const Shape& shape : shapes()) expect_equal_results(arithmetic_cases(shape));
}
TEST_P(Emulated, jumps_agree) {
    for (const Shape& shape : shapes()) expect_equal_results(jump_cases(shape));
}
TEST_P(Emulated, loads_and_stores_agree) {
    for (const Base& base : bases()) expect_equal_results(memory_cases(base));
}

INSTANTIATE_TEST_SUITE_P(Targets, Emulated, testing::Values("cortex-m4", "rv32imac", "rv64gc", "aarch64"), [](const auto& row) {
    std::string name = row.param;
    std::ranges::replace(name, '-', '_');
    return name;
});

}  // namespace
}  // namespace mbpf::test
