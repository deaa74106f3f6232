// SPDX-License-Identifier: Apache-2.0
#include "verifier/prove.h"

#include <algorithm>
#include <map>
#include <set>

#include "verifier/costs.h"
#include "verifier/explain.h"
#include "verifier/path.h"
#include "verifier/search.h"

namespace mbpf {

using namespace proof;

namespace {

constexpr std::uint64_t kUnrolledSteps = 600'000;  // budget of a search that runs loops iteration by iteration
constexpr unsigned kCells = 640;  // for the checker
constexpr std::uint64_t kAnotherSteps = 60'000;    // of one for a lower cost than that proved
constexpr std::uint64_t kMaxChecking = 16'000'000;  // invariants that the checker would look at
constexpr unsigned kFew = 8, kMore = 16, kMany = 64;  // states kept apart at a place

Thresholds thresholds_of(const ProofEnvironment& env) {
    Thresholds t;
    for (std::size_t i = 0; i < env.program().insns.size(); ++i) {
        const bpf::Insn& insn = env.program().insns[i];
        const Operation op = decode(insn);
        if (!op.valid || op.uses_src) continue;
        if (op.kind == bpf::Kind::load_imm64 && insn.src == 0 && i + 1 < env.program().insns.size()) {
            const std::uint64_t c = static_cast<std::uint32_t>(insn.imm) | static_cast<std::uint64_t>(static_cast<std::uint32_t>(env.program().insns[i + 1].imm)) << 32;
            for (std::uint64_t v : {c, c + 1, c - 1}) t.add(v);
        }
        if (op.kind != bpf::Kind::jump && !(op.kind == bpf::Kind::alu && (op.alu == bpf::AluOp::and_ || op.alu == bpf::AluOp::mod))) continue;
        const std::uint64_t c = static_cast<std::uint64_t>(insn.imm < 0 ? -std::int64_t{insn.imm} : std::int64_t{insn.imm});
        for (std::uint64_t v : {c, c + 1, c - 1}) t.add(v);
    }
    return t;
}

class Prover {
  public:
    Prover(const ProofEnvironment& env, const Cfg& cfg, const FindOptions& options) : env_(env), cfg_(cfg), max_steps_(options.max_steps), shared_calls_(options.shared_calls), relations_(options.relations), plain_(options.plain), count_loops_(options.count_loops), thresholds_(thresholds_of(env)), liveness_(stack_liveness(env, cfg)), names_(env.object()) {}

    Found run() {
        // Coarse first; then what the failure asks for: more states apart, the loop around it run out, all loops.
        SearchOptions o;
        o.disjuncts = kFew;
        o.relations = relations_;
        o.plain = plain_;
        o.shared_calls = shared_calls_;
        for (;;) {
            o.max_steps = std::min(max_steps_ - std::min(max_steps_, spent_), o.unrolled.empty() && !ways_apart_ ? max_steps_ : proved_ ? kAnotherSteps : kUnrolledSteps);
            ++found_.stats.attempts;
            Search search(env_.tables(), env_.program(), cfg_, thresholds_, liveness_, o);
            const bool safe = search.run();
            const SearchStats stats = search.stats();
            spent_ += stats.steps;
            found_.stats.steps = spent_;
            found_.stats.joins += stats.joins;
            found_.stats.widenings += stats.widenings;
            found_.stats.loop_iterations_unrolled += stats.unrolled;
            found_.stats.peak_bytes = std::max(found_.stats.peak_bytes, stats.peak_bytes);
            CostResult costs;
            if (safe) {
                costs = solve_costs(search);
                if (costs.proved && checking(search) > kMaxChecking) {
                    if (proved_) return std::move(*proved_);
                    note_long_check(search);
                    return std::move(found_);
                }
                if (costs.proved && (!proved_ || costs.worst_case() < proved_->worst_case)) {
                    write(search, costs);
                    // Too much for the hook: another measure of the loop that runs most often may show less.
                    const bool too_much = costs.worst_case() > env_.tables().max_instructions;
                    const bool by_contract = !search.contracts().empty();
                    if (!too_much && !unroll_shifting(o, search, costs)) return std::move(found_);
                    if (!too_much) {}
                    else if (by_contract) o.shared_calls = UINT32_MAX;
                    else if (!unroll_longest(o, costs)) return std::move(found_);
                    proved_ = found_;
                    continue;
                }
            }
            if (proved_) return std::move(*proved_);
            if (!search.contracts().empty()) {  // what they leave out may have been needed
                o.shared_calls = UINT32_MAX;
                continue;
            }
            if (ways_apart_) {}  // what came before tells more
            else if (!safe) note_failure(search);
            else note_endless(search, costs.endless_loop);
            if (!next(o, search, safe, costs.endless_loop)) return std::move(found_);
        }
    }

