// SPDX-License-Identifier: Apache-2.0
// Package to bytes. Names longer than their fields are cut here: link_package() has refused them with a
// message before, and a writer that could fail would burden every caller.
#include <algorithm>
#include <mbpf/abi/map_layout.h>
#include <mbpf/abi/package.h>
#include <sodium.h>

#include <string_view>

#include "linker/byte_stream.h"
#include "linker/package.h"
#include "linker/package_layout.h"

namespace mbpf {
namespace {

std::uint64_t align_up(std::uint64_t value, std::uint64_t alignment) {
    return (value + alignment - 1) / alignment * alignment;
}

PackageLayout layout_of(const Package& p) {
    return package_layout(static_cast<std::uint32_t>(p.text.size()), static_cast<std::uint32_t>(p.data.size()),
                          static_cast<std::uint32_t>(p.imports.size()), static_cast<std::uint32_t>(p.programs.size()),
                          static_cast<std::uint32_t>(p.maps.size()));
}

void write_program(ByteWriter& out, const PackageProgram& program) {
    out.text(program.name, MBPF_PROGRAM_NAME_BYTES, MBPF_PROGRAM_NAME_BYTES - 1);
    out.text(program.attach, MBPF_ATTACH_BYTES, MBPF_ATTACH_BYTES - 1);
    out.number(program.hook_id);
    out.number(program.priority);
    out.number(static_cast<std::uint8_t>((program.fail_open ? MBPF_PROGRAM_FAIL_OPEN : 0u) | (program.tail_only ? MBPF_PROGRAM_TAIL_ONLY : 0u)));
    out.number(program.hook_abi);
    out.number(program.entry_offset);
    out.number(program.stack_bytes);
    out.number(program.worst_case_instructions);
    out.number(program.native_instructions);
    out.number(program.native_cycles);
    out.number(program.parameter);
}

void write_map(ByteWriter& out, const PackageMap& map) {
    out.text(map.name, MBPF_MAP_NAME_BYTES, MBPF_MAP_NAME_BYTES);
    out.number(map.type);
    out.number(map.flags);
    out.number(map.key_size);
    out.number(map.value_size);
    out.number(map.max_entries);
    out.zeros(8);
}

// Everything between the header and the signature block.
std::vector<std::uint8_t> payload_of(const Package& p) {
    ByteWriter out;
    out.bytes(p.text);
    out.align(8);
    out.bytes(p.data);
    out.align(8);
    for (const Import& import : p.imports) {
        out.number(import.kind);
        out.number(std::uint8_t{0});
        out.number(import.index);
        out.number(import.value);
    }
    for (const PackageProgram& program : p.programs) write_program(out, program);
    for (const PackageMap& map : p.maps) write_map(out, map);
    return out.take();
}

std::vector<std::uint8_t> host_directory_of(const Package& p) {
    ByteWriter out;
    out.number(std::uint32_t{MBPF_HOST_MAGIC});
    out.number(static_cast<std::uint32_t>(p.host_sections.size()));
    for (const HostSection& section : p.host_sections) {
        out.number(section.tag);
        out.number(static_cast<std::uint32_t>(section.bytes.size()));
        out.bytes(sha256(section.bytes));
    }
    return out.take();
}

Sha256Digest host_digest_of(const Package& p) {
    if (!p.host_sections.empty()) return sha256(host_directory_of(p));
    return p.stripped_host_digest.value_or(Sha256Digest{});
}

std::vector<std::uint8_t> header_of(const Package& p, std::span<const std::uint8_t> payload) {
    const PackageLayout at = layout_of(p);
    ByteWriter out;
    const auto u32 = [&out](std::uint64_t value) { out.number(static_cast<std::uint32_t>(value)); };
    u32(MBPF_PACKAGE_MAGIC);
    out.number(std::uint16_t{MBPF_FORMAT_VERSION});
    out.number(std::uint16_t{MBPF_HEADER_BYTES});
    u32(at.signed_bytes);
    u32(p.flags);
    out.text(p.name, MBPF_NAME_BYTES, MBPF_NAME_BYTES - 1);
    out.number(p.version.major);
    out.number(p.version.minor);
    out.number(p.version.patch);
    out.number(std::uint16_t{0});
    u32(p.rollback_counter);
    out.number(p.isa);
    out.number(p.isa_extensions);
    u32(at.text_offset);
    u32(p.text.size());
    u32(at.data_offset);
    u32(p.data.size());
    u32(p.data_ram_bytes);
    u32(at.imports_offset);
    u32(p.imports.size());
    u32(at.programs_offset);
    u32(p.programs.size());
    u32(at.maps_offset);
    u32(p.maps.size());
    u32(p.ram_bytes);
    out.number(p.capabilities);
    u32(p.platform_version);
    u32(p.stack_bytes);
    out.number(p.worst_case_instructions);
    u32(p.data_align);
    u32(0);
    out.bytes(sha256(payload));
    out.bytes(host_digest_of(p));
    out.zeros(48);
    return out.take();
}

void write_signatures(ByteWriter& out, const Package& p) {
    out.number(std::uint32_t{MBPF_SIGNATURE_MAGIC});
    out.number(static_cast<std::uint16_t>(p.signatures.size()));
    out.number(std::uint16_t{0});
    for (const PackageSignature& entry : p.signatures) {
        out.number(entry.role);
        out.number(entry.algorithm);
        out.number(entry.scope);
        out.zeros(1);
        out.bytes(entry.key_id);
        out.bytes(entry.signature);
    }
}

}  // namespace

PackageLayout package_layout(std::uint32_t text_bytes, std::uint32_t data_init_bytes, std::uint32_t import_count,
                             std::uint32_t program_count, std::uint32_t map_count) {
    PackageLayout at;
    at.text_offset = MBPF_HEADER_BYTES;
    at.data_offset = align_up(at.text_offset + text_bytes, 8);
    at.imports_offset = align_up(at.data_offset + data_init_bytes, 8);
    at.programs_offset = at.imports_offset + std::uint64_t{import_count} * sizeof(mbpf_package_import);
    at.maps_offset = at.programs_offset + std::uint64_t{program_count} * sizeof(mbpf_package_program);
    at.signed_bytes = at.maps_offset + std::uint64_t{map_count} * sizeof(mbpf_package_map);
    return at;
}

DeviceBytes device_bytes(const Package& package) {
    constexpr std::size_t kRolesDemanded = 2;
    const auto count = [](const auto& rows) { return static_cast<std::uint32_t>(rows.size()); };
    const PackageLayout at = package_layout(count(package.text), count(package.data), count(package.imports), count(package.programs), count(package.maps));
    DeviceBytes bytes;
    bytes.fixed = at.text_offset + MBPF_SIGNATURE_BLOCK_HEADER_BYTES + std::max(kRolesDemanded, package.signatures.size()) * sizeof(mbpf_signature_entry);
    bytes.text = at.data_offset - at.text_offset;
    bytes.data = at.imports_offset - at.data_offset;
    bytes.relocations = at.programs_offset - at.imports_offset;
    bytes.programs = at.maps_offset - at.programs_offset;
    bytes.maps = at.signed_bytes - at.maps_offset;
    return bytes;
}

Sha256Digest sha256(std::span<const std::uint8_t> bytes) {
    Sha256Digest digest{};
    crypto_hash_sha256(digest.data(), bytes.data(), bytes.size());
    return digest;
}

std::vector<std::uint8_t> to_be_signed(std::uint8_t role, std::span<const std::uint8_t> header) {
    std::string_view prefix;
    if (role == MBPF_ROLE_VERIFIER) prefix = {MBPF_TBS_PREFIX_VERIFIER, sizeof(MBPF_TBS_PREFIX_VERIFIER) - 1};
    if (role == MBPF_ROLE_RELEASE) prefix = {MBPF_TBS_PREFIX_RELEASE, sizeof(MBPF_TBS_PREFIX_RELEASE) - 1};
    if (prefix.empty()) return {};
    ByteWriter out;
    out.text(prefix, prefix.size(), prefix.size());
    out.bytes(header);
    return out.take();
}

std::vector<std::uint8_t> Package::header_bytes() const { return header_of(*this, payload_of(*this)); }

std::vector<std::uint8_t> Package::serialize(bool for_device) const {
    const std::vector<std::uint8_t> payload = payload_of(*this);
    ByteWriter out;
    out.bytes(header_of(*this, payload));
    out.bytes(payload);
    write_signatures(out, *this);
    if (for_device || host_sections.empty()) return out.take();
    out.bytes(host_directory_of(*this));
    for (const HostSection& section : host_sections) out.bytes(section.bytes);
    return out.take();
}

const HostSection* Package::find_host_section(std::uint32_t tag) const {
    for (const HostSection& section : host_sections)
        if (section.tag == tag) return &section;
    return nullptr;
}

std::optional<std::uint64_t> Package::required_ram_bytes() const {
    std::uint32_t pointer_bytes = 4;
    switch (isa) {
        case MBPF_ISA_THUMBV6M:
        case MBPF_ISA_THUMBV7M:
        case MBPF_ISA_THUMBV7EM:
        case MBPF_ISA_THUMBV8M_MAIN:
        case MBPF_ISA_RV32:
            break;
        case MBPF_ISA_RV64:
        case MBPF_ISA_AARCH64:
        case MBPF_ISA_X86_64:
            pointer_bytes = 8;
            break;
        default:
            return std::nullopt;
    }
    std::uint64_t total =
        mbpf_package_ram_base_bytes(static_cast<std::uint32_t>(imports.size()), static_cast<std::uint32_t>(maps.size()),
                                    data_ram_bytes, pointer_bytes);
    for (const PackageMap& map : maps) {
        const std::uint64_t storage = mbpf_map_storage_bytes(map.type, map.key_size, map.value_size, map.max_entries);
        if (storage == 0) return std::nullopt;
        total += storage;
    }
    return total;
}

}  // namespace mbpf
