// SPDX-License-Identifier: Apache-2.0
// A sum over counters and their squares, bounded from below: squares of one word, moved, leave a linear rest; of two
// counters with opposite signs the one bounds the other by what is known of their difference; what is left is bounded by
// its range. Coefficients and counters are limited so that nothing overflows.
#include "verifier/checker/cost.h"

namespace mbpf::proof {

namespace {

struct Summand {
    Value counter;
    int64_t coefficient = 0;
    Reading reading = Reading::as_unsigned;
};

int64_t bits_of(uint64_t w) {
    int64_t n = 0;
    for (; w != 0; w &= w - 1) ++n;
    return n;
}

constexpr unsigned kMostSteps = 2;  // of counters that go on by a word
constexpr int64_t kFarthest = static_cast<int64_t>(kMaxCounter);

bool least_of(const Summand& p, int64_t& least) {
    int64_t extreme = 0;
    if (p.coefficient == 0) return true;
    if (!reading_extreme(p.counter, p.reading, p.coefficient < 0, extreme)) return false;
    least += p.coefficient * extreme;
    return true;
}

// symbol + delta does not wrap around as a signed number.
bool exact(const Value& v) { return domain::exact_signed_sum(v.number.wide, static_cast<uint64_t>(int64_t{v.delta})); }
bool one_symbol(const Summand& a, const Summand& b) { return a.counter.symbol != 0 && a.counter.symbol == b.counter.symbol; }

// The one is the other, which can be squared, plus so much that can be squared.
bool moved(const Summand& a, const Summand& b) {
    const int64_t d = int64_t{b.counter.delta} - a.counter.delta;
    return one_symbol(a, b) && d <= kMaxSquared && d >= -kMaxSquared && a.counter.number.wide.smin >= -kMaxSquared && a.counter.number.wide.smax <= kMaxSquared;
}

// p x^2 - p (x + d)^2 = -2pd x - p d^2.
void expand(Summand& a, Summand& b, int64_t& least) {
    if (a.reading != Reading::squared || b.reading != Reading::squared || a.coefficient != -b.coefficient || !moved(a, b)) return;
    const int64_t d = int64_t{b.counter.delta} - a.counter.delta;
    least -= a.coefficient * d * d;
    a.coefficient *= -2 * d;
    a.reading = Reading::as_signed;
    b.coefficient = 0;
}

// p x^2 + c (x + d), where x is in its range: least at an end, or beside the vertex.
void together(Summand& a, Summand& b, int64_t& least) {
    if (a.reading != Reading::squared || b.reading != Reading::as_signed || a.coefficient == 0 || !moved(a, b)) return;
    const int64_t low = a.counter.number.wide.smin, high = a.counter.number.wide.smax, vertex = -b.coefficient / (2 * a.coefficient);
    int64_t lowest = (a.coefficient * low + b.coefficient) * low;
    const int64_t others[] = {vertex - 1, vertex, vertex + 1, high};
    for (const int64_t x : others)
        if (x >= low && x <= high && (a.coefficient * x + b.coefficient) * x < lowest) lowest = (a.coefficient * x + b.coefficient) * x;
    least += lowest + b.coefficient * (int64_t{b.counter.delta} - a.counter.delta);
    a.coefficient = b.coefficient = 0;
}

// How much of two coefficients of opposite signs is the same, with the sign of the first.
int64_t opposite(const Summand& a, const Summand& b) {
    const bool rising = a.coefficient > 0, falling = b.coefficient > 0;
    if (rising == falling || a.coefficient == 0 || b.coefficient == 0) return 0;
    return rising == (a.coefficient + b.coefficient < 0) ? a.coefficient : -b.coefficient;
}

// Moves as much as possible of +c U(have) and -c U(now) (or the reverse) into differences.
void cancel(const State& s, Summand& have, Summand& now, bool same_symbol_only, int64_t& least) {
    const int64_t same = opposite(have, now), m = same < 0 ? -same : same;
    if (have.reading != now.reading || same == 0 || (same_symbol_only && !one_symbol(have, now))) return;
    const bool rising = same > 0;
    int64_t bound = 0;
    const int64_t far = m > kMaxCoefficient ? kMaxSquared : kFarthest;
    // m (have - now) >= -m max(now - have), and the reverse.
    if (!reading_difference(s, rising ? now.counter : have.counter, rising ? have.counter : now.counter, have.reading, bound) || bound > far || bound < -far) return;
    least -= m * bound;
    have.coefficient -= rising ? m : -m;
    now.coefficient += rising ? m : -m;
}

// U(symbol) + delta, and not negative: both readings are one.
bool is_plain(const Summand& p) { return p.reading == Reading::as_signed && p.counter.number.wide.smin >= 0 && p.counter.symbol != 0 && exact_sum(p.counter); }

// Where a counter has gone on by a word, as over what a length tells, m U(a + b) - m U(a) is m U(b). False: it has not.
bool go_on(const State& s, Summand& now, Summand& was, Summand& by, int64_t& least) {
    const int64_t m = opposite(now, was);
    if (m == 0 || m > kMaxCoefficient || m < -kMaxCoefficient || !is_plain(now) || !is_plain(was)) return false;
    for (unsigned i = 0; i < kExactSums * s.value_count(); ++i) {
        const auto& sum = s.sums[i % kExactSums];
        const Value& v = s.at(i / kExactSums);
        if (sum.a == 0 || v.kind == ValueKind::unknown || v.kind == ValueKind::pointer_or_null || sum.sum != now.counter.symbol) continue;
        if (!(sum.a == was.counter.symbol && sum.b == v.symbol) && !(sum.b == was.counter.symbol && sum.a == v.symbol)) continue;
        by = {variable_part(v), m, Reading::as_signed};
        const int64_t rest = int64_t{sum.delta} + now.counter.delta - was.counter.delta - by.counter.delta;
        if (!is_plain(by) || by.counter.number.wide.smax > kMaxSquared || rest > kMaxSquared || rest < -kMaxSquared) continue;
        least += m * rest;
        now.coefficient -= m;
        was.coefficient += m;
        return true;
    }
    return false;
}

// Of all pairs of the first `count`; then there is one summand more.
bool step_over(const State& s, Summand* all, unsigned count, int64_t& least) {
    for (unsigned i = 0; i < count; ++i)
        for (unsigned j = 0; j < count; ++j)
            if (go_on(s, all[i], all[j], all[count], least)) return true;
    return false;
}

}  // namespace

bool counter_at(const State& s, const Location& at, Value& counter) {
    const Value* v = s.value_at(at);
    if (v == nullptr || !(v->is_number() || (v->kind == ValueKind::pointer && v->region == Region::packet))) return false;
    counter = v->is_number() ? *v : variable_part(*v, v->fixed);
    return true;
}

bool reading_extreme(const Value& counter, Reading reading, bool greatest, int64_t& extreme) {
    const auto& w = counter.number.wide;
    if (reading == Reading::as_unsigned && (greatest ? w.umax : w.umin) > kMaxCounter) return false;
    if (reading == Reading::squared) {
        if (w.smin < -kMaxSquared || w.smax > kMaxSquared) return false;
        const bool is_low = (w.smin + w.smax < 0) == greatest;  // the farther from 0, or the nearer
        const int64_t end = is_low ? w.smin : w.smax;
        extreme = !greatest && w.smin < 0 && w.smax > 0 ? 0 : end * end;
    } else if (reading == Reading::as_unsigned) extreme = static_cast<int64_t>(greatest ? w.umax : w.umin);
    else if (reading == Reading::as_signed) extreme = greatest ? w.smax : w.smin;
    else extreme = bits_of(greatest ? w.value | w.mask : w.value);
    return extreme <= kFarthest && extreme >= -kFarthest;
}

bool reading_difference(const State& s, const Value& a, const Value& b, Reading reading, int64_t& bound) {
    if (reading == Reading::as_unsigned) return s.difference(a, b, bound);
    int64_t high = 0, low = 0, known_by_symbol = 0;
    const bool known = reading_extreme(a, reading, true, high) && reading_extreme(b, reading, false, low);
    bound = known ? high - low : 0;
    const bool same = b.symbol != 0 && a.symbol == b.symbol;
    if (reading == Reading::as_signed && same && exact(a) && exact(b)) known_by_symbol = int64_t{a.delta} - b.delta;
    else if (reading == Reading::as_signed && a.number.wide.smin >= 0 && b.number.wide.smin >= 0) return s.difference(a, b, bound);
    else if ((reading == Reading::bits_set || reading == Reading::squared) && same && a.delta == b.delta) known_by_symbol = 0;
    else if (reading == Reading::bits_set && b.symbol != 0 && a.origin == b.symbol && a.shift == 0 && a.origin_delta == b.delta) known_by_symbol = -int64_t{a.bits_lost};  // a has some of b's bits
    else return known;
    if (!known || known_by_symbol < bound) bound = known_by_symbol;
    return true;
}

bool cost_margin(const State& s, const Cost& from, const Cost* to, uint32_t scale, int64_t& margin) {
    Summand all[2 * kMaxTerms + kMostSteps];
    unsigned count = 0;
    if (s.steps > static_cast<uint64_t>(kMaxCost) / kMaxScale) return false;
    int64_t least = from.constant - static_cast<int64_t>(s.steps) * scale - (to == nullptr ? 0 : to->constant);
    for (unsigned i = 0; i < from.term_count; ++i) all[count++] = {s.ghosts[i], from.terms[i].coefficient, from.terms[i].reading};
    for (unsigned i = 0; to != nullptr && i < to->term_count; ++i, ++count) {
        if (!counter_at(s, to->terms[i].at, all[count].counter)) return false;
        all[count].coefficient = -to->terms[i].coefficient;
        all[count].reading = to->terms[i].reading;
    }
    for (Summand& p : all)
        if (p.reading == Reading::as_unsigned && p.counter.number.wide.smin >= 0) p.reading = Reading::as_signed;  // the same
    for (int round = 0; round < 5; ++round) {
        for (unsigned more = 0; round == 2 && more < kMostSteps && step_over(s, all, count, least); ++more) ++count;
        for (unsigned i = 0; i < count; ++i)
            for (unsigned j = 0; j < count; ++j) {
                if (round == 0) expand(all[i], all[j], least);
                else if (round == 4) together(all[i], all[j], least);
                else if (i < j) cancel(s, all[i], all[j], round != 3, least);
            }
    }
    for (unsigned i = 0; i < count; ++i)
        if (!least_of(all[i], least)) return false;
    margin = least;
    return true;
}

bool cost_least(const State& s, const Cost& cost, int64_t& least) {
    least = cost.constant;
    for (unsigned i = 0; i < cost.term_count; ++i) {
        Summand p{{}, cost.terms[i].coefficient, cost.terms[i].reading};
        if (!counter_at(s, cost.terms[i].at, p.counter) || !least_of(p, least)) return false;
    }
    return true;
}

}  // namespace mbpf::proof
