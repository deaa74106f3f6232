// SPDX-License-Identifier: Apache-2.0
// The instruction set a second time, as rules instead of core's table: the checker stands alone, and a test
// holds the two against each other over all encodings.
#pragma once

#include "core/isa_enums.h"

namespace mbpf::proof {

struct Operation {
    bool valid = false;
    bpf::Kind kind = bpf::Kind::exit;
    bpf::AluOp alu = bpf::AluOp::none;
    bpf::Condition condition = bpf::Condition::none;
    bpf::AtomicOp atomic = bpf::AtomicOp::none;
    uint8_t width = 64;     // bits
    uint8_t from_bits = 0;  // movsx
    bool uses_src = false;
};

Operation decode(const bpf::Insn& insn);

}  // namespace mbpf::proof
