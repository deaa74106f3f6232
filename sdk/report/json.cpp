// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
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

json verdict_json(const ProgramVerdict& v) {
    json j = {{"section", v.section},
              {"function", v.function},
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
