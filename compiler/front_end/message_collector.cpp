// SPDX-License-Identifier: Apache-2.0
// Our rules mark their messages "… [MBPF1101]" and put the remedy into a note "fix: …"; both are taken apart
// again here. Everything else is Clang's and counts as MBPF1100,
// but for what Clang itself refuses on this target before our rule can see it.
#include "compiler/front_end/message_collector.h"

#include <clang/Basic/DiagnosticSema.h>
#include <clang/Basic/SourceManager.h>
#include <llvm/ADT/SmallString.h>

namespace mbpf::front_end {
namespace {

// The line a location is in, without its end.
std::string line_text(const clang::SourceManager& sm, clang::SourceLocation loc) {
    bool invalid = false;
    const auto [file, offset] = sm.getDecomposedLoc(loc);
    const llvm::StringRef text = sm.getBufferData(file, &invalid);
    if (invalid || offset > text.size()) return {};
    std::size_t begin = offset, end = offset;
    while (begin > 0 && text[begin - 1] != '\n') --begin;
    while (end < text.size() && text[end] != '\n' && text[end] != '\r') ++end;
    return text.slice(begin, end).take_front(400).str();
}

SourceLocation where(const clang::Diagnostic& info) {
    SourceLocation result;
    if (!info.hasSourceManager() || info.getLocation().isInvalid()) return result;
    const clang::SourceManager& sm = info.getSourceManager();
    const clang::SourceLocation loc = sm.getFileLoc(info.getLocation());
    const clang::PresumedLoc presumed = sm.getPresumedLoc(loc);
    if (presumed.isInvalid()) return result;
    result.file = presumed.getFilename();
    result.line = presumed.getLine();
    result.column = presumed.getColumn();
    result.text = line_text(sm, loc);
    return result;
}

// "… [MBPF1101]": the code, cut off the message; else MBPF1100.
std::string take_code(std::string& message) {
    const std::size_t open = message.rfind(" [MBPF");
    if (open == std::string::npos || message.back() != ']' || message.size() - open != 11) return "MBPF1100";
    std::string code = message.substr(open + 2, 8);
    message.resize(open);
    return code;
}

}  // namespace

MessageCollector::MessageCollector(llvm::raw_ostream& rendered, clang::DiagnosticOptions* options,
                                   std::vector<Diagnostic>& structured)
    : printer_(rendered, options), structured_(structured) {}

void MessageCollector::BeginSourceFile(const clang::LangOptions& language, const clang::Preprocessor* pp) {
    printer_.BeginSourceFile(language, pp);
}

void MessageCollector::EndSourceFile() { printer_.EndSourceFile(); }

void MessageCollector::HandleDiagnostic(clang::DiagnosticsEngine::Level level, const clang::Diagnostic& info) {
    DiagnosticConsumer::HandleDiagnostic(level, info);  // counts
    printer_.HandleDiagnostic(level, info);
    if (level == clang::DiagnosticsEngine::Ignored || level == clang::DiagnosticsEngine::Remark) return;
    llvm::SmallString<256> text;
    info.FormatDiagnostic(text);
    std::string message = text.str().str();
    if (level == clang::DiagnosticsEngine::Note) {
        if (structured_.empty()) return;
        if (message.starts_with("fix: ")) {
            structured_.back().fix = message.substr(5);
        } else {
            structured_.back().notes.push_back({message, where(info)});
        }
        return;
    }
    Diagnostic d;
    d.severity = level == clang::DiagnosticsEngine::Warning ? Severity::warning : Severity::error;
    d.code = take_code(message);
    if (info.getID() == clang::diag::err_thread_unsupported) d.code = "MBPF1108";
    d.message = std::move(message);
    d.where = where(info);
    structured_.push_back(std::move(d));
}

}  // namespace mbpf::front_end
