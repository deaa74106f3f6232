// SPDX-License-Identifier: Apache-2.0
// Takes Clang's diagnostics twice: as Clang renders them, for people, and as our Diagnostic, for JSON and
// editors. Our own rules pass through the same engine, so both forms look alike for all messages.
#pragma once

#include <clang/Basic/Diagnostic.h>
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
    clang::TextDiagnosticPrinter printer_;
    std::vector<Diagnostic>& structured_;
};

}  // namespace mbpf::front_end
