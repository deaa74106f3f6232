// SPDX-License-Identifier: Apache-2.0
// What C has and eBPF lacks, rewritten in terms eBPF has, so that the code generator need not refuse it.
#pragma once

#include <llvm/IR/Module.h>
#include <llvm/Target/TargetMachine.h>

namespace mbpf::front_end {

// Before ISA v4 there is no signed division: by absolute values, with the sign put back.
void expand_signed_division(llvm::Module& module);
// The code generator counts trailing zeros by a table in memory; arithmetic needs none.
void expand_trailing_zeros(llvm::Module& module);
// `lo <= x && x <= hi`, which the optimiser makes one comparison of x - lo, becomes two of x again: so the
// verifier learns the range of x itself, and it costs no instruction more.
void split_range_checks(llvm::Module& module);
// `data_end - data` where 32 bits of it are used: taken of the whole pointers, of which the verifier knows the distance.
void widen_pointer_distances(llvm::Module& module);
// A loop's exit test on the old counter (i < 9) becomes one on the new (i + 1 < 10), as most authors wrote it:
// one value fewer lives on, and the verifier bounds the one that the next iteration uses.
void test_next_counters(llvm::Module& module);
// Copies and fills too long for a row of stores become loops: there is no memcpy to call.
void expand_memory_intrinsics(llvm::Module& module, llvm::TargetMachine& machine);

}  // namespace mbpf::front_end
