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

struct Image {
    std::vector<std::uint8_t> text;
    std::map<std::string, std::uint32_t> symbols;  // offsets of the symbols asked for
    bool uses_runtime = false;                     // functions of compiler/runtime were linked in
};

Result<Image> link_image(std::span<const std::uint8_t> elf, const Target& target,
                         const std::vector<std::string>& symbols);

}  // namespace mbpf
