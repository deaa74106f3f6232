// SPDX-License-Identifier: Apache-2.0
// Who calls whom within one source, to find recursion where it is written. Cycles over several sources are
// found on the linked module (front_end/module_checks.cpp).
#pragma once

#include <clang/AST/Decl.h>
#include <clang/AST/Expr.h>

#include <map>
#include <vector>

#include "compiler/restricted_c/reporter.h"

namespace mbpf::restricted_c {

class CallGraph {
  public:
    void add_call(const clang::FunctionDecl* caller, const clang::FunctionDecl* callee, const clang::CallExpr* call);
    // Reports each call that closes a cycle.
    void report_recursion(Reporter& reporter) const;

  private:
    struct Edge {
        const clang::FunctionDecl* callee;
        const clang::CallExpr* call;
    };
    std::map<const clang::FunctionDecl*, std::vector<Edge>> edges_;
    std::vector<const clang::FunctionDecl*> order_;  // of first appearance: reports in source order
};

}  // namespace mbpf::restricted_c
