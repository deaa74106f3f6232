// SPDX-License-Identifier: Apache-2.0
// The restricted-C rules that need all sources together, or the optimiser's result: undefined functions and
// variables, recursion across sources, programs, arguments of functions that stay functions, stack.
#pragma once

#include <llvm/IR/DebugInfoMetadata.h>
#include <llvm/IR/Module.h>

#include <string>
#include <vector>

#include "core/diagnostic.h"

namespace mbpf::front_end {

// Where an instruction or a function stands in the C source, as far as debug information tells.
SourceLocation location_of(const llvm::DILocation* location);
SourceLocation location_of(const llvm::Function& function);
SourceLocation location_of(const llvm::DIFile* file, unsigned line, unsigned column);

Diagnostic module_error(const char* code, std::string message, SourceLocation where, std::string fix);

// What to write instead of calling `name`, which does not exist here.
std::string replacement_for(llvm::StringRef name);

// A function with a section of its own: the entry of a program.
bool is_program(const llvm::Function& function);

// On the linked module, before optimisation.
std::vector<Diagnostic> check_linked(const llvm::Module& module);
// Functions that eBPF cannot call (too many arguments, structs by value): marked to be inlined, or an error
// where the author forbade that.
std::vector<Diagnostic> check_calling_convention(llvm::Module& module);
// On the optimised module: the local variables that are left, and calls that no code generator can make.
std::vector<Diagnostic> check_optimised(const llvm::Module& module);

}  // namespace mbpf::front_end
