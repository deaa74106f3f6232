// SPDX-License-Identifier: Apache-2.0
// Control flow of a program: basic blocks of each function, its loops as nested components in an order in
// which a block stands after its predecessors (but for back edges), and which registers live where.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/platform.h"
#include "core/program.h"

namespace mbpf {

struct Block {
    std::uint32_t begin = 0, end = 0;        // slots
    std::uint32_t function = 0;
    std::vector<std::uint32_t> successors;   // fall-through first, then the jump's target
    std::uint16_t live_in = 0;               // registers read before they are written, as bits
};

// A block, or a loop: its head block and what else is in it.
struct Component {
    bool is_loop = false;
    std::uint32_t head = 0;
    std::vector<Component> body;             // loop: without the head
};

struct Cfg {
    std::vector<Block> blocks;
    std::vector<std::uint32_t> block_at;               // by slot: the block that begins there, or UINT32_MAX
    std::vector<std::vector<Component>> order;         // by function
    std::vector<std::vector<std::uint32_t>> callees;   // by function
};

// What makes a program ill-formed before any value is looked at: a diagnostic with slot and message.
struct CfgResult {
    Cfg cfg;
    std::optional<Diagnostic> error;  // MBPF1001 to 1006, 1801 to 1805; location not filled in
};

// `legacy_access`: LD_ABS and LD_IND are there. `callbacks`: 64-bit immediates may name functions.
CfgResult build_cfg(const bpf::Program& program, const Platform& platform, bool legacy_access = false);

}  // namespace mbpf
