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

}  // namespace
}  // namespace mbpf
