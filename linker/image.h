// SPDX-License-Identifier: Apache-2.0
// LLD's part: one relocatable object, plus the runtime it needs, to one blob of code and constants that runs
// at any address.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "compiler/targets/target.h"
#include "core/result.h"

namespace mbpf {

struct CodeRange {
    std::uint32_t begin = 0, end = 0;  // offsets in the text
};

// A row of .mbpf.marks (compiler/marks.h): `word` holds where the instruction at `offset` runs.
struct CodeMark {
    std::uint32_t offset = 0, word = 0;
};

struct Image {
    std::vector<std::uint8_t> text;
    std::vector<CodeRange> functions;  // in order; may hold constants at their ends
    std::vector<CodeRange> constants;  // inside or between functions, where the ISA's symbols tell
    std::map<std::string, std::uint32_t> symbols;  // offsets of the symbols asked for
    std::vector<CodeMark> marks;                   // sorted
    std::map<std::uint32_t, std::uint32_t> rounds; // of functions of compiler/runtime, by offset: what any of its loops runs at most, per entry
    bool uses_runtime = false;                     // functions of compiler/runtime were linked in
};

Result<Image> link_image(std::span<const std::uint8_t> elf, const Target& target,
                         const std::vector<std::string>& symbols);

}  // namespace mbpf
