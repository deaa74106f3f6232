// SPDX-License-Identifier: Apache-2.0
// Verdicts for machines and for reading: JSON, SARIF 2.1.0, and one self-contained HTML page.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "sdk/pipeline/build.h"

namespace mbpf {

struct JudgedInput {
    std::string path;
    BuildResult result;
    std::shared_ptr<const Platform> platform = nullptr;  // names helpers; null: they are told by number
};

// A warning where the section's name says nothing and a fallback hook was taken.
std::optional<Diagnostic> guessed_hook(const JudgedInput& input, const ProgramVerdict& verdict);
// What no verdict has said: of inputs without verdicts everything, else the warnings.
std::vector<Diagnostic> other_diagnostics(const JudgedInput& input);

// The decisions of a path for reports: each once, where it was last taken, since a loop takes the same again and again.
std::vector<PathStep> told_steps(const std::vector<PathStep>& path);

// {"section", "function", "verdict": "accept"|"reject", "code", "message", "file", "line", …}
nlohmann::json verdict_json(const ProgramVerdict& verdict);
// {"version", "object", "programs"}, and "diagnostics" of what belongs to no program: warnings of the C compiler, and why
// there is no verdict.
nlohmann::json input_json(const JudgedInput& input);
// SARIF 2.1.0 of all inputs: one run, a rule for each code used, the deciding path as a code flow. Files below `root`,
// an absolute path, are named relative to it; empty: as they are.
std::string sarif_report(const std::vector<JudgedInput>& inputs, const std::string& version, const std::string& root = {});
// Source beside bytecode with the proved state of each instruction; needs nothing but a browser.
std::string html_report(const std::vector<JudgedInput>& inputs, const std::string& version);

// "r1 = a number in [0, 9]" for every register the proof knows before the instruction.
std::vector<std::string> state_lines(const bpf::Object& object, const InsnFacts& facts);

}  // namespace mbpf
