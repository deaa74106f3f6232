// SPDX-License-Identifier: Apache-2.0
// From what the abstract machine refuses to what a person is told: code, message, reason, way out.
#pragma once

#include <string>

#include "core/diagnostic.h"
#include "verifier/checker/machine.h"
#include "verifier/data_names.h"
#include "verifier/environment.h"

namespace mbpf {

// `state`: before the refused instruction, which `in_loop` lies in a loop.
Diagnostic explain(const ProofEnvironment& env, const DataNames& names, const proof::Failure& failure, const proof::State& state, bool in_loop);
// "a number in [0, 255]", "a pointer to a value of map counters + 4 (may be NULL)".
std::string describe(const ProofEnvironment& env, const proof::State& state, const proof::Value& value);

}  // namespace mbpf
