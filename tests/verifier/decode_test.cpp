// SPDX-License-Identifier: Apache-2.0
// The checker's decoder against core's table: the same instructions are valid, and mean the same.
#include <gtest/gtest.h>

#include "core/isa.h"
#include "verifier/checker/decode.h"

namespace mbpf {
namespace {

TEST(Decoder, agrees_with_the_instruction_table) {
    std::uint64_t valid = 0;
    for (unsigned opcode = 0; opcode < 256; ++opcode)
        for (unsigned dst : {0u, 3u, 9u, 10u, 11u, 15u})
            for (unsigned src : {0u, 1u, 2u, 3u, 6u, 7u, 10u, 11u})
                for (int offset : {0, 1, 2, 8, 16, 32, -1, 64})
                    for (std::int32_t imm : {0, 1, 2, 8, 16, 32, 64, 0x40, 0x41, 0x50, 0x51, 0xa0, 0xa1, 0xe0, 0xe1, 0xf1, -1, INT32_MIN}) {
                        const bpf::Insn insn{static_cast<std::uint8_t>(opcode), static_cast<std::uint8_t>(dst), static_cast<std::uint8_t>(src), static_cast<std::int16_t>(offset), imm};
                        const proof::Operation ours = proof::decode(insn);
                        const bpf::Op* op = bpf::find_op(insn);
                        const bool fine = bpf::decode_error(insn).empty() && op->kind != bpf::Kind::call_indirect;
                        ASSERT_EQ(ours.valid, fine) << "opcode " << opcode << " dst " << dst << " src " << src << " offset " << offset << " imm " << imm << " " << bpf::decode_error(insn);
                        if (!fine) continue;
                        ++valid;
                        ASSERT_EQ(ours.kind, op->kind) << op->name;
                        ASSERT_EQ(ours.alu, op->alu) << op->name;
                        ASSERT_EQ(ours.condition, op->condition) << op->name;
                        ASSERT_EQ(ours.atomic, op->atomic) << op->name;
                        ASSERT_EQ(ours.from_bits, op->from_bits) << op->name;
                        if (op->kind == bpf::Kind::alu || op->kind == bpf::Kind::jump || bpf::access_bytes(*op) > 0 || op->kind == bpf::Kind::jump_always || op->kind == bpf::Kind::to_be || op->kind == bpf::Kind::bswap) {
                            ASSERT_EQ(ours.width, op->width) << op->name;
                        }
                        if (op->kind == bpf::Kind::alu || op->kind == bpf::Kind::jump) {
                            ASSERT_EQ(ours.uses_src, op->uses_src) << op->name;
                        }
                    }
    EXPECT_GT(valid, 10'000u);
}

}  // namespace
}  // namespace mbpf
