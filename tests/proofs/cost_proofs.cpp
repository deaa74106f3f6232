// SPDX-License-Identifier: Apache-2.0
// The sum over counters of verifier/checker/cost.cpp, from the source that ships: for all counters and coefficients that a
// certificate may have, the bound found is one, and nothing overflows on the way. Integers have their full width.
//
// Each step on summands keeps an invariant: what is set aside, plus what the summands still are, is at most what they were
// together. So the sum over all of them, in any order and however many, is bounded by what is left at the end.
#define MBPF_PROVES_COSTS
#include "tests/proofs/shipped_rules.h"

namespace mbpf::proof {

I64 bits_of(U64 w, Here) { return I64(ones_of(w.expr())); }

namespace {

// Of the certificate's costs: constants and coefficients are read within these.
constexpr std::int64_t kMost = std::int64_t{1} << 60, kCoefficient = std::int64_t{1} << 26;

// A product whose factors' signs are known.
void hint_sign(const expr& x, const expr& y) {
    const expr xy = symbolic::expanded(x * y);
    explorer().hint((!(x >= 0 && y >= 0) || xy >= 0) && (!(x <= 0 && y <= 0) || xy >= 0) && (!(x >= 0 && y <= 0) || xy <= 0) && (!(x <= 0 && y >= 0) || xy <= 0));
}
// As an unknown of its own, since it is multiplied.
expr signed_word(const expr& w) {
    const expr s = explorer().fresh("signed");
    assume(s == symbolic::as_signed(w, 64));
    hint_sign(s, s);
    return s;
}
// What squares the code computed are beside that of a word.
void hint_squares(const expr& s) {
    for (const auto& [x, y] : explorer().products) hint_sign(s - x, s + y);
}
constexpr Reading kReadings[] = {Reading::as_unsigned, Reading::as_signed, Reading::bits_set, Reading::squared};

struct Read {
    Value value = any_value("counter");
    expr number = signed_word(word(value)), reading = number;
    explicit Read(Reading r) {
        assume_ones(value.number);
        reading = r == Reading::as_unsigned ? word(value) : r == Reading::bits_set ? ones_of(word(value)) : r == Reading::as_signed ? number : symbolic::expanded(number * number);
    }
};
void proof_reading_difference(State& s) {
    const Reading r = kReadings[explorer().choose(4)];
    const Read a(r), b(r);
    I64 bound = 0;
    if (!reading_difference(s, a.value, b.value, r, bound)) return;
    hint_squares(a.number);
    hint_squares(b.number);
    hint_sign(a.number - b.number, a.number + b.number);
    require(a.reading - b.reading <= bound.expr(), "reading_difference");
}
void proof_reading_extreme(State&) {
    const Reading r = kReadings[explorer().choose(4)];
    const Read a(r);
    const bool greatest = explorer().choose(2) == 0;
    I64 extreme = 0;
    if (!reading_extreme(a.value, r, greatest, extreme)) return;
    hint_squares(a.number);
    require((greatest ? a.reading <= extreme.expr() : a.reading >= extreme.expr()) && within(extreme.expr(), std::int64_t{1} << 32), "reading_extreme");
}

// What a summand may be: one of the certificate's, or what is left of two squares, of a word near 0.
struct Any {
    Summand summand;
    bool is_rest = false;
    expr number = context().int_val(0), reading = number;  // the word, signed, and as it is read
};
Any any_summand(bool may_be_rest) {
    Any any;
    Summand& p = any.summand;
    const unsigned which = explorer().choose(may_be_rest ? 5 : 4);
    any.is_rest = which == 4;
    p.reading = any.is_rest ? Reading::as_signed : kReadings[which];
    const Read counter(p.reading);
    p.counter = counter.value;
    any.number = counter.number;
    any.reading = counter.reading;
    p.coefficient = any_integer("coefficient", any.is_rest ? kCoefficient << 17 : kCoefficient);
    const auto& w = p.counter.number.wide;
    if (any.is_rest) assume(w.smin.expr() >= whole(-0xffff) && w.smax.expr() <= whole(0xffff));
    return any;
}
expr size(const expr& e) { return z3::ite(e >= 0, e, -e); }
// What a summand, or the rest of two, can still add to what is set aside: 2.5 times a square, twice a rest. Costs of eight
// terms and their constants are so just within 63 bits.
expr weight(const Summand& p, bool is_rest) {
    const std::int64_t rate = is_rest ? std::int64_t{1} << 17 : p.reading == Reading::squared ? 5 * (std::int64_t{1} << 31) - (1 << 16) : std::int64_t{1} << 32;
    return size(p.coefficient.expr()) * whole(rate);
}
// What is set aside, and all that is to come, fits.
I64 any_least(const expr& weights) {
    const I64 least = I64::any("least");
    assume(size(least.expr()) + weights < symbolic::power(63));
    return least;
}

void proof_least_of(State&) {
    const Any p = any_summand(true);
    I64 least = any_least(weight(p.summand, p.is_rest));
    const expr before = least.expr(), n = p.reading, c = p.summand.coefficient.expr();
    if (!least_of(p.summand, least, kReal)) return;
    hint_squares(p.number);
    hint_sign(c, n);
    const expr far = p.is_rest ? whole(0xffff) : symbolic::power(32);
    for (const auto& [factor, extreme] : explorer().products) {
        hint_sign(c, n - extreme);
        hint_sign(c, far - extreme);
        hint_sign(c, far + extreme);
    }
    require(least.expr() <= before + symbolic::expanded(c * n) && size(least.expr() - before) <= weight(p.summand, p.is_rest), "least_of");
}
expr value_of(const Summand& p, const expr& reading) { return symbolic::expanded(p.coefficient.expr() * reading); }

// p x^2 - p (x + d)^2.
void proof_expand(State&) {
    Any a = any_summand(true), b = any_summand(true);
    const expr weights = weight(a.summand, a.is_rest) + weight(b.summand, b.is_rest);
    I64 least = any_least(weights);
    const expr before = least.expr(), x = a.number, y = b.number;
    const expr c = a.summand.coefficient.expr(), d = b.summand.counter.delta.expr() - a.summand.counter.delta.expr();
    const expr square = whole(0xffff);
    hint_sign(d, d);
    hint_sign(c, symbolic::expanded(d * d));
    hint_sign(square - d, square + d);
    hint_sign(c, square - d);
    hint_sign(c, square + d);
    hint_sign(c, symbolic::expanded(square * square - d * d));
    const std::size_t products = explorer().products.size();
    expand(a.summand, b.summand, least, kReal);
    if (explorer().products.size() == products) return;
    require(b.summand.coefficient.expr() == 0 && y == x + d, "expand: the one is the other and so much");
    const expr then = symbolic::expanded(c * x * x - c * (x + d) * (x + d)), now = symbolic::expanded(least.expr() - before + a.summand.coefficient.expr() * x);
    require(now <= then, "expand: less than before");
    require(within(a.summand.coefficient.expr(), kCoefficient << 17) && size(least.expr() - before) + weight(a.summand, true) <= weights, "expand: what is set aside fits");
}

// c x - c y, and the reverse.
void proof_cancel(State& s) {
    Any have = any_summand(true), now = any_summand(true);
    const expr weights = weight(have.summand, have.is_rest) + weight(now.summand, now.is_rest);
    I64 least = any_least(weights);
    const expr whole_before = least.expr() + value_of(have.summand, have.reading) + value_of(now.summand, now.reading), before = least.expr();
    const std::size_t products = explorer().products.size();
    cancel(s, have.summand, now.summand, false, least, kReal);
    if (explorer().products.size() == products) return;
    if (have.summand.reading == Reading::squared) {
        hint_squares(have.number);
        hint_squares(now.number);
        hint_sign(have.number - now.number, have.number + now.number);
    }
    const auto [m, bound] = explorer().products.back();
    const expr apart = have.reading - now.reading;
    hint_sign(m, apart - bound);
    hint_sign(m, -apart - bound);
    const expr far = symbolic::power(have.is_rest && now.is_rest ? 17 : 32);
    hint_sign(m, far - bound);
    hint_sign(m, far + bound);
    require(symbolic::expanded(least.expr() + value_of(have.summand, have.reading) + value_of(now.summand, now.reading)) <= symbolic::expanded(whole_before), "cancel: less than before");
    require(size(least.expr() - before) + weight(have.summand, have.is_rest) + weight(now.summand, now.is_rest) <= weights, "cancel: what is set aside fits");
}

// p x^2 + c (x + d).
void proof_together(State&) {
    Any a = any_summand(true), b = any_summand(true);
    const expr weights = weight(a.summand, a.is_rest) + weight(b.summand, b.is_rest);
    I64 least = any_least(weights);
    const expr before = least.expr(), x = a.number, y = b.number, p = a.summand.coefficient.expr(), c = b.summand.coefficient.expr();
    const expr d = b.summand.counter.delta.expr() - a.summand.counter.delta.expr(), far = whole(0xffff);
    const std::size_t products = explorer().products.size();
    const expr low = a.summand.counter.number.wide.smin.expr(), high = a.summand.counter.number.wide.smax.expr();
    const auto near = [&](const expr& e) {
        hint_sign(e, e);
        hint_sign(far - e, far + e);
        hint_sign(p, symbolic::expanded(e * e));
        hint_sign(p, symbolic::expanded(far * far - e * e));
        hint_sign(c, far - e);
        hint_sign(c, far + e);
    };
    near(low);
    near(high);
    hint_sign(c, far - d);
    hint_sign(c, far + d);
    together(a.summand, b.summand, least, kReal);
    if (explorer().products.size() == products) return;
    require(a.summand.coefficient.expr() == 0 && b.summand.coefficient.expr() == 0 && y == x + d, "together: the one is the other and so much");
    const expr v = explorer().quotients.back();
    const expr places[] = {low, high, v - 1, v + 1, v};
    for (const expr& e : places) {
        near(e);
        hint_sign(x - e, symbolic::expanded(p * (x + e) + c));
        hint_sign(p, x - e);
        for (const expr& f : places) hint_sign(p, f - e);
    }
    require(least.expr() - before <= symbolic::expanded(p * x * x + c * (x + d)), "together: less than before");
    require(size(least.expr() - before) <= weights, "together: what is set aside fits");
}

// m (a + b) - m a is m b: of one sum, and one value that may hold its other part.
void proof_go_on(State& s) {
    s.sums[0] = any_sum(true);
    s.regs[0] = any_value("held");
    Any now = any_summand(true), was = any_summand(true);
    Summand by;
    const expr weights = weight(now.summand, now.is_rest) + weight(was.summand, was.is_rest);
    I64 least = any_least(weights);
    const expr before = least.expr(), whole_before = before + value_of(now.summand, now.reading) + value_of(was.summand, was.reading);
    if (!go_on(s, now.summand, was.summand, by, least, kReal)) return;
    const auto [m, rest] = explorer().products.back();
    const expr far = whole(0xffff);
    hint_sign(m, far - rest);
    hint_sign(m, far + rest);
    const expr word_of_by = signed_word(word(by.counter));
    hint_sign(m, now.reading - was.reading - word_of_by - rest);
    require(symbolic::expanded(least.expr() + value_of(now.summand, now.reading) + value_of(was.summand, was.reading) + value_of(by, word_of_by)) <= symbolic::expanded(whole_before), "go_on: less than before");
    require(by.reading == Reading::as_signed && by.counter.number.wide.smax.expr() <= far && by.counter.number.wide.smin.expr() >= 0, "go_on: a word near 0");
    require(size(least.expr() - before) + weight(now.summand, now.is_rest) + weight(was.summand, was.is_rest) + weight(by, true) <= weights, "go_on: what is set aside fits");
}

// A summand with itself: nothing changes but how 0 is read.
void proof_same(State&) {
    Any a = any_summand(true);
    I64 least = any_least(weight(a.summand, a.is_rest));
    const expr before = least.expr(), c = a.summand.coefficient.expr();
    Summand by;
    State none(nullptr, 0);
    switch (explorer().choose(3)) {
        case 0: expand(a.summand, a.summand, least, kReal); break;
        case 1: together(a.summand, a.summand, least, kReal); break;
        default: require(context().bool_val(!go_on(none, a.summand, a.summand, by, least, kReal)), "a summand does not go on to itself");
    }
    require((c == 0 || (least.expr() == before && a.summand.coefficient.expr() == c)) && (c != 0 || (least.expr() == before && a.summand.coefficient.expr() == 0)), "a summand with itself");
}

// The whole sum, each step replaced by what is proved of it. What a summand is worth is a word of its own here. The sum
// keeps: what is set aside and what the summands are worth is at most the true value, and both fit. A step on two of
// them keeps what these two are and so the sum.
struct Sum {
    Summand* first = nullptr;
    unsigned count = 0, done = 0;
    expr truth = context().int_val(0);
    std::vector<expr> left;  // room of each
};
Sum sum;

expr read_as(const expr& w, Reading r) {
    if (r == Reading::as_unsigned) return w;
    if (r == Reading::as_signed) return symbolic::as_signed(w, 64);
    const z3::sort integer = context().int_sort();
    return z3::function(r == Reading::squared ? "square" : "ones", integer, integer)(w);
}
expr worth(const expr& coefficient, const expr& number) {
    const z3::sort integer = context().int_sort();
    return z3::function("worth", integer, integer, integer)(coefficient, number);
}
expr worth(const Summand& p) { return worth(p.coefficient.expr(), read_as(word(p.counter), p.reading)); }
expr sum_holds(const I64& least) {
    expr all = least.expr(), room = size(least.expr());
    for (unsigned i = sum.done; i < sum.count; ++i) {
        all = all + worth(sum.first[i]);
        room = room + sum.left[i];
    }
    return all <= sum.truth && room < symbolic::power(63);
}
void begin_sum(const Summand& first, const I64& least) {
    sum.first = const_cast<Summand*>(&first);
    sum.left.clear();
    for (unsigned i = 0; i < sum.count; ++i) sum.left.push_back(weight(sum.first[i], false));
    require(sum_holds(least), "the sum is what it stands for");
}
void step(Summand& a, Summand& b, I64& least) {
    if (sum.first == nullptr) begin_sum(a, least);
    if (&a == &b) return;
    least = I64::any("least");
    for (Summand* p : {&a, &b}) {
        p->coefficient = I64::any("coefficient");
        sum.left[static_cast<std::size_t>(p - sum.first)] = explorer().fresh("left");
        assume(sum.left[static_cast<std::size_t>(p - sum.first)] >= 0);
    }
    assume(sum_holds(least));
}

// All of them may be others then, and one more.
bool one_more(Summand* all, unsigned count, I64& least) {
    if (sum.first == nullptr) begin_sum(all[0], least);
    if (count < 2 || explorer().choose(2) == 0) return false;
    all[count].counter = any_value("by");
    all[count].reading = Reading::as_signed;
    sum.count = count + 1;
    sum.left.clear();
    least = I64::any("least");
    for (unsigned i = 0; i <= count; ++i) {
        all[i].coefficient = I64::any("coefficient");
        sum.left.push_back(explorer().fresh("left"));
        assume(sum.left.back() >= 0);
    }
    assume(sum_holds(least));
    return true;
}
// Whichever pair it is, each is another, and what is added is behind them.
void proof_step_over(State& s) {
    Summand all[4];
    for (Summand& p : all) p.coefficient = 0;
    sum = {all, 3, 0, context().int_val(0), {}};
    I64 least = 0;
    const bool goes = step_over(s, all, 3, least, kReal);
    require(context().bool_val(!goes || (sum.done >= 1 && sum.done <= 3)), "step_over");
}

void proof_margin(State& s) {
    Cost from, to;
    from.constant = any_integer("constant", kMost);
    to.constant = any_integer("stated", kMost);
    const unsigned scale = kMaxScale;  // the greatest
    s.steps = U64::any("steps");
    expr truth = from.constant.expr() - s.steps.expr() * whole(scale);
    const auto add = [&](Cost& cost, const Value& v, unsigned i) {
        cost.terms[i].coefficient = any_integer("coefficient", kCoefficient);
        cost.terms[i].reading = kReadings[i];
        const expr c = cost.terms[i].coefficient.expr(), n = read_as(word(v), kReadings[i]);
        explorer().hint(worth(-c, n) == -worth(c, n));
        truth = &cost == &from ? truth + worth(c, n) : truth - worth(c, n);
    };
    const unsigned from_terms = explorer().choose(2) * kMaxTerms, to_terms = explorer().choose(2) * kMaxTerms;
    for (from.term_count = 0; from.term_count < from_terms; ++from.term_count) add(from, s.ghosts[from.term_count] = any_value("then"), from.term_count);
    const bool arrives = to_terms != 0 || explorer().choose(2) == 0;
    for (to.term_count = 0; to.term_count < to_terms; ++to.term_count) {
        Value v = s.regs[to.term_count] = any_value("now");
        to.terms[to.term_count].at = {static_cast<std::int16_t>(to.term_count), 8, kRegisters};
        if (to.term_count == 1) {  // a packet pointer counts with where it leads
            Value& p = s.regs[to.term_count];
            p.kind = ValueKind::pointer;
            p.region = Region::packet;
            p.fixed = I32(any_integer("fixed", kMaxOffset.constant));
            v = variable_part(p, p.fixed);
        }
        add(to, v, to.term_count);
    }
    if (arrives) truth = truth - to.constant.expr();
    sum = {nullptr, from_terms + to_terms, 0, truth, {}};
    I64 margin = 0;
    if (cost_margin(s, from, arrives ? &to : nullptr, scale, margin)) require(margin.expr() <= truth, "cost_margin");
}
void proof_least(State& s) {
    Cost cost;
    cost.constant = any_integer("constant", kMost);
    expr truth = cost.constant.expr();
    for (; cost.term_count < kMaxTerms; ++cost.term_count) {
        Cost::Term& t = cost.terms[cost.term_count];
        const Value v = s.regs[cost.term_count] = any_value("counter");
        t = {{static_cast<std::int16_t>(cost.term_count), 8, kRegisters}, any_integer("coefficient", kCoefficient), kReadings[cost.term_count]};
        truth = truth + worth(t.coefficient.expr(), read_as(word(v), t.reading));
    }
    // One at a time: each is the first of what is left.
    sum = {nullptr, 0, 0, truth, {}};
    I64 least = 0;
    if (cost_least(s, cost, least)) require(least.expr() <= truth, "cost_least");
}

}  // namespace

template <class S>
void expand(S& a, S& b, I64& least, Here) {
    step(a, b, least);
}
template <class S>
void together(S& a, S& b, I64& least, Here) {
    step(a, b, least);
}
template <class S>
void cancel(const State&, S& have, S& now, bool, I64& least, Here) {
    step(have, now, least);
}
template <class S>
bool step_over(const State&, S* all, unsigned count, I64& least, Here) {
    return one_more(all, count, least);
}
// Called by step_over alone, of `sum.count` summands; `done` is then 1 and the one that goes on.
template <class S>
bool go_on(const State&, S& now, S& was, S& by, I64&, Here) {
    if (&now == &was || explorer().choose(2) == 0) return false;
    const auto in = [](const S& p) { return &p >= sum.first && &p < sum.first + sum.count; };
    require(context().bool_val(in(now) && in(was) && &by == sum.first + sum.count), "go_on: of two of the summands, to one behind them");
    sum.done = 1 + static_cast<unsigned>(&now - sum.first);
    return true;
}
template <class S>
bool least_of(const S& p, I64& least, Here) {
    const bool alone = sum.count == 0;  // of cost_least
    if (!alone && sum.first == nullptr) begin_sum(p, least);
    const expr all = least.expr() + worth(p), room = alone ? weight(p, false) : sum.left[sum.done], before = least.expr();
    require(size(before) + room < symbolic::power(63), "the least of a summand: what is set aside fits");
    if (explorer().choose(2) == 0) return false;
    least = I64::any("least");
    if (!alone) ++sum.done;
    assume(size(least.expr() - before) <= room && least.expr() <= all);
    return true;
}

namespace {

MBPF_RULES(Costs, are_bounded, {"reading_extreme", proof_reading_extreme}, {"reading_difference", proof_reading_difference}, {"least_of", proof_least_of}, {"expand", proof_expand}, {"cancel", proof_cancel}, {"together", proof_together},
           {"go_on", proof_go_on}, {"step_over", proof_step_over}, {"a summand with itself", proof_same}, {"cost_margin", proof_margin}, {"cost_least", proof_least})

}  // namespace
}  // namespace mbpf::proof
