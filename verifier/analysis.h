// SPDX-License-Identifier: Apache-2.0
// The abstract interpreter of one program. Blocks are taken in the order of the control-flow graph's
// components; a loop is run abstractly, iteration by iteration, until no state reaches its head again, which
// proves that it ends and bounds its cost; a state that comes back unchanged proves that it does not.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "verifier/cfg.h"
#include "verifier/state.h"
#include "verifier/verify.h"

namespace mbpf {

class Analysis {
  public:
    Analysis(const bpf::Object& object, const bpf::Program& program, const Platform& platform, const HookMatch& hook, const VerifyOptions& options);

    // Nothing: the program is proved safe. Else why not; the first problem met.
    std::optional<Diagnostic> run();

    ProgramFacts take_facts() { return std::move(facts_); }
    const ProgramFacts& facts() const { return facts_; }
    const VerifyStats& stats() const { return stats_; }

  private:
    using States = std::vector<State>;
    using Incoming = std::map<std::uint32_t, States>;  // by block
    // What one function's analysis works on; a call makes a new one.
    struct Activation {
        Incoming incoming;
        States exits;
    };

    // Engine (analysis.cpp). All return false once `failure_` is set.
    bool run_function(std::uint32_t function, State entry, States& exits);
    bool run_components(const std::vector<Component>& components, Activation& act);
    bool run_loop(const Component& loop, Activation& act);
    bool run_block(std::uint32_t block, Activation& act);
    bool run_state(const Block& block, State state, Activation& act);
    bool run_call(std::uint32_t slot, const Block& block, State state, Activation& act);
    void deliver(std::uint32_t to, State state, Activation& act);
    void add_state(States& states, State state, std::size_t limit);
    void forget_dead(std::uint32_t block, State& state) const;
    std::size_t disjuncts() const;
    bool fail(unsigned code, std::uint32_t slot, const State* state, std::string message, std::string why = {}, std::string fix = {});

    // Transfer functions. `step` handles everything but jumps, local calls and exit.
    bool step(std::uint32_t slot, const bpf::Op& op, State& state);
    bool alu(std::uint32_t slot, const bpf::Op& op, State& state);
    bool pointer_alu(std::uint32_t slot, const bpf::Op& op, State& state, const Value& dst, const Value& src);
    bool add_to_pointer(std::uint32_t slot, State& state, std::uint8_t reg, const Value& pointer, const Value& number, bool subtract);
    bool swap(std::uint32_t slot, const bpf::Op& op, State& state);
    bool load_imm64(std::uint32_t slot, State& state);
    bool load(std::uint32_t slot, const bpf::Op& op, State& state);
    bool store(std::uint32_t slot, const bpf::Op& op, State& state);
    bool atomic(std::uint32_t slot, const bpf::Op& op, State& state);
    bool call_helper(std::uint32_t slot, State& state);

    // Memory (transfer_memory.cpp).
    bool load_context(std::uint32_t slot, const State& state, const Value& base, std::int64_t offset, unsigned size, Value& out);
    bool store_context(std::uint32_t slot, const State& state, const Value& base, std::int64_t offset, unsigned size, const Value& value);
    bool load_stack(std::uint32_t slot, const State& state, const Value& base, std::int64_t offset, unsigned size, Value& out);
    bool store_stack(std::uint32_t slot, State& state, const Value& base, std::int64_t offset, unsigned size, const Value& value);
    bool check_range(std::uint32_t slot, const State& state, const Value& base, std::int64_t offset, std::uint64_t size, bool write, const char* what);
    bool check_stack_range(std::uint32_t slot, const State& state, const Value& base, std::int64_t offset, std::uint64_t size, const char* what);
    bool readable_stack(std::uint32_t slot, const State& state, const Value& base, std::int64_t offset, std::uint64_t size, const char* what);
    void overwrite_stack(State& state, const Value& base, std::int64_t offset, std::uint64_t size, bool fully);
    std::optional<std::uint64_t> frozen_constant(const Value& base, std::int64_t offset, unsigned size) const;

    // Helper arguments (transfer_call.cpp).
    struct CallArguments {
        std::int32_t map = -1;
        Value record;
        struct Written {
            Value base;
            std::uint64_t size = 0;
            bool surely = false;  // else: at most
        };
        std::vector<Written> written;  // stack memory the helper writes
    };
    bool check_argument(std::uint32_t slot, const Helper& helper, std::size_t index, const State& state, CallArguments& call);
    bool check_scalar_argument(std::uint32_t slot, const Helper& helper, std::size_t index, const State& state);
    bool check_map_argument(std::uint32_t slot, const Helper& helper, std::size_t index, const State& state, CallArguments& call);
    bool check_memory_argument(std::uint32_t slot, const Helper& helper, std::size_t index, const State& state, CallArguments& call);
    bool check_memory(std::uint32_t slot, const Helper& helper, std::size_t index, const State& state, std::uint64_t size, bool write, CallArguments& call);
    bool finish_call(std::uint32_t slot, const Helper& helper, State& state, const CallArguments& call);

    // Branches (transfer_branch.cpp): the states of both edges, absent where infeasible.
    struct Edges {
        std::optional<State> fall_through, taken;
    };
    bool branch(std::uint32_t slot, const bpf::Op& op, const State& state, Edges& edges);
    bool compare_numbers(const bpf::Insn& insn, const bpf::Op& op, bool taken, State& state) const;
    static void assign_number(State& state, std::uint8_t reg, const Number& number);
    void refine_packet(const bpf::Op& op, bool taken, const Value& left, const Value& right, State& state) const;
    bool check_exit(std::uint32_t slot, const State& state);

    bool readable(std::uint32_t slot, const State& state, std::uint8_t reg);
    void record(std::uint32_t slot, const State& state);
    void set(State& state, std::uint8_t reg, const Value& value) { state.regs[reg] = value; }
    std::string describe(const Value& value) const;
    std::string name_of_map(std::int32_t map) const;
    SourceLocation where(std::uint32_t slot) const { return object_.location(program_, slot); }
    void finish_stack_facts();

    const bpf::Object& object_;
    const bpf::Program& program_;
    const Platform& platform_;
    const HookMatch hook_;
    const VerifyOptions& options_;
    Cfg cfg_;
    Identities identities_;
    ProgramFacts facts_;
    VerifyStats stats_;
    std::optional<Diagnostic> failure_;
    std::vector<std::uint32_t> deepest_;  // by function: bytes of its frame used
    std::set<std::uint32_t> helpers_used_, maps_used_;
    std::map<std::uint32_t, std::uint64_t> loop_bounds_;  // by head slot
    std::uint64_t iterations_ = 0;                        // of the longest-running loop we are in
};

}  // namespace mbpf
