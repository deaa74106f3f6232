// SPDX-License-Identifier: Apache-2.0
// The trusted half of the verifier: re-establishes a proof from bytecode and certificate in one pass. Every
// invariant is run once up to the next points; what arrives there must be covered by an invariant stated
// there, at a cost that leaves at least as much as is still to be spent. No heap, no recursion, no library:
// memory is the caller's.
#pragma once

#include "verifier/checker/cost.h"
#include "verifier/checker/machine.h"

namespace mbpf::proof {

// Told of every instruction with the state before it, and of every edge that can be taken.
class Observer {
  public:
    virtual void instruction(uint32_t, const State&) {}
    virtual void taken_edge(uint32_t, bool) {}
    virtual void uses(int32_t /*helper*/, int32_t /*map*/) {}

  protected:
    ~Observer() = default;
};

enum class CheckError : uint8_t {
    none,
    memory,        // too little to work in
    malformed,     // not a certificate, or a damaged one
    unsafe,        // an instruction may do harm in a stated invariant: see `failure`
    no_invariant,  // nothing stated at a point that is reached
    not_covered,   // what is stated there does not cover what arrives
    cost,          // an edge leaves less than is still to be spent, or some cost may be negative
    stack,         // a frame is used beyond its claim, or the claims exceed the platform's limit
    budget,        // more work than allowed
    hook_budget,   // worst case beyond the hook's
};

struct CheckResult {
    CheckError error = CheckError::none;
    Failure failure;           // unsafe
    uint32_t slot = 0;         // where the check ended
    uint32_t from = 0;         // the point it had started from
    uint64_t worst_case = 0;   // instructions; of a proved program
    uint32_t stack_bytes = 0;
    uint32_t peak_bytes = 0;   // of the memory given
    uint64_t work = 0;         // instructions run abstractly
    bool proved() const { return error == CheckError::none; }
};

// Bytes of memory that suffice for `cells` values on the stack and put away by calls at one time.
size_t check_memory(unsigned cells);

CheckResult check(const Environment& env, const uint8_t* certificate, size_t size, void* memory, size_t memory_bytes, Observer* observer = nullptr, uint64_t max_work = 50'000'000);

}  // namespace mbpf::proof