  private:
    bool unroll_longest(SearchOptions& o, const CostResult& costs) const {
        if (spent_ >= max_steps_ || proved_) return false;
        const auto most = std::ranges::max_element(costs.iterations, {}, [](const auto& loop) { return loop.second; });
        return most != costs.iterations.end() && o.unrolled.insert(most->first).second;
    }

    // What is halved or doubled is soon through; a counter of ones tells only that it moves.
    bool unroll_shifting(SearchOptions& o, const Search& search, const CostResult& costs) const {
        constexpr std::uint64_t kFewTurns = 8;
        if (spent_ >= max_steps_ || proved_) return false;
        bool added = false;
        for (const auto& [head, turns] : costs.iterations) {
            if (turns <= kFewTurns) continue;
            bool shifts = false;
            const std::set<std::uint32_t> body = search.loop_body(head);
            for (std::uint32_t begin : body)
                for (std::uint32_t slot = begin; slot < cfg_.blocks[cfg_.block_at[begin]].end && search.loop_body(begin) == body; ++slot) {
                    const Operation op = decode(env_.program().insns[slot]);
                    shifts = shifts || (op.valid && op.kind == bpf::Kind::alu && (op.alu == bpf::AluOp::lsh || op.alu == bpf::AluOp::rsh) && !op.uses_src && env_.program().insns[slot].imm == 1);
                }
            added = (shifts && o.unrolled.insert(head).second) || added;
        }
        return added;
    }

    // The next thing to try; false: nothing is left.
    bool next(SearchOptions& o, const Search& search, bool safe, std::uint32_t endless_loop) {
        if (spent_ >= max_steps_) return false;
        if (!o.congruences && !search.loops().empty() && (safe || search.failure() != SearchFailure::budget)) {
            o.congruences = true;
            return true;
        }
        if (!safe && search.failure() == SearchFailure::endless) {
            if (!search.failure_loops().empty() && o.unrolled.insert(search.failure_loops().front()).second) return true;
            if (o.disjuncts < kMany) {
                o.fine = true;
                o.disjuncts = kMany;
                return true;
            }
            return std::ranges::any_of(search.failure_loops(), [&](std::uint32_t l) { return o.unrolled.insert(l).second; });
        }
        if (!safe && search.failure() == SearchFailure::budget) {
            // Iteration by iteration there were too many. With its ways kept apart a loop may have a measure in several
            // counters, each moved by some of them.
            if (ways_apart_ || o.unrolled.empty()) return false;
            ways_apart_ = true;
            o.unrolled.clear();
            o.fine = true;
            return true;
        }
        if (ways_apart_) return false;  // what follows has been tried
        if (safe) {
            o.fine = true;
            o.disjuncts = std::max(o.disjuncts, kMore);
            if (o.unrolled.contains(endless_loop) || !search.loops().contains(endless_loop)) {
                // The inner ones first: an outer one may have a measure once they end.
                unsigned deepest = 0;
                std::vector<std::uint32_t> added;
                for (std::uint32_t l : search.loops()) {
                    if (o.unrolled.contains(l)) continue;
                    const unsigned depth = depth_of(l);
                    if (depth > deepest) added.clear();
                    if (depth >= deepest) added.push_back(l);
                    deepest = std::max(depth, deepest);
                }
                o.unrolled.insert(added.begin(), added.end());
                return !added.empty();
            }
            return o.unrolled.insert(endless_loop).second;
        }
        const Reason reason = search.unsafe().reason;
        if (o.forget_dead && (reason == Reason::stack_unwritten || (reason == Reason::unreadable_register && o.disjuncts == kMany))) {
            o.forget_dead = false;  // what was taken for dead is read
            return true;
        }
        if (!o.fine) {
            o.fine = true;
            o.disjuncts = kMore;
            return true;
        }
        for (std::uint32_t l : search.failure_loops())
            if (o.unrolled.insert(l).second) return true;
        bool added = false;
        for (std::uint32_t l : search.loops()) added = o.unrolled.insert(l).second || added;
        if (added) return true;
        if (o.disjuncts == kMore) {
            o.disjuncts = kMany;
            return true;
        }
        return false;
    }

