// SPDX-License-Identifier: Apache-2.0
// Random eBPF programs of the kinds compilers make: arithmetic, branches, bounded loops, stack arrays, spills, map
// values, packets behind checks, calls. Many are unsafe on purpose in small ways.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "core/program.h"

namespace mbpf::fuzz {

// Deterministic for a seed. Section "trace/fuzz" or "xdp".
bpf::Object generate(std::uint64_t seed);
// With many calls of a function that branches, loops, and may write through a pointer to the caller's stack.
bpf::Object generate_calls(std::uint64_t seed);
// With sums and differences of words that are checked against a third one, a size or the packet's length.
bpf::Object generate_limits(std::uint64_t seed);
// With values of several kinds in registers and slots, passed to functions and back; on four hooks. `native`: with helpers that
// the runners of native code have, on two hooks, all with the same maps.
bpf::Object generate_mixed(std::uint64_t seed, bool native = false);

}  // namespace mbpf::fuzz
