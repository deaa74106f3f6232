// SPDX-License-Identifier: Apache-2.0
// Leaves Clang by the crash recovery's jump: it has no orderly way to stop in the middle of a macro.
#include "compiler/front_end/source_budget.h"

#include <clang/Lex/Preprocessor.h>
#include <llvm/Support/CrashRecoveryContext.h>

namespace mbpf::front_end {
namespace {

constexpr std::uint64_t kMaxTokens = 4'000'000;  // Linux's vmlinux.h has 0.8 million
constexpr std::uint64_t kMaxMacroExpansions = 4'000'000;
constexpr std::uint64_t kMaxIncludes = 20'000;
constexpr std::uint64_t kMaxStatementTokens = 20'000;
constexpr std::uint64_t kMaxElses = 2'000;
constexpr std::uint64_t kMaxNameLength = 1'000;  // unknown names are compared with known ones in time that grows by its square

class Callbacks : public clang::PPCallbacks {
  public:
    explicit Callbacks(SourceBudget& budget) : budget_(budget) {}
    void MacroExpands(const clang::Token&, const clang::MacroDefinition&, clang::SourceRange, const clang::MacroArgs*) override {
        budget_.macro_expansion();
    }
    void FileChanged(clang::SourceLocation, FileChangeReason reason, clang::SrcMgr::CharacteristicKind, clang::FileID) override {
        if (reason == EnterFile) budget_.include();
    }

  private:
    SourceBudget& budget_;
};

}  // namespace

std::unique_ptr<SourceBudget> SourceBudget::attach(clang::CompilerInstance& compiler) {
    std::unique_ptr<SourceBudget> budget(new SourceBudget(compiler));
    clang::Preprocessor& pp = compiler.getPreprocessor();
    pp.addPPCallbacks(std::make_unique<Callbacks>(*budget));
    pp.setTokenWatcher([b = budget.get()](const clang::Token& token) { b->token(token); });
    return budget;
}

void SourceBudget::exhausted(clang::SourceLocation where, std::uint64_t limit, const char* what) {
    clang::DiagnosticsEngine& engine = compiler_.getDiagnostics();
    engine.Report(where, engine.getCustomDiagID(clang::DiagnosticsEngine::Fatal, "%0"))
        << "more than " + std::to_string(limit) + " " + what + " [MBPF1120]";
    llvm::CrashRecoveryContext::GetCurrent()->HandleExit(1);
}

void SourceBudget::macro_expansion() {
    if (++expansions_ > kMaxMacroExpansions) exhausted({}, kMaxMacroExpansions, "macro expansions in a source");
}

void SourceBudget::include() {
    if (++includes_ > kMaxIncludes) exhausted({}, kMaxIncludes, "includes in a source");
}

void SourceBudget::token(const clang::Token& token) {
    using namespace clang;
    if (++tokens_ > kMaxTokens) exhausted(token.getLocation(), kMaxTokens, "tokens in a source");
    if (++statement_ > kMaxStatementTokens) exhausted(token.getLocation(), kMaxStatementTokens, "tokens in a statement");
    if (token.is(tok::identifier) && token.getIdentifierInfo()->getLength() > kMaxNameLength) exhausted(token.getLocation(), kMaxNameLength, "characters in a name");
    const bool in_initialiser = !open_.empty() && open_.back() == Bracket::initialiser;
    switch (token.getKind()) {
        case tok::l_paren:
        case tok::l_square:
            open_.push_back(Bracket::round);
            break;
        case tok::l_brace:
            open_.push_back(in_initialiser || previous_ == tok::equal ? Bracket::initialiser : Bracket::block);
            statement_ = 0;
            break;
        case tok::r_paren:
        case tok::r_square:
        case tok::r_brace:
            if (!open_.empty()) open_.pop_back();
            if (token.is(tok::r_brace)) statement_ = 0;
            if (open_.empty()) elses_ = 0;
            break;
        case tok::semi:
            statement_ = 0;
            break;
        case tok::comma:
            if (in_initialiser) statement_ = 0;  // a table may be long; a comma expression nests
            break;
        case tok::kw_else:
            if (++elses_ > kMaxElses) exhausted(token.getLocation(), kMaxElses, "branches of else in a function");
            break;
        default:
            break;
    }
    previous_ = token.getKind();
}

}  // namespace mbpf::front_end
