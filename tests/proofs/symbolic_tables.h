// SPDX-License-Identifier: Apache-2.0
// The tables of environment.h with symbolic numbers in them: a prototype, a map, an object, whatever it says. What is asked of
// a table decides the path; what is not asked for stays open.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/isa_enums.h"
#include "tests/proofs/symbolic_integer.h"
#include "verifier/number.h"

namespace mbpf::symbolic {

// A 32-bit number that also serves as an index, where it has to be a constant (or one of few).
struct Half : U32 {
    constexpr Half() = default;
    constexpr Half(const U32& x) : U32(x) {}
    template <class T>
        requires(std::is_integral_v<T> || std::is_enum_v<T>)
    constexpr Half(T c) : U32(c) {}
    template <unsigned B, bool S>
        requires(B != 32 || S)
    constexpr explicit Half(const Integer<B, S>& x) : U32(x) {}
    constexpr operator unsigned() const { return static_cast<unsigned>(static_cast<const U32&>(*this)); }
    explicit constexpr operator bool() const { return id == 0 ? constant != 0 : Explorer::now().decide(expr() != 0); }
    static Half any(const char* name) { return U32::any(name); }
};
namespace of {
template <>
inline constexpr bool kSymbolic<Half> = true;
template <>
struct Promoted<Half> {
    using Type = U32;
};
}  // namespace of

constexpr Half operator+(const Half& a, const Half& b) { return static_cast<const U32&>(a) + static_cast<const U32&>(b); }
template <class T>
    requires(std::is_integral_v<T> && sizeof(T) <= 4)
constexpr Half operator+(const Half& a, T b) {
    return a + Half(b);
}

struct Flag : Condition {
    constexpr Flag() = default;
    constexpr Flag(bool is) : Condition(is) {}
    explicit Flag(const z3::expr& e) : Condition(e) {}
    static Flag any(const char* name) { return Flag(Explorer::now().fresh_bool(name)); }
};

}  // namespace mbpf::symbolic

namespace mbpf {
template <>
struct Interval<symbolic::Half> : Interval<std::uint32_t> {};
}  // namespace mbpf

#define uint32_t ::mbpf::symbolic::Half
#define uint64_t ::mbpf::symbolic::U64
#define int64_t ::mbpf::symbolic::I64
#define bool ::mbpf::symbolic::Flag
#include "verifier/checker/environment.h"
#undef bool
#undef int64_t
#undef uint64_t
#undef uint32_t
