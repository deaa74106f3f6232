// SPDX-License-Identifier: Apache-2.0
// The last look at machine code before it becomes a package: every instruction is decoded by LLVM, every way through
// the code followed. What the proof says of the bytecode holds of the device only if native code stays inside itself.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "compiler/targets/target.h"
#include "core/result.h"
#include "linker/image.h"

namespace mbpf {

// One decoded instruction and what follows from it.
struct CodeStep {
    std::uint32_t size = 0;               // bytes
    bool falls_through = true;
    bool returns = false;                 // to the caller, perhaps by way of another function
    bool leaves_text = false;             // a call or jump through the import table
    bool store_exclusive = false;         // of a load and store pair that is tried again
    std::uint16_t cycles = 1, cycles_taken = 0;  // linker/timing.h
    std::optional<std::int32_t> stack_change = 0;  // linker/stack_change.h
    std::vector<std::uint32_t> targets;   // of jumps: offsets
    std::optional<std::uint32_t> callee;  // of calls and tail calls: offset
};

struct Audit {
    std::uint32_t instructions = 0;
    std::uint32_t indirect_calls = 0;                // through the import table
    std::map<std::uint32_t, CodeStep> code;          // by offset
};

// MBPF3220: an instruction that is unknown, privileged or of the system; 3221: control that leaves the text, or
// goes on past a function's end; 3222: data addressed outside the text.
Result<Audit> audit_image(const Image& image, const Target& target);

}  // namespace mbpf
