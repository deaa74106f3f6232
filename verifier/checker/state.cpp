// SPDX-License-Identifier: Apache-2.0
#include "verifier/checker/state.h"

namespace mbpf::proof {

using bpf::AluOp;

namespace {

// Bits of word `w` of Frame::written for the bytes from `offset` on.
uint64_t bits_of(unsigned w, int64_t offset, int64_t size) {
    const int64_t begin = offset + kFrameBytes - 64 * int64_t{w}, end = begin + size;
    if (end <= 0 || begin >= 64) return 0;
    return (~uint64_t{0} << (begin > 0 ? begin : 0)) & (~uint64_t{0} >> (end < 64 ? 64 - end : 0));
}

}  // namespace

bool Frame::all_written(int64_t offset, int64_t size) const {
    bool all = true;
    for (unsigned w = 0; w < kFrameBytes / 64; ++w) all = all && (~written[w] & bits_of(w, offset, size)) == 0;
    return all;
}

bool Frame::any_written(int64_t offset, int64_t size) const {
    bool any = false;
    for (unsigned w = 0; w < kFrameBytes / 64; ++w) any = any || (written[w] & bits_of(w, offset, size)) != 0;
    return any;
}

void Frame::mark(int64_t offset, int64_t size, bool is_written) {
    for (unsigned w = 0; w < kFrameBytes / 64; ++w) {
        const uint64_t bits = bits_of(w, offset, size);
        written[w] = is_written ? written[w] | bits : written[w] & ~bits;
    }
}

void State::clear() {
    static_cast<Shape&>(*this) = Shape{};
    for (Value& v : regs) v = Value{};
    for (Value& v : ghosts) v = Value{};
    cell_count = 0;
    static_cast<Order&>(*this) = Order{};
    next_symbol = 1;
    steps = 0;
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
    log.held = *this;
    log.order = *this;
    undo = &log;
}

void State::take_back() {
    for (unsigned i = undo->count; i-- > 0;) at(undo->entries[i].index) = undo->entries[i].value;
    static_cast<Held&>(*this) = undo->held;
    static_cast<Order&>(*this) = undo->order;
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

const Value* State::value_at(const Location& where, uint16_t* index) const {
    const bool in_register = where.frame == mbpf::proof::kRegisters;
    const unsigned i = in_register ? static_cast<unsigned>(where.offset) : lower_bound(*this, where);
    if (in_register ? i >= kRegisters : i == cell_count || cells[i].at.frame != where.frame || cells[i].at.offset != where.offset || cells[i].at.size != where.size) return nullptr;
    const unsigned place = in_register ? i : kRegisters + kMaxTerms + i;
    if (index != nullptr) *index = static_cast<uint16_t>(place);
    return &at(place);
}

void State::drop(uint8_t frame, int64_t offset, int64_t size) {
    unsigned first = first_overlap(*this, frame, offset), end = first;
    while (end < cell_count && cells[end].at.frame == frame && cells[end].at.offset < offset + size) {
        const Cell& c = cells[end++];
        if (c.value.is_pointer()) frames[frame].mark(c.at.offset, c.at.size, false);
    }
    for (unsigned i = end; first < end && i < cell_count; ++i) cells[first + i - end] = cells[i];
    cell_count = static_cast<uint16_t>(cell_count - (end - first));
}

bool State::holds_pointer(uint8_t frame, int64_t offset, int64_t size) const {
    for (unsigned i = first_overlap(*this, frame, offset); i < cell_count && cells[i].at.frame == frame && cells[i].at.offset < offset + size; ++i)
        if (cells[i].value.is_pointer()) return true;
    return false;
}

void State::put(const Location& where, const Value& value) {
    drop(where.frame, where.offset, where.size);
    const bool room = cell_count < cell_room;
    // Without room a number becomes any number, a pointer unreadable.
    frames[where.frame].mark(where.offset, where.size, room || !value.is_pointer());
    if (!room || value.kind == ValueKind::unknown) return;
    const unsigned place = lower_bound(*this, where);
    for (unsigned i = cell_count++; i > place; --i) cells[i] = cells[i - 1];
    cells[place] = {where, value};
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
        out = Number::alu64(AluOp::add, out, Number::alu64(AluOp::lsh, part, Number::constant(at)));
        unknown_bytes &= ~((bits == 64 ? ~uint64_t{0} : (uint64_t{1} << bits) - 1) << at);
    }
    return unknown_bytes == 0 ? out : Number::alu64(AluOp::add, out, Number::alu64(AluOp::and_, Number::unknown(), Number::constant(unknown_bytes)));
}

void State::clear_stack(uint8_t frame) {
    drop(frame, -kFrameBytes, kFrameBytes);
    frames[frame].mark(-kFrameBytes, kFrameBytes, false);
    forget_if([frame](const Value& v) { return v.is_pointer() && v.region == Region::stack && v.frame == frame; });
}

void State::pop_frame() {
    clear_stack(--depth);
    while (cell_count > 0 && cells[cell_count - 1].at.frame == depth) --cell_count;
    regs[bpf::kFramePointer].frame = static_cast<uint8_t>(depth - 1);
}

Value variable_part(const Value& have, int64_t move) {
    Value v = Value::of(move == 0 ? have.number : Number::alu64(AluOp::add, have.number, Number::constant(static_cast<uint64_t>(move))));
    const int64_t delta = have.delta + move;
    if (have.symbol != 0 && is_delta(delta)) {
        v.symbol = have.symbol;
        v.delta = static_cast<int32_t>(delta);
    }
    return v;
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

// A chain of two differences adds up.
bool State::apart(Symbol a, Symbol b, int64_t& bound) const {
    bool known = a == b || a == 0;
    if (known) bound = 0;
    const auto offer = [&](int64_t c) {
        if (!known || c < bound) bound = c;
        known = true;
    };
    for (unsigned i = 0; i < difference_count; ++i) {
        const Difference& d = differences[i];
        if (d.a != a) continue;
        if (d.b == b) offer(d.bound);
        for (unsigned j = 0; j < difference_count; ++j)
            if (differences[j].a == d.b && differences[j].b == b) offer(int64_t{d.bound} + differences[j].bound);
    }
    return known;
}

// U(a) - U(b) = U(sa) + da - U(sb) - db where both sums are exact; sa <= sb + c bounds it by c + da - db.
bool State::difference(const Value& a, const Value& b, int64_t& bound) const {
    bool known = range_difference(a, b, bound);
    int64_t learned = 0;
    if (a.symbol == 0 || b.symbol == 0 || !exact_sum(a) || !exact_sum(b) || !apart(a.symbol, b.symbol, learned)) return known;
    learned += int64_t{a.delta} - b.delta;
    if (!known || learned < bound) bound = learned;
    return true;
}

// With a <= sa + x and b <= sb + y, a + b is at most the sum less its delta, plus x + y. What moves from the one to the other
// changes nothing: if a is p + n + d and q is n + b + e, then a + b is p + q + d - e.
template <class Found>
void State::each_limit(Symbol a, Symbol b, Found found) const {
    const auto together = [&](Symbol p, Symbol q, int64_t more) {
        for (unsigned i = 0; i < kMaxSums; ++i) {
            const Sum s = sums[i];
            int64_t x = 0, y = 0;
            if (s.a == 0) continue;
            if (apart(p, s.a, x) && apart(q, s.b, y)) found(s.sum, x + y - s.delta + more);
            if (apart(p, s.b, x) && apart(q, s.a, y)) found(s.sum, x + y - s.delta + more);
        }
    };
    together(a, b, 0);
    for (unsigned k = 0; k < kExactSums * kExactSums * 2; ++k) {
        const Sum from = sums[k / 2 % kExactSums], to = sums[k / 2 / kExactSums];
        const Symbol sum = k % 2 == 0 ? a : b, rest = k % 2 == 0 ? b : a, moved = to.a == rest ? to.b : to.a;
        if (from.a == 0 || to.a == 0 || from.sum != sum || (to.a != rest && to.b != rest)) continue;
        if (from.a == moved || from.b == moved) together(from.a == moved ? from.b : from.a, to.sum, int64_t{from.delta} - to.delta);
    }
}

namespace {

// A value as U(symbol) plus a constant, a number that is known as the constant alone. False: it is nothing of both.
bool parts_of(const Value& v, Symbol& symbol, int64_t& rest) {
    const bool constant = v.number.is_constant();
    symbol = constant ? Symbol{0} : v.symbol;
    rest = constant ? static_cast<int64_t>(v.number.wide.umin) : v.delta;
    return constant ? v.number.wide.umin <= static_cast<uint64_t>(kFar) : v.symbol != 0 && exact_sum(v);
}
int64_t near(uint64_t w) { return w < static_cast<uint64_t>(kFar) ? static_cast<int64_t>(w) : kFar; }

}  // namespace

bool State::sum_most(const Value& a, const Value& b, const Value& c, int64_t& bound) const {
    const int64_t least = near(c.number.wide.umin), high_a = near(a.number.wide.umax), high_b = near(b.number.wide.umax);
    bool known = high_a < kFar && high_b < kFar;
    bound = high_a + high_b - least;
    const auto offer = [&](int64_t n) {
        if (!known || n < bound) bound = n;
        known = true;
    };
    Symbol sa = 0, sb = 0, sc = 0;
    int64_t da = 0, db = 0, dc = 0, between = 0;
    if (!parts_of(a, sa, da) || !parts_of(b, sb, db)) return known;
    const bool named = parts_of(c, sc, dc);
    each_limit(sa, sb, [&](Symbol t, int64_t most) {
        if (t == 0) offer(da + db + most - least);
        else if (named && apart(t, sc, between)) offer(da + db + most + between - dc);
    });
    if (named && (sa == 0 || sb == 0) && apart(sa == 0 ? sb : sa, sc, between)) offer(da + db + between - dc);
    return known;
}

Value State::packet_length() const {
    Value v = Value::of(Number::range_u(static_cast<uint64_t>(packet_bytes), static_cast<uint64_t>(longest_packet)));
    v.symbol = kPacketLength;
    return v;
}

bool State::below_packet_end(const Value& a, int64_t& bound) const {
    bool known = difference(a, packet_length(), bound);
    int64_t c = 0;
    // Through a word that is not longer than the packet: a <= word + k, symbol <= length + bound.
    for (unsigned i = 0; i < difference_count; ++i) {
        if (differences[i].b != kPacketLength) continue;
        for (unsigned j = 0; j < value_count(); ++j) {
            const Value& v = at(j);
            if (v.symbol != differences[i].a || v.kind == ValueKind::pointer_or_null || v.kind == ValueKind::unknown) continue;
            const Value word = variable_part(v);
            if (exact_sum(word) && difference(a, word, c)) {
                c += int64_t{word.delta} + differences[i].bound;
                bound = known && bound < c ? bound : c;
                known = true;
            }
            break;
        }
    }
    return known;
}

namespace {

bool is_named(const State& s, Symbol symbol) {
    bool is = symbol + 1 == s.next_symbol;  // or will be
    for (unsigned i = 0; i < s.value_count(); ++i) is = is || s.at(i).symbol == symbol;
    return is;
}

// Of a full list: the oldest of a word that nothing names any more, else the oldest that is not about the packet's end, which
// a program tests once and computes in between.
unsigned least_needed(const State& s) {
    unsigned found = 0, most = 0;
    for (unsigned i = kMaxDifferences; i-- > 0;) {
        const Difference& d = s.differences[i];
        const unsigned rank = d.a == kPacketLength || d.b == kPacketLength ? 0 : is_named(s, d.a) && is_named(s, d.b) ? 1 : 2;
        if (rank >= most) most = rank, found = i;
    }
    return found;
}

}  // namespace

void State::learn(Symbol a, Symbol b, int64_t bound) {
    if (a == 0 || b == 0 || a == b || bound > kMaxOffset || bound < -kMaxOffset) return;
    for (unsigned i = 0; i < kMaxSums; ++i) {
        const Sum s = sums[i];
        const int64_t most = bound - s.delta;
        if (s.a == 0 || s.sum != a) continue;
        // Of two addends one is the bound itself: what is left for the other.
        if ((s.a == b || s.b == b) && most >= 0) narrow(s.a == b ? s.b : s.a, 0, Number::range_u(0, static_cast<uint64_t>(most)));
        else if (i < kExactSums) learn_limit(s.a, s.b, b, most);
    }
    for (unsigned i = 0; i < difference_count; ++i) {
        Difference& d = differences[i];
        if (d.a != a || d.b != b) continue;
        if (bound < d.bound) d.bound = static_cast<int32_t>(bound);
        return;
    }
    if (difference_count == kMaxDifferences) {
        --difference_count;
        for (unsigned i = least_needed(*this); i < difference_count; ++i) differences[i] = differences[i + 1];
    }
    differences[difference_count++] = {a, b, static_cast<int32_t>(bound)};
}

void State::put_sum(const Sum& s, unsigned first, unsigned end) {
    for (unsigned i = end - 1; i > first; --i) sums[i] = sums[i - 1];
    sums[first] = s;
}

void State::note_sum(const Value& sum, const Value& a, const Value& b) {
    Sum s;
    int64_t ds = 0, da = 0, db = 0;
    if (!parts_of(sum, s.sum, ds) || !parts_of(a, s.a, da) || !parts_of(b, s.b, db) || s.a == 0 || s.b == 0 || !is_delta(da + db - ds)) return;
    s.delta = static_cast<int32_t>(da + db - ds);
    put_sum(s, 0, kExactSums);
}

void State::learn_parts(const Value& sum, const Value& a, const Value& b) {
    Symbol ss = 0, sa = 0, sb = 0;
    int64_t ds = 0, da = 0, db = 0;
    if (parts_of(sum, ss, ds) && ss != 0) bound_sum({ss, b.symbol, a.symbol, static_cast<int32_t>(-ds)}, true, a.number, 0);
    note_sum(sum, a, b);
    if (parts_of(a, sa, da) && parts_of(b, sb, db)) learn_limit(sa, sb, 0, near(sum.number.wide.umax) - da - db);
}

void State::learn_limit(Symbol a, Symbol b, Symbol c, int64_t bound) {
    if (a == 0 || b == 0 || a == c || b == c || bound > kMaxOffset || bound < -kMaxOffset) return;
    for (unsigned i = kExactSums; i < kMaxSums; ++i) {
        Sum& s = sums[i];
        if (s.sum != c || !((s.a == a && s.b == b) || (s.a == b && s.b == a))) continue;
        if (-bound > s.delta) s.delta = static_cast<int32_t>(-bound);
        return;
    }
    put_sum({c, a, b, static_cast<int32_t>(-bound)}, kExactSums, kMaxSums);
}

void State::learn_sum(Value& sum, const Value& a, const Value& b) {
    bound_sum({sum.symbol, a.symbol, b.symbol, a.delta}, true, b.number, 0);
    Symbol sb = 0;
    int64_t db = 0;
    if (!parts_of(b, sb, db) || sb == 0) return;
    learn(sb, sum.symbol, -near(a.number.wide.umin) - db);
    each_limit(a.symbol, sb, [&](Symbol t, int64_t most) {
        const Number now = meet(sum.number, Number::range_u(0, below(sum.symbol, t, most + a.delta + db)));
        if (!now.is_bottom()) sum.number = now;
    });
    note_sum(sum, a, b);
}

// The words of s.b plus delta are b's: nothing wraps.
void State::bound_sum(const Sum& s, bool is_exact, const Number& b, int64_t delta) {
    const int64_t low = near(b.wide.umin) - delta, high = near(b.wide.umax) - delta;
    if (is_exact && s.sum != 0 && s.sum != kPacketLength) learn(s.a, s.sum, -low - s.delta);
    else below(s.a, s.sum, -low - s.delta);
    if (is_exact) learn(s.sum, s.a, high + s.delta);
}

uint64_t State::below(Symbol a, Symbol b, int64_t bound) {
    int64_t least = 0, most = 0, highest = 0;
    bounds_of(a, least, highest);
    bounds_of(b, least, most);
    if (highest - least > bound) learn(a, b, bound);  // what the ranges tell needs no room
    if (most + bound < 0 || most >= kFar) return ~uint64_t{0};
    narrow(a, 0, Number::range_u(0, static_cast<uint64_t>(most + bound)));
    return static_cast<uint64_t>(most + bound);
}

void State::settle() {
    for (unsigned i = 0; i < 2 * kMaxSums; ++i) {
        const Sum s = sums[i / 2];
        int64_t least = 0, most = 0;
        if (s.a == 0) continue;
        bounds_of(i % 2 == 0 ? s.b : s.a, least, most);
        below(i % 2 == 0 ? s.a : s.b, s.sum, -s.delta - least);
    }
}

void State::bounds_of(Symbol s, int64_t& least, int64_t& most) const {
    least = 0;
    most = s == 0 ? 0 : s == kPacketLength ? longest_packet : kFar;
    for (unsigned i = 0; i < value_count() && s != 0; ++i) {
        const Value& v = at(i);
        if (v.symbol != s || v.kind == ValueKind::pointer_or_null || v.kind == ValueKind::unknown || !exact_sum(variable_part(v))) continue;
        if (v.number.wide.umax < static_cast<uint64_t>(kFar) && most == kFar) most = near(v.number.wide.umax) - v.delta;
        least = near(v.number.wide.umin) - v.delta;
        return;
    }
}

void State::learn_zero(const Value& a, const Value& b) {
    if (a.symbol == 0 || b.symbol == 0 || a.delta != 0 || b.delta != 0 || a.symbol == kPacketLength || b.symbol == kPacketLength) return;
    for (unsigned i = kMaxPairs - 1; i > 0; --i) zeros[i] = zeros[i - 1];
    zeros[0] = {a.symbol, b.symbol};
}

// `now` holds the words that the symbol plus `delta` may have; whoever equals it plus another delta may have those
// words moved by the difference of the deltas.
bool State::narrow(Symbol symbol, int64_t delta, const Number& now) {
    for (unsigned i = 0; i < value_count(); ++i) {
        const Value& v = at(i);
        if (v.symbol != symbol || v.kind == ValueKind::pointer_or_null || v.kind == ValueKind::unknown) continue;
        const int64_t move = v.delta - delta;
        const Number moved = move == 0 ? now : Number::alu64(AluOp::add, now, Number::constant(static_cast<uint64_t>(move)));
        const Number both = v.within_congruence(meet(v.number, moved));
        if (both.is_bottom()) return false;
        if (both == v.number) continue;
        Value* changed = edit(i);
        if (changed != nullptr) changed->number = both;
    }
    return true;
}

bool State::refine(const Value& like, const Number& now) {
    const Symbol symbol = like.symbol;
    const bool not_zero = like.delta == 0 && now.wide.umin > 0;
    bool possible = symbol == 0 || narrow(symbol, like.delta, now);
    const bool exact = symbol != 0 && domain::exact_sum(now.wide, static_cast<uint64_t>(int64_t{like.delta}));
    // The packet's length plus a constant: what it is at least, bytes are there.
    const int64_t low = near(now.wide.umin) - like.delta;
    if (symbol == kPacketLength && exact && low > packet_bytes && low <= longest_packet) packet_bytes = static_cast<int32_t>(low);
    // What is at most this and a constant follows it down.
    const int64_t high = near(now.wide.umax) - like.delta;
    for (unsigned i = 0; i < difference_count && exact && high < kMaxOffset; ++i)
        if (differences[i].b == symbol && high + differences[i].bound >= 0) narrow(differences[i].a, 0, Number::range_u(0, static_cast<uint64_t>(high + differences[i].bound)));
    for (unsigned i = 0; i < kMaxSums && exact; ++i) {
        const Sum s = sums[i];
        const bool equal = i < kExactSums;
        if (s.b == symbol) bound_sum(s, equal, now, like.delta);
        if (s.a == symbol && !equal) bound_sum({s.sum, s.b, s.a, s.delta}, false, now, like.delta);
        if (s.sum == symbol && equal) learn_limit(s.a, s.b, 0, high - s.delta);
    }
    for (const Pair& p : zeros)
        if (not_zero && symbol != 0 && (p.a == symbol || p.b == symbol)) possible = possible && narrow(p.a == symbol ? p.b : p.a, 0, Number::range_u(1, UINT32_MAX));
    return possible;
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
    for (Sum& s : sums)
        if (s.a == kPacketLength || s.b == kPacketLength || s.sum == kPacketLength) s = {};
    forget_if([](const Value& v) { return v.is_pointer() && rule_of(v.region).of_packet; });
}

bool State::holds_references() const {
    for (unsigned i = 0; i < kMaxReferences; ++i)
        if (references[i] != 0) return true;
    return false;
}

}  // namespace mbpf::proof
