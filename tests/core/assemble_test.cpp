// SPDX-License-Identifier: Apache-2.0
// The assembler against the instruction table and against its own inverse; bad text is refused where it is bad.
#include "core/assemble.h"

#include <gtest/gtest.h>

#include <random>

namespace mbpf::bpf {
namespace {

std::string listing(std::span<const Insn> insns) {
    std::string text;
    for (std::size_t slot = 0; slot < insns.size(); ++slot) {
        text += assembly(insns, slot) + "\n";
        const Op* op = find_op(insns[slot]);
        if (op != nullptr && op->kind == Kind::load_imm64 && !assembly(insns, slot).starts_with(".")) ++slot;
    }
    return text;
}

TEST(RoundTrip, every_operation_with_any_operands) {
    std::mt19937 random(7);
    for (const Op& op : all_ops())
        for (unsigned repeat = 0; repeat < 50; ++repeat) {
            Insn insn;
            insn.opcode = op.opcode;
            insn.dst = op.dst_is_key ? 0 : static_cast<std::uint8_t>(random() % 11);
            insn.src = op.src_is_key ? op.src_key : static_cast<std::uint8_t>(random() % (op.kind == Kind::load_imm64 ? 7 : 11));
            insn.offset = op.offset_is_key ? op.offset_key : static_cast<std::int16_t>(random());
            insn.imm = op.imm_is_key ? op.imm_key : static_cast<std::int32_t>(random());
            std::vector<Insn> code{insn};
            if (op.kind == Kind::load_imm64) {
                code.emplace_back();
                code.back().imm = static_cast<std::int32_t>(random());
            }
            const std::string text = listing(code);
            const auto back = assemble(text);
            ASSERT_TRUE(back) << text << render_text(back.error());
            EXPECT_EQ(*back, code) << text;
        }
}

TEST(RoundTrip, any_slots_at_all) {
    std::mt19937 random(11);
    for (unsigned repeat = 0; repeat < 20000; ++repeat) {
        std::vector<std::uint8_t> bytes(16);
        for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random() % 3 == 0 ? random() : random() % 2);
        const auto code = decode(bytes);
        const auto back = assemble(listing(*code));
        ASSERT_TRUE(back) << listing(*code) << render_text(back.error());
        EXPECT_EQ(*back, *code) << listing(*code);
    }
}

struct Text {
    const char* text;
    const char* disassembly;
};

TEST(Assembler, means_what_the_disassembler_says) {
    const Text texts[] = {
        {"add r2, -4", "r2 += -4"},
        {"  ADD_is_no_label: add64 %r2, 0x10", "r2 += 16"},
        {"mov32 r1, 0xffffffff", "w1 = -1"},
        {"sdiv r1, r2", "r1 s/= r2"},
        {"ldxw %r0, [%r1+0x4] # a comment", "w0 = *(u32 *)(r1 + 4)"},
        {"ldxsw r0, [r1 - 4]", "r0 = *(s32 *)(r1 - 4)"},
        {"stxdw [r10-8], r1 ; a comment", "*(u64 *)(r10 - 8) = r1"},
        {"stb [r1], 7 // a comment", "*(u8 *)(r1 + 0) = 7"},
        {"jsgt r1, r2, +3", "if r1 s> r2 goto +3 <4>"},
        {"back: jeq32 r1, 5, back", "if w1 == 5 goto -1 <0>"},
        {"ja32 +100", "gotol +100 <101>"},
        {"call 5", "call 5"},
        {"call helper 5", "call 5"},
        {"here: call local here", "call <0>"},
        {"call %r2", "callx r2"},
        {"lock fetch add [r1], r0", "r0 = atomic_fetch_add((u64 *)(r1 + 0), r0)"},
        {"lock_fetch_add64 [r1], r0", "r0 = atomic_fetch_add((u64 *)(r1 + 0), r0)"},
        {"lock cmpxchg32 [r1+8], r2", "w0 = cmpxchg((u32 *)(r1 + 8), w0, w2)"},
        {"movsx864 r1, r2", "r1 = (s8)r2"},
        {"be16 r3", "r3 = be16 r3"},
        {"swap64 r3", "r3 = bswap64 r3"},
        {"neg r3", "r3 = -r3"},
        {"lddw r1, 0x8000000000000000", "r1 = -9223372036854775808 ll"},
        {"lddw r1, map_value 2, 8", "r1 = map[2].value + 8 ll"},
        {"exit", "exit"},
    };
    for (const Text& t : texts) {
        const auto code = assemble(t.text);
        ASSERT_TRUE(code) << render_text(code.error());
        EXPECT_EQ(disassemble(*code, 0), t.disassembly) << t.text;
    }
}

TEST(Assembler, fills_in_labels_before_and_after_and_the_first_exit) {
    const auto code = assemble("mov r0, 0\nloop:\nadd r0, 1\njne r0, 3, loop\njeq r0, 3, exit\nja end\nexit\nend:\nexit\n");
    ASSERT_TRUE(code) << render_text(code.error());
    EXPECT_EQ((*code)[2].offset, -2);
    EXPECT_EQ((*code)[3].offset, 1);
    EXPECT_EQ((*code)[4].offset, 1);
}

struct Refused {
    const char* text;
    unsigned line, column;
    const char* why;
};

TEST(Assembler, refuses_what_is_no_program_where_it_is_wrong) {
    const Refused cases[] = {
        {"frob r1", 1, 1, "there is no instruction \"frob\" with such operands"},
        {"exit\n  add r1, x", 2, 11, "a number is missing"},
        {"add r16, 1", 1, 5, "a register is missing"},
        {"add r1 2", 1, 8, "\",\" is missing"},
        {"add r1, 0x1ffffffff", 1, 9, "the number is not in [-2147483648, 4294967295]"},
        {"add r1, 99999999999999999999999", 1, 9, "the number is not in [-2147483648, 4294967295]"},
        {"ldxw r1, [r2+40000]", 1, 13, "the number is not in [-32768, 32767]"},
        {"ldxw r1, [r2+4", 1, 15, "\"]\" is missing"},
        {"exit exit", 1, 6, "this is too much for the instruction"},
        {"ja nowhere", 1, 4, "there is no label \"nowhere\""},
        {"ja exit", 1, 4, "there is no label \"exit\""},
        {"a:\na:", 2, 3, "label \"a\" is there twice"},
        {"lock fetch frob [r1], r2", 1, 1, "there is no instruction \"lock_fetch_frob\" with such operands"},
        {".slot 1 2 3", 1, 12, "a number is missing"},
        {".slot 256 0 0 0 0 0 0 0", 1, 7, "the number is not in [0, 255]"},
    };
    for (const Refused& c : cases) {
        const auto code = assemble(c.text, "x.s");
        ASSERT_FALSE(code) << c.text;
        EXPECT_EQ(code.error().code, "MBPF3012");
        EXPECT_EQ(code.error().message, c.why) << c.text;
        EXPECT_EQ(code.error().where.line, c.line) << c.text;
        EXPECT_EQ(code.error().where.column, c.column) << c.text;
    }
    std::string far = "ja end\n";
    for (unsigned i = 0; i < 40000; ++i) far += "exit\n";
    EXPECT_FALSE(assemble(far + "end: exit\n"));
    EXPECT_TRUE(assemble("ja32" + far.substr(2) + "end: exit\n"));
}

}  // namespace
}  // namespace mbpf::bpf
