// SPDX-License-Identifier: Apache-2.0
// Natural loops of a program's functions, found without the verifier's help: what counts as entering a loop.
#pragma once

#include <cstdint>
#include <vector>

#include "core/program.h"

namespace mbpf {

struct NaturalLoop {
    std::uint32_t entry = 0;   // the slot that all ways into the loop pass
    std::vector<bool> inside;  // by slot
};

// The innermost natural loop that holds `slot`; one it heads goes first. Empty `inside`: none, no way back leads there.
NaturalLoop innermost_loop(const bpf::Program& program, std::uint32_t slot);

// How many jumps lead backwards.
std::size_t backward_jumps(const bpf::Program& program);

}  // namespace mbpf
