// SPDX-License-Identifier: Apache-2.0
// libbpf's conventions: in .maps each variable is a struct whose members encode the attributes in types
// (a number is the length of an array pointed to); in `maps` each symbol is five 32-bit words.
#include "core/object_maps.h"

#include "core/bytes.h"

namespace mbpf {

namespace {

constexpr std::uint64_t kMaxDataBytes = 1u << 24;

Diagnostic bad(std::string what) {
    Diagnostic d;
    d.code = "MBPF3007";
    d.message = std::move(what);
    d.fix = "declare maps as the author's header shows, with __uint, __type and SEC(\".maps\")";
    return d;
}

// __uint(name, N) is a member `int (*name)[N]`.
std::optional<std::uint32_t> encoded_number(const Btf& btf, std::uint32_t type) {
    const BtfType* pointer = btf.resolve(type);
    if (pointer == nullptr || pointer->kind != BtfKind::pointer) return std::nullopt;
    const BtfType* array = btf.resolve(pointer->size_or_type);
    if (array == nullptr || array->kind != BtfKind::array) return std::nullopt;
    return array->elements;
}

Status apply_member(const Btf& btf, const BtfMemberRef& member, bpf::Map& map) {
    const auto number = [&](std::uint32_t& into) -> Status {
        const auto value = encoded_number(btf, member.type);
        if (!value) return bad("map " + map.name + ": attribute " + std::string(member.name) + " is not a number");
        into = *value;
        return ok();
    };
    const auto sized = [&](std::uint32_t& into) -> Status {
        const BtfType* pointer = btf.resolve(member.type);
        const auto size = pointer != nullptr && pointer->kind == BtfKind::pointer ? btf.size_of(pointer->size_or_type) : std::nullopt;
        if (!size) return bad("map " + map.name + ": size of its " + std::string(member.name) + " type is unknown");
        into = *size;
        return ok();
    };
    if (member.name == "type") return number(map.type);
    if (member.name == "max_entries") return number(map.max_entries);
    if (member.name == "map_flags") return number(map.flags);
    if (member.name == "key_size") return number(map.key_size);
    if (member.name == "value_size") return number(map.value_size);
    if (member.name == "key") return sized(map.key_size);
    if (member.name == "value") return sized(map.value_size);
    return ok();  // pinning, inner maps' values, map_extra …: no layout of ours depends on them
}

Status read_btf_maps(const ElfFile& elf, const Btf& btf, std::size_t section, ObjectMaps& out) {
    for (std::uint32_t id = 1; id < btf.count(); ++id) {
        const BtfType* data_section = btf.type(id);
        if (data_section->kind != BtfKind::data_section || data_section->name != ".maps") continue;
        for (const BtfSectionVariable& variable : data_section->variables) {
            const BtfType* declared = btf.type(variable.type);
            if (declared == nullptr || declared->kind != BtfKind::variable) return bad("a map definition has no variable");
            const BtfType* definition = btf.resolve(declared->size_or_type);
            if (definition == nullptr || definition->kind != BtfKind::structure) return bad("map " + std::string(declared->name) + " is not a struct");
            bpf::Map map;
            map.name = declared->name;
            // BTF's offsets in a section are filled in by the loader; the symbol table has them.
            std::uint64_t offset = variable.offset;
            for (const ElfSymbol& symbol : elf.symbols)
                if (symbol.section == section && symbol.name == map.name) offset = symbol.value;
            for (const BtfMemberRef& member : definition->members)
                if (Status s = apply_member(btf, member, map); !s) return s;
            out.declared[{section, offset}] = static_cast<std::uint32_t>(out.maps.size());
            out.maps.push_back(std::move(map));
        }
    }
    return ok();
}

Status read_legacy_maps(const ElfFile& elf, std::size_t section, ObjectMaps& out) {
    const auto bytes = elf.sections[section].bytes;
    for (const ElfSymbol& symbol : elf.symbols) {
        if (symbol.section != section || symbol.name.empty() || symbol.type == kElfSymbolSection) continue;
        if (out.declared.contains({section, symbol.value})) continue;
        if (symbol.value > bytes.size() || bytes.size() - symbol.value < 16) return bad("map " + std::string(symbol.name) + " is cut off");
        const std::size_t at = static_cast<std::size_t>(symbol.value);
        bpf::Map map;
        map.name = symbol.name;
        map.type = read_u32(bytes, at);
        map.key_size = read_u32(bytes, at + 4);
        map.value_size = read_u32(bytes, at + 8);
        map.max_entries = read_u32(bytes, at + 12);
        if (bytes.size() - at >= 20 && symbol.size >= 20) map.flags = read_u32(bytes, at + 16);
        out.declared[{section, symbol.value}] = static_cast<std::uint32_t>(out.maps.size());
        out.maps.push_back(std::move(map));
    }
    return ok();
}

std::optional<bpf::MapOrigin> data_origin(const ElfSection& section) {
    const auto named = [&](std::string_view base) { return section.name == base || section.name.starts_with(std::string(base) + "."); };
    if (named(".rodata")) return bpf::MapOrigin::rodata;
    if (named(".data")) return bpf::MapOrigin::data;
    if (named(".bss")) return bpf::MapOrigin::bss;
    return std::nullopt;
}

Status read_data(const ElfFile& elf, ObjectMaps& out) {
    for (std::size_t i = 1; i < elf.sections.size(); ++i) {
        const ElfSection& section = elf.sections[i];
        const auto origin = data_origin(section);
        if (!origin || section.size == 0 || (section.type != kElfProgbits && section.type != kElfNobits)) continue;
        if (section.size > kMaxDataBytes) return bad("global data section " + std::string(section.name) + " has " + std::to_string(section.size) + " bytes");
        bpf::Map map;
        map.name = section.name;
        map.type = static_cast<std::uint32_t>(bpf::MapType::array);
        map.key_size = 4;
        map.value_size = static_cast<std::uint32_t>(section.size);
        map.max_entries = 1;
        map.origin = section.type == kElfNobits ? bpf::MapOrigin::bss : *origin;
        if (map.origin != bpf::MapOrigin::bss) map.initial.assign(section.bytes.begin(), section.bytes.end());
        out.data[i] = static_cast<std::uint32_t>(out.maps.size());
        out.maps.push_back(std::move(map));
    }
    return ok();
}

}  // namespace

Result<ObjectMaps> read_maps(const ElfFile& elf, const Btf* btf) {
    ObjectMaps out;
    for (std::size_t i = 1; i < elf.sections.size(); ++i) {
        const std::string_view name = elf.sections[i].name;
        if (elf.sections[i].type != kElfProgbits) continue;
        if (name == ".maps") {
            if (btf == nullptr) return bad("maps are declared in .maps but the object has no BTF");
            if (Status s = read_btf_maps(elf, *btf, i, out); !s) return s.error();
        } else if (name == "maps" || name.starts_with("maps/")) {
            if (Status s = read_legacy_maps(elf, i, out); !s) return s.error();
        }
    }
    if (Status s = read_data(elf, out); !s) return s.error();
    return out;
}

}  // namespace mbpf
