// SPDX-License-Identifier: Apache-2.0
// The last look at machine code before it becomes a package: every instruction is decoded by LLVM, every way through
// the code followed. What the proof says of the bytecode holds of the device only if native code stays inside itself.
#pragma once

#include <cstdint>

#include "compiler/targets/target.h"
#include "core/result.h"
#include "linker/image.h"

namespace mbpf {

struct Audit {
    std::uint32_t instructions = 0;
    std::uint32_t indirect_calls = 0;                // through the import table
};

// MBPF3220: an instruction that is unknown, privileged or of the system; 3221: control that leaves the text, or
// goes on past a function's end; 3222: data addressed outside the text.
Result<Audit> audit_image(const Image& image, const Target& target);

}  // namespace mbpf
