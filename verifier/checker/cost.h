// SPDX-License-Identifier: Apache-2.0
// What is still to be spent, as a function of the state: it proves that a program ends, and the worst case.
#pragma once

#include "verifier/checker/certificate.h"

namespace mbpf::proof {

// What a term counts with: a number, or how far behind the packet's start a pointer leads.
bool counter_at(const State& s, const Location& at, Value& counter);
// Least or greatest reading of the counter; false: beyond what costs are computed with.
bool reading_extreme(const Value& counter, Reading reading, bool greatest, int64_t& extreme);
// Least known bound on the reading of a less that of b.
bool reading_difference(const State& s, const Value& a, const Value& b, Reading reading, int64_t& bound);

// Least value of cost(loaded) - steps - cost(arrived), for a state that was loaded with `from` and has arrived
// where `to` is stated; false: no bound known. `to` null: of cost(loaded) - steps.
// `scale`: cost units of one instruction.
bool cost_margin(const State& s, const Cost& from, const Cost* to, uint32_t scale, int64_t& margin);
// Least value of a stated cost in the state.
bool cost_least(const State& s, const Cost& cost, int64_t& least);

}  // namespace mbpf::proof
