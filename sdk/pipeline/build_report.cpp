// SPDX-License-Identifier: Apache-2.0
// Figures keep the names they have in BuildResult, so that table and JSON cannot differ in what they mean.
#include "sdk/pipeline/build_report.h"

#include <cstdio>
#include <nlohmann/json.hpp>

namespace mbpf {
namespace {

std::string words(std::string name) {
    for (char& c : name) {
        if (c == '_') c = ' ';
    }
    return name;
}

nlohmann::ordered_json program_json(const ProgramVerdict& v) {
    return {{"section", v.section},
            {"function", v.function},
            {"verdict", v.accepted ? "accept" : "reject"},
            {"instructions", v.instructions},
            {"worst_case_instructions", v.worst_case_instructions},
            {"stack_bytes", v.stack_bytes}};
}

}  // namespace

std::string build_table(const BuildResult& result) {
    std::string table;
    for (const StageFigures& stage : result.stages) {
        char head[64], tail[64];
        std::snprintf(head, sizeof head, "%-8s %8.1f ms", stage.stage.c_str(), static_cast<double>(stage.time_us) / 1000.0);
        table += head;
        const char* separator = "  ";
        for (const auto& [name, value] : stage.figures) {
            std::snprintf(tail, sizeof tail, "%s%llu ", separator, static_cast<unsigned long long>(value));
            table += tail + words(name);
            separator = ", ";
        }
        table += "\n";
    }
    return table;
}

std::string build_json(const BuildResult& result, const std::string& output) {
    nlohmann::ordered_json stages = nlohmann::ordered_json::array();
    for (const StageFigures& stage : result.stages) {
        nlohmann::ordered_json row = {{"stage", stage.stage}, {"time_us", stage.time_us}};
        for (const auto& [name, value] : stage.figures) row[name] = value;
        stages.push_back(std::move(row));
    }
    nlohmann::ordered_json programs = nlohmann::ordered_json::array();
    for (const ProgramVerdict& v : result.verification.verdicts) programs.push_back(program_json(v));
    nlohmann::ordered_json diagnostics = nlohmann::ordered_json::array();
    for (const Diagnostic& d : result.diagnostics) {
        diagnostics.push_back(nlohmann::ordered_json::parse(render_json(d), nullptr, /*allow_exceptions=*/false));
    }
    nlohmann::ordered_json whole = {{"version", 1}, {"ok", result.ok()}, {"exit_code", result.exit_code()}};
    if (!output.empty()) whole["output"] = output;
    whole["stages"] = std::move(stages);
    whole["programs"] = std::move(programs);
    whole["diagnostics"] = std::move(diagnostics);
    // Names come from hostile files: bad UTF-8 is replaced, never thrown at us.
    return whole.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace mbpf