    // Loops around the head, itself included; callbacks' gates count as outermost.
    unsigned depth_of(std::uint32_t head) const {
        unsigned depth = 0;
        const auto visit = [&](auto&& self, const std::vector<Component>& components, unsigned around) -> void {
            for (const Component& c : components) {
                if (c.is_loop && cfg_.blocks[c.head].begin == head) depth = around + 1;
                self(self, c.body, around + (c.is_loop ? 1u : 0u));
            }
        };
        for (const auto& order : cfg_.order) visit(visit, order, 0);
        return depth;
    }

    SourceLocation where(std::uint32_t slot) const { return env_.object().location(env_.program(), slot); }

    void note_path(const Search& search) {
        found_.path.clear();
        for (std::uint32_t d : search.failure_path()) found_.path.push_back({d >> 1, (d & 1) != 0, {}, {}});
        found_.values.clear();
        const State& s = search.state();
        for (unsigned r = 0; r < bpf::kFramePointer; ++r)
            if (s.regs[r].kind != ValueKind::unknown) found_.values.push_back({"r" + std::to_string(r), describe(env_, s, s.regs[r])});
    }

    void note_failure(Search& search) {
        if (search.failure() == SearchFailure::unsafe) {
            found_.problem = explain(env_, names_, search.unsafe(), search.state(), !search.failure_loops().empty());
        } else if (search.failure() == SearchFailure::endless) {
            if (!search.failure_loops().empty()) endless_ = search.failure_loops().front();
            found_.problem = not_ending(loop_condition(env_, search.failure_loops().empty() ? search.failure_slot() : search.failure_loops().front()),
                                        "after " + std::to_string(search.failure_count()) + " iterations the values here are ones the loop has had before");
            if (!search.failure_loops().empty()) tell_loop_ends(env_, cfg_, search.loop_body(search.failure_loops().front()), *found_.problem);
        } else if (endless_ && !search.failure_loops().empty()) {
            // Run iteration by iteration to find an end that no measure shows.
            found_.problem = not_ending(loop_condition(env_, *endless_), "no counter was found that every iteration moves towards a bound; still running after " + std::to_string(search.failure_count()) + " steps of analysis");
            tell_loop_ends(env_, cfg_, search.loop_body(*endless_), *found_.problem);
        } else {
            Diagnostic d;
            d.code = "MBPF1043";
            const std::uint32_t slot = search.failure_loops().empty() ? search.failure_slot() : loop_condition(env_, search.failure_loops().front());
            d.instruction = slot;
            d.where = where(slot);
            d.message = "analysis budget of " + std::to_string(search.failure_count()) + " steps spent here";
            d.why = std::string("tried: invariants with ") + std::to_string(kFew) + " and " + std::to_string(kMore) + " states a place" + (search.failure_loops().empty() ? "" : ", running the loop iteration by iteration");
            d.fix = "lower loop bounds, move work out of inner loops, or split the program";
            if (unsafe_) {  // which the budget did not suffice to rule out
                unsafe_->notes.push_back({d.message + "; " + d.why, d.where});
                found_.problem = unsafe_;
                return;
            }
            found_.problem = d;
        }
        note_path(search);
        tell_path(env_, names_, search, *found_.problem, found_.path);
        if (search.failure() == SearchFailure::unsafe) unsafe_ = found_.problem;
    }

