// SPDX-License-Identifier: Apache-2.0
// Integers that branching code computes with, symbolically: the solver sees whole numbers within the type's range. Unsigned
// sums wrap, as C++ has it; of signed ones it is required that they do not, and of a signed integer that is cut that it
// keeps its value. What is constant is computed at once. A condition that is asked for decides the path.
#pragma once

#include <type_traits>

#include "tests/proofs/explorer.h"

namespace mbpf::symbolic {

inline z3::expr power(unsigned bits) { return context().int_val(bits < 64 ? std::to_string(std::uint64_t{1} << bits).c_str() : "18446744073709551616"); }

// Where a function under proof calls another, it calls what stands for it. See shipped_rules.h.
struct Here {};

// Which of the mistakes in the copies of seed_mistakes.py is made; 0: none.
inline int mistake = 0;

// A condition, known or not.
struct Condition {
    bool known = false;
    std::uint32_t id = 0;
    constexpr Condition() = default;
    explicit constexpr Condition(bool c) : known(c) {}
    explicit Condition(const z3::expr& e) : id(Explorer::now().keep(e)) {}
    z3::expr expr() const { return id == 0 ? context().bool_val(known) : Explorer::now().term(id); }
    constexpr operator bool() const { return id == 0 ? known : Explorer::now().decide(expr()); }
};
constexpr Condition operator&(const Condition& a, const Condition& b) {
    if (a.id == 0) return a.known ? b : a;
    if (b.id == 0) return b.known ? a : b;
    return Condition(a.expr() && b.expr());
}
constexpr Condition operator|(const Condition& a, const Condition& b) {
    if (a.id == 0) return a.known ? a : b;
    if (b.id == 0) return b.known ? b : a;
    return Condition(a.expr() || b.expr());
}

template <unsigned Bits, bool Signed>
struct Integer {
    using Native = std::conditional_t<Bits == 64, std::conditional_t<Signed, std::int64_t, std::uint64_t>, std::conditional_t<Bits == 32, std::conditional_t<Signed, std::int32_t, std::uint32_t>, std::conditional_t<Signed, std::int16_t, std::uint16_t>>>;
    Native constant;
    std::uint32_t id;  // 0: the constant

    constexpr Integer() = default;
    template <class T>
        requires(std::is_integral_v<T> || std::is_enum_v<T>)
    constexpr Integer(T c) : constant(static_cast<Native>(c)), id(0) {}
    explicit Integer(const z3::expr& e) : constant(0), id(Explorer::now().keep(e)) {}
    // As C++ converts; not asked for where a type holds all of another's values.
    template <unsigned B, bool S>
        requires(B != Bits || S != Signed)
    constexpr explicit((S && !Signed) || B > Bits || (B == Bits && !S && Signed)) Integer(const Integer<B, S>& x) : Integer(x.id == 0 ? Integer(x.constant) : converted(x)) {}
    template <class T>
        requires(std::is_integral_v<T> && !(Bits == 32 && std::is_same_v<T, std::ptrdiff_t>))
    constexpr explicit operator T() const {
        if constexpr (std::is_same_v<T, bool>) return id == 0 ? constant != 0 : Explorer::now().decide(expr() != 0);
        if (id != 0) {
            // Every value that is possible, one by one.
            for (unsigned i = 0; i <= 256; ++i)
                if (Explorer::now().decide(expr() == context().int_val(i))) return static_cast<T>(i);
            Explorer::now().require_unreachable("symbolic where a constant is wanted");
        }
        return static_cast<T>(constant);
    }

    // Shipping code indexes with integers of 32 bits.
    constexpr operator std::ptrdiff_t() const
        requires(Bits == 32)
    {
        return static_cast<std::int32_t>(*this);
    }

    z3::expr expr() const {
        if (id != 0) return Explorer::now().term(id);
        return context().int_val(std::to_string(constant).c_str());
    }
    bool is_symbolic() const { return id != 0; }

