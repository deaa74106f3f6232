// SPDX-License-Identifier: Apache-2.0
// Programs that exercise the lifter, grouped into objects: every instruction on operands of different proved
// ranges, every memory access on every kind of base, and whole flows.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "slots.h"
#include "verifier/verify.h"

namespace mbpf::test {

inline constexpr std::uint32_t kMemoryBytes = 64;  // what r1 points to

struct Case {
    std::string name;
    Slots slots;
};

// Cases written as assembly; one that is wrong has what is wrong as its name, and no code.
struct CaseText {
    const char* name;
    const char* code;
};
std::vector<Case> assembled(std::span<const CaseText> texts);

// Operand shapes: r6 and r7 with different proved ranges.
struct Shape {
    const char* name;
    Slots slots;
};
const std::vector<Shape>& shapes();
std::vector<Case> arithmetic_cases(const Shape& shape);
std::vector<Case> jump_cases(const Shape& shape);

// Where r8 points: into memory or the stack, r8 + offset being accessed.
struct Base {
    const char* name;
    Slots slots;
    int offset;
    bool atomics;
};
const std::vector<Base>& bases();
std::vector<Case> memory_cases(const Base& base);

// Straight-line arithmetic with forward jumps, stack traffic and all widths mixed, from a seed.
Case random_case(std::uint64_t seed);

std::vector<Case> flow_cases();
std::vector<bpf::Map> flow_maps();

// Values that are of different kinds on different paths.
std::vector<Case> kind_cases();
// At the ends of ranges that code generation relies on.
std::vector<Case> range_cases();

// One object with a program per case, and the verifier's word on it.
std::shared_ptr<const bpf::Object> object_of(const std::vector<Case>& cases, const std::vector<bpf::Map>& maps);
VerifyReport verify_cases(const std::shared_ptr<const bpf::Object>& object);

}  // namespace mbpf::test
