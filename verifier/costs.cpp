// SPDX-License-Identifier: Apache-2.0
// Without loops between nodes the cost is the longest way to the end. In a strongly connected part of the graph
// some counter must rise (or fall) on every way back to the head; ways back that do not move it need another
// one, so parts are taken apart recursively. With a term -c * counter (c * counter when it falls) every round
// has a weight of at most 0 if c covers the costliest round; then longest ways exist again.
#include "verifier/costs.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <set>

#include "verifier/checker/cost.h"
#include "verifier/checker/cover.h"
#include "verifier/cost_flow.h"

namespace mbpf {

using namespace proof;

namespace {

class Solver {
  public:
    Solver(Search& search, std::uint32_t scale, std::optional<std::uint32_t> counted) : search_(search), scale_(scale), counted_(counted), cells_(640), state_(cells_.data(), 640) {}

    CostResult run() {
        const std::size_t n = search_.nodes().size();
        result_.costs.assign(n, {});
        result_.scale = scale_;
        out_.resize(n);
        std::map<std::pair<std::int32_t, std::int32_t>, std::size_t> known;
        for (std::size_t e = 0; e < search_.edges().size(); ++e) {
            const std::int32_t from = search_.edges()[e].from, to = search_.edges()[e].to < 0 ? -1 : search_.resolved(search_.edges()[e].to);
            const auto [it, added] = known.try_emplace({from, to}, flows_.size());
            if (added) {
                flows_.push_back({from, to, {}, {}, 0});
                out_[static_cast<std::size_t>(from)].push_back(it->second);
            }
            flows_[it->second].edges.push_back(e);
        }
        for (std::size_t i = 0; i < n; ++i)
            if (i > 0 && search_.nodes()[i].forward < 0) by_point_[search_.nodes()[i].point].push_back(static_cast<std::int32_t>(i));
        // Contracts of the innermost functions first: what they cost is known where they stand for a call.
        std::vector<std::int32_t> bodies;
        for (std::size_t c = 0; c < search_.contracts().size(); ++c) bodies.push_back(static_cast<std::int32_t>(c));
        std::ranges::stable_sort(bodies, std::ranges::greater{}, [&](std::int32_t c) { return depth(contract(c).entry); });
        bodies.push_back(-1);
        for (std::int32_t body : bodies) {
            std::vector<std::int32_t> nodes;
            std::vector<std::size_t> flows;
            for (std::size_t i = 0; i < n; ++i)
                if (search_.nodes()[i].contract == body) nodes.push_back(static_cast<std::int32_t>(i));
            for (std::size_t f = 0; f < flows_.size(); ++f)
                if (node(flows_[f].from).contract == body) flows.push_back(f);
            for (auto& part : strong_parts(flows_, nodes, flows))
                if (!rank_part(part)) return result_;
            if (!constants(nodes)) return result_;
            if (body < 0) break;
            const std::int64_t units = result_.costs[static_cast<std::size_t>(contract(body).entry)].constant;
            search_.set_cost(static_cast<std::size_t>(body), static_cast<std::uint64_t>((units + scale_ - 1) / scale_));
        }
        result_.proved = true;
        return result_;
    }
    std::uint64_t steps() const { return steps_; }

  private:
    // A head is a point: a way executes it at its start or not at all.
    std::uint64_t counted_from(std::int32_t from) const { return (from == 0 ? 0 : node(from).point) == *counted_; }
    std::uint64_t steps_on(const Flow& flow) const {
        std::uint64_t most = 0;
        for (std::size_t i : flow.edges) {
            const GraphEdge& e = search_.edges()[i];
            most = std::max(most, (counted_ ? counted_from(e.from) : e.steps) + (e.contract < 0 ? 0 : contract(e.contract).cost));
        }
        return most;
    }

    const Contract& contract(std::int32_t c) const { return search_.contracts()[static_cast<std::size_t>(c)]; }
    const Node& node(std::int32_t n) const { return search_.nodes()[static_cast<std::size_t>(n)]; }

    // The node that takes what arrives: the one the search sent it to if that covers it.
    std::int32_t receiver(std::int32_t from, std::uint32_t point, const State& s) const {
        if (point == UINT32_MAX) return -1;
        const auto found = by_point_.find(point);
        if (found == by_point_.end()) return -2;
        std::int32_t first = -2;
        for (std::int32_t n : found->second) {
            const Bytes& b = node(n).bytes;
            Reader in{b.data(), b.data() + b.size(), true};
            Cost cost;
            if (!covers(in, s, cost)) continue;
            if (std::ranges::any_of(out_[static_cast<std::size_t>(from)], [&](std::size_t f) { return flows_[f].to == n; })) return n;
            if (first == -2) first = n;
        }
        return first;
    }

