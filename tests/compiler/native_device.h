// SPDX-License-Identifier: Apache-2.0
// Runs AOT code on an emulated CPU, many programs a boot: cortex-m4 and rv32imac as boards, rv64gc and aarch64 in
// user-mode emulation. What a program changed comes back whole.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "compiler/native.h"

namespace mbpf::test {

// What a run starts from: the hook's native context, the packet; on `reset` also all writable state (see state_of).
struct NativeInput {
    std::size_t program = 0;
    std::vector<std::uint8_t> context{};
    bool has_packet = false;
    std::vector<std::uint8_t> packet{};
    bool reset = false;
    std::vector<std::uint8_t> state{};
};

struct NativeOutcome {
    std::uint64_t r0 = 0;
    std::vector<std::uint8_t> context, packet, state;
    std::vector<std::uint8_t> calls;  // helpers in order: number, then what they were given
    std::uint64_t instructions = 0;   // of the run and some of the runner's around it; 0: not counted
    bool operator==(const NativeOutcome& o) const { return r0 == o.r0 && context == o.context && packet == o.packet && state == o.state && calls == o.calls; }
};

// State is the values of these maps, one after the other.
struct StateMap {
    std::size_t map = 0;
    std::uint32_t entries = 0, stride = 0;
};
std::vector<StateMap> state_maps(const bpf::Object& object);
inline constexpr std::uint32_t kHashKeys = 3;  // a hash map holds 0, 1, 2
inline constexpr std::size_t kCallBytes = 4096;  // calls that would not fit are not noted

// cortex-m4, rv32imac, rv64gc, aarch64, if the emulator is installed; other names: false.
bool can_emulate(std::string_view target);
// Fewer outcomes than inputs: the CPU trapped or did not come to an end in the run after the last one.
Result<std::vector<NativeOutcome>> run_emulated(const VerifiedObject& verified, const NativeObject& native, std::span<const NativeInput> inputs);

}  // namespace mbpf::test
