// SPDX-License-Identifier: Apache-2.0
// The verifier's door: an object and a platform in, a verdict per program out, and, if all were accepted,
// the VerifiedObject that alone can be compiled to native code.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/diagnostic.h"
#include "core/platform.h"
#include "core/program.h"
#include "verifier/facts.h"

namespace mbpf {

// That the instruction at `header`, a loop's head, runs at most so often: a certificate whose cost counts nothing else.
struct LoopProof {
    std::uint32_t header = 0;
    std::vector<std::uint8_t> certificate;
};

struct VerifyOptions {
    // Programs to judge; empty: all. `section` and `function` both restrict.
    std::string section;
    std::string function;
    // Name of the hook to judge the selected programs as; empty: what their section names.
    std::string hook;
    // Budget of abstract steps (instructions interpreted abstractly) per program; never time.
    std::uint64_t max_steps = 4'000'000;
    // A function called at more places than this is proved once for all calls that bring it no more than one before.
    std::uint32_t shared_calls = 16;
    // raw_memory hooks: bytes of memory r1 points to; r2 holds this length.
    std::uint32_t memory_bytes = 0;
    // Proofs found earlier, by index into Object::programs: only the checker runs. Empty: search for proofs.
    std::vector<std::vector<std::uint8_t>> certificates;
    // Prove how often each loop runs, too, for bounds on machine code (LoopFact::max_executions).
    bool count_loops = false;
    std::vector<std::vector<LoopProof>> loop_proofs;  // found earlier, beside `certificates`
};

struct VerifyStats {
    std::uint64_t steps = 0;        // abstract instructions executed by the search
    std::uint64_t attempts = 0;     // searches, each with more precision than the one before
    std::uint64_t checker_steps = 0;
    std::uint64_t checker_bytes = 0;  // memory the checker used
    std::uint64_t joins = 0;
    std::uint64_t widenings = 0;
    std::uint64_t loop_iterations_unrolled = 0;
    std::uint64_t time_us = 0;      // CPU time, for people; never decides anything
    std::uint64_t peak_bytes = 0;   // of the analysis's own states
};

// A decision on the way to a rejection: the edge taken at a conditional jump.
struct PathStep {
    std::uint32_t slot = 0;
    bool taken = false;
    std::string text;  // "here ctx->edge != 2 (it is 1), so on to line 11"; empty: too far back to be told
    std::vector<std::pair<std::string, std::string>> values;  // "ctx->edge" -> "1", as far as known behind the jump
};

struct ProgramVerdict {
    std::uint32_t program = 0;  // index into Object::programs
    std::string section;
    std::string function;
    std::string hook;           // as which it was judged; empty: none takes its section
    bool hook_guessed = false;  // the section names none: the platform's fallback
    bool accepted = false;
    std::vector<Diagnostic> diagnostics;  // empty if accepted; the first one decides
    std::uint32_t instructions = 0;       // slots in the program
    std::uint64_t worst_case_instructions = 0;
    std::uint32_t stack_bytes = 0;
    std::vector<PathStep> path;                 // to the first diagnostic's instruction
    std::vector<std::pair<std::string, std::string>> values;  // registers there: "r3" -> "a number in [0, 255]"
    std::vector<std::uint8_t> certificate;      // of an accepted program (verifier/checker/certificate.h)
    std::uint32_t certificate_bytes = 0;
    std::vector<LoopProof> loop_proofs;         // those that the checker proved
    std::shared_ptr<const ProgramFacts> facts;  // of an accepted program, for reports
    VerifyStats stats;
};

// An object all of whose programs are proved safe on a platform. Only verify() makes it.
class VerifiedObject {
  public:
    const bpf::Object& object() const { return *object_; }
    const Platform& platform() const { return *platform_; }
    // By index into object().programs.
    const ProgramFacts& facts(std::size_t program) const { return facts_[program]; }
    const Hook& hook(std::size_t program) const { return *hooks_[program].hook; }
    const HookMatch& hook_match(std::size_t program) const { return hooks_[program]; }
    // All programs' proofs, for the package (verifier/certificate_file.h).
    const std::vector<std::uint8_t>& certificate_file() const { return certificate_file_; }
    // raw_memory hooks: the length proved against, in bytes.
    std::uint32_t memory_bytes() const { return memory_bytes_; }

  private:
    VerifiedObject() = default;
    friend class VerifiedObjectMaker;  // verifier/verify.cpp
    std::shared_ptr<const bpf::Object> object_;
    std::shared_ptr<const Platform> platform_;
    std::vector<ProgramFacts> facts_;
    std::vector<HookMatch> hooks_;
    std::uint32_t memory_bytes_ = 0;
    std::vector<std::uint8_t> certificate_file_;
};

struct VerifyReport {
    std::vector<ProgramVerdict> verdicts;      // one per selected program, in object order
    std::optional<VerifiedObject> verified;    // all programs of the object judged and accepted
    bool accepted() const { return verified.has_value(); }
};

// Never fails as a whole: what cannot be judged is a verdict with a diagnostic.
VerifyReport verify(std::shared_ptr<const bpf::Object> object, std::shared_ptr<const Platform> platform,
                    const VerifyOptions& options = {});

}  // namespace mbpf
