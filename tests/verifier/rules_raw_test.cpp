// SPDX-License-Identifier: Apache-2.0
// Rules that C cannot break: bytecode slot by slot. Also: every rule of the verifier has a test that fires it.
#include <gtest/gtest.h>

#include "core/core_relocations.h"
#include "tests/verifier/rules.h"
#include "verifier/certificate_file.h"
#include "verifier/verify.h"

namespace mbpf {
namespace {

using bpf::Insn;

Insn slot(unsigned opcode, unsigned dst = 0, unsigned src = 0, int offset = 0, std::int32_t imm = 0) {
    return {static_cast<std::uint8_t>(opcode), static_cast<std::uint8_t>(dst), static_cast<std::uint8_t>(src), static_cast<std::int16_t>(offset), imm};
}
const Insn kExit = slot(0x95), kZero = slot(0xb7);

struct Raw {
    const char* name;
    const char* code;  // "": accepted
    std::vector<Insn> program;
    const char* section = "trace/x";
};

VerifyReport judge(std::vector<Insn> program, const char* section, std::vector<bpf::Map> maps = {}, std::shared_ptr<const Platform> platform = nullptr) {
    auto object = bpf::object_from_slots(std::move(program), section, std::move(maps));
    if (platform == nullptr) platform = std::make_shared<const Platform>(*builtin_platform("microbpf"));
    return verify(std::make_shared<const bpf::Object>(std::move(object).value()), platform);
}

std::vector<bpf::Map> one_map() {
    bpf::Map map;
    map.name = "m";
    map.type = 2;
    map.key_size = 4;
    map.value_size = 16;
    map.max_entries = 2;
    return {map};
}

class RawRules : public ::testing::TestWithParam<Raw> {};

TEST_P(RawRules, are_enforced) {
    const VerifyReport report = judge(GetParam().program, GetParam().section, one_map());
    const std::string code = GetParam().code;
    if (code.empty()) {
        EXPECT_TRUE(report.accepted()) << render_text(report.verdicts.front().diagnostics.front());
        return;
    }
    ASSERT_FALSE(report.accepted()) << "should have been rejected";
    EXPECT_EQ(report.verdicts.front().diagnostics.front().code, code) << render_text(report.verdicts.front().diagnostics.front());
    fired_codes().insert(code);
}

// A call chain of n functions, each calling the next.
std::vector<Insn> chain(unsigned n) {
    std::vector<Insn> code;
    for (unsigned i = 0; i + 1 < n; ++i) {
        code.push_back(slot(0x85, 0, 1, 0, 1));  // call the next function: behind the exit
        code.push_back(kExit);
    }
    code.push_back(kZero);
    code.push_back(kExit);
    return code;
}

const Raw kRaw[] = {
    {"minimal", "", {kZero, kExit}},
    {"empty", "MBPF1001", {}},
    {"reserved_field", "MBPF1001", {slot(0xb7, 0, 0, 5, 0), kExit}},
    {"register_11", "MBPF1001", {slot(0xb7, 11), kZero, kExit}},
    {"writes_r10", "MBPF1001", {slot(0xb7, 10), kZero, kExit}},
    {"half_an_immediate", "MBPF1001", {slot(0x18, 0), slot(0xb7), kExit}},
    {"no_such_map", "MBPF1001", {slot(0x18, 1, 1, 0, 9), slot(0), kZero, kExit}},
    {"jump_out", "MBPF1002", {slot(0x05, 0, 0, 9), kZero, kExit}},
    {"jump_back_out", "MBPF1002", {slot(0x05, 0, 0, -3), kZero, kExit}},
    {"jump_into_immediate", "MBPF1002", {slot(0x15, 1, 0, 1, 0), slot(0x18, 0), slot(0), kExit}},
    {"falls_off", "MBPF1003", {kZero}},
    {"falls_off_after_jump", "MBPF1003", {kZero, slot(0x15, 0, 0, -2, 0)}},
    {"recursion", "MBPF1005", {slot(0x85, 0, 1, 0, -1), kExit}},
    {"deep_calls_allowed", "", chain(8)},
    {"deep_calls", "MBPF1006", chain(9)},
    {"never_returns", "MBPF1042", {slot(0x05, 0, 0, -1), kZero, kExit}},
    {"unreadable_result", "MBPF1008", {kExit}},
    {"argument_register_at_entry", "MBPF1008", {slot(0xbf, 0, 3), kExit}},
    {"argument_register_after_call", "MBPF1008", {slot(0x85, 0, 0, 0, 5), slot(0xbf, 0, 1), kExit}},
    {"callers_saved_register_in_callee", "MBPF1008", {slot(0xb7, 6, 0, 0, 7), slot(0x85, 0, 1, 0, 1), kExit, slot(0xbf, 0, 6), kExit}},
    {"saved_registers_survive_calls", "", {slot(0xb7, 6, 0, 0, 7), slot(0x85, 0, 1, 0, 2), slot(0x0f, 0, 6), kExit, slot(0xb7, 6, 0, 0, 1), kZero, kExit}},
    {"one_path_leaves_it_unset", "MBPF1008", {slot(0x61, 2, 1, 8), slot(0x15, 2, 0, 1, 0), slot(0xb7, 3), slot(0xbf, 0, 3), kExit}},
    {"pointer_times_two", "MBPF1009", {slot(0x27, 1, 0, 0, 2), kZero, kExit}},
    {"pointer_moved_32_bits", "MBPF1009", {slot(0xbc, 2, 1), kZero, kExit}},
    {"frame_pointer_negated", "MBPF1009", {slot(0xbf, 2, 10), slot(0x87, 2), kZero, kExit}},
    {"pointer_compared_with_number", "MBPF1014", {slot(0x15, 1, 0, 0, 5), kZero, kExit}},
    {"pointers_of_two_objects_compared", "MBPF1014", {slot(0x1d, 1, 10, 0), kZero, kExit}},
    // r2 data, r3 data_end: the comparison of their halves is allowed, but what it seems to say of the packet is not believed.
    {"packet_pointers_compared_by_halves", "MBPF1014", {slot(0x61, 2, 1, 0), slot(0x61, 3, 1, 4), slot(0x1e, 2, 3, 1), slot(0xb7, 4), slot(0xb7, 0, 0, 0, 1), kExit}, "xdp"},
    {"order_of_halves_tells_no_bound", "MBPF1014", {slot(0x61, 2, 1, 0), slot(0x61, 3, 1, 4), slot(0xbf, 4, 2), slot(0x07, 4, 0, 0, 4), slot(0xb7, 0, 0, 0, 1), slot(0x2e, 4, 3, 1), slot(0x61, 5, 2, 0), kExit}, "xdp"},
    {"equality_of_halves_tells_no_bound", "MBPF1014", {slot(0x61, 2, 1, 0), slot(0x61, 3, 1, 4), slot(0xbf, 4, 2), slot(0x07, 4, 0, 0, 4), slot(0xb7, 0, 0, 0, 1), slot(0x5e, 4, 3, 1), slot(0x61, 5, 2, 0), kExit}, "xdp"},
    {"packet_compared_with_context_by_halves", "MBPF1014", {slot(0x61, 2, 1, 0), slot(0x1e, 2, 1, 0), slot(0xb7, 0, 0, 0, 1), kExit}, "xdp"},
    {"pointer_from_callee", "MBPF1015", {slot(0x85, 0, 1, 0, 2), kZero, kExit, slot(0xbf, 0, 10), kExit}},
    {"pointer_back_from_callee", "", {slot(0x85, 0, 1, 0, 2), slot(0x61, 0, 0, 8), kExit, slot(0xbf, 0, 1), kExit}},
    {"pointer_back_from_callee_keeps_its_bounds", "MBPF1021", {slot(0x85, 0, 1, 0, 2), slot(0x61, 0, 0, 4096), kExit, slot(0xbf, 0, 1), kExit}},
    {"null_or_pointer_back_unchecked", "MBPF1010", {slot(0x85, 0, 1, 0, 2), slot(0x61, 0, 0, 8), kExit, slot(0x61, 2, 1, 8), slot(0xb7, 0), slot(0x15, 2, 0, 1, 0), slot(0xbf, 0, 1), kExit}},
    {"pointer_to_callers_stack_back", "", {slot(0xbf, 1, 10), slot(0x7a, 10, 0, -8, 3), slot(0x85, 0, 1, 0, 2), slot(0x79, 0, 0, -8), kExit, slot(0xbf, 0, 1), kExit}},
    {"pointer_to_own_stack_beside_a_number_back", "MBPF1015", {slot(0x85, 0, 1, 0, 1), kExit, slot(0x61, 2, 1, 8), slot(0xb7, 0), slot(0x15, 2, 0, 1, 0), slot(0xbf, 0, 10), kExit}},
    {"map_named_with_a_second_half", "MBPF1001", {slot(0x18, 2, 1), slot(0, 0, 0, 0, 47), kZero, kExit}},
    {"pointer_stored_in_half", "MBPF1020", {slot(0x63, 10, 1, -8), kZero, kExit}},
    {"pointer_stored_unaligned", "MBPF1020", {slot(0x7b, 10, 1, -12), kZero, kExit}},
    {"pointer_spilled_and_filled", "", {slot(0x7b, 10, 1, -8), slot(0x79, 2, 10, -8), slot(0x61, 0, 2, 8), kExit}},
    {"half_of_a_spilled_pointer_read", "MBPF1019", {slot(0x7b, 10, 1, -8), slot(0x61, 0, 10, -8), kExit}},
    {"rest_of_an_overwritten_pointer_read", "MBPF1018", {slot(0x7b, 10, 1, -8), slot(0x62, 10, 0, -8, 0), slot(0x61, 0, 10, -4), kExit}},
    {"atomic_on_context", "MBPF1027", {slot(0xb7, 2), slot(0xdb, 1, 2, 0, 0), kZero, kExit}},
    {"atomic_unaligned", "MBPF1028", {slot(0x7a, 10, 0, -8), slot(0x7a, 10, 0, -16), slot(0xb7, 2), slot(0xdb, 10, 2, -12, 0), kZero, kExit}},
    {"atomic_on_stack", "", {slot(0x7a, 10, 0, -8), slot(0xb7, 2), slot(0xdb, 10, 2, -8, 1), kZero, kExit}},
    {"stack_above_frame", "MBPF1017", {slot(0x7a, 10, 0, 0), kZero, kExit}},
    {"stack_below_frame", "MBPF1017", {slot(0x7a, 10, 0, -520), kZero, kExit}},
    {"kfunc", "MBPF1801", {slot(0x85, 0, 2, 0, 7), kExit}},
    {"may_goto", "MBPF1810", {kZero, slot(0xe5, 0, 0, 1), slot(0x05, 0, 0, -2), kExit}},
    {"callx", "MBPF1802", {slot(0x8d, 1), kZero, kExit}},
    {"legacy_load", "MBPF1803", {slot(0x30), kExit}},
    {"callback", "MBPF1804", {slot(0x18, 2, 4, 0, 3), slot(0), kZero, kExit, kZero, kExit}},
    {"extern_variable", "MBPF1805", {slot(0x18, 2, 3), slot(0), kZero, kExit}},
    {"direct_map_value", "MBPF1805", {slot(0x18, 2, 2), slot(0), kZero, kExit}},
    // One path copies an unchecked pointer (null together), the other has a checked and an unchecked one: a check of
    // the first says nothing of the second there.
    {"null_together_on_one_path_only", "MBPF1010",
     {slot(0xbf, 6, 1), slot(0x62, 10, 0, -4, 2), slot(0x18, 1, 1), slot(0), slot(0xbf, 2, 10), slot(0x07, 2, 0, 0, -4), slot(0x85, 0, 0, 0, 1), slot(0xbf, 7, 0), slot(0xbf, 8, 0),
      slot(0x61, 1, 6, 8), slot(0x15, 1, 0, 7, 0), slot(0x15, 7, 0, 9, 0), slot(0x18, 1, 1), slot(0), slot(0xbf, 2, 10), slot(0x07, 2, 0, 0, -4), slot(0x85, 0, 0, 0, 1), slot(0xbf, 8, 0),
      slot(0xb7, 0), slot(0x15, 7, 0, 1, 0), slot(0x79, 0, 8, 0), slot(0xb7, 0), kExit}},
    {"dead_code_is_not_judged", "", {kZero, slot(0x05, 0, 0, 1), slot(0x79, 5, 4, 0), kExit}},
    {"infeasible_branch_is_not_judged", "", {slot(0xb7, 2, 0, 0, 3), kZero, slot(0x15, 2, 0, 1, 3), slot(0x79, 0, 2, 0), kExit}},
};

INSTANTIATE_TEST_SUITE_P(Bytecode, RawRules, ::testing::ValuesIn(kRaw), [](const auto& i) { return std::string(i.param.name); });

TEST(Limits, stack_over_all_frames) {
    // Three frames of 200 bytes: 600 with the hook's 512.
    std::vector<Insn> code;
    for (int i = 0; i < 2; ++i) {
        code.push_back(slot(0x7a, 10, 0, -200));
        code.push_back(slot(0x85, 0, 1, 0, 1));
        code.push_back(kExit);
    }
    code.insert(code.end(), {slot(0x7a, 10, 0, -200), kZero, kExit});
    const VerifyReport report = judge(code, "trace/x");
    ASSERT_FALSE(report.accepted());
    EXPECT_EQ(report.verdicts.front().diagnostics.front().code, "MBPF1041");
    fired_codes().insert("MBPF1041");
}

TEST(Limits, loops_nested_too_deep) {
    std::vector<Insn> code{slot(0x61, 2, 1, 8), kZero};
    const int depth = 40;
    for (int i = 0; i < depth; ++i) code.push_back(slot(0x07, 0, 0, 0, 1));
    for (int i = 0; i < depth; ++i) code.push_back(slot(0x55, 2, 0, -2 * i - 2, 5));  // back to the loop's own head
    code.push_back(kExit);
    const VerifyReport report = judge(code, "trace/x");
    ASSERT_FALSE(report.accepted());
    EXPECT_EQ(report.verdicts.front().diagnostics.front().code, "MBPF1806");
    fired_codes().insert("MBPF1806");
}

TEST(Limits, helpers_that_return_memory_are_unsupported) {
    Platform platform = *builtin_platform("microbpf");
    for (Helper& helper : platform.helpers)
        if (helper.number == 5) helper.returns = ReturnKind::memory_or_null;
    const VerifyReport report = judge({slot(0x85, 0, 0, 0, 5), kZero, kExit}, "trace/x", {}, std::make_shared<const Platform>(platform));
    ASSERT_FALSE(report.accepted());
    EXPECT_EQ(report.verdicts.front().diagnostics.front().code, "MBPF1807");
    fired_codes().insert("MBPF1807");
}

TEST(Budget, of_the_analysis_is_named_when_spent) {
    auto object = bpf::object_from_slots(std::vector<Insn>{kZero, slot(0x07, 0, 0, 0, 1), slot(0x07, 0, 0, 0, 1), kExit}, "trace/x");
    VerifyOptions options;
    options.max_steps = 3;
    const VerifyReport report = verify(std::make_shared<const bpf::Object>(std::move(object).value()), std::make_shared<const Platform>(*builtin_platform("microbpf")), options);
    ASSERT_FALSE(report.accepted());
    EXPECT_EQ(report.verdicts.front().diagnostics.front().code, "MBPF1043");
    fired_codes().insert("MBPF1043");
}

TEST(Certificate, of_another_program_proves_nothing) {
    const std::vector<Insn> loop{kZero, slot(0x07, 0, 0, 0, 1), slot(0xa5, 0, 0, -2, 10), kExit};
    const VerifyReport found = judge(loop, "trace/x");
    ASSERT_TRUE(found.accepted());
    std::vector<Insn> longer = loop;
    longer[2].imm = 11;
    VerifyOptions options;
    options.certificates = {found.verdicts.front().certificate};
    const auto platform = std::make_shared<const Platform>(*builtin_platform("microbpf"));
    EXPECT_TRUE(verify(std::make_shared<const bpf::Object>(std::move(bpf::object_from_slots(loop, "trace/x")).value()), platform, options).accepted());
    const VerifyReport report = verify(std::make_shared<const bpf::Object>(std::move(bpf::object_from_slots(longer, "trace/x")).value()), platform, options);
    ASSERT_FALSE(report.accepted());
    EXPECT_EQ(report.verdicts.front().diagnostics.front().code, "MBPF1050");
    fired_codes().insert("MBPF1050");
}

TEST(CertificateFile, is_of_one_platform_and_whole) {
    const auto platform = std::make_shared<const Platform>(*builtin_platform("microbpf"));
    const auto object = std::make_shared<const bpf::Object>(std::move(bpf::object_from_slots({kZero, kExit}, "trace/x")).value());
    const VerifyReport report = verify(object, platform);
    ASSERT_TRUE(report.accepted());
    const std::vector<std::uint8_t>& file = report.verified->certificate_file();
    ASSERT_TRUE(read_certificates(file, *object, *platform));
    EXPECT_EQ(read_certificates(file, *object, *platform).value().programs.front(), report.verdicts.front().certificate);
    EXPECT_EQ(read_certificates(file, *object, *builtin_platform("linux")).error().code, "MBPF3601");
    for (std::size_t n = 0; n < file.size(); ++n) {
        const auto cut = read_certificates(std::span(file).first(n), *object, *platform);
        // A cut between fields leaves a file without the proof, which proves nothing.
        EXPECT_TRUE(!cut || cut.value().programs.front().empty()) << n;
    }
}

TEST(Relocations, that_do_not_resolve_are_unsupported_where_reached) {
    auto object = bpf::object_from_slots(std::vector<Insn>{slot(0x85, 0, 0, 0, kPoisonedHelper), kZero, kExit}, "tc").value();
    object.unresolved = {{0, 0, "for this test"}};
    const VerifyReport report = verify(std::make_shared<const bpf::Object>(std::move(object)), std::make_shared<const Platform>(*builtin_platform("linux")));
    ASSERT_FALSE(report.accepted());
    EXPECT_EQ(report.verdicts.front().diagnostics.front().code, "MBPF1809");
    EXPECT_EQ(report.verdicts.front().diagnostics.front().why, "for this test");
    fired_codes().insert("MBPF1809");
}

// r6 context, r7 the packet's length times two, kept over a helper that moves the packet; halved again, it is no longer
// the length of any packet there is.
TEST(Packets, of_a_length_known_before_they_moved) {
    const auto judged = [](std::int32_t helper) {
        std::vector<Insn> code{slot(0xbf, 6, 1),           slot(0x61, 2, 1, 0), slot(0x61, 7, 1, 4),    slot(0x1f, 7, 2), slot(0x67, 7, 0, 0, 1), slot(0xb7, 2, 0, 0, 4), slot(0x85, 0, 0, 0, helper), slot(0x77, 7, 0, 0, 1),
                               slot(0xb7, 0, 0, 0, 2),     slot(0x15, 7, 0, 4, 0), slot(0x61, 2, 6, 0), slot(0x0f, 2, 7), slot(0x07, 2, 0, 0, -1), slot(0x71, 3, 2), kExit};
        return judge(code, "xdp", {}, std::make_shared<const Platform>(*builtin_platform("linux")));
    };
    constexpr std::int32_t kTime = 5, kAdjustHead = 44;
    EXPECT_TRUE(judged(kTime).verdicts.front().diagnostics.empty());
    const VerifyReport report = judged(kAdjustHead);
    ASSERT_FALSE(report.accepted());
    EXPECT_EQ(report.verdicts.front().diagnostics.front().code, "MBPF1012");
}

TEST(Callbacks, run_bounded_and_are_judged) {
    // r1 = 3 runs, r2 = the function at `callee`, r3 = r10 - 8, r4 = 0; bpf_loop; return 0.
    const auto with = [](std::vector<Insn> body) {
        std::vector<Insn> all{slot(0x7a, 10, 0, -8, 0), slot(0xb7, 1, 0, 0, 3), slot(0x18, 2, 4, 0, 7), slot(0), slot(0xbf, 3, 10), slot(0x07, 3, 0, 0, -8), slot(0xb7, 4), slot(0x85, 0, 0, 0, 181), kZero, kExit};
        all.insert(all.end(), body.begin(), body.end());
        auto object = bpf::object_from_slots(all, "tc").value();
        object.programs.front().functions = {{"main", 0, 10, 0}, {"body", 10, static_cast<std::uint32_t>(all.size()), 0}};
        return verify(std::make_shared<const bpf::Object>(std::move(object)), std::make_shared<const Platform>(*builtin_platform("linux")));
    };
    const VerifyReport good = with({slot(0x79, 1, 2, 0), slot(0x07, 1, 0, 0, 1), slot(0x7b, 2, 1, 0), kZero, kExit});
    ASSERT_TRUE(good.accepted()) << render_text(good.verdicts.front().diagnostics.front());
    // 8 up to the call, 3 runs of 5 and 1 for each and the end, and the last two.
    EXPECT_GE(good.verdicts.front().worst_case_instructions, 8u + 3 * 5 + 2);
    EXPECT_EQ(with({slot(0xb7, 0, 0, 0, 2), kExit}).verdicts.front().diagnostics.front().code, "MBPF1016");
    EXPECT_EQ(with({slot(0x79, 0, 2, 8), kExit}).verdicts.front().diagnostics.front().code, "MBPF1017");
    EXPECT_FALSE(with({slot(0x05, 0, 0, -1)}).accepted());
}

// main: a value is looked up, its timer set; the callback (map, key, value) stands behind.
VerifyReport judge_timer(std::vector<Insn> callback, std::vector<bpf::MapField> fields = {{bpf::MapFieldKind::timer, 0, 16}}, int at = 0, std::int32_t init_map = 0) {
    std::vector<bpf::Map> maps = one_map();
    maps.front().value_size = 32;
    maps.front().kernel_fields = std::move(fields);
    maps.push_back(maps.front());
    std::vector<Insn> all{slot(0x62, 10, 0, -4, 0),  slot(0x18, 1, 1), slot(0), slot(0xbf, 2, 10), slot(0x07, 2, 0, 0, -4), slot(0x85, 0, 0, 0, 1), slot(0x55, 0, 0, 1, 0), kExit,
                          slot(0xbf, 6, 0), slot(0x07, 6, 0, 0, at), slot(0xbf, 1, 6), slot(0x18, 2, 1, 0, init_map), slot(0), slot(0xb7, 3, 0, 0, 1), slot(0x85, 0, 0, 0, 169)};
    const std::vector<Insn> set{slot(0xbf, 1, 6), slot(0x18, 2, 4, 0, 8), slot(0), slot(0x85, 0, 0, 0, 170), slot(0xbf, 1, 6), slot(0xb7, 2, 0, 0, 1000), slot(0xb7, 3), slot(0x85, 0, 0, 0, 171), kZero, kExit};
    all.insert(all.end(), set.begin(), set.end());
    const auto begin = static_cast<std::uint32_t>(all.size());
    all.insert(all.end(), callback.begin(), callback.end());
    auto object = bpf::object_from_slots(all, "tc", maps).value();
    object.programs.front().functions = {{"main", 0, begin, 0}, {"callback", begin, static_cast<std::uint32_t>(all.size()), 0}};
    return verify(std::make_shared<const bpf::Object>(std::move(object)), std::make_shared<const Platform>(*builtin_platform("linux")));
}

TEST(Timers, run_their_callbacks_by_themselves) {
    const auto code_of = [](const VerifyReport& r) { return r.accepted() ? std::string() : r.verdicts.front().diagnostics.front().code; };
    // Reads the key, counts in the value, starts the timer anew.
    const std::vector<Insn> good{slot(0x61, 2, 2), slot(0x79, 4, 3, 16), slot(0x0f, 4, 2), slot(0x7b, 3, 4, 16), slot(0xbf, 1, 3), slot(0xb7, 2, 0, 0, 5), slot(0xb7, 3), slot(0x85, 0, 0, 0, 171), kZero, kExit};
    const VerifyReport short_one = judge_timer(good);
    ASSERT_TRUE(short_one.accepted()) << render_text(short_one.verdicts.front().diagnostics.front());
    // A long callback is a run of its own: the worst case is the longer of the two, not the sum.
    std::vector<Insn> loop{slot(0xb7, 4), slot(0x07, 4, 0, 0, 1), slot(0xa5, 4, 0, -2, 500), kZero, kExit};
    const VerifyReport long_one = judge_timer(loop);
    ASSERT_TRUE(long_one.accepted()) << render_text(long_one.verdicts.front().diagnostics.front());
    EXPECT_EQ(long_one.verdicts.front().worst_case_instructions, 1 + 2 * 500 + 2u);
    loop.front() = slot(0xb7, 4, 0, 0, 499);
    EXPECT_EQ(judge_timer(loop).verdicts.front().worst_case_instructions, short_one.verdicts.front().worst_case_instructions);
    // What a callback may not do.
    EXPECT_EQ(code_of(judge_timer({slot(0xb7, 0, 0, 0, 1), kExit})), "MBPF1016");
    EXPECT_EQ(code_of(judge_timer({kExit})), "MBPF1008");
    EXPECT_EQ(code_of(judge_timer({slot(0x79, 0, 6), kZero, kExit})), "MBPF1008") << "the caller's register";
    EXPECT_EQ(code_of(judge_timer({slot(0x79, 0, 4), kZero, kExit})), "MBPF1008") << "no fourth argument";
    EXPECT_EQ(code_of(judge_timer({slot(0x79, 0, 3, 32), kZero, kExit})), "MBPF1013");
    EXPECT_EQ(code_of(judge_timer({slot(0x79, 0, 3, 8), kZero, kExit})), "MBPF1013") << "the timer itself";
    EXPECT_EQ(code_of(judge_timer({slot(0x7b, 2, 3), kZero, kExit})), "MBPF1024") << "the key is not to be written";
    EXPECT_EQ(code_of(judge_timer({slot(0x05, 0, 0, -1)})), "MBPF1042");
    // Where the timer is, and of which map.
    EXPECT_EQ(code_of(judge_timer({kZero, kExit}, {})), "MBPF1029") << "no timer in the value";
    EXPECT_EQ(code_of(judge_timer({kZero, kExit}, {{bpf::MapFieldKind::spin_lock, 0, 4}})), "MBPF1029") << "a lock is none";
    EXPECT_EQ(code_of(judge_timer({kZero, kExit}, {{bpf::MapFieldKind::timer, 0, 16}}, 8)), "MBPF1029") << "inside of it";
    EXPECT_EQ(code_of(judge_timer({kZero, kExit}, {{bpf::MapFieldKind::timer, 0, 16}}, 0, 1)), "MBPF1029") << "of another map";
}

TEST(Timers, have_proofs_that_hold_for_them_alone) {
    const std::vector<Insn> loop{slot(0xb7, 4), slot(0x07, 4, 0, 0, 1), slot(0xa5, 4, 0, -2, 50), kZero, kExit};
    const VerifyReport found = judge_timer(loop);
    ASSERT_TRUE(found.accepted());
    const auto platform = std::make_shared<const Platform>(*builtin_platform("linux"));
    std::vector<std::uint8_t> proof = found.verdicts.front().certificate;
    const auto again = [&] {
        VerifyOptions options;
        options.certificates = {proof};
        return verify(std::make_shared<const bpf::Object>(found.verified->object()), platform, options);
    };
    EXPECT_TRUE(again().accepted());
    unsigned refused = 0;
    for (std::size_t i = 0; i < proof.size(); ++i)
        for (unsigned bit = 0; bit < 8; ++bit) {
            proof[i] ^= static_cast<std::uint8_t>(1u << bit);
            const VerifyReport report = again();
            refused += !report.accepted();
            if (report.accepted()) {
                EXPECT_GE(report.verdicts.front().worst_case_instructions, found.verdicts.front().worst_case_instructions);
            }
            proof[i] ^= static_cast<std::uint8_t>(1u << bit);
        }
    EXPECT_GT(refused, 100u);
}

// A byte at r10 - n, n the word swapped: there is one only if n is not 0.
TEST(SwappedBytes, are_not_0_unless_the_word_is) {
    const auto judged = [](Insn load, Insn swap, std::vector<Insn> between = {}) {
        std::vector<Insn> all{load, slot(0xbf, 3, 2), swap, slot(0x25, 3, 0, 4 + static_cast<int>(between.size()), 8)};
        all.insert(all.end(), between.begin(), between.end());
        for (const Insn& insn : {slot(0x15, 2, 0, 3), slot(0xbf, 4, 10), slot(0x1f, 4, 3), slot(0x72, 4, 0, 0, 1), kZero, kExit}) all.push_back(insn);
        return judge(all, "tc", {}, std::make_shared<const Platform>(*builtin_platform("linux"))).accepted();
    };
    const Insn word = slot(0x61, 2, 1);
    EXPECT_TRUE(judged(word, slot(0xdc, 3, 0, 0, 32)));
    EXPECT_FALSE(judged(word, slot(0xdc, 3, 0, 0, 16))) << "the upper half is cut";
    EXPECT_FALSE(judged(word, slot(0xdc, 3, 0, 0, 32), {slot(0x61, 2, 1, 4)})) << "another word";
    EXPECT_FALSE(judged(word, slot(0xdc, 3, 0, 0, 32), {slot(0x07, 2, 0, 0, 1)})) << "the word moved";
}

// Twenty calls of the function, each followed by the same code.
VerifyReport judge_calls(const std::vector<Insn>& before, const std::vector<Insn>& function, const std::vector<Insn>& after, const char* section = "tc", std::uint32_t shared_calls = 16) {
    std::vector<Insn> all;
    const std::size_t round = before.size() + 1 + after.size(), begin = 1 + 20 * round + 2;
    all.push_back(slot(0xbf, 6, 1));
    for (int i = 0; i < 20; ++i) {
        all.insert(all.end(), before.begin(), before.end());
        all.push_back(slot(0x85, 0, 1, 0, static_cast<std::int32_t>(begin - all.size() - 1)));
        all.insert(all.end(), after.begin(), after.end());
    }
    all.push_back(kZero);
    all.push_back(kExit);
    all.insert(all.end(), function.begin(), function.end());
    auto object = bpf::object_from_slots(all, section).value();
    object.programs.front().functions = {{"main", 0, static_cast<std::uint32_t>(begin), 0}, {"f", static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(all.size()), 0}};
    VerifyOptions options;
    options.shared_calls = shared_calls;
    return verify(std::make_shared<const bpf::Object>(std::move(object)), std::make_shared<const Platform>(*builtin_platform("linux")), options);
}

// r0 = r1 < 50 ? r1 : 50, by a loop.
const std::vector<Insn> kCounting{slot(0xb7, 0), slot(0x3d, 0, 1, 2), slot(0x07, 0, 0, 0, 1), slot(0xa5, 0, 0, -3, 50), kExit};
const Insn kLoadLength = slot(0x61, 1, 6, 0);

TEST(Contracts, stand_for_calls_that_are_alike) {
    const std::vector<Insn> use{slot(0xbf, 2, 10), slot(0x1f, 2, 0), slot(0x72, 2, 0, -1, 7)};  // a byte at r10 - 1 - r0
    const VerifyReport shared = judge_calls({kLoadLength}, kCounting, use), apart = judge_calls({kLoadLength}, kCounting, use, "tc", UINT32_MAX);
    ASSERT_TRUE(shared.accepted()) << render_text(shared.verdicts.front().diagnostics.front());
    ASSERT_TRUE(apart.accepted());
    EXPECT_EQ(shared.verdicts.front().worst_case_instructions, apart.verdicts.front().worst_case_instructions);
    EXPECT_EQ(shared.verdicts.front().worst_case_instructions, 3 + 20 * (1 + 1 + 1 + 50 * 3 + 1 + 3u));
    EXPECT_EQ(shared.verdicts.front().stack_bytes, apart.verdicts.front().stack_bytes);
    EXPECT_LT(2 * shared.verdicts.front().certificate_bytes, apart.verdicts.front().certificate_bytes);
    EXPECT_LT(2 * shared.verdicts.front().stats.steps, apart.verdicts.front().stats.steps);
}

TEST(Contracts, prove_nothing_that_does_not_hold) {
    const std::vector<Insn> use{slot(0xbf, 2, 10), slot(0x1f, 2, 0), slot(0x72, 2, 0, -1, 7)};
    const VerifyReport found = judge_calls({kLoadLength}, kCounting, use);
    ASSERT_TRUE(found.accepted());
    const auto platform = std::make_shared<const Platform>(*builtin_platform("linux"));
    std::vector<std::uint8_t> proof = found.verdicts.front().certificate;
    unsigned refused = 0, kept = 0;
    for (std::size_t i = 0; i < proof.size(); ++i)
        for (unsigned bit = 0; bit < 8; ++bit) {
            proof[i] ^= static_cast<std::uint8_t>(1u << bit);
            VerifyOptions options;
            options.certificates = {proof};
            const VerifyReport report = verify(std::make_shared<const bpf::Object>(found.verified->object()), platform, options);
            refused += !report.accepted();
            kept += report.accepted();
            if (report.accepted()) {
                EXPECT_GE(report.verdicts.front().worst_case_instructions, found.verdicts.front().worst_case_instructions) << i << " " << bit;
                EXPECT_GE(report.verdicts.front().stack_bytes, 51u);
            }
            proof[i] ^= static_cast<std::uint8_t>(1u << bit);
        }
    EXPECT_GT(refused, 20 * kept);
}

TEST(Contracts, hide_nothing_that_a_function_does) {
    const auto code_of = [](const VerifyReport& r) { return r.accepted() ? std::string() : r.verdicts.front().diagnostics.front().code; };
    // r0 as an offset: what the contract promises is not enough for 50 bytes.
    EXPECT_EQ(code_of(judge_calls({kLoadLength, slot(0x7a, 10, 0, -8)}, kCounting, {slot(0xbf, 2, 10), slot(0x0f, 2, 0), slot(0x71, 3, 2, -8)})), "MBPF1017");
    // Through a pointer to the caller's stack: the slot that held 8 holds any number now, read or used as an offset.
    const std::vector<Insn> writes{slot(0x79, 2, 1), slot(0x25, 2, 0, 1, 100), slot(0x07, 2, 0, 0, 1), slot(0x7b, 1, 2), kZero, kExit};
    const std::vector<Insn> own_slot{slot(0x7a, 10, 0, -8, 8), slot(0xbf, 1, 10), slot(0x07, 1, 0, 0, -8)};
    EXPECT_EQ(code_of(judge_calls(own_slot, writes, {slot(0x79, 3, 10, -8), slot(0xbf, 4, 10), slot(0x1f, 4, 3), slot(0x72, 4, 0, 0, 1)})), "");
    std::vector<Insn> more = writes;
    more[2] = slot(0x61, 2, 10, -4);
    EXPECT_EQ(code_of(judge_calls(own_slot, more, {slot(0x79, 3, 10, -8), slot(0xbf, 4, 10), slot(0x1f, 4, 3), slot(0x72, 4, 0, 0, 1)})), "MBPF1011") << "its own stack, not written";
    more[2] = slot(0x67, 2, 0, 0, 9);
    EXPECT_EQ(code_of(judge_calls(own_slot, more, {slot(0x79, 3, 10, -8), slot(0xbf, 4, 10), slot(0x1f, 4, 3), slot(0x72, 4, 0, 0, 1)})), "MBPF1017");
    // A packet that the function may move: what was checked before is checked again.
    const std::vector<Insn> moves{slot(0x61, 2, 1), slot(0x25, 2, 0, 2, 100), slot(0xb7, 2, 0, 0, 4), slot(0x85, 0, 0, 0, 39), kZero, kExit};
    const std::vector<Insn> stays{slot(0x61, 2, 1), slot(0x25, 2, 0, 1, 100), slot(0xb7, 2, 0, 0, 4), kZero, kExit};
    const std::vector<Insn> look{slot(0x61, 7, 6, 76), slot(0x61, 2, 6, 80), slot(0xbf, 3, 7), slot(0x07, 3, 0, 0, 14), slot(0x3d, 2, 3, 2), slot(0xb7, 0), kExit, slot(0xbf, 1, 6)};
    const std::vector<Insn> reads{slot(0x71, 8, 7, 13)};
    EXPECT_EQ(code_of(judge_calls(look, stays, reads)), "");
    EXPECT_NE(code_of(judge_calls(look, moves, reads)), "") << "the packet may lie elsewhere";
    // A pointer comes back as one.
    const std::vector<Insn> chooses{slot(0x61, 2, 1), slot(0xbf, 0, 1), slot(0x25, 2, 0, 1, 100), slot(0xbf, 0, 1), kExit};
    EXPECT_EQ(code_of(judge_calls({slot(0xbf, 1, 6)}, chooses, {slot(0x61, 2, 0)})), "");
    // Neither references nor the end of the function may be lost.
    EXPECT_EQ(code_of(judge_calls({kLoadLength}, {slot(0x25, 1, 0, 1, 9), slot(0x05, 0, 0, -1), kZero, kExit}, {})), "MBPF1042");
    EXPECT_EQ(code_of(judge_calls({kLoadLength}, {slot(0x25, 1, 0, 1, 9), slot(0x79, 0, 7), kZero, kExit}, {})), "MBPF1008");
}

TEST(Locks, are_released_before_anything_else) {
    std::vector<bpf::Map> maps = one_map();
    maps.front().kernel_fields = {{bpf::MapFieldKind::spin_lock, 0, 4}};
    const std::vector<Insn> lookup{slot(0x62, 10, 0, -4, 0), slot(0x18, 1, 1), slot(0), slot(0xbf, 2, 10), slot(0x07, 2, 0, 0, -4), slot(0x85, 0, 0, 0, 1), slot(0x55, 0, 0, 1, 0), kExit,
                                   slot(0xbf, 6, 0), slot(0xbf, 1, 6), slot(0x85, 0, 0, 0, 93)};
    const auto with = [&](std::vector<Insn> rest) {
        std::vector<Insn> all = lookup;
        all.insert(all.end(), rest.begin(), rest.end());
        return judge(all, "tc", maps, std::make_shared<const Platform>(*builtin_platform("linux")));
    };
    const std::vector<Insn> unlock{slot(0xbf, 1, 6), slot(0x85, 0, 0, 0, 94), kZero, kExit};
    const VerifyReport good = with(unlock);
    EXPECT_TRUE(good.accepted()) << render_text(good.verdicts.front().diagnostics.front());
    for (const std::vector<Insn>& rest : {std::vector<Insn>{kZero, kExit}, std::vector<Insn>{slot(0x85, 0, 0, 0, 5), kZero, kExit}}) {
        const VerifyReport report = with(rest);
        ASSERT_FALSE(report.accepted());
        EXPECT_EQ(report.verdicts.front().diagnostics.front().code, "MBPF1044");
    }
    fired_codes().insert("MBPF1044");
}

TEST(Hooks, of_kinds_that_cannot_be_judged_are_unsupported) {
    Platform platform = *builtin_platform("microbpf");
    for (Hook& hook : platform.hooks) hook.unsupported = "for this test";
    const VerifyReport report = judge({kZero, kExit}, "trace/x", {}, std::make_shared<const Platform>(std::move(platform)));
    ASSERT_FALSE(report.accepted());
    EXPECT_EQ(report.verdicts.front().diagnostics.front().code, "MBPF1808");
    fired_codes().insert("MBPF1808");
}

TEST(Shapes, large_programs_are_judged_within_the_budget) {
    std::vector<Insn> straight(16000, slot(0x07, 0, 0, 0, 1));
    straight.insert(straight.begin(), kZero);
    straight.push_back(kExit);
    EXPECT_TRUE(judge(straight, "trace/x").accepted());
    std::vector<Insn> branches{slot(0x79, 2, 1, 16), kZero};
    for (int i = 0; i < 2500; ++i) {
        branches.push_back(slot(0x15, 2, 0, 1, i));
        branches.push_back(slot(0x07, 0, 0, 0, 1));
    }
    branches.push_back(kExit);
    EXPECT_TRUE(judge(branches, "trace/x").accepted());
}

// Runs last (its suite's name sorts and is declared last): all cases above have run.
class ZCoverage : public ::testing::Environment {
  public:
    void TearDown() override {
        if (::testing::UnitTest::GetInstance()->test_to_run_count() != ::testing::UnitTest::GetInstance()->total_test_count()) return;  // a filter is on
        for (const DiagnosticCode& code : all_diagnostic_codes()) {
            const std::string name(code.code);
            const bool ours = name.starts_with("MBPF10") || name.starts_with("MBPF18");
            if (ours) {
                EXPECT_TRUE(fired_codes().contains(name)) << name << " is fired by no test";
            }
        }
    }
};
[[maybe_unused]] const ::testing::Environment* const kCoverage = ::testing::AddGlobalTestEnvironment(new ZCoverage);

}  // namespace
}  // namespace mbpf
