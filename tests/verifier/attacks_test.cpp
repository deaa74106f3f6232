// SPDX-License-Identifier: Apache-2.0
// Programs and certificates made to get past the verifier; each once did.
#include <gtest/gtest.h>

#include "core/assemble.h"
#include "verifier/verify.h"

namespace mbpf {
namespace {

std::string code_of(const VerifyReport& report) { return report.accepted() ? "" : report.verdicts.front().diagnostics.front().code; }

VerifyReport judged(std::string_view text, const char* section = "tc", const char* platform = "linux", std::vector<bpf::Map> maps = {}, std::uint8_t pseudo = 4) {
    auto code = bpf::assemble(text);
    EXPECT_TRUE(code) << render_text(code.error());
    for (bpf::Insn& insn : code.value())
        if (insn.opcode == 0x18) insn.src = pseudo;
    auto object = bpf::object_from_slots(code.value(), section, std::move(maps));
    EXPECT_TRUE(object) << render_text(object.error());
    return verify(std::make_shared<const bpf::Object>(std::move(object).value()), std::make_shared<const Platform>(*builtin_platform(platform)));
}

// In the tenth of ten runs the index is 9: the analysis, run for run, must not take it for one below the runs left.
TEST(Callbacks, index_of_a_run_is_below_all_runs_not_those_left) {
    const auto r = judged(R"(
    stdw [r10-8], 0
    mov r1, 10
    lddw r2, 7
    mov r3, r10
    add r3, -8
    mov r4, 0
    call 181
    mov r0, 0
    exit
    ldxdw r3, [r2+0]
    mov r4, r3
    add r4, 1
    stxdw [r2+0], r4
    mov r0, 0
    jne r3, 9, out
    mov r5, r10
    add r5, r1
    stxb [r5-1], r1
    out: exit
)");
    EXPECT_EQ(code_of(r), "MBPF1017");
}

// Of more copies than a certificate names, some are no more known to be null together with the others. What one of them
// tells must not release the record that came into the place of the first.
TEST(References, of_copies_that_nobody_knows_to_be_one) {
    std::string text = "mov r6, r1\n";
    for (int i = 0; i < 50; ++i) text += "call 7\nand r0, 255\nstxb [r10-" + std::to_string(512 - 2 * i) + "], r0\nstxb [r10-" + std::to_string(511 - 2 * i) + "], r0\n";
    text += "lddw r1, 0\nmov r2, 8\nmov r3, 0\ncall 131\nstxdw [r10-8], r0\nstxdw [r10-16], r0\nldxw r1, [r6+12]\njeq r1, 7, met\nmov r1, 3\n";
    text += "met: ldxdw r7, [r10-16]\nldxdw r8, [r10-8]\njne r8, 0, there\n";
    text += "lddw r1, 0\nmov r2, 8\nmov r3, 0\ncall 131\nmov r9, r0\njeq r9, 0, out\njne r7, 0, never\n";
    text += "out: mov r0, 1\n";
    for (int i = 0; i < 50; ++i) text += "ldxb r1, [r10-" + std::to_string(512 - 2 * i) + "]\nldxb r1, [r10-" + std::to_string(511 - 2 * i) + "]\n";
    text += "exit\nnever: mov r1, r7\nmov r2, 0\ncall 132\nmov r0, 1\nexit\nthere: mov r1, r8\nmov r2, 0\ncall 132\nmov r0, 1\nexit\n";
    bpf::Map ring;
    ring.name = "ring";
    ring.type = 27;
    ring.max_entries = 4096;
    for (const char* platform : {"linux", "microbpf"}) {
        const auto r = judged(text, "xdp", platform, {ring}, 1);
        EXPECT_EQ(code_of(r), "MBPF1031") << platform << (r.accepted() ? "" : render_text(r.verdicts.front().diagnostics.front()));
    }
}

// A certificate by hand: one invariant at slot 2 of a program, of which `values` are told.
VerifyReport with_invariant(std::string_view text, const std::vector<std::uint8_t>& values) {
    std::vector<std::uint8_t> node{1, 0, 0, 20};  // one; its length; no parts; 10 instructions are left
    node.insert(node.end(), values.begin(), values.end());
    node[1] = static_cast<std::uint8_t>(node.size() - 2);
    std::vector<std::uint8_t> proof{'M', 'B', 'P', 'C', 3, 20, 1, 8, 1, 0, 8, 1, 2, 0, 0, 0, 0, 0, 0, 0};
    proof.insert(proof.end(), node.begin(), node.end());
    auto object = bpf::object_from_slots(bpf::assemble(text).value(), "trace/x");
    VerifyOptions options;
    options.certificates = {proof};
    return verify(std::make_shared<const bpf::Object>(std::move(object).value()), std::make_shared<const Platform>(*builtin_platform("microbpf")), options);
}

TEST(Forged, pointers_that_lie_anywhere_are_of_no_use) {
    // r2 is r10 - 8, or r10 + 0; stated: a pointer into the stack, at -1 and any word more.
    const std::vector<std::uint8_t> exact{1, 2, 2, 2, 0, 15, 0}, anywhere{1, 2, 2 | 8 << 2, 2, 0, 1, 64};
    EXPECT_EQ(code_of(with_invariant("mov r2, r10\nadd r2, -8\nstdw [r2+0], 1\nmov r0, 0\nexit\n", exact)), "");
    EXPECT_EQ(code_of(with_invariant("mov r2, r10\nja next\nnext: stdw [r2+0], 1\nmov r0, 0\nexit\n", anywhere)), "MBPF1050");
}

bpf::Map map_of(std::uint32_t type, std::uint32_t value_size, std::uint32_t entries) {
    bpf::Map map;
    map.name = "m";
    map.type = type;
    map.key_size = 4;
    map.value_size = value_size;
    map.max_entries = entries;
    return map;
}

// bpf_sk_storage_get(map, sk, value, flags): a value that may be null is as large as the map says if it is not.
TEST(Memory, that_may_be_null_is_large_enough_if_it_is_not) {
    const auto judged_with = [](std::uint32_t bytes) {
        return code_of(judged("mov r6, r1\nstw [r10-4], 0\nlddw r1, 0\nmov r2, r10\nadd r2, -4\ncall 1\nmov r7, r0\nldxdw r2, [r6+168]\njeq r2, 0, out\n"
                              "lddw r1, 1\nmov r3, r7\nmov r4, 1\ncall 107\nout: mov r0, 0\nexit\n", "tc", "linux", {map_of(1, bytes, 4), map_of(24, 64, 0)}, 1));
    };
    EXPECT_EQ(judged_with(64), "");
    EXPECT_EQ(judged_with(32), "MBPF1013");
}

// An atomic that gives the old value back reads it.
TEST(Atomics, read_what_they_change) {
    const auto judged_with = [](std::uint32_t flags) {
        std::vector<bpf::Map> maps{map_of(1, 8, 4)};
        maps.front().flags = flags;
        return judged("stw [r10-4], 0\nlddw r1, 0\nmov r2, r10\nadd r2, -4\ncall 1\njeq r0, 0, out\nmov r1, 1\nlock_fetch_add64 [r0+0], r1\nout: mov r0, 0\nexit\n", "tc", "linux", maps, 1);
    };
    constexpr std::uint32_t kWriteOnly = 1u << 8;
    EXPECT_EQ(code_of(judged_with(0)), "");
    EXPECT_NE(code_of(judged_with(kWriteOnly)), "");
}

// Each lddw is of the first map, or of the callback: what stands behind the first exit.
VerifyReport judged_with_callback(const std::string& text, std::vector<bpf::Map> maps) {
    auto code = bpf::assemble(text).value();
    std::size_t callback = 0;
    while (code[callback++].opcode != 0x95) {}
    bool map = true;
    for (std::size_t i = 0; i < code.size(); ++i) {
        if (code[i].opcode != 0x18) continue;
        code[i].src = map ? 1 : 4;
        code[i].imm = map ? 0 : static_cast<std::int32_t>(callback - i - 1);
        map = false;
    }
    auto object = bpf::object_from_slots(std::move(code), "tc", std::move(maps));
    EXPECT_TRUE(object);
    return verify(std::make_shared<const bpf::Object>(std::move(object).value()), std::make_shared<const Platform>(*builtin_platform("linux")));
}

// bpf_for_each_map_elem(map, callback, ctx, flags): the callback leaves its key's address in main's frame.
TEST(Callbacks, keys_are_there_for_one_run) {
    const auto judged_with = [](const char* keeps, const char* reads) {
        return code_of(judged_with_callback("stdw [r10-8], 0\nlddw r1, 0\nlddw r2, 0\nmov r3, r10\nadd r3, -8\nmov r4, 0\ncall 164\nldxdw r6, [r10-8]\n" + std::string(reads) + "mov r0, 0\nexit\n" + keeps + "mov r0, 0\nexit\n", {map_of(2, 8, 4)}));
    };
    EXPECT_EQ(judged_with("ldxw r5, [r2+0]\nstxdw [r4+0], r5\n", "mov r7, r6\n"), "");
    EXPECT_NE(judged_with("stxdw [r4+0], r2\n", "jeq r6, 0, +1\nldxw r7, [r6+0]\n"), "");
    // The element itself stays.
    EXPECT_EQ(judged_with("stxdw [r4+0], r3\n", "jeq r6, 0, +1\nldxw r7, [r6+0]\n"), "");
}

// The kernel takes an inner hash of any size for one like the template.
TEST(Callbacks, run_as_often_as_any_inner_map_has_elements) {
    std::vector<bpf::Map> maps{map_of(13, 4, 4), map_of(1, 8, 4)};
    maps.front().inner_map = 1;
    const std::string text = "stdw [r10-8], 0\nlddw r1, 0\nmov r2, r10\nadd r2, -8\ncall 1\njeq r0, 0, out\nmov r1, r0\nlddw r2, 0\nmov r3, 0\nmov r4, 0\ncall 164\nout: mov r0, 0\nexit\nmov r0, 0\nexit\n";
    const VerifyReport hash = judged_with_callback(text, maps);
    ASSERT_TRUE(hash.accepted()) << render_text(hash.verdicts.front().diagnostics.front());
    EXPECT_GT(hash.verdicts.front().worst_case_instructions, std::uint64_t{UINT32_MAX});
    maps.back().type = 2;
    const VerifyReport array = judged_with_callback(text, maps);
    ASSERT_TRUE(array.accepted()) << render_text(array.verdicts.front().diagnostics.front());
    EXPECT_LT(array.verdicts.front().worst_case_instructions, 100u);
}

// A map found in a map of maps is no memory, also where its definition is not known.
TEST(Maps, in_maps_are_not_read_as_values) {
    for (std::uint32_t type : {12u, 13u})
        for (const char* use : {"ldxw r3, [r0+0]\n", "stw [r0+0], 1\n"}) {
            const auto judged_with = [&](std::uint32_t of) { return code_of(judged("stw [r10-4], 0\nlddw r1, 0\nmov r2, r10\nadd r2, -4\ncall 1\njeq r0, 0, out\n" + std::string(use) + "out: mov r0, 0\nexit\n", "tc", "linux", {map_of(of, 4, 4)}, 1)); };
            EXPECT_NE(judged_with(type), "") << type << use;
            EXPECT_EQ(judged_with(1), "");
        }
}

// Maps are counted in 16 bits: the 65,536th is not the first.
TEST(Maps, beyond_those_that_can_be_told_apart_are_none) {
    std::vector<bpf::Map> maps(65537, map_of(2, 8, 4));
    maps.front().value_size = 64;
    auto code = bpf::assemble("stw [r10-4], 0\nlddw r1, 0\nmov r2, r10\nadd r2, -4\ncall 1\njeq r0, 0, out\nldxw r3, [r0+32]\nout: mov r0, 0\nexit\n").value();
    code[1].src = 1;
    const auto with_map = [&](std::int32_t index) {
        code[1].imm = index;
        return code_of(verify(std::make_shared<const bpf::Object>(bpf::object_from_slots(code, "tc", maps).value()), std::make_shared<const Platform>(*builtin_platform("linux"))));
    };
    EXPECT_EQ(with_map(0), "");
    EXPECT_EQ(with_map(1), "MBPF1013");
    EXPECT_NE(with_map(65536), "");
}

// A lock of 4 bytes at 8 of a value: its first and last byte are no more to be touched than the others.
TEST(Maps, hide_what_the_kernel_keeps_in_values) {
    std::vector<bpf::Map> maps{map_of(1, 24, 4)};
    maps.front().kernel_fields = {{bpf::MapFieldKind::spin_lock, 8, 4}};
    const auto judged_with = [&](const char* use) { return code_of(judged("stw [r10-4], 0\nlddw r1, 0\nmov r2, r10\nadd r2, -4\ncall 1\njeq r0, 0, out\n" + std::string(use) + "\nout: mov r0, 0\nexit\n", "tc", "linux", maps, 1)); };
    for (const char* use : {"ldxdw r1, [r0+0]", "ldxb r1, [r0+7]", "ldxb r1, [r0+12]", "stw [r0+12], 0"}) EXPECT_EQ(judged_with(use), "") << use;
    for (const char* use : {"ldxdw r1, [r0+1]", "ldxb r1, [r0+8]", "ldxb r1, [r0+11]", "stw [r0+11], 0", "stb [r0+8], 0", "ldxdw r1, [r0+8]"}) EXPECT_EQ(judged_with(use), "MBPF1013") << use;
}

// The word that an atomic changed is not the one that was stored.
TEST(Atomics, change_what_is_known_of_the_stack) {
    const auto judged_with = [](const char* change) { return code_of(judged("stdw [r10-8], 0\nstdw [r10-16], 0\nmov r2, 9\n" + std::string(change) + "\nldxdw r3, [r10-8]\nmov r1, r10\nadd r1, r3\nstb [r1-16], 1\nmov r0, 0\nexit\n")); };
    EXPECT_EQ(judged_with("mov r4, 0"), "");
    for (const char* change : {"lock_add64 [r10-8], r2", "lock_fetch_add32 [r10-8], r2", "lock_xchg64 [r10-8], r2", "mov r0, 0\nlock_cmpxchg64 [r10-8], r2"}) EXPECT_EQ(judged_with(change), "MBPF1011") << change;
}

// A store at one of several places initialises none of them surely.
TEST(Stack, written_somewhere_is_written_nowhere_in_particular) {
    const auto judged_with = [](const char* before) {
        return code_of(judged(std::string(before) + "ldxw r2, [r1+20]\nand r2, 8\nmov r3, r10\nadd r3, r2\nstdw [r3-16], 1\nldxdw r0, [r10-16]\nmov r0, 1\nexit\n", "xdp", "microbpf"));
    };
    EXPECT_EQ(judged_with("stdw [r10-16], 0\n"), "");
    EXPECT_EQ(judged_with(""), "MBPF1018");
}

// Out of the packet such a load ends the whole program: only where it may end, and may look.
TEST(LegacyLoads, end_programs_only_where_those_may_end) {
    const bpf::Insn load{0x30, 0, 0, 0, 12};
    const auto judged_with = [&](std::string_view before, std::string_view after, const char* section = "socket") {
        auto code = bpf::assemble(before).value();
        for (bpf::Insn& insn : code)
            if (insn.opcode == 0x18) insn.src = 1;
        code.push_back(load);
        const auto rest = bpf::assemble(after).value();
        code.insert(code.end(), rest.begin(), rest.end());
        bpf::Map ring = map_of(27, 0, 4096);
        ring.key_size = 0;
        return code_of(verify(std::make_shared<const bpf::Object>(bpf::object_from_slots(code, section, {ring}).value()), std::make_shared<const Platform>(*builtin_platform("linux"))));
    };
    EXPECT_EQ(judged_with("mov r6, r1\n", "exit\n"), "");
    EXPECT_NE(judged_with("mov r6, r2\n", "exit\n"), "") << "no context";
    EXPECT_NE(judged_with("mov r6, r1\nmov r7, 0\n", "mov r0, r1\nexit\n"), "") << "arguments end";
    EXPECT_NE(judged_with("mov r6, r1\nlddw r1, 0\nmov r2, 8\nmov r3, 0\ncall 131\njeq r0, 0, +5\nmov r7, r0\n", "mov r1, r7\nmov r2, 0\ncall 132\nmov r0, 0\nexit\n"), "") << "holding a record";
    EXPECT_NE(judged_with("call local f\nexit\nf: mov r6, r1\n", "exit\n"), "") << "in a function";
    EXPECT_NE(judged_with("mov r6, r1\n", "mov r0, 1\nexit\n", "sk_reuseport"), "") << "not on that hook";
    // With 0, which must be a result there.
    Platform platform = *builtin_platform("linux");
    for (Hook& hook : platform.hooks)
        if (hook.name == "socket") hook.any_return = false, hook.return_min = 1, hook.return_max = 2;
    const std::vector<bpf::Insn> code{{0xbf, 6, 1, 0, 0}, load, {0xb7, 0, 0, 0, 1}, {0x95, 0, 0, 0, 0}};
    EXPECT_EQ(code_of(verify(std::make_shared<const bpf::Object>(bpf::object_from_slots(code, "socket").value()), std::make_shared<const Platform>(platform))), "MBPF1016");
}

// The callback of bpf_loop(3, callback, &context, 0) makes a tail call, which nothing could come back from.
TEST(Callbacks, make_no_tail_calls) {
    const auto judged_with = [](std::int32_t helper) {
        auto code = bpf::assemble("stxdw [r10-8], r1\nmov r1, 3\nlddw r2, 0\nmov r3, r10\nadd r3, -8\nmov r4, 0\ncall 181\nmov r0, 0\nexit\nldxdw r1, [r2+0]\nlddw r2, 0\nmov r3, 0\ncall " + std::to_string(helper) + "\nmov r0, 0\nexit\n").value();
        code[2].src = 4;
        code[2].imm = 7;
        for (std::size_t i = 3; i < code.size(); ++i)
            if (code[i].opcode == 0x18) code[i].src = 1;
        return code_of(verify(std::make_shared<const bpf::Object>(bpf::object_from_slots(code, "tc", {map_of(3, 4, 4)}).value()), std::make_shared<const Platform>(*builtin_platform("linux"))));
    };
    EXPECT_EQ(judged_with(5), "");
    EXPECT_NE(judged_with(12), "");
}

// bpf_spin_lock is 93, bpf_spin_unlock 94; r6 a value whose lock is at 8.
TEST(Locks, are_held_briefly_and_given_back) {
    std::vector<bpf::Map> maps{map_of(1, 24, 4)};
    maps.front().kernel_fields = {{bpf::MapFieldKind::spin_lock, 8, 4}};
    const auto judged_with = [&](std::string_view use) {
        std::string text = "mov r7, r1\nstw [r10-4], 0\nlddw r1, 0\nmov r2, r10\nadd r2, -4\ncall 1\njeq r0, 0, out\nmov r6, r0\nadd r6, 8\n";
        for (char c : use) text += c == 'L' ? "mov r1, r6\ncall 93\n" : c == 'U' ? "mov r1, r6\ncall 94\n" : c == 'h' ? "call 5\n" : c == 'f' ? "call local f\n" : c == 'w' ? "stdw [r6+8], 1\n" : "mov r1, r6\nadd r1, 1\ncall 93\n";
        return code_of(judged(text + "out: mov r0, 0\nexit\n" + (use.find('f') != use.npos ? "f: mov r0, 0\nexit\n" : ""), "tc", "linux", maps, 1));
    };
    for (const char* use : {"LU", "LwU", "LUhf", "LULU"}) EXPECT_EQ(judged_with(use), "") << use;
    for (const char* use : {"L", "U", "LL", "LLUU", "LhU", "LfU", "LUU", "x"}) EXPECT_NE(judged_with(use), "") << use;
}

// The first of two runs writes its stack, the second reads it without: what is there then can be anything.
TEST(Callbacks, have_a_stack_of_their_own_for_every_run) {
    const auto judged_with = [](const char* second) {
        return code_of(judged("stdw [r10-8], 0\nmov r1, 2\nlddw r2, 7\nmov r3, r10\nadd r3, -8\nmov r4, 0\ncall 181\nmov r0, 0\nexit\n"
                              "ldxdw r3, [r2+0]\njne r3, 0, second\nstdw [r10-8], 7\nstdw [r2+0], 1\nmov r0, 0\nexit\nsecond: " + std::string(second) + "ldxdw r0, [r10-8]\nmov r1, r10\nsub r1, r0\nstb [r1+0], 0\nmov r0, 0\nexit\n"));
    };
    EXPECT_EQ(judged_with("stdw [r10-8], 7\n"), "");
    EXPECT_EQ(judged_with(""), "MBPF1011");
}

// What was compared with the packet's end, or its start, before a helper moved them. 44: bpf_xdp_adjust_head; 5: the time.
TEST(Packets, that_moved_are_as_long_as_anybody_says) {
    const auto judged_with = [](const char* before, const char* after, const char* helper) {
        return code_of(judged("mov r6, r1\nldxw r7, [r1+12]\nand r7, 63\nldxw r2, [r6+0]\nldxw r3, [r6+4]\n" + std::string(before) + "mov r1, r6\nmov r2, 4\ncall " + helper + "\n" + after + "out: mov r0, 1\nexit\n", "xdp"));
    };
    for (const auto& [before, after] : {std::pair{"mov r4, r2\nadd r4, r7\njgt r4, r3, out\n", "jeq r7, 0, out\nldxw r2, [r6+0]\nadd r2, r7\nldxb r0, [r2-1]\n"},
                                        std::pair{"mov r4, r2\nadd r4, 8\njgt r4, r3, out\n", "ldxw r2, [r6+0]\nldxb r0, [r2+7]\n"},
                                        std::pair{"ldxw r3, [r6+8]\nadd r3, 4\njgt r3, r2, out\n", "ldxw r2, [r6+8]\nldxw r0, [r2+0]\n"}}) {
        EXPECT_EQ(judged_with(before, after, "5"), "") << after;
        EXPECT_NE(judged_with(before, after, "44"), "") << after;
    }
}

}  // namespace
}  // namespace mbpf
