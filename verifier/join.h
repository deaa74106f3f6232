// SPDX-License-Identifier: Apache-2.0
// Upper bounds of states, for the search. Nothing here is trusted: the checker judges what comes out.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "verifier/checker/state.h"

namespace mbpf {

// Becomes a copy, cells included as far as there is room.
void copy_state(proof::State& to, const proof::State& from);

// `into` becomes a state that contains both; false (and `into` as it was): they differ in what cannot be joined,
// i.e. frames, references or the lock.
// `compared`: registers whose order is worth knowing even where so far only their ranges tell it.
using Compared = std::vector<std::pair<std::uint8_t, std::uint8_t>>;
// Constants that registers are compared with, by register.
using ComparedWith = std::vector<std::pair<std::uint8_t, std::uint64_t>>;
// `congruences`: of two constants a number may be known modulo their difference.
bool join_states(proof::State& into, const proof::State& other, const Compared* compared = nullptr, bool congruences = false);

// Bounds that still grow are moved to the next of these: constants the program compares with, and the limits of
// the integer types.
struct Thresholds {
    std::vector<std::uint64_t> values;  // sorted
    bool last = false;                  // no others are looked for
    void add(std::uint64_t v) { values.push_back(v); }
    // `small_types`: with the limits of 8- and 16-bit integers.
    void finish(bool small_types);
    std::uint64_t at_least(std::uint64_t v) const;
    std::uint64_t at_most(std::uint64_t v) const;
};

// `now` contains `before`; what has grown since grows to a threshold, differences that rose are dropped.
// `compared`: registers whose bounds are thresholds for one another; `constants` are those of one register.
void widen_state(proof::State& now, const proof::State& before, const Thresholds& thresholds, const Compared* compared = nullptr, const ComparedWith* constants = nullptr);

}  // namespace mbpf
