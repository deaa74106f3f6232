// SPDX-License-Identifier: Apache-2.0
// Input files of `mbpf-sim run`: good ones do what they say, bad ones get a diagnostic, cut ones too.
#include <gtest/gtest.h>

#include "simulator/scenario.h"

namespace mbpf::sim {
namespace {

using bpf::Insn;

bpf::Object sample() {
    bpf::Map map;
    map.name = "config";
    map.type = 2;
    map.key_size = 4;
    map.value_size = 4;
    map.max_entries = 2;
    // r0 = *(u32 *)(ctx + 16): the sample's value
    auto object = bpf::object_from_slots({Insn{0x61, 0, 1, 16, 0}, Insn{0x95, 0, 0, 0, 0}}, "iio/device0/accel_x", {map});
    return std::move(object).value();
}

constexpr std::string_view kGood =
    R"({"maps": {"config": [{"key": 1, "value": 250}, {"key": "0x00000000", "value": "0x01020304"}]},
        "events": [{"context": {"value": 7, "seq": 1}, "packet": "00ff", "expect": 7}, {"context": "0011"}, {}]})";

const Hook& hook() { return *builtin_platform("microbpf")->find_hook("iio"); }

TEST(Scenario, feeds_events_and_reports_maps) {
    const bpf::Object object = sample();
    auto scenario = parse_scenario(kGood, object, hook(), "in.json");
    ASSERT_TRUE(scenario) << render_text(scenario.error());
    ASSERT_EQ(scenario->events.size(), 3u);
    const ScenarioReport report = run_scenario(object, 0, *builtin_platform("microbpf"), *scenario, true);
    EXPECT_FALSE(report.failure);
    EXPECT_NE(report.json.find("\"r0\":7"), std::string::npos);
    EXPECT_NE(report.json.find("0xfa000000"), std::string::npos);
    EXPECT_NE(report.text.find("w0 = *(u32 *)(r1 + 16)"), std::string::npos);
}

TEST(Scenario, names_a_result_that_differs) {
    const bpf::Object object = sample();
    auto scenario = parse_scenario(R"({"events": [{"context": {"value": 7}, "expect": 8}]})", object, hook(), "in.json");
    ASSERT_TRUE(scenario);
    const ScenarioReport report = run_scenario(object, 0, *builtin_platform("microbpf"), *scenario, false);
    ASSERT_TRUE(report.failure);
    EXPECT_EQ(report.failure->code, "MBPF6014");
}

TEST(Scenario, refuses_bad_input_with_a_diagnostic) {
    const bpf::Object object = sample();
    for (const char* text : {"[]", "{", "{}", R"({"events": 3})", R"({"events": [3]})", R"({"events": [{"context": {"nope": 1}}]})", R"({"events": [{"context": {"value": "zz"}}]})", R"({"events": [{"context": 3}]})",
                             R"({"events": [{"packet": "0"}]})", R"({"events": [{"expect": "x"}]})", R"({"maps": {"nope": []}, "events": []})", R"({"maps": {"config": [{"key": 1}]}, "events": []})",
                             R"({"maps": {"config": [{"key": "0x00", "value": 1}]}, "events": []})", R"({"maps": 3, "events": []})"}) {
        auto scenario = parse_scenario(text, object, hook(), "in.json");
        ASSERT_FALSE(scenario) << text;
        EXPECT_EQ(scenario.error().code, "MBPF3403");
    }
}

TEST(Scenario, survives_truncation_at_every_byte) {
    const bpf::Object object = sample();
    for (std::size_t n = 1; n < kGood.size(); ++n) EXPECT_FALSE(parse_scenario(kGood.substr(0, n), object, hook(), "in.json")) << n;
}

}  // namespace
}  // namespace mbpf::sim
