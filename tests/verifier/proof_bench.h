// SPDX-License-Identifier: Apache-2.0
// Certificates made by hand, and what the checker says to them.
#pragma once

#include <map>

#include "tests/verifier/machine_bench.h"
#include "verifier/checker/check.h"
#include "verifier/checker/cover.h"
#include "verifier/encode.h"

namespace mbpf::proof {

inline Reader reading(const Bytes& bytes) { return {bytes.data(), bytes.data() + bytes.size(), true}; }

inline Cost cost_of(std::int64_t constant, std::initializer_list<Cost::Term> terms = {}) {
    Cost c;
    c.constant = constant;
    for (const Cost::Term& t : terms) c.terms[c.term_count++] = t;
    return c;
}

// Of the states stated at its points, each with a cost, the certificate's bytes.
struct Stated {
    struct At {
        std::uint32_t point;
        Bytes invariant;  // with its length
    };
    std::uint64_t worst_case = 0;
    std::uint32_t scale = 1, stack = 0;
    std::vector<std::pair<std::uint32_t, std::uint32_t>> functions;
    std::map<std::uint32_t, std::vector<Bytes>> points;

    Stated& at(std::uint32_t point, const State& state, const Cost& cost) {
        Bytes b;
        put_invariant(b, encode_invariant(state, 0x3ff), cost);
        points[point].push_back(b);
        return *this;
    }
    Bytes bytes() const {
        Bytes out(kMagic, kMagic + 4), nodes;
        out.push_back(kVersion);
        put_varint(out, worst_case);
        put_varint(out, scale);
        put_varint(out, stack);
        put_varint(out, functions.size());
        for (const auto& [slot, size] : functions) {
            put_varint(out, slot);
            put_varint(out, size);
        }
        put_varint(out, points.size());
        for (const auto& [point, invariants] : points) {
            put_word(out, point);
            put_word(out, static_cast<std::uint32_t>(nodes.size()));
            put_varint(nodes, invariants.size());
            for (const Bytes& b : invariants) nodes.insert(nodes.end(), b.begin(), b.end());
        }
        out.insert(out.end(), nodes.begin(), nodes.end());
        return out;
    }
};

// The bench's program and tables, checked.
inline CheckResult checked(Bench& b, const Bytes& certificate, unsigned cells = 32, std::uint64_t max_work = 10'000) {
    std::vector<std::uint8_t> memory(check_memory(cells));
    return check(b.env, certificate.data(), certificate.size(), memory.data(), memory.size(), nullptr, max_work);
}

}  // namespace mbpf::proof
