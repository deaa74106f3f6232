// SPDX-License-Identifier: Apache-2.0
// Takes Clang's diagnostics twice: as Clang renders them, for people, and as our Diagnostic, for JSON and
// editors. Our own rules pass through the same engine, so both forms look alike for all messages; errors of Clang's own
// get a code, and what beginners stumble over, the C library that is not there, a remedy.
#pragma once

#include <clang/Basic/Diagnostic.h>
#include <clang/Frontend/TextDiagnostic.h>
#include <clang/Frontend/TextDiagnosticPrinter.h>

#include <memory>
#include <string>
#include <vector>

#include "core/diagnostic.h"

namespace mbpf::front_end {

class MessageCollector : public clang::DiagnosticConsumer {
  public:
    // Appends to both; they must outlive the collector.
    MessageCollector(llvm::raw_ostream& rendered, clang::DiagnosticOptions* options, std::vector<Diagnostic>& structured);

    void BeginSourceFile(const clang::LangOptions& language, const clang::Preprocessor* pp) override;
    void EndSourceFile() override;
    void HandleDiagnostic(clang::DiagnosticsEngine::Level level, const clang::Diagnostic& info) override;

  private:
    void remedy(std::string fix);

    llvm::raw_ostream& rendered_;
    clang::DiagnosticOptions* options_;
    clang::TextDiagnosticPrinter printer_;
    std::unique_ptr<clang::TextDiagnostic> errors_;  // while a source is read
    std::vector<Diagnostic>& structured_;
};

}  // namespace mbpf::front_end