    Flow* flow_between(std::int32_t from, std::int32_t to) {
        for (std::size_t f : out_[static_cast<std::size_t>(from)])
            if (flows_[f].to == to) return &flows_[f];
        return nullptr;
    }

    // Places of numbers and packet pointers stated at a node.
    const std::vector<Location>& numbers(std::int32_t n) {
        const auto [it, added] = numbers_.try_emplace(n);
        if (added && search_.load_node(n, state_))
            for (unsigned i = 0; i < state_.value_count(); ++i) {
                if (i >= State::kRegisters && i < State::kRegisters + kMaxTerms) continue;
                Value counter;
                if (counter_at(state_, location_of(state_, i), counter)) it->second.push_back(location_of(state_, i));
            }
        return it->second;
    }

    // How numbers move from a node to those its ways lead to.
    void trace(std::int32_t n) {
        if (!traced_.insert(n).second) return;
        struct Start {
            Location at;
            Value value;
        };
        std::vector<Start> starts;
        search_.observe(
            n,
            [&](State& s) {
                starts.clear();
                for (unsigned i = 0; i < s.value_count(); ++i) {
                    if (i >= State::kRegisters && i < State::kRegisters + kMaxTerms) continue;
                    Value counter;
                    const Location at = location_of(s, i);
                    if (counter_at(s, at, counter) && s.name(s.at(i)) != 0 && counter_at(s, at, counter)) starts.push_back({at, counter});
                }
            },
            [&](std::uint32_t point, const State& s) {
                const std::int32_t to = receiver(n, point, s);
                Flow* flow = to < 0 ? nullptr : flow_between(n, to);
                if (flow == nullptr) return;
                std::vector<Movement> found;
                for (const Location& at : numbers(to)) {
                    Value now;
                    if (!counter_at(s, at, now)) continue;
                    for (const Start& start : starts) relate(s, start.at, start.value, at, now, found);
                }
                if (!flow_seen_.insert(flow).second) {
                    // A second way between the two: what holds on both.
                    std::vector<Movement> both;
                    for (const Movement& r : flow->moves)
                        for (const Movement& o : found)
                            if (r.reading == o.reading && same_place(r.from, o.from) && same_place(r.to, o.to)) both.push_back({r.from, r.to, std::min(r.low, o.low), std::max(r.high, o.high), r.reading});
                    found = std::move(both);
                }
                flow->moves = std::move(found);
            });
    }

    // Where the loop is entered: the shallowest, then earliest point.
    std::uint32_t head_point(const Part& part) const {
        const auto rank = [&](std::int32_t n) { return std::pair(depth(n), search_.rank(node(n).point)); };
        return node(*std::ranges::min_element(part.nodes, {}, rank)).point;
    }
    unsigned depth(std::int32_t n) const {
        const Bytes& b = node(n).bytes;
        Reader in{b.data(), b.data() + b.size(), true};
        Cost cost;
        Shape shape;
        read_head(in, cost, shape);
        return shape.depth;
    }

    struct Measure {
        Location counter;
        bool rises = true;
        Reading reading = Reading::as_unsigned;
        std::map<std::int32_t, std::vector<Place>> places;
        std::vector<std::pair<std::size_t, std::int64_t>> strict;  // ways back that move it, and by how much at least
        bool complete = false;  // all ways back do
        std::uint64_t rounds = 0;  // at most; of a complete one
        std::int64_t step = 0;     // by which every way back moves it; 0: not by one
    };
    // A part inside another, and what a unit of its counter is worth; 0: its term is not linear.
    struct Inner {
        std::set<std::int32_t> nodes;
        std::int64_t price = 0;
        std::uint64_t rounds = 0;
    };

