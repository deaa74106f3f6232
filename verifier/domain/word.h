// SPDX-License-Identifier: Apache-2.0
// The words the abstract operators compute with. Every operator of verifier/domain/ is a template over the word
// type and branch-free: it says pick(condition, a, b) where other code says `if`. So the same function body runs
// on machine integers here and on an SMT solver's bit vectors in tests/proofs, which shows it sound for all inputs.
//
// A word type has the operators of an unsigned integer, a signed companion, and the names below. Results are
// converted back, W(a + b), since C++ computes on narrow integers as int.
#pragma once

#include <stdint.h>

namespace mbpf {

template <class W>
struct Interval;

namespace domain {

template <class W>
struct Word;
template <>
struct Word<uint8_t> {
    using Signed = int8_t;
    using Bool = bool;
    static constexpr unsigned kBits = 8;
};
template <>
struct Word<uint16_t> {
    using Signed = int16_t;
    using Bool = bool;
    using Half = uint8_t;
    static constexpr unsigned kBits = 16;
};
template <>
struct Word<uint32_t> {
    using Signed = int32_t;
    using Bool = bool;
    using Half = uint16_t;
    static constexpr unsigned kBits = 32;
};
template <>
struct Word<uint64_t> {
    using Signed = int64_t;
    using Bool = bool;
    using Half = uint32_t;
    static constexpr unsigned kBits = 64;
};

template <class X>
inline constexpr bool kMachineWord = false;
template <>
inline constexpr bool kMachineWord<uint8_t> = true;
template <>
inline constexpr bool kMachineWord<uint16_t> = true;
template <>
inline constexpr bool kMachineWord<uint32_t> = true;
template <>
inline constexpr bool kMachineWord<uint64_t> = true;
template <>
inline constexpr bool kMachineWord<int8_t> = true;
template <>
inline constexpr bool kMachineWord<int16_t> = true;
template <>
inline constexpr bool kMachineWord<int32_t> = true;
template <>
inline constexpr bool kMachineWord<int64_t> = true;

template <class X>
    requires kMachineWord<X>
constexpr X pick(bool condition, X then, X otherwise) {
    return condition ? then : otherwise;
}
// Modulo 2^bits; through a wider type, since promotion of 16-bit factors to int would overflow.
template <class W>
    requires kMachineWord<W>
constexpr W product(W a, W b) {
    return W(uint64_t{a} * b);
}
template <class W>
    requires kMachineWord<W>
constexpr bool product_fits(W a, W b) {
    W ignored = 0;
    return !__builtin_mul_overflow(a, b, &ignored);
}

template <class W>
using SignedOf = typename Word<W>::Signed;
template <class W>
using BoolOf = typename Word<W>::Bool;
template <class W>
using HalfOf = typename Word<W>::Half;

template <class W>
constexpr W all_ones() {
    return W(~W(0));
}
template <class W>
constexpr W sign_bit() {
    return W(W(1) << W(Word<W>::kBits - 1));
}
template <class W>
constexpr SignedOf<W> least_signed() {
    return SignedOf<W>(sign_bit<W>());
}
template <class W>
constexpr SignedOf<W> greatest_signed() {
    return SignedOf<W>(W(~sign_bit<W>()));
}
template <class X>
constexpr X lesser(X a, X b) {
    return pick(a < b, a, b);
}
template <class X>
constexpr X greater(X a, X b) {
    return pick(a < b, b, a);
}
// All bits at and below the highest set one.
template <class W>
constexpr W fill(W w) {
    for (unsigned n = 1; n < Word<W>::kBits; n *= 2) w = W(w | W(w >> W(n)));
    return w;
}
// The lowest set bit alone; 0 for 0.
template <class W>
constexpr W lowest_bit(W w) {
    return W(w & W(W(0) - w));
}
// |s| as an unsigned word, which holds it for the least number too.
template <class W>
constexpr W magnitude(SignedOf<W> s) {
    const W w = W(s);
    return pick(s < SignedOf<W>(0), W(W(0) - w), w);
}

}  // namespace domain
}  // namespace mbpf
