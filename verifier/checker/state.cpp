// SPDX-License-Identifier: Apache-2.0
#include "verifier/checker/state.h"

namespace mbpf::proof {

using bpf::AluOp;

bool Frame::all_written(int64_t offset, int64_t size) const {
    for (int64_t i = offset + kFrameBytes; i < offset + kFrameBytes + size;) {
        const unsigned bit = static_cast<unsigned>(i & 63);
        const uint64_t rest = static_cast<uint64_t>(offset + kFrameBytes + size - i);
        const uint64_t mask = (rest >= 64 ? ~uint64_t{0} : (uint64_t{1} << rest) - 1) << bit;
        if ((written[i >> 6] & mask) != mask) return false;
        i += 64 - bit;
    }
    return true;
}

void Frame::mark(int64_t offset, int64_t size, bool is_written) {
    for (int64_t i = offset + kFrameBytes; i < offset + kFrameBytes + size;) {
        const unsigned bit = static_cast<unsigned>(i & 63);
        const uint64_t rest = static_cast<uint64_t>(offset + kFrameBytes + size - i);
        const uint64_t mask = (rest >= 64 ? ~uint64_t{0} : (uint64_t{1} << rest) - 1) << bit;
        if (is_written) written[i >> 6] |= mask;
        else written[i >> 6] &= ~mask;
        i += 64 - bit;
    }
}

void State::assign(const State& o) {
    for (unsigned i = 0; i < kRegisters; ++i) regs[i] = o.regs[i];
    for (unsigned i = 0; i < kMaxTerms; ++i) ghosts[i] = o.ghosts[i];
    for (unsigned i = 0; i < o.difference_count; ++i) differences[i] = o.differences[i];
    for (unsigned i = 0; i < kMaxReferences; ++i) references[i] = o.references[i];
    for (unsigned i = 0; i < o.depth; ++i) frames[i] = o.frames[i];
    difference_count = o.difference_count;
    depth = o.depth;
    locked = o.locked;
    packet_bytes = o.packet_bytes;
    metadata_bytes = o.metadata_bytes;
    next_symbol = o.next_symbol;
    steps = o.steps;
    cell_count = o.cell_count < cell_room ? o.cell_count : cell_room;
    for (unsigned i = 0; i < cell_count; ++i) cells[i] = o.cells[i];
    for (unsigned i = cell_count; i < o.cell_count; ++i)
        if (o.cells[i].value.is_pointer() && o.cells[i].at.offset < 0) frames[o.cells[i].at.frame].mark(o.cells[i].at.offset, o.cells[i].at.size, false);
    undo = nullptr;
}

Symbol State::name(Value& v) {
    if (v.symbol == 0 && !v.number.is_constant()) {
        v.symbol = fresh();
        v.delta = 0;
    }
    return v.symbol;
}

Value* State::edit(unsigned index) {
    if (undo != nullptr) {
        if (undo->count == Undo::kRoom) return nullptr;
        Undo::Entry& e = undo->entries[undo->count++];
        e.index = static_cast<uint16_t>(index);
        e.value = at(index);
    }
    return &at(index);
}

void State::begin_undo(Undo& log) {
    log.count = 0;
    for (unsigned i = 0; i < difference_count; ++i) log.differences[i] = differences[i];
    log.difference_count = difference_count;
    for (unsigned i = 0; i < kMaxReferences; ++i) log.references[i] = references[i];
    log.packet_bytes = packet_bytes;
    log.metadata_bytes = metadata_bytes;
    undo = &log;
}

void State::take_back() {
    const Undo& log = *undo;
    for (unsigned i = log.count; i-- > 0;) at(log.entries[i].index) = log.entries[i].value;
    for (unsigned i = 0; i < log.difference_count; ++i) differences[i] = log.differences[i];
    difference_count = log.difference_count;
    for (unsigned i = 0; i < kMaxReferences; ++i) references[i] = log.references[i];
    packet_bytes = log.packet_bytes;
    metadata_bytes = log.metadata_bytes;
    undo = nullptr;
}

namespace {

bool before(const Location& a, const Location& b) { return a.frame != b.frame ? a.frame < b.frame : a.offset < b.offset; }

// First cell that does not lie before `where`.
unsigned lower_bound(const State& s, const Location& where) {
    unsigned lo = 0, hi = s.cell_count;
    while (lo < hi) {
        const unsigned mid = (lo + hi) / 2;
        if (before(s.cells[mid].at, where)) lo = mid + 1;
        else hi = mid;
    }
    return lo;
}

// First cell of the frame that reaches beyond `offset`; cells are at most 8 bytes and disjoint.
unsigned first_overlap(const State& s, uint8_t frame, int64_t offset) {
    unsigned i = lower_bound(s, {static_cast<int16_t>(offset), 8, frame});
    while (i > 0 && s.cells[i - 1].at.frame == frame && s.cells[i - 1].at.offset + s.cells[i - 1].at.size > offset) --i;
    return i;
}

}  // namespace

const Cell* State::find(const Location& where) const {
    const unsigned i = lower_bound(*this, where);
    if (i == cell_count || cells[i].at.frame != where.frame || cells[i].at.offset != where.offset || cells[i].at.size != where.size) return nullptr;
    return &cells[i];
}

const Value* State::value_at(const Location& where, uint16_t* index) const {
    if (where.frame == mbpf::proof::kRegisters) {
        if (where.offset < 0 || where.offset >= static_cast<int>(kRegisters)) return nullptr;
        if (index != nullptr) *index = static_cast<uint16_t>(where.offset);
        return &regs[where.offset];
    }
    const Cell* c = find(where);
    if (c != nullptr && index != nullptr) *index = static_cast<uint16_t>(kRegisters + kMaxTerms + (c - cells));
    return c == nullptr ? nullptr : &c->value;
}

void State::drop(uint8_t frame, int64_t offset, int64_t size) {
    unsigned first = first_overlap(*this, frame, offset), end = first;
    while (end < cell_count && cells[end].at.frame == frame && cells[end].at.offset < offset + size) {
        const Cell& c = cells[end++];
        if (c.value.is_pointer() && c.at.offset < 0) frames[frame].mark(c.at.offset, c.at.size, false);
    }
    if (first == end) return;
    for (unsigned i = end; i < cell_count; ++i) cells[first + i - end] = cells[i];
    cell_count = static_cast<uint16_t>(cell_count - (end - first));
}

bool State::holds_pointer(uint8_t frame, int64_t offset, int64_t size) const {
    for (unsigned i = first_overlap(*this, frame, offset); i < cell_count && cells[i].at.frame == frame && cells[i].at.offset < offset + size; ++i)
        if (cells[i].value.is_pointer()) return true;
    return false;
}

void State::put(const Location& where, const Value& value) {
    const unsigned place = lower_bound(*this, where);
    const bool same = place < cell_count && cells[place].at.frame == where.frame && cells[place].at.offset == where.offset && cells[place].at.size == where.size;
    if (!same || value.kind == ValueKind::unknown) drop(where.frame, where.offset, where.size);
    if (where.offset < 0) frames[where.frame].mark(where.offset, where.size, true);
    if (value.kind == ValueKind::unknown) return;
    if (same) {
        cells[place].value = value;
        return;
    }
    if (cell_count == cell_room) {
        // No room: a number becomes any number, a pointer becomes unreadable.
        if (value.is_pointer() && where.offset < 0) frames[where.frame].mark(where.offset, where.size, false);
        return;
    }
    const unsigned i = lower_bound(*this, where);
    for (unsigned j = cell_count; j > i; --j) cells[j] = cells[j - 1];
    cells[i] = {where, value};
    ++cell_count;
}

// The bytes of stored numbers, little-endian; bytes of no cell can be anything.
Number State::assemble(uint8_t frame, int64_t offset, unsigned size) const {
    Number out = Number::constant(0);
    uint64_t unknown_bytes = size == 8 ? ~uint64_t{0} : (uint64_t{1} << (8 * size)) - 1;
    for (unsigned i = 0; i < cell_count; ++i) {
        const Cell& c = cells[i];
        if (c.at.frame != frame || c.at.offset >= offset + static_cast<int64_t>(size) || c.at.offset + c.at.size <= offset || !c.value.is_number()) continue;
        const int64_t first = c.at.offset > offset ? c.at.offset : offset;
        const int64_t end = c.at.offset + c.at.size < offset + static_cast<int64_t>(size) ? c.at.offset + c.at.size : offset + static_cast<int64_t>(size);
        const unsigned bits = static_cast<unsigned>(end - first) * 8, skip = static_cast<unsigned>(first - c.at.offset) * 8, at = static_cast<unsigned>(first - offset) * 8;
        const Number part = Number::truncate(Number::alu64(AluOp::rsh, c.value.number, Number::constant(skip)), bits);
        out = Number::alu64(AluOp::or_, out, Number::alu64(AluOp::lsh, part, Number::constant(at)));
        unknown_bytes &= ~((bits == 64 ? ~uint64_t{0} : (uint64_t{1} << bits) - 1) << at);
    }
    if (unknown_bytes == 0) return out;
    return Number::alu64(AluOp::or_, out, Number::alu64(AluOp::and_, Number::unknown(), Number::constant(unknown_bytes)));
}

void State::pop_frame() {
    --depth;
    while (cell_count > 0 && cells[cell_count - 1].at.frame == depth) --cell_count;
}

Value variable_part(const Value& have, int64_t move) {
    Value v = Value::of(move == 0 ? have.number : Number::alu64(AluOp::add, have.number, Number::constant(static_cast<uint64_t>(move))));
    const int64_t delta = have.delta + move;
    if (have.symbol != 0 && delta >= INT32_MIN && delta <= INT32_MAX) {
        v.symbol = have.symbol;
        v.delta = static_cast<int32_t>(delta);
    }
    return v;
}

bool exact_sum(const Value& v) {
    const auto& w = v.number.wide;
    return v.delta >= 0 ? w.umin >= static_cast<uint64_t>(v.delta) : w.umax <= ~uint64_t{0} - static_cast<uint64_t>(-int64_t{v.delta});
}

bool exact_signed_sum(const Value& v) {
    const auto& w = v.number.wide;
    return v.delta >= 0 ? w.smin >= INT64_MIN + v.delta : w.smax <= INT64_MAX + v.delta;
}

namespace {

constexpr int64_t kFar = int64_t{1} << 40;  // bounds beyond this are of no use, and sums of them cannot overflow

// From the ranges alone.
bool range_difference(const Value& a, const Value& b, int64_t& bound) {
    const uint64_t high = a.number.wide.umax, low = b.number.wide.umin;
    if (high >= low ? high - low > static_cast<uint64_t>(kFar) : low - high > static_cast<uint64_t>(kFar)) return false;
    bound = high >= low ? static_cast<int64_t>(high - low) : -static_cast<int64_t>(low - high);
    return true;
}

}  // namespace

// U(a) - U(b) = U(sa) + da - U(sb) - db where both sums are exact; sa <= sb + c bounds it by c + da - db, and a
// chain of two differences adds up.
bool State::difference(const Value& a, const Value& b, int64_t& bound) const {
    bool known = range_difference(a, b, bound);
    const auto offer = [&](int64_t c) {
        if (!known || c < bound) bound = c;
        known = true;
    };
    if (a.symbol == 0 || b.symbol == 0 || !exact_sum(a) || !exact_sum(b)) return known;
    const int64_t shift = int64_t{a.delta} - b.delta;
    if (a.symbol == b.symbol) offer(shift);
    for (unsigned i = 0; i < difference_count; ++i) {
        const Difference& d = differences[i];
        if (d.a != a.symbol) continue;
        if (d.b == b.symbol) offer(d.bound + shift);
        for (unsigned j = 0; j < difference_count; ++j)
            if (differences[j].a == d.b && differences[j].b == b.symbol) offer(int64_t{d.bound} + differences[j].bound + shift);
    }
    return known;
}

// S(a) - S(b): by the ranges, or by the deltas of one symbol where neither sum wraps.
bool State::signed_difference(const Value& a, const Value& b, int64_t& bound) const {
    const int64_t high = a.number.wide.smax, low = b.number.wide.smin;
    bool known = high <= kFar && high >= -kFar && low <= kFar && low >= -kFar;
    if (known) bound = high - low;
    if (a.symbol == 0 || a.symbol != b.symbol || !exact_signed_sum(a) || !exact_signed_sum(b)) return known;
    const int64_t shift = int64_t{a.delta} - b.delta;
    if (!known || shift < bound) bound = shift;
    return true;
}

bool State::below_packet_end(const Value& a, int64_t& bound) const {
    // The packet has packet_bytes at least.
    bool known = a.number.wide.umax <= static_cast<uint64_t>(kFar);
    bound = known ? static_cast<int64_t>(a.number.wide.umax) - packet_bytes : 0;
    Value length = Value::of(Number::range_u(static_cast<uint64_t>(packet_bytes), static_cast<uint64_t>(kMaxOffset)));
    length.symbol = kPacketLength;
    int64_t c = 0;
    if (a.symbol != 0 && exact_sum(a) && difference(a, length, c) && (!known || c < bound)) {
        bound = c;
        known = true;
    }
    // Through a word that is not longer than the packet: a <= word + k, symbol <= length + bound.
    for (unsigned i = 0; i < difference_count; ++i) {
        if (differences[i].b != kPacketLength) continue;
        for (unsigned j = 0; j < value_count(); ++j) {
            const Value& v = at(j);
            if (v.symbol != differences[i].a || v.kind == ValueKind::pointer_or_null || v.kind == ValueKind::unknown) continue;
            const Value word = variable_part(v);
            if (exact_sum(word) && difference(a, word, c) && (!known || c + word.delta + differences[i].bound < bound)) {
                bound = c + word.delta + differences[i].bound;
                known = true;
            }
            break;
        }
    }
    return known;
}

void State::learn(Symbol a, Symbol b, int64_t bound) {
    if (a == 0 || b == 0 || a == b || bound > kMaxOffset || bound < -kMaxOffset) return;
    for (unsigned i = 0; i < difference_count; ++i) {
        Difference& d = differences[i];
        if (d.a != a || d.b != b) continue;
        if (bound < d.bound) d.bound = static_cast<int32_t>(bound);
        return;
    }
    if (difference_count == kMaxDifferences) {  // the oldest goes
        for (unsigned i = 1; i < kMaxDifferences; ++i) differences[i - 1] = differences[i];
        --difference_count;
    }
    differences[difference_count++] = {a, b, static_cast<int32_t>(bound)};
}

// `now` holds the words that `like` may have; whoever equals its symbol plus another delta may have those words
// moved by the difference of the deltas. False: some value has no word left, so the state is empty.
bool State::refine(const Value& like, const Number& now) {
    const Symbol symbol = like.symbol;
    const int64_t delta = like.delta;
    if (symbol == 0) return true;
    for (unsigned i = 0; i < value_count(); ++i) {
        const Value& v = at(i);
        if (v.symbol != symbol || v.kind == ValueKind::pointer_or_null || v.kind == ValueKind::unknown) continue;
        const int64_t move = v.delta - delta;
        const Number moved = move == 0 ? now : Number::alu64(AluOp::add, now, Number::constant(static_cast<uint64_t>(move)));
        const Number both = meet(v.number, moved);
        if (both.is_bottom()) return false;
        if (both == v.number) continue;
        Value* changed = edit(i);
        if (changed != nullptr) changed->number = both;
    }
    return true;
}

void State::forget_packet() {
    packet_bytes = metadata_bytes = 0;
    for (unsigned i = 0; i < value_count(); ++i) {
        Value& v = at(i);
        if (v.symbol == kPacketLength || v.origin == kPacketLength) v.drop_symbol();
    }
    unsigned kept = 0;
    for (unsigned i = 0; i < difference_count; ++i)
        if (differences[i].a != kPacketLength && differences[i].b != kPacketLength) differences[kept++] = differences[i];
    difference_count = static_cast<uint8_t>(kept);
    for (unsigned i = 0; i < kRegisters; ++i)
        if (regs[i].is_pointer() && (regs[i].region == Region::packet || regs[i].region == Region::packet_end || regs[i].region == Region::packet_meta)) regs[i] = Value{};
    for (unsigned i = 0; i < cell_count;) {
        const Cell& c = cells[i];
        const bool packet = c.value.is_pointer() && (c.value.region == Region::packet || c.value.region == Region::packet_end || c.value.region == Region::packet_meta);
        if (packet) drop(c.at.frame, c.at.offset, c.at.size);
        else ++i;
    }
}

bool State::holds_references() const {
    for (unsigned i = 0; i < kMaxReferences; ++i)
        if (references[i] != 0) return true;
    return false;
}

}  // namespace mbpf::proof
