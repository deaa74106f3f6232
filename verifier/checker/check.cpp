// SPDX-License-Identifier: Apache-2.0
#include "verifier/checker/check.h"

#include "verifier/checker/cover.h"

inline void* operator new(size_t, void* place, int) noexcept { return place; }

namespace mbpf::proof {

using bpf::Insn;
using bpf::Kind;

namespace {

class Checker {
  public:
    Checker(const Environment& env, const Certificate& certificate, Cell* cells, uint16_t room, Observer* observer, uint64_t max_work)
        : env_(env), c_(certificate), s_(cells, room), m_(env, s_), observer_(observer), max_work_(max_work) {}
    CheckResult run() {
        r_.worst_case = c_.worst_case;
        r_.stack_bytes = c_.stack_bytes;
        if (c_.stack_bytes > env_.max_stack) return stop(CheckError::stack);
        if (c_.worst_case > env_.max_instructions) return stop(CheckError::hook_budget);
        for (uint32_t i = 0; i < env_.insn_count; ++i) moves_packets_ = moves_packets_ || m_.moves_packets(i);
        // The program's entry, then every stated invariant, each once.
        m_.enter_program();
        cost_ = whole();
        if (!claim_frames() || !segment(0, true)) return r_;
        for (uint32_t i = 0; i < c_.point_count; ++i) {
            Reader in;
            const uint32_t point = c_.point_slot(i);
            if (!c_.at(i, in)) return stop(CheckError::malformed);
            for (uint64_t n = in.bounded(UINT16_MAX); n > 0; --n) {
                r_.from = point;
                const Reader body = read_part(in);
                if (!in.good) return stop(CheckError::malformed);
                if (!invariant(point, body)) return r_;
            }
        }
        return r_;
    }

  private:
    // Of a run. What is left of a unit at the end is less than an instruction.
    Cost whole() const {
        Cost c;
        c.constant = static_cast<int64_t>(c_.worst_case * c_.scale + c_.scale - 1);
        return c;
    }
    // A run ends here.
    bool ends(uint32_t slot) {
        int64_t margin = 0;
        return (cost_margin(s_, cost_, nullptr, c_.scale, margin) && margin >= 0) || bad(CheckError::cost, slot);
    }
    CheckResult stop(CheckError error) {
        r_.error = error;
        return r_;
    }
    bool bad(CheckError error, uint32_t slot) {
        r_.error = error;
        r_.slot = slot;
        return false;
    }
    bool unsafe(uint32_t slot) {
        r_.failure = m_.failure();
        return bad(CheckError::unsafe, slot);
    }

    bool invariant(uint32_t point, Reader body) {
        Reader in = body;
        int64_t least = 0;
        if (!load_invariant(in, env_, s_, cost_) || in.at != in.end) return bad(CheckError::malformed, point);
        // Any bound from below ends the run; then what is left to spend is what it spends. A contract's callers count on 0.
        if (!cost_least(s_, cost_, least) || ((point & kContract) != 0 && least < 0)) return bad(CheckError::cost, point);
        if (s_.cell_count > peak_cells_) peak_cells_ = s_.cell_count;
        if (!claim_frames()) return false;
        if ((point & kContract) != 0) {
            // What arrives at a contract's exit has been held against it already.
            if ((point & kGate) != 0) return true;
            return is_contract() ? segment(point & ~kContract, false) : bad(CheckError::malformed, point);
        }
        s_.settle();
        if ((point & kGate) == 0) return segment(point, true);
        // A gate: one more run of the callback (a timer's is a run of its own), and the way past the call.
        const uint32_t slot = point & ~kGate;
        if (s_.top().kind != FrameKind::callback || s_.top().return_slot != slot + 1 || !m_.says_what_is_passed(slot)) return bad(CheckError::malformed, point);
        if (m_.is_timer(slot)) {
            m_.enter_timer();
            cost_ = whole();
            if (!claim_frames() || !segment(s_.top().function, false)) return false;
        } else if (m_.enter_run() && !segment(s_.top().function, false)) {
            return false;
        }
        in = body;
        if (!load_invariant(in, env_, s_, cost_) || !claim_frames()) return bad(CheckError::malformed, point);
        m_.end_callback();
        return segment(slot + 1, false);
    }

    // A contract's first state holds nothing of its callers', nor a way to it: no stored value, no pointer into a stack, no
    // reference. So a call that it covers changes nothing there, whoever makes it.
    bool is_contract() const {
        bool alone = s_.top().kind == FrameKind::call && s_.top().return_slot >= kContract && s_.cell_count == 0 && cost_.term_count == 0 && !s_.locked && !s_.holds_references();
        for (unsigned r = 0; r < bpf::kFramePointer; ++r) alone = alone && s_.regs[r].region != Region::stack;
        return alone;
    }

