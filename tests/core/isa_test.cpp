// SPDX-License-Identifier: Apache-2.0
// The instruction table against itself and against LLVM's spelling: every row is found by its own encoding, and
// an encoding with a reserved field set is none.
#include <gtest/gtest.h>

#include <set>

#include "core/isa.h"

namespace mbpf::bpf {
namespace {

Insn encoding_of(const Op& op) {
    Insn insn;
    insn.opcode = op.opcode;
    insn.dst = op.dst_is_key ? 0 : 2;
    insn.src = op.src_is_key ? op.src_key : op.kind == Kind::load_imm64 ? 0 : 3;
    insn.offset = op.offset_is_key ? op.offset_key : 8;
    insn.imm = op.imm_is_key ? op.imm_key : 16;
    return insn;
}

TEST(Table, every_operation_is_found_by_its_encoding_and_survives_a_round_trip) {
    for (const Op& op : all_ops()) {
        const Insn insn = encoding_of(op);
        ASSERT_NE(find_op(insn), nullptr) << op.name;
        EXPECT_EQ(find_op(insn)->name, op.name);
        EXPECT_EQ(decode_error(insn), "") << op.name;
        const std::vector<Insn> one{insn};
        auto back = decode(encode(one));
        ASSERT_TRUE(back);
        EXPECT_EQ(back->front(), insn);
    }
}

TEST(Table, names_are_unique_and_texts_differ) {
    std::set<std::string> names, texts;
    for (const Op& op : all_ops()) {
        EXPECT_TRUE(names.insert(std::string(op.name)).second) << op.name;
        const std::vector<Insn> code{encoding_of(op), Insn{}};
        EXPECT_TRUE(texts.insert(disassemble(code, 0)).second) << op.name << ": " << disassemble(code, 0);
    }
    EXPECT_EQ(names.size(), 165u);
}

TEST(Table, reserved_fields_are_refused) {
    for (const Op& op : all_ops()) {
        Insn insn = encoding_of(op);
        if (op.offset_is_key) {
            insn.offset = 77;
            EXPECT_EQ(find_op(insn), nullptr) << op.name;
            EXPECT_NE(decode_error(insn), "") << op.name;
            insn = encoding_of(op);
        }
        if (op.imm_is_key) {
            insn.imm = 0x12345;
            EXPECT_EQ(find_op(insn), nullptr) << op.name;
            insn = encoding_of(op);
        }
        if (op.src_is_key) {
            insn.src = 9;
            EXPECT_EQ(find_op(insn), nullptr) << op.name;
        }
    }
}

TEST(Table, registers_are_r0_to_r10_and_r10_is_read_only) {
    for (const Op& op : all_ops()) {
        Insn insn = encoding_of(op);
        if (!op.dst_is_key) {
            insn.dst = 11;
            EXPECT_NE(decode_error(insn), "") << op.name;
        }
        insn = encoding_of(op);
        if (op.kind == Kind::alu || op.kind == Kind::load || op.kind == Kind::load_imm64) {
            insn.dst = kFramePointer;
            EXPECT_NE(decode_error(insn), "") << op.name;
        }
    }
}

TEST(Decode, needs_whole_slots) {
    const std::vector<std::uint8_t> bytes(12);
    auto result = decode(bytes);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, "MBPF3001");
}

TEST(Decode, any_slot_has_an_answer) {
    // Every opcode with odd fields: an operation or a reason, never both, never neither.
    for (unsigned opcode = 0; opcode < 256; ++opcode)
        for (unsigned registers : {0x00u, 0x21u, 0xffu})
            for (int offset : {0, 1, 8, -1}) {
                const Insn insn{static_cast<std::uint8_t>(opcode), static_cast<std::uint8_t>(registers & 15), static_cast<std::uint8_t>(registers >> 4), static_cast<std::int16_t>(offset), 1};
                if (find_op(insn) == nullptr) {
                    EXPECT_NE(decode_error(insn), "");
                }
                const std::vector<Insn> code{insn};
                EXPECT_FALSE(disassemble(code, 0).empty());
            }
}

struct Text {
    Insn insn;
    const char* text;
};

TEST(Disassembler, spells_as_llvm_does) {
    const Text texts[] = {
        {{0x07, 2, 0, 0, -4}, "r2 += -4"},
        {{0x0c, 2, 3, 0, 0}, "w2 += w3"},
        {{0x3f, 1, 2, 1, 0}, "r1 s/= r2"},
        {{0x61, 0, 1, 4, 0}, "w0 = *(u32 *)(r1 + 4)"},
        {{0x81, 0, 1, -4, 0}, "r0 = *(s32 *)(r1 - 4)"},
        {{0x7b, 10, 1, -8, 0}, "*(u64 *)(r10 - 8) = r1"},
        {{0x6d, 1, 2, 3, 0}, "if r1 s> r2 goto +3 <4>"},
        {{0x16, 1, 0, -1, 5}, "if w1 == 5 goto -1 <0>"},
        {{0x05, 0, 0, 7, 0}, "goto +7 <8>"},
        {{0x06, 0, 0, 0, 100}, "gotol +100 <101>"},
        {{0x85, 0, 0, 0, 5}, "call 5"},
        {{0xdb, 1, 0, 0, 1}, "r0 = atomic_fetch_add((u64 *)(r1 + 0), r0)"},
        {{0xc3, 1, 2, 8, 0xf1}, "w0 = cmpxchg((u32 *)(r1 + 8), w0, w2)"},
        {{0xbf, 1, 2, 8, 0}, "r1 = (s8)r2"},
        {{0xdc, 3, 0, 0, 16}, "r3 = be16 r3"},
        {{0x87, 3, 0, 0, 0}, "r3 = -r3"},
        {{0x95, 0, 0, 0, 0}, "exit"},
    };
    for (const Text& t : texts) {
        const std::vector<Insn> code{t.insn, Insn{}};
        EXPECT_EQ(disassemble(code, 0), t.text);
    }
}

}  // namespace
}  // namespace mbpf::bpf
