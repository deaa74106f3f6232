// SPDX-License-Identifier: Apache-2.0
// What code generation and the lifter must know about a device's CPU: one constant a target, one file each.
// No LLVM types, so that the tables read as data.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace mbpf {

struct Target {
    std::string_view name;
    std::string_view triple;
    std::string_view cpu;
    std::string_view features{};  // LLVM's, "+a,-b"
    std::string_view abi{};       // LLVM's ABI name; empty: the triple's
    std::uint16_t isa = 0;      // MBPF_ISA_*
    std::uint16_t isa_extensions = 0;
    unsigned pointer_bytes = 4;
    unsigned atomic_load_bits = 32;  // widest aligned load that is one instruction and may be `atomic`
    unsigned atomic_rmw_bits = 32;   // widest atomic read-modify-write; 0: none, the runtime does it
    bool vectors = false;            // it has vector registers, and programs may use them
    bool ropi = false;               // ARM's read-only position independence instead of PIC
    bool sign_extend_32 = false;     // psABI: 32-bit arguments are sign-extended in 64-bit registers
    unsigned return_address_bytes = 0;  // that a call pushes, beyond the frame LLVM reports
    unsigned runtime_stack_bytes = 0;   // deepest chain in compiler/runtime, if any of it is linked
    std::string_view runtime_object{};    // key into the embedded runtime objects; empty: none needed
};

std::span<const Target* const> all_targets();

extern const Target kCortexM0Plus;
extern const Target kCortexM3;
extern const Target kCortexM4;
extern const Target kCortexM7;
extern const Target kCortexM33;
extern const Target kRv32imac;
extern const Target kRv32imc;
extern const Target kRv64gc;
extern const Target kAarch64;
extern const Target kX86_64;

}  // namespace mbpf
