// SPDX-License-Identifier: Apache-2.0
// The way to a rejection in C terms: which condition at which line went which way, with which values.
#pragma once

#include "verifier/data_names.h"
#include "verifier/environment.h"
#include "verifier/search.h"
#include "verifier/verify.h"

namespace mbpf {

// Goes the search's failure path again: fills `path`, appends the notes that tell its last decisions, and puts names
// from the source in place of the registers that `problem` names. Changes the search's state.
void tell_path(const ProofEnvironment& env, const DataNames& names, Search& search, Diagnostic& problem, std::vector<PathStep>& path);

// The loop's own condition: the line people call the loop. Of the jumps back to the head (a slot, or a callback's gate)
// the last of the first line.
std::uint32_t loop_condition(const bpf::Object& object, const bpf::Program& program, std::uint32_t head);
inline std::uint32_t loop_condition(const ProofEnvironment& env, std::uint32_t head) { return loop_condition(env.object(), env.program(), head); }
// Appends the conditions on which a loop ends: its blocks begin at the slots of `body`.
void tell_loop_ends(const ProofEnvironment& env, const Cfg& cfg, const std::set<std::uint32_t>& body, Diagnostic& problem);

}  // namespace mbpf
