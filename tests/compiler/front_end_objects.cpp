// SPDX-License-Identifier: Apache-2.0
// The object that comes out: what the reader of objects finds in it, that it is the same every time and from
// every folder, and that its line information leads back to the C source.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <set>

#include "core/program.h"
#include "tests/compiler/front_end_cases.h"

namespace mbpf::testing {
namespace {

bpf::Object read(const FrontEndOutput& output) {
    EXPECT_FALSE(output.elf.empty()) << output.messages;
    Result<bpf::Object> object = bpf::read_object(output.elf);
    EXPECT_TRUE(object) << (object ? "" : render_text(object.error()));
    return object ? std::move(object).value() : bpf::Object{};
}

const bpf::Program* find_program(const bpf::Object& object, std::string_view name) {
    for (const bpf::Program& p : object.programs) {
        if (p.name == name) return &p;
    }
    return nullptr;
}

constexpr const char* kPrelude =
    "#define SEC(n) __attribute__((section(n), used))\n"
    "#define __uint(name, val) int (*name)[val]\n"
    "#define __type(name, val) __typeof__(val) *name\n"
    "typedef unsigned int u32; typedef unsigned long long u64;\n";

TEST(FrontEndObject, everyAcceptedCaseCanBeRead) {
    for (const auto& path : c_files("accept")) {
        const bpf::Object object = read(compile_c({load(path)}, {}));
        EXPECT_GE(object.programs.size(), 1u) << path;
    }
}

TEST(FrontEndObject, lineInformationNamesTheLine) {
    const std::string text = std::string(kPrelude) +
                             "SEC(\"iio/device0/temp\")\n"   // 5
                             "int filter(volatile int *c)\n"  // 6
                             "{\n"
                             "    int v = c[1];\n"  // 8
                             "    return v > 3;\n"
                             "}\n";
    const bpf::Object object = read(compile(text));
    const bpf::Program* program = find_program(object, "filter");
    ASSERT_NE(program, nullptr);
    EXPECT_EQ(program->section, "iio/device0/temp");
    bool found = false;
    for (std::uint32_t slot = 0; slot < program->insns.size(); ++slot) {
        const bpf::Op* op = bpf::find_op(program->insns[slot]);
        ASSERT_NE(op, nullptr);
        if (op->kind != bpf::Kind::load) continue;
        const SourceLocation where = object.location(*program, slot);
        EXPECT_EQ(where.file, "test.c");
        EXPECT_EQ(where.line, 8u);
        EXPECT_THAT(where.text, ::testing::HasSubstr("int v = c[1];"));
        found = true;
    }
    EXPECT_TRUE(found);
}

TEST(FrontEndObject, mapsAndGlobalData) {
    const std::string text = std::string(kPrelude) +
                             "struct { __uint(type, 1); __uint(max_entries, 64); __type(key, u64); __type(value, u32); } seen SEC(\".maps\");\n"
                             "static void *(*const lookup)(void *, const void *) = (void *)1;\n"
                             "const volatile int limit = 17; int counter; int preset = 5;\n"
                             "SEC(\"xdp\") int f(int *c) { u64 k = 3; u32 *v = lookup(&seen, &k);\n"
                             "counter += preset; return v && *v > (u32)limit; }\n";
    const bpf::Object object = read(compile(text));
    const bpf::Map* seen = object.find_map("seen");
    ASSERT_NE(seen, nullptr);
    EXPECT_EQ(seen->type, 1u);
    EXPECT_EQ(seen->key_size, 8u);
    EXPECT_EQ(seen->value_size, 4u);
    EXPECT_EQ(seen->max_entries, 64u);
    std::set<bpf::MapOrigin> origins;
    for (const bpf::Map& m : object.maps) origins.insert(m.origin);
    EXPECT_THAT(origins, ::testing::UnorderedElementsAre(bpf::MapOrigin::declared, bpf::MapOrigin::rodata, bpf::MapOrigin::data, bpf::MapOrigin::bss));
}

TEST(FrontEndObject, twoSourcesFormOneObject) {
    const std::string first = std::string(kPrelude) +
                              "extern int shared; int twice(int x);\n"
                              "__attribute__((noinline)) int thrice(int x) { return x * 3 + shared; }\n"
                              "SEC(\"xdp\") int one(volatile int *c) { shared++; return twice(*c) > 3; }\n";
    const std::string second = std::string(kPrelude) +
                               "int shared = 7; int thrice(int x);\n"
                               "int twice(int x) { return thrice(x) - x; }\n"
                               "SEC(\"boot\") int two(volatile int *c) { return shared > *c; }\n";
    const bpf::Object object = read(compile_c({{"a.c", first}, {"b.c", second}}, {}));
    ASSERT_EQ(object.programs.size(), 2u);
    const bpf::Program* one = find_program(object, "one");
    ASSERT_NE(one, nullptr);
    EXPECT_EQ(one->functions.size(), 2u);  // twice was inlined across the sources, thrice must not be
    EXPECT_NE(find_program(object, "two"), nullptr);
}

TEST(FrontEndObject, staticsOfTheSameNameStayApart) {
    const auto source = [](const char* name, const char* entry) {
        return SourceFile{name, std::string(kPrelude) + "static int count; static const volatile int limit = 3;\n"
                                "__attribute__((noinline)) static int step(int x) { return x * 3 + limit; }\n"
                                "SEC(\"xdp\") int " + entry + "(volatile int *c) { count += step(*c); return count > 3; }\n"};
    };
    const bpf::Object object = read(compile_c({source("a.c", "one"), source("b.c", "two")}, {}));
    ASSERT_EQ(object.programs.size(), 2u);
    for (const bpf::Program& p : object.programs) EXPECT_EQ(p.functions.size(), 2u);
    for (const bpf::Map& m : object.maps) EXPECT_EQ(m.value_size, 8u) << m.name;  // two variables of four bytes each
    EXPECT_EQ(object.maps.size(), 2u);
}

TEST(FrontEndObject, functionsThatAreNoProgramsAreNotInTheObjectUnlessCalled) {
    const bpf::Object object = read(compile(std::string(kPrelude) + "int never(int x) { return x; }\nSEC(\"xdp\") int f(int *c) { return *c > 0; }\n"));
    ASSERT_EQ(object.programs.size(), 1u);
    EXPECT_EQ(object.programs[0].functions.size(), 1u);
}

TEST(FrontEndObject, loopsStayLoopsUnlessUnrollingIsDemanded) {
    const std::string loop = "SEC(\"xdp\") int f(volatile int *c) { int s = 0;\nPRAGMA\nfor (int i = 0; i < 16; i++) s += *c; return s; }\n";
    const auto slots = [&](const char* pragma) {
        std::string text = std::string(kPrelude) + loop;
        text.replace(text.find("PRAGMA"), 6, pragma);
        return read(compile(text)).programs.at(0).insns.size();
    };
    EXPECT_LT(slots(""), 12u);
    EXPECT_GT(slots("#pragma unroll"), 30u);
}

// The immediates that conditional jumps compare with, in order.
std::vector<std::int32_t> compared_with(const std::string& body) {
    const bpf::Object object = read(compile(std::string(kPrelude) + "SEC(\"xdp\") int f(volatile int *c)\n{\n" + body + "}\n"));
    std::vector<std::int32_t> immediates;
    for (const bpf::Insn& insn : object.programs.at(0).insns) {
        const bpf::Op* op = bpf::find_op(insn);
        if (op != nullptr && op->kind == bpf::Kind::jump && !op->uses_src) immediates.push_back(insn.imm);
    }
    return immediates;
}

TEST(FrontEndObject, rangeChecksAreOfTheValueItself) {
    using ::testing::ElementsAre;
    // Each is one comparison of a difference after optimisation.
    EXPECT_THAT(compared_with("unsigned n = *c; if (n == 0 || n > 500) return 0; *c = n; return 1;"), ElementsAre(0, 500));
    EXPECT_THAT(compared_with("unsigned n = *c; if (n >= 10 && n < 20) *c = n; return 1;"), ElementsAre(10, 19));
    EXPECT_THAT(compared_with("int n = *c; if (n < -100 || n > 100) return 0; *c = n; return 1;"), ElementsAre(-100, 100));
}

TEST(FrontEndObject, loopsTestTheCounterThatGoesOn) {
    EXPECT_THAT(compared_with("int s = 0; for (int i = 0; i < 10; i++) s += *c + i; return s;"), ::testing::ElementsAre(10));
}

TEST(FrontEndObject, halvesAreTestedWhereTheyAreAtHand) {
    EXPECT_THAT(compared_with("unsigned i = *c; while (i > 0) { unsigned p = (i - 1) / 2; *c = p; i = p; } return 0;"), ::testing::ElementsAre(0, 0));
}

TEST(FrontEndObject, addressesAreComputedWhereTheyAreChosen) {
    const bpf::Object object = read(compile(std::string(kPrelude) + "u32 a[20];\nSEC(\"xdp\") int f(volatile u32 *c) { u32 i = *c; u32 *p = i < 20 ? &a[i] : 0; c[1] = 0; return p ? *p : 0; }\n"
                                                                    "__attribute__((noinline)) static u32 *g(u32 i) { return i < 20 ? &a[i] : 0; }\nSEC(\"xdp\") int h(volatile u32 *c) { u32 *p = g(*c); return p ? *p : 0; }\n"));
    for (const bpf::Program& p : object.programs) {
        const auto kind = [&](bpf::Kind k, bpf::AluOp alu) {
            return std::ranges::find_if(p.insns, [&](const bpf::Insn& insn) {
                const bpf::Op* op = bpf::find_op(insn);
                return op != nullptr && op->kind == k && (k == bpf::Kind::jump || op->alu == alu) && (k == bpf::Kind::jump ? insn.imm == 19 || insn.imm == 20 : true);
            }) - p.insns.begin();
        };
        EXPECT_LT(kind(bpf::Kind::jump, bpf::AluOp::none), kind(bpf::Kind::alu, bpf::AluOp::lsh)) << p.name;
    }
}

TEST(FrontEndObject, differencesAreTakenOneAfterTheOther) {
    const bpf::Object object = read(compile(std::string(kPrelude) + "SEC(\"xdp\") int f(volatile u32 *c) { u32 n = c[0], i = c[1]; return n - 1 - i; }\n"));
    for (const bpf::Insn& insn : object.programs.at(0).insns) {
        const bpf::Op* op = bpf::find_op(insn);
        EXPECT_FALSE(op != nullptr && op->kind == bpf::Kind::alu && op->alu == bpf::AluOp::xor_);
    }
}

TEST(FrontEndObject, eachTurnsTestStaysInTheLoop) {
    // Its limit does not change, but what it tests is each turn's pointer.
    const bpf::Object object = read(compile(std::string(kPrelude) + "typedef unsigned char u8; typedef unsigned short u16;\nstruct md { u32 data, data_end; };\n"
                                                                    "SEC(\"xdp\") int f(struct md *c) { u8 *p = (u8 *)(long)c->data, *end = (u8 *)(long)c->data_end; if (p + 34 > end) return 0; u32 s = 0, n = (p[14] & 15) * 2; u16 *w = (u16 *)(p + 14);\n"
                                                                    "for (u32 i = 0; i < n; i++) { if ((u8 *)(w + i + 1) > end) return 1; s += w[i]; } return s & 1; }\n"));
    const auto& insns = object.programs.at(0).insns;
    std::size_t back = 0;
    for (std::size_t i = 0; i < insns.size(); ++i) {
        const bpf::Op* op = bpf::find_op(insns[i]);
        if (op != nullptr && (op->kind == bpf::Kind::jump || op->kind == bpf::Kind::jump_always) && insns[i].offset < 0) back = i;
    }
    const auto head = static_cast<std::ptrdiff_t>(back) + 1 + insns[back].offset;
    EXPECT_GT(std::count_if(insns.begin() + head, insns.begin() + static_cast<std::ptrdiff_t>(back) + 1, [](const bpf::Insn& insn) { const bpf::Op* op = bpf::find_op(insn); return op != nullptr && op->kind == bpf::Kind::jump && op->width == 64 && op->uses_src; }), 0);
}

TEST(FrontEndObject, copyingLoopsStayLoops) {
    const bpf::Object object = read(compile(std::string(kPrelude) + "u32 a[64], b[64];\nSEC(\"xdp\") int f(volatile int *c) { u32 n = *c; if (n > 64) n = 64;\n"
                                                                    "for (u32 i = 0; i < n; i++) a[i] = b[i]; return 0; }\n"));
    bool words = false;
    for (const bpf::Insn& insn : object.programs.at(0).insns) {
        const bpf::Op* op = bpf::find_op(insn);
        words |= op != nullptr && op->kind == bpf::Kind::store_reg && op->width == 32;
    }
    EXPECT_TRUE(words);
}

TEST(FrontEndObject, sameInputSameBytes) {
    const SourceFile source = load(cases("accept") / "truncation.bpf.c");
    EXPECT_EQ(compile_c({source}, {}).elf, compile_c({source}, {}).elf);
}

// Two checkouts, absolute paths: with path maps nothing of where they lay is left.
TEST(FrontEndObject, pathMapsMakeBuildsFromTwoFoldersEqual) {
    std::vector<std::vector<std::uint8_t>> built;
    for (const std::string folder : {"/first/place", "/quite/another/place"}) {
        SourceFile source = load(cases("accept") / "truncation.bpf.c");
        source.path = folder + "/truncation.bpf.c";
        source.text += "const volatile char file[] = __FILE__;\n";
        FrontEndOptions options;
        options.path_maps = {{folder, "src"}};
        built.push_back(compile_c({source}, options).elf);
        ASSERT_FALSE(built.back().empty());
        const std::string bytes(built.back().begin(), built.back().end());
        EXPECT_THAT(bytes, ::testing::Not(::testing::HasSubstr(folder)));
        EXPECT_THAT(bytes, ::testing::HasSubstr("src/truncation.bpf.c"));
    }
    EXPECT_EQ(built[0], built[1]);
}

TEST(FrontEndObject, theWorkingFolderLeavesNoTrace) {
    const SourceFile source{"relative.c", load(cases("accept") / "truncation.bpf.c").text};
    const std::vector<std::uint8_t> here = compile_c({source}, {}).elf;
    char before[4096];
    ASSERT_NE(getcwd(before, sizeof before), nullptr);
    ASSERT_EQ(chdir("/"), 0);
    const std::vector<std::uint8_t> root = compile_c({source}, {}).elf;
    ASSERT_EQ(chdir(before), 0);
    EXPECT_EQ(here, root);
}

TEST(FrontEndObject, virtualHeadersAndDefinesAreSeen) {
    FrontEndOptions options;
    options.virtual_headers = {{"mbpf/board.h", "#define LIMIT 5\n#define SEC(n) __attribute__((section(n), used))\n"}};
    options.defines = {"OFFSET=3", "FLAG"};
    const FrontEndOutput output = compile("#include <mbpf/board.h>\n#include <stdint.h>\n#include <stddef.h>\n#include <stdbool.h>\n#include <limits.h>\n"
                                          "#ifndef FLAG\n#error\n#endif\n"
                                          "SEC(\"xdp\") int f(volatile int32_t *c) { return *c > LIMIT + OFFSET && *c < INT_MAX; }\n",
                                          options);
    EXPECT_TRUE(output.diagnostics.empty()) << output.messages;
    EXPECT_FALSE(output.elf.empty());
}

TEST(FrontEndObject, headersBesideTheSourceAreFound) {
    const FrontEndOutput output = compile_c({load(cases("reject") / "no_program.bpf.c")}, {});
    EXPECT_THAT(error_codes(output), ::testing::ElementsAre("MBPF1115"));  // and not a missing support.h
}

TEST(FrontEndObject, llvmIrOnDemand) {
    const FrontEndOutput output = compile_c({{"test.c", kProgram}}, {}, true);
    EXPECT_THAT(output.llvm_ir, ::testing::HasSubstr("define dso_local"));
}

TEST(FrontEndObject, unknownInstructionSetIsAUsageError) {
    FrontEndOptions options;
    options.cpu = "v9";
    EXPECT_THAT(error_codes(compile(kProgram, options)), ::testing::ElementsAre("MBPF2001"));
}

TEST(FrontEndObject, nothingToCompile) { EXPECT_THAT(error_codes(compile_c({}, {})), ::testing::ElementsAre("MBPF1100")); }

}  // namespace
}  // namespace mbpf::testing
