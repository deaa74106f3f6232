// SPDX-License-Identifier: Apache-2.0
// One way to report for all rules: message with code, range underlined, note with the remedy; one report a
// rule and line, since `float f = 1.5f;` breaks the same rule three times and is one mistake.
#pragma once

#include <clang/Basic/Diagnostic.h>
#include <clang/Basic/SourceManager.h>

#include <set>
#include <string>
#include <tuple>

namespace mbpf::restricted_c {

class Reporter {
  public:
    explicit Reporter(clang::DiagnosticsEngine& engine) : engine_(engine) {}

    void report(unsigned code, clang::SourceLocation at, clang::SourceRange range, const std::string& message,
                const std::string& fix) {
        const clang::SourceManager& sm = engine_.getSourceManager();
        const clang::SourceLocation file_loc = sm.getFileLoc(at);
        const auto key = std::make_tuple(code, sm.getFileID(file_loc).getHashValue(), sm.getSpellingLineNumber(file_loc));
        if (!seen_.insert(key).second) return;
        const std::string text = message + " [MBPF" + std::to_string(code) + "]";
        engine_.Report(at, engine_.getCustomDiagID(clang::DiagnosticsEngine::Error, "%0")) << text << range;
        engine_.Report(at, engine_.getCustomDiagID(clang::DiagnosticsEngine::Note, "%0")) << "fix: " + fix;
    }

  private:
    clang::DiagnosticsEngine& engine_;
    std::set<std::tuple<unsigned, unsigned, unsigned>> seen_;
};

}  // namespace mbpf::restricted_c