    static z3::expr least() { return Signed ? -power(Bits - 1) : context().int_val(0); }
    static z3::expr beyond() { return Signed ? power(Bits - 1) : power(Bits); }
    static z3::expr in_range(const z3::expr& e) { return e >= least() && e < beyond(); }
    static Integer any(const char* name) {
        const z3::expr e = Explorer::now().fresh(name);
        Explorer::now().assume(in_range(e));
        return Integer(e);
    }
    // The word of a sum or difference of two.
    static z3::expr wrapped(const z3::expr& e) { return z3::ite(e < least(), e + power(Bits), z3::ite(e >= beyond(), e - power(Bits), e)); }
    static Integer result(const z3::expr& e, const char* what) {
        if constexpr (Signed) {
            Explorer::now().require(in_range(e), what);
            return Integer(e);
        } else {
            return Integer(wrapped(e).simplify());
        }
    }

  private:
    template <unsigned B, bool S>
    static Integer converted(const Integer<B, S>& x) {
        const z3::expr e = x.expr();
        if constexpr (Bits > B && (Signed || !S)) return Integer(e);
        if constexpr (Bits >= B) return Integer(wrapped(e).simplify());
        if constexpr (S && Signed) {
            Explorer::now().require(in_range(e), "an integer that is cut keeps its value");
            return Integer(e);
        }
        const z3::expr cut = z3::mod(e, power(Bits));
        return Integer(Signed ? z3::ite(cut < power(Bits - 1), cut, cut - power(Bits)) : cut);
    }
};

using I64 = Integer<64, true>;
using U64 = Integer<64, false>;
using I32 = Integer<32, true>;
using U32 = Integer<32, false>;
using U16 = Integer<16, false>;
using I16 = Integer<16, true>;

namespace of {
template <class T>
inline constexpr bool kSymbolic = false;
template <unsigned B, bool S>
inline constexpr bool kSymbolic<Integer<B, S>> = true;
template <class T>
inline constexpr bool kPlain = std::is_integral_v<T>;
template <class A, class B>
concept Pair = (kSymbolic<A> && (kSymbolic<B> || kPlain<B>)) || (kPlain<A> && kSymbolic<B>);

template <class T>
struct Promoted {
    using Type = Integer<(sizeof(T) > 4 ? 64u : 32u), (sizeof(T) < 4 || std::is_signed_v<T>)>;
};
template <unsigned B, bool S>
struct Promoted<Integer<B, S>> {
    using Type = Integer<(B > 32 ? 64u : 32u), (B < 32 || S)>;
};
template <unsigned B1, bool S1, unsigned B2, bool S2>
constexpr auto common(Integer<B1, S1>, Integer<B2, S2>) {
    constexpr unsigned kBits = B1 > B2 ? B1 : B2;
    constexpr bool kUnsigned = (!S1 && B1 >= B2) || (!S2 && B2 >= B1);
    return Integer<kBits, !kUnsigned>{};
}
template <class A, class B>
using Common = decltype(common(typename Promoted<A>::Type{}, typename Promoted<B>::Type{}));
}  // namespace of

#define MBPF_ARITHMETIC(op, overflows, what)                                                       \
    template <class A, class B>                                                                    \
        requires of::Pair<A, B>                                                                    \
    constexpr auto operator op(const A& a, const B& b) {                                           \
        using R = of::Common<A, B>;                                                                \
        const R x(a), y(b);                                                                        \
        typename R::Native n = 0;                                                                  \
        if (x.id == 0 && y.id == 0 && !overflows(x.constant, y.constant, &n)) return R(n);         \
        if (x.id == 0 && y.id == 0 && !std::is_signed_v<typename R::Native>) return R(n);          \
        return R::result((x.expr() op y.expr()).simplify(), what);                                 \
    }
MBPF_ARITHMETIC(+, __builtin_add_overflow, "a sum overflows")
MBPF_ARITHMETIC(-, __builtin_sub_overflow, "a difference overflows")
#undef MBPF_ARITHMETIC

// Products: as sums of monomials, which the solver takes for words of their own; what it has to know of them is told.
template <class A, class B>
    requires of::Pair<A, B>
constexpr auto operator*(const A& a, const B& b) {
    using R = of::Common<A, B>;
    const R x(a), y(b);
    typename R::Native n = 0;
    if (x.id == 0 && y.id == 0 && !__builtin_mul_overflow(x.constant, y.constant, &n)) return R(n);
    const z3::expr e = expanded(x.expr() * y.expr());
    Explorer::now().limit_product(x.expr(), y.expr(), e);
    if (!std::is_signed_v<typename R::Native>) Explorer::now().hint(e >= 0);  // no factor is negative
    Explorer::now().require(R::in_range(e), "a product overflows");
    return R(e);
}
// Signed quotients are cut towards 0.
template <class A, class B>
    requires of::Pair<A, B>
constexpr auto operator/(const A& a, const B& b) {
    using R = of::Common<A, B>;
    const R x(a), y(b);
    if (x.id == 0 && y.id == 0) return R(x.constant / y.constant);
    Explorer& now = Explorer::now();
    now.require(y.expr() != 0, "division by 0");
    const z3::expr q = now.fresh("quotient"), r = now.fresh("rest"), zero = context().int_val(0);
    const auto size = [&](const z3::expr& e) { return z3::ite(e < zero, -e, e); };
    now.assume(x.expr() == expanded(q * y.expr()) + r && size(r) < size(y.expr()) && size(q) <= size(x.expr()) && z3::implies(x.expr() >= zero, r >= zero) && z3::implies(x.expr() <= zero, r <= zero));
    now.require(R::in_range(q), "a quotient overflows");
    now.quotients.push_back(q);
    return R(q);
}
// A remainder by a constant, and what the low bits are: as many values as there are.
template <class A, class B>
    requires of::Pair<A, B>
constexpr auto operator%(const A& a, const B& b) {
    using R = of::Common<A, B>;
    const R x(a), y(b);
    if (x.id == 0 && y.id == 0) return R(x.constant % y.constant);
    Explorer::now().require(y.expr() != 0, "division by 0");
    return R(z3::mod(x.expr(), y.expr()));
}

#define MBPF_COMPARISON(op)                                                     \
    template <class A, class B>                                                 \
        requires of::Pair<A, B>                                                 \
    constexpr Condition operator op(const A& a, const B& b) {                   \
        using R = of::Common<A, B>;                                             \
        const R x(a), y(b);                                                     \
        if (x.id == 0 && y.id == 0) return Condition(x.constant op y.constant); \
        return Condition((x.expr() op y.expr()).simplify());                    \
    }
MBPF_COMPARISON(==)
MBPF_COMPARISON(!=)
MBPF_COMPARISON(<)
MBPF_COMPARISON(<=)
MBPF_COMPARISON(>)
MBPF_COMPARISON(>=)
#undef MBPF_COMPARISON

// Bits: of constants; else only what stays a whole number's business. See bits_of_words in the proofs for the others.
z3::expr bits_and(const z3::expr& a, const z3::expr& b);
z3::expr bits_or(const z3::expr& a, const z3::expr& b);
z3::expr bits_xor(const z3::expr& a, const z3::expr& b);
// What is cut to few bits may be wanted as a plain number: each that is possible, one by one.
struct LowBits : U64 {
    constexpr operator unsigned() const { return static_cast<unsigned>(static_cast<const U64&>(*this)); }
};
constexpr LowBits operator&(const U64& a, int b) {
    if (a.id == 0) return {U64(a.constant & static_cast<std::uint64_t>(b))};
    return {U64(z3::mod(a.expr(), context().int_val(b + 1)))};
}
#define MBPF_BITS(op, symbolic)                                             \
    template <class A, class B>                                             \
        requires of::Pair<A, B>                                             \
    constexpr auto operator op(const A& a, const B& b) {                    \
        using R = of::Common<A, B>;                                         \
        const R x(a), y(b);                                                 \
        if (x.id == 0 && y.id == 0) return R(x.constant op y.constant);     \
        return R(symbolic(x.expr(), y.expr()));                             \
    }
MBPF_BITS(&, bits_and)
MBPF_BITS(|, bits_or)
MBPF_BITS(^, bits_xor)
#undef MBPF_BITS

inline z3::expr bit_function(const char* name, const z3::expr& a, const z3::expr& b) {
    static const z3::sort integer = context().int_sort();
    const z3::expr e = context().function(name, integer, integer, integer)(a, b);
    Explorer::now().assume(e >= 0 && e < power(64));
    return e;
}
// With a constant of which just the upper or just the lower bits are 1 it is arithmetic.
inline z3::expr bits_and(const z3::expr& a, const z3::expr& b) {
    if (a.is_numeral()) return bits_and(b, a);
    std::uint64_t mask = 0;
    if (b.is_numeral_u64(mask)) {
        for (unsigned n = 0; n < 64; ++n) {
            if (mask == (std::uint64_t{1} << n) - 1) return z3::mod(a, power(n));
            if (mask == ~std::uint64_t{0} << n) return a - z3::mod(a, power(n));
        }
    }
    return bit_function("bits_and", a, b);
}
// With what was shifted past it, it is the sum. Of 0, the other.
inline z3::expr bits_or(const z3::expr& a, const z3::expr& b) {
    if (a.is_numeral() && a.simplify().to_string() == "0") return b;
    const z3::expr e = bit_function("bits_or", a, b);
    const auto by = Explorer::now().shifted.find(b.id());
    if (by != Explorer::now().shifted.end()) Explorer::now().hint(z3::implies(a < power(by->second), e == a + b));
    return e;
}
inline z3::expr bits_xor(const z3::expr& a, const z3::expr& b) { return bit_function("bits_xor", a, b); }

template <unsigned B, bool S>
constexpr auto operator~(const Integer<B, S>& a) {
    using R = typename of::Promoted<Integer<B, S>>::Type;
    const R x(a);
    if (x.id == 0) return R(~x.constant);
    return S ? R((-x.expr() - 1).simplify()) : R((R::beyond() - 1 - x.expr()).simplify());
}
template <unsigned B, bool S>
constexpr auto operator-(const Integer<B, S>& a) {
    return Integer<B, S>(0) - a;
}
// Shifts: of constants by constants, and by constants of what is symbolic.
template <class A, class B>
    requires of::Pair<A, B>
constexpr auto operator<<(const A& a, const B& b) {
    using R = typename of::Promoted<A>::Type;
    const R x(a);
    const auto n = static_cast<unsigned>(b);
    if (x.id == 0) return R(static_cast<typename R::Native>(x.constant << n));
    const R shifted(z3::mod(x.expr() * power(n), power(64)));
    Explorer::now().shifted[shifted.expr().id()] = n;
    if (n < 64) Explorer::now().hint(z3::implies(x.expr() < power(64 - n), shifted.expr() == x.expr() * power(n)));
    return shifted;
}
template <class A, class B>
    requires of::Pair<A, B>
constexpr auto operator>>(const A& a, const B& b) {
    using R = typename of::Promoted<A>::Type;
    const R x(a);
    const auto n = static_cast<unsigned>(b);
    if (x.id == 0) return R(x.constant >> n);
    return R(x.expr() / power(n));
}
#define MBPF_ASSIGNMENT(op)                                                      \
    template <unsigned N, bool S, class B>                                       \
    constexpr Integer<N, S>& operator op##=(Integer<N, S>& a, const B& b) {      \
        return a = static_cast<Integer<N, S>>(a op b);                           \
    }
MBPF_ASSIGNMENT(+)
MBPF_ASSIGNMENT(-)
MBPF_ASSIGNMENT(*)
MBPF_ASSIGNMENT(&)
MBPF_ASSIGNMENT(|)
#undef MBPF_ASSIGNMENT
template <unsigned N, bool S>
constexpr Integer<N, S>& operator++(Integer<N, S>& a) {
    return a = Integer<N, S>(a + 1);
}
template <unsigned N, bool S>
constexpr Integer<N, S> operator++(Integer<N, S>& a, int) {
    const Integer<N, S> was = a;
    ++a;
    return was;
}
template <unsigned N, bool S>
constexpr Integer<N, S>& operator--(Integer<N, S>& a) {
    return a = Integer<N, S>(a - 1);
}

}  // namespace mbpf::symbolic
