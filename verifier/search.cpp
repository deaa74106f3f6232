// SPDX-License-Identifier: Apache-2.0
#include "verifier/search.h"

#include <algorithm>

#include "verifier/checker/cover.h"
#include "verifier/limits.h"

namespace mbpf {

using namespace proof;
using bpf::Kind;


namespace {

constexpr unsigned kCells = 640;      // room of a state: more values than that are forgotten
constexpr unsigned kMaxPasses = 24;   // of widening
constexpr std::size_t kHeads = 4;     // invariants of one loop head
constexpr std::uint32_t kNoBlock = UINT32_MAX;

Reader reader(const Bytes& bytes) { return {bytes.data(), bytes.data() + bytes.size(), true}; }

}  // namespace

Search::Search(const Environment& env, const bpf::Program& program, const Cfg& cfg, const Thresholds& constants, const StackLiveness& liveness, SearchOptions options)
    : env_(env), program_(program), cfg_(cfg), thresholds_(constants), constants_(constants), liveness_(liveness), options_(std::move(options)), cells_(kCells), other_cells_(kCells), arriving_cells_(kCells), old_cells_(kCells), s_(cells_.data(), kCells),
      other_(other_cells_.data(), kCells), arriving_(arriving_cells_.data(), kCells), old_(old_cells_.data(), kCells), m_(env, s_) {
    thresholds_.finish(true);
    constants_.finish(false);
    ops_.reserve(program.insns.size());
    for (const bpf::Insn& insn : program.insns) ops_.push_back(decode(insn));
    deepest_.assign(program.functions.size(), 0);
    for (std::size_t i = 0; i < ops_.size(); ++i) {
        if (!ops_[i].valid || !ops_[i].uses_src || (ops_[i].kind != Kind::jump && (ops_[i].kind != Kind::alu || ops_[i].alu != bpf::AluOp::sub))) continue;
        // What is subtracted is compared, too: of a copy that was made for it, the original.
        const bool copied = ops_[i].kind == Kind::alu && i > 0 && ops_[i - 1].valid && ops_[i - 1].kind == Kind::alu && ops_[i - 1].alu == bpf::AluOp::mov && ops_[i - 1].uses_src && program.insns[i - 1].dst == program.insns[i].dst;
        const std::uint8_t a = copied ? program.insns[i - 1].src : program.insns[i].dst, b = program.insns[i].src;
        for (const auto& pair : {std::pair{a, b}, std::pair{b, a}})
            if (std::ranges::find(compared_, pair) == compared_.end()) compared_.push_back(pair);
    }
    find_ends();
    find_points();
    rank_.assign(cfg.blocks.size(), 0);
    std::uint32_t next = 0;
    const auto number = [&](auto&& self, const std::vector<Component>& components) -> void {
        for (const Component& c : components) {
            rank_[c.head] = ++next;
            self(self, c.body);
        }
    };
    for (const auto& order : cfg.order) number(number, order);
}

// A state is kept where ways meet, where a jump leads, and where a function with such places returns to.
void Search::find_points() {
    std::vector<unsigned> predecessors(cfg_.blocks.size(), 0);
    is_point_.assign(cfg_.blocks.size(), false);
    has_points_.assign(program_.functions.size(), false);
    for (const Block& b : cfg_.blocks) {
        for (std::uint32_t to : b.successors) {
            ++predecessors[to];
            if (cfg_.blocks[to].begin <= b.begin) is_point_[to] = true;
        }
        if (b.successors.size() == 2) is_point_[b.successors[1]] = true;
    }
    for (std::size_t b = 0; b < cfg_.blocks.size(); ++b) {
        if (predecessors[b] > 1) is_point_[b] = true;
        if (is_point_[b]) has_points_[cfg_.blocks[b].function] = true;
    }
    // Behind a tail call of a called function, which may also come back to the caller at once.
    for (std::size_t f = 1; f < program_.functions.size(); ++f)
        for (std::uint32_t slot = program_.functions[f].begin; slot + 1 < program_.functions[f].end; ++slot)
            if (ops_[slot].valid && m_.tail_call_at(slot) && cfg_.block_at[slot + 1] != kNoBlock) is_point_[cfg_.block_at[slot + 1]] = has_points_[f] = true;
    for (std::size_t round = 0; round < program_.functions.size(); ++round)
        for (std::size_t f = 0; f < program_.functions.size(); ++f)
            for (std::uint32_t callee : cfg_.callees[f])
                if (has_points_[callee]) has_points_[f] = true;
    std::vector<unsigned> calls(program_.functions.size(), 0);
    for (std::uint32_t slot = 0; slot < program_.insns.size(); ++slot) {
        moves_packets_ = moves_packets_ || m_.moves_packets(slot);
        if (ops_[slot].kind == Kind::call_helper && ops_[slot].valid && m_.is_callback(slot)) {
            for (std::size_t f = 0; f < program_.functions.size(); ++f)
                if (slot >= program_.functions[f].begin && slot < program_.functions[f].end) has_points_[f] = true;
        }
        if (ops_[slot].kind != Kind::call_local || !ops_[slot].valid) continue;
        const std::uint32_t callee = cfg_.blocks[cfg_.block_at[slot + 1 + static_cast<std::uint32_t>(program_.insns[slot].imm)]].function;
        ++calls[callee];
        if (has_points_[callee] && cfg_.block_at[slot + 1] != kNoBlock) is_point_[cfg_.block_at[slot + 1]] = true;
    }
    for (unsigned n : calls) is_shared_.push_back(n > options_.shared_calls);
}

bool Search::run() {
    Activation root;
    nodes_.emplace_back();
    m_.enter_program();
    if (!segment(0, 0, root, true)) return false;
    return run_components(cfg_.order[0], root) && run_timers();
}

// Each timer's callback is a run of its own, from the same state whoever set the timer. Its ways count as the program's
// entry's: the worst case bounds every run.
bool Search::run_timers() {
    std::set<std::pair<std::uint32_t, std::int16_t>> done;  // call, map
    for (std::size_t n = 1; n < nodes_.size(); ++n) {
        const std::uint32_t slot = nodes_[n].point & ~kGate;
        if (slot == nodes_[n].point || !m_.is_timer(slot)) continue;
        load(nodes_[n].bytes, s_);
        if (!m_.says_what_is_passed(slot)) continue;
        m_.enter_timer();
        if (!done.insert({slot, s_.regs[1].map}).second) continue;
        const std::uint32_t target = s_.top().function;
        timers_.push_back(static_cast<std::int32_t>(n));
        root_ = static_cast<std::int32_t>(n);
        Activation run;
        run.function = cfg_.blocks[cfg_.block_at[target]].function;
        decisions_.clear();
        if (!segment(0, target, run, false) || !run_components(cfg_.order[run.function], run)) return false;
    }
    root_ = 0;
    return true;
}

std::int32_t Search::resolved(std::int32_t node) const {
    while (node >= 0 && nodes_[static_cast<std::size_t>(node)].forward >= 0) node = nodes_[static_cast<std::size_t>(node)].forward;
    return node;
}

std::vector<std::uint32_t> Search::failure_path() const {
    std::vector<std::uint32_t> path(decisions_.rbegin(), decisions_.rend());
    for (std::int32_t n = failure_node_; n > 0; n = nodes_[static_cast<std::size_t>(n)].parent) {
        const auto& d = nodes_[static_cast<std::size_t>(n)].decisions;
        path.insert(path.end(), d.rbegin(), d.rend());
    }
    std::ranges::reverse(path);
    return path;
}

bool Search::unsafe_here(std::uint32_t slot) {
    if (tentative_ > 0) {
        ++dropped_;
        m_.clear_failure();
        return true;
    }
    failure_ = SearchFailure::unsafe;
    unsafe_ = m_.failure();
    failure_slot_ = slot;
    failure_loops_.assign(loop_stack_.rbegin(), loop_stack_.rend());
    return false;
}

// An access that fails while invariants are still looked for may fail only because they are too wide yet; were the
// path dropped, what lies behind it could not bring them down. So it goes on, with any value read.
bool Search::supposed(std::uint32_t slot, const Operation& op) {
    const bool load = op.kind == Kind::load || op.kind == Kind::load_sx;
    if (tentative_ == 0 || (!load && op.kind != Kind::store_reg && op.kind != Kind::store_imm)) return false;
    const Reason reason = m_.failure().reason;
    if (reason != Reason::region_bounds && reason != Reason::stack_bounds && reason != Reason::packet_bounds) return false;
    ++dropped_;
    m_.clear_failure();
    if (load) {
        s_.regs[program_.insns[slot].dst] = Value::of(op.kind == Kind::load ? Number::unknown_bits(op.width) : Number::unknown());
    }
    return true;
}

bool Search::over_budget(std::uint32_t slot) {
    failure_ = SearchFailure::budget;
    failure_slot_ = slot;
    failure_count_ = stats_.steps;
    failure_loops_.assign(loop_stack_.rbegin(), loop_stack_.rend());
    return false;
}

bool Search::run_components(const std::vector<Component>& components, Activation& act) {
    for (const Component& c : components) {
        bool done = false;
        if (!c.is_loop) {
            done = run_block(c.head, act);
        } else {
            // A loop may be entered elsewhere, too, than at its head.
            done = (!act.incoming.contains(c.head) && !waiting(c.body, act)) || run_loop(c.head, cfg_.blocks[c.head].begin, act, [&](const std::vector<std::int32_t>& heads) {
                for (std::int32_t n : heads)
                    if (!run_node(n, act)) return false;
                return run_components(c.body, act);
            });
        }
        if (!done) return false;
    }
    return true;
}

bool Search::waiting(const std::vector<Component>& components, const Activation& act) {
    return std::ranges::any_of(components, [&](const Component& c) { return act.incoming.contains(c.head) || waiting(c.body, act); });
}

std::vector<std::int32_t> Search::take(std::uint32_t key, Activation& act) {
    const auto found = act.incoming.find(key);
    if (found == act.incoming.end()) return {};
    std::vector<std::int32_t> list = std::move(found->second);
    act.incoming.erase(found);
    return list;
}

bool Search::run_block(std::uint32_t block, Activation& act) {
    for (std::int32_t n : take(block, act))
        if (!run_node(n, act)) return false;
    return true;
}

bool Search::run_node(std::int32_t node, Activation& act) {
    const Node& n = nodes_[static_cast<std::size_t>(node)];
    const std::uint32_t slot = n.point;
    load(n.bytes, s_);
    s_.settle();
    decisions_.clear();
    return segment(node, slot, act, true);
}

// The state has come to a point: covered by a node there, merged into one, or a new one.
void Search::deliver(std::int32_t from, std::uint32_t key, std::uint32_t point, std::uint16_t live, Activation& act) {
    if (observer_ != nullptr) {
        (*observer_)(point, s_);
        return;
    }
    State* arriving = &s_;
    if (options_.forget_dead) {
        // While the other edge of a branch is still to be taken, the state must stay as it is.
        if (s_.undo != nullptr) {
            copy_state(arriving_, s_);
            arriving = &arriving_;
        }
        forget_dead_stack(*arriving, point);
    }
    note_packet_ends(*arriving);
    note_limits(*arriving, live);
    auto& list = act.incoming[key];
    Cost cost;
    for (std::int32_t n : list) {
        Reader in = reader(nodes_[static_cast<std::size_t>(n)].bytes);
        ++stats_.steps;
        if (!covers(in, *arriving, cost)) continue;
        add_edge(from, n);
        return;
    }
    const std::int32_t now = add_node(from, point, live, act.function);
    Invariant stated = stated_at(point, *arriving, live);
    if ((stated.parts & kHasRelations) != 0) {
        // A difference of values that may wrap cannot be seen to hold: state none then.
        const Bytes bytes = stated.bytes();
        Reader in = reader(bytes);
        if (!covers(in, *arriving, cost)) {
            copy_state(old_, *arriving);
            static_cast<Order&>(old_) = Order{};
            stated = encode_invariant(old_, live);
        }
    }
    set_bytes(now, stated);
    const std::uint64_t signature = nodes_.back().signature, fine = nodes_.back().fine;
    const auto merge_into = [&](std::int32_t n) {
        Invariant joined;
        if (!join_into(point, nodes_[static_cast<std::size_t>(n)].bytes, *arriving, live, joined)) return false;
        Node& target = nodes_[static_cast<std::size_t>(n)];
        journal_.push_back({n, target.bytes, target.signature, target.fine});
        live_bytes_ -= nodes_.back().bytes.size();
        nodes_.pop_back();
        set_bytes(n, joined);
        add_edge(from, n);
        return true;
    };
    const bool exit = (point & kContract) != 0;  // a contract promises one thing
    const bool full = exit || list.size() >= options_.disjuncts;
    // The most alike first; all of another kind only when there is no room.
    const auto merge_first = [&](auto alike) {
        for (auto it = list.rbegin(); it != list.rend(); ++it)
            if (alike(nodes_[static_cast<std::size_t>(*it)]) && merge_into(*it)) return true;
        return false;
    };
    if (merge_first([&](const Node& n) { return n.fine == fine; })) return;
    if ((full || !options_.fine) && merge_first([&](const Node& n) { return n.signature == signature; })) return;
    if (full && merge_first([](const Node&) { return true; })) return;
    list.push_back(now);
    add_edge(from, now);
}

void Search::roll_back(const Mark& to, Activation& act) {
    while (journal_.size() > to.journal) {
        Old& old = journal_.back();
        Node& n = nodes_[static_cast<std::size_t>(old.node)];
        if (static_cast<std::size_t>(old.node) < to.nodes) {
            live_bytes_ += old.bytes.size();
            live_bytes_ -= n.bytes.size();
            n.bytes = std::move(old.bytes);
            n.signature = old.signature;
            n.fine = old.fine;
        }
        journal_.pop_back();
    }
    for (; forwarded_.size() > to.forwarded; forwarded_.pop_back())
        if (static_cast<std::size_t>(forwarded_.back()) < to.nodes) nodes_[static_cast<std::size_t>(forwarded_.back())].forward = -1;
    for (std::size_t i = to.nodes; i < nodes_.size(); ++i) live_bytes_ -= nodes_[i].bytes.size();
    nodes_.resize(to.nodes);
    edges_.resize(to.edges);
    std::erase_if(contracts_, [&](const Contract& c) { return static_cast<std::size_t>(c.entry) >= to.nodes; });
    for (Activation* a = &act; a != nullptr; a = a->parent)
        for (auto it = a->incoming.begin(); it != a->incoming.end();) {
            std::erase_if(it->second, [&](std::int32_t n) { return static_cast<std::size_t>(n) >= to.nodes; });
            it = it->second.empty() ? a->incoming.erase(it) : std::next(it);
        }
}

// Finds invariants of the head that the loop's own body keeps. Errors met on the way are dropped with their
// path: an invariant that is still too wide, or too narrow, says nothing about the program. The last pass counts.
template <class RunOnce>
bool Search::run_loop(std::uint32_t key, std::uint32_t point, Activation& act, RunOnce&& run_once) {
    std::vector<std::int32_t> entry = take(key, act);
    loops_.insert(point);
    loop_stack_.push_back(point);
    struct Pop {
        std::vector<std::uint32_t>& stack;
        ~Pop() { stack.pop_back(); }
    } pop{loop_stack_};
    if (options_.unrolled.contains(point)) return run_unrolled(key, point, act, std::move(entry), run_once);

    const std::uint16_t live = (point & kGate) != 0 ? std::uint16_t{0} : cfg_.blocks[key].live_in;
    const std::int32_t parent = entry.empty() ? 0 : nodes_[static_cast<std::size_t>(entry.front())].parent;
    const std::vector<std::uint32_t> way = entry.empty() ? std::vector<std::uint32_t>{} : nodes_[static_cast<std::size_t>(entry.front())].decisions;
    struct Head {
        Bytes bytes;
        std::uint64_t signature = 0;
    };
    using Heads = std::vector<Head>;
    const auto encoded = [&](const State& s) {
        const Invariant i = stated_at(point, s, live);
        return Head{i.bytes(), i.signature};
    };
    const auto covered = [&](const Heads& heads, const State& s) {
        Cost cost;
        return std::ranges::any_of(heads, [&](const Head& h) {
            Reader in = reader(h.bytes);
            return covers(in, s, cost);
        });
    };
    // Joins the state in `s_` into the heads; `widen`: against what they were.
    // A bound that has passed some thresholds will pass others: the later, the fewer are tried.
    static const Thresholds kWords = [] {
        Thresholds t;
        t.values = {0, INT32_MAX, UINT32_MAX, INT64_MAX, UINT64_MAX};
        t.last = true;
        return t;
    }();
    static const Thresholds kNone = [] {
        Thresholds t;
        t.values = {0, UINT64_MAX};
        t.last = true;
        return t;
    }();
    const auto absorb = [&](Heads& heads, unsigned round) {
        const bool widen = round >= 1;
        if (covered(heads, s_)) return false;
        const std::uint64_t signature = encode_invariant(s_, live).signature;
        for (const bool alike : {true, false}) {
            if (!alike && heads.size() < kHeads) break;
            for (Head& h : heads) {
                if (alike != (h.signature == signature)) continue;
                Invariant joined;
                if (!join_into(point, h.bytes, s_, live, joined, &compared_, !widen ? nullptr : round < 4 ? &thresholds_ : round < 14 ? &constants_ : round < 18 ? &kWords : &kNone)) continue;
                h = {joined.bytes(), joined.signature};
                return true;
            }
        }
        heads.push_back(encoded(s_));
        return true;
    };

    Heads heads;
    for (std::int32_t n : entry) {
        load(nodes_[static_cast<std::size_t>(n)].bytes, s_);
        absorb(heads, 0);
    }
    const Mark start = mark();
    const auto elsewhere = act.incoming;
    std::vector<std::int32_t> head_nodes, back;
    const auto pass = [&](const Heads& with) {
        roll_back(start, act);
        act.incoming = elsewhere;
        head_nodes.clear();
        decisions_.clear();
        for (const Head& h : with) {
            const std::int32_t n = add_node(parent, point, live, act.function);
            nodes_.back().decisions = way;
            nodes_.back().bytes = h.bytes;
            nodes_.back().signature = h.signature;
            live_bytes_ += h.bytes.size();
            head_nodes.push_back(n);
        }
        if (!run_once(head_nodes)) return false;
        back = take(key, act);
        return true;
    };
    // Ascending, then one or two passes down.
    std::uint64_t dropped = 0;
    ++tentative_;
    bool stable = false;
    for (unsigned round = 0; round < kMaxPasses && !stable; ++round) {
        dropped = dropped_;
        if (!pass(heads)) return --tentative_, false;
        stable = true;
        for (std::int32_t n : back) {
            load(nodes_[static_cast<std::size_t>(n)].bytes, s_);
            if (absorb(heads, round)) stable = false;
        }
    }
    bool last_counts = false;
    for (unsigned round = 0; round < 2 && stable; ++round) {
        Heads narrower;
        for (std::int32_t n : entry) {
            load(nodes_[static_cast<std::size_t>(n)].bytes, s_);
            absorb(narrower, 0);
        }
        for (std::int32_t n : back) {
            load(nodes_[static_cast<std::size_t>(n)].bytes, s_);
            absorb(narrower, 0);
        }
        const bool same = narrower.size() == heads.size() && std::ranges::equal(narrower, heads, [](const Head& a, const Head& b) { return a.bytes == b.bytes; });
        if (same) {
            last_counts = true;
            break;
        }
        dropped = dropped_;
        last_counts = false;
        if (!pass(narrower)) return --tentative_, false;
        const bool kept = std::ranges::all_of(back, [&](std::int32_t n) {
            load(nodes_[static_cast<std::size_t>(n)].bytes, s_);
            return covered(narrower, s_);
        });
        if (!kept) break;
        heads = std::move(narrower);
        last_counts = true;
    }
    --tentative_;
    // The last pass stands if nothing was dropped in it; else it is run again, and what fails now fails.
    if (!last_counts || (dropped != dropped_ && tentative_ == 0))
        if (!pass(heads)) return false;
    for (const auto& list : {entry, back})
        for (std::int32_t n : list) {
            load(nodes_[static_cast<std::size_t>(n)].bytes, s_);
            for (std::size_t h = 0; h < heads.size(); ++h) {
                Reader in = reader(heads[h].bytes);
                Cost cost;
                if (!covers(in, s_, cost)) continue;
                nodes_[static_cast<std::size_t>(n)].forward = head_nodes[h];
                forwarded_.push_back(n);
                break;
            }
            if (nodes_[static_cast<std::size_t>(n)].forward < 0) return not_settled(point, n);
        }
    return true;
}

// No invariant was found that the loop keeps.
bool Search::not_settled(std::uint32_t point, std::int32_t node) {
    if (tentative_ > 0) {
        ++dropped_;
        return true;
    }
    failure_ = SearchFailure::endless;
    failure_slot_ = point & ~kGate;
    failure_count_ = kMaxPasses;
    failure_node_ = node;
    decisions_.clear();
    failure_loops_.assign(loop_stack_.rbegin(), loop_stack_.rend());
    return false;
}

// Each iteration's states are nodes of their own, until none comes back. One that has been here before, to the
// last bit, would come again for ever.
template <class RunOnce>
bool Search::run_unrolled(std::uint32_t key, std::uint32_t point, Activation& act, std::vector<std::int32_t> heads, RunOnce&& run_once) {
    std::set<Bytes> seen;
    std::uint64_t count = 0;
    for (bool first = true; first || !heads.empty(); first = false) {
        ++count;
        ++stats_.unrolled;
        for (std::int32_t n : heads)
            if (!seen.insert(nodes_[static_cast<std::size_t>(n)].bytes).second) {
                if (tentative_ > 0) {
                    ++dropped_;
                    return true;
                }
                failure_ = SearchFailure::endless;
                failure_slot_ = point & ~kGate;
                failure_count_ = count;
                failure_node_ = n;
                load(nodes_[static_cast<std::size_t>(n)].bytes, s_);
                decisions_.clear();
                failure_loops_.assign(loop_stack_.rbegin(), loop_stack_.rend());
                return false;
            }
        if (!run_once(heads)) return false;
        heads = take(key, act);
    }
    std::uint64_t& most = iterations_[point];
    most = std::max(most, count);
    return true;
}

// A callback's runs are a loop whose head is the gate.
bool Search::run_callback(std::int32_t node, std::uint32_t slot, Activation& act) {
    const std::uint32_t gate = slot | kGate;
    const std::uint32_t target = s_.top().function;
    if (target >= program_.insns.size() || cfg_.block_at[target] == kNoBlock) return unsafe_here(slot);
    if (observer_ != nullptr) {
        (*observer_)(gate, s_);
        return true;
    }
    Activation run;
    run.function = cfg_.blocks[cfg_.block_at[target]].function;
    run.parent = &act;
    run.gate = gate;
    deliver(node, gate, gate, 0, run);
    if (m_.is_timer(slot)) {
        for (std::int32_t n : take(gate, run)) {
            load(nodes_[static_cast<std::size_t>(n)].bytes, s_);
            decisions_.clear();
            m_.end_callback();
            if (!segment(n, slot + 1, act, false)) return false;
        }
        return true;
    }
    return run_loop(gate, gate, run, [&](const std::vector<std::int32_t>& heads) {
        for (std::int32_t n : heads) {
            load(nodes_[static_cast<std::size_t>(n)].bytes, s_);
            decisions_.clear();
            if (m_.enter_run() && !segment(n, target, run, false)) return false;
        }
        if (!run_components(cfg_.order[run.function], run)) return false;
        for (std::int32_t n : heads) {
            load(nodes_[static_cast<std::size_t>(n)].bytes, s_);
            decisions_.clear();
            m_.end_callback();
            if (!segment(n, slot + 1, act, false)) return false;
        }
        return true;
    });
}

bool Search::conditional(std::int32_t node, std::uint32_t slot, const Operation& op, Activation& act, bool& goes_on) {
    const std::uint32_t target = slot + 1 + static_cast<std::uint32_t>(static_cast<std::int32_t>(program_.insns[slot].offset));
    m_.name_operands(slot, op);
    s_.begin_undo(undo_);
    const Edge taken = m_.edge(slot, op, true);
    if (taken == Edge::failed) {
        s_.take_back();
        goes_on = false;
        return unsafe_here(slot);
    }
    if (taken == Edge::feasible) {
        const std::uint32_t block = cfg_.block_at[target];
        decisions_.push_back(slot << 1 | 1);
        deliver(node, block, target, cfg_.blocks[block].live_in, act);
        decisions_.pop_back();
    }
    s_.take_back();
    goes_on = m_.edge(slot, op, false) == Edge::feasible;
    decisions_.push_back(slot << 1);
    return true;
}

void Search::note_stack() {
    for (unsigned f = 0; f < s_.depth; ++f) {
        if (m_.touched[f] == 0) continue;
        std::uint32_t& deepest = deepest_[cfg_.blocks[cfg_.block_at[f == 0 ? 0 : s_.frames[f].function]].function];
        deepest = std::max(deepest, m_.touched[f]);
        m_.touched[f] = 0;
    }
}

void Search::end_of_run(std::int32_t node) {
    if (observer_ != nullptr) (*observer_)(UINT32_MAX, s_);
    else add_edge(node, -1);
}

// The state is the caller's again.
void Search::deliver_to_caller(std::int32_t node, std::uint32_t back, Activation& act) {
    if (back >= kContract) return deliver(node, back | kGate, back | kGate, 1, act);
    const Block& to = cfg_.blocks[cfg_.block_at[back]];
    deliver(node, cfg_.block_at[back], to.begin, to.live_in, observer_ != nullptr ? act : *act.parent);
}

// It may have failed, then execution goes on at `next`, or come back to the caller.
bool Search::after_tail_call(std::int32_t node, std::uint32_t next, Activation& act) {
    std::vector<Cell> cells(s_.cell_room);
    State called(cells.data(), s_.cell_room);
    copy_state(called, s_);
    const std::uint32_t block = cfg_.block_at[next], back = s_.top().return_slot;
    deliver(node, block, next, cfg_.blocks[block].live_in, act);
    copy_state(s_, called);
    m_.tail_called();
    deliver_to_caller(node, back, act);
    return true;
}

bool Search::segment(std::int32_t node, std::uint32_t slot, Activation& act, bool at_point) {
    failure_node_ = node == 0 ? root_ : node;
    taken_contract_ = -1;
    for (std::uint32_t& t : m_.touched) t = 0;
    for (;; at_point = false) {
        const std::uint32_t block = cfg_.block_at[slot];
        if (!at_point && block != kNoBlock && is_point_[block]) {
            deliver(node, block, slot, cfg_.blocks[block].live_in, act);
            return true;
        }
        if (++stats_.steps > options_.max_steps) return over_budget(slot);
        const Operation& op = ops_[slot];
        ++s_.steps;
        switch (op.kind) {
            case Kind::jump: {
                bool goes_on = false;
                if (!conditional(node, slot, op, act, goes_on)) return false;
                if (!goes_on) return true;
                ++slot;
                break;
            }
            case Kind::jump_always: {
                const bpf::Insn& insn = program_.insns[slot];
                slot = static_cast<std::uint32_t>(std::int64_t{slot} + 1 + (op.width == 32 ? insn.imm : insn.offset));
                break;
            }
            case Kind::call_local: {
                const std::uint32_t target = slot + 1 + static_cast<std::uint32_t>(program_.insns[slot].imm);
                if (!m_.call(slot, target)) return unsafe_here(slot);
                const std::uint32_t callee = cfg_.blocks[cfg_.block_at[target]].function;
                if (!has_points_[callee]) {  // followed in place
                    slot = target;
                    break;
                }
                if (is_shared_[callee]) {
                    const Called called = by_contract(node, target);
                    if (called == Called::failed || called == Called::ended) return called == Called::ended;
                    if (called == Called::covered) {
                        ++slot;
                        break;
                    }
                }
                Activation inner;
                inner.function = callee;
                inner.parent = &act;
                inner.return_block = cfg_.block_at[slot + 1];
                return segment(node, target, inner, false) && run_components(cfg_.order[callee], inner);
            }
            case Kind::exit: {
                const Frame& top = s_.top();
                if (top.kind == FrameKind::callback) {
                    const std::uint32_t back = top.return_slot, gate = (back - 1) | kGate;
                    if (!m_.end_run(slot)) return unsafe_here(slot);
                    if (m_.is_timer(back - 1)) {
                        end_of_run(node);
                        return true;
                    }
                    deliver(node, gate, gate, 0, act);
                    return true;
                }
                const std::uint32_t back = top.return_slot;
                const bool last = s_.depth == 1;
                const bool in_place = !last && !has_points_[cfg_.blocks[cfg_.block_at[top.function]].function];
                if (!m_.leave(slot)) return unsafe_here(slot);
                if (last) {
                    end_of_run(node);
                    return true;
                }
                if (in_place && back < kContract) {
                    slot = back;
                    break;
                }
                deliver_to_caller(node, back, act);
                return true;
            }
            case Kind::call_helper:
                if (m_.is_callback(slot)) {
                    if (!m_.begin_callback(slot)) return unsafe_here(slot);
                    note_stack();
                    return run_callback(node, slot, act);
                }
                [[fallthrough]];
            default:
                if (!m_.step(slot, op) && !supposed(slot, op)) return unsafe_here(slot);
                note_stack();
                if (s_.depth > 1 && m_.tail_call_at(slot)) return after_tail_call(node, slot + 1, act);
                slot += op.kind == Kind::load_imm64 ? 2 : 1;
        }
    }
}

}  // namespace mbpf
