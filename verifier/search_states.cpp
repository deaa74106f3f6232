// SPDX-License-Identifier: Apache-2.0
// The states kept at points: as a certificate has them, joined, and without what nobody reads again.
#include <algorithm>
#include <array>
#include <set>

#include "verifier/checker/cover.h"
#include "verifier/search.h"

namespace mbpf {

using namespace proof;

namespace {

Reader reader(const Bytes& bytes) { return {bytes.data(), bytes.data() + bytes.size(), true}; }

constexpr std::size_t kMaxEnds = 64;

}  // namespace

// A counter that ends at a constant is a step before it where its loop begins a turn.
void Search::find_ends() {
    std::array<std::set<std::int32_t>, bpf::kRegisterCount> ends, steps;
    for (std::size_t i = 0; i < ops_.size(); ++i) {
        const bpf::Insn& insn = program_.insns[i];
        if (!ops_[i].valid || ops_[i].uses_src || insn.imm <= 0) continue;
        if (ops_[i].kind == bpf::Kind::jump) ends[insn.dst].insert(insn.imm);
        if (ops_[i].kind == bpf::Kind::alu && ops_[i].alu == bpf::AluOp::add) steps[insn.dst].insert(insn.imm);
    }
    for (std::uint8_t r = 0; r < bpf::kRegisterCount; ++r)
        for (std::int32_t end : ends[r])
            for (std::int32_t step : steps[r])
                if (end >= step && compared_with_.size() < kMaxEnds) compared_with_.emplace_back(r, static_cast<std::uint64_t>(end - step));
}

bool Search::load(const Bytes& bytes, State& into) const {
    Reader in = reader(bytes);
    Cost cost;
    into.longest_packet = env_.longest_packet;
    return load_invariant(in, env_, into, cost);
}

// As an invariant, without differences where none are to be stated.
Invariant Search::stated_at(std::uint32_t point, const State& s, std::uint16_t live) {
    if (!options_.plain.contains(point & ~kGate)) return encode_invariant(s, live);
    copy_state(old_, s);
    static_cast<Order&>(old_) = Order{};
    return encode_invariant(old_, live);
}

// The join of an invariant and a state, as an invariant that covers both by the checker's own rules: relations
// that it could not see are left out.
bool Search::join_into(std::uint32_t point, const Bytes& old, const State& s, std::uint16_t live, Invariant& out, const Compared* compared, const Thresholds* widen) {
    if (!load(old, other_) || !join_states(other_, s, compared, options_.congruences)) return false;
    ++stats_.joins;
    load(old, old_);
    if (widen != nullptr) {
        ++stats_.widenings;
        widen_state(other_, old_, *widen, compared, widen == &thresholds_ ? &compared_with_ : nullptr);
    }
    for (int left_out = !options_.relations ? 3 : options_.plain.contains(point & ~kGate) ? 2 : 0; left_out < 4; ++left_out) {
        if (left_out == 1) std::ranges::fill(other_.sums, Order::Sum{});
        if (left_out >= 2) static_cast<Order&>(other_) = Order{};
        if (left_out == 3)
            for (unsigned i = 0; i < other_.value_count(); ++i)
                if (other_.at(i).kind != ValueKind::pointer_or_null) other_.at(i).drop_symbol();
        out = encode_invariant(other_, live);
        const Bytes bytes = out.bytes();
        Cost cost;
        Reader first = reader(bytes), second = reader(bytes);
        if (covers(first, s, cost) && covers(second, old_, cost)) break;
    }
    return true;
}

void Search::set_bytes(std::int32_t node, const Invariant& invariant) {
    Node& n = nodes_[static_cast<std::size_t>(node)];
    live_bytes_ -= n.bytes.size();
    n.bytes = invariant.bytes();
    n.bytes.shrink_to_fit();
    n.signature = invariant.signature;
    n.fine = invariant.fine;
    live_bytes_ += n.bytes.size();
    stats_.peak_bytes = std::max(stats_.peak_bytes, live_bytes_ + nodes_.size() * (sizeof(Node) + 16) + edges_.size() * sizeof(GraphEdge) + 2 * (sizeof(State) + cells_.size() * sizeof(Cell)));
}

std::int32_t Search::add_node(std::int32_t from, std::uint32_t point, std::uint16_t live, std::uint32_t function) {
    Node n;
    n.point = point;
    n.live = live;
    n.function = function;
    n.contract = contract_;
    n.parent = from == 0 ? root_ : from;
    n.decisions = decisions_;
    nodes_.push_back(std::move(n));
    return static_cast<std::int32_t>(nodes_.size() - 1);
}

// How far a pointer may lie behind the packet's end is known through the pointer it was made from, which an invariant
// need not hold any more: said of the pointer itself, it lasts.
void Search::note_packet_ends(State& s) {
    for (unsigned i = 0; i < s.value_count() && s.difference_count > 0; ++i) {
        const Value& v = s.at(i);
        std::int64_t bound = 0;
        if (v.kind != ValueKind::pointer || v.region != Region::packet || v.symbol == 0) continue;
        const Value variable = variable_part(v);
        if (exact_sum(variable) && s.below_packet_end(variable, bound)) s.learn(v.symbol, kPacketLength, bound - variable.delta);
    }
}

// States that differ only in what nobody reads again need not be kept apart.
void Search::forget_dead_stack(State& s, std::uint32_t point) const {
    for (unsigned f = 0; f < s.depth; ++f) {
        const StackBytes* live = nullptr;
        std::uint16_t saved = 0xffff;  // of the caller's registers that frame f keeps
        if (f > 0 && s.frames[f].return_slot < kContract && cfg_.block_at[s.frames[f].return_slot] != UINT32_MAX) saved = cfg_.blocks[cfg_.block_at[s.frames[f].return_slot]].live_in;
        if (f + 1 < s.depth) {
            const auto call = liveness_.at_call.find(s.frames[f + 1].return_slot - 1);
            if (call != liveness_.at_call.end()) live = &call->second;
        } else if ((point & kGate) == 0) {
            live = &liveness_.at_block[cfg_.block_at[point]];
        }
        for (unsigned i = 0; i < s.cell_count; ++i) {
            Cell& c = s.cells[i];
            if (c.at.frame != f) continue;
            if (c.at.offset >= 0) {
                if (c.at.offset < 4 && (saved >> (6 + c.at.offset) & 1) == 0) c.value = Value{};
            } else if (live != nullptr && !live->any(c.at.offset, c.at.size)) {
                c.value = Value{};
            }
        }
        if (live != nullptr)
            for (std::size_t w = 0; w < live->words.size(); ++w) s.frames[f].written[w] &= live->words[w];
    }
    // A cell that is kept keeps all of its bytes.
    unsigned kept = 0;
    for (unsigned i = 0; i < s.cell_count; ++i) {
        const Cell& c = s.cells[i];
        if (c.value.kind == ValueKind::unknown) continue;
        if (c.at.offset < 0) s.frames[c.at.frame].mark(c.at.offset, c.at.size, true);
        s.cells[kept++] = s.cells[i];
    }
    s.cell_count = static_cast<std::uint16_t>(kept);
}

}  // namespace mbpf
