// SPDX-License-Identifier: Apache-2.0
// One visitor over what the user wrote (system headers excepted). Rules that depend on inlining, on other
// sources or on the optimiser's result (arguments, undefined functions, stack) are in front_end/module_checks.cpp.
#include "compiler/restricted_c/rules.h"

#include <clang/AST/RecursiveASTVisitor.h>
#include <clang/Basic/Builtins.h>
#include <llvm/ADT/StringSet.h>

#include "compiler/restricted_c/call_graph.h"
#include "compiler/restricted_c/types.h"

namespace mbpf::restricted_c {
namespace {

const llvm::StringSet<>& allocators() {
    static const llvm::StringSet<> names = {"malloc",          "calloc",        "realloc",        "free",
                                            "aligned_alloc",   "posix_memalign", "memalign",       "valloc",
                                            "reallocarray",    "strdup",        "strndup",        "alloca",
                                            "__builtin_alloca", "kmalloc",       "kzalloc",        "kfree",
                                            "pvPortMalloc",    "vPortFree",     "__builtin_malloc", "__builtin_alloca_with_align"};
    return names;
}

const llvm::StringSet<>& jumpers() {
    static const llvm::StringSet<> names = {"setjmp",     "_setjmp",   "sigsetjmp",        "__sigsetjmp",
                                            "longjmp",    "siglongjmp", "__builtin_setjmp", "__builtin_longjmp"};
    return names;
}

bool is_blank(llvm::StringRef assembly) {
    while (!(assembly = assembly.ltrim()).empty()) {
        if (assembly.consume_front("/*")) {
            const std::size_t end = assembly.find("*/");
            if (end == llvm::StringRef::npos) return false;
            assembly = assembly.drop_front(end + 2);
        } else if (assembly.starts_with("//") || assembly.starts_with("#") || assembly.starts_with(";")) {
            assembly = assembly.drop_until([](char c) { return c == '\n'; });
        } else {
            return false;
        }
    }
    return true;
}

class RuleVisitor : public clang::RecursiveASTVisitor<RuleVisitor> {
  public:
    RuleVisitor(clang::ASTContext& context, Reporter& reporter) : context_(context), reporter_(reporter) {}

    CallGraph& calls() { return calls_; }
    bool shouldVisitImplicitCode() const { return false; }

    bool TraverseFunctionDecl(clang::FunctionDecl* f) {
        const clang::FunctionDecl* outer = function_;
        function_ = f;
        const bool go_on = RecursiveASTVisitor::TraverseFunctionDecl(f);
        function_ = outer;
        return go_on;
    }

    bool VisitFunctionDecl(clang::FunctionDecl* f) {
        if (skip(f->getLocation())) return true;
        if (f->doesThisDeclarationHaveABody() && f->isVariadic()) {
            report(1103, f->getLocation(), f->getLocation(), "function '" + f->getNameAsString() + "' takes variable arguments",
                   "pass a fixed number of arguments, or a pointer to a struct");
        }
        if (f->hasAttr<clang::ConstructorAttr>() || f->hasAttr<clang::DestructorAttr>()) {
            report(1119, f->getLocation(), f->getLocation(),
                   "'" + f->getNameAsString() + "' would run outside a hook", "call it from a program, or use a program on the boot hook");
        }
        check_alias(f);
        if (f->isThisDeclarationADefinition()) check_type(f->getReturnType(), f->getLocation(), f->getReturnTypeSourceRange(), "return type");
        return true;
    }

    bool VisitVarDecl(clang::VarDecl* v) {
        if (skip(v->getLocation())) return true;
        // Parameters of mere declarations are not the program's: nothing is computed with them.
        if (llvm::isa<clang::ParmVarDecl>(v) && (function_ == nullptr || !function_->doesThisDeclarationHaveABody())) return true;
        check_type(v->getType(), v->getLocation(), {v->getBeginLoc(), v->getLocation()}, "variable");
        check_alias(v);
        if (v->getType()->isVariableArrayType()) {
            report(1104, v->getLocation(), v->getSourceRange(), "the size of array '" + v->getNameAsString() + "' is not constant",
                   "give the array a constant size");
        }
        if (v->getTLSKind() != clang::VarDecl::TLS_None) {
            report(1108, v->getLocation(), v->getSourceRange(), "'" + v->getNameAsString() + "' is thread-local", "remove the storage class");
        }
        if (v->hasAttr<clang::AsmLabelAttr>() && v->getStorageClass() == clang::SC_Register) {
            report(1106, v->getLocation(), v->getSourceRange(), "'" + v->getNameAsString() + "' names a machine register", "remove the asm label");
        }
        check_atomic_type(v->getType(), v->getLocation(), v->getSourceRange());
        return true;
    }

    bool VisitFieldDecl(clang::FieldDecl* f) {
        if (skip(f->getLocation())) return true;
        check_type(f->getType(), f->getLocation(), {f->getBeginLoc(), f->getLocation()}, "field");
        check_atomic_type(f->getType(), f->getLocation(), f->getSourceRange());
        return true;
    }

