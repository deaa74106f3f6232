// SPDX-License-Identifier: Apache-2.0
// A function that many places call is run once for all calls that bring no more than its contract asks for: that is
// the state of the call which first came, without what is the caller's. What comes back is known to be what the
// contract's exit says of r0, and nothing of the caller's has changed; calls that hand over a way to its stack, or hold
// references, are followed in place. The checker chooses among contracts as covering() does: the first that covers.
#include "verifier/checker/cover.h"
#include "verifier/search.h"

namespace mbpf {

using namespace proof;

namespace {

Reader reader(const Bytes& bytes) { return {bytes.data(), bytes.data() + bytes.size(), true}; }

bool leads_to_stack(const Value& v) { return v.is_pointer() && v.region == Region::stack; }

}  // namespace

// Of a call that has just been made.
std::int32_t Search::covering(std::uint32_t target) {
    Cost cost;
    std::uint32_t number = 0;
    for (std::size_t c = 0; c < contracts_.size(); ++c) {
        if (contracts_[c].function != target) continue;
        Reader in = reader(nodes_[static_cast<std::size_t>(contracts_[c].entry)].bytes);
        ++stats_.steps;
        if (covers(in, s_, cost, &number)) return static_cast<std::int32_t>(c);
    }
    return -1;
}

Search::Called Search::by_contract(std::int32_t node, std::uint32_t target) {
    std::int32_t contract = covering(target);
    if (contract < 0) {
        const std::uint16_t live = cfg_.blocks[cfg_.block_at[target]].live_in;
        bool alone = observer_ == nullptr && !s_.holds_references() && !s_.locked;
        for (unsigned r = 0; r < bpf::kFramePointer; ++r) alone = alone && ((live >> r & 1) == 0 || !leads_to_stack(s_.regs[r]));
        if (!alone) return Called::in_place;
        if (!run_contract(node, target, contract)) return Called::failed;
    }
    return come_back(contract);
}

bool Search::run_contract(std::int32_t node, std::uint32_t target, std::int32_t& made) {
    std::vector<Cell> cells(s_.cell_room);
    State call(cells.data(), s_.cell_room);
    copy_state(call, s_);
    const std::vector<std::uint32_t> decisions = decisions_;
    const std::int32_t outer = contract_, failing = failure_node_;
    const std::uint32_t block = cfg_.block_at[target];
    const std::uint16_t live = cfg_.blocks[block].live_in;

    made = contract_ = static_cast<std::int32_t>(contracts_.size());
    const std::uint32_t back = static_cast<std::uint32_t>(made) | kContract;
    s_.cell_count = 0;
    for (unsigned f = 0; f < s_.depth; ++f) {
        for (std::uint64_t& w : s_.frames[f].written) w = 0;
        if (f > 0) s_.frames[f].return_slot = back;
    }
    const std::int32_t entry = add_node(node, target | kContract, live, cfg_.blocks[block].function);
    set_bytes(entry, encode_invariant(s_, live));
    // A difference of values that may wrap cannot be seen to hold.
    Cost cost;
    std::uint32_t number = 0;
    Reader in = reader(nodes_.back().bytes);
    if (!covers(in, call, cost, &number)) {
        static_cast<Order&>(s_) = Order{};
        set_bytes(entry, encode_invariant(s_, live));
    }
    contracts_.push_back({target, entry, -1, 0});
    load(nodes_.back().bytes, s_);
    decisions_.clear();
    Activation body;
    body.function = cfg_.blocks[block].function;
    if (!segment(entry, target, body, false) || !run_components(cfg_.order[body.function], body)) return false;
    const std::vector<std::int32_t> exits = take(back | kGate, body);
    contract_ = outer;
    failure_node_ = failing;
    decisions_ = decisions;
    copy_state(s_, call);
    const bool promises = exits.size() == 1 && load(nodes_[static_cast<std::size_t>(exits.front())].bytes, other_) && !other_.regs[0].is_pointer();
    if (promises) contracts_[static_cast<std::size_t>(made)].exit = exits.front();
    if (promises || (exits.empty() && tentative_ > 0)) return true;
    failure_ = SearchFailure::endless;  // it never comes back, or with more than a contract can promise
    failure_slot_ = target;
    return false;
}

Search::Called Search::come_back(std::int32_t contract) {
    const Contract& c = contracts_[static_cast<std::size_t>(contract)];
    if (c.exit < 0) {  // its ways were dropped
        ++dropped_;
        return Called::ended;
    }
    load(nodes_[static_cast<std::size_t>(c.exit)].bytes, other_);
    Value result = other_.regs[0];
    result.drop_symbol();
    m_.come_back(result);
    if (moves_packets_) s_.forget_packet();
    s_.steps += c.cost;
    taken_contract_ = contract;
    return Called::covered;
}

}  // namespace mbpf
