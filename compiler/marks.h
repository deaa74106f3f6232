// SPDX-License-Identifier: Apache-2.0
// Marks: places in machine code of which more is known than the code itself says. A loop's head is marked with what
// the proof says of its executions, a call out of the text with what the callee costs at most. From the marks, and the
// code between them, linker/bounds.h finds the worst case of the machine code.
//
// The life of a loop's mark: in the lifted IR it is a call of llvm.sideeffect with metadata, which the optimiser copies,
// moves and removes as it does code that must run as often as the source says, but which no heuristic counts. Before
// code generation it becomes an empty inline assembly, and behind the last pass a row of the section .mbpf.marks: the
// address of an instruction, and the mark's word. A mark that got lost on the way makes the bound coarser, never wrong.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace llvm {
class CallInst;
class FunctionPass;
class IRBuilderBase;
class Instruction;
class Module;
class TargetMachine;
}  // namespace llvm

namespace mbpf {

// A word of .mbpf.marks, behind its address: of a loop, the index into NativeObject::loop_executions(); of a call, the
// instructions that the callee runs at most.
inline constexpr std::uint32_t kCallMark = 0x80000000u;
inline constexpr std::uint32_t kRuntimeAtomicCost = 80;  // of firmware_runtime/src/atomics.c

void mark_loop(llvm::IRBuilderBase& b, std::uint32_t index);
// The index, if that is what the instruction is.
std::optional<std::uint32_t> loop_mark(const llvm::Instruction& insn);
// Of a call through the import table.
void mark_call(llvm::CallInst& call, std::uint32_t cost);

// Before code generation, on a module that is not optimised any more.
void place_marks(llvm::Module& module, const llvm::TargetMachine& machine);
// The last pass of code generation: each mark before the first instruction of its block, or the call.
llvm::FunctionPass* create_mark_pass();

}  // namespace mbpf