    // Follows the counter from the heads through the part.
    std::optional<Measure> measure(const Part& part, const std::set<std::int32_t>& heads, const Location& counter, bool rises, Reading reading) {
        Measure m;
        m.counter = counter;
        m.rises = rises;
        m.reading = reading;
        std::set<std::int32_t> reached;
        for (std::int32_t h : heads) m.places[h] = {{counter, 0, 0}};
        std::vector<std::size_t> back;
        std::map<std::int32_t, std::vector<std::size_t>> out;
        for (std::size_t f : part.flows) {
            if (heads.contains(flows_[f].to)) back.push_back(f);
            else out[flows_[f].from].push_back(f);
        }
        const auto image = [&](const std::vector<Place>& places, const Flow& flow) {
            std::vector<Place> to;
            for (const Place& p : places)
                for (const Movement& r : flow.moves)
                    if (r.reading == reading && same_place(p.at, r.from)) {
                        const Place now{r.to, p.low == -kNoEnd ? p.low : p.low + r.low, p.high == kNoEnd ? p.high : p.high + r.high};
                        const auto same = std::ranges::find_if(to, [&](const Place& o) { return same_place(o.at, now.at); });
                        if (same == to.end()) to.push_back(now);
                        else *same = {now.at, std::max(same->low, now.low), std::min(same->high, now.high)};  // both hold
                    }
            return to;
        };
        std::vector<std::int32_t> work(heads.begin(), heads.end());
        std::map<std::int32_t, unsigned> visits;
        constexpr unsigned kSettled = 8;
        while (!work.empty()) {
            const std::int32_t n = work.back();
            work.pop_back();
            if (++visits[n] > 8 * kSettled) return std::nullopt;
            for (std::size_t f : out[n]) {
                const std::int32_t to = flows_[f].to;
                std::vector<Place> now = image(m.places[n], flows_[f]);
                if (reached.insert(to).second) {
                    m.places[to] = std::move(now);
                    work.push_back(to);
                    continue;
                }
                std::vector<Place> both;
                bool changed = false;
                for (const Place& old : m.places[to]) {
                    const auto same = std::ranges::find_if(now, [&](const Place& p) { return same_place(p.at, old.at); });
                    if (same == now.end()) {
                        changed = true;
                        continue;
                    }
                    Place joined{old.at, std::min(old.low, same->low), std::max(old.high, same->high)};
                    const bool grown = joined.low != old.low || joined.high != old.high;
                    changed = changed || grown;
                    if (grown && visits[to] >= kSettled) {  // a counter of a loop inside: on which side it has no end
                        (joined.high != old.high ? joined.high : joined.low) = joined.high != old.high ? kNoEnd : -kNoEnd;
                        if (joined.high == kNoEnd && joined.low == -kNoEnd) continue;
                    }
                    both.push_back(joined);
                }
                if (!changed) continue;
                m.places[to] = std::move(both);
                work.push_back(to);
            }
        }
        for (std::int32_t n : part.nodes)
            if (m.places[n].empty()) return std::nullopt;
        m.complete = true;
        for (std::size_t f : back) {
            std::int64_t low = INT64_MIN, high = INT64_MAX;
            for (const Place& p : image(m.places[flows_[f].from], flows_[f]))
                if (same_place(p.at, counter)) {
                    low = std::max(low, p.low);
                    high = std::min(high, p.high);
                }
            const std::int64_t moves = rises ? low : high == INT64_MAX ? INT64_MIN : -high;
            if (moves < 0) return std::nullopt;
            m.step = low == high && (f == back.front() || low == m.step) ? low : 0;
            if (moves > 0) m.strict.push_back({f, moves});
            else m.complete = false;
        }
        if (m.strict.empty()) return std::nullopt;
        return m;
    }

    // The counter's range at the heads; nothing: not one the checker computes with.
    std::optional<std::pair<std::int64_t, std::int64_t>> range(const std::set<std::int32_t>& heads, const Location& counter, Reading reading) {
        std::int64_t low = INT64_MAX, high = INT64_MIN;
        for (std::int32_t h : heads) {
            Value v;
            std::int64_t least = 0, greatest = 0;
            if (!search_.load_node(h, state_) || !counter_at(state_, counter, v)) return std::nullopt;
            if (!reading_extreme(v, reading, false, least) || !reading_extreme(v, reading, true, greatest)) return std::nullopt;
            low = std::min(low, least);
            high = std::max(high, greatest);
        }
        return std::pair(low, high);
    }

    bool no_measure(const Part& part) {
        result_.endless_loop = head_point(part);
        return false;
    }

    std::set<std::int32_t> heads_of(const Part& part, std::uint32_t point) const {
        std::set<std::int32_t> heads;
        for (std::int32_t n : part.nodes)
            if (node(n).point == point) heads.insert(n);
        return heads;
    }

