// SPDX-License-Identifier: Apache-2.0
// Our rules mark their messages "… [MBPF1101]" and put the remedy into a note "fix: …"; both are taken apart
// again here. Everything else is Clang's and counts as MBPF1100,
// but for what Clang itself refuses on this target before our rule can see it.
#include "compiler/front_end/message_collector.h"

#include <clang/Basic/DiagnosticLex.h>
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

// "… 'name' …": the first that is quoted.
std::string_view quoted(std::string_view message) {
    const std::size_t open = message.find('\'');
    const std::size_t close = open == std::string_view::npos ? open : message.find('\'', open + 1);
    return close == std::string_view::npos ? std::string_view() : message.substr(open + 1, close - open - 1);
}

// What to call instead of a function of the C library, or of one that nobody declared.
std::string instead_of(std::string_view function) {
    if (function.ends_with("printf") || function.starts_with("put")) return "there is no C library: print by bpf_printk(\"value %d\", x)";
    if (function == "memcpy" || function == "memset" || function == "memmove" || function == "memcmp") return "there is no C library: use __builtin_" + std::string(function) + " with a constant length, or a loop";
    if (function.starts_with("str")) return "there is no C library: write the loop out, bounded by the array's length";
    return "define it in the sources, or use a helper of the platform's header: their names begin with bpf_";
}

}  // namespace

MessageCollector::MessageCollector(llvm::raw_ostream& rendered, clang::DiagnosticOptions* options,
                                   std::vector<Diagnostic>& structured)
    : rendered_(rendered), options_(options), printer_(rendered, options), structured_(structured) {}

void MessageCollector::BeginSourceFile(const clang::LangOptions& language, const clang::Preprocessor* pp) {
    printer_.BeginSourceFile(language, pp);
    errors_ = std::make_unique<clang::TextDiagnostic>(rendered_, language, options_, pp);
}

void MessageCollector::EndSourceFile() {
    errors_.reset();
    printer_.EndSourceFile();
}

// As render_text() writes it.
void MessageCollector::remedy(std::string fix) {
    rendered_ << "  fix: " << fix << '\n';
    structured_.back().fix = std::move(fix);
}

void MessageCollector::HandleDiagnostic(clang::DiagnosticsEngine::Level level, const clang::Diagnostic& info) {
    DiagnosticConsumer::HandleDiagnostic(level, info);  // counts
    if (level == clang::DiagnosticsEngine::Ignored || level == clang::DiagnosticsEngine::Remark) return;
    llvm::SmallString<256> text;
    info.FormatDiagnostic(text);
    std::string message = text.str().str();
    if (level == clang::DiagnosticsEngine::Note) {
        if (info.getID() == clang::diag::note_include_header_or_declare) return;  // there is no such header
        if (message.starts_with("fix: ") && !structured_.empty()) return remedy(message.substr(5));
        printer_.HandleDiagnostic(level, info);
        if (!structured_.empty()) structured_.back().notes.push_back({message, where(info)});
        return;
    }
    Diagnostic d;
    d.severity = level == clang::DiagnosticsEngine::Warning ? Severity::warning : Severity::error;
    d.code = take_code(message);
    const bool undeclared = info.getID() == clang::diag::ext_implicit_lib_function_decl_c99 || info.getID() == clang::diag::ext_implicit_function_decl_c99;
    if (info.getID() == clang::diag::err_thread_unsupported) d.code = "MBPF1108";
    if (undeclared) d.code = "MBPF1111";
    if (level >= clang::DiagnosticsEngine::Error && text.size() == message.size() && errors_ != nullptr && info.getLocation().isValid())
        errors_->emitDiagnostic(clang::FullSourceLoc(info.getLocation(), info.getSourceManager()), level, message + " [" + d.code + "]", info.getRanges(), info.getFixItHints());
    else
        printer_.HandleDiagnostic(level, info);
    d.message = std::move(message);
    d.where = where(info);
    structured_.push_back(std::move(d));
    if (undeclared) remedy(instead_of(quoted(structured_.back().message)));
    if (info.getID() == clang::diag::err_pp_file_not_found)
        remedy("there is no C library; mbpf-cc headers -o DIR writes the headers that there are, -I names folders with your own");
}

}  // namespace mbpf::front_end
