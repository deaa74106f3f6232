// SPDX-License-Identifier: Apache-2.0
#include "verifier/join.h"

#include "verifier/limits.h"

#include <algorithm>
#include <array>
#include <numeric>

namespace mbpf {

using namespace proof;
using bpf::AluOp;

namespace {

// Values that were one word (moved by deltas) on both sides stay so under a new symbol. Constants count as a
// symbol of their own whose word is 0.
class Pairing {
  public:
    struct Side {
        int symbol = 0;  // -1: a constant, 0: nothing
        std::int64_t delta = 0;
    };
    static Side side(const Value& v) {
        if (v.number.is_constant()) return {-1, static_cast<std::int64_t>(v.number.wide.umin)};
        return {v.symbol, v.delta};
    }
    void join(Value& out, const Side& a, const Side& b) {
        out.drop_symbol();
        if (a.symbol == 0 || b.symbol == 0) return;
        if (a.symbol == kPacketLength && b.symbol == kPacketLength && a.delta == b.delta) {
            out.symbol = kPacketLength;
            out.delta = static_cast<std::int32_t>(a.delta);
            return;
        }
        if (out.number.is_constant()) return;
        const std::int64_t between = static_cast<std::int64_t>(static_cast<std::uint64_t>(a.delta) - static_cast<std::uint64_t>(b.delta));
        for (const Pair& p : pairs_)
            if (p.a == a.symbol && p.b == b.symbol && p.between == between) {
                const std::int64_t delta = static_cast<std::int64_t>(static_cast<std::uint64_t>(a.delta) - static_cast<std::uint64_t>(p.base));
                if (!is_delta(delta)) return;
                out.symbol = p.now;
                out.delta = static_cast<std::int32_t>(delta);
                return;
            }
        out.symbol = fresh();
        pairs_.push_back({a.symbol, b.symbol, between, a.delta, out.symbol});
    }
    // Pointers that may be null: classes instead of words. -1: surely not null, -2: null.
    Symbol join_classes(int a, int b) {
        if (a == 0 || b == 0) return fresh();
        for (const Pair& p : classes_)
            if (p.a == a && p.b == b) return p.now;
        classes_.push_back({a, b, 0, 0, fresh()});
        return classes_.back().now;
    }
    // Names of map values: what is one on both sides stays one.
    std::uint32_t join_elements(std::uint32_t a, std::uint32_t b) {
        if (a == 0 || b == 0 || (a == b && (a < kJoinedElement || a >= kGlobalData))) return a == b ? a : 0;
        const auto pair = std::pair(a, b);
        const auto found = std::ranges::find(elements_, pair);
        if (found == elements_.end()) elements_.push_back(pair);
        return kJoinedElement + static_cast<std::uint32_t>(std::ranges::find(elements_, pair) - elements_.begin());
    }
    Symbol fresh() { return next_ < kLastSymbol ? next_++ : Symbol{0}; }
    Symbol next() const { return next_; }

