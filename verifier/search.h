// SPDX-License-Identifier: Apache-2.0
// The search for a proof: runs the program abstractly over its control flow, finds invariants at every point
// where ways meet, and hands them to costs.h. Blocks are taken in the order of the graph's components. A loop's
// invariant is found by widening and narrowing; where that loses the proof the loop is run iteration by
// iteration, and where joins lose it, more states are kept apart. All of it under a budget of work. Nothing here
// is trusted.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "verifier/cfg.h"
#include "verifier/checker/check.h"
#include "verifier/encode.h"
#include "verifier/join.h"
#include "verifier/liveness.h"

namespace mbpf {

// One state at one point. Node 0 is the program's entry and has no bytes.
struct Node {
    std::uint32_t point = 0;        // slot, or slot | kGate; a contract's as certificate.h has them
    std::int32_t contract = -1;     // in whose function's body it lies
    std::uint16_t live = 0;
    std::uint32_t function = 0;     // index of the function the point is in
    Bytes bytes;                    // as encode_invariant(…).bytes()
    std::uint64_t signature = 0, fine = 0;  // see Invariant
    std::int32_t forward = -1;      // the node that covers it and is run in its stead
    // How it was first reached: from which node, by which decisions (slot << 1 | taken).
    std::int32_t parent = -1;
    std::vector<std::uint32_t> decisions;
};

struct GraphEdge {
    std::int32_t from = 0;
    std::int32_t to = -1;  // -1: the program's end
    std::uint64_t steps = 0;
    std::int32_t contract = -1;  // that stands for a call on the way
};

// What a function does for every caller that gives it no more than the entry node's state says: the exit node's.
struct Contract {
    std::uint32_t function = 0;  // its first slot
    std::int32_t entry = -1, exit = -1;
    std::uint64_t cost = 0;      // instructions, once costs are solved
};

// What is told of the way to a failure; `segment` begins at each invariant, `loop` at that of a loop's head, `arrived`
// ends one. `skipped`: so many decisions, in `slot`, are left out.
enum class Retrace : std::uint8_t { segment, loop, instruction, leave, taken, not_taken, arrived, skipped };
// The state is that before an instruction, or behind a decision; null: not known.
using Retraced = std::function<void(Retrace, std::uint32_t slot, const proof::State*)>;

enum class SearchFailure : std::uint8_t { none, unsafe, budget, endless };

struct SearchOptions {
    bool fine = false;           // states that differ in numbers only are kept apart if registers hold different constants
    unsigned disjuncts = 8;      // states kept apart at a point
    bool relations = true;       // joins keep equalities and differences
    std::set<std::uint32_t> plain = {};  // points where no differences are stated
    bool congruences = false;    // joins keep what numbers are modulo their distance
    bool forget_dead = true;     // stack bytes that are not read again
    std::uint32_t shared_calls = UINT32_MAX;  // a function called at more places is run once for calls that are alike
    std::set<std::uint32_t> unrolled;  // loops (point of the head) run iteration by iteration
    std::uint64_t max_steps = 0;
};

struct SearchStats {
    std::uint64_t steps = 0, joins = 0, widenings = 0, unrolled = 0;
    std::uint64_t peak_bytes = 0;
};

class Search {
  public:
    Search(const proof::Environment& env, const bpf::Program& program, const Cfg& cfg, const Thresholds& constants, const StackLiveness& liveness, SearchOptions options);

    bool run();

    SearchFailure failure() const { return failure_; }
    const proof::Failure& unsafe() const { return unsafe_; }
    std::uint32_t failure_slot() const { return failure_slot_; }
    std::uint64_t failure_count() const { return failure_count_; }
    // The state at the failure, before the instruction.
    const proof::State& state() const { return s_; }
    // Decisions on the way to it.
    std::vector<std::uint32_t> failure_path() const;
    // Goes its first and last parts again. Changes state().
    void retrace(const Retraced& see);
    // Loops met, by head point, outermost first; with the widest iteration count of those unrolled.
    const std::set<std::uint32_t>& loops() const { return loops_; }
    const std::map<std::uint32_t, std::uint64_t>& iterations() const { return iterations_; }
    // Innermost loop (head point) around the failure, outer ones after it.
    const std::vector<std::uint32_t>& failure_loops() const { return failure_loops_; }

    // Points of one function in the order of its components: a loop's head stands before the rest of it, a gate before all.
    std::uint32_t rank(std::uint32_t point) const { return (point & proof::kGate) != 0 ? 0 : rank_[cfg_.block_at[point]]; }
    // Where the blocks of the innermost loop around a point begin; a gate has none.
    std::set<std::uint32_t> loop_body(std::uint32_t point) const;
    const std::vector<Node>& nodes() const { return nodes_; }
    const std::vector<GraphEdge>& edges() const { return edges_; }
    const SearchStats& stats() const { return stats_; }
    const std::vector<Contract>& contracts() const { return contracts_; }
    void set_cost(std::size_t contract, std::uint64_t steps) { contracts_[contract].cost = steps; }
    // Of what State::steps counts at an arrival, the part that stands for a contract.
    std::uint64_t contract_steps() const { return taken_contract_ < 0 ? 0 : contracts_[static_cast<std::size_t>(taken_contract_)].cost; }
    // Bytes of its frame each function touches.
    const std::vector<std::uint32_t>& deepest() const { return deepest_; }
    std::int32_t resolved(std::int32_t node) const;
    // Runs one node again: `prepare` sees its state first, `arrive` the state wherever it comes to a point
    // (UINT32_MAX: to the program's end).
    void observe(std::int32_t node, const std::function<void(proof::State&)>& prepare, const std::function<void(std::uint32_t, const proof::State&)>& arrive);
    bool load_node(std::int32_t node, proof::State& into) const { return load(nodes_[static_cast<std::size_t>(node)].bytes, into); }

