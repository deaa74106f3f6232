// SPDX-License-Identifier: Apache-2.0
// build() as tools and tests call it: what goes in, how far it goes, what is left when it stops.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sdk/pipeline/build.h"
#include "sdk/pipeline/build_report.h"

namespace mbpf {
namespace {

std::shared_ptr<const Platform> microbpf() {
    const Platform* platform = builtin_platform("microbpf");
    EXPECT_NE(platform, nullptr);
    return std::make_shared<const Platform>(*platform);
}

BuildInput c_source(const std::string& text, const std::string& path = "test.bpf.c") {
    return {path, std::vector<std::uint8_t>(text.begin(), text.end())};
}

constexpr const char* kGood = "#include <mbpf/microbpf.h>\nSEC(\"iio/device0/accel_x\") int good(struct iio_event *e) { return e->value < 1000; }\n";
// Reads beyond the context.
constexpr const char* kUnsafe = "#include <mbpf/microbpf.h>\nSEC(\"iio/device0/accel_x\") int unsafe(struct iio_event *e)\n{\n    return e[3].value & 1;\n}\n";

BuildOptions options(BuildGoal goal, const std::string& target = "") {
    BuildOptions o;
    o.goal = goal;
    o.platform = microbpf();
    o.target = target;
    return o;
}

std::vector<std::string> stage_names(const BuildResult& result) {
    std::vector<std::string> names;
    for (const StageFigures& s : result.stages) names.push_back(s.stage);
    return names;
}

TEST(Build, eachGoalGoesAsFarAsItSays) {
    const std::vector<std::string> all = {"compile", "read", "verify", "native", "link", "device"};
    std::size_t count = 1;
    for (const BuildGoal goal : {BuildGoal::elf, BuildGoal::object, BuildGoal::verified, BuildGoal::native, BuildGoal::package}) {
        const BuildResult result = build({c_source(kGood)}, options(goal, "cortex-m4"));
        EXPECT_TRUE(result.ok()) << result.messages;
        EXPECT_EQ(result.exit_code(), 0);
        EXPECT_EQ(stage_names(result), std::vector<std::string>(all.begin(), goal == BuildGoal::package ? all.end() : all.begin() + static_cast<std::ptrdiff_t>(count)));
        EXPECT_EQ(result.object != nullptr, goal >= BuildGoal::object);
        EXPECT_EQ(result.verification.accepted(), goal >= BuildGoal::verified);
        EXPECT_EQ(result.native.has_value(), goal >= BuildGoal::native);
        EXPECT_EQ(result.package.has_value(), goal == BuildGoal::package);
        ++count;
    }
}

TEST(Build, allBuiltInTargetsTakeTheSameSource) {
    for (const std::string& target : target_names()) {
        const BuildResult result = build({c_source(kGood)}, options(BuildGoal::package, target));
        EXPECT_TRUE(result.ok()) << target << "\n" << result.messages;
        ASSERT_TRUE(result.package) << target;
        EXPECT_EQ(result.package->name, "test");
        EXPECT_GT(result.package->text.size(), 0u);
    }
}

TEST(Build, anObjectEntersByTheSameDoor) {
    const BuildResult from_c = build({c_source(kGood)}, options(BuildGoal::package, "rv32imac"));
    ASSERT_TRUE(from_c.package) << from_c.messages;
    const BuildResult from_object = build({{"test.o", from_c.elf}}, options(BuildGoal::package, "rv32imac"));
    ASSERT_TRUE(from_object.package) << from_object.messages;
    EXPECT_EQ(stage_names(from_object).front(), "read");
    // All but the statement of what it was built from.
    Package same = *from_object.package;
    EXPECT_NE(same.serialize(), from_c.package->serialize());
    same.host_sections.back() = from_c.package->host_sections.back();
    EXPECT_EQ(same.serialize(), from_c.package->serialize());
}

TEST(Build, whatIsRejectedGoesNoFurther) {
    const BuildResult result = build({c_source(kUnsafe)}, options(BuildGoal::package, "cortex-m4"));
    EXPECT_EQ(result.exit_code(), 1);
    EXPECT_FALSE(result.native);
    EXPECT_FALSE(result.package);
    EXPECT_EQ(stage_names(result).back(), "verify");
    ASSERT_FALSE(result.diagnostics.empty());
    EXPECT_EQ(result.diagnostics.back().where.line, 4u) << result.messages;
    EXPECT_EQ(result.diagnostics.back().where.file, "test.bpf.c");
    EXPECT_THAT(result.messages, ::testing::HasSubstr("e[3].value"));
}

// What authors write every day must pass: the optimiser's rewriting may not get in the verifier's way.
TEST(Build, commonLoopsAreAccepted) {
    const std::string prelude =
        "#include <mbpf/microbpf.h>\nstruct state { __u32 n; __s32 h[500]; };\n"
        "struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __type(key, __u32); __type(value, struct state); } m SEC(\".maps\");\n"
        "SEC(\"iio/device0/accel_x\") int f(struct iio_event *e)\n{\n__u32 zero = 0; struct state *s = bpf_map_lookup_elem(&m, &zero); if (!s) return 0;\n";
    for (const std::string body : {
             "__u32 n = s->n; if (n == 0 || n > 500) return 0; int best = 0; for (__u32 i = 0; i < n; i++) if (s->h[i] > best) best = s->h[i]; return best > 5;",
             "__u32 n = s->n; if (n > 500) return 0; for (__u32 i = 0; i + 1 < n; i++) s->h[i] = s->h[i + 1]; return 1;",
             "int sum = 0; for (int i = 0; i < 16; i++) sum += s->h[(s->n - i) & 15]; return sum / 16 > 3;",
             "int c = e->channel; if (c < 0 || c >= 500) return 0; s->h[c] = e->value; return 1;",
             "for (int i = 0; i < 15; i++) for (int j = 0; j < 15 - i; j++) if (s->h[j] > s->h[j + 1]) { int t = s->h[j]; s->h[j] = s->h[j + 1]; s->h[j + 1] = t; } return s->h[7] > 0;",
         }) {
        const BuildResult result = build({c_source(prelude + body + "\n}\n")}, options(BuildGoal::verified));
        EXPECT_TRUE(result.ok()) << body << "\n" << result.messages;
    }
}

TEST(Build, wrongTargetIsToldBeforeAnythingIsDone) {
    const BuildResult result = build({c_source(kGood)}, options(BuildGoal::package, "z80"));
    EXPECT_EQ(result.exit_code(), 2);
    EXPECT_TRUE(result.stages.empty());
    EXPECT_THAT(result.diagnostics.front().fix, ::testing::HasSubstr("cortex-m4"));
}

TEST(Build, inputsThatDoNotFitTogether) {
    const BuildInput object{"a.o", {0x7f, 'E', 'L', 'F'}};
    EXPECT_EQ(build({}, options(BuildGoal::elf)).exit_code(), 2);
    EXPECT_EQ(build({object, object}, options(BuildGoal::object)).exit_code(), 2);
    EXPECT_EQ(build({object, c_source(kGood)}, options(BuildGoal::object)).exit_code(), 2);
    EXPECT_EQ(build({object}, options(BuildGoal::object)).exit_code(), 3);
}

// An object cut off at any byte is refused as malformed or judged; it never ends in an internal error.
TEST(Build, objectCutAtEveryByte) {
    const BuildResult whole = build({c_source(kGood)}, options(BuildGoal::object));
    ASSERT_TRUE(whole.ok());
    for (std::size_t length = 4; length < whole.elf.size(); ++length) {
        const BuildResult cut = build({{"cut.o", {whole.elf.begin(), whole.elf.begin() + static_cast<std::ptrdiff_t>(length)}}}, options(BuildGoal::object));
        EXPECT_NE(cut.exit_code(), 70) << length;
        EXPECT_NE(cut.exit_code(), 0) << length;
    }
}

TEST(Build, headersNeedNoFolder) {
    bool found = false;
    for (const auto& [path, text] : author_headers(*microbpf())) found |= path == "mbpf/microbpf.h" && !text.empty();
    EXPECT_TRUE(found);
    const BuildResult result = build({c_source("#include <bpf/bpf_helpers.h>\n#include <bpf/bpf_endian.h>\n" + std::string(kGood))}, options(BuildGoal::elf));
    EXPECT_TRUE(result.ok()) << result.messages;
    EXPECT_TRUE(result.diagnostics.empty()) << result.messages;
}

TEST(Build, packageNames) {
    EXPECT_EQ(package_name("dir.d/blink.bpf.c"), "blink");
    EXPECT_EQ(package_name("-"), "program");
    EXPECT_EQ(package_name(".c"), "program");
}

TEST(BuildReport, jsonHoldsFiguresAndDiagnostics) {
    const BuildResult result = build({c_source(kUnsafe)}, options(BuildGoal::package, "cortex-m4"));
    const nlohmann::json json = nlohmann::json::parse(build_json(result, ""), nullptr, false);
    ASSERT_FALSE(json.is_discarded());
    EXPECT_EQ(json["ok"], false);
    EXPECT_EQ(json["exit_code"], 1);
    EXPECT_EQ(json["stages"].size(), 3u);
    EXPECT_EQ(json["programs"][0]["verdict"], "reject");
    EXPECT_EQ(json["diagnostics"][0]["line"], 4);
}

TEST(BuildReport, jsonSurvivesNamesThatAreNoText) {
    const BuildResult result = build({c_source("int \xff\xfe;\n", "bad\xff.c")}, options(BuildGoal::elf));
    EXPECT_EQ(result.exit_code(), 1);
    EXPECT_FALSE(nlohmann::json::parse(build_json(result, ""), nullptr, false).is_discarded());
}

}  // namespace
}  // namespace mbpf
