// SPDX-License-Identifier: Apache-2.0
// The checker's abstract machine by itself: a state and tables made by hand, instructions as text, and why one is
// refused. So each rule is tried alone, without the search and without a platform.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string_view>
#include <vector>

#include "core/assemble.h"
#include "verifier/checker/machine.h"

namespace mbpf::proof {

inline Value number(std::uint64_t low, std::uint64_t high) { return Value::of(Number::range_u(low, high)); }
inline Value signed_number(std::int64_t low, std::int64_t high) { return Value::of(Number::range_s(low, high)); }
inline Value pointer(Region region, int fixed = 0, std::uint32_t size = 0) {
    Value v = Value::pointer(region);
    v.fixed = fixed;
    v.size = size;
    return v;
}
inline Value of_map(Region region, std::int16_t map = 0, int fixed = 0) {
    Value v = pointer(region, fixed);
    v.map = map;
    return v;
}
// A pointer whose variable part is in [low, high].
inline Value anywhere(Value v, std::int64_t low, std::int64_t high) {
    v.number = Number::range_s(low, high);
    return v;
}
inline Value or_null(Value v, Symbol together) {
    v.kind = ValueKind::pointer_or_null;
    v.symbol = together;
    return v;
}
inline Value held(Value v, std::uint8_t reference, bool borrowed = false) {
    v.reference = reference;
    v.borrowed = borrowed;
    return v;
}
inline Value named(Value v, Symbol symbol, std::int32_t delta = 0) {
    v.symbol = symbol;
    v.delta = delta;
    return v;
}

struct Bench {
    static constexpr std::uint16_t kCells = 64;
    std::vector<Field> fields;
    std::vector<HelperRule> helpers;
    std::vector<MapRule> maps;
    std::vector<ObjectRule> objects;
    std::vector<std::unique_ptr<std::vector<bpf::Insn>>> code;
    Environment env;
    std::vector<Cell> cells{kCells};
    State s{cells.data(), kCells};
    Machine m{env, s};

    Bench() {
        s.clear();
        m.enter_program();
        s.next_symbol = 100;  // the lower ones are for tests to give
    }
    Bench(const Bench&) = delete;

    void assemble(std::string_view text) {
        auto insns = bpf::assemble(text);
        EXPECT_TRUE(insns) << text;
        if (!insns) return;
        code.push_back(std::make_unique<std::vector<bpf::Insn>>(std::move(insns).value()));
        env.insns = code.back()->data();
        env.insn_count = static_cast<std::uint32_t>(code.back()->size());
        env.fields = fields.data();
        env.field_count = static_cast<std::uint32_t>(fields.size());
        env.helpers = helpers.data();
        env.helper_count = static_cast<std::uint32_t>(helpers.size());
        env.maps = maps.data();
        env.map_count = static_cast<std::uint32_t>(maps.size());
        env.objects = objects.data();
        env.object_count = static_cast<std::uint32_t>(objects.size());
    }
    // Instructions one after the other; why the first is refused that is.
    Reason run(std::string_view text) {
        assemble(text);
        m.clear_failure();
        for (std::uint32_t slot = 0; slot < env.insn_count; ++slot) {
            const Operation op = decode(env.insns[slot]);
            EXPECT_TRUE(op.valid) << text;
            if (!m.step(slot, op)) {
                EXPECT_NE(m.failure().reason, Reason::none) << text;
                return m.failure().reason;
            }
            if (op.kind == bpf::Kind::load_imm64) ++slot;
        }
        return Reason::none;
    }
    // One jump: the state becomes that of the edge.
    Edge go(std::string_view jump, bool taken) {
        assemble(jump);
        m.clear_failure();
        const Operation op = decode(env.insns[0]);
        m.name_operands(0, op);
        return m.edge(0, op, taken);
    }
    const Interval<std::uint64_t>& of(unsigned reg) const {
        EXPECT_TRUE(s.regs[reg].is_number()) << "r" << reg;
        return s.regs[reg].number.wide;
    }
    bool known(unsigned reg, std::uint64_t value) const { return s.regs[reg].is_constant() && s.regs[reg].number.wide.umin == value; }
};

// What was learned of two symbols' words; INT64_MAX: nothing.
inline std::int64_t learned(const State& s, Symbol a, Symbol b) {
    for (unsigned i = 0; i < s.difference_count; ++i)
        if (s.differences[i].a == a && s.differences[i].b == b) return s.differences[i].bound;
    return INT64_MAX;
}

}  // namespace mbpf::proof