    // What arrives at a point is held against the invariants there, one after the other.
    static std::uint64_t checking(const Search& search) {
        std::map<std::uint32_t, std::uint64_t> at;
        for (const Node& n : search.nodes()) ++at[n.point];
        std::uint64_t sum = 0;
        for (const GraphEdge& e : search.edges())
            if (e.to >= 0) sum += at[search.nodes()[static_cast<std::size_t>(e.to)].point];
        return sum;
    }

    void note_long_check(const Search& search) {
        std::map<std::uint32_t, std::uint64_t> at;
        for (const Node& n : search.nodes())
            if ((n.point & kContract) == 0) ++at[n.point & ~kGate];
        const auto most = std::ranges::max_element(at, {}, [](const auto& p) { return p.second; });
        Diagnostic d;
        d.code = "MBPF1043";
        d.instruction = most->first;
        d.where = where(most->first);
        d.message = "analysis budget spent here";
        d.why = "a proof was found that states " + std::to_string(most->second) + " invariants of this place, too many to check";
        d.fix = "lower loop bounds, move work out of inner loops, or split the program";
        if (unsafe_) {  // what was found first, and is ruled out by a proof too long to check
            unsafe_->notes.push_back({d.message + "; " + d.why, d.where});
            found_.problem = unsafe_;
            return;
        }
        found_.problem = std::move(d);
        found_.path.clear();
        found_.values.clear();
    }

    Diagnostic not_ending(std::uint32_t slot, std::string why) {
        Diagnostic d;
        d.code = "MBPF1042";
        d.instruction = slot;
        d.where = where(slot);
        d.message = "loop may not end";
        d.why = std::move(why);
        d.fix = "give the loop a counter that changes in every iteration and has a constant bound, e.g. for (int i = 0; i < 64; i++)";
        return d;
    }

    void note_endless(const Search& search, std::uint32_t head) {
        endless_ = head;
        found_.problem = not_ending(loop_condition(env_, head), "no counter was found that every iteration moves towards a bound");
        tell_loop_ends(env_, cfg_, search.loop_body(head), *found_.problem);
        found_.path.clear();  // it ran through safely: no path leads there
        found_.values.clear();
    }

    void write(Search& search, const CostResult& costs) {
        const auto& functions = env_.program().functions;
        std::vector<std::uint32_t> claim, total(functions.size(), 0);
        for (std::uint32_t d : search.deepest()) claim.push_back((d + 7) / 8 * 8);
        for (std::size_t round = 0; round <= functions.size(); ++round)
            for (std::size_t f = 0; f < functions.size(); ++f) {
                std::uint32_t below = 0;
                for (std::uint32_t callee : cfg_.callees[f]) below = std::max(below, total[callee]);
                total[f] = claim[f] + below;
            }
        found_.stack_bytes = total[0];
        found_.frames = claim;
        found_.worst_case = costs.worst_case();
        found_.certificate = certificate(search, costs, claim);
        found_.loops.clear();
        found_.loop_proofs.clear();
        std::map<std::uint32_t, std::uint64_t> loops = search.iterations();
        for (const auto& [point, count] : costs.iterations) loops[point] = std::max(loops[point], count);
        for (std::uint32_t point : search.loops()) loops.try_emplace(point, 0);
        for (const auto& [point, count] : loops) {
            found_.loops.push_back({point & ~kGate, count, 0});
            found_.loop_proofs.emplace_back();
            if (!count_loops_ || (point & kGate) != 0) continue;
            const CostResult executions = solve_costs(search, point);
            if (executions.proved) found_.loop_proofs.back() = certificate(search, executions, claim);
        }
        found_.problem.reset();
        found_.path.clear();
        found_.values.clear();
    }

