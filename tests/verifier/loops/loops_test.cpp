// SPDX-License-Identifier: Apache-2.0
// Bounded loops are accepted at every ISA version, with a bound that no run in the reference interpreter exceeds
// and that is near what the worst run costs: the very figure where the file says `exact`.
#include <algorithm>
#include <cstdio>

#include "tests/verifier/loops/loop_cases.h"

namespace mbpf {
namespace {

// What does not hold yet, by case: "accept" (by the verifier), "run" (by the interpreter), "bound" (within the stated
// factor), "turns" (counts of loops' heads).
struct Pending {
    const char* name;
    const char* what;
};
constexpr Pending kPending[] = {
    {"packet_sum", "turns"},            // the head's states are counted apart, and only the last ones stated
    {"down_by_seven_signed", "bound"},   // a last turn that a step beyond the exit excludes
    {"phases", "bound"},
    {"pointer_below_end", "bound"},
    {"copy_string", "turns"},            // as packet_sum
    {"function_over_packet", "turns"},
    {"name_labels_inside", "turns"},
};

bool pending(const LoopCase& c, const char* what) {
    return std::ranges::any_of(kPending, [&](const Pending& p) { return c.name == p.name && std::string(what) == p.what; });
}

struct Row {
    const ProgramVerdict* verdict = nullptr;
    WorstRun worst;
    double ratio() const { return static_cast<double>(verdict->worst_case_instructions) / static_cast<double>(std::max<std::uint64_t>(worst.cost, 1)); }
    std::uint64_t stated_turns() const {
        std::uint64_t most = 0;
        for (const LoopFact& l : verdict->facts->loops) most = std::max(most, l.max_iterations);
        return most;
    }
    std::uint64_t counted_turns() const {
        std::uint64_t most = 0;
        for (const auto& [head, count] : worst.turns) most = std::max(most, count);
        return most;
    }
    // How far the proved number of executions of a head is above what the worst run did, at most.
    double executions_ratio() const {
        double most = 0;
        for (const LoopFact& l : verdict->facts->loops)
            if (const auto counted = worst.executions.find(l.header); counted != worst.executions.end()) most = std::max(most, static_cast<double>(l.max_executions) / static_cast<double>(counted->second));
        return most;
    }
    // Of a loop whose head ran more often than stated.
    std::string exceeded() const {
        for (const LoopFact& l : verdict->facts->loops)
            if (const auto counted = worst.turns.find(l.header); counted != worst.turns.end() && l.max_iterations != 0 && counted->second > l.max_iterations)
                return "head at " + std::to_string(l.header) + " ran " + std::to_string(counted->second) + " times, at most " + std::to_string(l.max_iterations) + " stated";
        for (const LoopFact& l : verdict->facts->loops)
            if (const auto counted = worst.executions.find(l.header); counted != worst.executions.end() && counted->second > l.max_executions)
                return "head at " + std::to_string(l.header) + " ran " + std::to_string(counted->second) + " times in all, at most " + std::to_string(l.max_executions) + " proved";
        return {};
    }
};

void expect_within(const LoopCase& c, const Row& row, const std::string& label) {
    EXPECT_LE(row.worst.cost, row.verdict->worst_case_instructions) << label << ": a run exceeds the worst case";
    if (!pending(c, "bound")) {
        EXPECT_LE(row.ratio(), c.factor()) << label << ": " << row.verdict->worst_case_instructions << " stated, " << row.worst.cost << " run";
    }
    EXPECT_FALSE(row.verdict->facts->loops.empty()) << label << ": no loop named";
    if (!pending(c, "bound")) {
        EXPECT_LE(row.executions_ratio(), 2.0 * c.factor()) << label << ": executions of a head";
    }
    if (!pending(c, "turns")) {
        EXPECT_EQ(row.exceeded(), "") << label;
        if (c.turns() != 0) {
            EXPECT_LE(row.stated_turns(), c.turns() + 1) << label;
        }
    }
    if (c.turns() == 0) return;
    EXPECT_LE(row.counted_turns(), c.turns() + 1) << label << ": more turns than the file says";
    if (c.has("exact")) {
        EXPECT_GE(row.counted_turns(), c.turns()) << label << ": fewer turns than the file says";
    }
}

class BoundedLoops : public ::testing::TestWithParam<LoopFile> {};

TEST_P(BoundedLoops, are_accepted_with_their_bounds) {
    const JudgedLoops j = judge(GetParam());
    ASSERT_FALSE(j.cases.empty());
    const Platform& platform = *builtin_platform(GetParam().platform);
    std::printf("%-30s %9s %9s %9s %9s   %9s %6s %7s %7s %8s %6s %6s\n", "bounded loop: worst case", "v1", "v2", "v3", "v4", "run (v4)", "ratio", "turns", "counted", "heads", "steps", "ms");
    for (const LoopCase& c : j.cases) {
        std::printf("%-30s", c.name.c_str());
        Row shown;
        std::uint64_t time_us = 0;
        double ratio = 0;
        for (const char* cpu : kCpus) {
            const BuildResult& result = j.by_cpu.at(cpu);
            const std::string label = c.name + " " + cpu;
            Row row;
            row.verdict = j.verdict(cpu, c.name);
            ASSERT_NE(row.verdict, nullptr) << label << "\n" << result.messages;
            const ProgramVerdict& v = *row.verdict;
            std::printf(" %9s", v.accepted ? std::to_string(v.worst_case_instructions).c_str() : v.diagnostics.front().code.c_str());
            std::fflush(stdout);
            if (!pending(c, "accept")) {
                EXPECT_TRUE(v.accepted) << label << "\n" << (v.accepted ? "" : render_text(v.diagnostics.front()));
            }
            time_us += v.stats.time_us;
            EXPECT_GT(backward_jumps(result.object->programs[v.program]), 0u) << label << ": the compiler left no loop";
            row.worst = worst_of_many_runs(*result.object, v.program, platform, v.accepted ? v.facts->loops : std::vector<LoopFact>{}, kMemoryBytes);
            if (!pending(c, "run")) {
                EXPECT_EQ(row.worst.trap, "") << label << " is not safe";
            }
            if (!v.accepted) continue;
            expect_within(c, row, label);
            ratio = std::max(ratio, row.ratio());
            shown = row;
        }
        if (shown.verdict != nullptr)
            std::printf("   %9llu %6.2f %7llu %7llu %6.2f %8llu %6.1f\n", static_cast<unsigned long long>(shown.worst.cost), ratio, static_cast<unsigned long long>(shown.stated_turns()),
                        static_cast<unsigned long long>(shown.counted_turns()), shown.executions_ratio(), static_cast<unsigned long long>(shown.verdict->stats.steps), static_cast<double>(time_us) / 4000.0);
        else
            std::printf("\n");
    }
    for (const Pending& p : kPending)
        if (std::ranges::any_of(j.cases, [&](const LoopCase& c) { return c.name == p.name; })) std::printf("pending: %s, %s\n", p.name, p.what);
}

constexpr LoopFile kFiles[] = {{"bounded.bpf.c", "microbpf"}, {"counting.bpf.c", "microbpf"}, {"algorithms.bpf.c", "microbpf"}, {"packets.bpf.c", "microbpf"}, {"natural.bpf.c", "microbpf"}, {"memory.bpf.c", "isa"}};
INSTANTIATE_TEST_SUITE_P(Loops, BoundedLoops, ::testing::ValuesIn(kFiles), test_name);

}  // namespace
}  // namespace mbpf