    // What is left of the part `around`: that is entered at most `runs` times, and its head `point` passed at most
    // `entries` times by ways that are not left.
    struct Within {
        const Part& around;
        std::uint32_t point = 0;
        std::uint64_t runs = 1, entries = 1;
    };

    // `loop`: is told its rounds, and what a unit of the counter is worth, if the part is ranked by it alone.
    bool rank_part(const Part& part, const Within* within = nullptr, Inner* loop = nullptr) {
        for (std::int32_t n : part.nodes) trace(n);
        const std::uint32_t point = head_point(part);
        const std::set<std::int32_t> heads = heads_of(part, point);
        const bool same_loop = within != nullptr && within->point == point;
        const std::uint64_t entries = same_loop ? within->entries : 1;
        // The one that moves on most ways back; of those that move on all, the one that ends first.
        std::optional<Measure> best;
        constexpr std::size_t kTried = 24;
        std::size_t tried = 0;
        for (const Location& counter : numbers(*heads.begin())) {
            if (best && best->complete && ++tried > kTried) break;
            for (const auto& [rises, reading] : {std::pair{true, Reading::as_unsigned}, std::pair{false, Reading::as_unsigned}, std::pair{true, Reading::as_signed}, std::pair{false, Reading::as_signed}, std::pair{false, Reading::bits_set}}) {
                const auto way = range(heads, counter, reading);
                std::optional<Measure> m = way ? measure(part, heads, counter, rises, reading) : std::nullopt;
                if (!m) continue;
                m->rounds = static_cast<std::uint64_t>(way->second - way->first) / static_cast<std::uint64_t>(std::ranges::min_element(m->strict, {}, [](const auto& s) { return s.second; })->second);
                const bool better = !best || (m->complete && !best->complete) || (m->complete == best->complete && (m->complete ? m->rounds < best->rounds : m->strict.size() > best->strict.size()));
                if (better) best = std::move(m);
            }
        }
        if (!best) return no_measure(part);
        Part rest = part;
        std::erase_if(rest.flows, [&](std::size_t f) { return std::ranges::any_of(best->strict, [&](const auto& s) { return s.first == f; }); });
        // A counter that no way of the part around moves back either is one of that part, too: what is left of it counts
        // on all of its ways. Two counters of one loop add up so, and are not multiplied.
        std::optional<Measure> around;
        if (within != nullptr) around = measure(within->around, heads_of(within->around, within->point), best->counter, best->rises, best->reading);
        // If what is there at the inner heads is that counter still, and not another in its place.
        if (around && std::ranges::any_of(heads, [&](std::int32_t h) { return std::ranges::none_of(around->places[h], [&](const Place& p) { return same_place(p.at, best->counter); }); })) around.reset();
        for (std::int32_t n : part.nodes)
            if (around) around->places[n] = best->places[n];
        const std::uint64_t turns = same_loop && around ? entries + within->runs * best->rounds : entries * (best->rounds + 1);
        const Within inside{part, point, entries, turns};
        std::vector<Inner> inner;
        for (const Part& p : strong_parts(flows_, rest.nodes, rest.flows)) {
            inner.push_back({{p.nodes.begin(), p.nodes.end()}, 0, 0});
            if (!rank_part(p, &inside, &inner.back())) return false;
        }
        const std::optional<std::int64_t> linear = price(rest, heads, *best, counted_ ? 0 : 1);
        if (!linear) return no_measure(part);
        const std::optional<std::int64_t> shared = around ? std::nullopt : with_lengths(part, rest, heads, *best, inner, *linear);
        const std::int64_t coefficient = shared ? *shared : around ? *linear : with_squares(part, rest, heads, *best, inner, *linear);
        const Part* whole = &part;
        if (around && std::ranges::all_of(within->around.nodes, [&](std::int32_t n) { return cost(n).term_count + 2u <= kMaxTerms; })) {
            best->places = std::move(around->places);
            whole = &within->around;
        }
        for (std::int32_t n : whole->nodes)
            if (!add_term(n, place(*best, n).at, best->rises ? -coefficient : coefficient, best->reading)) return no_measure(part);
        const Cost& c = cost(*heads.begin());
        const bool is_linear = std::ranges::none_of(c.terms, c.terms + c.term_count, [](const Cost::Term& term) { return term.reading == Reading::squared; });
        if (loop != nullptr) loop->rounds = best->rounds;
        if (loop != nullptr && !around && best->reading != Reading::bits_set && is_linear) loop->price = coefficient;
        for (const auto& [f, moves] : best->strict)
            if (moves <= proof::kMaxScale) steps_ = std::min<std::uint64_t>(std::lcm(steps_, static_cast<std::uint64_t>(moves)), proof::kMaxScale + 1);
        note_iterations(point, part, *best, turns);
        return true;
    }

