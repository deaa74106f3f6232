// SPDX-License-Identifier: Apache-2.0
#include "compiler/lift/trip_counts.h"

#include <llvm/Analysis/LoopInfo.h>
#include <llvm/IR/Dominators.h>
#include <llvm/Transforms/Utils/LoopUtils.h>

#include <limits>

#include "compiler/marks.h"

namespace mbpf {
namespace {

// Of the loop's head in one run; 0: not known.
std::uint64_t executions_of(const llvm::Loop& loop, const std::vector<std::uint64_t>& executions) {
    for (const llvm::Instruction& insn : *loop.getHeader())
        if (const auto index = loop_mark(insn); index && *index < executions.size()) return executions[*index];
    return 0;
}

}  // namespace

void weigh_loops(llvm::Function& function, const std::vector<std::uint64_t>& executions, bool entered_once) {
    const llvm::DominatorTree dominators(function);
    const llvm::LoopInfo loops(dominators);
    for (llvm::Loop* loop : loops.getLoopsInPreorder()) {
        const llvm::Loop* around = loop->getParentLoop();
        const std::uint64_t all = executions_of(*loop, executions), entries = around != nullptr ? executions_of(*around, executions) : entered_once ? 1 : 0;
        if (all == 0 || entries == 0) continue;
        const std::uint64_t rounds = (all + entries - 1) / entries;
        if (rounds <= std::numeric_limits<std::int32_t>::max()) llvm::setLoopEstimatedTripCount(loop, static_cast<unsigned>(rounds), 1);
    }
}

}  // namespace mbpf
