// SPDX-License-Identifier: Apache-2.0
// The examples that --explain and docs/reference/rules.md show are judged: the wrong one is refused with its rule's
// code before any other, the right one accepted, and every code that an object or source can meet has one.
#include <gtest/gtest.h>

#include <charconv>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "sdk/pipeline/build.h"
#include "sdk/rules/rules.h"

namespace mbpf {
namespace {

std::shared_ptr<const Platform> platform_named(const std::string& name) { return std::make_shared<const Platform>(*builtin_platform(name)); }

// "b7 00 00 00 00 00 00 00   r0 = 0": eight bytes a line.
std::vector<bpf::Insn> assemble(const std::string& text) {
    std::vector<bpf::Insn> slots;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        unsigned char b[8] = {};
        for (unsigned i = 0; i < 8; ++i) {
            const char* at = line.data() + 3 * i;
            EXPECT_EQ(std::from_chars(at, at + 2, b[i], 16).ptr, at + 2) << line;
        }
        slots.push_back({b[0], static_cast<std::uint8_t>(b[1] & 15), static_cast<std::uint8_t>(b[1] >> 4), static_cast<std::int16_t>(b[2] | b[3] << 8),
                         static_cast<std::int32_t>(static_cast<std::uint32_t>(b[4]) | static_cast<std::uint32_t>(b[5]) << 8 | static_cast<std::uint32_t>(b[6]) << 16 | static_cast<std::uint32_t>(b[7]) << 24)});
    }
    return slots;
}

struct Outcome {
    std::string code;  // of the first error; empty: accepted
    Diagnostic first;
};

Outcome outcome_of(const std::vector<Diagnostic>& diagnostics) {
    for (const Diagnostic& d : diagnostics)
        if (d.severity == Severity::error) return {d.code, d};
    return {};
}

Outcome judge_c(const RuleExample& e, const std::string& text) {
    BuildOptions options;
    options.platform = platform_named(e.platform);
    options.goal = e.code.starts_with("MBPF13") ? BuildGoal::package : BuildGoal::verified;
    options.target = "cortex-m4";
    if (e.max_steps != 0) options.verify.max_steps = e.max_steps;
    const BuildResult result = build({{"example.bpf.c", {text.begin(), text.end()}}}, options);
    EXPECT_TRUE(result.ok() == outcome_of(result.diagnostics).code.empty()) << result.messages;
    return outcome_of(result.diagnostics);
}

Outcome judge_assembly(const RuleExample& e, const std::string& text) {
    const auto object = bpf::object_from_slots(assemble(text), "trace/step");
    if (!object) return {object.error().code, object.error()};
    const VerifyReport report = verify(std::make_shared<const bpf::Object>(*object), platform_named(e.platform));
    if (!report.accepted()) return outcome_of(report.verdicts.front().diagnostics);
    if (!e.code.starts_with("MBPF13")) return {};
    const Result<NativeObject> native = compile_native(*report.verified, *find_target("cortex-m4"));
    return native ? Outcome{} : Outcome{native.error().code, native.error()};
}

class Rule : public ::testing::TestWithParam<RuleExample> {};

TEST_P(Rule, refuses_the_wrong_example_first_and_accepts_the_right_one) {
    const RuleExample& e = GetParam();
    EXPECT_FALSE(e.why.empty());
    if (e.language == RuleLanguage::none) {
        EXPECT_FALSE(e.objects.empty()) << "neither an example nor a word on which objects break the rule";
        return;
    }
    EXPECT_TRUE(e.objects.empty());
    for (const RuleLine& line : e.lines) EXPECT_TRUE(line.text.find("#if") == std::string::npos && line.text.find("WRONG") == std::string::npos) << line.text;
    const bool c = e.language == RuleLanguage::c;
    const Outcome wrong = c ? judge_c(e, e.wrong()) : judge_assembly(e, e.wrong());
    EXPECT_EQ(wrong.code, e.code) << render_text(wrong.first) << e.wrong();
    EXPECT_FALSE(wrong.first.message.empty());
    if (wrong.code.starts_with("MBPF10") || wrong.code.starts_with("MBPF18")) {
        EXPECT_FALSE(wrong.first.fix.empty()) << wrong.first.message;
    }
    const Outcome right = c ? judge_c(e, e.right()) : judge_assembly(e, e.right());
    EXPECT_EQ(right.code, "") << render_text(right.first) << e.right();
}

TEST_P(Rule, shows_instructions_as_the_disassembler_does) {
    if (GetParam().language != RuleLanguage::assembly) return;
    for (const std::string& text : {GetParam().wrong(), GetParam().right()}) {
        const std::vector<bpf::Insn> slots = assemble(text);
        std::istringstream lines(text);
        std::string line;
        for (std::uint32_t slot = 0; std::getline(lines, line); ++slot) {
            const bool second_half = slot > 0 && slots[slot - 1].opcode == 0x18;
            EXPECT_EQ(line.size() < 26 ? "" : line.substr(26), second_half ? "" : bpf::disassemble(slots, slot));
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Examples, Rule, ::testing::ValuesIn(rule_examples()), [](const auto& i) { return i.param.code; });

TEST(Rules, every_code_of_programs_has_an_example_and_every_example_a_code) {
    std::set<std::string> examples;
    for (const RuleExample& e : rule_examples()) {
        EXPECT_TRUE(examples.insert(e.code).second) << e.code << " has two files";
        EXPECT_NE(find_diagnostic_code(e.code), nullptr) << e.code;
    }
    for (const DiagnosticCode& row : all_diagnostic_codes())
        if (row.code.starts_with("MBPF1")) {
            EXPECT_TRUE(examples.contains(std::string(row.code))) << row.code << " has no file in sdk/rules/examples";
        }
}

TEST(Explain, shows_demand_reason_both_programs_and_the_way_out) {
    const std::string text = explain_rule("MBPF1012").value();
    for (const char* part : {"MBPF1012 (unsafe): packet bytes", "\nRejected:\n", "\nAccepted:\n", "\n+           return XDP_PASS;\n", "How to mend it: "}) EXPECT_NE(text.find(part), std::string::npos) << part << text;
    EXPECT_LT(text.find("Rejected:"), text.find("Accepted:"));
    EXPECT_EQ(explain_rule("1012").value(), text);
    EXPECT_EQ(explain_rule("mbpf1012").value(), text);
    EXPECT_NE(explain_rule("MBPF1044").value().find("Rejected (with --platform linux):"), std::string::npos);
    EXPECT_NE(explain_rule("MBPF5001").value().find("MBPF5001 (policy): "), std::string::npos);
}

TEST(Explain, of_an_unknown_rule_names_near_ones) {
    const auto fix = [](std::string_view asked) { return explain_rule(asked).error().fix; };
    EXPECT_EQ(explain_rule("MBPF1004").error().code, "MBPF2001");
    EXPECT_NE(fix("MBPF1004").find("MBPF1005  functions must not call"), std::string::npos) << fix("MBPF1004");
    EXPECT_NE(fix("MBPF10122").find("MBPF1012"), std::string::npos);
    EXPECT_NE(fix("Recursion").find("MBPF1102"), std::string::npos) << fix("Recursion");
    EXPECT_NE(fix("zzz").find("--explain all"), std::string::npos);
    EXPECT_NE(fix("").find("MBPF"), std::string::npos);
    EXPECT_LT(explain_rule(std::string(1u << 20, '7')).error().message.size(), 200u);
}

TEST(List, has_each_code_once) {
    std::istringstream lines(list_rules());
    std::set<std::string> codes;
    for (std::string line; std::getline(lines, line);) EXPECT_TRUE(codes.insert(line.substr(0, 8)).second) << line;
    EXPECT_EQ(codes.size(), all_diagnostic_codes().size());
}

TEST(Page, in_the_reference_is_the_generated_one) {
    const std::string path = std::string(MBPF_SOURCE_DIR) + "/docs/reference/rules.md";
    if (std::getenv("MBPF_BLESS") != nullptr) std::ofstream(path, std::ios::binary) << rules_page();
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    EXPECT_EQ(text.str(), rules_page()) << "refresh it: MBPF_BLESS=1 rule_examples_test --gtest_filter=Page.*";
}

}  // namespace
}  // namespace mbpf
