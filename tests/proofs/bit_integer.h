// SPDX-License-Identifier: Apache-2.0
// Integers as bit vectors, for code that looks at bits: as symbolic_integer.h has them as whole numbers. Unsigned sums wrap;
// of signed ones it is required that they do not, and of a shift that it is by less than the width.
#pragma once

#include <type_traits>

#include "tests/proofs/symbolic_integer.h"

namespace mbpf::symbolic {

template <unsigned Bits, bool Signed>
struct BitInteger {
    static constexpr unsigned kBits = Bits;
    using Native = std::conditional_t<Bits == 64, std::conditional_t<Signed, std::int64_t, std::uint64_t>, std::conditional_t<Signed, std::int32_t, std::uint32_t>>;
    Native constant;
    std::uint32_t id;  // 0: the constant

    constexpr BitInteger() = default;
    template <class T>
        requires(std::is_integral_v<T> || std::is_enum_v<T>)
    constexpr BitInteger(T c) : constant(static_cast<Native>(c)), id(0) {}
    explicit BitInteger(const z3::expr& e) : constant(0), id(Explorer::now().keep(e.simplify())) {}
    template <unsigned B, bool S>
        requires(B != Bits || S != Signed)
    constexpr explicit((S && !Signed) || B > Bits || (B == Bits && !S && Signed)) BitInteger(const BitInteger<B, S>& x) : BitInteger(x.id == 0 ? BitInteger(x.constant) : BitInteger(resized(x))) {}
    template <class T>
        requires std::is_integral_v<T>
    constexpr explicit operator T() const {
        if (id != 0) Explorer::now().require_unreachable("symbolic where a constant is wanted");
        return static_cast<T>(constant);
    }

    z3::expr expr() const {
        if (id != 0) return Explorer::now().term(id);
        return context().bv_val(static_cast<std::uint64_t>(constant), 64).extract(Bits - 1, 0).simplify();
    }
    static BitInteger any(const char* name) { return BitInteger(context().bv_const(name, Bits)); }

