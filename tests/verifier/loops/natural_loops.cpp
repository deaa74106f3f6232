// SPDX-License-Identifier: Apache-2.0
// Dominance by its definition: d dominates u if u cannot be reached without d. Slow, and short enough to trust.
#include "tests/verifier/loops/natural_loops.h"

#include <algorithm>

namespace mbpf {

namespace {

using Slots = std::vector<bool>;
using Edges = std::vector<std::vector<std::uint32_t>>;

std::int64_t distance_of(const bpf::Insn& insn, const bpf::Op& op) { return op.kind == bpf::Kind::jump_always && op.width == 32 ? insn.imm : insn.offset; }

bool jumps(const bpf::Op& op) { return op.kind == bpf::Kind::jump || op.kind == bpf::Kind::jump_always; }

Edges edges_of(const bpf::Program& program) {
    Edges out(program.insns.size());
    for (std::uint32_t at = 0; at < out.size(); ++at) {
        const bpf::Op* op = bpf::find_op(program.insns[at]);
        if (op == nullptr || op->kind == bpf::Kind::exit) continue;
        const auto add = [&](std::int64_t to) {
            if (to >= 0 && to < static_cast<std::int64_t>(out.size())) out[at].push_back(static_cast<std::uint32_t>(to));
        };
        if (jumps(*op)) add(at + 1 + distance_of(program.insns[at], *op));
        if (op->kind != bpf::Kind::jump_always) add(at + (op->kind == bpf::Kind::load_imm64 ? 2 : 1));
    }
    return out;
}

// Reached from `from` without passing `barrier`.
Slots reach(const Edges& edges, std::uint32_t from, std::uint32_t barrier) {
    Slots seen(edges.size(), false);
    std::vector<std::uint32_t> todo{from};
    while (!todo.empty()) {
        const std::uint32_t at = todo.back();
        todo.pop_back();
        if (at == barrier || seen[at]) continue;
        seen[at] = true;
        todo.insert(todo.end(), edges[at].begin(), edges[at].end());
    }
    return seen;
}

}  // namespace

NaturalLoop innermost_loop(const bpf::Program& program, std::uint32_t slot) {
    const Edges edges = edges_of(program);
    Edges back(edges.size());
    for (std::uint32_t at = 0; at < edges.size(); ++at)
        for (std::uint32_t to : edges[at]) back[to].push_back(at);
    const auto function = std::ranges::find_if(program.functions, [&](const bpf::Function& f) { return f.begin <= slot && slot < f.end; });
    NaturalLoop best;
    if (function == program.functions.end()) return best;
    const Slots live = reach(edges, function->begin, UINT32_MAX);
    std::ptrdiff_t smallest = PTRDIFF_MAX;
    for (std::uint32_t entry = function->begin; entry < function->end; ++entry) {
        if (!live[entry]) continue;
        const Slots without = reach(edges, function->begin, entry);
        Slots inside(edges.size(), false);
        for (std::uint32_t tail : back[entry]) {
            if (!live[tail] || without[tail]) continue;  // not dominated: no way back
            inside[entry] = true;
            const Slots body = reach(back, tail, entry);
            for (std::size_t i = 0; i < body.size(); ++i) inside[i] = inside[i] || body[i];
        }
        if (!inside[slot]) continue;
        const std::ptrdiff_t size = entry == slot ? 0 : std::ranges::count(inside, true);
        if (size >= smallest) continue;
        smallest = size;
        best = {entry, inside};
    }
    return best;
}

std::size_t backward_jumps(const bpf::Program& program) {
    std::size_t count = 0;
    for (const bpf::Insn& insn : program.insns)
        if (const bpf::Op* op = bpf::find_op(insn); op != nullptr && jumps(*op)) count += distance_of(insn, *op) < 0;
    return count;
}

}  // namespace mbpf
