// SPDX-License-Identifier: Apache-2.0
// The graph that costs are found on: flows between the search's nodes, how numbers move along them, and its strongly
// connected parts.
#pragma once

#include <cstdint>
#include <vector>

#include "verifier/checker/cost.h"

namespace mbpf {

inline bool same_place(const proof::Location& a, const proof::Location& b) { return a.frame == b.frame && a.offset == b.offset && a.size == b.size; }

// The reading of the value at `to`, on arrival, less that of the value at `from`, at the start, lies in [low, high].
struct Movement {
    proof::Location from, to;
    std::int64_t low = 0, high = 0;
    proof::Reading reading = proof::Reading::as_unsigned;
};

struct Flow {
    std::int32_t from = 0, to = -1;
    std::vector<std::size_t> edges;  // of the search
    std::vector<Movement> moves;
    std::int64_t weight = 0;
};

inline constexpr std::int64_t kNoEnd = std::int64_t{1} << 62;
struct Place {
    proof::Location at;
    std::int64_t low = 0, high = 0;  // relative to the counter at the head; -kNoEnd, kNoEnd: any
};

struct Part {
    std::vector<std::int32_t> nodes;
    std::vector<std::size_t> flows;  // inside
};

// Those with more than a lone node, of the graph of these nodes and flows.
std::vector<Part> strong_parts(const std::vector<Flow>& all, const std::vector<std::int32_t>& nodes, const std::vector<std::size_t>& flows);

// Where the state's value of this index is.
proof::Location location_of(const proof::State& s, unsigned index);
// What is known of a word at the start of a way and of one at its end beyond their ranges.
void relate(const proof::State& s, const proof::Location& from, const proof::Value& start, const proof::Location& to, const proof::Value& now, std::vector<Movement>& found);

}  // namespace mbpf
