// SPDX-License-Identifier: Apache-2.0
// Loops that do not end, or leave their memory, are refused at every ISA version with a rule that their file
// names; and a run in the reference interpreter traps or passes the hook's limit, which shows that they deserve it.
// `unseen` stands where no run can: it would take memory changed by others, or what only a proof could tell.
#include <algorithm>
#include <cstdio>

#include "tests/verifier/loops/loop_cases.h"

namespace mbpf {
namespace {

class RefusedLoops : public ::testing::TestWithParam<LoopFile> {};

TEST_P(RefusedLoops, break_a_rule_that_is_named) {
    const JudgedLoops j = judge(GetParam());
    ASSERT_FALSE(j.cases.empty());
    const Platform& platform = *builtin_platform(GetParam().platform);
    std::printf("%-30s %9s %9s %9s %9s %8s %6s   %s\n", "refused loop", "v1", "v2", "v3", "v4", "steps", "ms", "what a run shows (v4)");
    for (const LoopCase& c : j.cases) {
        std::printf("%-30s", c.name.c_str());
        std::uint64_t steps = 0, time_us = 0;
        std::string seen;
        for (const char* cpu : kCpus) {
            const BuildResult& result = j.by_cpu.at(cpu);
            const ProgramVerdict* v = j.verdict(cpu, c.name);
            const std::string label = c.name + " " + cpu;
            ASSERT_NE(v, nullptr) << label << "\n" << result.messages;
            std::printf(" %9s", v->accepted ? "accepted" : v->diagnostics.front().code.c_str());
            std::fflush(stdout);
            steps = std::max(steps, v->stats.steps);
            time_us += v->stats.time_us;
            EXPECT_GT(backward_jumps(result.object->programs[v->program]), 0u) << label << ": the compiler left no loop";
            seen = worst_of_many_runs(*result.object, v->program, platform, {}, kMemoryBytes).trap;
            if (!c.has("unseen")) {
                EXPECT_NE(seen, "") << label << ": no run shows why";
            }
            EXPECT_FALSE(v->accepted) << label;
            if (v->accepted) continue;
            const Diagnostic& d = v->diagnostics.front();
            EXPECT_TRUE(c.has(d.code.substr(4))) << label << "\n" << render_text(d);
        }
        std::printf(" %8llu %6.1f   %s\n", static_cast<unsigned long long>(steps), static_cast<double>(time_us) / 4000.0, seen.c_str());
    }
}

constexpr LoopFile kFiles[] = {{"refused.bpf.c", "microbpf"}, {"endless.bpf.c", "microbpf"}, {"overruns.bpf.c", "microbpf"}, {"near.bpf.c", "microbpf"}};
INSTANTIATE_TEST_SUITE_P(Loops, RefusedLoops, ::testing::ValuesIn(kFiles), test_name);

}  // namespace
}  // namespace mbpf
