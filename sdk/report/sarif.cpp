// SPDX-License-Identifier: Apache-2.0
#include <set>

#include "sdk/report/report.h"
#include "sdk/rules/rules.h"

namespace mbpf {

using nlohmann::json;

namespace {

// A relative or absolute path as a URI reference: what RFC 3986 reserves is escaped.
std::string uri_of(const std::string& path) {
    static constexpr char kHex[] = "0123456789ABCDEF";
    std::string out = !path.empty() && path.front() == '/' ? "file://" : "";
    for (const char c : path) {
        const unsigned char u = static_cast<unsigned char>(c);
        const bool plain = (u >= 'a' && u <= 'z') || (u >= 'A' && u <= 'Z') || (u >= '0' && u <= '9') || u == '/' || u == '.' || u == '-' || u == '_' || u == '~';
        if (plain) out += c;
        else out += {'%', kHex[u >> 4], kHex[u & 15]};
    }
    return out;
}

json physical(const SourceLocation& where) {
    json location = {{"artifactLocation", {{"uri", uri_of(where.file)}}}};
    if (where.line > 0) {
        location["region"] = {{"startLine", where.line}};
        if (where.column > 0) location["region"]["startColumn"] = where.column;
        if (!where.text.empty()) location["region"]["snippet"] = {{"text", where.text}};
    }
    return {{"physicalLocation", location}};
}

json flow_of(const JudgedInput& input, const ProgramVerdict& v, const Diagnostic& d) {
    json steps = json::array();
    if (input.result.object != nullptr) {
        const bpf::Program& program = input.result.object->programs[v.program];
        for (const PathStep& s : told_steps(v.path)) {
            json at = physical(input.result.object->location(program, s.slot));
            at["message"] = {{"text", s.text.empty() ? std::string(s.taken ? "jump taken: " : "jump not taken: ") + bpf::disassemble(program.insns, s.slot) : s.text}};
            if (at["physicalLocation"]["artifactLocation"]["uri"] == "") at["physicalLocation"]["artifactLocation"]["uri"] = uri_of(input.path);
            steps.push_back({{"location", at}});
        }
    }
    json at = physical(d.where);
    at["message"] = {{"text", d.message}};
    steps.push_back({{"location", at}});
    return json::array({{{"threadFlows", json::array({{{"locations", steps}}})}}});
}

json result_of(const JudgedInput& input, const ProgramVerdict* v, const Diagnostic& d) {
    json location = physical(d.where);
    if (v != nullptr) location["logicalLocations"] = json::array({{{"name", v->function}, {"fullyQualifiedName", v->section + "::" + v->function}, {"kind", "function"}}});
    std::string text = d.message;
    if (!d.why.empty()) text += ". Why: " + d.why;
    if (const std::string fix = fix_of(d); !fix.empty()) text += ". Fix: " + fix;
    json result = {{"ruleId", d.code}, {"level", d.severity == Severity::error ? "error" : d.severity == Severity::warning ? "warning" : "note"}, {"message", {{"text", text}}}, {"locations", json::array({location})}};
    if (v != nullptr) result["codeFlows"] = flow_of(input, *v, d);
    json related = json::array();
    for (const DiagnosticNote& note : d.notes) {
        json at = physical(note.where);
        at["message"] = {{"text", note.message}};
        related.push_back(at);
    }
    if (!related.empty()) result["relatedLocations"] = related;
    return result;
}

}  // namespace

std::string sarif_report(const std::vector<JudgedInput>& inputs, const std::string& version) {
    json results = json::array();
    std::set<std::string> used;
    const auto add = [&](const JudgedInput& input, const ProgramVerdict* v, Diagnostic d) {
        if (d.where.file.empty()) d.where.file = input.path;
        used.insert(d.code);
        results.push_back(result_of(input, v, d));
    };
    for (const JudgedInput& input : inputs) {
        for (const ProgramVerdict& v : input.result.verification.verdicts)
            for (const Diagnostic& d : v.diagnostics) add(input, &v, d);
        if (input.result.verification.verdicts.empty())
            for (const Diagnostic& d : input.result.diagnostics) add(input, nullptr, d);
    }
    json rules = json::array();
    for (const std::string& code : used) {
        json rule = {{"id", code}};
        if (const DiagnosticCode* row = find_diagnostic_code(code)) {
            rule["shortDescription"] = {{"text", std::string(row->title)}};
            rule["help"] = {{"text", std::string(row->advice)}};
            if (const std::string page = rule_markdown(code); !page.empty()) rule["help"]["markdown"] = page;
            rule["properties"] = {{"tags", json::array({row->cls == DiagnosticClass::unsupported ? "unsupported" : row->cls == DiagnosticClass::unsafe ? "unsafe" : "input"})}};
        }
        rules.push_back(rule);
    }
    for (json& r : results)
        for (std::size_t i = 0; i < rules.size(); ++i)
            if (rules[i]["id"] == r["ruleId"]) r["ruleIndex"] = i;
    const json sarif = {{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
                        {"version", "2.1.0"},
                        {"runs", json::array({{{"tool", {{"driver", {{"name", "mbpf-verify"}, {"version", version}, {"rules", rules}}}}}, {"columnKind", "utf16CodeUnits"}, {"results", results}}})}};
    return sarif.dump(1, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace mbpf
