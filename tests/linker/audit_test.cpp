// SPDX-License-Identifier: Apache-2.0
// What the compiler makes passes the audit, for every target; what it never makes does not.
#include <gtest/gtest.h>

#include <cstring>

#include "compiler/native.h"
#include "linker/audit.h"
#include "linker/stack_depth.h"
#include "tests/compiler/native_cases.h"

namespace mbpf::test {
namespace {

struct Built {
    Image image;
    std::vector<NativeProgram> programs;
};

Built built(const std::string& target, Optimize optimize) {
    std::vector<Case> cases = flow_cases();
    for (Case& c : arithmetic_cases(shapes()[0])) cases.push_back(std::move(c));
    for (const Base& base : bases())
        for (Case& c : memory_cases(base)) cases.push_back(std::move(c));
    static const VerifyReport report = verify_cases(object_of(cases, flow_maps()));
    const auto native = compile_native(*report.verified, *find_target(target), {.optimize = optimize});
    EXPECT_TRUE(native) << render_text(native.error());
    std::vector<std::string> symbols;
    for (const NativeProgram& program : native->programs()) symbols.push_back(program.symbol);
    const auto image = link_image(native->elf(), native->target(), symbols);
    EXPECT_TRUE(image) << render_text(image.error());
    return {*image, native->programs()};
}

class EveryTarget : public testing::TestWithParam<std::string> {};

TEST_P(EveryTarget, passes) {
    const Target& target = *find_target(GetParam());
    for (Optimize optimize : {Optimize::speed, Optimize::size}) {
        const Built b = built(GetParam(), optimize);
        const auto audit = audit_image(b.image, target);
        ASSERT_TRUE(audit) << render_text(audit.error());
        EXPECT_GT(audit->instructions, 1000u);
        // Nor does the stack pass what is stated; and some program uses all of that.
        std::vector<StackClaim> claims;
        for (const NativeProgram& program : b.programs) claims.push_back({b.image.symbols.at(program.symbol), program.stack_bytes + (b.image.uses_runtime ? target.runtime_stack_bytes : 0), program.symbol});
        const auto problem = check_stack(*audit, target.return_address_bytes, claims);
        ASSERT_FALSE(problem) << render_text(*problem);
        if (b.image.uses_runtime) continue;
        bool exact = false;
        for (StackClaim claim : claims) {
            if (claim.bytes == 0) continue;
            --claim.bytes;
            exact = exact || check_stack(*audit, target.return_address_bytes, std::vector{claim}).has_value();
        }
        EXPECT_TRUE(exact);
    }
}
INSTANTIATE_TEST_SUITE_P(Targets, EveryTarget, testing::ValuesIn(target_names()), [](const auto& row) {
    std::string name = row.param;
    for (char& c : name)
        if (c == '-') c = '_';
    return name;
});

struct Damage {
    const char* target;
    const char* name;
    std::vector<std::uint8_t> bytes;  // put in place of the first instructions of an entry
    const char* code;
};
const Damage kDamages[] = {
    {"cortex-m4", "svc", {0x01, 0xdf}, "MBPF3220"},
    {"cortex-m4", "undefined", {0x00, 0xde}, "MBPF3220"},
    {"cortex-m4", "masks_interrupts", {0x72, 0xb6}, "MBPF3220"},
    {"cortex-m4", "writes_control", {0x80, 0xf3, 0x14, 0x88}, "MBPF3220"},
    {"cortex-m4", "jumps_far_away", {0xff, 0xf3, 0xff, 0xbf}, "MBPF3221"},
    {"cortex-m4", "calls_before_the_text", {0xf0, 0xf7, 0x00, 0xf8}, "MBPF3221"},
    {"cortex-m4", "jumps_by_register", {0x87, 0x46}, "MBPF3221"},
    {"rv32imac", "ecall", {0x73, 0, 0, 0}, "MBPF3220"},
    {"rv32imac", "reads_status", {0x73, 0x25, 0, 0x30}, "MBPF3220"},
    {"rv32imac", "returns_from_trap", {0x73, 0, 0x20, 0x30}, "MBPF3220"},
    {"rv32imac", "undefined", {0, 0}, "MBPF3220"},
    {"rv32imac", "calls_before_the_text", {0xef, 0xf0, 0x1f, 0x80}, "MBPF3221"},
    {"rv32imac", "jumps_by_register", {0x02, 0x85}, "MBPF3221"},
    {"rv32imac", "far_address", {0x17, 0x05, 0, 0x10}, "MBPF3222"},
    {"x86_64", "syscall", {0x0f, 0x05}, "MBPF3220"},
    {"x86_64", "halt", {0xf4}, "MBPF3220"},
    {"x86_64", "jumps_far_away", {0xe9, 0, 0, 0, 0x10}, "MBPF3221"},
    {"x86_64", "jumps_by_register", {0xff, 0xe0}, "MBPF3221"},
    {"x86_64", "far_address", {0x48, 0x8b, 0x05, 0, 0, 0, 0x10}, "MBPF3222"},
    {"aarch64", "svc", {0x01, 0, 0, 0xd4}, "MBPF3220"},
    {"aarch64", "writes_system_register", {0x00, 0x42, 0x1b, 0xd5}, "MBPF3220"},
    {"aarch64", "jumps_by_register", {0, 0, 0x1f, 0xd6}, "MBPF3221"},
};
class Damaged : public testing::TestWithParam<Damage> {};

TEST_P(Damaged, is_refused) {
    const Damage& damage = GetParam();
    Built b = built(damage.target, Optimize::speed);
    // Where the text is long enough behind it, so that nothing but the damage breaks.
    const std::uint32_t at = b.image.symbols.at(b.programs.front().symbol);
    std::copy(damage.bytes.begin(), damage.bytes.end(), b.image.text.begin() + at);
    const auto audit = audit_image(b.image, *find_target(damage.target));
    ASSERT_FALSE(audit);
    EXPECT_EQ(audit.error().code, damage.code) << render_text(audit.error());
}
INSTANTIATE_TEST_SUITE_P(Machines, Damaged, testing::ValuesIn(kDamages), [](const auto& row) {
    std::string name = std::string(row.param.target) + "_" + row.param.name;
    for (char& c : name)
        if (c == '-') c = '_';
    return name;
});

// In place of an entry: code that does with the stack what none may.
const Damage kStacks[] = {
    {"cortex-m4", "takes_more", {0x88, 0xb0, 0x08, 0xb0, 0x70, 0x47}, ""},       // sub sp, #32; add sp, #32; bx lr
    {"cortex-m4", "keeps_some", {0x82, 0xb0, 0x70, 0x47}, "left"},               // sub sp, #8; bx lr
    {"cortex-m4", "gives_back_too_much", {0x02, 0xb0, 0x70, 0x47}, "left"},      // add sp, #8; bx lr
    {"cortex-m4", "sets_it", {0x85, 0x46, 0x70, 0x47}, "unknown"},               // mov sp, r0; bx lr
    {"cortex-m4", "pushes_in_a_loop", {0x01, 0xb4, 0xfd, 0xe7}, "or 0"},         // push {r0}; b .-2
    {"cortex-m4", "calls_itself", {0x00, 0xb5, 0xff, 0xf7, 0xfd, 0xff, 0x00, 0xbd}, "itself"},  // push {lr}; bl .-2; pop {pc}
    {"rv32imac", "takes_more", {0x39, 0x71, 0x21, 0x61, 0x82, 0x80}, ""},        // addi sp, sp, -64; addi sp, sp, 64; ret
    {"rv32imac", "keeps_some", {0x41, 0x11, 0x82, 0x80}, "left"},                // addi sp, sp, -16; ret
    {"rv32imac", "sets_it", {0x2a, 0x81, 0x82, 0x80}, "unknown"},                // mv sp, a0; ret
    {"x86_64", "keeps_some", {0x50, 0xc3}, "left"},                              // push rax; ret
    {"x86_64", "sets_it", {0x48, 0x89, 0xfc, 0xc3}, "unknown"},                  // mov rsp, rdi; ret
    {"aarch64", "keeps_some", {0xff, 0x43, 0, 0xd1, 0xc0, 0x03, 0x5f, 0xd6}, "left"},    // sub sp, sp, #16; ret
    {"aarch64", "sets_it", {0x1f, 0, 0, 0x91, 0xc0, 0x03, 0x5f, 0xd6}, "unknown"},       // mov sp, x0; ret
    {"rv64gc", "keeps_some", {0x41, 0x11, 0x82, 0x80}, "left"},
};
class BadStack : public testing::TestWithParam<Damage> {};

TEST_P(BadStack, is_refused) {
    const Damage& damage = GetParam();
    const Target& target = *find_target(damage.target);
    Built b = built(damage.target, Optimize::speed);
    const std::uint32_t at = b.image.symbols.at(b.programs.front().symbol);
    std::copy(damage.bytes.begin(), damage.bytes.end(), b.image.text.begin() + at);
    const auto audit = audit_image(b.image, target);
    ASSERT_TRUE(audit) << render_text(audit.error());
    const bool measured = damage.code[0] == 0;  // nothing wrong with it but the figure
    const std::vector<StackClaim> claims{{at, measured ? 16u : 65536u, "damaged"}};
    const auto problem = check_stack(*audit, target.return_address_bytes, claims);
    ASSERT_TRUE(problem);
    EXPECT_EQ(problem->code, "MBPF3223");
    EXPECT_NE(problem->message.find(measured ? "16 are stated" : damage.code), std::string::npos) << problem->message;
}
INSTANTIATE_TEST_SUITE_P(Machines, BadStack, testing::ValuesIn(kStacks), [](const auto& row) {
    std::string name = std::string(row.param.target) + "_" + row.param.name;
    for (char& c : name)
        if (c == '-') c = '_';
    return name;
});

}  // namespace
}  // namespace mbpf::test
