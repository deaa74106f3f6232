// SPDX-License-Identifier: Apache-2.0
// One message to a person: what is wrong, where in the C source, why, and how to fix it. Codes are stable
// and listed once, in core/diagnostic_codes.def, from which docs and `--explain` are made.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mbpf {

enum class Severity : std::uint8_t { error, warning, note };

// Each class maps to one exit code of the tools (core/exit_code.h).
enum class DiagnosticClass : std::uint8_t {
    unsafe,       // 1: the program was rejected: MBPF1xxx
    unsupported,  // 1: well-formed, perhaps safe, but outside what we handle: MBPF18xx
    usage,        // 2: wrong command line: MBPF2xxx
    malformed,    // 3: the input is not what it claims to be: MBPF3xxx
    io,           // 4: a file, socket or device failed: MBPF4xxx
    policy,       // 5: keys, signatures, roles, admission: MBPF5xxx
    internal,     // 70: a bug of ours: MBPF9xxx
};

struct SourceLocation {
    std::string file;
    std::uint32_t line = 0;    // 1-based; 0: unknown
    std::uint32_t column = 0;  // 1-based; 0: unknown
    std::string text;          // the source line itself, when known (BTF carries it)
};

struct DiagnosticNote {
    std::string message;
    SourceLocation where;
};

struct Diagnostic {
    std::string code;  // "MBPF1012"; always a row of diagnostic_codes.def
    Severity severity = Severity::error;
    std::string message;  // one line, lower case, no full stop
    SourceLocation where;
    std::optional<std::uint32_t> instruction;  // slot index in the program
    std::string why;                           // the facts known, with numbers
    std::string fix;                           // what to do about it
    std::vector<DiagnosticNote> notes;         // the path that leads here, in C terms
};

struct DiagnosticCode {
    std::string_view code;
    DiagnosticClass cls;
    std::string_view title;   // what the rule demands, one line
    std::string_view advice;  // how to satisfy it, a few sentences
};

// The row for `code`, or null.
const DiagnosticCode* find_diagnostic_code(std::string_view code);
std::vector<DiagnosticCode> all_diagnostic_codes();

// Class of a diagnostic; an unknown code counts as internal.
DiagnosticClass diagnostic_class(const Diagnostic& d);
// What to do about it: its own fix, or what is advised for its code where a stage had nothing nearer to say. Notes and
// warnings have only their own.
std::string fix_of(const Diagnostic& d);
// Exit code of a tool that ends with this diagnostic: DESIGN: 1, 2, 3, 4, 5 or 70.
int exit_code(const Diagnostic& d);

struct RenderOptions {
    bool colour = false;
};
// "file.c:12:9: error: … [MBPF1012]", source line, caret, why, fix, notes. Ends with a newline.
std::string render_text(const Diagnostic& d, const RenderOptions& options = {});
// One JSON object on one line, no newline.
std::string render_json(const Diagnostic& d);

}  // namespace mbpf
