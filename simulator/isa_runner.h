// SPDX-License-Identifier: Apache-2.0
// Conformance runs: raw bytecode on memory given, on the interpreter, as native code in this process, or on
// an emulated board. Native engines go the whole way a program goes: verified, compiled, linked (and signed).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "linker/package.h"

namespace mbpf::sim {

struct IsaRun {
    std::uint64_t r0 = 0;
    std::vector<std::uint8_t> memory;
};

class IsaEngine {
  public:
    virtual ~IsaEngine() = default;
    virtual Result<IsaRun> run(std::span<const std::uint8_t> bytecode, std::vector<std::uint8_t> memory) = 0;
};

// "interpreter", "x86_64", "cortex-m4", "cortex-m33" or "rv32imac"; the last three start a board that serves many runs.
// Unknown: MBPF3402.
Result<std::unique_ptr<IsaEngine>> make_isa_engine(std::string_view name);

// Verified, compiled and linked for a target; not signed.
Result<Package> isa_package(std::span<const std::uint8_t> bytecode, std::uint32_t memory_bytes, std::string_view target);

}  // namespace mbpf::sim
