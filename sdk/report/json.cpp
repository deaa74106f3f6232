// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iterator>
#include <set>

#include "sdk/report/report.h"

namespace mbpf {

using nlohmann::json;

std::vector<PathStep> told_steps(const std::vector<PathStep>& path) {
    std::set<std::pair<std::uint32_t, bool>> seen;
    std::vector<PathStep> told;
    for (auto step = path.rbegin(); step != path.rend(); ++step)
        if (seen.emplace(step->slot, step->taken).second) told.push_back(*step);
    std::ranges::reverse(told);
    return told;
}

std::optional<Diagnostic> guessed_hook(const JudgedInput& input, const ProgramVerdict& v) {
    if (!v.hook_guessed || input.result.object == nullptr) return std::nullopt;
    Diagnostic d;
    d.code = "MBPF1037";
    d.severity = Severity::warning;
    d.message = "section \"" + v.section + "\" names no hook; " + v.function + " is judged as one of hook " + v.hook;
    d.where = input.result.object->location(input.result.object->programs[v.program], 0);
    d.fix = "name the hook in SEC(\"…\"), or by --hook";
    return d;
}

std::vector<Diagnostic> other_diagnostics(const JudgedInput& input) {
    std::vector<Diagnostic> others;
    const bool judged = !input.result.verification.verdicts.empty();
    for (const ProgramVerdict& v : input.result.verification.verdicts)
        if (auto d = guessed_hook(input, v)) others.push_back(std::move(*d));
    std::ranges::copy_if(input.result.diagnostics, std::back_inserter(others), [&](const Diagnostic& d) { return !judged || d.severity != Severity::error; });
    return others;
}

json input_json(const JudgedInput& input) {
    json programs = json::array(), diagnostics = json::array();
    for (const ProgramVerdict& v : input.result.verification.verdicts) programs.push_back(verdict_json(v));
    for (const Diagnostic& d : other_diagnostics(input)) diagnostics.push_back(json::parse(render_json(d)));
    json j = {{"version", 1}, {"object", input.path}, {"programs", programs}};
    if (!diagnostics.empty()) j["diagnostics"] = diagnostics;
    return j;
}

json verdict_json(const ProgramVerdict& v) {
    json j = {{"section", v.section},
              {"function", v.function},
              {"hook", v.hook},
              {"hook_guessed", v.hook_guessed},
              {"verdict", v.accepted ? "accept" : "reject"},
              {"code", ""},
              {"message", ""},
              {"file", ""},
              {"line", 0},
              {"column", 0},
              {"instruction", 0},
              {"instructions", v.instructions},
              {"worst_case_instructions", v.worst_case_instructions},
              {"stack_bytes", v.stack_bytes},
              {"certificate_bytes", v.certificate_bytes},
              {"steps", v.stats.steps},
              {"attempts", v.stats.attempts},
              {"checker_bytes", v.stats.checker_bytes},
              {"time_us", v.stats.time_us},
              {"peak_bytes", v.stats.peak_bytes}};
    if (v.diagnostics.empty()) return j;
    const Diagnostic& d = v.diagnostics.front();
    j["code"] = d.code;
    j["class"] = diagnostic_class(d) == DiagnosticClass::unsupported ? "unsupported" : diagnostic_class(d) == DiagnosticClass::unsafe ? "unsafe" : "malformed";
    j["message"] = d.message;
    j["file"] = d.where.file;
    j["line"] = d.where.line;
    j["column"] = d.where.column;
    j["instruction"] = d.instruction.value_or(0);
    j["why"] = d.why;
    j["fix"] = fix_of(d);
    json path = json::array();
    for (const PathStep& s : told_steps(v.path)) {
        json step = {{"instruction", s.slot}, {"taken", s.taken}, {"text", s.text}, {"values", json::object()}};
        for (const auto& [name, value] : s.values) step["values"][name] = value;
        path.push_back(std::move(step));
    }
    j["path"] = path;
    json notes = json::array();
    for (const DiagnosticNote& n : d.notes) notes.push_back({{"message", n.message}, {"file", n.where.file}, {"line", n.where.line}, {"column", n.where.column}});
    j["notes"] = notes;
    json values = json::object();
    for (const auto& [name, value] : v.values) values[name] = value;
    j["values"] = values;
    return j;
}

}  // namespace mbpf
