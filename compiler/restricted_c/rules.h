// SPDX-License-Identifier: Apache-2.0
// The restricted-C rules that can be judged on the syntax tree of one source, as an AST consumer: each
// breach becomes an error of Clang's own engine, at the C line, with our code and a note that says what to do.
#pragma once

#include <clang/AST/ASTConsumer.h>
#include <clang/Frontend/CompilerInstance.h>

#include <memory>

namespace mbpf::restricted_c {

std::unique_ptr<clang::ASTConsumer> make_rules(clang::CompilerInstance& compiler);

}  // namespace mbpf::restricted_c
