// SPDX-License-Identifier: Apache-2.0
// A program stands on a line that begins with a capital letter, "(", its name and ")"; behind its last "// " what
// is expected of it.
#include "tests/verifier/loops/loop_cases.h"

#include <charconv>
#include <sstream>

#include "sdk/cli/cli.h"

namespace mbpf {

namespace {

constexpr double kUsualFactor = 1.5;  // bound over worst run where the file states none

std::vector<LoopCase> cases_of(const std::string& text) {
    std::vector<LoopCase> cases;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        if (line.size() < 4 || line[0] < 'A' || line[0] > 'Z' || line[1] != '(') continue;
        LoopCase c;
        c.name = line.substr(2, line.find(')') - 2);
        if (const auto at = line.rfind("// "); at != std::string::npos) {
            std::istringstream marks(line.substr(at + 3));
            for (std::string mark; marks >> mark;) c.marks.insert(mark);
        }
        cases.push_back(c);
    }
    return cases;
}

}  // namespace

double LoopCase::factor() const {
    if (has("exact")) return 1;
    for (const std::string& m : marks)
        if (m[0] >= '0' && m[0] <= '9') return std::stod(m);
    return kUsualFactor;
}

std::uint64_t LoopCase::turns() const {
    std::uint64_t n = 0;
    for (const std::string& m : marks)
        if (m.starts_with("turns=")) std::from_chars(m.data() + 6, m.data() + m.size(), n);
    return n;
}

const ProgramVerdict* JudgedLoops::verdict(const char* cpu, const std::string& name) const {
    for (const ProgramVerdict& v : by_cpu.at(cpu).verification.verdicts)
        if (v.function == name) return &v;
    return nullptr;
}

JudgedLoops judge(const LoopFile& file) {
    const std::string path = std::string(LOOPS_FOLDER) + "/" + file.name;
    const std::string text = cli::read_text(path).value();
    JudgedLoops j;
    j.cases = cases_of(text);
    for (const char* cpu : kCpus) {
        BuildOptions options;
        options.goal = BuildGoal::verified;
        options.platform = std::make_shared<const Platform>(*builtin_platform(file.platform));
        options.cpu = cpu;
        options.verify.memory_bytes = kMemoryBytes;
        options.verify.count_loops = true;
        j.by_cpu.emplace(cpu, build({{path, std::vector<std::uint8_t>(text.begin(), text.end())}}, options));
    }
    return j;
}

std::string test_name(const testing::TestParamInfo<LoopFile>& info) {
    const std::string name = info.param.name;
    return name.substr(0, name.find('.'));
}

}  // namespace mbpf
