// SPDX-License-Identifier: Apache-2.0
// LLVM's part of AOT compilation: target machine, optimisation, code generation.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "compiler/native.h"

namespace llvm {
class LLVMContext;
class Module;
class TargetMachine;
}  // namespace llvm

namespace mbpf {

// Null if this LLVM was built without the target.
std::unique_ptr<llvm::TargetMachine> make_target_machine(const Target& target);

// Bytes of stack per function symbol, and what LLVM had to complain about.
struct CodegenReport {
    std::map<std::string, std::uint64_t> frames;
    std::string errors;
};
// Collects into `report`, which must outlive the context's use.
void watch(llvm::LLVMContext& context, CodegenReport& report);

// `vectors`: loops and straight code may be turned into vector instructions, as Clang does.
void optimize_module(llvm::Module& module, llvm::TargetMachine& machine, Optimize optimize, bool vectors);
std::string module_text(const llvm::Module& module);
// Object file or assembly of a copy of the module. False: LLVM cannot emit this kind for the target.
bool emit_object(const llvm::Module& module, llvm::TargetMachine& machine, std::vector<std::uint8_t>& elf);
bool emit_assembly(const llvm::Module& module, llvm::TargetMachine& machine, std::string& text);

// Deepest chain of frames below and including `function`, by the module's direct calls.
std::uint64_t stack_bytes(const llvm::Module& module, const std::string& function, const CodegenReport& report,
                          const Target& target);

}  // namespace mbpf
