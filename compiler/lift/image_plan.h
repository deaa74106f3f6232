// SPDX-License-Identifier: Apache-2.0
// Where an object's maps and global data lie in the package: decided once, from the verified bytecode alone,
// so that lifter and linker agree. Only maps that reachable code names are in the package.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "verifier/verify.h"

namespace mbpf {

struct ImagePlan {
    std::vector<std::int32_t> package_map;   // by object map index; -1: not in the package
    std::vector<std::uint32_t> object_maps;  // by package map index
    std::vector<std::int64_t> data_offsets;  // by object map index; -1: not in the data segment
    std::vector<std::uint8_t> data;          // initial bytes, the rest of data_ram_bytes is zero
    std::uint32_t data_ram_bytes = 0;
};

ImagePlan plan_image(const VerifiedObject& verified);

// Values of this map start 8-byte aligned in an array the program may address itself.
bool is_addressable_array(const bpf::Map& map);

// Instructions of a helper's call at most, by the proof's facts of its arguments; what the verifier charges. The instruction
// at `slot` calls a helper.
std::uint32_t call_cost(const VerifiedObject& verified, std::size_t program, std::uint32_t slot);
// Of any call in code that can be reached.
std::uint32_t costliest_call(const VerifiedObject& verified);

}  // namespace mbpf
