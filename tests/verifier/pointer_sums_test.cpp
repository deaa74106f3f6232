// SPDX-License-Identifier: Apache-2.0
// What is added to a pointer, whether by adding or by or-ing it in, and what a later check of it tells of the sum.
#include "tests/verifier/judged.h"

namespace mbpf {
namespace {

// Bits are or-ed into r10 plus `fixed`, and the byte there is read. All of the frame's last 32 bytes are written.
std::string or_ed(int fixed, const char* amount, const char* platform = "microbpf") {
    std::string text = "ldxdw r6, [r1+16]\n";
    for (int at = 8; at <= 32; at += 8) text += "stdw [r10-" + std::to_string(at) + "], 0\n";
    text += "mov r2, r10\nadd r2, " + std::to_string(fixed) + "\n" + amount + "\nor r2, r6\nldxb r0, [r2+0]\nmov r0, 0\nexit\n";
    return code_of(judged(text, std::string_view(platform) == "linux" ? "kprobe/x" : "trace/x", platform));
}

TEST(OredBits, that_a_stack_pointer_lacks_are_added) {
    EXPECT_EQ(or_ed(-8, "and r6, 7"), "");
    EXPECT_EQ(or_ed(-24, "and r6, 7"), "");
    EXPECT_EQ(or_ed(-20, "and r6, 3"), "");
    EXPECT_EQ(or_ed(-23, "and r6, 6"), "");
}

TEST(OredBits, that_it_may_have_are_not) {
    EXPECT_EQ(or_ed(-4, "and r6, 7"), "MBPF1009");
    EXPECT_EQ(or_ed(-7, "and r6, 7"), "MBPF1009");
    EXPECT_EQ(or_ed(-20, "and r6, 4"), "MBPF1009");
    // The frame pointer is a multiple of 8, not of 16.
    EXPECT_EQ(or_ed(-16, "and r6, 15"), "MBPF1009");
    EXPECT_EQ(or_ed(-16, "and r6, 8"), "MBPF1009");
    // A variable part with low bits of its own.
    EXPECT_EQ(or_ed(-16, "mov r3, r6\nand r3, 3\nadd r2, r3\nand r6, 2"), "MBPF1009");
    EXPECT_EQ(or_ed(-16, "mov r3, r6\nand r3, 3\nadd r2, r3\nand r6, 4"), "");
}

TEST(OredBits, go_into_stack_pointers_alone) {
    bpf::Map map;
    map.name = "m";
    map.type = static_cast<std::uint32_t>(bpf::MapType::array);
    map.key_size = 4;
    map.value_size = 8;
    map.max_entries = 1;
    const auto into_value = [&](const char* change) {
        return code_of(judged("ldxdw r6, [r1+16]\nand r6, 7\nstw [r10-4], 0\nlddw r1, 0\nmov r2, r10\nadd r2, -4\ncall 1\n" + std::string(change) + "\nldxb r0, [r0+0]\nmov r0, 0\nexit\n", "trace/x", "microbpf", {map}, 1));
    };
    EXPECT_EQ(into_value("add r0, r6"), "");
    EXPECT_EQ(into_value("or r0, r6"), "MBPF1009");
    // Linux lets no pointer come of it.
    EXPECT_EQ(or_ed(-8, "and r6, 7", "linux"), "MBPF1026");
}

// p moves by a number of at most 63 and by a length that is checked after it; at least 20 bytes follow the first place.
std::string read_behind(const char* check, int offset) {
    const std::string text = R"(
        ldxw r7, [r1+0]
        ldxw r8, [r1+4]
        mov r0, 1
        mov r2, r7
        add r2, 1
        jgt r2, r8, out
        ldxb r6, [r7+0]
        and r6, 63
        add r7, r6
        mov r2, r7
        add r2, 20
        jgt r2, r8, out
        ldxb r3, [r7+0]
        mov r4, r3
        add r4, 1
        mov r5, r3
        add r5, -1
        add r7, r3
    )";
    return code_of(judged(text + check + "\nldxb r2, [r7+" + std::to_string(offset) + "]\nout: mov r0, 1\nexit\n", "xdp", "microbpf"));
}

TEST(Sums, are_bounded_by_what_is_learned_of_what_was_added) {
    EXPECT_EQ(read_behind("", 0), "MBPF1012");
    EXPECT_EQ(read_behind("jgt r3, 6, out", 13), "");
    EXPECT_EQ(read_behind("jgt r3, 6, out", 14), "MBPF1012");
    EXPECT_EQ(read_behind("jge r3, 6, out", 14), "");
    EXPECT_EQ(read_behind("jlt r3, 6, out", 13), "MBPF1012");
}

// The checked number is not the added one but one more, or one less: its bound is not the sum's.
TEST(Sums, are_not_bounded_by_a_neighbour_of_what_was_added) {
    EXPECT_EQ(read_behind("jgt r5, 5, out", 14), "MBPF1012");
    EXPECT_EQ(read_behind("jgt r4, 7, out", 14), "MBPF1012");
}

}  // namespace
}  // namespace mbpf
