// SPDX-License-Identifier: Apache-2.0
#include "verifier/limits.h"

#include <algorithm>
#include <vector>

namespace mbpf {

using namespace proof;
using bpf::AluOp;

namespace {

constexpr std::size_t kMost = 12;  // candidates of one kind

bool is_word(const Value& v) { return v.is_number() || v.kind == ValueKind::pointer; }
bool is_ghost(unsigned index) { return index >= State::kRegisters && index < State::kRegisters + kMaxTerms; }

Location place_of(const State& s, unsigned index) {
    if (index < State::kRegisters) return {static_cast<std::int16_t>(index), 8, kRegisters};
    return s.cells[index - State::kRegisters - kMaxTerms].at;
}
bool same(const Location& a, const Location& b) { return a.frame == b.frame && a.offset == b.offset && a.size == b.size; }

void add(std::vector<Symbol>& to, Symbol s) {
    if (to.size() < kMost && std::ranges::find(to, s) == to.end()) to.push_back(s);
}

// A symbol if its word is held, else held words that are known to be at most that plus something. `up`: at least.
template <class Held>
std::vector<Symbol> stand_ins(const State& s, Symbol symbol, bool up, Held held) {
    std::vector<Symbol> found;
    if (held(symbol)) return {symbol};
    for (unsigned i = 0; i < s.difference_count; ++i) {
        const Difference& d = s.differences[i];
        if ((up ? d.a : d.b) == symbol && held(up ? d.b : d.a)) add(found, up ? d.b : d.a);
    }
    return found;
}

struct Three {
    Symbol a = 0, b = 0, c = 0;
    bool operator==(const Three&) const = default;
};

// What sums tell of words that are held. The last to be found tell most: nothing stands for another.
template <class Held>
std::vector<Three> candidates(const State& s, Held held) {
    std::vector<Three> found;
    for (const auto& sum : s.sums) {
        if (sum.a == 0) continue;
        std::vector<Symbol> ends = stand_ins(s, sum.sum, true, [&](Symbol c) { return c == kPacketLength || (c != 0 && held(c)); });
        ends.push_back(0);
        for (Symbol a : stand_ins(s, sum.a, false, held))
            for (Symbol b : stand_ins(s, sum.b, false, held))
                for (Symbol c : ends)
                    if ((a != b || sum.a == sum.b) && a != c && b != c && std::ranges::find(found, Three{a, b, c}) == found.end()) found.push_back({a, b, c});
    }
    return found;
}

Value word_of(const State& s, Symbol symbol) {
    if (symbol == 0) return Value::constant(0);
    if (symbol == kPacketLength) return s.packet_length();
    for (unsigned i = 0; i < s.value_count(); ++i)
        if (!is_ghost(i) && is_word(s.at(i)) && s.at(i).symbol == symbol) return variable_part(s.at(i));
    return {};
}

// The places of a limit, in whatever state.
struct Limit {
    Location a, b, c;
    enum { number, packet, place } end = number;
    bool operator==(const Limit& o) const { return same(a, o.a) && same(b, o.b) && end == o.end && (end != place || same(c, o.c)); }
};

// A value as seen from the fixed part that `joined` has.
bool seen(const State& s, const State& joined, const Location& at, Value& out) {
    const Value* was = s.value_at(at);
    const Value* is = joined.value_at(at);
    if (was == nullptr || is == nullptr || !is_word(*was) || !is_word(*is) || was->is_number() != is->is_number()) return false;
    out = variable_part(*was, was->is_pointer() ? std::int64_t{was->fixed} - is->fixed : 0);
    return true;
}

bool most(const State& s, const State& joined, const Limit& l, std::int64_t& bound) {
    Value a, b, c = Value::constant(0);
    if (l.end == Limit::packet) c = s.packet_length();
    return seen(s, joined, l.a, a) && seen(s, joined, l.b, b) && (l.end != Limit::place || seen(s, joined, l.c, c)) && s.sum_most(a, b, c, bound);
}

// From the ranges alone.
bool is_plain(const State& s, const Limit& l, std::int64_t bound) {
    const auto high = [&](const Location& at) { return variable_part(*s.value_at(at)).number.wide.umax; };
    const auto low = l.end == Limit::place ? variable_part(*s.value_at(l.c)).number.wide.umin : l.end == Limit::packet ? static_cast<std::uint64_t>(s.packet_bytes) : 0;
    constexpr std::uint64_t kFar = std::uint64_t{1} << 40;
    return high(l.a) < kFar && high(l.b) < kFar && static_cast<std::int64_t>(high(l.a) + high(l.b)) - static_cast<std::int64_t>(std::min(low, kFar)) <= bound;
}

// Where both the state and the join hold a symbol's word.
bool find(const State& s, const State& joined, Symbol symbol, Location& at) {
    for (unsigned i = 0; i < s.value_count(); ++i) {
        if (is_ghost(i) || !is_word(s.at(i)) || s.at(i).symbol != symbol) continue;
        at = place_of(s, i);
        const Value* now = joined.value_at(at);
        if (now != nullptr && is_word(*now) && !now->number.is_constant()) return true;
    }
    return false;
}

void collect(const State& s, const State& joined, std::vector<Limit>& out) {
    Location at;
    for (const Three& t : candidates(s, [&](Symbol symbol) { return find(s, joined, symbol, at); })) {
        Limit l;
        l.end = t.c == 0 ? Limit::number : t.c == kPacketLength ? Limit::packet : Limit::place;
        if (find(s, joined, t.a, l.a) && find(s, joined, t.b, l.b) && (l.end != Limit::place || find(s, joined, t.c, l.c)) && std::ranges::find(out, l) == out.end() && out.size() < 4 * kMost) out.push_back(l);
    }
}

void learn(State& joined, const Limit& l, std::int64_t bound) {
    const auto named = [&](const Location& at, int sign, Symbol& symbol) {
        std::uint16_t index = 0;
        if (joined.value_at(at, &index) == nullptr) return false;
        Value& v = joined.at(index);
        symbol = joined.name(v);
        bound -= sign * std::int64_t{v.delta};
        return symbol != 0 && exact_sum(variable_part(v));
    };
    Symbol a = 0, b = 0, c = l.end == Limit::packet ? kPacketLength : Symbol{0};
    if (named(l.a, 1, a) && named(l.b, 1, b) && (l.end != Limit::place || named(l.c, -1, c))) joined.learn_limit(a, b, c, bound);
}

}  // namespace

void note_limits(State& s, std::uint16_t live) {
    const auto held = [&](Symbol symbol) {
        if (symbol == 0) return false;
        for (unsigned i = 0; i < s.value_count(); ++i)
            if (!is_ghost(i) && (i >= State::kRegisters || (live >> i & 1) != 0) && is_word(s.at(i)) && s.at(i).symbol == symbol) return true;
        return false;
    };
    if (std::ranges::none_of(s.sums, [](const auto& sum) { return sum.a != 0; })) return;
    std::vector<std::pair<Three, std::int64_t>> found;
    for (const Three& t : candidates(s, held)) {
        std::int64_t bound = 0;
        const Value a = word_of(s, t.a), b = word_of(s, t.b), c = word_of(s, t.c);
        const auto far = [](const Value& v) { return v.number.wide.umax >= std::uint64_t{1} << 32; };
        if (!exact_sum(a) || !exact_sum(b) || !exact_sum(c) || !s.sum_most(a, b, c, bound)) continue;
        if (!far(a) && !far(b) && static_cast<std::int64_t>(a.number.wide.umax + b.number.wide.umax) - static_cast<std::int64_t>(std::min(c.number.wide.umin, std::uint64_t{1} << 40)) <= bound) continue;
        found.push_back({t, bound - a.delta - b.delta + c.delta});
    }
    // What is not held makes room.
    unsigned kept = kExactSums;
    for (unsigned i = kExactSums; i < kMaxSums; ++i) {
        const auto l = s.sums[i];
        if (held(l.a) && held(l.b) && (l.sum == 0 || l.sum == kPacketLength || held(l.sum))) s.sums[kept++] = l;
    }
    std::fill(s.sums + kept, s.sums + kMaxSums, Order::Sum{});
    for (const auto& [t, bound] : found)
        if (s.sums[kMaxSums - 1].a == 0) s.learn_limit(t.a, t.b, t.c, bound);
}

// Where one word falls while another rises, their sum may stay: what is left of a buffer, and the pointer into it.
void guess_closing_in(const State& joined, const State& a, const State& b, std::vector<Limit>& out) {
    const auto way = [&](std::int16_t r) {
        Value was, is;
        if (joined.regs[r].number.is_constant() || !seen(a, joined, {r, 8, kRegisters}, was) || !seen(b, joined, {r, 8, kRegisters}, is)) return 0;
        const auto &x = was.number.wide, &y = is.number.wide;
        if (x.umin <= y.umin && x.umax <= y.umax && !(was.number == is.number)) return 1;
        return x.umin >= y.umin && x.umax > y.umax ? -1 : 0;
    };
    const auto in_packet = [&](std::int16_t r) { return joined.regs[r].is_pointer() && joined.regs[r].region == Region::packet; };
    for (std::int16_t up = 0; up < bpf::kFramePointer; ++up)
        for (std::int16_t down = 0; down < bpf::kFramePointer; ++down) {
            if (up == down || way(up) <= 0 || way(down) >= 0 || out.size() >= 4 * kMost) continue;
            Limit l;
            l.a = {up, 8, kRegisters};
            l.b = {down, 8, kRegisters};
            if (in_packet(up)) l.end = Limit::packet;
            if (std::ranges::find(out, l) == out.end()) out.push_back(l);
        }
}

void join_limits(State& joined, const State& a, const State& b, const Compared* compared) {
    const auto none = [](const State& s) { return std::ranges::none_of(s.sums, [](const auto& sum) { return sum.a != 0; }); };
    if (compared == nullptr && none(a) && none(b)) return;
    std::vector<Limit> limits;
    collect(a, joined, limits);
    collect(b, joined, limits);
    if (compared != nullptr) {
        const std::size_t known = limits.size();
        for (std::size_t i = 0; i < known; ++i)
            for (const auto& [x, y] : *compared) {
                Limit l = limits[i];
                const Location counter{x, 8, kRegisters}, other{y, 8, kRegisters};
                if (!joined.regs[x].is_number() || joined.regs[x].is_constant() || l.end != Limit::number || !(same(other, l.a) || same(other, l.b)) || same(counter, l.a) || same(counter, l.b)) continue;
                l.end = Limit::place;
                l.c = counter;
                if (std::ranges::find(limits, l) == limits.end()) limits.push_back(l);
            }
    }
    const std::size_t told = limits.size();
    if (compared != nullptr) guess_closing_in(joined, a, b, limits);
    struct Joined {
        Limit limit;
        std::int64_t bound;
        bool holds;  // as it is in both: it need not rise again
    };
    std::vector<Joined> found;
    for (std::size_t i = 0; i < limits.size(); ++i) {
        std::int64_t x = 0, y = 0;
        if (most(a, joined, limits[i], x) && most(b, joined, limits[i], y) && (i < told || x == y) && !is_plain(joined, limits[i], std::max(x, y))) found.push_back({limits[i], std::max(x, y), x == y});
    }
    std::ranges::stable_partition(found, &Joined::holds);
    if (found.size() > kMaxSums - kExactSums) found.resize(kMaxSums - kExactSums);
    for (const Joined& j : found) learn(joined, j.limit, j.bound);
}

void widen_limits(State& now, const State& before) {
    unsigned kept = kExactSums;
    for (unsigned i = kExactSums; i < kMaxSums; ++i) {
        const auto s = now.sums[i];
        Limit l;
        l.end = s.sum == 0 ? Limit::number : s.sum == kPacketLength ? Limit::packet : Limit::place;
        if (s.a == 0 || !find(now, now, s.a, l.a) || !find(now, now, s.b, l.b) || (l.end == Limit::place && !find(now, now, s.sum, l.c))) continue;
        const auto delta = [&](const Location& at) { return std::int64_t{now.value_at(at)->delta}; };
        const std::int64_t is = -std::int64_t{s.delta} + delta(l.a) + delta(l.b) - (l.end == Limit::place ? delta(l.c) : 0);
        std::int64_t was = 0;
        if (most(before, now, l, was) && is <= was) now.sums[kept++] = s;
    }
    for (; kept < kMaxSums; ++kept) now.sums[kept] = {};
}

}  // namespace mbpf
