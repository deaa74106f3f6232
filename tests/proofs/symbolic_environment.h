// SPDX-License-Identifier: Apache-2.0
// Instructions and what a proof is about, as the checker declares them, with symbolic integers in place of its offsets,
// sizes and immediates. Bytes that a map begins with are one function of their place.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "tests/proofs/symbolic_integer.h"

namespace mbpf::symbolic {

// Frozen bytes: read where they are, and nowhere else.
struct Bytes {
    z3::expr size = context().int_val(0);
    Bytes() = default;
    Bytes(std::nullptr_t) {}
    explicit Bytes(const z3::expr& size) : size(size) {}
    static z3::expr at(const z3::expr& place) {
        const z3::sort integer = context().int_sort();
        const z3::expr e = z3::function("frozen_byte", integer, integer)(place);
        Explorer::now().assume(e >= 0 && e < 256);
        return e;
    }
    U64 operator[](const I64& place) const {
        Explorer::now().require(place.expr() >= 0 && place.expr() < size, "a byte is read that is none of the map's");
        return U64(at(place.expr()));
    }
};

}  // namespace mbpf::symbolic

#define int64_t ::mbpf::symbolic::I64
#define uint64_t ::mbpf::symbolic::U64
#define int32_t ::mbpf::symbolic::I32
#define uint32_t ::mbpf::symbolic::U32
// Of an instruction; classes and maps are constants.
#define int16_t ::mbpf::symbolic::I16
#include "core/isa_enums.h"
#undef int16_t
#define initial                                  \
    its_bytes = nullptr; ::mbpf::symbolic::Bytes initial
#include "verifier/checker/environment.h"
#undef initial
#undef int64_t
#undef uint64_t
#undef int32_t
#undef uint32_t