    // What a contract promises of r0, if the call comes back. On its own, for the stack's sake.
    [[gnu::noinline]] bool promised(uint32_t contract, Value& r0) const {
        Reader in;
        if (!c_.find(contract | kGate, in) || in.varint() != 1) return false;
        Reader body = read_part(in);
        Cost cost;
        Shape shape;
        read_head(body, cost, shape);
        if (body.bounded(1) == 1) {
            body.require(body.varint() == 0);  // register 0
            r0 = read_value(body);
            r0.drop_symbol();
        }
        for (uint32_t held : shape.references) body.require(held == 0);
        return body.good && !shape.locked && !r0.is_pointer();
    }

    // A call has been made. `covered`: by a contract of the function; it has then returned, at the contract's cost.
    bool by_contract(uint32_t function, bool& covered) {
        Reader in;
        for (uint64_t n = c_.find(function | kContract, in) ? in.bounded(UINT16_MAX) : 0; n > 0; --n) {
            Reader body = read_part(in);
            Cost cost;
            Value r0;
            uint32_t contract = 0;
            r_.work += 1 + static_cast<uint64_t>(body.end - body.at) / 64;
            if (!covers(body, s_, cost, &contract)) continue;
            if (!promised(contract, r0)) return bad(CheckError::no_invariant, function);
            m_.come_back(r0);
            if (moves_packets_) s_.forget_packet();
            s_.steps += static_cast<uint64_t>(cost.constant + c_.scale - 1) / c_.scale;
            covered = true;
            return s_.steps <= static_cast<uint64_t>(kMaxCost) || bad(CheckError::cost, function);
        }
        return true;
    }

    // Claimed stack of every open frame; together within the claim of the whole.
    bool claim_frames() {
        uint32_t sum = 0;
        for (unsigned f = 0; f < s_.depth; ++f) {
            claims_[f] = c_.stack_of(s_.frames[f].function);
            m_.touched[f] = 0;
            sum += claims_[f];
        }
        return sum <= c_.stack_bytes || bad(CheckError::stack, 0);
    }
    bool within_claims(uint32_t slot) {
        for (unsigned f = 0; f < s_.depth; ++f)
            if (m_.touched[f] > claims_[f]) return bad(CheckError::stack, slot);
        return true;
    }

    // Some invariant of the point covers the state, at a cost the segment can afford.
    bool arrive(uint32_t point, bool& stated) {
        Reader in;
        stated = c_.find(point, in);
        if (!stated) return true;
        if (s_.cell_count > peak_cells_) peak_cells_ = s_.cell_count;
        bool affordable = true;
        for (uint64_t n = in.bounded(UINT16_MAX); n > 0; --n) {
            Reader body = read_part(in);
            r_.work += 1 + static_cast<uint64_t>(body.end - body.at) / 64;
            Cost cost;
            int64_t margin = 0;
            if (!covers(body, s_, cost)) continue;
            if (cost_margin(s_, cost_, &cost, c_.scale, margin) && margin >= 0) return true;
            affordable = false;
        }
        return bad(affordable ? CheckError::not_covered : CheckError::cost, point);
    }
    bool must_arrive(uint32_t point) {
        bool stated = false;
        return arrive(point, stated) && (stated || bad(CheckError::no_invariant, point));
    }

