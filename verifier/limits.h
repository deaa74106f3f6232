// SPDX-License-Identifier: Apache-2.0
// Which limits on the sum of two words are worth stating: what a check of `p + n` against an end says of p and n
// themselves lasts longer than the sum, so that `p + i` for i below n is inside, too. Nothing here is trusted.
#pragma once

#include <cstdint>

#include "verifier/join.h"

namespace mbpf {

// Before a state is written down with the registers in `live`: limits on what it holds that follow from sums which are
// not held.
void note_limits(proof::State& s, std::uint16_t live);

// Into the join of two states, which holds no limits yet: those of either that the other keeps, or that it keeps with a
// counter that is compared with one of the two.
void join_limits(proof::State& joined, const proof::State& a, const proof::State& b, const Compared* compared);

// Of a state that has grown since `before`: limits that grew, too, would grow for ever.
void widen_limits(proof::State& now, const proof::State& before);

}  // namespace mbpf
