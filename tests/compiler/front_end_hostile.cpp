// SPDX-License-Identifier: Apache-2.0
// Sources that are no C, or C meant to hurt: all end in a diagnostic, none in a crash, a hang or an exit.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "tests/compiler/front_end_cases.h"

namespace mbpf::testing {
namespace {

// Some error, and no object.
void expect_refused(const std::string& text) {
    const FrontEndOutput output = compile(text);
    EXPECT_TRUE(output.elf.empty());
    EXPECT_FALSE(error_codes(output).empty());
    EXPECT_THAT(error_codes(output), ::testing::Not(::testing::Contains("MBPF9001"))) << output.messages.substr(0, 2000);
}

std::string repeat(const std::string& piece, std::size_t times) {
    std::string all;
    for (std::size_t i = 0; i < times; ++i) all += piece;
    return all;
}

TEST(Hostile, emptySource) { expect_refused(""); }
TEST(Hostile, onlyAComment) { expect_refused("/* nothing"); }
TEST(Hostile, nulBytes) { expect_refused(std::string(1000, '\0')); }
TEST(Hostile, missingHeader) { expect_refused("#include <no/such.h>\n"); }
TEST(Hostile, devicesAreNoHeaders) { expect_refused("#include \"/dev/zero\"\n"); }
TEST(Hostile, devicesAreNotEmbedded) { expect_refused("char c[] = {\n#embed \"/dev/zero\"\n};\n"); }
TEST(Hostile, foldersAreNoHeaders) { expect_refused("#include \"/etc\"\n"); }
TEST(Hostile, nestedParentheses) { expect_refused("int x = " + repeat("(", 10000) + "1" + repeat(")", 10000) + ";\n"); }
TEST(Hostile, nestedBlocks) { expect_refused("void f(void) " + repeat("{", 10000) + repeat("}", 10000)); }
TEST(Hostile, nestedUnaryOperators) { expect_refused("int f(int x) { return " + repeat("- ", 3000) + "x; }\n"); }
TEST(Hostile, longSums) { expect_refused("int f(int x) { return x" + repeat(" + x", 3000) + "; }\n"); }
TEST(Hostile, nestedConditions) { expect_refused("int f(int x) {" + repeat("if (x) ", 3000) + "; return x; }\n"); }
TEST(Hostile, nestedPointers) { expect_refused("int " + repeat("*", 5000) + "p;\n"); }
TEST(Hostile, depthBeyondAnyStack) {
    const auto in_function = [](const std::string& body) { return "#define SEC(n) __attribute__((section(n), used))\nSEC(\"xdp\") int f(volatile int *c) {" + body + "}\n"; };
    for (const std::string& body : {"return " + repeat("- ", 200'000) + "*c;", "return *c" + repeat("+ *c", 200'000) + ";", repeat("if (*c) ", 200'000) + "; return 0;",
                                    repeat("if (*c == 3) *c = 4; else ", 200'000) + "; return 0;", "return " + repeat("*c ? 1 : ", 200'000) + "0;",
                                    "return " + repeat("(int)", 200'000) + "*c;", repeat("l: ", 200'000) + "return 0;", "return " + repeat("*c, ", 200'000) + "0;",
                                    "int " + repeat("*", 200'000) + "p; return 0;"}) {
        EXPECT_THAT(error_codes(compile(in_function(body))), ::testing::Contains("MBPF1120")) << body.substr(0, 60);
    }
}

TEST(Hostile, longTablesAreFine) {
    const FrontEndOutput output = compile(std::string(kProgram) + "const volatile int table[] = {" + repeat("1, 2 + 3, ", 50'000) + "};\n");
    EXPECT_FALSE(output.elf.empty()) << output.messages.substr(0, 1000);
}

TEST(Hostile, functionsOfEndlessLength) {
    const FrontEndOutput output = compile("#define SEC(n) __attribute__((section(n), used))\nSEC(\"xdp\") int f(volatile int *c) { int s = 0;\n" +
                                          repeat("s += *c * 3;\n", 10'000) + "return s; }\n");
    EXPECT_THAT(error_codes(output), ::testing::ElementsAre("MBPF1120"));
}

TEST(Hostile, endlessInclude) { expect_refused("#include __FILE__\n"); }
TEST(Hostile, doublingInclude) { expect_refused("#include __FILE__\n#include __FILE__\n"); }
TEST(Hostile, assembler) { expect_refused(".section x\nmov r0, 0\n"); }
TEST(Hostile, cPlusPlus) { expect_refused("template <class T> struct S { S<S<T>> s; };\n"); }
TEST(Hostile, pragmas) { expect_refused("#pragma clang module import x\n#pragma GCC dependency \"/dev/zero\"\n#pragma comment(lib, \"x\")\n"); }
TEST(Hostile, thousandsOfErrors) { expect_refused(repeat("int 1;\n", 5000)); }

TEST(Hostile, macroBombRunsOutOfBudget) {
    std::string text = "#define A0 x\n";
    for (int i = 1; i < 40; ++i) {
        text += "#define A" + std::to_string(i) + " A" + std::to_string(i - 1) + " A" + std::to_string(i - 1) + "\n";
    }
    const FrontEndOutput output = compile(text + "int a = A39;\n");
    EXPECT_THAT(error_codes(output), ::testing::Contains("MBPF1120"));
    // The process is as good as before.
    EXPECT_FALSE(compile(kProgram).elf.empty());
}

TEST(Hostile, namesOfEndlessLength) {
    for (const std::string& text : {std::string(3'000'000, 'x'), "int f(void) { return " + std::string(1'000'000, 'y') + "; }\n"}) EXPECT_THAT(error_codes(compile(text)), ::testing::Contains("MBPF1120"));
}

TEST(Hostile, unrollingOnDemandIsBounded) {
    const FrontEndOutput output = compile(std::string("#define SEC(n) __attribute__((section(n), used))\nSEC(\"xdp\") int f(volatile int *p) {\n"
                                                      "#pragma unroll\nfor (int i = 0; i < 100000000; i++)\n#pragma unroll\nfor (int j = 0; j < 100000000; j++) *p = i;\nreturn 0; }\n"));
    EXPECT_FALSE(output.elf.empty()) << output.messages;
    EXPECT_LT(output.elf.size(), 1u << 20);
}

TEST(Hostile, binaryGarbage) {
    std::mt19937 random(1);
    for (int i = 0; i < 20; ++i) {
        std::string text(500, ' ');
        for (char& c : text) c = static_cast<char>(random());
        expect_refused(text);
    }
}

// Whatever remains of a source when its end is cut off: an object or an error, never both, never neither.
TEST(Hostile, sourceCutAtEveryByte) {
    const SourceFile whole = load(cases("accept") / "truncation.bpf.c");
    ASSERT_GT(whole.text.size(), 500u);
    std::size_t compiled = 0;
    for (std::size_t length = 0; length <= whole.text.size(); ++length) {
        const FrontEndOutput output = compile(whole.text.substr(0, length));
        EXPECT_EQ(output.elf.empty(), !error_codes(output).empty()) << length;
        EXPECT_THAT(error_codes(output), ::testing::Not(::testing::Contains("MBPF9001"))) << length;
        compiled += output.elf.empty() ? 0 : 1;
    }
    EXPECT_GT(compiled, 0u);
}

// Bytes flipped in a good source: same demand.
TEST(Hostile, sourceWithChangedBytes) {
    const SourceFile whole = load(cases("accept") / "truncation.bpf.c");
    std::mt19937 random(7);
    for (int i = 0; i < 150; ++i) {
        std::string text = whole.text;
        for (int k = 0; k < 3; ++k) text[random() % text.size()] = static_cast<char>(random());
        const FrontEndOutput output = compile(text);
        EXPECT_EQ(output.elf.empty(), !error_codes(output).empty()) << i;
        EXPECT_THAT(error_codes(output), ::testing::Not(::testing::Contains("MBPF9001"))) << text;
    }
}

}  // namespace
}  // namespace mbpf::testing
