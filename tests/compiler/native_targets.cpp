// SPDX-License-Identifier: Apache-2.0
// Every target turns every kind of program into one blob that runs at any address (the linker checks that),
// with all that code generation calls found in our own runtime; and what cannot be compiled is said so.
#include <gtest/gtest.h>
#include <mbpf/abi/package.h>

#include "compiler/native.h"
#include "core/assemble.h"
#include "linker/image.h"
#include "native_cases.h"

namespace mbpf::test {
namespace {

std::vector<Case> broad_cases() {
    std::vector<Case> cases = flow_cases();
    for (const Shape& shape : {shapes()[0], shapes()[2]})
        for (Case& c : arithmetic_cases(shape)) cases.push_back(std::move(c));
    for (const Base& base : bases())
        for (Case& c : memory_cases(base)) cases.push_back(std::move(c));
    return cases;
}

const VerifyReport& broad_report() {
    static const VerifyReport report = verify_cases(object_of(broad_cases(), flow_maps()));
    return report;
}

class EveryTarget : public testing::TestWithParam<std::string> {};

TEST_P(EveryTarget, links_every_instruction_position_independently) {
    ASSERT_TRUE(broad_report().verified);
    const bool small = target_pointer_bytes(*find_target(GetParam())) == 4;
    for (const Optimize optimize : {Optimize::speed, Optimize::size}) {
        if (optimize == Optimize::size && !small) continue;
        const Result<NativeObject> native =
            compile_native(*broad_report().verified, *find_target(GetParam()), {.optimize = optimize});
        ASSERT_TRUE(native) << render_text(native.error());
        std::vector<std::string> symbols;
        for (const NativeProgram& program : native->programs()) symbols.push_back(program.symbol);
        const Result<Image> image = link_image(native->elf(), native->target(), symbols);
        ASSERT_TRUE(image) << render_text(image.error());
        EXPECT_FALSE(image->text.empty());
        for (const auto& [symbol, offset] : image->symbols) EXPECT_EQ(offset % 2, 0u) << symbol;
    }
}

TEST_P(EveryTarget, gives_the_same_bytes_twice) {
    const auto object = object_of(flow_cases(), flow_maps());
    const VerifyReport report = verify_cases(object);
    ASSERT_TRUE(report.verified);
    const Result<NativeObject> first = compile_native(*report.verified, *find_target(GetParam()));
    const Result<NativeObject> second = compile_native(*report.verified, *find_target(GetParam()));
    ASSERT_TRUE(first && second);
    EXPECT_EQ(first->elf(), second->elf());
    EXPECT_EQ(first->imports(), second->imports());
}

INSTANTIATE_TEST_SUITE_P(Targets, EveryTarget, testing::ValuesIn(target_names()), [](const auto& row) {
    std::string name = row.param;
    for (char& c : name)
        if (c == '-') c = '_';
    return name;
});

TEST(Targets, unknown_name_is_no_target) { EXPECT_EQ(find_target("z80"), nullptr); }

TEST(Targets, helpers_are_imported_only_when_called) {
    const std::vector<Case> cases = {
        {"calls", {op("mov64_imm", 1, 0, 0, 4), op("call", 0, 0, 0, 5), op("exit")}},
        {"does_not", {op("mov64_imm", 0), op("exit")}},
    };
    const VerifyReport with = verify_cases(object_of({cases[0]}, {})),
                       without = verify_cases(object_of({cases[1]}, {}));
    ASSERT_TRUE(with.verified && without.verified);
    const Result<NativeObject> a = compile_native(*with.verified, *find_target("rv32imac"));
    const Result<NativeObject> b = compile_native(*without.verified, *find_target("rv32imac"));
    ASSERT_TRUE(a && b);
    ASSERT_EQ(a->imports().size(), 1u);
    EXPECT_EQ(a->imports()[0].kind, MBPF_IMPORT_HELPER);
    EXPECT_EQ(a->imports()[0].index, 5);
    EXPECT_EQ(a->imports()[0].value, with.verified->platform().find_helper(5)->abi_hash());
    EXPECT_TRUE(b->imports().empty());
}

// Judged on xdp of microbpf, whose context of 64-bit targets is laid out otherwise.
VerifyReport verify_xdp(const std::string& text) {
    auto object = bpf::object_from_slots(bpf::assemble(text).value(), "xdp").value();
    return verify(std::make_shared<const bpf::Object>(std::move(object)), std::make_shared<const Platform>(*builtin_platform("microbpf")));
}

// By the way that leads to a load it reads the packet's address or a number: from the context or the stack, or from two
// fields. Where the context lies as bytecode sees it the load is both; elsewhere there is no such load.
TEST(Targets, load_of_a_packet_address_here_and_of_a_number_there) {
    const std::string stack = "stdw [r10-24], 5\nmov r3, r10\nadd r3, -24\n", field = "mov r3, r1\nadd r3, 12\n", choose = "mov r0, 1\njlt r2, 5, go\nmov r3, r1\n";
    const std::string packet = "go: ldxw r4, [r3+0]\njlt r2, 5, out\nldxw r5, [r1+4]\nmov r6, r4\nadd r6, 1\njgt r6, r5, out\nldxb r0, [r4+0]\nand r0, 1\nout: exit\n";
    const std::string number = "go: ldxw r0, [r3+0]\nand r0, 1\nexit\n";
    for (const std::string& other : {stack, field}) {
        const VerifyReport address = verify_xdp("ldxw r2, [r1+12]\n" + other + choose + packet);
        ASSERT_TRUE(address.verified) << render_text(address.verdicts.front().diagnostics.front());
        const Result<NativeObject> narrow = compile_native(*address.verified, *find_target("rv32imac"), {.want_llvm_ir = true});
        ASSERT_TRUE(narrow) << render_text(narrow.error());
        EXPECT_NE(narrow->llvm_ir().find("load i8"), std::string::npos) << "the byte of the packet is read\n" << narrow->llvm_ir();
        const VerifyReport numbers = verify_xdp("ldxw r2, [r1+12]\n" + other + "mov r0, 1\njlt r2, 5, go\nmov r3, r1\nadd r3, 16\n" + number);
        ASSERT_TRUE(numbers.verified) << render_text(numbers.verdicts.front().diagnostics.front());
        EXPECT_TRUE(compile_native(*numbers.verified, *find_target("rv32imac")));
        for (const VerifyReport* report : {&address, &numbers}) {
            const Result<NativeObject> wide = compile_native(*report->verified, *find_target("x86_64"));
            ASSERT_FALSE(wide);
            EXPECT_EQ(wide.error().code, "MBPF1308");
        }
    }
}

TEST(Targets, argument_that_is_a_number_here_and_a_pointer_there_is_refused) {
    const Slots slots = {op("mov64", 6, 1), op("call_local", 0, 0, 0, 3), op("mov64_imm", 1, 0, 0, 7),
                         op("call_local", 0, 0, 0, 1), op("exit"),
                         // keeps its argument on the stack
                         op("stxdw", 10, 1, -8), op("mov64_imm", 0), op("exit")};
    const VerifyReport report = verify_cases(object_of({{"two_kinds", slots}}, {}));
    ASSERT_TRUE(report.verified);
    const Result<NativeObject> native = compile_native(*report.verified, *find_target("rv32imac"));
    ASSERT_FALSE(native);
    EXPECT_EQ(native.error().code, "MBPF1308");
}

// Limits in 64 bits of what C computed in 32: the sum is a 32-bit one again, the comparison too.
TEST(Targets, a_sum_that_fits_32_bits_is_computed_in_32_on_64_bit_targets) {
    const auto code = bpf::assemble("ldxsw r2, [r1+0]\narsh r2, 8\nldxsw r3, [r1+4]\narsh r3, 8\nadd r2, r3\njsle r2, 5000, keep\nmov r2, 5000\nkeep: stxw [r1+0], r2\nmov r0, 0\nexit\n");
    ASSERT_TRUE(code) << render_text(code.error());
    auto object = bpf::object_from_slots(*code, "isa");
    VerifyOptions options;
    options.memory_bytes = 8;
    const VerifyReport report = verify(std::make_shared<const bpf::Object>(std::move(object).value()), std::make_shared<const Platform>(*builtin_platform("isa")), options);
    ASSERT_TRUE(report.accepted());
    const auto native = compile_native(*report.verified, *find_target("x86_64"), {.want_assembly = true});
    ASSERT_TRUE(native) << render_text(native.error());
    EXPECT_NE(native->assembly().find("addl"), std::string::npos) << native->assembly();
    EXPECT_EQ(native->assembly().find("addq"), std::string::npos) << native->assembly();
    EXPECT_EQ(native->assembly().find("cmpq"), std::string::npos) << native->assembly();
}

// As Clang does for the same C; no other target has such registers.
TEST(Targets, only_x86_64_uses_vectors) {
    const auto code = bpf::assemble("mov r2, 0\nnext: mov r3, r1\nadd r3, r2\nldxw r4, [r3+0]\nadd32 r4, 3\nstxw [r3+0], r4\nadd r2, 4\njne r2, 256, next\nmov r0, 0\nexit\n");
    ASSERT_TRUE(code) << render_text(code.error());
    auto object = bpf::object_from_slots(*code, "isa");
    VerifyOptions options;
    options.memory_bytes = 256;
    const VerifyReport report = verify(std::make_shared<const bpf::Object>(std::move(object).value()), std::make_shared<const Platform>(*builtin_platform("isa")), options);
    ASSERT_TRUE(report.accepted());
    for (const std::string& name : target_names()) {
        const auto native = compile_native(*report.verified, *find_target(name), {.want_assembly = true});
        ASSERT_TRUE(native) << render_text(native.error());
        EXPECT_EQ(native->assembly().find("paddd") != std::string::npos, name == "x86_64") << native->assembly();
        EXPECT_EQ(native->assembly().find("v0."), std::string::npos) << native->assembly();
    }
}

// Where the CPU counts leading zeros, what stands for it in bytecode is that instruction again; what only looks so is not.
TEST(Targets, leading_zeros_are_counted_by_the_cpu) {
    for (const Case& c : flow_cases()) {
        if (!c.name.starts_with("leading_zeros")) continue;
        const VerifyReport report = verify_cases(object_of({c}, flow_maps()));
        ASSERT_TRUE(report.verified);
        for (const char* target : {"cortex-m4", "cortex-m33", "aarch64", "cortex-m0plus", "rv32imac"}) {
            const auto native = compile_native(*report.verified, *find_target(target), {.want_assembly = true});
            ASSERT_TRUE(native) << render_text(native.error());
            const bool able = target != std::string("cortex-m0plus") && target != std::string("rv32imac");
            EXPECT_EQ(native->assembly().find("clz") != std::string::npos, able && c.name != "leading_zeros_but_for_a_step_of_4") << target << ", " << c.name << "\n" << native->assembly();
        }
    }
}

// Two loops that end by data or after 5 rounds and after 12 of these: what LLVM weighs them by is what the proof knows.
TEST(Targets, rounds_of_loops_are_told_to_the_optimiser) {
    const auto code = bpf::assemble(
        "mov r0, 0\nmov r2, 0\nouter: mov r3, 0\ninner: mov r4, r1\nadd r4, r3\nldxb r5, [r4+0]\nadd r0, r5\njgt r0, 3000, over\nadd r3, 1\njlt r3, 5, inner\n"
        "add r2, 1\njlt r2, 12, outer\nover: exit\n");
    ASSERT_TRUE(code) << render_text(code.error());
    auto object = bpf::object_from_slots(*code, "isa");
    VerifyOptions options;
    options.memory_bytes = 64;
    options.count_loops = true;
    const VerifyReport report = verify(std::make_shared<const bpf::Object>(std::move(object).value()), std::make_shared<const Platform>(*builtin_platform("isa")), options);
    ASSERT_TRUE(report.accepted());
    const auto native = compile_native(*report.verified, *find_target("rv32imac"), {.optimize = Optimize::size, .want_llvm_ir = true});
    ASSERT_TRUE(native) << render_text(native.error());
    for (const char* weights : {"branch_weights\", i32 1, i32 4", "branch_weights\", i32 1, i32 11"}) EXPECT_NE(native->llvm_ir().find(weights), std::string::npos) << native->llvm_ir();
}

TEST(Targets, stack_of_machine_code_is_known) {
    // A 256-byte buffer at a variable index cannot live in registers.
    Slots slots;
    for (int i = -256; i < 0; i += 8) slots += op("stdw", 10, 0, i, i);
    slots += Slots{op("ldxdw", 2, 1, 0), op("and64_imm", 2, 0, 0, 248), op("mov64", 3, 10),
                   op("add64", 3, 2),    op("ldxdw", 0, 3, -256),       op("exit")};
    const VerifyReport report =
        verify_cases(object_of({{"buffer", slots}, {"none", {op("mov64_imm", 0), op("exit")}}}, {}));
    ASSERT_TRUE(report.verified);
    const Result<NativeObject> native = compile_native(*report.verified, *find_target("cortex-m4"));
    ASSERT_TRUE(native);
    EXPECT_GE(native->programs()[0].stack_bytes, 256u);
    EXPECT_LT(native->programs()[0].stack_bytes, 320u);
    EXPECT_EQ(native->programs()[1].stack_bytes, 0u);
}

// An access is said to be aligned only as far as the proof tells: CPUs without unaligned accesses stop at a word that is not.
TEST(Alignment, is_no_more_than_is_proved) {
    const auto claims = [](const std::string& place, const char* load) {
        const auto slots = bpf::assemble("ldxb r3, [r1+0]\nmov r2, r1\n" + place + load + " r0, [r2+8]\nexit\n");
        EXPECT_TRUE(slots) << place;
        const VerifyReport report = verify_cases(object_of({{"at", *slots}}, {}));
        EXPECT_TRUE(report.verified) << place;
        const auto native = compile_native(*report.verified, *find_target("cortex-m0plus"), {.want_llvm_ir = true});
        EXPECT_TRUE(native) << place;
        // The last load is the one; bytes are put together where a word may not be read.
        const std::string& text = native->llvm_ir();
        const std::size_t at = text.rfind(" = load i");
        const std::size_t align = text.find("align ", at);
        return text.substr(at + 9, text.find(',', at) - at - 9) + " " + text.substr(align + 6, 1);
    };
    EXPECT_EQ(claims("", "ldxw"), "32 8") << "as r1 is";
    EXPECT_EQ(claims("and r3, 12\nadd r2, r3\n", "ldxw"), "32 4");
    EXPECT_EQ(claims("and r3, 14\nadd r2, r3\n", "ldxw"), "32 2");
    EXPECT_EQ(claims("and r3, 15\nadd r2, r3\n", "ldxw"), "32 1");
    EXPECT_EQ(claims("add r2, 2\n", "ldxw"), "32 2");
    EXPECT_EQ(claims("add r2, 1\n", "ldxw"), "32 1");
    EXPECT_EQ(claims("and r3, 8\nadd r2, r3\nadd r2, 1\n", "ldxh"), "16 1");
    EXPECT_EQ(claims("and r3, 8\nadd r2, r3\nadd r2, 2\n", "ldxh"), "16 2");
}

}  // namespace
}  // namespace mbpf::test
