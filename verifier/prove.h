// SPDX-License-Identifier: Apache-2.0
// One program: a search for a proof, tried with growing precision, and the checker's verdict on what was found.
#pragma once

#include <optional>
#include <vector>

#include "verifier/cfg.h"
#include "verifier/encode.h"
#include "verifier/environment.h"
#include "verifier/verify.h"

namespace mbpf {

struct Found {
    Bytes certificate;                  // empty: not proved
    std::vector<LoopFact> loops;        // for people: executions of loop heads, at most
    std::optional<Diagnostic> problem;
    std::vector<PathStep> path;
    std::vector<std::pair<std::string, std::string>> values;
    VerifyStats stats;
    std::uint64_t worst_case = 0;
    std::uint32_t stack_bytes = 0;
};

// Untrusted: what it finds is for check_proof to judge.
// Without `relations`, joins forget equalities and differences: coarser, but what one invariant covers by a relation and
// the next by its bounds is then never asked for.
Found find_proof(const ProofEnvironment& env, const Cfg& cfg, std::uint64_t max_steps, bool relations = true);

struct Checked {
    std::optional<ProgramFacts> facts;  // of a proved program
    std::optional<Diagnostic> problem;
    VerifyStats stats;
};

// Trusted: the checker, and the facts it emits.
Checked check_proof(const ProofEnvironment& env, const Cfg& cfg, const Bytes& certificate);

}  // namespace mbpf
