// SPDX-License-Identifier: Apache-2.0
// Writes states in the certificate's form (verifier/checker/certificate.h). The search keeps its states in this
// form too, so that what it finds is what the checker will read.
#pragma once

#include <cstdint>
#include <vector>

#include "verifier/checker/certificate.h"

namespace mbpf {

using Bytes = std::vector<std::uint8_t>;

void put_varint(Bytes& out, std::uint64_t v);
void put_zigzag(Bytes& out, std::int64_t v);
// The number that stands for a location.
std::uint64_t location_code(const proof::Location& at);
void put_word(Bytes& out, std::uint32_t v);

// An invariant without its cost: `parts` and what follows the cost. Registers not in `live` are left out, and
// symbols that relate nothing.
struct Invariant {
    std::uint8_t parts = 0;
    Bytes rest;
    std::uint64_t signature = 0;  // of everything but numbers: equal for states whose join loses only ranges
    std::uint64_t fine = 0;       // and of the constants in registers, by which later branches tell ways apart

    // As the checker reads it, with a cost of 0.
    Bytes bytes() const;
};

Invariant encode_invariant(const proof::State& state, std::uint16_t live);
// With its cost, length in front: as it stands in a certificate.
void put_invariant(Bytes& out, const Invariant& invariant, const proof::Cost& cost);

}  // namespace mbpf
