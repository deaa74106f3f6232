// SPDX-License-Identifier: Apache-2.0
// Runs branching code along every path that some input takes: where a condition is symbolic, the solver is asked which
// sides are possible under what was decided and assumed so far, and the code runs once for each. What the code must
// not do, and what must be true at its end, is required on each path, for all inputs that take it.
#pragma once

#include <z3++.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace mbpf::symbolic {

inline z3::context& context() {
    static z3::context c;
    return c;
}

// As a sum of monomials.
inline z3::expr expanded(const z3::expr& e) {
    z3::params p(context());
    p.set("som", true);
    p.set("som_blowup", 1000u);
    return e.simplify(p);
}

struct Report {
    unsigned paths = 0;     // that some input takes
    unsigned queries = 0;
    unsigned claims = 0;
    unsigned refuted = 0;   // paths on which a claim is
    std::string first;      // the first of them, with inputs that show it
};

// Thrown by a body that has seen what it wants: the rest of the path is another's business.
struct Done {};

class Explorer {
  public:
    static Explorer& now() {
        static Explorer one;
        return one;
    }

    const char* logic = nullptr;  // another than of whole numbers

    // `body` must do the same whenever it is run after the same decisions.
    Report explore(const std::function<void()>& body);

    bool decide(const z3::expr& condition);
    // Any of 0 .. count - 1.
    unsigned choose(unsigned count);
    // From here on, only inputs of which this is true. What was claimed before is shown first.
    void assume(const z3::expr& fact);
    // True of all numbers, so no input is lost.
    void hint(const z3::expr& lemma) {
        if (is_new()) solver_.add(linear(lemma));
    }
    void require(const z3::expr& claim, const char* what) {
        if (is_new()) pending_.emplace_back(claim, what);
    }
    // Of two factors that are near 0 the product is.
    void limit_product(const z3::expr& x, const z3::expr& y, const z3::expr& product);
    // No input comes here.
    void require_unreachable(const char* what) { require(context().bool_val(false), what); }
    // Named and distinct; the same at the same place of every run.
    z3::expr fresh(const char* name) { return context().int_const((std::string(name) + "_" + std::to_string(names_++)).c_str()); }
    z3::expr fresh_bool(const char* name) { return context().bool_const((std::string(name) + "_" + std::to_string(names_++)).c_str()); }
    // To be told with a counterexample.
    void show(std::string name, const z3::expr& e) { shown_.emplace_back(std::move(name), e); }

    // The factors and quotients that were computed with, as the code came to them.
    std::vector<std::pair<z3::expr, z3::expr>> products;
    std::vector<z3::expr> quotients;
    // By how many bits a term is another shifted left, by its id.
    std::map<unsigned, unsigned> shifted;

    std::uint32_t keep(const z3::expr& e) {
        terms_.push_back(e);
        return static_cast<std::uint32_t>(terms_.size());
    }
    const z3::expr& term(std::uint32_t id) const { return terms_[id - 1]; }

  private:
    struct Decision {
        unsigned side = 0, last = 0;  // sides up to `last` are still to be tried
        bool framed = false;
        std::vector<z3::expr> sides;  // the condition and its opposite; of a free choice: none
    };
    struct Refuted {};

    bool is_new() const { return next_ >= decisions_.size(); }
    z3::check_result check() {
        ++report_.queries;
        return solver_.check();
    }
    bool possible(const z3::expr& e) {
        solver_.push();
        solver_.add(linear(e));
        const bool is = check() != z3::unsat;  // unknown: it may be
        solver_.pop();
        return is;
    }
    // With a word of its own for each product of unknowns: what has to be known of products is told beside.
    z3::expr linear(const z3::expr& e);
    void factors(const z3::expr& e, z3::expr& known, std::vector<std::string>& unknown);
    void flush();
    void enter(const Decision& d) {
        solver_.push();
        if (!d.sides.empty()) solver_.add(linear(d.sides[d.side]));
    }
    bool backtrack();

    z3::solver solver_ = z3::solver(context(), z3::solver::simple());
    std::vector<Decision> decisions_;
    std::size_t next_ = 0;
    unsigned names_ = 0;
    std::vector<z3::expr> terms_;
    std::vector<std::pair<z3::expr, const char*>> pending_;
    std::vector<std::pair<std::string, z3::expr>> shown_;
    Report report_;
    std::map<unsigned, std::pair<z3::expr, z3::expr>> linear_;  // by id, which is kept from being used again
};

