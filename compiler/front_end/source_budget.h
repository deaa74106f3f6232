// SPDX-License-Identifier: Apache-2.0
// Bounds on what a source may ask of the compiler: the preprocessor makes terabytes out of a few nested
// macros, and parser, analyses and code generator recurse as deep as an expression is long. The limits lie
// an order of magnitude above real programs.
#pragma once

#include <clang/Frontend/CompilerInstance.h>
#include <clang/Lex/PPCallbacks.h>
#include <clang/Lex/Token.h>

#include <cstdint>
#include <vector>

namespace mbpf::front_end {

class SourceBudget {
  public:
    // Watches what the compiler's preprocessor delivers; must outlive it.
    static std::unique_ptr<SourceBudget> attach(clang::CompilerInstance& compiler);

    void token(const clang::Token& token);
    void macro_expansion();
    void include();

  private:
    explicit SourceBudget(clang::CompilerInstance& compiler) : compiler_(compiler) {}
    [[noreturn]] void exhausted(clang::SourceLocation where, std::uint64_t limit, const char* what);

    enum class Bracket : std::uint8_t { round, block, initialiser };

    clang::CompilerInstance& compiler_;
    std::uint64_t tokens_ = 0;
    std::uint64_t expansions_ = 0;
    std::uint64_t includes_ = 0;
    std::uint64_t statement_ = 0;  // tokens since the last ; or brace, or comma of an initialiser
    std::uint64_t elses_ = 0;      // since the last definition began: a chain of else-if nests
    std::vector<Bracket> open_;
    clang::tok::TokenKind previous_ = clang::tok::unknown;
};

}  // namespace mbpf::front_end
