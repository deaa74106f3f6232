// SPDX-License-Identifier: Apache-2.0
// Runs a package's x86_64 code in this process: text mapped read-execute, imports filled in. For programs that
// need no maps or device helpers (conformance runs, differential tests).
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "core/result.h"
#include "linker/package.h"

namespace mbpf::sim {

struct NativeRun {
    std::uint64_t r0 = 0;
    std::vector<std::uint8_t> memory;  // the context as left by the program
};

// `helper`: address of the native function for a helper number, or null. MBPF3401 if something is missing.
using HelperAddress = std::function<void*(std::uint16_t number)>;
Result<NativeRun> run_native(const Package& package, std::size_t program, std::vector<std::uint8_t> context, const HelperAddress& helper);

}  // namespace mbpf::sim
