// SPDX-License-Identifier: Apache-2.0
// The table of codes and the two renderings. The text form is the one compilers have taught people to read.
#include "core/diagnostic.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <nlohmann/json.hpp>

#include "core/make_diagnostic.h"
#include "core/printable.h"

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

// Files, tokens and devices have a say in what we say, but not in what the terminal does.
std::string shown(std::string_view text) { return printable(text, "\n\t"); }

std::string place(const SourceLocation& where) {
    if (where.file.empty()) return {};
    std::string text = shown(where.file);
    if (where.line != 0) text += ":" + std::to_string(where.line);
    if (where.line != 0 && where.column != 0) text += ":" + std::to_string(where.column);
    return text + ": ";
}

// How many cells of a terminal a code point takes: none for combining marks, two for the wide scripts and pictures
// (UAX 11, by blocks).
unsigned cells(std::uint32_t c) {
    if ((c >= 0x300 && c <= 0x36f) || (c >= 0x200b && c <= 0x200f) || (c >= 0xfe00 && c <= 0xfe0f)) return 0;
    const bool wide = (c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0xa4cf) || (c >= 0xac00 && c <= 0xd7a3) || (c >= 0xf900 && c <= 0xfaff) ||
                      (c >= 0xfe30 && c <= 0xfe6f) || (c >= 0xff00 && c <= 0xff60) || (c >= 0xffe0 && c <= 0xffe6) || (c >= 0x1f300 && c <= 0x1faff) || (c >= 0x20000 && c <= 0x3fffd);
    return wide ? 2 : 1;
}

// Cells that `text` takes: columns count bytes, and comments are in every language. Bytes that are no UTF-8 take one.
std::size_t width(std::string_view text) {
    std::size_t sum = 0;
    for (std::size_t i = 0; i < text.size();) {
        const auto first = static_cast<unsigned char>(text[i]);
        const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
        std::uint32_t c = length == 1 ? first : first & (0x7fu >> length);
        std::size_t n = 1;
        for (; n < length && i + n < text.size() && (static_cast<unsigned char>(text[i + n]) & 0xc0) == 0x80; ++n) c = c << 6 | (static_cast<unsigned char>(text[i + n]) & 0x3fu);
        sum += n == length ? cells(c) : 1;
        i += n == length ? n : 1;
    }
    return sum;
}

// The source line with a gutter and, below it, a caret with a tail to the statement's end.
void append_source(std::string& out, const SourceLocation& where, const RenderOptions& options) {
    if (where.text.empty() || where.line == 0) return;
    std::string line = where.text;
    line.erase(line.find_last_not_of(" \t\r\n") + 1);  // the \r of sources written elsewhere, too
    std::ranges::replace(line, '\t', ' ');
    line = printable(line);
    std::string number = std::to_string(where.line);
    if (number.size() < 5) number.insert(0, 5 - number.size(), ' ');
    out += number + " | " + line + "\n";
    if (where.column == 0 || where.column > line.size()) return;
    const std::size_t start = where.column - 1;
    std::size_t end = line.find_first_of(";{", start);
    if (end == std::string::npos) end = line.size();
    const std::string_view shown = line;
    const std::size_t span = width(shown.substr(start, end - start)), tail = span > 1 ? span - 1 : 0;
    out += "      | " + std::string(width(shown.substr(0, start)), ' ');
    if (options.colour) out += "\033[1;32m";
    out += "^" + std::string(tail, '~');
    if (options.colour) out += "\033[0m";
    out += "\n";
}

nlohmann::json location_json(const SourceLocation& where) {
    return {{"file", where.file}, {"line", where.line}, {"column", where.column}};
}

}  // namespace

Diagnostic diagnostic(unsigned code, std::string message, std::string why, std::string fix) {
    Diagnostic d;
    d.code = "MBPF" + std::to_string(code);
    d.message = std::move(message);
    d.why = std::move(why);
    d.fix = std::move(fix);
    return d;
}

const DiagnosticCode* find_diagnostic_code(std::string_view code) {
    const auto* found = std::ranges::find(kCodes, code, &DiagnosticCode::code);
    return found == std::end(kCodes) ? nullptr : found;
}

std::vector<DiagnosticCode> all_diagnostic_codes() { return {std::begin(kCodes), std::end(kCodes)}; }

DiagnosticClass diagnostic_class(const Diagnostic& d) {
    const DiagnosticCode* code = find_diagnostic_code(d.code);
    return code == nullptr ? internal : code->cls;
}

std::string fix_of(const Diagnostic& d) {
    const DiagnosticCode* code = d.fix.empty() && d.severity == Severity::error ? find_diagnostic_code(d.code) : nullptr;
    if (code == nullptr) return d.fix;
    // The table has sentences; a fix is one line, lower case, no full stop.
    std::string advice(code->advice);
    if (advice.size() > 1 && std::isupper(static_cast<unsigned char>(advice[0])) && std::islower(static_cast<unsigned char>(advice[1])))
        advice[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(advice[0])));
    if (advice.ends_with('.')) advice.pop_back();
    return advice;
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
    out += colour("\033[1m") + shown(d.message) + colour("\033[0m");
    if (!d.code.empty()) out += " [" + d.code + "]";
    out += "\n";
    append_source(out, d.where, options);
    if (!d.why.empty() || d.instruction) {
        out += "  why: " + shown(d.why);
        if (d.instruction) {
            if (!d.why.empty()) out += " ";
            out += "(instruction " + std::to_string(*d.instruction) + ")";
        }
        out += "\n";
    }
    if (const std::string fix = fix_of(d); !fix.empty()) out += "  fix: " + shown(fix) + "\n";
    for (const DiagnosticNote& note : d.notes) {
        out += "  " + place(note.where) + colour(severity_colour(Severity::note)) + "note: " + colour("\033[0m") + shown(note.message) + "\n";
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
                           {"fix", fix_of(d)}};
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
