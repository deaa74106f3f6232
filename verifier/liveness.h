// SPDX-License-Identifier: Apache-2.0
// Which stack bytes may still be read, by block and by call. An estimate: addresses are followed through registers
// only. What it leaves out makes the search weaker, never the proof.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <vector>

#include "verifier/cfg.h"
#include "verifier/environment.h"

namespace mbpf {

// A set of bytes of a frame, by offset from its top.
struct StackBytes {
    std::array<std::uint64_t, proof::kFrameBytes / 64> words{};  // bit i: byte i - 512

    bool operator==(const StackBytes&) const = default;
    StackBytes& operator|=(const StackBytes& o) {
        for (std::size_t i = 0; i < words.size(); ++i) words[i] |= o.words[i];
        return *this;
    }
    void set(std::int64_t offset, std::int64_t size, bool value) {
        for (std::int64_t i = offset + proof::kFrameBytes; i < offset + proof::kFrameBytes + size; ++i) {
            const std::uint64_t bit = std::uint64_t{1} << (i & 63);
            if (value) words[static_cast<std::size_t>(i >> 6)] |= bit;
            else words[static_cast<std::size_t>(i >> 6)] &= ~bit;
        }
    }
    bool any(std::int64_t offset, std::int64_t size) const {
        for (std::int64_t i = offset + proof::kFrameBytes; i < offset + proof::kFrameBytes + size; ++i)
            if ((words[static_cast<std::size_t>(i >> 6)] >> (i & 63) & 1) != 0) return true;
        return false;
    }
};

struct StackLiveness {
    std::vector<StackBytes> at_block;              // on entry, by block
    std::map<std::uint32_t, StackBytes> at_call;   // before a call of the program's own, or one with a callback, by slot
};

StackLiveness stack_liveness(const ProofEnvironment& env, const Cfg& cfg);

}  // namespace mbpf