    Cost& cost(std::int32_t n) { return result_.costs[static_cast<std::size_t>(n)]; }
    // Where the counter is: known exactly, or else where it was, if it has moved on there, or where it is known best.
    static const Place& place(Measure& m, std::int32_t n) {
        return *std::ranges::min_element(m.places[n], {}, [&](const Place& p) {
            const bool moved_on = same_place(p.at, m.counter) && (m.rises ? p.low >= 0 : p.high <= 0);
            return std::pair(p.low == p.high ? 0 : moved_on ? 1 : 2, p.high - p.low);
        });
    }

    // False: there is no room.
    bool add_term(std::int32_t n, const Location& at, std::int64_t coefficient, Reading reading) {
        Cost& c = cost(n);
        unsigned i = 0;
        while (i < c.term_count && !(same_place(c.terms[i].at, at) && c.terms[i].reading == reading)) ++i;
        if (coefficient == 0) return true;
        if (i == kMaxTerms) return false;
        if (i == c.term_count) c.terms[c.term_count++] = {at, 0, reading};
        c.terms[i].coefficient += coefficient;
        if (std::abs(c.terms[i].coefficient) > kMaxCoefficient) return false;
        if (c.terms[i].coefficient == 0) c.terms[i] = c.terms[--c.term_count];
        return true;
    }

    // Where the rounds of an inner loop go with this counter i, up or down, what they cost in all is a square of it. From
    // C(i) = C(i + step) + grows * i follows C(i) = q i^2 + ..., q = -grows / (2 step). At a node inside, what the inner
    // counter leaves to do goes with i, too, or does not; behind it, C(i + step) is left. Tries each; returns the price of
    // a unit of i that is left, and keeps what makes the whole cheapest.
    std::int64_t with_squares(const Part& part, const Part& rest, const std::set<std::int32_t>& heads, Measure& m, const std::vector<Inner>& inner, std::int64_t linear) {
        const auto way = range(heads, m.counter, m.reading);
        if (inner.empty() || m.reading == Reading::bits_set || !m.complete || m.step == 0 || way->first < -kMaxSquared || way->second > kMaxSquared) return linear;
        steps_ = std::min<std::uint64_t>(std::lcm(steps_, static_cast<std::uint64_t>(2 * std::abs(m.step))), kMaxScale + 1);
        const double from = static_cast<double>(m.rises ? way->first : way->second), to = static_cast<double>(m.rises ? way->second : way->first);
        const auto whole = [&](std::int64_t q, std::int64_t price) { return static_cast<double>(q) * (from * from - to * to) + static_cast<double>(price) * std::abs(to - from); };
        std::int64_t square = 0, best = linear;
        for (const Inner& loop : inner) {
            if (loop.price == 0) continue;
            std::set<std::int32_t> before = loop.nodes;  // from which it is still to come
            for (bool grown = true; grown;) {
                grown = false;
                for (std::size_t f : rest.flows) grown = (before.contains(flows_[f].to) && before.insert(flows_[f].from).second) || grown;
            }
            const std::vector<Cost> start = result_.costs;
            std::vector<Cost> kept = start;
            std::int64_t added = 0;
            for (const auto& [count, left] : {std::pair{1, 1}, std::pair{1, 0}, std::pair{-1, 0}, std::pair{-1, -1}}) {
                const std::int64_t grows = count * loop.price, q = -grows / (2 * m.step);
                if (grows % (2 * m.step) != 0) continue;
                bool fits = true;
                for (std::int32_t n : part.nodes) {
                    const Place& at = place(m, n);
                    const std::int64_t pending = loop.nodes.contains(n) ? left * loop.price : before.contains(n) ? grows : 0;
                    fits = fits && at.low == at.high && add_term(n, at.at, q, Reading::squared) && add_term(n, at.at, pending - grows - 2 * q * at.low, m.reading);
                }
                const std::optional<std::int64_t> now = fits ? price(rest, heads, m, -kMaxCoefficient) : std::nullopt;
                if (now && whole(square + q, *now) < whole(square + added, best)) {
                    best = *now;
                    added = q;
                    kept = result_.costs;
                }
                result_.costs = start;
            }
            square += added;
            result_.costs = std::move(kept);
        }
        return best;
    }

