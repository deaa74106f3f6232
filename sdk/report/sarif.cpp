// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <set>

#include "sdk/report/report.h"
#include "sdk/rules/rules.h"

namespace mbpf {

using nlohmann::json;

namespace {

constexpr const char* kRoot = "%SRCROOT%";      // as other tools call the folder that relative names begin in
constexpr const char* kWarning = "warning";     // rule of what the C compiler warns of: it has no code

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

// Columns count bytes with us, and units of UTF-16 in SARIF.
std::uint32_t utf16_column(std::string_view text, std::size_t column) {
    if (text.empty()) return static_cast<std::uint32_t>(column);
    std::uint32_t units = 1;
    for (const char c : text.substr(0, column - 1)) {
        const auto byte = static_cast<unsigned char>(c);
        units += (byte & 0xc0) == 0x80 ? 0u : byte >= 0xf0 ? 2u : 1u;
    }
    return units;
}

class Log {
  public:
    explicit Log(std::string root) : root_(std::move(root)) {}

    json physical(const SourceLocation& where) const {
        const std::string name = named(where.file);
        json location = {{"artifactLocation", {{"uri", uri_of(name)}}}};
        if (!name.starts_with('/')) location["artifactLocation"]["uriBaseId"] = kRoot;
        if (where.line > 0) {
            location["region"] = {{"startLine", where.line}};
            if (where.column > 0) location["region"]["startColumn"] = utf16_column(where.text, where.column);
            // To the statement's end, as the text form underlines it.
            if (where.column > 0 && where.column <= where.text.size()) location["region"]["endColumn"] = utf16_column(where.text, std::min(where.text.find_first_of(";{", where.column), where.text.size()) + 1);
            if (!where.text.empty()) location["region"]["snippet"] = {{"text", where.text}};
        }
        return {{"physicalLocation", location}};
    }
    json flow_of(const JudgedInput& input, const ProgramVerdict& v, const Diagnostic& d) const;
    json result_of(const JudgedInput& input, const ProgramVerdict* v, const Diagnostic& d) const;

  private:
    // As the repository's host knows the file: below the root, without "./" and detours.
    std::string named(const std::string& path) const {
        std::string name = std::filesystem::path(path).lexically_normal().string();
        if (!root_.empty() && name.starts_with(root_ + "/")) name.erase(0, root_.size() + 1);
        return name;
    }

    std::string root_;
};

json Log::flow_of(const JudgedInput& input, const ProgramVerdict& v, const Diagnostic& d) const {
    json steps = json::array();
    if (input.result.object != nullptr) {
        const bpf::Program& program = input.result.object->programs[v.program];
        for (const PathStep& s : told_steps(v.path)) {
            SourceLocation where = input.result.object->location(program, s.slot);
            if (where.file.empty()) where.file = input.path;
            json at = physical(where);
            at["message"] = {{"text", s.text.empty() ? std::string(s.taken ? "jump taken: " : "jump not taken: ") + bpf::disassemble(program.insns, s.slot) : s.text}};
            steps.push_back({{"location", at}});
        }
    }
    json at = physical(d.where);
    at["message"] = {{"text", d.message}};
    steps.push_back({{"location", at}});
    return json::array({{{"threadFlows", json::array({{{"locations", steps}}})}}});
}

json Log::result_of(const JudgedInput& input, const ProgramVerdict* v, const Diagnostic& d) const {
    json location = physical(d.where);
    // What concerns a file as a whole: hosts show nothing that has no line.
    if (!location["physicalLocation"].contains("region")) location["physicalLocation"]["region"] = {{"startLine", 1}};
    if (v != nullptr) location["logicalLocations"] = json::array({{{"name", v->function}, {"fullyQualifiedName", v->section + "::" + v->function}, {"kind", "function"}}});
    std::string text = d.message;
    if (!d.why.empty()) text += ". Why: " + d.why;
    if (const std::string fix = fix_of(d); !fix.empty()) text += ". Fix: " + fix;
    json result = {{"ruleId", d.code.empty() ? kWarning : d.code}, {"level", d.severity == Severity::error ? "error" : d.severity == Severity::warning ? "warning" : "note"}, {"message", {{"text", text}}}, {"locations", json::array({location})}};
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

std::string sarif_report(const std::vector<JudgedInput>& inputs, const std::string& version, const std::string& root) {
    const Log log(root);
    json results = json::array();
    bool whole = true;  // all that was given could be judged
    std::set<std::string> used;
    const auto add = [&](const JudgedInput& input, const ProgramVerdict* v, Diagnostic d) {
        if (d.where.file.empty()) d.where.file = input.path;
        const DiagnosticClass c = diagnostic_class(d);
        whole = whole && (d.severity != Severity::error || c == DiagnosticClass::unsafe || c == DiagnosticClass::unsupported);
        used.insert(d.code.empty() ? kWarning : d.code);
        results.push_back(log.result_of(input, v, d));
    };
    for (const JudgedInput& input : inputs) {
        for (const ProgramVerdict& v : input.result.verification.verdicts)
            for (const Diagnostic& d : v.diagnostics) add(input, &v, d);
        for (const Diagnostic& d : other_diagnostics(input)) add(input, nullptr, d);
    }
    json rules = json::array();
    for (const std::string& code : used) {
        json rule = {{"id", code}};
        if (const DiagnosticCode* row = find_diagnostic_code(code)) {
            rule["shortDescription"] = {{"text", std::string(row->title)}};
            rule["fullDescription"] = {{"text", std::string(row->title) + ". " + std::string(row->advice)}};
            rule["help"] = {{"text", std::string(row->advice)}};
            if (const std::string page = rule_markdown(code); !page.empty()) rule["help"]["markdown"] = page;
            rule["defaultConfiguration"] = {{"level", "error"}};
            rule["properties"] = {{"tags", json::array({row->cls == DiagnosticClass::unsupported ? "unsupported" : row->cls == DiagnosticClass::unsafe ? "unsafe" : "input"})}};
        }
        if (code == kWarning) rule["shortDescription"] = rule["fullDescription"] = rule["help"] = {{"text", "what the C compiler warns of"}};
        rules.push_back(rule);
    }
    for (json& r : results)
        for (std::size_t i = 0; i < rules.size(); ++i)
            if (rules[i]["id"] == r["ruleId"]) r["ruleIndex"] = i;
    const json sarif = {{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
                        {"version", "2.1.0"},
                        {"runs", json::array({{{"tool", {{"driver", {{"name", "mbpf-verify"}, {"version", version}, {"rules", rules}}}}}, {"invocations", json::array({{{"executionSuccessful", whole}}})}, {"originalUriBaseIds", {{kRoot, {{"description", {{"text", "the folder that mbpf-verify was started in"}}}}}}}, {"columnKind", "utf16CodeUnits"}, {"results", results}}})}};
    return sarif.dump(1, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace mbpf
