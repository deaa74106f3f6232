// SPDX-License-Identifier: Apache-2.0
// Random programs against the lifter, nearly all acceptable: mixed widths, spills partly overwritten, copied, spilled
// and merged pointers, variable accesses, edge values of division and shift, atomics of every kind, subprograms that
// work on their caller's stack, loops counted in registers and in slots, global data.
#pragma once

#include <cstdint>

#include "core/program.h"

namespace mbpf::fuzz {

inline constexpr std::uint32_t kStressMemory = 128;  // bytes at r1
// Deterministic for a seed; section "isa".
bpf::Object generate_stress(std::uint64_t seed);

}  // namespace mbpf::fuzz