  private:
    template <unsigned B, bool S>
    static z3::expr resized(const BitInteger<B, S>& x) {
        if constexpr (Bits > B) return S ? z3::sext(x.expr(), Bits - B) : z3::zext(x.expr(), Bits - B);
        else if constexpr (Bits < B) return x.expr().extract(Bits - 1, 0);
        else return x.expr();
    }
};

using Bits64 = BitInteger<64, false>;
using Signed64 = BitInteger<64, true>;
using Bits32 = BitInteger<32, false>;
using Signed32 = BitInteger<32, true>;

namespace bits {
template <class T>
inline constexpr bool kSymbolic = false;
template <unsigned B, bool S>
inline constexpr bool kSymbolic<BitInteger<B, S>> = true;
template <class A, class B>
concept Pair = (kSymbolic<A> && (kSymbolic<B> || std::is_integral_v<B>)) || (std::is_integral_v<A> && kSymbolic<B>);
template <class T>
struct Promoted {
    using Type = BitInteger<(sizeof(T) > 4 ? 64u : 32u), (sizeof(T) < 4 || std::is_signed_v<T>)>;
};
template <unsigned B, bool S>
struct Promoted<BitInteger<B, S>> {
    using Type = BitInteger<B, S>;
};
template <unsigned B1, bool S1, unsigned B2, bool S2>
constexpr auto common(BitInteger<B1, S1>, BitInteger<B2, S2>) {
    constexpr unsigned kBits = B1 > B2 ? B1 : B2;
    return BitInteger<kBits, !((!S1 && B1 >= B2) || (!S2 && B2 >= B1))>{};
}
template <class A, class B>
using Common = decltype(common(typename Promoted<A>::Type{}, typename Promoted<B>::Type{}));

// What the operation makes of vectors that are so much wider is what it makes of these.
template <class Op>
z3::expr fits(const z3::expr& a, const z3::expr& b, unsigned more, Op op) {
    return op(z3::sext(a, more), z3::sext(b, more)) == z3::sext(op(a, b), more);
}
}  // namespace bits

#define MBPF_ARITHMETIC(op, more, overflows, what)                                                                                                   \
    template <class A, class B>                                                                                                                \
        requires bits::Pair<A, B>                                                                                                              \
    constexpr auto operator op(const A& a, const B& b) {                                                                                       \
        using R = bits::Common<A, B>;                                                                                                          \
        const R x(a), y(b);                                                                                                                    \
        typename R::Native n = 0;                                                                                                              \
        if (x.id == 0 && y.id == 0 && (!overflows(x.constant, y.constant, &n) || !std::is_signed_v<typename R::Native>)) return R(n);          \
        if (std::is_signed_v<typename R::Native>) Explorer::now().require(bits::fits(x.expr(), y.expr(), more, [](const z3::expr& p, const z3::expr& q) { return p op q; }), what); \
        return R(x.expr() op y.expr());                                                                                                        \
    }
MBPF_ARITHMETIC(+, 1, __builtin_add_overflow, "a sum overflows")
MBPF_ARITHMETIC(-, 1, __builtin_sub_overflow, "a difference overflows")
MBPF_ARITHMETIC(*, R::kBits, __builtin_mul_overflow, "a product overflows")
#undef MBPF_ARITHMETIC
// Of constants alone.
#define MBPF_CONSTANTS(op)                                                                                              \
    template <class A, class B>                                                                                         \
        requires bits::Pair<A, B>                                                                                       \
    constexpr auto operator op(const A& a, const B& b) {                                                                \
        using R = bits::Common<A, B>;                                                                                   \
        const R x(a), y(b);                                                                                             \
        if (x.id != 0 || y.id != 0) Explorer::now().require_unreachable("a quotient of what is symbolic");              \
        return R(x.constant op(y.constant == 0 ? typename R::Native{1} : y.constant));                                  \
    }
MBPF_CONSTANTS(/)
MBPF_CONSTANTS(%)
#undef MBPF_CONSTANTS

#define MBPF_BITS(op)                                                       \
    template <class A, class B>                                             \
        requires bits::Pair<A, B>                                           \
    constexpr auto operator op(const A& a, const B& b) {                    \
        using R = bits::Common<A, B>;                                       \
        const R x(a), y(b);                                                 \
        if (x.id == 0 && y.id == 0) return R(x.constant op y.constant);     \
        return R(x.expr() op y.expr());                                     \
    }
MBPF_BITS(&)
MBPF_BITS(|)
MBPF_BITS(^)
#undef MBPF_BITS

#define MBPF_COMPARISON(op, unsigned_one)                                                                                           \
    template <class A, class B>                                                                                                     \
        requires bits::Pair<A, B>                                                                                                   \
    constexpr Condition operator op(const A& a, const B& b) {                                                                       \
        using R = bits::Common<A, B>;                                                                                               \
        const R x(a), y(b);                                                                                                         \
        if (x.id == 0 && y.id == 0) return Condition(x.constant op y.constant);                                                     \
        return Condition((std::is_signed_v<typename R::Native> ? x.expr() op y.expr() : unsigned_one(x.expr(), y.expr())).simplify()); \
    }
inline z3::expr is_same(const z3::expr& a, const z3::expr& b) { return a == b; }
inline z3::expr is_other(const z3::expr& a, const z3::expr& b) { return a != b; }
MBPF_COMPARISON(==, is_same)
MBPF_COMPARISON(!=, is_other)
MBPF_COMPARISON(<, z3::ult)
MBPF_COMPARISON(<=, z3::ule)
MBPF_COMPARISON(>, z3::ugt)
MBPF_COMPARISON(>=, z3::uge)
#undef MBPF_COMPARISON

template <unsigned B, bool S>
constexpr auto operator~(const BitInteger<B, S>& a) {
    return a.id == 0 ? BitInteger<B, S>(~a.constant) : BitInteger<B, S>(~a.expr());
}
template <unsigned B, bool S>
constexpr auto operator-(const BitInteger<B, S>& a) {
    return BitInteger<B, S>(0) - a;
}
// The amount is taken for one of the same width, which it is required to be below.
#define MBPF_SHIFT(op, on_vectors)                                                                                    \
    template <class A, class B>                                                                                     \
        requires bits::Pair<A, B>                                                                                   \
    constexpr auto operator op(const A& a, const B& b) {                                                            \
        using R = typename bits::Promoted<A>::Type;                                                                 \
        const R x(a), n(b);                                                                                         \
        constexpr unsigned kBits = sizeof(typename R::Native) * 8;                                                  \
        if (x.id == 0 && n.id == 0 && n.constant >= 0 && n.constant < static_cast<typename R::Native>(kBits)) return R(static_cast<typename R::Native>(x.constant op n.constant)); \
        Explorer::now().require(z3::ult(n.expr(), context().bv_val(kBits, kBits)), "a shift is by less than the width"); \
        return R(on_vectors);                                                                                       \
    }
MBPF_SHIFT(<<, z3::shl(x.expr(), n.expr()))
MBPF_SHIFT(>>, std::is_signed_v<typename R::Native> ? z3::ashr(x.expr(), n.expr()) : z3::lshr(x.expr(), n.expr()))
#undef MBPF_SHIFT
#define MBPF_ASSIGNMENT(op)                                                             \
    template <unsigned N, bool S, class B>                                              \
    constexpr BitInteger<N, S>& operator op##=(BitInteger<N, S>& a, const B& b) {       \
        return a = static_cast<BitInteger<N, S>>(a op b);                               \
    }
MBPF_ASSIGNMENT(+)
MBPF_ASSIGNMENT(-)
MBPF_ASSIGNMENT(*)
MBPF_ASSIGNMENT(&)
MBPF_ASSIGNMENT(|)
#undef MBPF_ASSIGNMENT
template <unsigned N, bool S>
constexpr BitInteger<N, S>& operator++(BitInteger<N, S>& a) {
    return a = BitInteger<N, S>(a + 1);
}
template <unsigned N, bool S>
constexpr BitInteger<N, S>& operator--(BitInteger<N, S>& a) {
    return a = BitInteger<N, S>(a - 1);
}

template <class X>
    requires bits::kSymbolic<X>
X pick(const Condition& c, const X& then, const X& otherwise) {
    if (c.id == 0) return c.known ? then : otherwise;
    return X(z3::ite(c.expr(), then.expr(), otherwise.expr()));
}

}  // namespace mbpf::symbolic
