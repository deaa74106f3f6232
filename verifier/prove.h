// SPDX-License-Identifier: Apache-2.0
// One program: a search for a proof, tried with growing precision, and the checker's verdict on what was found.
#pragma once

#include <optional>
#include <set>
#include <vector>

#include "verifier/cfg.h"
#include "verifier/encode.h"
#include "verifier/environment.h"
#include "verifier/verify.h"

namespace mbpf {

struct Found {
    Bytes certificate;                  // empty: not proved
    std::vector<LoopFact> loops;        // for people
    std::vector<Bytes> loop_proofs;     // with certificates of the loops' executions, if asked for
    std::optional<Diagnostic> problem;
    std::vector<PathStep> path;
    std::vector<std::pair<std::string, std::string>> values;
    VerifyStats stats;
    std::uint64_t worst_case = 0;
    std::uint32_t stack_bytes = 0;
    std::vector<std::uint32_t> frames;  // stack of each function alone, bytes
};

// Untrusted: what it finds is for check_proof to judge.
struct FindOptions {
    std::uint64_t max_steps = 0;
    std::uint32_t shared_calls = UINT32_MAX;  // see VerifyOptions
    // Without, joins forget equalities and differences: coarser, but what one invariant covers by a relation and the next
    // by its bounds is then never asked for.
    bool relations = true;
    bool count_loops = false;  // proofs of loop heads' executions, too
    std::set<std::uint32_t> plain = {};  // points where no relations are stated
};
Found find_proof(const ProofEnvironment& env, const Cfg& cfg, const FindOptions& options);

struct Checked {
    std::optional<ProgramFacts> facts;  // of a proved program
    std::optional<Diagnostic> problem;
    VerifyStats stats;
};

// Trusted: the checker, and the facts it emits.
Checked check_proof(const ProofEnvironment& env, const Cfg& cfg, const Bytes& certificate);

// Trusted, too: of the instruction at `header`, how often a run of the proved program executes it at most.
std::optional<std::uint64_t> check_executions(const ProofEnvironment& env, std::uint32_t header, const Bytes& certificate);

}  // namespace mbpf
