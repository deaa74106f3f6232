// SPDX-License-Identifier: Apache-2.0
// A small package by hand and keys from fixed seeds: signing needs no compiler.
#pragma once

#include <mbpf/abi/map_layout.h>
#include <mbpf/abi/package.h>

#include "signer/signer.h"

namespace mbpf {

inline Package example_package() {
    Package p;
    p.name = "limit-switch";
    p.version = {1, 2, 3};
    p.rollback_counter = 7;
    p.isa = MBPF_ISA_THUMBV7EM;
    p.platform_version = 1;
    p.capabilities = 5;
    p.stack_bytes = 96;
    p.worst_case_instructions = 1234;
    p.text.assign(37, 0x5a);
    p.data = {1, 2, 3};
    p.data_ram_bytes = 24;
    p.imports = {{MBPF_IMPORT_HELPER, 1000, 0xdeadbeef}, {MBPF_IMPORT_MAP_VALUES, 0, 0}, {MBPF_IMPORT_DATA, 0, 16}};
    PackageProgram program;
    program.name = "stop";
    program.attach = "gpio/chip0/line3/rising";
    program.hook_id = 3;
    program.hook_abi = 0x11223344;
    program.entry_offset = 16;
    program.stack_bytes = 96;
    program.worst_case_instructions = 1234;
    p.programs = {program};
    p.maps = {{"thresholds", MBPF_MAP_ARRAY, 0, 4, 12, 8}};
    p.ram_bytes = static_cast<std::uint32_t>(p.required_ram_bytes().value_or(0));
    p.host_sections = {{MBPF_HOST_BYTECODE, {9, 8, 7}}};
    return p;
}

inline SecretKey example_key(Role role, std::uint8_t seed, std::string label = "test") {
    std::array<std::uint8_t, 32> bytes{};
    bytes.fill(seed);
    return SecretKey::from_seed(role, std::move(label), bytes);
}

}  // namespace mbpf
