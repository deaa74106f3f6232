// SPDX-License-Identifier: Apache-2.0
// What platform linux allows beyond the devices: addresses may be seen, and the loader may say how large maps are.
#include "tests/verifier/judged.h"

namespace mbpf {
namespace {

// A socket is looked up, kept in r6 and at r10-24, and released.
constexpr std::string_view kReleased = R"(
    stdw [r10-16], 0
    stdw [r10-8], 0
    mov r2, r10
    add r2, -16
    mov r3, 12
    mov r4, -1
    mov r5, 0
    call 84
    jeq r0, 0, none
    mov r6, r0
    stxdw [r10-24], r6
    mov r1, r0
    call 86
)";

VerifyReport after_release(std::string_view rest) { return judged(std::string(kReleased) + std::string(rest) + "none: mov r0, 0\nexit\n"); }

TEST(Released, objects_leave_a_number) {
    const VerifyReport compared = after_release("mov r0, 1\njeq r6, 0, none\nldxdw r7, [r10-24]\njeq r7, 0, none\nexit\n");
    EXPECT_TRUE(compared.accepted()) << render_text(compared.verdicts.front().diagnostics.front());
}

TEST(Released, objects_are_read_no_more) {
    for (const char* use : {"ldxw r0, [r6+4]\nexit\n", "ldxdw r7, [r10-24]\nldxw r0, [r7+4]\nexit\n", "mov r1, r6\ncall 86\n"}) {
        const VerifyReport report = after_release(use);
        ASSERT_FALSE(report.accepted()) << use;
        EXPECT_EQ(report.verdicts.front().diagnostics.front().code, "MBPF1008") << use;
    }
}

bpf::Map hash_of(std::uint32_t entries) {
    bpf::Map map;
    map.name = "m";
    map.type = 1;
    map.key_size = 4;
    map.value_size = 8;
    map.max_entries = entries;
    return map;
}

TEST(Maps, without_a_stated_size_are_as_large_as_the_loader_says) {
    EXPECT_TRUE(judged("mov r0, 0\nexit\n", "tc", "linux", {hash_of(0)}).accepted());
    const VerifyReport device = judged("mov r0, 0\nexit\n", "trace/x", "microbpf", {hash_of(0)});
    ASSERT_FALSE(device.accepted());
    EXPECT_EQ(device.verdicts.front().diagnostics.front().code, "MBPF1038");
}

// r6 holds the address of what the kernel's configuration says.
VerifyReport with_configuration(std::string_view text, std::string_view platform, std::string_view section) {
    auto code = bpf::assemble("lddw r6, 0\n" + std::string(text)).value();
    code.front().src = static_cast<std::uint8_t>(bpf::Pseudo::map_value);
    bpf::Map configuration;
    configuration.name = ".kconfig";
    configuration.type = 2;
    configuration.key_size = 4;
    configuration.value_size = 8;
    configuration.max_entries = 1;
    configuration.origin = bpf::MapOrigin::kconfig;
    auto object = bpf::object_from_slots(std::move(code), std::string(section), {configuration}).value();
    return verify(std::make_shared<const bpf::Object>(std::move(object)), std::make_shared<const Platform>(*builtin_platform(platform)));
}

TEST(Configuration, is_read_and_no_more) {
    const auto code = [](const VerifyReport& r) { return r.accepted() ? std::string("accepted") : r.verdicts.front().diagnostics.front().code; };
    EXPECT_EQ(code(with_configuration("ldxdw r0, [r6]\nexit\n", "linux", "tc")), "accepted");
    EXPECT_EQ(code(with_configuration("ldxdw r0, [r6+1]\nexit\n", "linux", "tc")), "MBPF1013");
    EXPECT_EQ(code(with_configuration("stdw [r6], 1\nmov r0, 0\nexit\n", "linux", "tc")), "MBPF1024");
    // It is not known: a way that only its contents in the object would rule out is looked at.
    EXPECT_EQ(code(with_configuration("ldxdw r0, [r6]\njeq r0, 0, +1\nldxdw r0, [r7]\nexit\n", "linux", "tc")), "MBPF1008");
    EXPECT_EQ(code(with_configuration("ldxdw r0, [r6]\nexit\n", "microbpf", "trace/x")), "MBPF1805");
}

// main calls the function at `sub:`, which makes a tail call (helper 12; 5 in its stead: the time).
VerifyReport after_function(std::string_view rest, bool tail_call, unsigned calls = 1) {
    std::string text = "mov r6, r1\nldxw r8, [r1+76]\nldxw r9, [r1+80]\nmov r7, r8\nadd r7, 20\nmov r0, 0\njgt r7, r9, out\nstdw [r10-8], 0\n";
    for (unsigned i = 0; i < calls; ++i) text += "mov r1, r6\ncall local sub\n";
    text += std::string(rest) + "out: mov r0, 0\nexit\nsub: lddw r2, 0\nmov r3, 0\ncall " + (tail_call ? "12" : "5") + "\nmov r0, 3\nexit\n";
    auto code = bpf::assemble(text).value();
    for (bpf::Insn& insn : code)
        if (insn.opcode == 0x18) insn.src = 1;
    bpf::Map programs = hash_of(4);
    programs.type = 3;
    programs.value_size = 4;
    auto object = bpf::object_from_slots(std::move(code), "tc", {programs}).value();
    return verify(std::make_shared<const bpf::Object>(std::move(object)), std::make_shared<const Platform>(*builtin_platform("linux")));
}

// In a called function a tail call that succeeds comes back to the caller: with any result, after any change to the packet.
TEST(TailCalls, of_functions_come_back_with_anything) {
    for (unsigned calls : {1u, 3u, 20u}) {
        for (const char* use : {"mov r1, r10\nadd r1, r0\nldxb r0, [r1-8]\n", "ldxb r0, [r8+1]\n", "jeq r0, 3, out\nldxb r1, [r0+0]\n"}) {
            EXPECT_EQ(code_of(after_function(use, false, calls)), "") << use << calls;
            EXPECT_NE(code_of(after_function(use, true, calls)), "") << use << calls;
        }
        EXPECT_EQ(code_of(after_function("mov r1, r10\nand r0, 7\nadd r1, r0\nldxb r0, [r1-8]\nldxdw r0, [r10-8]\nldxw r8, [r6+76]\n", true, calls)), "") << calls;
    }
}

// If it fails, nothing has changed for the function itself.
TEST(TailCalls, that_fail_leave_the_packet) {
    constexpr std::string_view kMain = "mov r6, r1\ncall local sub\nmov r0, 0\nexit\nsub: mov r0, 0\nldxw r8, [r1+76]\nldxw r9, [r1+80]\nmov r7, r8\nadd r7, 20\njgt r7, r9, out\nlddw r2, 0\nmov r3, 0\ncall 12\nldxb r0, [r8+1]\nout: exit\n";
    auto code = bpf::assemble(kMain).value();
    for (bpf::Insn& insn : code)
        if (insn.opcode == 0x18) insn.src = 1;
    bpf::Map programs = hash_of(4);
    programs.type = 3;
    programs.value_size = 4;
    auto object = bpf::object_from_slots(std::move(code), "tc", {programs}).value();
    EXPECT_EQ(code_of(verify(std::make_shared<const bpf::Object>(std::move(object)), std::make_shared<const Platform>(*builtin_platform("linux")))), "");
}

// A pointer's distance to the packet's end, told where two ways meet: its variable part is a number less 4.
TEST(Packets, distances_of_shortened_lengths_are_told_as_they_are) {
    EXPECT_EQ(code_of(judged(R"(
        ldxw r7, [r1+76]
        ldxw r8, [r1+80]
        mov r0, 0
        mov r2, r7
        add r2, 1
        jgt r2, r8, out
        ldxb r3, [r7+0]
        jlt r3, 5, out
        mov r4, r7
        add r4, r3
        jgt r4, r8, out
        mov r5, r3
        add r5, -4
        add r7, r5
        jeq r3, 9, next
        mov r0, 1
    next:
        mov r2, r7
        add r2, 4
        jgt r2, r8, out
        ldxb r6, [r7+3]
    out:
        exit
    )")), "");
}

// bpf_csum_diff(from, from_size, to, to_size, seed)
TEST(Memory, null_stands_for_no_bytes_only) {
    const auto verdict_on = [](const char* size) {
        return code_of(judged("mov r1, 0\nmov r2, " + std::string(size) + "\nstdw [r10-8], 0\nmov r3, r10\nadd r3, -8\nmov r4, 8\nmov r5, 0\ncall 28\nmov r0, 0\nexit\n"));
    };
    EXPECT_EQ(verdict_on("0"), "");
    EXPECT_EQ(verdict_on("4"), "MBPF1010");
}

// ctx->sk (offset 168) is a sock_common, null until checked: its fields have 4 bytes.
TEST(Objects, are_read_by_their_fields) {
    const auto loaded = [](const char* load) { return code_of(judged("ldxdw r2, [r1+168]\nmov r0, 0\njeq r2, 0, out\n" + std::string(load) + "\nout: mov r0, 0\nexit\n")); };
    EXPECT_EQ(loaded("ldxw r3, [r2+4]"), "");
    EXPECT_EQ(loaded("ldxh r3, [r2+6]"), "");
    EXPECT_EQ(loaded("ldxdw r3, [r2+0]"), "MBPF1013");
    EXPECT_EQ(loaded("ldxh r3, [r2+3]"), "MBPF1013");
    EXPECT_EQ(loaded("ldxw r3, [r2+76]"), "");
    EXPECT_EQ(loaded("ldxw r3, [r2+77]"), "MBPF1013");
}

// cb, 20 bytes at 48.
TEST(Context, is_written_aligned) {
    EXPECT_EQ(code_of(judged("mov r0, 0\nstxw [r1+48], r0\nstxh [r1+54], r0\nexit\n")), "");
    EXPECT_NE(code_of(judged("mov r0, 0\nstxw [r1+50], r0\nexit\n")), "");
    EXPECT_NE(code_of(judged("mov r0, 0\nstxh [r1+49], r0\nexit\n")), "");
}

// mark, 4 bytes at 8: a number is written whole.
TEST(Context, is_written_by_whole_numbers) {
    EXPECT_EQ(code_of(judged("mov r0, 0\nstxw [r1+8], r0\nexit\n")), "");
    EXPECT_NE(code_of(judged("mov r0, 0\nstxh [r1+8], r0\nexit\n")), "");
    EXPECT_NE(code_of(judged("mov r0, 0\nstxb [r1+11], r0\nexit\n")), "");
}

// data_meta at 140, data at 76: n bytes before the packet are there if data_meta + n <= data, one more if strictly so.
TEST(Metadata, below_the_packet_by_what_was_compared) {
    const auto verdict_on = [](const char* jump, const char* load) {
        return code_of(judged("ldxw r2, [r1+140]\nldxw r3, [r1+76]\nmov r0, 0\nmov r4, r2\nadd r4, 7\n" + std::string(jump) + " r4, r3, out\n" + load + "\nout: mov r0, 0\nexit\n"));
    };
    EXPECT_EQ(verdict_on("jgt", "ldxb r5, [r2+6]"), "");
    EXPECT_EQ(verdict_on("jgt", "ldxb r5, [r2+7]"), "MBPF1013");
    EXPECT_EQ(verdict_on("jge", "ldxdw r5, [r2+0]"), "");
    EXPECT_EQ(verdict_on("jge", "ldxb r5, [r2+8]"), "MBPF1013");
}

TEST(Helpers, of_tracing_have_no_coarse_time) {
    EXPECT_EQ(code_of(judged("call 160\nmov r0, 0\nexit\n")), "");
    auto object = bpf::object_from_slots(bpf::assemble("call 160\nmov r0, 0\nexit\n").value(), "kprobe/x", {}).value();
    EXPECT_EQ(code_of(verify(std::make_shared<const bpf::Object>(std::move(object)), std::make_shared<const Platform>(*builtin_platform("linux")))), "MBPF1035");
}

// sk_msg_md: data at 0, data_end at 8. Joined segments are longer than 64 KiB; a device's packets are not.
TEST(Packets, of_the_kernel_are_long) {
    const std::string begin = "ldxdw r2, [r1+0]\nldxdw r3, [r1+8]\nmov r0, 0\n";
    const auto judged_as = [&](std::string_view rest) { return code_of(judged(begin + std::string(rest) + "out: mov r0, 0\nexit\n", "sk_msg")); };
    // Beyond 64 KiB there is more.
    EXPECT_EQ(judged_as("mov r4, r2\nadd r4, 65535\njgt r4, r3, out\nadd r4, 1\njgt r4, r3, out\nldxb r5, [r4+0]\n"), "MBPF1012");
    EXPECT_EQ(judged_as("mov r4, r2\nadd r4, 65535\njgt r4, r3, out\nadd r4, 1\njgt r4, r3, out\nldxb r5, [r4-1]\n"), "");
    // Nor is the length, or what is below it, a number of 16 bits: an index of stack bytes, if it were.
    EXPECT_EQ(judged_as("mov r4, r3\nsub r4, r2\nrsh r4, 13\nmov r5, r10\nadd r5, -8\nadd r5, r4\nstb [r5+0], 1\n"), "MBPF1017");
    EXPECT_EQ(judged_as("call 7\nand r0, 65535\n"), "");
}

// What one program type's helper takes, another's does not: a null context, or the context in a socket's stead.
TEST(Helpers, take_what_all_of_their_hooks_program_types_take) {
    EXPECT_EQ(code_of(judged("call 17\nmov r0, 0\nexit\n")), "");
    EXPECT_EQ(code_of(judged("mov r1, 0\ncall 17\nmov r0, 0\nexit\n")), "MBPF1029");  // get_cgroup_classid reads the packet's socket
    EXPECT_EQ(code_of(judged("call 46\nmov r0, 0\nexit\n", "socket")), "");
    EXPECT_EQ(code_of(judged("call 46\nmov r0, 0\nexit\n", "sk_reuseport")), "MBPF1035");  // get_socket_cookie of a socket there
    for (const char* helper : {"173", "174"}) {
        const std::string text = "call " + std::string(helper) + "\nmov r0, 0\nexit\n";
        EXPECT_EQ(code_of(judged(text, "kprobe/x")), "");
        EXPECT_EQ(code_of(judged(text, "syscall")), "MBPF1035");
    }
    EXPECT_EQ(code_of(judged("call 173\nmov r0, 0\nexit\n", "raw_tp/x")), "MBPF1035");
}

// csum_diff of 4 bytes of ctx->sk: the kernel's structure is another than what programs see.
TEST(Objects, are_no_buffers) {
    EXPECT_EQ(code_of(judged("ldxdw r1, [r1+168]\nmov r0, 0\njeq r1, 0, out\nmov r2, 4\nmov r3, 0\nmov r4, 0\nmov r5, 0\ncall 28\nout: mov r0, 0\nexit\n")), "MBPF1029");
}

bpf::Map map_of(std::uint32_t type, std::uint32_t value_size) {
    bpf::Map map = hash_of(4);
    map.type = type;
    map.value_size = value_size;
    return map;
}

// What a lookup in a map of sockets gives is an object: known by its class, null until checked, of a sockmap to be released.
TEST(Maps, of_sockets_give_objects) {
    constexpr std::uint32_t kSockmap = 15, kXskmap = 17;
    const std::string lookup = "stw [r10-4], 0\nlddw r1, 0\nmov r2, r10\nadd r2, -4\ncall 1\n";
    const auto verdict_on = [&](std::uint32_t type, std::uint32_t value_size, std::string_view rest) {
        auto code = bpf::assemble(lookup + std::string(rest)).value();
        code[1].src = 1;  // the map
        auto object = bpf::object_from_slots(std::move(code), "tc", {map_of(type, value_size)}).value();
        return code_of(verify(std::make_shared<const bpf::Object>(std::move(object)), std::make_shared<const Platform>(*builtin_platform("linux"))));
    };
    EXPECT_EQ(verdict_on(kXskmap, 4, "jeq r0, 0, out\nldxw r0, [r0+0]\nmov r0, 0\nout: exit\n"), "");
    EXPECT_EQ(verdict_on(kXskmap, 4, "ldxw r0, [r0+0]\nmov r0, 0\nexit\n"), "MBPF1010");
    EXPECT_EQ(verdict_on(kXskmap, 4, "jeq r0, 0, out\nldxw r0, [r0+4]\nmov r0, 0\nout: exit\n"), "MBPF1013");
    EXPECT_EQ(verdict_on(kSockmap, 8, "jeq r0, 0, out\nmov r1, r0\ncall 86\nmov r0, 0\nout: exit\n"), "");
    EXPECT_EQ(verdict_on(kSockmap, 8, "jeq r0, 0, out\nmov r0, 0\nout: exit\n"), "MBPF1031");
    EXPECT_EQ(verdict_on(kXskmap, 4, "jeq r0, 0, out\nmov r1, r0\ncall 86\nmov r0, 0\nout: exit\n"), "MBPF1029");
}

// The first map is used: a lookup, then `rest`; r7 is the context.
std::string after_lookup(std::vector<bpf::Map> maps, const char* section, std::string_view rest, unsigned helper = 1) {
    return code_of(judged("mov r7, r1\nstdw [r10-8], 0\nlddw r1, 0\nmov r2, r10\nadd r2, -8\ncall " + std::to_string(helper) + "\n" + std::string(rest) + "mov r0, 0\nexit\n", section, "linux", std::move(maps), 1));
}

// Programs that may sleep see elements that are not freed meanwhile; deleting from a map of sockets takes locks that a probe may interrupt.
TEST(Maps, are_those_that_the_program_type_may_use) {
    bpf::Map trie = map_of(11, 8);
    trie.key_size = 8;
    EXPECT_EQ(after_lookup({trie}, "tc", ""), "");
    for (const char* section : {"uprobe.s/x", "syscall"}) {
        EXPECT_EQ(after_lookup({trie}, section, ""), "MBPF1032") << section;
        EXPECT_EQ(after_lookup({hash_of(4)}, section, ""), "") << section;
    }
    EXPECT_EQ(after_lookup({map_of(15, 8)}, "kprobe/x", "", 3), "MBPF1032");
}

// An update takes the lock if its flags say so.
TEST(Maps, with_locks_are_for_programs_that_may_lock) {
    bpf::Map locked = map_of(1, 16), timed = map_of(1, 16);
    locked.kernel_fields = {{bpf::MapFieldKind::spin_lock, 0, 4}};
    timed.kernel_fields = {{bpf::MapFieldKind::timer, 0, 16}};
    EXPECT_EQ(after_lookup({locked}, "tc", ""), "");
    EXPECT_EQ(after_lookup({timed}, "tc", ""), "");
    EXPECT_EQ(after_lookup({locked}, "socket", ""), "MBPF1032");
    EXPECT_EQ(after_lookup({locked}, "kprobe/x", ""), "MBPF1032");
    EXPECT_EQ(after_lookup({timed}, "kprobe/x", ""), "MBPF1032");
}

// bpf_timer_init is told the map that holds the timer, with which it ends. Two maps in a map of maps look alike.
TEST(Timers, of_maps_in_maps_are_not_used) {
    bpf::Map timed = map_of(1, 16), outer = map_of(12, 4);
    timed.kernel_fields = {{bpf::MapFieldKind::timer, 0, 16}};
    const std::string init = "jeq r0, 0, out\nmov r1, r0\nlddw r2, 0\nmov r3, 1\ncall 169\nout: ";
    EXPECT_EQ(after_lookup({timed}, "tc", init), "");
    outer.inner_map = 1;
    const std::string inner = "jeq r0, 0, out\nmov r6, r0\nmov r1, r0\nmov r2, r10\nadd r2, -8\ncall 1\njeq r0, 0, out\nmov r1, r0\nmov r2, r6\nmov r3, 1\n";
    EXPECT_EQ(after_lookup({outer, timed}, "tc", inner + "out: "), "");
    EXPECT_EQ(after_lookup({outer, timed}, "tc", inner + "call 169\nout: "), "MBPF1029");
}

TEST(Maps, whose_values_no_program_sees_need_not_state_their_size) {
    constexpr std::uint32_t kHash = 1, kStackTrace = 7;
    EXPECT_EQ(code_of(judged("mov r0, 0\nexit\n", "tc", "linux", {map_of(kStackTrace, 0)})), "");
    EXPECT_EQ(code_of(judged("mov r0, 0\nexit\n", "tc", "linux", {map_of(kHash, 0)})), "MBPF1038");
}

// bpf_for_each_map_elem over the map: callback of two instructions. What is put into a hash while it is walked is walked, too.
TEST(Maps, of_any_size_cost_the_most_to_walk) {
    const auto walk = [](std::uint32_t type, std::uint32_t entries) {
        std::vector<bpf::Insn> code{{0x18, 1, 1, 0, 0}, {}, {0x18, 2, 4, 0, 6}, {}, {0xb7, 3, 0, 0, 0}, {0xb7, 4, 0, 0, 0}, {0x85, 0, 0, 0, 164}, {0xb7, 0, 0, 0, 0}, {0x95}, {0xb7, 0, 0, 0, 0}, {0x95}};
        bpf::Map map = hash_of(entries);
        map.type = type;
        auto object = bpf::object_from_slots(code, "tc", {map}).value();
        object.programs.front().functions = {{"main", 0, 9, 0}, {"visit", 9, 11, 0}};
        const VerifyReport report = verify(std::make_shared<const bpf::Object>(std::move(object)), std::make_shared<const Platform>(*builtin_platform("linux")));
        EXPECT_TRUE(report.accepted()) << (report.accepted() ? "" : render_text(report.verdicts.front().diagnostics.front()));
        return report.verdicts.front().worst_case_instructions;
    };
    for (const std::uint32_t array : {2u, 6u}) {
        EXPECT_GE(walk(array, 100), 200u);
        EXPECT_LT(walk(array, 100), 1000u);
        EXPECT_GE(walk(array, 0), 2ull * UINT32_MAX);
    }
    for (const std::uint32_t hash : {1u, 5u, 9u, 10u}) EXPECT_GE(walk(hash, 100), 2ull * UINT32_MAX);
}

}  // namespace
}  // namespace mbpf
