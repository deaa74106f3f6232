// SPDX-License-Identifier: Apache-2.0
// Programs and certificates made to get past the verifier; each once did.
#include "tests/verifier/judged.h"
#include "verifier/checker/certificate.h"

namespace mbpf {
namespace {

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

bpf::Map map_of(std::uint32_t type, std::uint32_t value_size, std::uint32_t entries) {
    bpf::Map map;
    map.name = "m";
    map.type = type;
    map.key_size = 4;
    map.value_size = value_size;
    map.max_entries = entries;
    return map;
}

std::shared_ptr<const bpf::Object> object_of(std::string_view text, const char* section, const std::vector<bpf::Map>& maps, std::initializer_list<std::uint8_t> pseudo) {
    auto code = bpf::assemble(text);
    EXPECT_TRUE(code) << render_text(code.error());
    auto kind = pseudo.begin();
    for (bpf::Insn& insn : code.value())
        if (insn.opcode == 0x18 && kind != pseudo.end()) insn.src = *kind++;
    return std::make_shared<const bpf::Object>(bpf::object_from_slots(std::move(code).value(), section, maps).value());
}

// Small machines have memory at addresses that a pointer may be moved back by: then it is 0, and leads where the null of
// another way does.
TEST(Null, is_what_a_pointer_moved_back_may_be) {
    const std::string begin = "mov r6, r1\nstw [r10-4], 0\nlddw r1, 0\nmov r2, r10\nadd r2, -4\ncall 1\njeq r0, 0, out\nmov r9, r0\ncall 7\nand r0, 255\nmov r7, r0\nmov r8, r9\n";
    const std::string end = "jgt r7, 100, met\nmov r8, 0\nmov r7, 0\nmet: jne r8, 0, out\nadd r9, r7\nstxb [r9+0], r7\nout: mov r0, 1\nexit\n";
    for (const char* platform : {"linux", "microbpf"})
        for (const auto& [move, accepted] : {std::pair{"", true}, {"add r8, 8\n", true}, {"sub r8, 134221824\n", false}}) {
            const auto object = object_of(begin + move + end, "xdp", {map_of(2, 64, 1)}, {1});
            const VerifyReport r = verify(object, std::make_shared<const Platform>(*builtin_platform(platform)));
            EXPECT_EQ(r.accepted(), accepted) << platform << " " << move << (r.accepted() ? "" : render_text(r.verdicts.front().diagnostics.front()));
        }
}

bool proves(const std::shared_ptr<const bpf::Object>& object, const char* platform, const std::vector<std::uint8_t>& proof) {
    VerifyOptions options;
    options.certificates = {proof};
    return verify(object, std::make_shared<const Platform>(*builtin_platform(platform)), options).accepted();
}

// The search finds nothing for `bad`. Nor may the checker take what it found for `good`, whose instructions stand where
// those of `bad` do, nor that with a bit turned over.
void expect_no_proof(const std::string& good, const std::string& bad, const char* section, const char* platform, const std::vector<bpf::Map>& maps, std::initializer_list<std::uint8_t> pseudo) {
    const auto right = object_of(good, section, maps, pseudo), wrong = object_of(bad, section, maps, pseudo);
    const VerifyReport found = verify(right, std::make_shared<const Platform>(*builtin_platform(platform)));
    ASSERT_TRUE(found.accepted()) << render_text(found.verdicts.front().diagnostics.front());
    std::vector<std::uint8_t> proof = found.verdicts.front().certificate;
    EXPECT_TRUE(proves(right, platform, proof));
    EXPECT_FALSE(verify(wrong, std::make_shared<const Platform>(*builtin_platform(platform))).accepted()) << bad;
    EXPECT_FALSE(proves(wrong, platform, proof)) << bad;
    for (std::size_t i = 0; i < proof.size(); ++i)
        for (unsigned bit = 0; bit < 8; ++bit) {
            proof[i] ^= static_cast<std::uint8_t>(1u << bit);
            EXPECT_FALSE(proves(wrong, platform, proof)) << bad << i << " " << bit;
            proof[i] ^= static_cast<std::uint8_t>(1u << bit);
        }
}

// Twenty calls of one function stand behind a contract. This one moves the packet.
TEST(Forged, contracts_do_not_keep_packets) {
    // The first call makes the contract: nothing is known of the packet yet.
    std::string text = "mov r6, r1\ncall local f\nldxw r7, [r6+76]\nldxw r2, [r6+80]\nmov r3, r7\nadd r3, 14\njgt r3, r2, out\n";
    for (int i = 0; i < 20; ++i) text += "mov r1, r6\ncall local f\n";
    text += "ldxb r0, [r7+13]\nout: mov r0, 0\nexit\nf: ldxw r4, [r1+0]\njeq r4, 7, met\nmov r3, 1\nmet: mov r2, 0\ncall ";
    expect_no_proof(text + "34\nmov r0, 0\nexit\n", text + "39\nmov r0, 0\nexit\n", "tc", "linux", {}, {});
}

// r7 is borrowed from the socket r6: to find it null gives nothing back.
TEST(Forged, what_is_borrowed_is_not_held) {
    const std::string text = "mov r8, r1\nstdw [r10-16], 0\nstdw [r10-8], 0\nmov r2, r10\nadd r2, -16\nmov r3, 12\nmov r4, -1\nmov r5, 0\ncall 84\njeq r0, 0, none\nmov r6, r0\nmov r1, r0\ncall 96\nmov r7, r0\n"
                             "ldxw r1, [r8+0]\njeq r1, 7, met\nmov r9, 1\nmet: jne r7, 0, there\n";
    const std::string rest = "none: mov r0, 0\nexit\nthere: mov r1, r6\ncall 86\nmov r0, 0\nexit\n";
    expect_no_proof(text + "mov r1, r6\ncall 86\n" + rest, text + "mov r1, r6\ncall 5\n" + rest, "tc", "linux", {}, {});
}

// A callback's key is not to be written.
TEST(Forged, what_is_read_only_stays_so) {
    const std::string text = "mov r6, r1\nlddw r1, 0\nlddw r2, 6\nmov r3, 0\nmov r4, 0\ncall 164\nmov r0, 0\nexit\nldxw r5, [r3+0]\njeq r5, 7, met\nmov r9, 1\nmet: ";
    expect_no_proof(text + "ldxw r0, [r2+0]\nmov r0, 0\nexit\n", text + "stw [r2+0], 1\nmov r0, 0\nexit\n", "tc", "linux", {map_of(2, 8, 4)}, {1, 4});
}

// A certificate by hand: one invariant at slot 2 of a program, of which `values` are told.
VerifyReport with_invariant(std::string_view text, const std::vector<std::uint8_t>& values) {
    std::vector<std::uint8_t> node{1, 0, 0, 20};  // one; its length; no parts; 10 instructions are left
    node.insert(node.end(), values.begin(), values.end());
    node[1] = static_cast<std::uint8_t>(node.size() - 2);
    std::vector<std::uint8_t> proof{'M', 'B', 'P', 'C', proof::kVersion, 20, 1, 8, 1, 0, 8, 1, 2, 0, 0, 0, 0, 0, 0, 0};
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

// The callback takes an element out and puts others in, farther on: those are visited, too. On Linux 6.18 the callback of a hash
// of 8 elements ran 21 times. Here it writes the next of 16 bytes each time.
TEST(Callbacks, run_more_often_than_a_hash_has_elements) {
    const std::string text = "stdw [r10-8], 0\nstdw [r10-16], 0\nlddw r1, 0\nlddw r2, 0\nmov r3, r10\nadd r3, -8\nmov r4, 0\ncall 164\nmov r0, 0\nexit\n"
                             "ldxdw r5, [r4+0]\nmov r1, r4\nadd r1, r5\nadd r1, -8\nstb [r1+0], 1\nadd r5, 1\nstxdw [r4+0], r5\nmov r0, 0\nexit\n";
    EXPECT_EQ(code_of(judged_with_callback(text, {map_of(2, 8, 16)})), "");
    EXPECT_NE(code_of(judged_with_callback(text, {map_of(2, 8, 17)})), "");
    for (const std::uint32_t hash : {1u, 5u, 9u}) EXPECT_NE(code_of(judged_with_callback(text, {map_of(hash, 8, 8)})), "") << hash;
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

// p & (p + n), for one n after the other, tells the address p bit by bit.
TEST(Addresses, are_not_told_by_comparisons) {
    const auto judged_with = [](const char* jump, const char* platform) {
        return code_of(judged("mov r2, r10\nadd r2, -8\nmov r3, r2\nadd r3, 536870000\nmov r0, 1\n" + std::string(jump) + " r2, r3, out\nmov r0, 2\nout: exit\n", "xdp", platform));
    };
    for (const char* jump : {"jset", "jset32", "jlt32", "jeq32", "jslt"}) {
        EXPECT_EQ(judged_with(jump, "microbpf"), "MBPF1014") << jump;
        EXPECT_EQ(judged_with(jump, "linux"), "") << jump << ": programs see addresses there";
    }
    EXPECT_EQ(judged_with("jlt", "microbpf"), "");
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

// r6 and r7 are values of one map, r8 and r9 their locks; what is locked is what is to be given back, whatever way it came.
TEST(Locks, are_given_back_to_the_value_that_was_locked) {
    std::vector<bpf::Map> maps{map_of(1, 24, 4)};
    maps.front().kernel_fields = {{bpf::MapFieldKind::spin_lock, 8, 4}};
    const std::string find = "lddw r1, 0\nmov r2, r10\nadd r2, -4\ncall 1\njeq r0, 0, out\n", done = "out: mov r0, 0\nexit\n", begin = "stw [r10-4], 0\n" + find + "mov r6, r0\n" + find + "mov r7, r0\n";
    const auto takes = [](const char* reg, const char* helper) { return std::string("mov r1, ") + reg + "\nadd r1, 8\ncall " + helper + "\n"; };
    const auto judged_as = [&](const std::string& text) { return code_of(judged(text + done, "tc", "linux", maps, 1)); };
    EXPECT_EQ(judged_as(begin + takes("r6", "93") + takes("r6", "94") + takes("r7", "93") + takes("r7", "94")), "");
    EXPECT_EQ(judged_as(begin + takes("r6", "93") + takes("r7", "94")), "MBPF1044");
    // Through the stack, and through another register.
    EXPECT_EQ(judged_as(begin + "stxdw [r10-16], r6\nmov r8, r7\n" + takes("r6", "93") + "ldxdw r6, [r10-16]\n" + takes("r6", "94") + takes("r8", "93") + takes("r7", "94")), "");
    EXPECT_EQ(judged_as(begin + "stxdw [r10-16], r6\n" + takes("r7", "93") + "ldxdw r7, [r10-16]\n" + takes("r7", "94")), "MBPF1044");
    // One of two, by a way that is known no more.
    const std::string either = begin + "mov r9, r6\nldxb r3, [r7+0]\njeq r3, 0, one\nmov r9, r7\none: ";
    EXPECT_EQ(judged_as(either + takes("r9", "93") + takes("r9", "94")), "");
    EXPECT_EQ(judged_as(either + takes("r9", "93") + takes("r7", "94")), "MBPF1044");
    EXPECT_EQ(judged_as(either + takes("r6", "93") + takes("r9", "94")), "MBPF1044");
    // Found in the same place of a loop: the last one is another than the one before.
    const auto twice = [&](const char* locked, const char* given_back) {
        return judged_as("stw [r10-4], 0\n" + find + "mov r6, r0\nmov r7, r0\nmov r9, 0\nagain: stxw [r10-4], r9\nmov r7, r6\n" + find + "mov r6, r0\nadd r9, 1\njlt r9, 3, again\n" + takes(locked, "93") + takes(given_back, "94"));
    };
    EXPECT_EQ(twice("r6", "r6"), "");
    EXPECT_EQ(twice("r6", "r7"), "MBPF1044");
    EXPECT_EQ(twice("r7", "r6"), "MBPF1044");
}

// Two values that one function found, and the values that a callback is passed one after the other.
TEST(Locks, of_what_functions_and_callbacks_find) {
    std::vector<bpf::Map> maps{map_of(1, 24, 4)};
    maps.front().kernel_fields = {{bpf::MapFieldKind::spin_lock, 8, 4}};
    const auto judged_as = [&](const std::string& text) { return code_of(judged(text, "tc", "linux", maps, 1)); };
    const auto called = [&](const char* locked, const char* given_back) {
        return judged_as("mov r1, 0\ncall local f\njeq r0, 0, out\nmov r6, r0\nmov r1, 1\ncall local f\njeq r0, 0, out\nmov r7, r0\nmov r1, " + std::string(locked) + "\nadd r1, 8\ncall 93\nmov r1, " + given_back +
                         "\nadd r1, 8\ncall 94\nout: mov r0, 0\nexit\nf: stxw [r10-4], r1\nlddw r1, 0\nmov r2, r10\nadd r2, -4\ncall 1\nexit\n");
    };
    EXPECT_EQ(called("r7", "r7"), "");
    EXPECT_NE(called("r6", "r7"), "");
    EXPECT_NE(called("r7", "r6"), "");
    // The value found before the walk is at r10 - 8 of the caller, then the one passed last.
    const auto each = [&](const char* given_back) {
        auto code = bpf::assemble("stdw [r10-8], 0\nlddw r1, 0\nmov r2, r10\nadd r2, -12\nstw [r10-12], 0\ncall 1\njeq r0, 0, out\nstxdw [r10-8], r0\nlddw r1, 0\nlddw r2, 7\nmov r3, r10\nadd r3, -8\nmov r4, 0\ncall 164\nout: mov r0, 0\nexit\n"
                                  "mov r6, r3\nmov r7, r4\nldxdw r8, [r7+0]\nmov r1, r6\nadd r1, 8\ncall 93\n" + std::string(given_back) + "add r1, 8\ncall 94\nstxdw [r7+0], r6\nmov r0, 0\nexit\n").value();
        for (bpf::Insn& insn : code)
            if (insn.opcode == 0x18) insn.src = insn.dst == 2 ? 4 : 1;
        return code_of(verify(std::make_shared<const bpf::Object>(bpf::object_from_slots(code, "tc", maps).value()), std::make_shared<const Platform>(*builtin_platform("linux"))));
    };
    EXPECT_EQ(each("mov r1, r6\n"), "");
    EXPECT_EQ(each("mov r1, r8\n"), "MBPF1044");
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

// Sums that the old packet's length is a part of, of which a part becomes known better once there is a new length: read at
// the sum less 10, and at its distance from the other part.
TEST(Packets, that_moved_are_in_no_sum_of_before) {
    const auto judged_with = [](const char* sum, const char* after, const char* helper) {
        return code_of(judged("mov r6, r1\nldxw r7, [r1+16]\nand r7, 3\nldxw r2, [r6+0]\nldxw r9, [r6+4]\nsub r9, r2\n" + std::string(sum) + "mov r1, r6\nmov r2, 4\ncall " + helper +
                              "\nldxw r2, [r6+0]\nldxw r3, [r6+4]\n" + after + "out: mov r0, 1\nexit\n", "xdp"));
    };
    constexpr const char* kRead = "jlt r8, 10, out\njgt r8, 1000, out\njgt r7, 2, out\nadd r2, r8\nldxb r0, [r2-10]\n";
    constexpr const char* kDistance = "sub r3, r2\njslt r3, 1, out\njsgt r3, 8, out\nsub r8, r7\nstdw [r10-16], 0\nstdw [r10-8], 0\nadd r8, r10\nldxb r0, [r8-16]\n";
    for (const auto& [sum, after] : {std::pair{"mov r8, r9\nadd r8, r7\n", kRead}, std::pair{"mov r8, r7\nadd r8, r9\n", kDistance}}) {
        EXPECT_EQ(judged_with(sum, after, "5"), "") << after;
        EXPECT_NE(judged_with(sum, after, "44"), "") << after;
    }
}

// Certificates by hand: cost units are instructions, every function may use 8 bytes of stack.
struct StatedPoint {
    std::uint32_t point = 0;
    std::vector<std::uint8_t> body;
};
constexpr std::uint8_t kFrames = 2, kTerms = 1;
constexpr std::uint32_t kEntry = 0x40000000u, kExit = 0xc0000000u;

std::vector<std::uint8_t> proof_of(std::uint8_t worst_case, const std::vector<StatedPoint>& points, std::uint8_t function = 9) {
    std::vector<std::uint8_t> proof{'M', 'B', 'P', 'C', proof::kVersion, worst_case, 1, 64, 0, static_cast<std::uint8_t>(points.size())}, nodes;
    proof[8] = 2;  // functions: the program's first, and another
    const std::vector<std::uint8_t> functions{0, 8, function, 8};
    proof.insert(proof.begin() + 9, functions.begin(), functions.end());
    for (const StatedPoint& p : points) {
        for (std::uint32_t word : {p.point, static_cast<std::uint32_t>(nodes.size())})
            for (int i = 0; i < 4; ++i) proof.push_back(static_cast<std::uint8_t>(word >> (8 * i)));
        nodes.push_back(1);
        nodes.push_back(static_cast<std::uint8_t>(p.body.size()));
        nodes.insert(nodes.end(), p.body.begin(), p.body.end());
    }
    proof.insert(proof.end(), nodes.begin(), nodes.end());
    return proof;
}
// One frame beyond the first: returns to contract 0, runs the function at 9.
const std::vector<std::uint8_t> kInContract{1, 0x80, 0x80, 0x80, 0x80, 4, 9, 0};
std::vector<std::uint8_t> joined(std::vector<std::uint8_t> a, const std::vector<std::uint8_t>& b, const std::vector<std::uint8_t>& c = {}) {
    a.insert(a.end(), b.begin(), b.end());
    a.insert(a.end(), c.begin(), c.end());
    return a;
}

// The function at 9 gets r1 and does three instructions. Values: r1 as told, then r0 = 0 at the exit.
VerifyReport with_contract(const std::string& main, const char* function, std::uint8_t worst_case, const std::vector<std::uint8_t>& entry) {
    VerifyOptions options;
    options.certificates = {proof_of(worst_case, {{kEntry | 9, entry}, {kExit, {0, 0, 1, 0, 1, 0}}})};
    return verify(object_of(main + "mov r0, 0\nexit\n" + function + "mov r0, 0\nexit\n", "trace/x", {}, {}), std::make_shared<const Platform>(*builtin_platform("microbpf")), options);
}

TEST(Forged, contracts_are_of_functions_that_cannot_reach_their_callers) {
    // r1 = 3, a number: fine, and the call costs what the contract says.
    const std::string plain = "mov r1, 3\ncall local +7\nmov r3, 0\nmov r4, 0\nmov r5, 0\nmov r6, 0\nmov r7, 0\n";
    const std::vector<std::uint8_t> three{1, 1, 1, 6};
    const auto by_number = [&](std::uint8_t worst_case, std::uint8_t cost) { return code_of(with_contract(plain, "mov r2, 1\n", worst_case, joined({kFrames, cost}, kInContract, three))); };
    EXPECT_EQ(by_number(12, 6), "");
    EXPECT_EQ(by_number(11, 6), "MBPF1050") << "three more than main's nine";
    EXPECT_EQ(by_number(12, 4), "MBPF1050") << "the function takes three";
    // A cost of 0 and once r1, which is 3: it is no constant.
    EXPECT_EQ(code_of(with_contract(plain, "mov r2, 1\n", 9, joined({kFrames | kTerms, 0, 1, 1 << 2, 2}, kInContract, three))), "MBPF1050");
    // r1 = r10: the function writes into main's frame, whose slot main takes for what it was.
    const std::string stack = "stdw [r10-8], 0\nmov r1, r10\ncall local +6\nldxdw r3, [r10-8]\nmov r4, r10\nadd r4, r3\nstb [r4-8], 1\n";
    const std::vector<std::uint8_t> frame{1, 1, 2, 2, 0, 0, 0};
    EXPECT_EQ(code_of(with_contract(stack, "stdw [r1-8], 999\n", 12, joined({kFrames, 6}, kInContract, frame))), "MBPF1050");
}

// The function releases the record that main holds, and main releases it again.
TEST(Forged, contracts_hold_nothing_of_their_callers) {
    bpf::Map ring = map_of(27, 0, 4096);
    ring.key_size = 0;
    const auto judged_with = [&](const char* helper, bool contract) {
        const std::string text = "lddw r1, 0\nmov r2, 8\nmov r3, 0\ncall 131\njeq r0, 0, out\nmov r6, r0\nmov r1, r0\ncall local f\nmov r1, r6\nmov r2, 0\ncall 132\nout: mov r0, 0\nexit\nf: mov r2, 0\ncall " + std::string(helper) + "\nmov r0, 0\nexit\n";
        constexpr std::uint8_t kReferences = 16, kFunction = 14, kOut = 12;
        std::vector<StatedPoint> points{{kOut, {0, 4, 0}}};
        if (contract) {
            // Frames as in kInContract; reference 1 was acquired at 4; r1 leads to the record of 8 bytes.
            points.push_back({kEntry | kFunction, {kFrames | kReferences, 20, 1, 0x80, 0x80, 0x80, 0x80, 4, kFunction, 0, 1, 4, 1, 1, 2, 8 | 32 | 64 | 128, 8, 0, 1, 0, 0}});
            points.push_back({kExit, {0, 0, 1, 0, 1, 0}});
        }
        VerifyOptions options;
        options.certificates = {proof_of(127, points, kFunction)};
        return code_of(verify(object_of(text, "tc", {ring}, {1}), std::make_shared<const Platform>(*builtin_platform("linux")), options));
    };
    EXPECT_EQ(judged_with("5", false), "");
    EXPECT_EQ(judged_with("132", false), "MBPF1050");
    EXPECT_EQ(judged_with("132", true), "MBPF1050");
}

// In a called function a tail call may fail: what stands behind it is run, and must be stated.
TEST(Forged, what_stands_behind_a_tail_call_is_judged) {
    const auto judged_with = [](const char* behind, bool stated) {
        const std::string text = "mov r6, 0\nmov r6, 0\nmov r6, 0\nmov r6, 0\nmov r6, 0\nmov r6, 0\ncall local +2\nmov r0, 0\nexit\nlddw r2, 0\nmov r3, 0\ncall 12\n" + std::string(behind) + "\nexit\n";
        std::vector<StatedPoint> points;
        if (stated) points.push_back({13, {kFrames, 20, 1, 7, 9, 0, 0}});
        VerifyOptions options;
        options.certificates = {proof_of(40, points)};
        return code_of(verify(object_of(text, "tc", {map_of(3, 4, 4)}, {1}), std::make_shared<const Platform>(*builtin_platform("linux")), options));
    };
    EXPECT_EQ(judged_with("mov r0, 0", true), "");
    EXPECT_EQ(judged_with("mov r0, 0", false), "MBPF1050");
    EXPECT_EQ(judged_with("ldxdw r0, [r5+0]", true), "MBPF1050");
}

// The context's address is stored; that the bytes are written is stated, but not that they are a pointer.
TEST(Forged, stored_pointers_are_no_numbers) {
    VerifyOptions options;
    const auto with_point = [&](std::vector<std::uint8_t> body) {
        options.certificates = {proof_of(40, {{2, std::move(body)}})};
        return code_of(verify(object_of("stxdw [r10-8], r1\nja next\nnext: ldxdw r0, [r10-8]\nmov r0, 0\nexit\n", "trace/x", {}, {}), std::make_shared<const Platform>(*builtin_platform("microbpf")), options));
    };
    constexpr std::uint8_t kWritten = 128;
    const std::vector<std::uint8_t> written{kWritten, 20, 1, 0xf8, 3, 8};  // one range: 8 bytes behind 504
    // The place is 80 + 504 * 8 + 7 = 4119.
    EXPECT_EQ(with_point(joined(written, {1, 0x97, 0x20}, {2, 1 | 32, 48, 0, 0})), "") << "a context pointer at r10 - 8";
    EXPECT_EQ(with_point(joined(written, {0})), "MBPF1050") << "nothing";
    EXPECT_EQ(with_point(joined(written, {1, 0x97, 0x20}, {1 | 8 << 2, 64})), "MBPF1050") << "any number";
}

// The function of bpf_for_each_map_elem gets a map first, no number: a proof may not leave out, at the gate, what it is passed.
TEST(Forged, callbacks_of_maps_are_passed_maps) {
    const std::string text = "lddw r1, 0\nlddw r2, 6\nmov r3, 0\nmov r4, 0\ncall 164\nmov r0, 0\nexit\n";
    const auto judged_with = [&](const std::string& callback, bool told) {
        // Frames: returns to 7, runs the function at 9 as a callback. Its runs left (frame 1, place 4) are 4 at most, and cost 12 each.
        std::vector<std::uint8_t> body{kFrames | kTerms, 20, 1, 28 << 2, 24, 1, 7, 9, 1};
        if (told) body = joined(body, {2, 28, 1 | 1 << 2, 0, 4, 30, 2, 7 | 64, 0, 0, 0});
        else body = joined(body, {1, 28, 1 | 1 << 2, 0, 4});
        VerifyOptions options;
        options.certificates = {proof_of(100, {{0x80000000u | 6, body}})};
        return code_of(verify(object_of(text + callback + "mov r0, 0\nexit\n", "tc", {map_of(2, 8, 4)}, {1, 4}), std::make_shared<const Platform>(*builtin_platform("linux")), options));
    };
    EXPECT_EQ(judged_with("ldxw r5, [r2+0]\n", true), "");
    EXPECT_EQ(judged_with("mov r5, 0\n", false), "MBPF1050");
    EXPECT_EQ(judged_with("rsh r1, 20\nmov r5, r10\nsub r5, r1\nstb [r5-1], 0\n", false), "MBPF1050") << "an address as an offset";
}

}  // namespace
}  // namespace mbpf
