// SPDX-License-Identifier: Apache-2.0
// Each file in reject/ has its expectation beside the line: "// expect: MBPF1103"; "// expect-anywhere:" where
// no line is to blame. Each file in accept/ compiles without an error or a warning.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "core/diagnostic.h"
#include "tests/compiler/front_end_cases.h"

namespace mbpf::testing {
namespace {

using Expectation = std::pair<std::uint32_t, std::string>;  // line (0: any), code

std::set<Expectation> expectations(const std::string& text) {
    std::set<Expectation> found;
    std::istringstream lines(text);
    std::string line;
    for (std::uint32_t number = 1; std::getline(lines, line); ++number) {
        for (const auto& [marker, at] : {std::pair{std::string("// expect: "), number}, std::pair{std::string("// expect-anywhere: "), 0u}}) {
            const std::size_t pos = line.find(marker);
            if (pos != std::string::npos) found.insert({at, line.substr(pos + marker.size(), 8)});
        }
    }
    return found;
}

class Reject : public ::testing::TestWithParam<std::filesystem::path> {};

TEST_P(Reject, namesTheLineAndTheRule) {
    const SourceFile source = load(GetParam());
    const std::set<Expectation> wanted = expectations(source.text);
    ASSERT_FALSE(wanted.empty()) << "no expectation in " << source.path;
    const FrontEndOutput output = compile_c({source}, {});
    EXPECT_TRUE(output.elf.empty());
    std::set<Expectation> found;
    for (const Diagnostic& d : output.diagnostics) {
        if (d.severity != Severity::error) continue;
        EXPECT_NE(find_diagnostic_code(d.code), nullptr) << d.code;
        if (d.code != "MBPF1100" && d.code != "MBPF1108") {
            EXPECT_FALSE(d.fix.empty()) << d.message;
        }
        if (wanted.count({0, d.code}) != 0) {
            found.insert({0, d.code});
            continue;
        }
        EXPECT_EQ(d.where.file, source.path) << d.message;
        EXPECT_THAT(d.where.text, ::testing::HasSubstr("expect: ")) << d.message << " at line " << d.where.line;
        // Clang may have a word of its own to say on the same line.
        const bool clang_too = d.code == "MBPF1100" && wanted.count({d.where.line, d.code}) == 0;
        if (!clang_too) found.insert({d.where.line, d.code});
        EXPECT_THAT(output.messages, ::testing::HasSubstr(source.path + ":" + std::to_string(d.where.line)));
    }
    EXPECT_EQ(found, wanted) << output.messages;
}

std::string name_of(const ::testing::TestParamInfo<std::filesystem::path>& info) {
    const std::string name = info.param.filename().string();
    return name.substr(0, name.find('.'));
}

INSTANTIATE_TEST_SUITE_P(rule, Reject, ::testing::ValuesIn(c_files("reject")), name_of);

class Accept : public ::testing::TestWithParam<std::filesystem::path> {};

TEST_P(Accept, compilesWithoutComplaint) {
    for (const char* cpu : {"v3", "v4"}) {
        FrontEndOptions options;
        options.cpu = cpu;
        const FrontEndOutput output = compile_c({load(GetParam())}, options);
        EXPECT_TRUE(output.diagnostics.empty()) << cpu << "\n" << output.messages;
        EXPECT_FALSE(output.elf.empty());
    }
}

INSTANTIATE_TEST_SUITE_P(feature, Accept, ::testing::ValuesIn(c_files("accept")), name_of);

TEST(Rules, everyCodeOfTheFrontEndHasACase) {
    std::set<std::string> fired = {"MBPF1100"};
    for (const auto& path : c_files("reject")) {
        for (const auto& [line, code] : expectations(load(path).text)) fired.insert(code);
    }
    for (const DiagnosticCode& row : all_diagnostic_codes()) {
        if (row.code >= "MBPF1100" && row.code < "MBPF1200") {
            EXPECT_TRUE(fired.count(std::string(row.code))) << row.code;
        }
    }
}

TEST(Rules, messagesLookLikeClangs) {
    const FrontEndOutput output = compile(std::string(kProgram) + "int f(int x)\n{\n    return x * 2.5;\n}\n");
    EXPECT_EQ(output.messages,
              "test.c:5:16: error: floating-point constant: programs have no floating point [MBPF1101]\n"
              "    5 |     return x * 2.5;\n"
              "      |                ^~~\n"
              "  fix: use fixed point: store thousandths in an integer, multiply before dividing\n");
}

TEST(Rules, clangsOwnErrorsHaveACodeAndTheMissingLibraryARemedy) {
    const FrontEndOutput typo = compile(std::string(kProgram) + "int f(int x) { return x + y; }\n");
    EXPECT_THAT(typo.messages, ::testing::StartsWith("test.c:3:27: error: use of undeclared identifier 'y' [MBPF1100]\n    3 | int f(int x)"));
    const FrontEndOutput call = compile(std::string(kProgram) + "int f(int x) { return printf(\"%d\", x); }\n");
    EXPECT_THAT(error_codes(call), ::testing::ElementsAre("MBPF1111"));
    EXPECT_THAT(call.messages, ::testing::HasSubstr("\n  fix: there is no C library: print by bpf_printk"));
    EXPECT_THAT(call.messages, ::testing::Not(::testing::HasSubstr("stdio.h")));
    const FrontEndOutput header = compile("#include <string.h>\n" + std::string(kProgram));
    EXPECT_THAT(header.messages, ::testing::HasSubstr("'string.h' file not found [MBPF1100]"));
    EXPECT_THAT(header.messages, ::testing::HasSubstr("\n  fix: there is no C library; mbpf-cc headers"));
}

TEST(Rules, oneErrorForOneMistake) {
    const FrontEndOutput output = compile(std::string(kProgram) + "int f(int x) { double d = (double)x * 1.5; return d > 0.5; }\n");
    EXPECT_THAT(error_codes(output), ::testing::ElementsAre("MBPF1101"));
}

TEST(Rules, warningsAreClangsAndCanBeErrors) {
    const std::string text = std::string(kProgram) + "static int unused;\n";
    FrontEndOptions options;
    const FrontEndOutput warned = compile(text, options);
    ASSERT_EQ(warned.diagnostics.size(), 1u);
    EXPECT_EQ(warned.diagnostics[0].severity, Severity::warning);
    EXPECT_FALSE(warned.elf.empty());
    options.warnings_as_errors = true;
    const FrontEndOutput refused = compile(text, options);
    EXPECT_THAT(error_codes(refused), ::testing::ElementsAre("MBPF1100"));
    EXPECT_TRUE(refused.elf.empty());
}

TEST(Rules, recursionAcrossSourcesIsFound) {
    const FrontEndOutput output = compile_c(
        {{"a.c", std::string(kProgram) + "int b(int); int a(int x) { return x ? b(x - 1) : 0; }\nSEC(\"xdp\") int main_(int *c) { return a(*c); }\n"},
         {"b.c", "int a(int); int b(int x) { return x ? a(x - 2) : 1; }\n"}},
        {});
    ASSERT_THAT(error_codes(output), ::testing::ElementsAre("MBPF1102"));
    EXPECT_EQ(output.diagnostics[0].where.file, "a.c");
    EXPECT_EQ(output.diagnostics[0].where.line, 3u);
    EXPECT_EQ(output.diagnostics[0].why, "the cycle has a, b");
}

TEST(Rules, aSymbolDefinedTwiceIsAContradiction) {
    const FrontEndOutput output = compile_c({{"a.c", std::string(kProgram) + "int shared = 1;\n"}, {"b.c", "int shared = 2;\n"}}, {});
    EXPECT_THAT(error_codes(output), ::testing::ElementsAre("MBPF1118"));
}

TEST(Rules, stackErrorNamesTheLargestVariables) {
    const FrontEndOutput output = compile_c({load(cases("reject") / "stack.bpf.c")}, {});
    ASSERT_EQ(output.diagnostics.size(), 1u);
    EXPECT_THAT(output.diagnostics[0].why, ::testing::HasSubstr("600 bytes"));
    ASSERT_FALSE(output.diagnostics[0].notes.empty());
    EXPECT_EQ(output.diagnostics[0].notes[0].message, "'samples' has 600 bytes");
    EXPECT_EQ(output.diagnostics[0].notes[0].where.line, 9u);
}

}  // namespace
}  // namespace mbpf::testing
