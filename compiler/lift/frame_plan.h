// SPDX-License-Identifier: Apache-2.0
// Splits a function's stack frame into objects. Bytes that only direct accesses at known offsets touch get
// allocas of their own, which LLVM turns into registers; a buffer handed to a helper gets its own, so that it
// does not drag the rest along; whatever is reached through a variable offset or from a callee stays in one
// main object, whose end is r10. Sound because the proof says where every access may go.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/platform.h"
#include "verifier/verify.h"

namespace mbpf {

struct FrameObject {
    std::int64_t low = 0;  // offsets relative to r10: [low, high)
    std::int64_t high = 0;
    bool main = false;
};

struct FramePlan {
    std::vector<FrameObject> objects;  // objects[0] is main, perhaps empty
    // Object that holds the byte at `offset` from r10 (negative); nullptr: none.
    const FrameObject* find(std::int64_t offset) const;
};

FramePlan plan_frame(const VerifiedObject& verified, std::size_t program, std::size_t function);

// Offset from r10 of a pointer that surely points into the running function's own frame at one known place.
std::optional<std::int64_t> own_frame_offset(const InsnFacts& facts, const ValueFact& pointer);

// Most bytes that argument `arg` (0-based) of this helper call may touch; 0: not a memory argument.
std::uint64_t argument_bytes(const VerifiedObject& verified, const Helper& helper, std::size_t arg,
                             const InsnFacts& facts);

}  // namespace mbpf
