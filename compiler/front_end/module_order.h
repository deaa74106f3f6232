// SPDX-License-Identifier: Apache-2.0
// Terms of the source that the optimiser had changed, restored for the verifier's sake.
#pragma once

#include <llvm/IR/Module.h>

namespace mbpf::front_end {

// `i < n ? &a[i] : 0`: the address is computed where the condition holds, not before it.
void choose_addresses_by_branches(llvm::Module& module);
// A test of i - 1 < 2 where (i - 1) / 2 is at hand, and was what the source compared with 0.
void test_what_was_shifted(llvm::Module& module);
// n - 1 - i, which had become ~i + n: no step of it wraps where i < n.
void subtract_in_order(llvm::Module& module);

}  // namespace mbpf::front_end
