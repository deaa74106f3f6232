// SPDX-License-Identifier: Apache-2.0
// Assembly text to slots and back, for tests, tools and anyone who wants to write an instruction that no
// compiler emits. Mnemonics are the names of the instruction table (core/isa.h), in the operand order that ubpf and
// bpf_conformance use: destination first.
//
//     # comments: #, ; and //
//         mov   r0, 0              registers r0 … r10, also %r0; immediates in decimal or 0x…
//         lddw  r1, 0x1122334455667788
//     loop:                        labels; "exit" is also the first exit instruction
//         ldxw  r2, [r1+4]         loads and stores by size b, h, w, dw
//         add32 r0, r2             "add" is add64
//         lock fetch add [r10-8], r0
//         jne   r0, 10, loop       or +2, -5: slots from the next instruction
//         call  5                  a helper; "call local function", "call r3"
//         exit
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/isa.h"

namespace mbpf::bpf {

// Text that is no program gives MBPF3012 with line and column. What fits an encoding is assembled, also if no
// program may contain it: that is for the verifier to say. `path` is for messages.
Result<std::vector<Insn>> assemble(std::string_view text, std::string_view path = "<assembly>");

// The instruction at `slot` in that syntax, jumps as numbers; what is no instruction: ".slot" and eight bytes in hex,
// which assemble() takes too.
std::string assembly(std::span<const Insn> insns, std::size_t slot);

}  // namespace mbpf::bpf
