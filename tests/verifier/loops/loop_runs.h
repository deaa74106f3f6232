// SPDX-License-Identifier: Apache-2.0
// The suite's view of one program in the reference interpreter: the costliest of many runs, how often each loop's
// head ran, and whether some run shows what a refusal is about.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "core/platform.h"
#include "core/program.h"
#include "verifier/facts.h"

namespace mbpf {

struct WorstRun {
    std::uint64_t cost = 0;                          // instructions, helpers' costs included
    std::map<std::uint32_t, std::uint64_t> turns;    // by slot of a loop's head: most runs of it per entry of the loop
    std::map<std::uint32_t, std::uint64_t> executions;  // likewise, per run of the program
    std::string trap;                                // of the first run that failed; empty: none did
};

// Inputs: boundary words in one or all words of the context, small and random ones, packets of many lengths,
// and writable maps holding zeroes, ones or random bytes, since programs find there what others left.
// `heads`: loops to count, may be empty. Stops at the first trap.
WorstRun worst_of_many_runs(const bpf::Object& object, std::size_t program, const Platform& platform, const std::vector<LoopFact>& heads,
                            std::uint32_t memory_bytes);

}  // namespace mbpf
