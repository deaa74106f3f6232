// SPDX-License-Identifier: Apache-2.0
// The suite's C files: which programs they hold, what is expected of each, and the verdicts at every ISA version.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sdk/pipeline/build.h"
#include "tests/verifier/loops/loop_runs.h"
#include "tests/verifier/loops/natural_loops.h"

namespace mbpf {

inline constexpr const char* kCpus[] = {"v1", "v2", "v3", "v4"};
inline constexpr std::uint32_t kMemoryBytes = 64;  // of programs for the platform isa

struct LoopCase {
    std::string name;
    std::set<std::string> marks;
    bool has(const std::string& mark) const { return marks.contains(mark); }
    // Times the worst run that the bound may be.
    double factor() const;
    // Most runs of the body of any loop, per entry of it; 0: not stated.
    std::uint64_t turns() const;
};

struct LoopFile {
    const char* name;
    const char* platform;
};

struct JudgedLoops {
    std::vector<LoopCase> cases;
    std::map<std::string, BuildResult> by_cpu;
    // Null: the build did not come that far, or the program is not in it.
    const ProgramVerdict* verdict(const char* cpu, const std::string& name) const;
};

JudgedLoops judge(const LoopFile& file);

// "counting.bpf.c" -> "counting"
std::string test_name(const testing::TestParamInfo<LoopFile>& info);

}  // namespace mbpf
