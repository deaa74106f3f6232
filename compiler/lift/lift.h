// SPDX-License-Identifier: Apache-2.0
// Verified bytecode to an LLVM module. The contract with the code after it: one external function per
// program, `i64 @mbpf_prog_<n>(ptr context, ptr imports)`; what lies outside the text is reached by calls of
// placeholders `ptr @mbpf.import.<n>(ptr imports)`, which become loads from the import table once the
// optimiser has dropped those that are not needed (imports.h).
#pragma once

#include <memory>
#include <string>

#include "compiler/lift/image_plan.h"
#include "compiler/native.h"
#include "core/result.h"

namespace llvm {
class LLVMContext;
class Module;
class TargetMachine;
}  // namespace llvm

namespace mbpf {

struct LiftedModule {
    std::unique_ptr<llvm::Module> module;
    std::vector<Import> imports;  // by placeholder number
    std::vector<std::uint64_t> loop_executions;  // by index of a loop's mark
};

std::string program_symbol(std::size_t program);

// `load_once`: as AotOptions::concurrent_writers.
Result<LiftedModule> lift(const VerifiedObject& verified, const ImagePlan& plan, const Target& target, bool load_once,
                          llvm::TargetMachine& machine, llvm::LLVMContext& context);

// After optimisation: placeholders still called become loads from the table; returns its rows, in order of
// first use in the module.
std::vector<Import> materialize_imports(llvm::Module& module, const std::vector<Import>& imports);

}  // namespace mbpf
