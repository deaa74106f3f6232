// SPDX-License-Identifier: Apache-2.0
// Bytes to package. Refuses everything the writer would not write: wrong offsets, padding that is not zero,
// bytes after the end. What passes writes back to the same bytes. Sizes are compared with the input before
// anything is allocated for them.
#include <mbpf/abi/package.h>
#include <mbpf/abi/trust.h>

#include <algorithm>
#include <utility>

#include "core/printable.h"
#include "linker/byte_stream.h"
#include "linker/package.h"
#include "linker/package_layout.h"

namespace mbpf {
namespace {

constexpr std::uint32_t kMaxHostSections = 16;

Diagnostic malformed(const char* code, std::string message, std::string why = {}) {
    Diagnostic d;
    d.code = code;
    d.message = std::move(message);
    d.why = std::move(why);
    return d;
}

// A NUL-padded name of `size` bytes. `full`: it may fill the field to the last byte.
bool read_name(ByteReader& in, std::size_t size, bool full, std::string& name) {
    const auto field = in.bytes(size);
    const auto end = std::find(field.begin(), field.end(), std::uint8_t{0});
    const bool padded = std::all_of(end, field.end(), [](std::uint8_t b) { return b == 0; });
    const bool terminated = full || end != field.end();
    const auto length = static_cast<std::size_t>(end - field.begin());
    name.assign(field.begin(), end);
    return !in.failed() && padded && terminated && length > 0 && is_printable(name);
}

// What the header says, beyond what Package keeps.
struct Header {
    std::uint32_t signed_bytes = 0;
    std::uint32_t offsets[5] = {};  // text, data, imports, programs, maps
    std::uint32_t text_bytes = 0, data_bytes = 0, import_count = 0, program_count = 0, map_count = 0;
    std::span<const std::uint8_t> payload_digest, host_digest;
};

std::optional<Diagnostic> read_preamble(ByteReader& in, Header& h, Package& p) {
    const auto magic = in.number<std::uint32_t>();
    if (in.failed()) return malformed("MBPF3200", "package ends within its header");
    if (magic != MBPF_PACKAGE_MAGIC) return malformed("MBPF3201", "not a MicroBPF package");
    const auto version = in.number<std::uint16_t>();
    const auto header_bytes = in.number<std::uint16_t>();
    if (in.failed()) return malformed("MBPF3200", "package ends within its header");
    if (version != MBPF_FORMAT_VERSION)
        return malformed("MBPF3202", "package format version " + std::to_string(version) + " is not supported",
                         "this SDK reads version " + std::to_string(MBPF_FORMAT_VERSION));
    if (in.left() < MBPF_HEADER_BYTES - 8) return malformed("MBPF3200", "package ends within its header");
    if (header_bytes != MBPF_HEADER_BYTES)
        return malformed("MBPF3204", "header is " + std::to_string(header_bytes) + " bytes long", "version 1 has 256");
    h.signed_bytes = in.number<std::uint32_t>();
    p.flags = in.number<std::uint32_t>();
    if ((p.flags & ~MBPF_KNOWN_FLAGS) != 0)
        return malformed("MBPF3203", "package has unknown flags", "flags = " + std::to_string(p.flags));
    return std::nullopt;
}

// The rest of the header; the caller has seen that all 256 bytes are there.
std::optional<Diagnostic> read_header(ByteReader& in, Header& h, Package& p) {
    const auto u32 = [&in] { return in.number<std::uint32_t>(); };
    if (!read_name(in, MBPF_NAME_BYTES, false, p.name)) return malformed("MBPF3206", "package name is invalid");
    p.version.major = in.number<std::uint16_t>();
    p.version.minor = in.number<std::uint16_t>();
    p.version.patch = in.number<std::uint16_t>();
    bool reserved_zero = in.zeros(2);
    p.rollback_counter = u32();
    p.isa = in.number<std::uint16_t>();
    p.isa_extensions = in.number<std::uint16_t>();
    h.offsets[0] = u32();
    h.text_bytes = u32();
    h.offsets[1] = u32();
    h.data_bytes = u32();
    p.data_ram_bytes = u32();
    h.offsets[2] = u32();
    h.import_count = u32();
    h.offsets[3] = u32();
    h.program_count = u32();
    h.offsets[4] = u32();
    h.map_count = u32();
    p.ram_bytes = u32();
    p.capabilities = in.number<std::uint64_t>();
    p.platform_version = u32();
    p.stack_bytes = u32();
    p.worst_case_instructions = in.number<std::uint64_t>();
    p.data_align = u32();
    reserved_zero &= in.zeros(4);
    h.payload_digest = in.bytes(MBPF_DIGEST_BYTES);
    h.host_digest = in.bytes(MBPF_DIGEST_BYTES);
    reserved_zero &= in.zeros(48);
    if (!reserved_zero) return malformed("MBPF3203", "reserved bytes of the header are not zero");
    return std::nullopt;
}

std::optional<Diagnostic> check_layout(const Header& h, const Package& p, std::size_t file_bytes) {
    const PackageLayout at = package_layout(h.text_bytes, h.data_bytes, h.import_count, h.program_count, h.map_count);
    const std::uint64_t wanted[] = {at.text_offset, at.data_offset, at.imports_offset, at.programs_offset,
                                    at.maps_offset};
    if (!std::equal(std::begin(wanted), std::end(wanted), std::begin(h.offsets)) || at.signed_bytes != h.signed_bytes)
        return malformed("MBPF3204", "offsets in the header do not follow from its sizes");
    if (h.text_bytes == 0 || h.program_count == 0) return malformed("MBPF3204", "package holds no program");
    if (p.data_ram_bytes < h.data_bytes)
        return malformed("MBPF3204", "initial data is longer than the data segment",
                         std::to_string(h.data_bytes) + " > " + std::to_string(p.data_ram_bytes) + " bytes");
    if (p.data_align != 8 && p.data_align != 16)
        return malformed("MBPF3204", "data alignment must be 8 or 16", "it is " + std::to_string(p.data_align));
    if (file_bytes < h.signed_bytes)
        return malformed(
            "MBPF3200", "package is shorter than its header says",
            std::to_string(file_bytes) + " bytes; header and payload are " + std::to_string(h.signed_bytes));
    return std::nullopt;
}

std::optional<Diagnostic> read_imports(ByteReader& in, const Header& h, Package& p) {
    for (std::uint32_t i = 0; i < h.import_count; ++i) {
        Import row;
        row.kind = in.number<std::uint8_t>();
        bool valid = in.zeros(1);
        row.index = in.number<std::uint16_t>();
        row.value = in.number<std::uint32_t>();
        switch (row.kind) {
            case MBPF_IMPORT_HELPER:
                break;
            case MBPF_IMPORT_MAP:
            case MBPF_IMPORT_MAP_VALUES:
                valid &= row.index < h.map_count && row.value == 0;
                break;
            case MBPF_IMPORT_DATA:
                valid &= row.index == 0 && row.value < p.data_ram_bytes;
                break;
            case MBPF_IMPORT_PROGRAM:
                valid &= row.index < h.program_count && row.value >> 16 < h.map_count;
                break;
            case MBPF_IMPORT_RUNTIME:
                valid &= (row.index == MBPF_RT_ATOMIC64 || row.index == MBPF_RT_ATOMIC32) && row.value == 0;
                break;
            default:
                valid = false;
        }
        if (!valid)
            return malformed("MBPF3209", "import row " + std::to_string(i) + " is invalid",
                             "kind " + std::to_string(row.kind) + ", index " + std::to_string(row.index) + ", value " +
                                 std::to_string(row.value));
        p.imports.push_back(row);
    }
    return std::nullopt;
}

std::optional<Diagnostic> read_programs(ByteReader& in, const Header& h, Package& p) {
    for (std::uint32_t i = 0; i < h.program_count; ++i) {
        PackageProgram row;
        if (!read_name(in, MBPF_PROGRAM_NAME_BYTES, false, row.name) ||
            !read_name(in, MBPF_ATTACH_BYTES, false, row.attach))
            return malformed("MBPF3206", "name or attach point of program " + std::to_string(i) + " is invalid");
        row.hook_id = in.number<std::uint16_t>();
        row.priority = in.number<std::uint8_t>();
        const auto flags = in.number<std::uint8_t>();
        row.fail_open = (flags & MBPF_PROGRAM_FAIL_OPEN) != 0;
        row.tail_only = (flags & MBPF_PROGRAM_TAIL_ONLY) != 0;
        row.hook_abi = in.number<std::uint32_t>();
        row.entry_offset = in.number<std::uint32_t>();
        row.stack_bytes = in.number<std::uint32_t>();
        row.worst_case_instructions = in.number<std::uint64_t>();
        row.native_instructions = in.number<std::uint32_t>();
        row.native_cycles = in.number<std::uint32_t>();
        row.parameter = in.number<std::uint64_t>();
        const std::string which = "program " + std::to_string(i) + " (" + row.name + ")";
        if ((flags & ~(MBPF_PROGRAM_FAIL_OPEN | MBPF_PROGRAM_TAIL_ONLY)) != 0) return malformed("MBPF3207", which + " has unknown flags");
        if (row.entry_offset >= h.text_bytes || row.entry_offset % 2 != 0)
            return malformed(
                "MBPF3207", which + " does not begin inside the text",
                "entry offset " + std::to_string(row.entry_offset) + " of " + std::to_string(h.text_bytes));
        if (row.stack_bytes > p.stack_bytes || row.worst_case_instructions > p.worst_case_instructions)
            return malformed("MBPF3207", which + " exceeds the bounds in the header");
        p.programs.push_back(std::move(row));
    }
    return std::nullopt;
}

std::optional<Diagnostic> read_maps(ByteReader& in, const Header& h, Package& p) {
    for (std::uint32_t i = 0; i < h.map_count; ++i) {
        PackageMap row;
        if (!read_name(in, MBPF_MAP_NAME_BYTES, true, row.name))
            return malformed("MBPF3206", "name of map " + std::to_string(i) + " is invalid");
        row.type = in.number<std::uint16_t>();
        row.flags = in.number<std::uint16_t>();
        row.key_size = in.number<std::uint32_t>();
        row.value_size = in.number<std::uint32_t>();
        row.max_entries = in.number<std::uint32_t>();
        if (!in.zeros(8)) return malformed("MBPF3208", "reserved bytes of map " + row.name + " are not zero");
        for (const PackageMap& earlier : p.maps)
            if (earlier.name == row.name) return malformed("MBPF3208", "two maps are called " + row.name);
        p.maps.push_back(std::move(row));
    }
    return std::nullopt;
}

std::optional<Diagnostic> read_payload(std::span<const std::uint8_t> payload, const Header& h, Package& p) {
    if (!std::ranges::equal(sha256(payload), h.payload_digest))
        return malformed("MBPF3205", "payload does not match the digest in the header");
    ByteReader in(payload);
    const auto text = in.bytes(h.text_bytes);
    p.text.assign(text.begin(), text.end());
    bool padding_zero = in.zeros(h.offsets[1] - h.offsets[0] - h.text_bytes);
    const auto data = in.bytes(h.data_bytes);
    p.data.assign(data.begin(), data.end());
    padding_zero &= in.zeros(h.offsets[2] - h.offsets[1] - h.data_bytes);
    if (!padding_zero) return malformed("MBPF3203", "padding in the payload is not zero");
    if (auto bad = read_imports(in, h, p)) return bad;
    if (auto bad = read_programs(in, h, p)) return bad;
    if (auto bad = read_maps(in, h, p)) return bad;
    if (in.failed() || in.left() != 0) return malformed("MBPF3204", "payload is longer or shorter than its parts");
    return std::nullopt;
}

std::optional<Diagnostic> read_signatures(ByteReader& in, Package& p) {
    const auto magic = in.number<std::uint32_t>();
    const auto count = in.number<std::uint16_t>();
    const auto reserved = in.number<std::uint16_t>();
    if (in.failed()) return malformed("MBPF3200", "package ends within its signature block");
    if (magic != MBPF_SIGNATURE_MAGIC || reserved != 0 || count > MBPF_MAX_SIGNATURES)
        return malformed("MBPF3210", "signature block is invalid", std::to_string(count) + " signatures");
    for (std::uint16_t i = 0; i < count; ++i) {
        PackageSignature entry;
        entry.role = in.number<std::uint8_t>();
        entry.algorithm = in.number<std::uint8_t>();
        entry.scope = in.number<std::uint8_t>();
        const bool reserved_zero = in.zeros(1);
        const auto key_id = in.bytes(entry.key_id.size());
        const auto signature = in.bytes(entry.signature.size());
        if (in.failed()) return malformed("MBPF3200", "package ends within its signature block");
        const bool for_all = (entry.role == MBPF_ROLE_VERIFIER || entry.role == MBPF_ROLE_RELEASE) && entry.scope == 0;
        const bool for_some = entry.role == MBPF_ROLE_DEPLOY && entry.scope >= MBPF_SCOPE_DEVICE && entry.scope <= MBPF_SCOPE_CLASS;
        if (!reserved_zero || (!for_all && !for_some))
            return malformed("MBPF3210", "signature " + std::to_string(i) + " is invalid",
                             "role " + std::to_string(entry.role));
        std::ranges::copy(key_id, entry.key_id.begin());
        std::ranges::copy(signature, entry.signature.begin());
        p.signatures.push_back(entry);
    }
    return std::nullopt;
}

struct HostRow {
    std::uint32_t bytes = 0;
    std::span<const std::uint8_t> digest;
};

std::optional<Diagnostic> read_host_directory(ByteReader& in, std::span<const std::uint8_t> region, const Header& h,
                                              Package& p, std::vector<HostRow>& rows) {
    const auto magic = in.number<std::uint32_t>();
    const auto count = in.number<std::uint32_t>();
    if (in.failed()) return malformed("MBPF3200", "package ends within its host directory");
    if (magic != MBPF_HOST_MAGIC || count == 0 || count > kMaxHostSections)
        return malformed("MBPF3211", "host directory is invalid");
    for (std::uint32_t i = 0; i < count; ++i) {
        HostSection section;
        section.tag = in.number<std::uint32_t>();
        HostRow row;
        row.bytes = in.number<std::uint32_t>();
        row.digest = in.bytes(MBPF_DIGEST_BYTES);
        if (in.failed()) return malformed("MBPF3200", "package ends within its host directory");
        if (p.find_host_section(section.tag) != nullptr)
            return malformed("MBPF3211", "host section " + std::to_string(section.tag) + " occurs twice");
        p.host_sections.push_back(std::move(section));
        rows.push_back(row);
    }
    if (!std::ranges::equal(sha256(region.first(region.size() - in.left())), h.host_digest))
        return malformed("MBPF3211", "host directory does not match the digest in the header");
    return std::nullopt;
}

std::optional<Diagnostic> read_host_region(std::span<const std::uint8_t> region, const Header& h, Package& p) {
    const bool header_has_none = std::ranges::all_of(h.host_digest, [](std::uint8_t b) { return b == 0; });
    if (region.empty()) {
        if (header_has_none) return std::nullopt;
        p.stripped_host_digest.emplace();
        std::ranges::copy(h.host_digest, p.stripped_host_digest->begin());
        return std::nullopt;
    }
    if (header_has_none) return malformed("MBPF3200", "bytes follow the end of the package");
    ByteReader in(region);
    std::vector<HostRow> rows;
    if (auto bad = read_host_directory(in, region, h, p, rows)) return bad;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto blob = in.bytes(rows[i].bytes);
        if (in.failed()) return malformed("MBPF3200", "package ends within host section " + std::to_string(i));
        if (!std::ranges::equal(sha256(blob), rows[i].digest))
            return malformed("MBPF3212", "host section " + std::to_string(i) + " does not match its digest");
        p.host_sections[i].bytes.assign(blob.begin(), blob.end());
    }
    if (in.left() != 0) return malformed("MBPF3200", "bytes follow the end of the package");
    return std::nullopt;
}

}  // namespace

Result<Package> parse_package(std::span<const std::uint8_t> bytes) {
    Package p;
    Header h;
    ByteReader in(bytes);
    if (auto bad = read_preamble(in, h, p)) return *bad;
    if (auto bad = read_header(in, h, p)) return *bad;
    if (auto bad = check_layout(h, p, bytes.size())) return *bad;
    const auto payload = in.bytes(h.signed_bytes - MBPF_HEADER_BYTES);
    if (auto bad = read_payload(payload, h, p)) return *bad;
    if (auto bad = read_signatures(in, p)) return *bad;
    if (auto bad = read_host_region(bytes.last(in.left()), h, p)) return *bad;
    return p;
}

}  // namespace mbpf