    bool VisitFloatingLiteral(clang::FloatingLiteral* e) { return floating(e, "floating-point constant"); }
    bool VisitImaginaryLiteral(clang::ImaginaryLiteral* e) { return floating(e, "complex constant"); }

    bool VisitExplicitCastExpr(clang::ExplicitCastExpr* e) {
        if (!skip(e->getExprLoc())) check_type(e->getTypeAsWritten(), e->getExprLoc(), e->getSourceRange(), "cast");
        return true;
    }

    bool VisitCallExpr(clang::CallExpr* e) {
        if (skip(e->getExprLoc())) return true;
        if (const clang::FunctionDecl* callee = e->getDirectCallee()) {
            check_named_call(e, callee);
        } else if (!is_helper(e->getCallee())) {
            report(1105, e->getExprLoc(), e->getCallee()->getSourceRange(), "call through a function pointer",
                   "call the functions by name in a switch, or use a tail call through a program array map");
        }
        if (type_fault(context_, e->getType()) == TypeFault::floating_point) floating(e, "floating-point result");
        return true;
    }

    bool VisitGCCAsmStmt(clang::GCCAsmStmt* s) {
        if (skip(s->getAsmLoc()) || is_blank(s->getAsmString()->getString())) return true;
        const llvm::StringRef text = s->getAsmString()->getString();
        if (text.contains("may_goto") || text.contains("0xe5")) {  // as the kernel's cond_break and can_loop write it
            report(1810, s->getAsmLoc(), s->getSourceRange(), "loops that end by may_goto are not supported", "give the loop a counter with a constant bound instead: for (int i = 0; i < 64; i++)");
        } else {
            report(1106, s->getAsmLoc(), s->getSourceRange(), "inline assembly", "write it in C; an empty asm statement is allowed as a barrier");
        }
        return true;
    }

    bool VisitFileScopeAsmDecl(clang::FileScopeAsmDecl* d) {
        report(1106, d->getAsmLoc(), d->getSourceRange(), "assembly outside of functions", "remove it");
        return true;
    }

    bool VisitAddrLabelExpr(clang::AddrLabelExpr* e) {
        if (!skip(e->getExprLoc())) report(1107, e->getExprLoc(), e->getSourceRange(), "the address of a label", "use a switch");
        return true;
    }

    bool VisitIndirectGotoStmt(clang::IndirectGotoStmt* s) {
        if (!skip(s->getGotoLoc())) report(1107, s->getGotoLoc(), s->getSourceRange(), "computed goto", "use a switch");
        return true;
    }

    bool VisitAtomicExpr(clang::AtomicExpr* e) {
        if (skip(e->getExprLoc())) return true;
        check_atomic_size(e->getPtr()->getType()->getPointeeType(), e->getExprLoc(), e->getSourceRange());
        const llvm::StringRef name = e->getOpAsString();
        static constexpr llvm::StringRef kGood[] = {"fetch_add", "add_fetch", "fetch_sub", "sub_fetch", "fetch_and", "and_fetch", "fetch_or",
                                                    "or_fetch",  "fetch_xor", "xor_fetch", "exchange",  "atomic_init"};
        const bool good = llvm::any_of(kGood, [&](llvm::StringRef part) { return name.contains("_" + part.str()); }) || name.ends_with("atomic_init");
        if (!good) {
            report(1110, e->getExprLoc(), e->getSourceRange(), "eBPF has no instruction for " + name.str(),
                   "use __sync_fetch_and_add and its relatives, or a volatile access for a plain load or store");
        }
        return true;
    }

    // An _Atomic variable read or assigned as if it were a plain one.
    bool VisitCastExpr(clang::CastExpr* e) {
        if (e->getCastKind() == clang::CK_AtomicToNonAtomic) plain_atomic_access(e, "read");
        return true;
    }
    bool VisitBinaryOperator(clang::BinaryOperator* e) {
        if (e->getOpcode() == clang::BO_Assign && e->getLHS()->getType()->isAtomicType()) plain_atomic_access(e, "write");
        return true;
    }

  private:
    void plain_atomic_access(const clang::Expr* e, const char* what) {
        if (skip(e->getExprLoc())) return;
        report(1110, e->getExprLoc(), e->getSourceRange(), std::string("eBPF has no instruction for the atomic ") + what + " of a variable",
               "declare it volatile instead of _Atomic: 32- and 64-bit accesses are single instructions");
    }

    void report(unsigned code, clang::SourceLocation at, clang::SourceRange range, const std::string& message, const std::string& fix) {
        reporter_.report(code, at, range, message, fix);
    }

    bool skip(clang::SourceLocation loc) const {
        return loc.isInvalid() || context_.getSourceManager().isInSystemHeader(loc);
    }

    void check_alias(const clang::NamedDecl* d) {
        if (!d->hasAttr<clang::AliasAttr>() && !d->hasAttr<clang::IFuncAttr>() && !d->hasAttr<clang::WeakRefAttr>()) return;
        report(1116, d->getLocation(), d->getLocation(), "eBPF objects have no aliases", "define '" + d->getNameAsString() + "' itself");
    }