  private:
    struct Activation {
        std::uint32_t function = 0;
        Activation* parent = nullptr;
        std::uint32_t return_block = 0;
        std::uint32_t gate = 0;  // callbacks: their gate's point, else 0
        std::map<std::uint32_t, std::vector<std::int32_t>> incoming;  // by block; gates by kGate | slot
    };
    struct Mark {
        std::size_t nodes = 0, edges = 0, journal = 0, forwarded = 0;
    };

    enum class Called : std::uint8_t { in_place, covered, ended, failed };
    Called by_contract(std::int32_t node, std::uint32_t target);
    std::int32_t covering(std::uint32_t target);
    bool run_contract(std::int32_t node, std::uint32_t target, std::int32_t& made);
    Called come_back(std::int32_t contract);
    void add_edge(std::int32_t from, std::int32_t to) { edges_.push_back({from, to, s_.steps, taken_contract_}); }

    void find_ends();
    void find_points();
    bool run_components(const std::vector<Component>& components, Activation& act);
    bool run_block(std::uint32_t block, Activation& act);
    bool run_node(std::int32_t node, Activation& act);
    static bool waiting(const std::vector<Component>& components, const Activation& act);
    template <class RunOnce>
    bool run_loop(std::uint32_t key, std::uint32_t point, Activation& act, RunOnce&& run_once);
    template <class RunOnce>
    bool run_unrolled(std::uint32_t key, std::uint32_t point, Activation& act, std::vector<std::int32_t> heads, RunOnce&& run_once);
    bool run_timers();
    bool run_callback(std::int32_t node, std::uint32_t slot, Activation& act);
    bool segment(std::int32_t node, std::uint32_t slot, Activation& act, bool at_point);
    void deliver_to_caller(std::int32_t node, std::uint32_t back, Activation& act);
    bool after_tail_call(std::int32_t node, std::uint32_t next, Activation& act);
    bool conditional(std::int32_t node, std::uint32_t slot, const proof::Operation& op, Activation& act, bool& goes_on);
    void deliver(std::int32_t from, std::uint32_t key, std::uint32_t point, std::uint16_t live, Activation& act);
    std::int32_t add_node(std::int32_t from, std::uint32_t point, std::uint16_t live, std::uint32_t function);
    void set_bytes(std::int32_t node, const Invariant& invariant);
    bool load(const Bytes& bytes, proof::State& into) const;
    void forget_dead_stack(proof::State& s, std::uint32_t point) const;
    static void note_packet_ends(proof::State& s);
    bool join_into(std::uint32_t point, const Bytes& old, const proof::State& s, std::uint16_t live, Invariant& out, const Compared* compared = nullptr, const Thresholds* widen = nullptr);
    Invariant stated_at(std::uint32_t point, const proof::State& s, std::uint16_t live);
    bool unsafe_here(std::uint32_t slot);
    bool supposed(std::uint32_t slot, const proof::Operation& op);
    void end_of_run(std::int32_t node);
    void note_stack();
    bool not_settled(std::uint32_t point, std::int32_t node);
    bool over_budget(std::uint32_t slot);

    Mark mark() const { return {nodes_.size(), edges_.size(), journal_.size(), forwarded_.size()}; }
    void roll_back(const Mark& mark, Activation& act);
    std::vector<std::int32_t> take(std::uint32_t key, Activation& act);

    const proof::Environment& env_;
    const bpf::Program& program_;
    const Cfg& cfg_;
    Thresholds thresholds_, constants_;  // the constants alone: without the limits of small types
    const StackLiveness& liveness_;
    SearchOptions options_;

    std::vector<proof::Cell> cells_, other_cells_, arriving_cells_, old_cells_;
    proof::State s_, other_, arriving_, old_;
    proof::Undo undo_;
    proof::Machine m_;
    std::vector<proof::Operation> ops_;
    Compared compared_;  // registers that jumps compare, both ways round
    ComparedWith compared_with_;
    std::vector<bool> is_point_, has_points_, is_shared_;  // by block, by function, by function
    bool moves_packets_ = false;
    std::vector<std::uint32_t> rank_;          // by block

    std::vector<Node> nodes_;
    std::vector<GraphEdge> edges_;
    struct Old {
        std::int32_t node = 0;
        Bytes bytes;
        std::uint64_t signature = 0, fine = 0;
    };
    std::vector<Old> journal_;  // nodes changed while a pass may be rolled back
    std::vector<std::int32_t> forwarded_;  // nodes whose `forward` was set
    unsigned tentative_ = 0;
    std::uint64_t dropped_ = 0;

    std::vector<Contract> contracts_;
    std::int32_t contract_ = -1;        // whose body is run now
    std::int32_t taken_contract_ = -1;  // that stands for the last call of this segment
    std::vector<std::int32_t> timers_;  // gates from which timers' callbacks were run
    std::int32_t root_ = 0;             // the gate whose timer's callback is run now, else 0
    const std::function<void(std::uint32_t, const proof::State&)>* observer_ = nullptr;
    std::vector<std::uint32_t> decisions_;
    std::vector<std::uint32_t> loop_stack_;
    std::set<std::uint32_t> loops_;
    std::map<std::uint32_t, std::uint64_t> iterations_;
    SearchStats stats_;
    std::vector<std::uint32_t> deepest_;
    std::uint64_t live_bytes_ = 0;
    SearchFailure failure_ = SearchFailure::none;
    proof::Failure unsafe_;
    std::uint32_t failure_slot_ = 0;
    std::uint64_t failure_count_ = 0;
    std::int32_t failure_node_ = -1;
    std::vector<std::uint32_t> failure_loops_;
};

}  // namespace mbpf
