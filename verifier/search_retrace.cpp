// SPDX-License-Identifier: Apache-2.0
// What others ask of a finished search. The way to a failure once more, for people: from each invariant on it along the decisions taken, so that what was
// known at each decision can be told. Where the way cannot be followed (through a callback's gate, or where an
// invariant has since grown), its decisions are told without values.
#include "verifier/search.h"

namespace mbpf {

using namespace proof;
using bpf::Kind;

void Search::retrace(const Retraced& see) {
    // The way up to the first loop and the last decisions are told; a loop that was run out has thousands.
    constexpr std::size_t kFirst = 8, kLast = 40;
    constexpr std::uint32_t kSteps = 1u << 16;  // of one segment
    std::vector<std::int32_t> chain;
    for (std::int32_t n = failure_node_; n >= 0; n = n == 0 ? -1 : nodes_[static_cast<std::size_t>(n)].parent) chain.push_back(n);
    const std::vector<std::uint32_t> last = decisions_;
    for (std::size_t k = chain.size(); k-- > 0;) {
        const Node& node = nodes_[static_cast<std::size_t>(chain[k])];
        const std::vector<std::uint32_t>& decisions = k == 0 ? last : nodes_[static_cast<std::size_t>(chain[k - 1])].decisions;
        const std::uint32_t end = k == 0 ? failure_slot_ : nodes_[static_cast<std::size_t>(chain[k - 1])].point & ~kContract;
        if (k >= kLast && chain.size() - 1 - k >= kFirst) {
            see(Retrace::skipped, static_cast<std::uint32_t>(decisions.size()), nullptr);
            continue;
        }
        see(loops_.contains(node.point) ? Retrace::loop : Retrace::segment, node.point & ~kContract, nullptr);
        bool follows = (node.point & kGate) == 0;
        if (follows && chain[k] == 0) {
            s_.clear();
            m_.enter_program();
        } else if (follows) {
            follows = load(node.bytes, s_);
            s_.settle();
        }
        std::uint32_t slot = node.point & ~kContract;
        std::size_t done = 0;
        for (std::uint32_t step = 0; follows && step < kSteps && !(done == decisions.size() && slot == end && step > 0); ++step) {
            const Operation& op = ops_[slot];
            const bpf::Insn& insn = program_.insns[slot];
            if (op.kind == Kind::jump) {
                if (done == decisions.size() || decisions[done] >> 1 != slot) break;
                const bool taken = (decisions[done] & 1) != 0;
                m_.name_operands(slot, op);
                if (m_.edge(slot, op, taken) != Edge::feasible) break;
                see(taken ? Retrace::taken : Retrace::not_taken, slot, &s_);
                ++done;
                slot += 1 + (taken ? static_cast<std::uint32_t>(std::int32_t{insn.offset}) : 0);
            } else if (op.kind == Kind::jump_always) {
                slot = static_cast<std::uint32_t>(std::int64_t{slot} + 1 + (op.width == 32 ? insn.imm : insn.offset));
            } else if (op.kind == Kind::call_local) {
                see(Retrace::instruction, slot, &s_);
                const std::uint32_t target = slot + 1 + static_cast<std::uint32_t>(insn.imm);
                if (!m_.call(slot, target)) break;
                const std::int32_t contract = covering(target);
                const bool back = contract >= 0 && contracts_[static_cast<std::size_t>(contract)].exit >= 0 && come_back(contract) == Called::covered;
                slot = back ? slot + 1 : target;
            } else if (op.kind == Kind::exit) {
                const std::uint32_t back = s_.top().return_slot;
                if (s_.depth == 1 || s_.top().kind == FrameKind::callback || !m_.leave(slot)) break;
                see(Retrace::leave, slot, &s_);
                slot = back;
            } else {
                if (op.kind == Kind::call_helper && m_.is_callback(slot)) break;
                see(Retrace::instruction, slot, &s_);
                if (!m_.step(slot, op)) break;
                if (s_.depth > 1 && m_.tail_call_at(slot) && end != slot + 1) {
                    slot = s_.top().return_slot;
                    m_.tail_called();
                    continue;
                }
                slot += op.kind == Kind::load_imm64 ? 2 : 1;
            }
        }
        m_.clear_failure();
        if (follows && done == decisions.size() && slot == end) see(Retrace::arrived, slot, &s_);
        for (; done < decisions.size(); ++done) see((decisions[done] & 1) != 0 ? Retrace::taken : Retrace::not_taken, decisions[done] >> 1, nullptr);
    }
}

std::set<std::uint32_t> Search::loop_body(std::uint32_t point) const {
    std::set<std::uint32_t> body;
    const auto gather = [&](auto&& self, const Component& c, std::set<std::uint32_t>& into) -> void {
        into.insert(cfg_.blocks[c.head].begin);
        for (const Component& inner : c.body) self(self, inner, into);
    };
    const auto visit = [&](auto&& self, const std::vector<Component>& components) -> void {
        for (const Component& c : components) {
            if (!c.is_loop) continue;
            std::set<std::uint32_t> blocks;
            gather(gather, c, blocks);
            if (!blocks.contains(point)) continue;
            body = std::move(blocks);
            self(self, c.body);
        }
    };
    for (const auto& order : cfg_.order) visit(visit, order);
    return body;
}

void Search::observe(std::int32_t node, const std::function<void(State&)>& prepare, const std::function<void(std::uint32_t, const State&)>& arrive) {
    const Node& n = nodes_[static_cast<std::size_t>(node)];
    Activation act;
    observer_ = &arrive;
    stats_.steps = 0;
    const auto start = [&] {
        if (node == 0) {
            s_.clear();
            m_.enter_program();
        } else {
            load(n.bytes, s_);
            if ((n.point & kGate) == 0) s_.settle();
        }
        prepare(s_);
    };
    start();
    if ((n.point & kContract) != 0) {
        if ((n.point & kGate) == 0) segment(node, n.point & ~kContract, act, false);
    } else if ((n.point & kGate) == 0) {
        segment(node, n.point, act, true);
        for (std::size_t t = 0; node == 0 && t < timers_.size(); ++t) {
            load(nodes_[static_cast<std::size_t>(timers_[t])].bytes, s_);
            m_.enter_timer();
            segment(0, s_.top().function, act, false);
        }
    } else {
        if (!m_.is_timer(n.point & ~kGate) && m_.enter_run()) segment(node, s_.top().function, act, false);
        start();
        m_.end_callback();
        segment(node, (n.point & ~kGate) + 1, act, false);
    }
    observer_ = nullptr;
}

}  // namespace mbpf
