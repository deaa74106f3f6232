// SPDX-License-Identifier: Apache-2.0
// The package: reading, writing and its parts as values. The byte layout is defined once, for host and
// device, in firmware_runtime/include/mbpf/abi/package.h.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <mbpf/abi/package.h>

#include "compiler/native.h"
#include "core/result.h"

namespace mbpf {

struct PackageProgram {
    std::string name;
    std::string attach;  // section name
    std::uint16_t hook_id = 0;
    std::uint8_t priority = 0;
    bool fail_open = false;
    bool tail_only = false;  // entered by tail calls; not attached with the others
    std::uint32_t hook_abi = 0;
    std::uint32_t entry_offset = 0;
    std::uint32_t stack_bytes = 0;
    std::uint64_t worst_case_instructions = 0;
    // Of the machine code, helpers included (linker/bounds.h); MBPF_UNBOUNDED: not known, or more.
    std::uint32_t native_instructions = MBPF_UNBOUNDED;
    std::uint32_t native_cycles = MBPF_UNBOUNDED;
    std::uint64_t parameter = 0;
};

struct PackageMap {
    std::string name;
    std::uint16_t type = 0;
    std::uint16_t flags = 0;
    std::uint32_t key_size = 0;
    std::uint32_t value_size = 0;
    std::uint32_t max_entries = 0;
};

struct PackageSignature {
    std::uint8_t role = 0;       // MBPF_ROLE_*
    std::uint8_t algorithm = 0;  // MBPF_SIGALG_*
    std::uint8_t scope = 0;      // MBPF_SCOPE_* of a deployment authorisation, else 0
    std::array<std::uint8_t, 8> key_id{};
    std::array<std::uint8_t, 64> signature{};
};

struct HostSection {
    std::uint32_t tag = 0;  // MBPF_HOST_*
    std::vector<std::uint8_t> bytes;
};

struct PackageVersion {
    std::uint16_t major = 0, minor = 0, patch = 0;
};

// All of a package as values. A parsed one has passed every structural check.
struct Package {
    std::string name;
    PackageVersion version;
    std::uint32_t rollback_counter = 0;
    std::uint32_t flags = 0;
    std::uint16_t isa = 0;
    std::uint16_t isa_extensions = 0;
    std::uint32_t platform_version = 0;
    std::uint64_t capabilities = 0;
    std::uint32_t ram_bytes = 0;
    std::uint32_t stack_bytes = 0;
    std::uint64_t worst_case_instructions = 0;
    std::vector<std::uint8_t> text;  // code and constants, position-independent
    std::vector<std::uint8_t> data;  // initial .data; the rest of data_ram_bytes is zero
    std::uint32_t data_ram_bytes = 0;
    std::uint32_t data_align = 8;  // 8 or 16
    std::vector<Import> imports;
    std::vector<PackageProgram> programs;
    std::vector<PackageMap> maps;
    std::vector<PackageSignature> signatures;
    std::vector<HostSection> host_sections;
    // Of a package that was read without its host region: the digest its header holds, so that the header,
    // and with it every signature, stays the same when it is written again. Unused with host_sections.
    std::optional<std::array<std::uint8_t, 32>> stripped_host_digest;

    // Fixed header with digests filled in: MBPF_HEADER_BYTES bytes; what signatures cover.
    std::vector<std::uint8_t> header_bytes() const;
    // Whole file; without host sections when `for_device`.
    std::vector<std::uint8_t> serialize(bool for_device = false) const;
    // The host section with this MBPF_HOST_* tag, or null.
    const HostSection* find_host_section(std::uint32_t tag) const;
    // What loading takes, by mbpf/abi/map_layout.h; nullopt: unknown isa, or a map that no device can hold.
    std::optional<std::uint64_t> required_ram_bytes() const;
};

// The bytes a signature of this MBPF_ROLE_* covers: the COSE Sig_structure around the header; empty for an
// unknown role.
std::vector<std::uint8_t> to_be_signed(std::uint8_t role, std::span<const std::uint8_t> header);

// "thumbv7em", "rv32", …: what people call an MBPF_ISA_*; "isa N" for others.
std::string isa_name(std::uint64_t isa);

// Any input is fine: bad ones give MBPF32xx. Digests are checked; signatures are the signer's business.
Result<Package> parse_package(std::span<const std::uint8_t> bytes);

struct LinkOptions {
    std::string name;
    PackageVersion version{0, 1, 0};
    std::uint32_t rollback_counter = 0;
    bool include_host_sections = true;
};

// NativeObject to image (LLD) to package, not yet signed.
Result<Package> link_package(const VerifiedObject& verified, const NativeObject& native, const LinkOptions& options);

}  // namespace mbpf