    // A loop inside whose rounds go with how far the counter around it is moved, as over what a length tells. At its nodes what is
    // left to do goes with the length, `count` for each of it, beside the inner counter; and the counter stands where it
    // will be behind the loop, if some place holds that, or else the length counts for that, too.
    struct Sharing {
        const Inner* loop = nullptr;
        std::optional<Location> length, ahead;
        std::int64_t count = 0;
    };

    // The terms of the counter at such a price, and of the lengths.
    bool add_shared(const Part& part, Measure& m, const std::vector<Sharing>& shared, std::int64_t price, bool with_counter) {
        for (std::int32_t n : part.nodes) {
            const auto inside = std::ranges::find_if(shared, [&](const Sharing& s) { return s.loop->nodes.contains(n); });
            const bool is_ahead = inside != shared.end() && inside->ahead;
            if (with_counter && !add_term(n, is_ahead ? *inside->ahead : place(m, n).at, m.rises ? -price : price, m.reading)) return false;
            if (inside != shared.end() && inside->length && !add_term(n, *inside->length, inside->count - (is_ahead ? 0 : price), Reading::as_unsigned)) return false;
        }
        return true;
    }

    // Places that an inner loop leaves as they are, of each word one.
    std::vector<Location> kept_by(const Part& part, const Inner& loop) {
        const std::int32_t first = *loop.nodes.begin();
        std::vector<Location> kept = numbers(first);
        for (std::size_t f : part.flows) {
            if (!loop.nodes.contains(flows_[f].from) || !loop.nodes.contains(flows_[f].to)) continue;
            std::erase_if(kept, [&](const Location& at) { return std::ranges::none_of(flows_[f].moves, [&](const Movement& r) { return r.reading == Reading::as_unsigned && r.low == 0 && r.high == 0 && same_place(r.from, at) && same_place(r.to, at); }); });
        }
        std::set<std::pair<Symbol, std::int32_t>> seen;
        if (!search_.load_node(first, state_)) return {};
        std::erase_if(kept, [&](const Location& at) {
            Value v;
            const bool varies = counter_at(state_, at, v) && !v.number.is_constant();
            return !varies || (v.symbol != 0 && !seen.insert({v.symbol, v.delta}).second);
        });
        return kept;
    }
    // How large a word is that an inner loop leaves alone: enough to tell its rounds.
    bool is_length(const Inner& loop, const Location& at) {
        Value v;
        std::int64_t greatest = 0;
        return search_.load_node(*loop.nodes.begin(), state_) && counter_at(state_, at, v) && reading_extreme(v, Reading::as_unsigned, true, greatest) && greatest >= static_cast<std::int64_t>(loop.rounds) && greatest / 16 <= static_cast<std::int64_t>(loop.rounds);
    }

    // The least price of a unit of the counter at which no round costs more than its steps pay; nothing: it is not below
    // `most`. Leaves the terms of the lengths.
    std::optional<std::int64_t> with_lengths(const Part& part, const Part& rest, const std::set<std::int32_t>& heads, Measure& m, const std::vector<Inner>& inner, std::int64_t most) {
        if (m.reading == Reading::bits_set || m.step != 0) return std::nullopt;
        const std::vector<Cost> start = result_.costs;
        std::vector<Sharing> chosen;
        std::int64_t best = most;
        // What the costliest round lacks, per unit; above 0: it cannot be paid.
        const auto lacks = [&](const std::vector<Sharing>& shared, std::int64_t at) {
            const std::int64_t left = add_shared(part, m, shared, at, true) ? price(rest, heads, m, -kMaxCoefficient).value_or(1) : 1;
            result_.costs = start;
            return left;
        };
        for (const Inner& loop : inner) {
            if (loop.price == 0) continue;
            const std::vector<Location> kept = kept_by(part, loop);
            std::vector<Sharing> ways;
            for (const Location& at : kept) {
                if (std::ranges::any_of(m.places[*loop.nodes.begin()], [&](const Place& p) { return same_place(p.at, at) && p.low != p.high; })) {
                    ways.push_back({&loop, {}, at, 0});
                    for (const Location& length : kept)
                        if (!same_place(length, at) && is_length(loop, length)) ways.push_back({&loop, length, at, loop.price});
                }
                if (!is_length(loop, at)) continue;
                for (const std::int64_t count : {loop.price, std::int64_t{0}}) ways.push_back({&loop, at, {}, count});
            }
            std::vector<Sharing> with = chosen;
            for (const Sharing& way : ways) {
                std::vector<Sharing> tried = chosen;
                tried.push_back(way);
                std::int64_t low = 0, high = best - 1, left = high < 1 ? 1 : lacks(tried, high);
                if (left > 0) continue;
                while (high - low > 1 && left < 0) {
                    const std::int64_t next = std::max(high + left, low + 1), now = lacks(tried, next);
                    (now <= 0 ? high : low) = next;
                    left = now <= 0 ? now : -(high - low) / 2;
                }
                best = high;
                with = tried;
            }
            chosen = with;
        }
        if (chosen.empty()) return std::nullopt;
        add_shared(part, m, chosen, best, false);
        for (const Sharing& s : chosen)
            for (std::int32_t n : s.loop->nodes)
                if (s.ahead) m.places[n] = {Place{*s.ahead, 0, 0}};
        return best;
    }