    // Runs on from `slot` until every way has arrived at a point or ended. Only forward jumps are followed
    // past points, so that no cycle goes unstated.
    bool segment(uint32_t slot, bool at_point) {
        for (;; at_point = false) {
            bool stated = false;
            if (!at_point && (!arrive(slot, stated) || stated)) return r_.error == CheckError::none;
            if (slot >= env_.insn_count) return bad(CheckError::malformed, slot);
            if (++r_.work > max_work_) return bad(CheckError::budget, slot);
            const Insn& insn = env_.insns[slot];
            const Operation op = decode(insn);
            if (!op.valid) return bad(CheckError::malformed, slot);
            if (observer_ != nullptr) observer_->instruction(slot, s_);
            if (env_.counted == UINT32_MAX || env_.counted == slot) ++s_.steps;
            uint32_t target = slot;
            const bool jumps = op.kind == Kind::jump || op.kind == Kind::jump_always || op.kind == Kind::call_local;
            if (jumps && !target_of(slot, insn, op, target)) return bad(CheckError::malformed, slot);
            const bool gate = op.kind == Kind::call_helper && m_.is_callback(slot);
            if (op.kind == Kind::jump) {
                if (!conditional(slot, target, op, stated)) return false;
                if (!stated) return true;  // the edge that falls through cannot be
                ++slot;
            } else if (op.kind == Kind::jump_always) {
                if (observer_ != nullptr) observer_->taken_edge(slot, true);
                if (target <= slot) return must_arrive(target);
                slot = target;
            } else if (op.kind == Kind::call_local) {
                if (!m_.call(slot, target)) return unsafe(slot);
                if (!claim_frames() || !by_contract(target, stated)) return false;
                slot = stated ? slot + 1 : target;
            } else if (op.kind == Kind::exit) {
                const FrameKind kind = s_.top().kind;
                const uint32_t back = s_.top().return_slot;
                if (!(kind == FrameKind::callback ? m_.end_run(slot) : m_.leave(slot))) return unsafe(slot);
                if (kind == FrameKind::entry || (kind == FrameKind::callback && m_.is_timer(back - 1))) return ends(slot);
                if (kind == FrameKind::callback) return must_arrive((back - 1) | kGate);
                if (back >= kContract) return must_arrive(back | kGate);
                slot = back;
            } else {
                if (!(gate ? m_.begin_callback(slot) : m_.step(slot, op))) return unsafe(slot);
                if (!within_claims(slot)) return false;
                if (observer_ != nullptr) observer_->uses(m_.helper_used, m_.map_used);
                if (gate) return must_arrive(slot | kGate);
                if (s_.depth > 1 && m_.tail_call_at(slot)) {  // it may fail
                    if (!must_arrive(slot + 1)) return false;
                    const uint32_t back = s_.top().return_slot;
                    m_.tail_called();
                    if (back >= kContract) return must_arrive(back | kGate);
                    slot = back;
                    continue;
                }
                slot += op.kind == Kind::load_imm64 ? 2 : 1;
            }
        }
    }

    bool target_of(uint32_t slot, const Insn& insn, const Operation& op, uint32_t& target) const {
        const bool near = op.kind == Kind::jump || (op.kind == Kind::jump_always && op.width == 64);
        const int64_t to = int64_t{slot} + 1 + (near ? insn.offset : insn.imm);
        target = static_cast<uint32_t>(to);
        return to >= 0 && to < env_.insn_count;
    }

    // Both edges; the taken one must arrive at once. `goes_on`: the other is feasible, and the state is its.
    bool conditional(uint32_t slot, uint32_t target, const Operation& op, bool& goes_on) {
        m_.name_operands(slot, op);
        s_.begin_undo(undo_);
        const Edge taken = m_.edge(slot, op, true);
        if (taken == Edge::failed) return unsafe(slot);
        if (taken == Edge::feasible) {
            if (observer_ != nullptr) observer_->taken_edge(slot, true);
            if (!must_arrive(target)) return false;
        }
        s_.take_back();
        const Edge other = m_.edge(slot, op, false);
        if (other == Edge::failed) return unsafe(slot);
        goes_on = other == Edge::feasible;
        if (goes_on && observer_ != nullptr) observer_->taken_edge(slot, false);
        return true;
    }

    const Environment& env_;
    const Certificate& c_;
    State s_;
    Undo undo_;
    Machine m_;
    Observer* observer_;
    uint64_t max_work_;
    Cost cost_;
    bool moves_packets_ = false;  // some instruction of the program may
    uint32_t claims_[kMaxFrames] = {};
    CheckResult r_;

  public:
    unsigned peak_cells_ = 0;
};

constexpr size_t kAlign = 16;
constexpr size_t aligned(size_t n) { return (n + kAlign - 1) / kAlign * kAlign; }

}  // namespace

size_t check_memory(unsigned cells) { return kAlign + aligned(sizeof(Checker)) + cells * sizeof(Cell); }

CheckResult check(const Environment& env, const uint8_t* certificate, size_t size, void* memory, size_t memory_bytes, Observer* observer, uint64_t max_work) {
    CheckResult r;
    Certificate c;
    r.error = memory_bytes < check_memory(0) ? CheckError::memory : !c.open(certificate, size) ? CheckError::malformed : CheckError::none;
    if (!r.proved()) return r;
    uint8_t* place = static_cast<uint8_t*>(memory);
    place += (kAlign - reinterpret_cast<uintptr_t>(place) % kAlign) % kAlign;
    Cell* cells = reinterpret_cast<Cell*>(place + aligned(sizeof(Checker)));
    size_t room = (memory_bytes - check_memory(0)) / sizeof(Cell);
    if (room > UINT16_MAX) room = UINT16_MAX;
    for (size_t i = 0; i < room; ++i) new (cells + i, 0) Cell;
    Checker* checker = new (place, 0) Checker(env, c, cells, static_cast<uint16_t>(room), observer, max_work);
    r = checker->run();
    r.peak_bytes = static_cast<uint32_t>(check_memory(checker->peak_cells_));
    return r;
}

}  // namespace mbpf::proof
