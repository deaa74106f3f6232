// SPDX-License-Identifier: Apache-2.0
// Tarjan's algorithm without recursion.
#include "verifier/cost_flow.h"

#include <algorithm>
#include <map>

namespace mbpf {

using namespace proof;

std::vector<Part> strong_parts(const std::vector<Flow>& all, const std::vector<std::int32_t>& nodes, const std::vector<std::size_t>& flows) {
    std::map<std::int32_t, std::vector<std::size_t>> out;
    for (std::size_t f : flows)
        if (all[f].to >= 0) out[all[f].from].push_back(f);
    struct Info {
        std::uint32_t index = 0, low = 0;
        bool on_stack = false;
    };
    std::map<std::int32_t, Info> info;
    std::vector<std::int32_t> stack;
    std::vector<Part> parts;
    std::map<std::int32_t, std::size_t> part_of;
    std::uint32_t next = 1;
    struct Visit {
        std::int32_t node;
        std::size_t edge;
    };
    static const std::vector<std::size_t> kNone;
    for (std::int32_t root : nodes) {
        if (info[root].index != 0) continue;
        std::vector<Visit> visits{{root, 0}};
        info[root] = {next, next, true};
        ++next;
        stack.push_back(root);
        while (!visits.empty()) {
            Visit& v = visits.back();
            const auto found = out.find(v.node);
            const auto& edges = found == out.end() ? kNone : found->second;
            if (v.edge < edges.size()) {
                const std::int32_t to = all[edges[v.edge++]].to;
                Info& i = info[to];
                if (i.index == 0) {
                    i = {next, next, true};
                    ++next;
                    stack.push_back(to);
                    visits.push_back({to, 0});
                } else if (i.on_stack) {
                    info[v.node].low = std::min(info[v.node].low, i.index);
                }
                continue;
            }
            const std::int32_t done = v.node;
            visits.pop_back();
            if (!visits.empty()) info[visits.back().node].low = std::min(info[visits.back().node].low, info[done].low);
            if (info[done].low != info[done].index) continue;
            Part part;
            for (;;) {
                const std::int32_t member = stack.back();
                stack.pop_back();
                info[member].on_stack = false;
                part.nodes.push_back(member);
                part_of[member] = parts.size();
                if (member == done) break;
            }
            parts.push_back(std::move(part));
        }
    }
    for (std::size_t f : flows)
        if (all[f].to >= 0) {
            const auto a = part_of.find(all[f].from), b = part_of.find(all[f].to);
            if (a != part_of.end() && b != part_of.end() && a->second == b->second) parts[a->second].flows.push_back(f);
        }
    std::erase_if(parts, [](const Part& p) { return p.flows.empty(); });
    for (Part& p : parts) std::ranges::sort(p.nodes);
    return parts;
}

Location location_of(const State& s, unsigned index) {
    if (index < State::kRegisters) return {static_cast<std::int16_t>(index), 8, proof::kRegisters};
    return s.cells[index - State::kRegisters - kMaxTerms].at;
}

void relate(const State& s, const Location& from, const Value& start, const Location& to, const Value& now, std::vector<Movement>& found) {
    bool related = now.symbol != 0 && start.symbol == now.symbol;
    for (unsigned d = 0; d < s.difference_count && now.symbol != 0 && !related; ++d)
        related = (s.differences[d].a == start.symbol && s.differences[d].b == now.symbol) || (s.differences[d].b == start.symbol && s.differences[d].a == now.symbol);
    for (const Reading reading : {Reading::as_unsigned, Reading::as_signed, Reading::bits_set}) {
        if (reading == Reading::bits_set ? !related && now.origin != start.symbol : !related) continue;
        std::int64_t up = 0, down = 0;
        if (reading_difference(s, now, start, reading, up) && reading_difference(s, start, now, reading, down)) found.push_back({from, to, -down, up, reading});
    }
}

}  // namespace mbpf