    // Heads that one run of the loop may pass before or after those of the part; nothing if those are in a cycle, too.
    std::optional<std::uint64_t> other_heads(std::uint32_t point, const Part& part) const {
        const std::set<std::uint32_t> body = search_.loop_body(point);
        std::set<std::int32_t> near(part.nodes.begin(), part.nodes.end());
        const auto inside = [&](std::int32_t n) { return n >= 0 && body.contains(node(n).point); };
        for (const bool forward : {false, true}) {
            std::set<std::int32_t> reached(part.nodes.begin(), part.nodes.end());
            for (bool grown = true; grown;) {
                grown = false;
                for (const Flow& f : flows_) {
                    const std::int32_t at = forward ? f.from : f.to, next = forward ? f.to : f.from;
                    if (at >= 0 && inside(next) && reached.contains(at) && reached.insert(next).second) grown = true;
                }
            }
            near.merge(reached);
        }
        for (std::int32_t n : part.nodes) near.erase(n);
        std::vector<std::size_t> between;
        for (std::size_t f = 0; f < flows_.size(); ++f)
            if (near.contains(flows_[f].from) && near.contains(flows_[f].to)) between.push_back(f);
        const auto is_head = [&](std::int32_t n) { return node(n).point == point; };
        for (const Part& p : strong_parts(flows_, {near.begin(), near.end()}, between))
            if (std::ranges::any_of(p.nodes, is_head)) return std::nullopt;
        return std::ranges::count_if(near, is_head);
    }

    void note_iterations(std::uint32_t point, const Part& part, const Measure& m, std::uint64_t turns) {
        const std::optional<std::uint64_t> others = m.complete ? other_heads(point, part) : std::nullopt;
        if (!others) return;
        std::uint64_t& most = result_.iterations[point];
        most = std::max(most, turns + *others);
    }

    // Weights of the flows out of a node under the terms found so far.
    bool weigh(std::int32_t n) {
        bool good = true;
        std::set<const Flow*> seen;
        Cost from = result_.costs[static_cast<std::size_t>(n)];
        from.constant = 0;
        search_.observe(
            n,
            [&](State& s) {
                for (unsigned i = 0; i < from.term_count; ++i) {
                    s.name(*const_cast<Value*>(s.value_at(from.terms[i].at)));
                    counter_at(s, from.terms[i].at, s.ghosts[i]);
                }
            },
            [&](std::uint32_t point, const State& s) {
                const std::int32_t to = receiver(n, point, s);
                Flow* flow = to == -2 ? nullptr : flow_between(n, to);
                if (flow == nullptr) {
                    good = false;
                    return;
                }
                Cost there = to < 0 ? Cost{} : result_.costs[static_cast<std::size_t>(to)];
                there.constant = 0;
                std::int64_t margin = 0;
                if (!cost_margin(s, from, to < 0 ? nullptr : &there, scale_, margin)) {
                    good = false;
                    return;
                }
                if (counted_) margin += static_cast<std::int64_t>(s.steps - search_.contract_steps() - counted_from(n)) * scale_;
                flow->weight = seen.insert(flow).second ? -margin : std::max(flow->weight, -margin);
            });
        return good;
    }