  private:
    struct Pair {
        int a = 0, b = 0;
        std::int64_t between = 0, base = 0;
        Symbol now = 0;
    };
    static constexpr std::uint32_t kJoinedElement = 0x40000000u;  // beyond each slot
    std::vector<Pair> pairs_, classes_;
    std::vector<std::pair<std::uint32_t, std::uint32_t>> elements_;
    Symbol next_ = 1;
};

int null_class(const Value& v) { return v.is_number() ? -2 : v.kind == ValueKind::pointer ? -1 : v.symbol; }

// The greatest modulus that leaves one remainder of both.
void join_congruences(Value& out, const Value& a, const Value& b) {
    const auto remainder = [](const Value& v) { return v.is_constant() ? domain::rank(v.number.wide.umin) : static_cast<std::uint64_t>(v.remainder); };
    if (out.is_constant() || (!a.is_constant() && a.modulus == 0) || (!b.is_constant() && b.modulus == 0)) return;
    const std::uint64_t x = remainder(a), y = remainder(b);
    std::uint64_t m = x > y ? x - y : y - x;
    for (const Value* v : {&a, &b})
        if (!v->is_constant()) m = std::gcd(m, std::uint64_t{v->modulus});
    if (m <= 1 || m > INT32_MAX) return;
    out.modulus = static_cast<std::uint32_t>(m);
    out.remainder = static_cast<std::int32_t>(x % m);
}

Value join_values(const Value& a, const Value& b, Pairing& names, bool congruences) {
    if (a.kind == ValueKind::unknown || b.kind == ValueKind::unknown) return {};
    if (a.is_number() && b.is_number()) {
        Value v = Value::of(Number::join(a.number, b.number));
        names.join(v, Pairing::side(a), Pairing::side(b));
        if (congruences) join_congruences(v, a, b);
        return v;
    }
    // Null beside a pointer.
    if (a.is_number() || b.is_number()) {
        const Value& pointer = a.is_number() ? b : a;
        if (!(a.is_number() ? a : b).is_null() || !pointer.number.is_constant() || pointer.reference != 0) return {};
        Value v = pointer;
        if (v.region == Region::map_value) v.size = names.join_elements(v.size, v.size);
        v.kind = ValueKind::pointer_or_null;
        v.drop_symbol();
        v.symbol = names.join_classes(null_class(a), null_class(b));
        return v;
    }
    if (a.region != b.region || a.map != b.map || a.frame != b.frame || (a.size != b.size && a.region != Region::map_value) || a.reference != b.reference || a.read_only != b.read_only || a.borrowed != b.borrowed) return {};
    const std::uint32_t size = a.region == Region::map_value ? names.join_elements(a.size, b.size) : a.size;
    if (a.kind == ValueKind::pointer_or_null || b.kind == ValueKind::pointer_or_null) {
        if (a.fixed != b.fixed || !a.number.is_constant() || !b.number.is_constant() || !(a.number == b.number)) return {};
        if (a.kind != b.kind && a.reference != 0) return {};
        Value v = a;
        v.size = size;
        v.kind = ValueKind::pointer_or_null;
        v.drop_symbol();
        v.symbol = names.join_classes(null_class(a), null_class(b));
        return v;
    }
    Value v = a;
    v.size = size;
    v.fixed = std::min(a.fixed, b.fixed);
    const auto side = [&](const Value& p) {
        Value part = Value::of(p.number);
        part.symbol = p.symbol;
        part.delta = p.delta;
        const std::int64_t move = std::int64_t{p.fixed} - v.fixed;
        if (move != 0) {
            part.number = Number::alu64(AluOp::add, part.number, Number::constant(static_cast<std::uint64_t>(move)));
            if (part.symbol != 0) part.delta = static_cast<std::int32_t>(part.delta + move);
        }
        return part;
    };
    const Value x = side(a), y = side(b);
    v.number = Number::join(x.number, y.number);
    names.join(v, Pairing::side(x), Pairing::side(y));
    return v;
}

bool in_packet(const Value& v) { return v.kind == ValueKind::pointer && v.region == Region::packet; }

Location location_of(const State& s, unsigned index) {
    if (index < State::kRegisters) return {static_cast<std::int16_t>(index), 8, kRegisters};
    return s.cells[index - State::kRegisters - kMaxTerms].at;
}

// A place that names the symbol; where `other` has nothing there, only for want of a better one.
const Value* value_of_symbol(const State& s, Symbol symbol, unsigned& index, const State* other = nullptr) {
    const Value* found = nullptr;
    for (unsigned i = 0; i < s.value_count(); ++i) {
        if (i >= State::kRegisters && i < State::kRegisters + kMaxTerms) continue;
        const Value& v = s.at(i);
        if (v.symbol != symbol || !(v.is_number() || v.kind == ValueKind::pointer)) continue;
        const Value* there = other == nullptr ? &v : other->value_at(location_of(s, i));
        const bool good = there != nullptr && there->kind != ValueKind::unknown;
        if (found == nullptr || good) index = i;
        found = &s.at(index);
        if (good) break;
    }
    return found;
}

struct Related {
    Location a, b;
    bool to_packet = false, from_packet = false;
    std::int64_t bound = 0;  // U(value at a) - U(value at b)
};

// Whatever a state knows between two of its places (not merely from their ranges).
void collect(const State& s, std::vector<Related>& out, const State* other = nullptr) {
    for (unsigned i = 0; i < s.difference_count; ++i) {
        const Difference& d = s.differences[i];
        unsigned ia = 0, ib = 0;
        Related r;
        r.from_packet = d.a == kPacketLength;
        r.to_packet = d.b == kPacketLength;
        if (!r.from_packet) {
            if (value_of_symbol(s, d.a, ia, other) == nullptr) continue;
            r.a = location_of(s, ia);
        }
        if (!r.to_packet) {
            if (value_of_symbol(s, d.b, ib, other) == nullptr) continue;
            r.b = location_of(s, ib);
        }
        const bool known = std::ranges::any_of(out, [&](const Related& o) {
            const auto same = [](const Location& x, const Location& y) { return x.frame == y.frame && x.offset == y.offset && x.size == y.size; };
            return o.from_packet == r.from_packet && o.to_packet == r.to_packet && (r.from_packet || same(o.a, r.a)) && (r.to_packet || same(o.b, r.b));
        });
        if (!known) out.push_back(r);
    }
}

bool bound_in(const State& s, const Related& r, std::int32_t move_a, std::int32_t move_b, std::int64_t& bound) {
    const Value length = s.packet_length();
    const auto get = [&](const Location& at, std::int32_t move, Value& out) {
        const Value* v = s.value_at(at);
        if (v == nullptr || (!v->is_number() && v->kind != ValueKind::pointer)) return false;
        out = variable_part(*v);
        if (move != 0) {
            out.number = Number::alu64(AluOp::add, out.number, Number::constant(static_cast<std::uint64_t>(std::int64_t{move})));
            if (out.symbol != 0) out.delta += move;
        }
        return true;
    };
    Value a, b;
    if (!r.from_packet && !get(r.a, move_a, a)) return false;
    if (!r.to_packet && !get(r.b, move_b, b)) return false;
    if (r.to_packet) return s.below_packet_end(a, bound);
    return s.difference(r.from_packet ? length : a, b, bound);
}

bool compatible(const State& a, const State& b) {
    if (a.depth != b.depth || (a.locked != 0) != (b.locked != 0)) return false;
    for (unsigned i = 0; i < kMaxReferences; ++i)
        if (a.references[i] != b.references[i]) return false;
    for (unsigned f = 1; f < a.depth; ++f)
        if (a.frames[f].return_slot != b.frames[f].return_slot || a.frames[f].function != b.frames[f].function || a.frames[f].kind != b.frames[f].kind) return false;
    return true;
}

}  // namespace

void copy_state(State& to, const State& from) {
    static_cast<Shape&>(to) = from;
    static_cast<Order&>(to) = from;
    std::ranges::copy(from.regs, to.regs);
    std::ranges::copy(from.ghosts, to.ghosts);
    to.next_symbol = from.next_symbol;
    to.longest_packet = from.longest_packet;
    to.steps = from.steps;
    to.undo = nullptr;
    to.cell_count = std::min(from.cell_count, to.cell_room);
    std::copy_n(from.cells, to.cell_count, to.cells);
    for (unsigned i = to.cell_count; i < from.cell_count; ++i)
        if (from.cells[i].value.is_pointer() && from.cells[i].at.offset < 0) to.frames[from.cells[i].at.frame].mark(from.cells[i].at.offset, from.cells[i].at.size, false);
}

bool join_states(State& a, const State& b, const Compared* compared, bool congruences) {
    if (!compatible(a, b)) return false;
    Pairing names;
    std::vector<Related> related;
    collect(a, related, &b);
    collect(b, related, &a);
    const std::size_t known = related.size();
    if (compared != nullptr) {
        for (const auto& [x, y] : *compared)
            if ((b.regs[x].is_number() && b.regs[y].is_number()) || (in_packet(b.regs[x]) && in_packet(b.regs[y]))) related.push_back({{x, 8, kRegisters}, {y, 8, kRegisters}, false, false, 0});
        // A packet pointer at a constant offset may have been compared with the end, too.
        for (std::int16_t r = 0; r < bpf::kFramePointer; ++r)
            if (in_packet(b.regs[r])) related.push_back({{r, 8, kRegisters}, {}, true, false, 0});
    }

    std::vector<Cell> old_cells(a.cells, a.cells + a.cell_count);
    State old(old_cells.data(), static_cast<std::uint16_t>(old_cells.size()));
    copy_state(old, a);

    for (unsigned r = 0; r < State::kRegisters; ++r) a.regs[r] = r == bpf::kFramePointer ? old.regs[r] : join_values(old.regs[r], b.regs[r], names, congruences);
    for (unsigned f = 0; f < a.depth; ++f)
        for (unsigned w = 0; w < kFrameBytes / 64; ++w) a.frames[f].written[w] &= b.frames[f].written[w];
    a.cell_count = 0;
    for (unsigned i = 0; i < old.cell_count; ++i) {
        const Cell& c = old.cells[i];
        Value v;
        if (const Value* other = b.value_at(c.at)) v = join_values(c.value, *other, names, congruences);
        else if (c.value.is_number() && c.at.offset < 0 && b.frames[c.at.frame].all_written(c.at.offset, c.at.size) && !b.holds_pointer(c.at.frame, c.at.offset, c.at.size))
            v = join_values(c.value, Value::of(b.assemble(c.at.frame, c.at.offset, c.at.size)), names, congruences);
        if (v.kind != ValueKind::unknown) a.cells[a.cell_count++] = {c.at, v};
        else if (c.at.offset < 0 && !(c.value.is_number() && b.value_at(c.at) == nullptr)) a.frames[c.at.frame].mark(c.at.offset, c.at.size, false);
    }
    // Bytes of a pointer of the other side that did not stay one.
    for (unsigned i = 0; i < b.cell_count; ++i) {
        const Cell& c = b.cells[i];
        if (!c.value.is_pointer() || c.at.offset >= 0) continue;
        const Value* v = a.value_at(c.at);
        if (v == nullptr || !v->is_pointer()) {
            a.drop(c.at.frame, c.at.offset, c.at.size);
            a.frames[c.at.frame].mark(c.at.offset, c.at.size, false);
        }
    }
    a.locked = names.join_elements(a.locked, b.locked);
    a.packet_bytes = std::min(a.packet_bytes, b.packet_bytes);
    a.metadata_bytes = std::min(a.metadata_bytes, b.metadata_bytes);
    a.next_symbol = names.next();
    static_cast<Order&>(a) = Order{};
    struct Joined {
        const Related* related;
        std::int64_t bound;
        bool plain;  // told by the joined ranges
    };
    std::vector<Joined> joined;
    for (std::size_t i = 0; i < related.size(); ++i) {
        const Related& r = related[i];
        if ((!r.from_packet && a.value_at(r.a) == nullptr) || (!r.to_packet && a.value_at(r.b) == nullptr)) continue;
        // Pointers may have a new fixed part: the variable parts moved by the difference.
        const auto moved = [&](const State& s, const Location& at) {
            const Value* was = s.value_at(at);
            const Value* is = a.value_at(at);
            return was != nullptr && is->is_pointer() && was->is_pointer() ? was->fixed - is->fixed : 0;
        };
        std::int64_t x = 0, y = 0, ranges = 0;
        if (!bound_in(old, r, r.from_packet ? 0 : moved(old, r.a), r.to_packet ? 0 : moved(old, r.b), x)) continue;
        if (!bound_in(b, r, r.from_packet ? 0 : moved(b, r.a), r.to_packet ? 0 : moved(b, r.b), y)) continue;
        const bool plain = bound_in(a, r, 0, 0, ranges) && ranges <= std::max(x, y);
        if (!plain || i < known) joined.push_back({&r, std::max(x, y), plain});  // of guessed pairs only what tells more
    }
    // What is plain first: it is the first to be forgotten where there is no room.
    std::ranges::stable_partition(joined, [](const Joined& j) { return j.plain; });
    for (const auto& [r, bound, plain] : joined) {
        Symbol sa = kPacketLength, sb = kPacketLength;
        std::int64_t da = 0, db = 0;
        const auto named = [&](const Location& at, Symbol& symbol, std::int64_t& delta) {
            std::uint16_t index = 0;
            a.value_at(at, &index);
            Value& v = a.at(index);
            if (!v.is_number() && v.kind != ValueKind::pointer) return false;
            symbol = a.name(v);
            delta = v.delta;
            return symbol != 0 && exact_sum(v);
        };
        if (!r->from_packet && !named(r->a, sa, da)) continue;
        if (!r->to_packet && !named(r->b, sb, db)) continue;
        a.learn(sa, sb, bound - da + db);
    }
    join_limits(a, old, b, compared);
    return true;
}

void Thresholds::finish(bool small_types) {
    for (unsigned bits : {7u, 8u, 15u, 16u, 31u, 32u, 63u}) {
        if (bits < 31 && !small_types) continue;
        values.push_back((std::uint64_t{1} << bits) - 1);
        values.push_back(std::uint64_t{1} << bits);
    }
    values.push_back(0);
    values.push_back(UINT64_MAX);
    std::ranges::sort(values);
    values.erase(std::unique(values.begin(), values.end()), values.end());
}

std::uint64_t Thresholds::at_least(std::uint64_t v) const { return *std::ranges::lower_bound(values, v); }
std::uint64_t Thresholds::at_most(std::uint64_t v) const { return *std::prev(std::ranges::upper_bound(values, v)); }

namespace {

// A pointer may move no farther than kMaxOffset: below that it may still be brought back by a comparison.
constexpr std::uint64_t kFarPointer = std::uint64_t{1} << 20, kFarthestPointer = std::uint64_t{1} << 28;

// `nearest`: a threshold of this number's own.
Number widened(const Number& now, const Number& before, const Thresholds& t, bool is_pointer, std::uint64_t nearest = UINT64_MAX) {
    if (now == before) return now;
    Number n = now;
    auto& w = n.wide;
    const std::uint64_t top = w.umax;
    const auto above = [&](std::uint64_t v) { return v <= nearest && nearest != UINT64_MAX ? nearest : t.at_least(v); };
    if (top > before.wide.umax) w.umax = above(top);
    if (is_pointer && w.umax > kFarPointer && top <= kFarthestPointer) w.umax = top <= kFarPointer ? kFarPointer : kFarthestPointer;
    if (w.umin < before.wide.umin) w.umin = t.at_most(w.umin);
    if (w.smax > before.wide.smax) w.smax = w.smax < 0 ? -1 : static_cast<std::int64_t>(std::min<std::uint64_t>(above(static_cast<std::uint64_t>(w.smax)), INT64_MAX));
    if (is_pointer && w.smin >= 0 && w.umax <= kFarthestPointer) w.smax = static_cast<std::int64_t>(w.umax);
    if (w.smin < before.wide.smin) {
        if (w.smin >= 0) w.smin = 0;
        else {
            const std::uint64_t size = t.at_least(static_cast<std::uint64_t>(-(w.smin + 1)) + 1);
            w.smin = size > static_cast<std::uint64_t>(INT64_MAX) ? INT64_MIN : -static_cast<std::int64_t>(size);
        }
    }
    // Bits above the lowest that has come to differ.
    const std::uint64_t grown = w.mask & ~before.wide.mask;
    if (grown != 0) {
        w.mask |= ~((grown & -grown) - 1);
        w.value &= ~w.mask;
    }
    auto& l = n.low;
    const auto& lb = before.low;
    if (l.umax > lb.umax) l.umax = static_cast<std::uint32_t>(std::min<std::uint64_t>(above(l.umax), UINT32_MAX));
    if (l.umin < lb.umin) l.umin = static_cast<std::uint32_t>(t.at_most(l.umin));
    if (l.smax > lb.smax) l.smax = l.smax < 0 ? -1 : static_cast<std::int32_t>(std::min<std::uint64_t>(above(static_cast<std::uint64_t>(l.smax)), INT32_MAX));
    if (l.smin < lb.smin) l.smin = l.smin >= 0 ? 0 : INT32_MIN;
    const std::uint32_t low_grown = l.mask & ~lb.mask;
    if (low_grown != 0) {
        l.mask |= ~((low_grown & -low_grown) - 1);
        l.value &= ~l.mask;
    }
    return n.sync();
}

}  // namespace

void widen_state(State& now, const State& before, const Thresholds& thresholds, const Compared* compared, const ComparedWith* constants) {
    // What a register is compared with bounds it, if that has not grown itself; and what is not beyond the packet is no
    // farther than packets are long.
    std::array<std::uint64_t, State::kRegisters> nearest;
    nearest.fill(UINT64_MAX);
    for (std::size_t i = 0; compared != nullptr && !thresholds.last && i < compared->size(); ++i) {
        const auto& [x, y] = (*compared)[i];
        if (now.regs[y].is_number() && before.regs[y].is_number() && now.regs[y].number.wide.umax == before.regs[y].number.wide.umax) {
            const std::uint64_t most = now.regs[y].number.wide.umax;
            std::int64_t bound = 0;
            const bool below = now.regs[x].is_number() && now.difference(now.regs[x], now.regs[y], bound) && bound < 0 && most >= static_cast<std::uint64_t>(-bound);
            const std::uint64_t limit = below ? most - (now.regs[y].is_constant() ? 1 : static_cast<std::uint64_t>(-bound)) : most;
            if (now.regs[x].number.wide.umax <= limit) nearest[x] = std::min(nearest[x], limit);
        }
    }
    for (unsigned i = 0; i < now.difference_count && !thresholds.last; ++i)
        for (unsigned r = 0; r < State::kRegisters; ++r)
            if (now.differences[i].b == kPacketLength && now.regs[r].symbol == now.differences[i].a) nearest[r] = std::min(nearest[r], static_cast<std::uint64_t>(std::max<std::int64_t>(0, kMaxPacket + now.differences[i].bound + now.regs[r].delta)));
    // A constant that ends the loop lies nearer than the packet's end.
    if (constants != nullptr)
        for (const auto& [r, c] : *constants)
            if (nearest[r] != UINT64_MAX && now.regs[r].number.wide.umax <= c) nearest[r] = std::min(nearest[r], c);
    for (unsigned r = 0; r < State::kRegisters; ++r)
        if (now.regs[r].kind != ValueKind::unknown && now.regs[r].kind == before.regs[r].kind) now.regs[r].number = now.regs[r].within_congruence(widened(now.regs[r].number, before.regs[r].number, thresholds, now.regs[r].is_pointer(), nearest[r]));
    for (unsigned i = 0; i < now.cell_count; ++i) {
        const Value* old = before.value_at(now.cells[i].at);
        if (old != nullptr && old->kind == now.cells[i].value.kind) now.cells[i].value.number = now.cells[i].value.within_congruence(widened(now.cells[i].value.number, old->number, thresholds, old->is_pointer()));
    }
    // A difference that is not at least as good as before would rise for ever.
    std::vector<Related> related;
    collect(now, related);
    unsigned kept = 0;
    for (unsigned i = 0; i < now.difference_count; ++i) {
        const Difference d = now.differences[i];
        unsigned ia = 0, ib = 0;
        Related r;
        r.from_packet = d.a == kPacketLength;
        r.to_packet = d.b == kPacketLength;
        const Value* va = r.from_packet ? nullptr : value_of_symbol(now, d.a, ia);
        const Value* vb = r.to_packet ? nullptr : value_of_symbol(now, d.b, ib);
        if ((!r.from_packet && va == nullptr) || (!r.to_packet && vb == nullptr)) continue;
        if (va != nullptr) r.a = location_of(now, ia);
        if (vb != nullptr) r.b = location_of(now, ib);
        std::int64_t was = 0;
        const std::int64_t is = std::int64_t{d.bound} + (va != nullptr ? va->delta : 0) - (vb != nullptr ? vb->delta : 0);
        if (!bound_in(before, r, 0, 0, was) || is > was) continue;
        now.differences[kept++] = d;
    }
    now.difference_count = static_cast<std::uint8_t>(kept);
    widen_limits(now, before);
}

}  // namespace mbpf
