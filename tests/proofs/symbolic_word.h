// SPDX-License-Identifier: Apache-2.0
// Words that an SMT solver computes with: what verifier/domain/word.h asks of a word type, over Z3's bit vectors.
#pragma once

#include <z3++.h>

#include "verifier/interval.h"

namespace mbpf::domain {

inline z3::context& solver_context() {
    static z3::context context;
    return context;
}

struct SymbolicBool {
    z3::expr e;
    friend SymbolicBool operator&(const SymbolicBool& a, const SymbolicBool& b) { return {a.e && b.e}; }
    friend SymbolicBool operator|(const SymbolicBool& a, const SymbolicBool& b) { return {a.e || b.e}; }
    friend SymbolicBool operator!=(const SymbolicBool& a, const SymbolicBool& b) { return {a.e != b.e}; }
    friend SymbolicBool operator!(const SymbolicBool& a) { return {!a.e}; }
};

template <unsigned N>
struct SymbolicSigned;

template <unsigned N>
struct Symbolic {
    z3::expr e;
    explicit Symbolic(const z3::expr& x) : e(x) {}
    explicit Symbolic(int c) : e(solver_context().bv_val(static_cast<std::int64_t>(c), N)) {}
    explicit Symbolic(unsigned c) : e(solver_context().bv_val(static_cast<std::uint64_t>(c), N)) {}
    // From another width: zero-extended or cut, as unsigned integers convert.
    template <unsigned M>
    explicit Symbolic(const Symbolic<M>& x) : e(resized(x.e, false)) {}
    template <unsigned M>
    explicit Symbolic(const SymbolicSigned<M>& x) : e(resized(x.e, true)) {}

    static z3::expr resized(const z3::expr& x, bool is_signed) {
        const unsigned bits = x.get_sort().bv_size();
        if (bits == N) return x;
        if (bits > N) return x.extract(N - 1, 0);
        return is_signed ? z3::sext(x, N - bits) : z3::zext(x, N - bits);
    }
    friend Symbolic operator+(const Symbolic& a, const Symbolic& b) { return Symbolic(a.e + b.e); }
    friend Symbolic operator-(const Symbolic& a, const Symbolic& b) { return Symbolic(a.e - b.e); }
    friend Symbolic operator/(const Symbolic& a, const Symbolic& b) { return Symbolic(z3::udiv(a.e, b.e)); }
    friend Symbolic operator%(const Symbolic& a, const Symbolic& b) { return Symbolic(z3::urem(a.e, b.e)); }
    friend Symbolic operator&(const Symbolic& a, const Symbolic& b) { return Symbolic(a.e & b.e); }
    friend Symbolic operator|(const Symbolic& a, const Symbolic& b) { return Symbolic(a.e | b.e); }
    friend Symbolic operator^(const Symbolic& a, const Symbolic& b) { return Symbolic(a.e ^ b.e); }
    friend Symbolic operator~(const Symbolic& a) { return Symbolic(~a.e); }
    friend Symbolic operator<<(const Symbolic& a, const Symbolic& n) { return Symbolic(z3::shl(a.e, n.e)); }
    friend Symbolic operator>>(const Symbolic& a, const Symbolic& n) { return Symbolic(z3::lshr(a.e, n.e)); }
    friend SymbolicBool operator==(const Symbolic& a, const Symbolic& b) { return {a.e == b.e}; }
    friend SymbolicBool operator!=(const Symbolic& a, const Symbolic& b) { return {a.e != b.e}; }
    friend SymbolicBool operator<(const Symbolic& a, const Symbolic& b) { return {z3::ult(a.e, b.e)}; }
    friend SymbolicBool operator<=(const Symbolic& a, const Symbolic& b) { return {z3::ule(a.e, b.e)}; }
    friend SymbolicBool operator>(const Symbolic& a, const Symbolic& b) { return {z3::ugt(a.e, b.e)}; }
    friend SymbolicBool operator>=(const Symbolic& a, const Symbolic& b) { return {z3::uge(a.e, b.e)}; }
};

template <unsigned N>
struct SymbolicSigned {
    z3::expr e;
    explicit SymbolicSigned(const z3::expr& x) : e(x) {}
    explicit SymbolicSigned(int c) : e(solver_context().bv_val(static_cast<std::int64_t>(c), N)) {}
    template <unsigned M>
    explicit SymbolicSigned(const Symbolic<M>& x) : e(Symbolic<N>::resized(x.e, false)) {}
    template <unsigned M>
    explicit SymbolicSigned(const SymbolicSigned<M>& x) : e(Symbolic<N>::resized(x.e, true)) {}

    friend SymbolicSigned operator/(const SymbolicSigned& a, const SymbolicSigned& b) { return SymbolicSigned(a.e / b.e); }
    friend SymbolicSigned operator%(const SymbolicSigned& a, const SymbolicSigned& b) { return SymbolicSigned(z3::srem(a.e, b.e)); }
    friend SymbolicSigned operator>>(const SymbolicSigned& a, const Symbolic<N>& n) { return SymbolicSigned(z3::ashr(a.e, n.e)); }
    friend SymbolicBool operator==(const SymbolicSigned& a, const SymbolicSigned& b) { return {a.e == b.e}; }
    friend SymbolicBool operator!=(const SymbolicSigned& a, const SymbolicSigned& b) { return {a.e != b.e}; }
    friend SymbolicBool operator<(const SymbolicSigned& a, const SymbolicSigned& b) { return {a.e < b.e}; }
    friend SymbolicBool operator<=(const SymbolicSigned& a, const SymbolicSigned& b) { return {a.e <= b.e}; }
    friend SymbolicBool operator>(const SymbolicSigned& a, const SymbolicSigned& b) { return {a.e > b.e}; }
    friend SymbolicBool operator>=(const SymbolicSigned& a, const SymbolicSigned& b) { return {a.e >= b.e}; }
};

template <unsigned N>
struct Word<Symbolic<N>> {
    using Signed = SymbolicSigned<N>;
    using Bool = SymbolicBool;
    using Half = Symbolic<N / 2>;
    static constexpr unsigned kBits = N;
};

template <class X>
    requires requires(X x) { x.e; }
X pick(const SymbolicBool& condition, const X& then, const X& otherwise) {
    return X(z3::ite(condition.e, then.e, otherwise.e));
}
template <unsigned N>
Symbolic<N> product(const Symbolic<N>& a, const Symbolic<N>& b) {
    return Symbolic<N>(a.e * b.e);
}
template <unsigned N>
SymbolicBool product_fits(const Symbolic<N>& a, const Symbolic<N>& b) {
    const z3::expr whole = z3::zext(a.e, N) * z3::zext(b.e, N);
    return {whole.extract(2 * N - 1, N) == solver_context().bv_val(0, N)};
}

}  // namespace mbpf::domain