    // The costliest round, per unit of the counter; `least` at least.
    std::optional<std::int64_t> price(const Part& rest, const std::set<std::int32_t>& heads, const Measure& m, std::int64_t least) {
        for (std::int32_t n : rest.nodes)
            if (!weigh(n)) return std::nullopt;
        std::map<std::int32_t, std::int64_t> longest;
        for (std::int32_t h : heads) longest[h] = 0;
        bool changed = true;
        for (std::size_t round = 0; changed; ++round) {
            if (round > rest.nodes.size() + 1) return std::nullopt;
            changed = false;
            for (std::size_t f : rest.flows) {
                const auto from = longest.find(flows_[f].from);
                if (from == longest.end()) continue;
                const std::int64_t way = from->second + flows_[f].weight;
                const auto [to, added] = longest.try_emplace(flows_[f].to, way);
                if (!added && to->second >= way) continue;
                changed = true;
                to->second = way;
            }
        }
        std::int64_t price = least;
        for (const auto& [f, moves] : m.strict) {
            const auto from = longest.find(flows_[f].from);
            if (from == longest.end()) continue;
            const std::int64_t round = from->second + flows_[f].weight;
            price = std::max(price, round > 0 ? (round + moves - 1) / moves : round / moves);
        }
        return price <= kMaxCoefficient ? std::optional(price) : std::nullopt;
    }

    // With all terms known: the least constants that every edge can afford.
    bool constants(const std::vector<std::int32_t>& nodes) {
        const auto has_terms = [&](std::int32_t n) { return n >= 0 && result_.costs[static_cast<std::size_t>(n)].term_count > 0; };
        const auto out = [&](std::int32_t n) -> const std::vector<std::size_t>& { return out_[static_cast<std::size_t>(n)]; };
        for (std::int32_t n : nodes) {
            bool needed = has_terms(n);
            for (std::size_t f : out(n)) {
                flows_[f].weight = static_cast<std::int64_t>(steps_on(flows_[f]) * scale_);
                needed = needed || has_terms(flows_[f].to);
            }
            if (needed && !weigh(n)) {
                result_.endless_loop = node(n).point;
                return false;
            }
        }
        for (std::int32_t n : nodes) {
            Cost& c = cost(n);
            std::int64_t least = 0;
            if (n == 0 || c.term_count == 0) continue;
            if (!search_.load_node(n, state_) || !cost_least(state_, c, least)) {
                result_.endless_loop = node(n).point;
                return false;
            }
            c.constant = out(n).empty() ? std::max<std::int64_t>(0, -least) : -kMaxCost;
        }
        // Nodes are made roughly in the order of execution, so from the last backwards most settle at once.
        bool changed = true;
        for (std::size_t round = 0; changed; ++round) {
            if (round > nodes.size() + 1) return false;
            changed = false;
            for (std::size_t i = nodes.size(); i-- > 0;) {
                std::int64_t& constant = result_.costs[static_cast<std::size_t>(nodes[i])].constant;
                for (std::size_t f : out(nodes[i])) {
                    const std::int64_t way = flows_[f].weight + (flows_[f].to < 0 ? 0 : result_.costs[static_cast<std::size_t>(flows_[f].to)].constant);
                    if (way > kMaxCost) return false;
                    if (way <= constant) continue;
                    constant = way;
                    changed = true;
                }
            }
        }
        return true;
    }

    Search& search_;
    std::uint32_t scale_;
    std::optional<std::uint32_t> counted_;
    std::uint64_t steps_ = 1;  // common multiple of the counters' steps
    std::vector<Cell> cells_;
    State state_;
    CostResult result_;
    std::vector<Flow> flows_;
    std::vector<std::vector<std::size_t>> out_;
    std::map<std::uint32_t, std::vector<std::int32_t>> by_point_;
    std::map<std::int32_t, std::vector<Location>> numbers_;
    std::set<std::int32_t> traced_;
    std::set<const Flow*> flow_seen_;
};

}  // namespace

// A counter that moves by several at a time has a price per unit that is a fraction of an instruction.
CostResult solve_costs(Search& search, std::optional<std::uint32_t> counted) {
    Solver whole(search, 1, counted);
    CostResult result = whole.run();
    if (!result.proved || whole.steps() == 1 || whole.steps() > proof::kMaxScale) return result;
    CostResult finer = Solver(search, static_cast<std::uint32_t>(whole.steps()), counted).run();
    return finer.proved && finer.worst_case() < result.worst_case() ? finer : result;
}

}  // namespace mbpf
