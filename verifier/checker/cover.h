// SPDX-License-Identifier: Apache-2.0
// What a stated invariant means: as a state of its own, and whether it contains one. The latter read entry by entry from
// the certificate, so that no second state is needed in memory.
#pragma once

#include "verifier/checker/cost.h"

namespace mbpf::proof {

// Loads an invariant; the reader ends after it.
bool load_invariant(Reader& in, const Environment& env, State& s, Cost& cost);

// The reader stands at an invariant's first byte and ends behind it (if it covers). `cost` is what it states.
// With `contract`, where frames return to is not compared: it is told where the innermost is stated to.
bool covers(Reader& in, const State& s, Cost& cost, uint32_t* contract = nullptr);

}  // namespace mbpf::proof
