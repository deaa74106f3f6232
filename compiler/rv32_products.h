// SPDX-License-Identifier: Apache-2.0
// Avoids a wrong translation of LLVM 19 to 21 for 32-bit RISC-V (llvm/llvm-project#150464): a product with 2^32 - 2^k is
// made (x << 32) - (x << k), in 32 bits, where the first shift is undefined, and the low half of the result is anything.
#pragma once

namespace llvm {
class Module;
class TargetMachine;
}  // namespace llvm

namespace mbpf {

// Before code generation: products with a constant whose low half is such a number become shifts. Other targets' stay.
void expand_products(llvm::Module& module, const llvm::TargetMachine& machine);

}  // namespace mbpf