inline Report Explorer::explore(const std::function<void()>& body) {
    report_ = {};
    decisions_.clear();
    linear_.clear();
    if (logic != nullptr) solver_ = z3::solver(context(), logic);
    solver_.reset();
    z3::params p(context());
    p.set("timeout", 20'000u);
    solver_.set(p);
    do {
        next_ = names_ = 0;
        terms_.clear();
        pending_.clear();
        shown_.clear();
        products.clear();
        quotients.clear();
        shifted.clear();
        try {
            try {
                body();
            } catch (const Done&) {
            }
            flush();
            if (check() == z3::sat) ++report_.paths;
        } catch (const Refuted&) {
            ++report_.paths;
        }
    } while (backtrack() && report_.refuted < 3);
    return report_;
}

inline void Explorer::factors(const z3::expr& e, z3::expr& known, std::vector<std::string>& unknown) {
    if (e.is_numeral()) known = (known * e).simplify();
    else if (e.is_app() && e.decl().decl_kind() == Z3_OP_MUL)
        for (unsigned i = 0; i < e.num_args(); ++i) factors(e.arg(i), known, unknown);
    else unknown.push_back(linear(e).to_string());
}

inline z3::expr Explorer::linear(const z3::expr& e) {
    const auto known = linear_.find(e.id());
    if (known != linear_.end()) return known->second.second;
    if (!e.is_app() || e.num_args() == 0) return e;
    z3::expr_vector args(context());
    for (unsigned i = 0; i < e.num_args(); ++i) args.push_back(linear(e.arg(i)));
    z3::expr out = e.decl()(args);
    if (e.decl().decl_kind() == Z3_OP_MUL) {
        z3::expr factor = context().int_val(1);
        std::vector<std::string> unknowns;
        factors(e, factor, unknowns);
        std::sort(unknowns.begin(), unknowns.end());
        std::string product = "product";
        for (const std::string& u : unknowns) product += " " + u;
        if (unknowns.size() > 1) out = (factor * context().int_const(product.c_str())).simplify();
    }
    linear_.emplace(e.id(), std::make_pair(e, out));
    return out;
}

inline bool Explorer::backtrack() {
    while (!decisions_.empty()) {
        Decision& d = decisions_.back();
        if (d.framed) solver_.pop();
        if (d.side < d.last) {
            ++d.side;
            enter(d);
            return true;
        }
        decisions_.pop_back();
    }
    return false;
}

inline void Explorer::flush() {
    if (pending_.empty()) return;
    z3::expr_vector all(context());
    for (const auto& [claim, what] : pending_) all.push_back(claim);
    report_.claims += static_cast<unsigned>(pending_.size());
    solver_.push();
    solver_.add(linear(!z3::mk_and(all)));
    const z3::check_result result = check();
    if (result != z3::unsat) {
        ++report_.refuted;
        if (report_.first.empty()) {
            if (result == z3::sat) {
                const z3::model m = solver_.get_model();
                for (const auto& [claim, what] : pending_)
                    if (m.eval(linear(claim), true).is_false()) report_.first += std::string(what) + "; ";
                for (const auto& [name, e] : shown_) report_.first += name + " = " + m.eval(e, true).to_string() + ", ";
            } else {
                report_.first = std::string("not decided in time: ") + pending_.front().second;
            }
        }
        solver_.pop();
        pending_.clear();
        throw Refuted{};
    }
    solver_.pop();
    pending_.clear();
}

inline bool Explorer::decide(const z3::expr& condition) {
    const z3::expr c = condition.simplify();
    if (c.is_true() || c.is_false()) return c.is_true();
    if (!is_new()) return decisions_[next_++].side == 0;
    flush();
    Decision d;
    d.sides = {c, !c};
    if (!possible(c)) d.side = d.last = 1;
    else if (possible(!c)) d.last = 1, d.framed = true;
    if (d.framed) enter(d);
    decisions_.push_back(d);
    ++next_;
    return d.side == 0;
}

inline unsigned Explorer::choose(unsigned count) {
    if (count <= 1) return 0;
    if (!is_new()) return decisions_[next_++].side;
    flush();
    Decision d;
    d.last = count - 1;
    d.framed = true;
    enter(d);
    decisions_.push_back(d);
    ++next_;
    return 0;
}

inline void Explorer::limit_product(const z3::expr& x, const z3::expr& y, const z3::expr& product) {
    products.emplace_back(x, y);
    if (!is_new()) return;
    flush();
    const auto bits = [&](const z3::expr& e) {
        for (unsigned n : {17u, 27u, 33u, 43u, 60u}) {
            const z3::expr limit = context().int_val(std::uint64_t{1} << n);
            if (!possible(e > limit || e < -limit)) return n;
        }
        return 64u;
    };
    const unsigned n = bits(x) + bits(y);
    const z3::expr two = context().int_val(2), limit = z3::pw(two, context().int_val(n)).simplify();
    if (n < 64) solver_.add(linear(product <= limit && product >= -limit));
}

inline void Explorer::assume(const z3::expr& fact) {
    if (!is_new()) return;
    flush();
    solver_.add(linear(fact));
}

}  // namespace mbpf::symbolic