    Bytes certificate(const Search& search, const CostResult& costs, const std::vector<std::uint32_t>& claim) const {
        const auto& functions = env_.program().functions;
        std::map<std::uint32_t, std::vector<std::int32_t>> points;
        for (std::size_t n = 1; n < search.nodes().size(); ++n)
            if (search.nodes()[n].forward < 0) points[search.nodes()[n].point].push_back(static_cast<std::int32_t>(n));
        Bytes out(std::begin(kMagic), std::end(kMagic));
        out.push_back(kVersion);
        put_varint(out, costs.worst_case());
        put_varint(out, costs.scale);
        put_varint(out, found_.stack_bytes);
        put_varint(out, functions.size());
        for (std::size_t f = 0; f < functions.size(); ++f) {
            put_varint(out, functions[f].begin);
            put_varint(out, claim[f]);
        }
        put_varint(out, points.size());
        Bytes nodes;
        for (const auto& [point, list] : points) {
            put_word(out, point);
            put_word(out, static_cast<std::uint32_t>(nodes.size()));
            put_varint(nodes, list.size());
            for (std::int32_t n : list) {
                const Bytes& b = search.nodes()[static_cast<std::size_t>(n)].bytes;
                Invariant i;
                i.parts = b[0];
                i.rest.assign(b.begin() + 2, b.end());  // behind the cost of 0
                put_invariant(nodes, i, costs.costs[static_cast<std::size_t>(n)]);
            }
        }
        out.insert(out.end(), nodes.begin(), nodes.end());
        return out;
    }

    const ProofEnvironment& env_;
    const Cfg& cfg_;
    std::uint64_t max_steps_;
    std::uint32_t shared_calls_;
    bool relations_;
    std::set<std::uint32_t> plain_;
    bool count_loops_;
    Thresholds thresholds_;
    StackLiveness liveness_;
    DataNames names_;
    std::uint64_t spent_ = 0;
    std::optional<std::uint32_t> endless_;
    bool ways_apart_ = false;  // tried
    std::optional<Diagnostic> unsafe_;  // of an attempt before
    std::optional<Found> proved_;  // at a cost beyond the hook's budget
    Found found_;
};

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
    f.context = v.region == Region::context;
    f.map = v.region == Region::object ? -1 : v.map;
    f.frame = v.region == Region::stack ? v.frame : -1;
    f.smin = v.offset_min();
    f.smax = v.offset_max();
    const auto offset = Interval<std::uint64_t>::alu(bpf::AluOp::add, wide, Interval<std::uint64_t>::constant(static_cast<std::uint64_t>(std::int64_t{v.fixed})));
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
    f.context = a.context || b.context;
    if (a.map != b.map) f.map = -1;
    if (a.frame != b.frame) f.frame = -1;
    return f;
}

// What the checker's pass sees, for the lifter. A fact holds in every state seen.
class FactCollector final : public Observer {
  public:
    explicit FactCollector(std::size_t slots) { facts_.insns.assign(slots, {}); }

    void instruction(std::uint32_t slot, const State& s) override {
        InsnFacts& facts = facts_.insns[slot];
        for (unsigned r = 0; r < bpf::kRegisterCount; ++r) {
            if (!facts.reachable) facts.before[r] = fact_of(s.regs[r]);
            else if (facts.before[r].kind != ValueKind::unknown) facts.before[r] = join_facts(facts.before[r], fact_of(s.regs[r]));
        }
        facts.reachable = true;
    }
    void taken_edge(std::uint32_t slot, bool taken) override { (taken ? facts_.insns[slot].may_take_branch : facts_.insns[slot].may_fall_through) = true; }
    void uses(std::int32_t helper, std::int32_t map) override {
        if (helper >= 0) add(facts_.helpers_used, static_cast<std::uint32_t>(helper));
        if (map >= 0) add(facts_.maps_used, static_cast<std::uint32_t>(map));
    }
    ProgramFacts take() { return std::move(facts_); }

