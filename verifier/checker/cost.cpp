// SPDX-License-Identifier: Apache-2.0
// A linear form over counters, bounded from below: pairs of equal sign cancel by what is known of their
// difference, the rest by their ranges. Coefficients and counters are limited so that nothing overflows.
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

constexpr int64_t kFarthest = static_cast<int64_t>(kMaxCounter);

bool least_of(const Summand& p, int64_t& least) {
    int64_t extreme = 0;
    if (p.coefficient == 0) return true;
    if (!reading_extreme(p.counter, p.reading, p.coefficient < 0, extreme)) return false;
    least += p.coefficient * extreme;
    return true;
}

// Moves as much as possible of +c U(have) and -c U(now) (or the reverse) into differences.
void cancel(const State& s, Summand& have, Summand& now, bool same_symbol_only, int64_t& least) {
    if (have.reading != now.reading || have.coefficient == 0 || now.coefficient == 0 || (have.coefficient > 0) == (now.coefficient > 0)) return;
    if (same_symbol_only && (have.counter.symbol == 0 || have.counter.symbol != now.counter.symbol)) return;
    const int64_t size = have.coefficient > 0 ? have.coefficient : -have.coefficient, other = now.coefficient > 0 ? now.coefficient : -now.coefficient;
    const int64_t m = size < other ? size : other;
    const bool rising = have.coefficient > 0;
    int64_t bound = 0;
    // m (have - now) >= -m max(now - have), and the reverse.
    if (!reading_difference(s, rising ? now.counter : have.counter, rising ? have.counter : now.counter, have.reading, bound) || bound > kFarthest || bound < -kFarthest) return;
    least -= m * bound;
    have.coefficient -= rising ? m : -m;
    now.coefficient += rising ? m : -m;
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
    if (reading == Reading::as_unsigned) extreme = static_cast<int64_t>(greatest ? w.umax : w.umin);
    else if (reading == Reading::as_signed) extreme = greatest ? w.smax : w.smin;
    else extreme = bits_of(greatest ? w.value | w.mask : w.value);
    return extreme <= kFarthest && extreme >= -kFarthest;
}

bool reading_difference(const State& s, const Value& a, const Value& b, Reading reading, int64_t& bound) {
    if (reading == Reading::as_unsigned) return s.difference(a, b, bound);
    int64_t high = 0, low = 0, known_by_symbol = 0;
    const bool known = reading_extreme(a, reading, true, high) && reading_extreme(b, reading, false, low);
    bound = high - low;
    const bool same = b.symbol != 0 && a.symbol == b.symbol;
    const auto exact = [](const Value& v) { return domain::exact_signed_sum(v.number.wide, static_cast<uint64_t>(int64_t{v.delta})); };
    if (reading == Reading::as_signed && same && exact(a) && exact(b)) known_by_symbol = int64_t{a.delta} - b.delta;
    else if (reading == Reading::bits_set && same && a.delta == b.delta) known_by_symbol = 0;
    else if (reading == Reading::bits_set && b.symbol != 0 && a.origin == b.symbol && a.shift == 0 && a.origin_delta == b.delta) known_by_symbol = -int64_t{a.bits_lost};  // a has some of b's bits
    else return known;
    if (!known || known_by_symbol < bound) bound = known_by_symbol;
    return true;
}

bool cost_margin(const State& s, const Cost& from, const Cost* to, uint32_t scale, int64_t& margin) {
    Summand have[kMaxTerms], now[kMaxTerms];
    if (s.steps > static_cast<uint64_t>(kMaxCost) / kMaxScale) return false;
    int64_t least = from.constant - static_cast<int64_t>(s.steps) * scale - (to == nullptr ? 0 : to->constant);
    const unsigned now_count = to == nullptr ? 0 : to->term_count;
    for (unsigned i = 0; i < from.term_count; ++i) have[i] = {s.ghosts[i], from.terms[i].coefficient, from.terms[i].reading};
    for (unsigned i = 0; i < now_count; ++i) {
        if (!counter_at(s, to->terms[i].at, now[i].counter)) return false;
        now[i].coefficient = -to->terms[i].coefficient;
        now[i].reading = to->terms[i].reading;
    }
    for (int round = 0; round < 2; ++round)
        for (unsigned i = 0; i < from.term_count; ++i)
            for (unsigned j = 0; j < now_count; ++j) cancel(s, have[i], now[j], round == 0, least);
    for (unsigned i = 0; i < from.term_count; ++i)
        if (!least_of(have[i], least)) return false;
    for (unsigned i = 0; i < now_count; ++i)
        if (!least_of(now[i], least)) return false;
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
