// SPDX-License-Identifier: Apache-2.0
// Conformance programs made from the instruction table: one a group of operations, run over boundary operands,
// results stored in the memory given, so that r0 and memory show every result.
#pragma once

#include <string>
#include <vector>

#include "core/isa.h"

namespace mbpf::conformance {

struct Case {
    std::string name;                 // the operation's
    std::vector<bpf::Insn> program;
    std::vector<std::uint8_t> memory;
};

// One case an operation that a program may contain; see kNotRun for the others.
std::vector<Case> all_cases();
// Operations no program may contain (refused with a code) or that a case of another name covers.
bool is_not_run(const bpf::Op& op);

}  // namespace mbpf::conformance
