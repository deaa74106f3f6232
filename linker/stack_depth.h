// SPDX-License-Identifier: Apache-2.0
// The stack that machine code uses: every way through it followed, with what each instruction adds or takes away.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "linker/audit.h"

namespace mbpf {

// What is said of a program's code, the helpers it calls left out, and what a call of one pushes.
struct StackClaim {
    std::uint32_t entry = 0;
    std::uint32_t bytes = 0;
    std::string name;
};

// MBPF3223: it uses more, or on some way another number of bytes than on another, or not all are given back at its end.
// `call_bytes`: what the machine pushes at a call.
std::optional<Diagnostic> check_stack(const Audit& audit, unsigned call_bytes, std::span<const StackClaim> claims);

}  // namespace mbpf
