// SPDX-License-Identifier: Apache-2.0
// The remaining cost at every node of a search: a constant, and for each loop around the node a counter that
// every iteration moves. It proves that the program ends and bounds its instructions; the checker verifies it
// edge by edge.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "verifier/search.h"

namespace mbpf {

struct CostResult {
    bool proved = false;
    std::uint32_t endless_loop = 0;  // not proved: head point of a loop without a measure
    std::uint32_t scale = 1;         // units of one instruction
    std::vector<proof::Cost> costs;  // by node; unused ones of nodes that are not run
    std::map<std::uint32_t, std::uint64_t> iterations;  // by head point: executions per entry, at most
    std::uint64_t worst_case() const { return static_cast<std::uint64_t>(costs[0].constant) / scale; }
};

// `counted`: not all instructions are what costs, but each execution of the instruction at this slot, a loop's head.
CostResult solve_costs(Search& search, std::optional<std::uint32_t> counted = {});

}  // namespace mbpf
