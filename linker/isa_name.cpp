// SPDX-License-Identifier: Apache-2.0
// Instruction sets of packages and devices by name, as LLVM's triples have them.
#include <mbpf/abi/package.h>

#include "linker/package.h"

namespace mbpf {

std::string isa_name(std::uint64_t isa) {
    switch (isa) {
        case MBPF_ISA_THUMBV6M: return "thumbv6m";
        case MBPF_ISA_THUMBV7M: return "thumbv7m";
        case MBPF_ISA_THUMBV7EM: return "thumbv7em";
        case MBPF_ISA_THUMBV8M_MAIN: return "thumbv8m.main";
        case MBPF_ISA_RV32: return "rv32";
        case MBPF_ISA_RV64: return "rv64";
        case MBPF_ISA_AARCH64: return "aarch64";
        case MBPF_ISA_X86_64: return "x86_64";
        default: return "isa " + std::to_string(isa);
    }
}

}  // namespace mbpf
