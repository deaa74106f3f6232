// SPDX-License-Identifier: Apache-2.0
// Stands in for verifier/number.h where the stack by bytes is proved. A number is known by words that it must hold, byte by
// byte: a constant, one of a memory's bytes, whichever it is, or any. An operator's result must hold what the instruction
// makes of them (operator_proofs). Only what moves whole bytes is computed: of all else nothing may be asked.
#pragma once

#include <stdint.h>

#include "core/isa_enums.h"
#include "verifier/domain/refine.h"
#include "verifier/domain/relation.h"

namespace mbpf {

template <class W>
struct Interval {
    using S = domain::SignedOf<W>;
    W value = W(0), mask = domain::all_ones<W>();
    W umin = W(0), umax = domain::all_ones<W>();
    S smin = domain::least_signed<W>(), smax = domain::greatest_signed<W>();
    static Interval constant(W c) { return {c, W(0), c, c, S(c), S(c)}; }
    static Interval meet(const Interval&, const Interval&) { return {}; }
};

// One byte: a constant from 0 to 255; from kFirstName on: a byte of a memory, by its name; kAnyByte: there is a word for each.
using ByteName = uint16_t;
inline constexpr ByteName kFirstName = 256, kAnyByte = 0xffff;

// Thrown where more is asked of a number than whole bytes tell.
struct NotOfBytes {};

struct Number {
    Interval<uint64_t> wide;
    Interval<uint32_t> low;
    ByteName bytes[8] = {kAnyByte, kAnyByte, kAnyByte, kAnyByte, kAnyByte, kAnyByte, kAnyByte, kAnyByte};

    static Number constant(uint64_t c) {
        Number n;
        n.wide = Interval<uint64_t>::constant(c);
        for (unsigned i = 0; i < 8; ++i) n.bytes[i] = static_cast<ByteName>((c >> (8 * i)) & 0xff);
        return n;
    }
    // Whatever is asked of such a number, it may be any.
    static Number range_u(uint64_t lo, uint64_t hi) {
        Number n;
        n.wide.umin = lo;
        n.wide.umax = hi;
        return n;
    }
    static Number range_s(int64_t lo, int64_t hi) {
        Number n;
        n.wide.smin = lo;
        n.wide.smax = hi;
        return n;
    }
    static Number unknown() { return {}; }
    static Number bottom() { throw NotOfBytes{}; }
    static Number unknown_bits(unsigned n) { return n >= 64 ? Number{} : range_u(0, (uint64_t{1} << n) - 1); }

    bool is_constant() const { return wide.umin == wide.umax; }
    bool is_bottom() const { throw NotOfBytes{}; }
    bool contains(uint64_t) const { throw NotOfBytes{}; }
    Number sync() const { throw NotOfBytes{}; }
    friend bool operator==(const Number&, const Number&) { throw NotOfBytes{}; }
    static Number join(const Number&, const Number&) { throw NotOfBytes{}; }
    static Number sign_extend(const Number&, unsigned, unsigned) { throw NotOfBytes{}; }

    // The lemmas of stack_proofs, of 64-bit vectors: shifts by whole bytes move them; of two words that have no byte in
    // common the sum has those of both; an and with bytes of ones or zeros keeps or clears them.
    static Number alu64(bpf::AluOp op, const Number& a, const Number& b) {
        Number r;
        const unsigned by = op == bpf::AluOp::lsh || op == bpf::AluOp::rsh ? whole_bytes(b) : 0;
        for (unsigned i = 0; i < 8; ++i) {
            if (op == bpf::AluOp::lsh) r.bytes[i] = i >= by ? a.bytes[i - by] : ByteName{0};
            else if (op == bpf::AluOp::rsh) r.bytes[i] = i + by < 8 ? a.bytes[i + by] : ByteName{0};
            else if (op == bpf::AluOp::add) r.bytes[i] = either(a.bytes[i], b.bytes[i]);
            else if (op == bpf::AluOp::and_) r.bytes[i] = kept(a.bytes[i], b.bytes[i]);
            else throw NotOfBytes{};
        }
        return r;
    }
    static Number truncate(const Number& a, unsigned n) {
        if (n % 8 != 0) throw NotOfBytes{};
        Number r;
        for (unsigned i = 0; i < 8; ++i) r.bytes[i] = 8 * i < n ? a.bytes[i] : ByteName{0};
        return r;
    }

  private:
    static unsigned whole_bytes(const Number& n) {
        if (!n.is_constant() || n.bytes[0] % 8 != 0 || n.bytes[0] >= 64) throw NotOfBytes{};
        return n.bytes[0] / 8;
    }
    static ByteName either(ByteName a, ByteName b) {
        if (a != 0 && b != 0) throw NotOfBytes{};
        return a != 0 ? a : b;
    }
    static ByteName kept(ByteName a, ByteName mask) {
        if (mask != 0 && mask != 0xff) throw NotOfBytes{};
        return mask != 0 ? a : ByteName{0};
    }
};

}  // namespace mbpf