  private:
    static void add(std::vector<std::uint32_t>& sorted, std::uint32_t v) {
        const auto at = std::ranges::lower_bound(sorted, v);
        if (at == sorted.end() || *at != v) sorted.insert(at, v);
    }
    ProgramFacts facts_;
};

const char* text_of(CheckError e) {
    switch (e) {
        case CheckError::none: return "proved";
        case CheckError::memory: return "the checker has too little memory";
        case CheckError::malformed: return "the certificate is damaged or not one of this program";
        case CheckError::unsafe: return "an instruction may do harm in a stated invariant";
        case CheckError::no_invariant: return "no invariant is stated at a place that is reached";
        case CheckError::not_covered: return "the invariant stated here does not hold";
        case CheckError::cost: return "the stated cost is too low";
        case CheckError::stack: return "more stack is used than stated, or stated than allowed";
        case CheckError::budget: return "the checker's budget of work is spent";
        case CheckError::hook_budget: return "the stated worst case exceeds the hook's budget";
    }
    return "";
}

}  // namespace

Found find_proof(const ProofEnvironment& env, const Cfg& cfg, const FindOptions& options) { return Prover(env, cfg, options).run(); }

Checked check_proof(const ProofEnvironment& env, const Cfg& cfg, const Bytes& certificate) {
    Checked out;
    std::vector<std::uint8_t> memory(check_memory(kCells));
    FactCollector collector(env.program().insns.size());
    const CheckResult r = check(env.tables(), certificate.data(), certificate.size(), memory.data(), memory.size(), &collector);
    out.stats.checker_steps = r.work;
    out.stats.checker_bytes = r.peak_bytes;
    if (!r.proved()) {
        const std::uint32_t slot = std::min(r.slot & ~kGate, static_cast<std::uint32_t>(env.program().insns.size() - 1));
        Diagnostic d;
        d.code = "MBPF1050";
        d.message = std::string("certificate does not prove the program: ") + text_of(r.error);
        d.why = "checking from instruction " + std::to_string(r.from & ~kGate) + " ended at " + std::to_string(slot) + (r.error == CheckError::unsafe ? " (reason " + std::to_string(static_cast<unsigned>(r.failure.reason)) + ")" : "");
        d.fix = "verify the object again; certificates hold for one object, platform and hook";
        d.instruction = slot;
        d.where = env.object().location(env.program(), slot);
        out.problem = std::move(d);
        return out;
    }
    ProgramFacts facts = collector.take();
    facts.worst_case_instructions = r.worst_case;
    facts.stack_bytes = r.stack_bytes;
    Certificate c;
    c.open(certificate.data(), certificate.size());
    for (std::uint32_t f = 0; f < env.program().functions.size(); ++f) facts.functions.push_back({f, c.stack_of(env.program().functions[f].begin)});
    // Every loop that is reached; how often it runs, check_executions() may say more closely.
    const auto add_loops = [&](auto&& self, const std::vector<Component>& components) -> void {
        for (const Component& component : components) {
            const std::uint32_t header = cfg.blocks[component.head].begin;
            if (component.is_loop && facts.insns[header].reachable) facts.loops.push_back({header, 0, r.worst_case});
            self(self, component.body);
        }
    };
    for (const auto& order : cfg.order) add_loops(add_loops, order);
    out.facts = std::move(facts);
    return out;
}

std::optional<std::uint64_t> check_executions(const ProofEnvironment& env, std::uint32_t header, const Bytes& certificate) {
    std::vector<std::uint8_t> memory(check_memory(kCells));
    Environment tables = env.tables();
    tables.counted = header;
    const CheckResult r = check(tables, certificate.data(), certificate.size(), memory.data(), memory.size());
    return r.proved() ? std::optional(r.worst_case) : std::nullopt;
}

}  // namespace mbpf
