// SPDX-License-Identifier: Apache-2.0
// The loop suite: bounded loops are accepted at every ISA version with a bound that no run exceeds (and that the
// worst run reaches where the file says `exact`); the others are refused with the rule the file names.
#include <gtest/gtest.h>

#include <cstdio>
#include <map>
#include <random>
#include <set>
#include <sstream>

#include "sdk/cli/cli.h"
#include "sdk/pipeline/build.h"
#include "simulator/interpreter.h"
#include "simulator/model_world.h"

namespace mbpf {
namespace {

constexpr const char* kCpus[] = {"v1", "v2", "v3", "v4"};

struct Case {
    std::string name;
    std::set<std::string> marks;  // "exact", or rule numbers
};

// T(name) and X(name) at the start of a line; what stands behind "// " at its end.
std::vector<Case> cases_of(const std::string& text) {
    std::vector<Case> cases;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        if (line.size() < 4 || (line[0] != 'T' && line[0] != 'X') || line[1] != '(') continue;
        Case c;
        c.name = line.substr(2, line.find(')') - 2);
        if (const auto at = line.rfind("// "); at != std::string::npos) {
            std::istringstream marks(line.substr(at + 3));
            for (std::string mark; marks >> mark;) c.marks.insert(mark);
        }
        cases.push_back(c);
    }
    return cases;
}

struct Judged {
    std::string text;
    std::map<std::string, BuildResult> by_cpu;
};

Judged judge(const std::string& file) {
    const std::string path = std::string(LOOPS_FOLDER) + "/" + file;
    Judged j;
    j.text = cli::read_text(path).value();
    for (const char* cpu : kCpus) {
        BuildOptions options;
        options.goal = BuildGoal::verified;
        options.platform = std::make_shared<const Platform>(*builtin_platform("microbpf"));
        options.cpu = cpu;
        j.by_cpu.emplace(cpu, build({{path, std::vector<std::uint8_t>(j.text.begin(), j.text.end())}}, options));
    }
    return j;
}

const ProgramVerdict* verdict_of(const BuildResult& result, const std::string& name) {
    for (const ProgramVerdict& v : result.verification.verdicts)
        if (v.function == name) return &v;
    return nullptr;
}

bool has_loop(const bpf::Program& program) {
    for (std::size_t i = 0; i < program.insns.size(); ++i) {
        const bpf::Op* op = bpf::find_op(program.insns[i]);
        if (op == nullptr) continue;
        if (op->kind == bpf::Kind::jump && program.insns[i].offset < 0) return true;
        if (op->kind == bpf::Kind::jump_always && (op->width == 32 ? program.insns[i].imm : program.insns[i].offset) < 0) return true;
    }
    return false;
}

// The costliest of many runs.
std::uint64_t worst_run(const bpf::Object& object, std::size_t program, const Platform& platform, std::string& trap) {
    static constexpr std::uint64_t kWords[] = {0, 1, 3, 31, 63, 64, 255, 1023, 0xffffffff, 0x8000000000000000, UINT64_MAX, 0xdeadbeef};
    sim::ModelWorld world(object);
    std::mt19937_64 random(7);
    std::uint64_t worst = 0;
    const bool packet = object.programs[program].section == "xdp";
    for (unsigned run = 0; run < 40; ++run) {
        sim::RunInput input;
        input.context.resize(packet ? 24 : 48);
        for (std::size_t at = 0; at < input.context.size(); at += 8) {
            const std::uint64_t word = run < std::size(kWords) ? kWords[run] : random();
            for (unsigned i = 0; i < 8; ++i) input.context[at + i] = static_cast<std::uint8_t>(word >> (8 * i));
        }
        if (packet) {
            input.packet.resize(run * 8);
            for (auto& byte : input.packet) byte = static_cast<std::uint8_t>(run % 3 == 0 ? 1 + run % 40 : random());
        }
        sim::Machine machine(object, program, platform, world);
        const auto result = machine.run(input);
        if (!result) {
            trap = render_text(result.error());
            return worst;
        }
        worst = std::max(worst, result.value().cost);
    }
    return worst;
}

TEST(Loops, that_end_are_accepted_with_their_bounds) {
    const Judged j = judge("bounded.bpf.c");
    const std::vector<Case> cases = cases_of(j.text);
    EXPECT_GE(cases.size(), 40u);
    const Platform& platform = *builtin_platform("microbpf");
    std::printf("%-24s %10s %10s %10s %10s   worst run (v3), steps of the search\n", "bounded loop", "v1", "v2", "v3", "v4");
    for (const Case& c : cases) {
        std::printf("%-24s", c.name.c_str());
        std::uint64_t worst_v3 = 0, steps = 0;
        for (const char* cpu : kCpus) {
            const BuildResult& result = j.by_cpu.at(cpu);
            const ProgramVerdict* v = verdict_of(result, c.name);
            ASSERT_NE(v, nullptr) << c.name << " " << cpu << "\n" << result.messages;
            EXPECT_TRUE(v->accepted) << c.name << " " << cpu << "\n" << (v->accepted ? "" : render_text(v->diagnostics.front()));
            std::printf(" %10s", v->accepted ? std::to_string(v->worst_case_instructions).c_str() : v->diagnostics.front().code.c_str());
            if (!v->accepted) continue;
            EXPECT_TRUE(has_loop(result.object->programs[v->program])) << c.name << " " << cpu << ": the compiler left no loop";
            std::string trap;
            const std::uint64_t worst = worst_run(*result.object, v->program, platform, trap);
            EXPECT_EQ(trap, "") << c.name << " " << cpu;
            EXPECT_LE(worst, v->worst_case_instructions) << c.name << " " << cpu;
            if (c.marks.contains("exact")) {
                EXPECT_EQ(worst, v->worst_case_instructions) << c.name << " " << cpu;
            }
            if (std::string(cpu) == "v3") {
                worst_v3 = worst;
                steps = v->stats.steps;
            }
        }
        std::printf("   %llu, %llu\n", static_cast<unsigned long long>(worst_v3), static_cast<unsigned long long>(steps));
    }
}

TEST(Loops, that_do_not_end_or_overrun_are_refused) {
    const Judged j = judge("refused.bpf.c");
    const std::vector<Case> cases = cases_of(j.text);
    EXPECT_GE(cases.size(), 40u);
    std::printf("%-26s %10s %10s %10s %10s\n", "refused loop", "v1", "v2", "v3", "v4");
    for (const Case& c : cases) {
        std::printf("%-26s", c.name.c_str());
        for (const char* cpu : kCpus) {
            const BuildResult& result = j.by_cpu.at(cpu);
            const ProgramVerdict* v = verdict_of(result, c.name);
            ASSERT_NE(v, nullptr) << c.name << " " << cpu << "\n" << result.messages;
            EXPECT_FALSE(v->accepted) << c.name << " " << cpu;
            if (v->accepted) continue;
            const Diagnostic& d = v->diagnostics.front();
            std::printf(" %10s", d.code.c_str());
            EXPECT_TRUE(c.marks.contains(d.code.substr(4))) << c.name << " " << cpu << "\n" << render_text(d);
        }
        std::printf("\n");
    }
}

}  // namespace
}  // namespace mbpf
