// SPDX-License-Identifier: Apache-2.0
// How a machine instruction moves the stack pointer: what is known by name, and no other way.
#pragma once

#include <cstdint>
#include <optional>

namespace llvm {
class MCInst;
class MCInstrInfo;
class MCRegisterInfo;
class Triple;
}  // namespace llvm

namespace mbpf {

// Bytes that the stack grows by, less than 0 where it shrinks. A call or a return counts as none: what they push or pop is
// the callee's. Nothing: it sets the stack pointer in some other way.
std::optional<std::int32_t> stack_change(const llvm::Triple& triple, const llvm::MCInstrInfo& table, const llvm::MCRegisterInfo& registers, const llvm::MCInst& insn);

}  // namespace mbpf
