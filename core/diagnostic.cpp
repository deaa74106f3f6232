// SPDX-License-Identifier: Apache-2.0
// The table of codes and the two renderings. The text form is the one compilers have taught people to read.
#include "core/diagnostic.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace mbpf {

namespace {

using enum DiagnosticClass;

#define MBPF_CODE(number, cls, title, advice) DiagnosticCode{"MBPF" #number, cls, title, advice},
constexpr DiagnosticCode kCodes[] = {
#include "core/codes/core.def"
#include "core/codes/platform.def"
#include "core/codes/verifier.def"
#include "core/codes/front_end.def"
#include "core/codes/native.def"
#include "core/codes/package.def"
#include "core/codes/signer.def"
#include "core/codes/deploy.def"
#include "core/codes/simulator.def"
};
#undef MBPF_CODE

std::string_view severity_name(Severity severity) {
    switch (severity) {
        case Severity::error: return "error";
        case Severity::warning: return "warning";
        case Severity::note: return "note";
    }
    return "error";
}

std::string_view severity_colour(Severity severity) {
    switch (severity) {
        case Severity::error: return "\033[1;31m";
        case Severity::warning: return "\033[1;35m";
        case Severity::note: return "\033[1;36m";
    }
    return "";
}

std::string place(const SourceLocation& where) {
    if (where.file.empty()) return {};
    std::string text = where.file;
    if (where.line != 0) text += ":" + std::to_string(where.line);
    if (where.line != 0 && where.column != 0) text += ":" + std::to_string(where.column);
    return text + ": ";
}

// The source line with a gutter and, below it, a caret with a tail to the statement's end.
void append_source(std::string& out, const SourceLocation& where, const RenderOptions& options) {
    if (where.text.empty() || where.line == 0) return;
    std::string line = where.text;
    for (char& c : line)
        if (c == '\t' || static_cast<unsigned char>(c) < 0x20) c = ' ';
    std::string number = std::to_string(where.line);
    if (number.size() < 5) number.insert(0, 5 - number.size(), ' ');
    out += number + " | " + line + "\n";
    if (where.column == 0 || where.column > line.size()) return;
    const std::size_t start = where.column - 1;
    std::size_t end = line.find_first_of(";{", start);
    if (end == std::string::npos) end = line.size();
    const std::size_t tail = end > start + 1 ? end - start - 1 : 0;
    out += "      | " + std::string(start, ' ');
    if (options.colour) out += "\033[1;32m";
    out += "^" + std::string(tail, '~');
    if (options.colour) out += "\033[0m";
    out += "\n";
}

nlohmann::json location_json(const SourceLocation& where) {
    return {{"file", where.file}, {"line", where.line}, {"column", where.column}};
}

}  // namespace

const DiagnosticCode* find_diagnostic_code(std::string_view code) {
    const auto* found = std::ranges::find(kCodes, code, &DiagnosticCode::code);
    return found == std::end(kCodes) ? nullptr : found;
}

std::vector<DiagnosticCode> all_diagnostic_codes() { return {std::begin(kCodes), std::end(kCodes)}; }

DiagnosticClass diagnostic_class(const Diagnostic& d) {
    const DiagnosticCode* code = find_diagnostic_code(d.code);
    return code == nullptr ? internal : code->cls;
}

int exit_code(const Diagnostic& d) {
    switch (diagnostic_class(d)) {
        case unsafe:
        case unsupported: return 1;
        case usage: return 2;
        case malformed: return 3;
        case io: return 4;
        case policy: return 5;
        case internal: return 70;
    }
    return 70;
}

std::string render_text(const Diagnostic& d, const RenderOptions& options) {
    std::string out;
    const auto colour = [&](std::string_view code) { return options.colour ? std::string(code) : std::string(); };
    out += colour("\033[1m") + place(d.where) + colour("\033[0m");
    out += colour(severity_colour(d.severity)) + std::string(severity_name(d.severity)) + ": " + colour("\033[0m");
    out += colour("\033[1m") + d.message + colour("\033[0m");
    if (!d.code.empty()) out += " [" + d.code + "]";
    out += "\n";
    append_source(out, d.where, options);
    if (!d.why.empty() || d.instruction) {
        out += "  why: " + d.why;
        if (d.instruction) {
            if (!d.why.empty()) out += " ";
            out += "(instruction " + std::to_string(*d.instruction) + ")";
        }
        out += "\n";
    }
    if (!d.fix.empty()) out += "  fix: " + d.fix + "\n";
    for (const DiagnosticNote& note : d.notes) {
        out += "  " + place(note.where) + colour(severity_colour(Severity::note)) + "note: " + colour("\033[0m") + note.message + "\n";
        append_source(out, note.where, options);
    }
    return out;
}

std::string render_json(const Diagnostic& d) {
    nlohmann::json json = {{"code", d.code},
                           {"severity", severity_name(d.severity)},
                           {"message", d.message},
                           {"file", d.where.file},
                           {"line", d.where.line},
                           {"column", d.where.column},
                           {"why", d.why},
                           {"fix", d.fix}};
    if (d.instruction) json["instruction"] = *d.instruction;
    json["notes"] = nlohmann::json::array();
    for (const DiagnosticNote& note : d.notes) {
        nlohmann::json entry = location_json(note.where);
        entry["message"] = note.message;
        json["notes"].push_back(std::move(entry));
    }
    return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace mbpf
