// SPDX-License-Identifier: Apache-2.0
// The worst case of the machine code: instructions and cycles of one run, from its blocks, its marks and what the proof
// says of them.
//
// A loop's head runs at most N times (LoopFact::max_executions). Let each execution of its mark pay a price: then a run
// costs at most the sum of N times the price over all loops, plus what is not paid: the costliest way from entry to
// return where every mark gives its price back. That is a bound for any prices under which no cycle costs more than it
// gets back, since costs and returns along a run add up, whatever the optimiser has rotated, unrolled, split or
// duplicated. Prices are found loop by loop from the outside in: the price of a loop is its costliest round without the
// loops in it.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "compiler/native.h"
#include "linker/audit.h"

namespace mbpf {

struct ProgramBounds {
    std::optional<std::uint64_t> instructions;  // nothing: a loop without a mark
    std::optional<std::uint64_t> cycles;        // nothing, too: the target has no timing model
};

// By index into native.programs(). `helper_cost`: instructions of a call whose mark was lost.
std::vector<ProgramBounds> bound_programs(const Image& image, const Audit& audit, const NativeObject& native, std::uint64_t helper_cost);

}  // namespace mbpf
