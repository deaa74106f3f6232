// SPDX-License-Identifier: Apache-2.0
// What an instruction does to two known words, and to what is known of two words (RFC 9669 §4.1). The instruction
// itself is always known; in the words both are branch-free.
#pragma once

#include "core/isa_enums.h"
#include "verifier/domain/arithmetic.h"
#include "verifier/domain/bitwise.h"

namespace mbpf::domain {

template <class W>
constexpr W concrete(bpf::AluOp op, W a, W b) {
    using S = SignedOf<W>;
    const W amount = W(b & W(Word<W>::kBits - 1));
    switch (op) {
        case bpf::AluOp::add: return W(a + b);
        case bpf::AluOp::sub: return W(a - b);
        case bpf::AluOp::mul: return product(a, b);
        case bpf::AluOp::div: return pick(b == W(0), W(0), W(a / greater(b, W(1))));
        case bpf::AluOp::sdiv: return signed_quotient(a, b);
        case bpf::AluOp::mod: return pick(b == W(0), a, W(a % greater(b, W(1))));
        case bpf::AluOp::smod: return signed_remainder(a, b);
        case bpf::AluOp::and_: return W(a & b);
        case bpf::AluOp::or_: return W(a | b);
        case bpf::AluOp::xor_: return W(a ^ b);
        case bpf::AluOp::lsh: return W(a << amount);
        case bpf::AluOp::rsh: return W(a >> amount);
        case bpf::AluOp::arsh: return W(S(S(a) >> amount));
        case bpf::AluOp::neg: return W(W(0) - a);
        case bpf::AluOp::mov: return b;
        case bpf::AluOp::none: return a;
    }
    return a;
}

// Of a product, bounds alone: for its bits see mul_step.
template <class W>
constexpr Interval<W> transfer(bpf::AluOp op, const Interval<W>& a, const Interval<W>& b) {
    switch (op) {
        case bpf::AluOp::add: return add(a, b);
        case bpf::AluOp::sub: return sub(a, b);
        case bpf::AluOp::mul: return mul_bounds(a, b);
        case bpf::AluOp::div: return div(a, b);
        case bpf::AluOp::sdiv: return sdiv(a, b);
        case bpf::AluOp::mod: return mod(a, b);
        case bpf::AluOp::smod: return smod(a, b);
        case bpf::AluOp::and_: return and_(a, b);
        case bpf::AluOp::or_: return or_(a, b);
        case bpf::AluOp::xor_: return xor_(a, b);
        case bpf::AluOp::lsh: return lsh(a, b);
        case bpf::AluOp::rsh: return rsh(a, b);
        case bpf::AluOp::arsh: return arsh(a, b);
        case bpf::AluOp::neg: return neg(a);
        case bpf::AluOp::mov: return b;
        case bpf::AluOp::none: return a;
    }
    return Interval<W>{};
}

}  // namespace mbpf::domain
