// SPDX-License-Identifier: Apache-2.0
// What the proof knows about a program, instruction by instruction: the one interface through which the
// lifter sees it. A fact holds on every execution that reaches the instruction, in every calling context.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "core/isa.h"
#include "verifier/checker/kinds.h"

namespace mbpf {

struct ValueFact {
    ValueKind kind = ValueKind::unknown;
    // number: its ranges, both readings. pointer: byte offset from the region's start is
    // [smin, smax] as signed 64-bit (offset_known).
    std::uint64_t umin = 0;
    std::uint64_t umax = UINT64_MAX;
    std::int64_t smin = INT64_MIN;
    std::int64_t smax = INT64_MAX;
    // tristate number: bits in mask unknown, the others as in value. Of a pointer: of its offset, so that its
    // alignment is known; all unknown if not tracked.
    std::uint64_t bits_value = 0;
    std::uint64_t bits_mask = UINT64_MAX;
    Region region = Region::none;
    std::int32_t map = -1;     // map_value, map_handle: index into Object::maps; -1: several
    std::int32_t frame = -1;   // stack: frame depth; -1: several
    bool context = false;      // may point to the context
    bool is_constant() const { return kind == ValueKind::number && umin == umax; }
};

struct InsnFacts {
    bool reachable = false;
    std::array<ValueFact, bpf::kRegisterCount> before;  // state on entry to the instruction
    // Memory operations: where the access may go. offset range in `before[base]` plus the insn's offset.
    // Conditional jumps: which edges can be taken.
    bool may_take_branch = false;
    bool may_fall_through = false;
};

struct LoopFact {
    std::uint32_t header = 0;           // slot of the loop's first instruction
    std::uint64_t max_iterations = 0;   // times the header runs per entry of the loop; 0: not known; for people
    std::uint64_t max_executions = 0;   // times the header runs in the whole program, proved by the checker
};

struct FunctionFacts {
    std::uint32_t function = 0;      // index into Program::functions
    std::uint32_t stack_bytes = 0;   // deepest byte of its own frame used, 8-byte aligned
};

struct ProgramFacts {
    std::vector<InsnFacts> insns;    // by slot; a lddw's second slot is unreachable
    std::vector<LoopFact> loops;
    std::vector<FunctionFacts> functions;
    std::uint64_t worst_case_instructions = 0;  // helper costs included
    std::uint32_t stack_bytes = 0;              // worst case over all frames, BPF's accounting
    // Context bytes the program may read or write, as offsets of fields: for the manifest.
    std::vector<std::uint32_t> helpers_used;    // numbers, sorted
    std::vector<std::uint32_t> maps_used;       // indices, sorted
};

}  // namespace mbpf
