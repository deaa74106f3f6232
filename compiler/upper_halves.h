// SPDX-License-Identifier: Apache-2.0
// Mends a wrong translation of LLVM 18 to 22 for x86-64 (llvm/llvm-project#205291): a byte or word from memory put into the
// low bits of a 32-bit value becomes a write of part of a register, whose upper half then need not be zero, though zero
// extensions of 32-bit values take it to be. Runs behind instruction selection; other targets have nothing to mend.
#pragma once

namespace llvm {
class FunctionPass;
}

namespace mbpf {

llvm::FunctionPass* create_upper_half_pass();

}  // namespace mbpf
