// SPDX-License-Identifier: Apache-2.0
// One JSON value is built; the text form is written from it, so the two cannot disagree.
#include "signer/inspect.h"

#include <mbpf/abi/package.h>

#include <nlohmann/json.hpp>

#include "core/bytes.h"
#include "signer/statement.h"

namespace mbpf {

namespace {

using nlohmann::json;

std::string import_text(const Import& row, const Package& package, const Platform* platform) {
    switch (row.kind) {
        case MBPF_IMPORT_HELPER: {
            const Helper* helper = platform == nullptr ? nullptr : platform->find_helper(row.index);
            return "helper " + std::to_string(row.index) + (helper == nullptr ? "" : " bpf_" + helper->name);
        }
        case MBPF_IMPORT_MAP: return "map " + (row.index < package.maps.size() ? package.maps[row.index].name : "?");
        case MBPF_IMPORT_MAP_VALUES: return "values of map " + (row.index < package.maps.size() ? package.maps[row.index].name : "?");
        case MBPF_IMPORT_DATA: return "data + " + std::to_string(row.value);
        case MBPF_IMPORT_PROGRAM: return "program " + std::to_string(row.index);
        case MBPF_IMPORT_RUNTIME: return "runtime function " + std::to_string(row.index);
        default: return "kind " + std::to_string(row.kind);
    }
}

json host_json(const Package& package) {
    static constexpr const char* kNames[] = {"?", "bytecode", "certificate", "provenance", "btf"};
    json sections = json::array();
    for (const HostSection& s : package.host_sections) sections.push_back({{"name", s.tag < std::size(kNames) ? kNames[s.tag] : "?"}, {"bytes", s.bytes.size()}});
    return sections;
}

json capability_names(const Package& p, const Platform* platform) {
    json names = json::array();
    for (unsigned bit = 0; bit < 64; ++bit) {
        if ((p.capabilities >> bit & 1) == 0) continue;
        std::string name = "bit " + std::to_string(bit);
        if (platform != nullptr)
            for (const Capability& c : platform->capabilities)
                if (c.bit == bit) name = c.name;
        names.push_back(name);
    }
    return names;
}

json describe(const Package& p, const Platform* platform, std::span<const PublicKey> keys) {
    const auto header = p.header_bytes();
    json j = {{"name", p.name},
              {"version", std::to_string(p.version.major) + "." + std::to_string(p.version.minor) + "." + std::to_string(p.version.patch)},
              {"rollback_counter", p.rollback_counter},
              {"isa", isa_name(p.isa)},
              {"isa_extensions", p.isa_extensions},
              {"platform_version", p.platform_version},
              {"flags", p.flags},
              {"header_bytes", header.size()},
              {"text_bytes", p.text.size()},
              {"data_bytes", p.data_ram_bytes},
              {"data_init_bytes", p.data.size()},
              {"data_align", p.data_align},
              {"import_table_bytes", p.imports.size() * sizeof(mbpf_package_import)},
              {"program_table_bytes", p.programs.size() * sizeof(mbpf_package_program)},
              {"map_table_bytes", p.maps.size() * sizeof(mbpf_package_map)},
              {"signature_bytes", MBPF_SIGNATURE_BLOCK_HEADER_BYTES + p.signatures.size() * sizeof(mbpf_signature_entry)},
              {"payload_digest", hex_digits(std::span(header).subspan(offsetof(mbpf_package_header, payload_digest), MBPF_DIGEST_BYTES))},
              {"host_digest", hex_digits(std::span(header).subspan(offsetof(mbpf_package_header, host_digest), MBPF_DIGEST_BYTES))},
              {"ram_bytes", p.ram_bytes},
              {"stack_bytes", p.stack_bytes},
              {"worst_case_instructions", p.worst_case_instructions},
              {"device_bytes", p.serialize(true).size()},
              {"file_bytes", p.serialize(false).size()}};
    j["capabilities"] = capability_names(p, platform);
    for (const char* list : {"programs", "maps", "imports", "signatures"}) j[list] = json::array();
    for (const PackageProgram& program : p.programs)
        j["programs"].push_back({{"name", program.name}, {"attach", program.attach}, {"hook_id", program.hook_id}, {"hook_abi", program.hook_abi}, {"priority", program.priority}, {"entry_offset", program.entry_offset}, {"parameter", program.parameter}, {"stack_bytes", program.stack_bytes}, {"worst_case_instructions", program.worst_case_instructions}, {"native_instructions", program.native_instructions}, {"native_cycles", program.native_cycles}, {"fail_open", program.fail_open}});
    for (const PackageMap& map : p.maps) j["maps"].push_back({{"name", map.name}, {"type", map.type}, {"key_size", map.key_size}, {"value_size", map.value_size}, {"max_entries", map.max_entries}, {"flags", map.flags}});
    for (const Import& row : p.imports) j["imports"].push_back(import_text(row, p, platform));
    for (const SignatureReport& r : check_signatures(p, keys)) {
        const char* role = r.signature.role == MBPF_ROLE_VERIFIER ? "verifier" : r.signature.role == MBPF_ROLE_RELEASE ? "release" : "?";
        j["signatures"].push_back({{"role", role}, {"algorithm", r.signature.algorithm}, {"key_id", key_id_text(r.signature.key_id)}, {"status", !r.known ? "unknown key" : r.valid ? "valid" : "INVALID"}, {"label", r.label}});
    }
    j["host_sections"] = host_json(p);
    if (const HostSection* statement = p.find_host_section(MBPF_HOST_PROVENANCE)) {
        json parsed = parse_statement(statement->bytes);
        if (!parsed.is_discarded()) j["provenance"] = std::move(parsed);
    }
    return j;
}

std::string number(const json& j) { return std::to_string(j.get<std::uint64_t>()); }
std::string text(const json& j) { return j.get<std::string>(); }

}  // namespace

std::string inspect_json(const Package& package, const Platform* platform, std::span<const PublicKey> keys) {
    return describe(package, platform, keys).dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

namespace {

// What the machine code takes at most, as far as the package says.
std::string machine_code(const json& program) {
    std::string out;
    if (program["native_instructions"] != MBPF_UNBOUNDED) out += program["native_instructions"].dump() + " of machine code, ";
    if (program["native_cycles"] != MBPF_UNBOUNDED) out += program["native_cycles"].dump() + " cycles, ";
    return out;
}

}  // namespace

std::string inspect_text(const Package& package, const Platform* platform, std::span<const PublicKey> keys) {
    const json j = describe(package, platform, keys);
    std::string out = text(j["name"]) + " " + text(j["version"]) + ", rollback counter " + number(j["rollback_counter"]) + ", for " + text(j["isa"]) + ", platform version " + number(j["platform_version"]) + "\n";
    out += "  sizes         text " + number(j["text_bytes"]) + ", data " + number(j["data_bytes"]) + ", RAM " + number(j["ram_bytes"]) + ", to the device " + number(j["device_bytes"]) + ", file " + number(j["file_bytes"]) + " bytes\n";
    out += "  tables        header " + number(j["header_bytes"]) + ", imports " + number(j["import_table_bytes"]) + ", programs " + number(j["program_table_bytes"]) + ", maps " + number(j["map_table_bytes"]) + ", signatures " + number(j["signature_bytes"]) + " bytes\n";
    out += "  payload       SHA-256 " + text(j["payload_digest"]) + "\n";
    out += "  bounds        " + number(j["worst_case_instructions"]) + " eBPF instructions, " + number(j["stack_bytes"]) + " bytes of stack\n";
    out += "  capabilities  ";
    const std::size_t names = out.size();
    for (const json& c : j["capabilities"]) out += (out.size() == names ? "" : ", ") + text(c);
    out += j["capabilities"].empty() ? "none\n" : "\n";
    for (const json& p : j["programs"]) out += "  program       " + text(p["name"]) + " on " + text(p["attach"]) + ": " + number(p["worst_case_instructions"]) + " instructions, " + machine_code(p) + number(p["stack_bytes"]) + " bytes of stack\n";
    for (const json& m : j["maps"]) out += "  map           " + text(m["name"]) + ": type " + number(m["type"]) + ", key " + number(m["key_size"]) + ", value " + number(m["value_size"]) + ", entries " + number(m["max_entries"]) + "\n";
    for (const json& i : j["imports"]) out += "  import        " + text(i) + "\n";
    for (const json& s : j["signatures"]) out += "  signature     " + text(s["role"]) + " by key " + text(s["key_id"]) + ": " + text(s["status"]) + (text(s["label"]).empty() ? "" : " (" + text(s["label"]) + ")") + "\n";
    if (j["signatures"].empty()) out += "  signature     none\n";
    for (const json& h : j["host_sections"]) out += "  host section  " + text(h["name"]) + ", " + number(h["bytes"]) + " bytes\n";
    return out;
}

}  // namespace mbpf
