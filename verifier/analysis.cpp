// SPDX-License-Identifier: Apache-2.0
// The engine: which states are run where, how they are merged, how loops and calls are followed, and what is
// recorded for the lifter.
#include "verifier/analysis.h"

#include <algorithm>

namespace mbpf {

using bpf::Kind;
using bpf::Op;

namespace {

constexpr std::size_t kDisjuncts = 8;        // states kept apart at one block
constexpr std::size_t kFewDisjuncts = 2;     // in long loops, and when much of the budget is spent
constexpr std::uint64_t kManyIterations = 64;

bool same_states(const std::vector<State>& a, const std::vector<State>& b) {
    const auto has_equal = [](const std::vector<State>& in, const State& s) { return std::ranges::any_of(in, [&](const State& o) { return subsumes(o, s) && subsumes(s, o); }); };
    return a.size() == b.size() && !a.empty() && std::ranges::all_of(b, [&](const State& s) { return has_equal(a, s); });
}

ValueFact fact_of(const Value& v) {
    ValueFact f;
    f.kind = v.kind;
    if (v.kind == ValueKind::unknown) return f;
    const auto& wide = v.number.wide;
    if (v.kind == ValueKind::number) {
        f.umin = wide.umin;
        f.umax = wide.umax;
        f.smin = wide.smin;
        f.smax = wide.smax;
        f.bits_value = wide.value;
        f.bits_mask = wide.mask;
        return f;
    }
    f.region = v.region;
    f.map = v.map;
    f.frame = v.frame;
    f.smin = v.offset_min();
    f.smax = v.offset_max();
    const auto offset = Interval<std::uint64_t>::alu(bpf::AluOp::add, wide, Interval<std::uint64_t>::constant(static_cast<std::uint64_t>(v.fixed)));
    f.bits_value = offset.value;
    f.bits_mask = offset.mask;
    return f;
}

bool is_null(const ValueFact& f) { return f.is_constant() && f.umin == 0; }

ValueFact join_facts(const ValueFact& a, const ValueFact& b) {
    if (a.kind == ValueKind::unknown || b.kind == ValueKind::unknown) return {};
    const bool a_number = a.kind == ValueKind::number, b_number = b.kind == ValueKind::number;
    if (a_number != b_number) {  // the number 0 beside a pointer is null; any other pair is never read
        if (!is_null(a_number ? a : b)) return {};
        ValueFact pointer = a_number ? b : a;
        pointer.kind = ValueKind::pointer_or_null;
        return pointer;
    }
    ValueFact f = a;
    f.smin = std::min(a.smin, b.smin);
    f.smax = std::max(a.smax, b.smax);
    f.bits_mask = a.bits_mask | b.bits_mask | (a.bits_value ^ b.bits_value);
    f.bits_value = a.bits_value & ~f.bits_mask;
    if (a_number) {
        f.umin = std::min(a.umin, b.umin);
        f.umax = std::max(a.umax, b.umax);
        return f;
    }
    if (a.kind != b.kind) f.kind = ValueKind::pointer_or_null;
    if (a.region != b.region) f.region = Region::mixed;
    if (a.map != b.map) f.map = -1;
    if (a.frame != b.frame) f.frame = -1;
    return f;
}

}  // namespace

Analysis::Analysis(const bpf::Object& object, const bpf::Program& program, const Platform& platform, const HookMatch& hook, const VerifyOptions& options)
    : object_(object), program_(program), platform_(platform), hook_(hook), options_(options) {}

bool Analysis::fail(unsigned code, std::uint32_t slot, const State* state, std::string message, std::string why, std::string fix) {
    if (failure_) return false;
    Diagnostic d;
    d.code = "MBPF" + std::to_string(code);
    d.message = std::move(message);
    d.where = where(slot);
    d.instruction = slot;
    d.why = std::move(why);
    d.fix = std::move(fix);
    if (state != nullptr) {
        const Trail& trail = state->trail;
        const std::uint32_t first = trail.count > Trail::kLength ? trail.count - static_cast<std::uint32_t>(Trail::kLength) : 0;
        for (std::uint32_t i = first; i < trail.count; ++i) {
            const Trail::Step& s = trail.steps[i % Trail::kLength];
            SourceLocation at = where(s.slot);
            // A loop decides the same again and again: once is enough to say so.
            bool again = false;
            for (std::uint32_t later = i + 1; later < trail.count; ++later) again = again || trail.steps[later % Trail::kLength] == s;
            if (at.line == 0 || again) continue;
            d.notes.push_back({std::string("on the way here this condition's jump is ") + (s.taken ? "taken: " : "not taken: ") + bpf::disassemble(program_.insns, s.slot), at});
        }
    }
    failure_ = std::move(d);
    return false;
}

std::optional<Diagnostic> Analysis::run() {
    CfgResult built = build_cfg(program_, platform_);
    if (built.error) {
        built.error->where = where(built.error->instruction.value_or(0));
        return built.error;
    }
    cfg_ = std::move(built.cfg);
    facts_.insns.assign(program_.insns.size(), {});
    deepest_.assign(program_.functions.size(), 0);

    State entry;
    entry.frames.push_back(std::make_shared<Frame>());
    Value context = Value::pointer(hook_.hook->raw_memory ? Region::memory : Region::context);
    context.size = hook_.hook->raw_memory ? options_.memory_bytes : hook_.hook->context_size;
    set(entry, 1, context);
    if (hook_.hook->raw_memory) set(entry, 2, Value::constant(options_.memory_bytes));
    Value stack = Value::pointer(Region::stack);
    stack.frame = 0;
    set(entry, bpf::kFramePointer, stack);

    States exits;
    if (!run_function(0, std::move(entry), exits)) return failure_;
    if (exits.empty()) {
        // Every loop ends and every path ends with a return, so some state reaches one.
        fail(9001, 0, nullptr, "internal error: no path reaches the program's end", "", "please report this with the object");
        return failure_;
    }
    for (const State& exit : exits) facts_.worst_case_instructions = std::max(facts_.worst_case_instructions, exit.cost);
    finish_stack_facts();
    if (facts_.worst_case_instructions > hook_.hook->max_instructions)
        fail(1040, 0, nullptr, "worst case of " + std::to_string(facts_.worst_case_instructions) + " instructions exceeds the hook's budget",
             "hook " + hook_.hook->name + " allows " + std::to_string(hook_.hook->max_instructions), "tighten loop bounds, or split the work over several runs");
    else if (facts_.stack_bytes > hook_.hook->max_stack)
        fail(1041, 0, nullptr, "stack of " + std::to_string(facts_.stack_bytes) + " bytes exceeds the hook's limit",
             "hook " + hook_.hook->name + " allows " + std::to_string(hook_.hook->max_stack), "use smaller local variables, or a map");
    return failure_;
}

// A frame's use is what was touched in it; the worst case is the deepest chain of calls.
void Analysis::finish_stack_facts() {
    const std::size_t n = program_.functions.size();
    for (std::uint32_t f = 0; f < n; ++f) facts_.functions.push_back({f, (deepest_[f] + 7) / 8 * 8});
    std::vector<std::uint32_t> total(n, 0);
    for (std::size_t round = 0; round <= n; ++round)
        for (std::size_t f = 0; f < n; ++f) {
            std::uint32_t below = 0;
            for (std::uint32_t callee : cfg_.callees[f]) below = std::max(below, total[callee]);
            total[f] = facts_.functions[f].stack_bytes + below;
        }
    facts_.stack_bytes = total[0];
    facts_.helpers_used.assign(helpers_used_.begin(), helpers_used_.end());
    facts_.maps_used.assign(maps_used_.begin(), maps_used_.end());
    for (const auto& [head, bound] : loop_bounds_) facts_.loops.push_back({head, bound});
}

// Fewer states are kept apart in loops that run long and when the budget shrinks: precision where it is
// cheap, progress where it is not.
std::size_t Analysis::disjuncts() const {
    if (stats_.steps > options_.max_steps / 2) return 1;
    return stats_.steps > options_.max_steps / 8 || iterations_ > kManyIterations ? kFewDisjuncts : kDisjuncts;
}

// Adds a state to a set: dropped if another covers it (whose cost then must cover its too), merged with one of
// its shape when the set is full. States with different reservations are never merged.
void Analysis::add_state(States& states, State state, std::size_t limit) {
    for (State& other : states)
        if (subsumes(other, state)) {
            other.cost = std::max(other.cost, state.cost);
            return;
        }
    std::erase_if(states, [&](const State& other) {
        if (!subsumes(state, other)) return false;
        state.cost = std::max(state.cost, other.cost);
        return true;
    });
    states.push_back(std::move(state));
    while (states.size() > limit) {
        // Last with the nearest before it: first one of the same shape, else any that may be joined.
        const State& last = states.back();
        std::size_t partner = states.size();
        for (std::size_t i = states.size() - 1; i-- > 0 && partner == states.size();)
            if (same_shape(states[i], last)) partner = i;
        for (std::size_t i = states.size() - 1; i-- > 0 && partner == states.size();)
            if (states[i].refs == last.refs && states[i].frames.size() == last.frames.size()) partner = i;
        if (partner == states.size()) return;  // only reservations differ; few by construction
        ++stats_.joins;
        states[partner] = join_states(states[partner], last, identities_);
        states.pop_back();
    }
}

// Dead registers hold nothing that matters: forgetting them lets states meet.
void Analysis::forget_dead(std::uint32_t block, State& state) const {
    for (unsigned r = 0; r < bpf::kFramePointer; ++r)
        if ((cfg_.blocks[block].live_in >> r & 1) == 0) state.regs[r] = Value{};
}

void Analysis::deliver(std::uint32_t to, State state, Activation& act) {
    forget_dead(to, state);
    add_state(act.incoming[to], std::move(state), disjuncts());
}

bool Analysis::run_function(std::uint32_t function, State entry, States& exits) {
    Activation act;
    const std::uint32_t first = cfg_.block_at[program_.functions[function].begin];
    act.incoming[first].push_back(std::move(entry));
    if (!run_components(cfg_.order[function], act)) return false;
    // Every state delivered was run: the order puts a block after all it can be entered from.
    if (!act.incoming.empty()) return fail(9001, cfg_.blocks[act.incoming.begin()->first].begin, nullptr, "internal error: a state was left over", "", "please report this with the object");
    exits = std::move(act.exits);
    return true;
}

bool Analysis::run_components(const std::vector<Component>& components, Activation& act) {
    for (const Component& c : components) {
        const bool done = c.is_loop ? run_loop(c, act) : run_block(c.head, act);
        if (!done) return false;
    }
    return true;
}

// Whatever reaches the head again during an iteration waits in `incoming` for the next one; edges to heads of
// outer loops wait there for those. The loop is left when nothing waits. Brent's cycle detection: if the set of
// states at the head equals one seen before, the abstract run repeats for ever.
bool Analysis::run_loop(const Component& loop, Activation& act) {
    States snapshot;
    std::uint64_t iterations = 0;
    const std::uint64_t outer_iterations = iterations_;
    const std::uint32_t head_slot = cfg_.blocks[loop.head].begin;
    for (;;) {
        if (!run_block(loop.head, act) || !run_components(loop.body, act)) return false;
        ++iterations;
        const auto waiting = act.incoming.find(loop.head);
        if (waiting == act.incoming.end()) break;
        ++stats_.loop_iterations_unrolled;
        const States& next = waiting->second;
        // The jump that came back is the loop's own condition: its line is the one people call the loop.
        const Trail& trail = next.front().trail;
        const std::uint32_t loop_slot = trail.count == 0 ? head_slot : trail.steps[(trail.count - 1) % Trail::kLength].slot;
        if (stats_.steps > options_.max_steps)
            return fail(1043, loop_slot, &next.front(), "analysis budget of " + std::to_string(options_.max_steps) + " steps spent in this loop",
                        "not finished after " + std::to_string(iterations) + " iterations; tried: running the loop abstractly", "lower the loop's bound or move work out of it");
        if (same_states(snapshot, next))
            return fail(1042, loop_slot, &next.front(), "loop may not end",
                        "after " + std::to_string(iterations) + " iterations the values here are ones the loop has had before; tried: running the loop abstractly",
                        "give the loop a counter that changes in every iteration and has a constant bound, e.g. for (int i = 0; i < 64; i++)");
        if ((iterations & (iterations - 1)) == 0) snapshot = next;
        iterations_ = std::max(iterations_, iterations);
    }
    iterations_ = outer_iterations;
    std::uint64_t& bound = loop_bounds_[head_slot];
    bound = std::max(bound, iterations);
    return true;
}

bool Analysis::run_block(std::uint32_t block, Activation& act) {
    const auto found = act.incoming.find(block);
    if (found == act.incoming.end()) return true;
    States states = std::move(found->second);
    act.incoming.erase(found);
    std::uint64_t bytes = states.size() * sizeof(State);
    for (const auto& [b, waiting] : act.incoming) bytes += waiting.size() * (sizeof(State) + sizeof(Frame));
    stats_.peak_bytes = std::max(stats_.peak_bytes, bytes);
    for (State& state : states)
        if (!run_state(cfg_.blocks[block], std::move(state), act)) return false;
    return true;
}

bool Analysis::run_state(const Block& block, State state, Activation& act) {
    for (std::uint32_t slot = block.begin; slot < block.end; ++slot) {
        const bpf::Insn& insn = program_.insns[slot];
        const Op& op = *bpf::find_op(insn);
        if (++stats_.steps > options_.max_steps)
            return fail(1043, slot, &state, "analysis budget of " + std::to_string(options_.max_steps) + " steps spent here", "too many paths or iterations", "lower loop bounds, or split the program");
        record(slot, state);
        ++state.cost;
        switch (op.kind) {
            case Kind::jump: {
                Edges edges;
                if (!branch(slot, op, state, edges)) return false;
                InsnFacts& facts = facts_.insns[slot];
                facts.may_fall_through = facts.may_fall_through || edges.fall_through.has_value();
                facts.may_take_branch = facts.may_take_branch || edges.taken.has_value();
                if (edges.fall_through) deliver(block.successors[0], std::move(*edges.fall_through), act);
                if (edges.taken) deliver(block.successors[1], std::move(*edges.taken), act);
                return true;
            }
            case Kind::jump_always:
                facts_.insns[slot].may_take_branch = true;
                deliver(block.successors[0], std::move(state), act);
                return true;
            case Kind::call_local: return run_call(slot, block, std::move(state), act);
            case Kind::exit:
                if (!check_exit(slot, state)) return false;
                add_state(act.exits, std::move(state), kDisjuncts);
                return true;
            default:
                if (!step(slot, op, state)) return false;
                if (op.kind == Kind::load_imm64) ++slot;
        }
    }
    deliver(block.successors[0], std::move(state), act);
    return true;
}

// The callee is analysed afresh for each calling state: arguments, stack and reservations as they are.
bool Analysis::run_call(std::uint32_t slot, const Block& block, State state, Activation& act) {
    const std::uint32_t target = slot + 1 + static_cast<std::uint32_t>(program_.insns[slot].imm);
    const std::uint32_t function = cfg_.blocks[cfg_.block_at[target]].function;
    auto frame = std::make_shared<Frame>();
    frame->return_slot = slot + 1;
    frame->function = static_cast<std::int32_t>(function);
    for (unsigned i = 0; i < 4; ++i) {
        frame->saved[i] = state.regs[6 + i];
        state.regs[6 + i] = Value{};
    }
    state.regs[0] = Value{};
    state.frames.push_back(std::move(frame));
    state.regs[bpf::kFramePointer].frame = static_cast<std::int32_t>(state.frames.size() - 1);
    States exits;
    if (!run_function(function, std::move(state), exits)) return false;
    const std::int32_t depth = static_cast<std::int32_t>(exits.empty() ? 0 : exits.front().frames.size() - 1);
    for (State& exit : exits) {
        const Frame& callee = *exit.frames.back();
        for (unsigned i = 0; i < 4; ++i) exit.regs[6 + i] = callee.saved[i];
        for (unsigned r = 1; r <= 5; ++r) exit.regs[r] = Value{};
        exit.frames.pop_back();
        exit.regs[bpf::kFramePointer].frame = depth - 1;
        deliver(block.successors[0], std::move(exit), act);
    }
    return true;
}

void Analysis::record(std::uint32_t slot, const State& state) {
    InsnFacts& facts = facts_.insns[slot];
    for (unsigned r = 0; r < bpf::kRegisterCount; ++r) {
        if (!facts.reachable) facts.before[r] = fact_of(state.regs[r]);
        else if (facts.before[r].kind != ValueKind::unknown) facts.before[r] = join_facts(facts.before[r], fact_of(state.regs[r]));
    }
    facts.reachable = true;
}

std::string Analysis::name_of_map(std::int32_t map) const {
    return map >= 0 && static_cast<std::size_t>(map) < object_.maps.size() ? object_.maps[static_cast<std::size_t>(map)].name : "?";
}

std::string Analysis::describe(const Value& v) const {
    const auto range = [](std::int64_t lo, std::int64_t hi) { return lo == hi ? std::to_string(lo) : "[" + std::to_string(lo) + ", " + std::to_string(hi) + "]"; };
    if (v.kind == ValueKind::unknown) return "uninitialised";
    if (v.kind == ValueKind::number) {
        if (v.number.is_constant()) return "the number " + std::to_string(v.number.wide.smin);
        if (v.number.wide.smin >= 0 || v.number.wide.umax > INT64_MAX) {
            return "a number in [" + std::to_string(v.number.wide.smin >= 0 ? v.number.wide.smin : v.number.wide.smin) + ", " + std::to_string(v.number.wide.smax) + "]";
        }
        return "a number in " + range(v.number.wide.smin, v.number.wide.smax);
    }
    std::string what;
    switch (v.region) {
        case Region::context: what = "the context"; break;
        case Region::stack: what = "the stack"; break;
        case Region::packet: what = "the packet"; break;
        case Region::packet_end: what = "the packet's end"; break;
        case Region::packet_meta: what = "the packet's metadata"; break;
        case Region::map_value: what = "a value of map " + name_of_map(v.map); break;
        case Region::map_handle: what = "map " + name_of_map(v.map); break;
        case Region::ring_buffer_record: what = "a ring buffer record of " + std::to_string(v.size) + " bytes"; break;
        case Region::memory: what = "memory of " + std::to_string(v.size) + " bytes"; break;
        case Region::function: what = "a function"; break;
        case Region::none:
        case Region::mixed: what = "memory"; break;
    }
    const std::string null = v.kind == ValueKind::pointer_or_null ? " (may be NULL)" : "";
    return "a pointer to " + what + " + " + range(v.offset_min(), v.offset_max()) + null;
}

bool Analysis::readable(std::uint32_t slot, const State& state, std::uint8_t reg) {
    if (state.regs[reg].kind != ValueKind::unknown) return true;
    const bool after_call = reg >= 1 && reg <= 5;
    return fail(1008, slot, &state, "register r" + std::to_string(reg) + " is read before it is set on every path here",
                after_call ? "r1 to r5 are unreadable after a call, and hold no argument beyond those the hook passes" : "on some path it is not set, or holds values of different kinds",
                "initialise the variable on every path");
}

}  // namespace mbpf