    bool floating(clang::Expr* e, const char* what) {
        if (!skip(e->getExprLoc())) {
            report(1101, e->getExprLoc(), e->getSourceRange(), std::string(what) + ": programs have no floating point",
                   "use fixed point: store thousandths in an integer, multiply before dividing");
        }
        return true;
    }

    void check_type(clang::QualType type, clang::SourceLocation at, clang::SourceRange range, const char* what) {
        switch (type_fault(context_, type)) {
            case TypeFault::none:
                return;
            case TypeFault::floating_point:
                report(1101, at, range, std::string(what) + " of type '" + type.getAsString() + "': programs have no floating point",
                       "use fixed point: store thousandths in an integer, multiply before dividing");
                return;
            case TypeFault::too_wide:
                report(1109, at, range, std::string(what) + " of type '" + type.getAsString() + "' is wider than 64 bits", "use two 64-bit integers");
                return;
        }
    }

    void check_atomic_size(clang::QualType type, clang::SourceLocation at, clang::SourceRange range) {
        if (type.isNull() || type->isIncompleteType() || type->isDependentType()) return;
        const std::uint64_t bits = context_.getTypeSize(type);
        if (bits == 32 || bits == 64) return;
        report(1110, at, range, "atomic operation on " + std::to_string(bits / 8) + (bits == 8 ? " byte" : " bytes"), "use a 32- or 64-bit integer");
    }

    void check_atomic_type(clang::QualType type, clang::SourceLocation at, clang::SourceRange range) {
        if (const auto* atomic = type->getAs<clang::AtomicType>()) check_atomic_size(atomic->getValueType(), at, range);
    }

    void check_sync_builtin(clang::CallExpr* e, llvm::StringRef name) {
        if (name == "__sync_synchronize" || name.ends_with("atomic_thread_fence")) {
            report(1110, e->getExprLoc(), e->getSourceRange(), "eBPF has no memory fence", "write asm volatile(\"\" ::: \"memory\") to hold back the compiler");
        }
        if (!name.starts_with("__sync_") || e->getNumArgs() == 0) return;
        check_atomic_size(e->getArg(0)->IgnoreParenImpCasts()->getType()->getPointeeType(), e->getExprLoc(), e->getSourceRange());
        const bool bad = name.contains("nand") || name.contains("min") || name.contains("max") || name.contains("lock_release");
        if (bad) {
            report(1110, e->getExprLoc(), e->getSourceRange(), "eBPF has no instruction for " + name.str(),
                   "build it from a compare-exchange in a bounded loop");
        }
    }

    void check_named_call(clang::CallExpr* e, const clang::FunctionDecl* callee) {
        const std::string name = callee->getNameAsString();
        if (!callee->hasBody() && allocators().contains(name)) {
            report(1104, e->getExprLoc(), e->getSourceRange(), "'" + name + "' allocates or frees memory while the program runs",
                   "use an array of constant size, a map, or a global variable");
        } else if (!callee->hasBody() && jumpers().contains(name)) {
            report(1107, e->getExprLoc(), e->getSourceRange(), "'" + name + "' leaves functions sideways", "return a status instead");
        }
        check_sync_builtin(e, name);
        if (function_ != nullptr) calls_.add_call(function_, callee, e);
    }

    // static long (*const bpf_x)(…) = (void *)N; or the cast used directly: a call by number, as libbpf does it.
    bool is_helper(const clang::Expr* callee) const {
        callee = callee->IgnoreParenCasts();
        if (const auto* deref = llvm::dyn_cast<clang::UnaryOperator>(callee); deref && deref->getOpcode() == clang::UO_Deref) {
            callee = deref->getSubExpr()->IgnoreParenCasts();
        }
        const clang::Expr* value = callee;
        if (const auto* ref = llvm::dyn_cast<clang::DeclRefExpr>(callee)) {
            const auto* variable = llvm::dyn_cast<clang::VarDecl>(ref->getDecl());
            if (variable == nullptr || !variable->getType().isConstQualified()) return false;
            value = variable->getAnyInitializer();
            if (value == nullptr) return false;
            value = value->IgnoreParenCasts();
        }
        clang::Expr::EvalResult number;
        return !value->isValueDependent() && value->getType()->isIntegerType() && value->EvaluateAsInt(number, context_);
    }

    clang::ASTContext& context_;
    Reporter& reporter_;
    CallGraph calls_;
    const clang::FunctionDecl* function_ = nullptr;
};

class RuleConsumer : public clang::ASTConsumer {
  public:
    explicit RuleConsumer(clang::CompilerInstance& compiler) : compiler_(compiler) {}

    void HandleTranslationUnit(clang::ASTContext& context) override {
        Reporter reporter(compiler_.getDiagnostics());
        RuleVisitor visitor(context, reporter);
        visitor.TraverseDecl(context.getTranslationUnitDecl());
        visitor.calls().report_recursion(reporter);
    }

  private:
    clang::CompilerInstance& compiler_;
};

}  // namespace

std::unique_ptr<clang::ASTConsumer> make_rules(clang::CompilerInstance& compiler) {
    return std::make_unique<RuleConsumer>(compiler);
}

}  // namespace mbpf::restricted_c
