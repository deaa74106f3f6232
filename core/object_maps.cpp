// SPDX-License-Identifier: Apache-2.0
// libbpf's conventions: in .maps each variable is a struct whose members encode the attributes in types
// (a number is the length of an array pointed to); in `maps` each symbol is five 32-bit words.
#include "core/object_maps.h"

#include <algorithm>
#include <utility>

#include "core/bytes.h"

namespace mbpf {

namespace {

constexpr std::uint64_t kMaxDataBytes = 1u << 24;
constexpr std::size_t kMaxMaps = 1024;  // of an object; the checker counts in 16 bits

Diagnostic bad(std::string what, std::string fix = "declare maps as the author's header shows, with __uint, __type and SEC(\".maps\")") {
    Diagnostic d;
    d.code = "MBPF3007";
    d.message = std::move(what);
    d.fix = std::move(fix);
    return d;
}

Status add_map(ObjectMaps& out, bpf::Map map) {
    if (out.maps.size() == kMaxMaps) return bad("the object has more than " + std::to_string(kMaxMaps) + " maps");
    out.maps.push_back(std::move(map));
    return ok();
}

// __uint(name, N) is a member `int (*name)[N]`.
std::optional<std::uint32_t> encoded_number(const Btf& btf, std::uint32_t type) {
    const BtfType* pointer = btf.resolve(type);
    if (pointer == nullptr || pointer->kind != BtfKind::pointer) return std::nullopt;
    const BtfType* array = btf.resolve(pointer->size_or_type);
    if (array == nullptr || array->kind != BtfKind::array) return std::nullopt;
    return array->elements;
}

bool is_map_of_maps(const bpf::Map& map) {
    return map.type == static_cast<std::uint32_t>(bpf::MapType::array_of_maps) || map.type == static_cast<std::uint32_t>(bpf::MapType::hash_of_maps);
}

// What loaders fill in where a definition leaves it out: references to programs, events and maps have 4
// bytes, and the kernel sizes per-CPU event arrays and storage by owner itself. The value types of rings and
// event arrays only tell readers what the records hold.
void fill_defaults(bpf::Map& map) {
    using bpf::MapType;
    switch (static_cast<MapType>(map.type)) {
        case MapType::ring_buffer:
        case MapType::user_ring_buffer:
            map.key_size = map.value_size = 0;
            return;
        case MapType::perf_event_array:
            if (map.max_entries == 0) map.max_entries = 1;
            map.key_size = map.value_size = 4;
            return;
        case MapType::prog_array:
            if (map.key_size == 0) map.key_size = 4;
            if (map.value_size == 0) map.value_size = 4;
            return;
        case MapType::array_of_maps:
        case MapType::hash_of_maps:
            if (map.value_size == 0) map.value_size = 4;
            return;
        case MapType::cgroup_storage:
        case MapType::percpu_cgroup_storage:
        case MapType::sk_storage:
        case MapType::inode_storage:
        case MapType::task_storage:
        case MapType::cgrp_storage:
            if (map.max_entries == 0) map.max_entries = 1;
            return;
        default: return;
    }
}

Status apply_member(const Btf& btf, const BtfMemberRef& member, unsigned& visits, bpf::Map& map) {
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
    if (member.name == "value") {
        if (Status s = sized(map.value_size); !s) return s;
        find_kernel_fields(btf, btf.resolve(member.type)->size_or_type, 0, visits, map.kernel_fields);
    }
    return ok();  // pinning, map_extra …: no layout of ours depends on them
}

Status apply_definition(const Btf& btf, const BtfType& definition, unsigned& visits, bpf::Map& map) {
    for (const BtfMemberRef& member : definition.members)
        if (Status s = apply_member(btf, member, visits, map); !s) return s;
    fill_defaults(map);
    return ok();
}

// `values` of a map of maps is an array of pointers to the definition of its elements.
Status read_inner_map(const Btf& btf, const BtfType& definition, bpf::Map& outer, ObjectMaps& out) {
    if (!is_map_of_maps(outer)) return ok();
    const auto values = std::ranges::find(definition.members, std::string_view("values"), &BtfMemberRef::name);
    if (values == definition.members.end()) return ok();
    const BtfType* array = btf.resolve(values->type);
    const BtfType* pointer = array != nullptr && array->kind == BtfKind::array ? btf.resolve(array->element_type) : nullptr;
    const BtfType* inner = pointer != nullptr && pointer->kind == BtfKind::pointer ? btf.resolve(pointer->size_or_type) : nullptr;
    if (inner == nullptr || inner->kind != BtfKind::structure) return bad("map " + outer.name + ": its values are no map definition");
    bpf::Map map;
    map.name = outer.name + ".inner";
    if (Status s = apply_definition(btf, *inner, out.field_visits, map); !s) return s;
    if (is_map_of_maps(map)) return bad("map " + outer.name + " holds maps of maps");
    outer.inner_map = static_cast<std::int32_t>(out.maps.size());
    return add_map(out, std::move(map));
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
            if (Status s = apply_definition(btf, *definition, out.field_visits, map); !s) return s;
            if (Status s = read_inner_map(btf, *definition, map, out); !s) return s;
            const auto index = static_cast<std::uint32_t>(out.maps.size());
            const auto values = std::ranges::find(definition->members, std::string_view("values"), &BtfMemberRef::name);
            if (values != definition->members.end()) out.values_at[index] = values->offset_bits / 8;
            out.declared[{section, offset}] = index;
            if (Status s = add_map(out, std::move(map)); !s) return s;
        }
    }
    return ok();
}

// Two struct layouts are in use behind the first five words: of 28 bytes (the kernel's samples), with the
// index of the inner map; and of 36 (iproute2), with an id of its own and that of the inner map.
struct LegacyMap {
    std::uint32_t index = 0;     // into ObjectMaps::maps
    std::uint64_t bytes = 0;     // of its definition
    std::uint32_t id = 0;
    std::uint32_t inner_index = 0, inner_id = 0;
};
constexpr std::uint64_t kSampleMapBytes = 28, kIproute2MapBytes = 36;

// Symbols without a size extend to the next one or the section's end.
Status read_legacy_maps(const ElfFile& elf, std::size_t section, ObjectMaps& out, std::vector<LegacyMap>& legacy) {
    const auto bytes = elf.sections[section].bytes;
    std::map<std::uint64_t, const ElfSymbol*> symbols;
    for (const ElfSymbol& symbol : elf.symbols)
        if (symbol.section == section && !symbol.name.empty() && symbol.type != kElfSymbolSection) symbols.try_emplace(symbol.value, &symbol);
    for (auto it = symbols.begin(); it != symbols.end(); ++it) {
        const ElfSymbol& symbol = *it->second;
        if (symbol.value > bytes.size() || bytes.size() - symbol.value < 16) return bad("map " + std::string(symbol.name) + " is cut off");
        const std::size_t at = static_cast<std::size_t>(symbol.value);
        const std::uint64_t next = std::next(it) == symbols.end() ? bytes.size() : std::min<std::uint64_t>(std::next(it)->first, bytes.size());
        LegacyMap entry;
        entry.bytes = symbol.size == 0 ? next - symbol.value : std::min<std::uint64_t>(symbol.size, bytes.size() - at);
        bpf::Map map;
        map.name = symbol.name;
        map.type = read_u32(bytes, at);
        map.key_size = read_u32(bytes, at + 4);
        map.value_size = read_u32(bytes, at + 8);
        map.max_entries = read_u32(bytes, at + 12);
        if (entry.bytes >= 20) map.flags = read_u32(bytes, at + 16);
        if (entry.bytes == kSampleMapBytes) entry.inner_index = read_u32(bytes, at + 20);
        if (entry.bytes == kIproute2MapBytes) {
            entry.id = read_u32(bytes, at + 20);
            entry.inner_id = read_u32(bytes, at + 28);
        }
        fill_defaults(map);
        entry.index = static_cast<std::uint32_t>(out.maps.size());
        out.declared[{section, symbol.value}] = entry.index;
        legacy.push_back(entry);
        if (Status s = add_map(out, std::move(map)); !s) return s;
    }
    return ok();
}

// An inner map that cannot be found leaves the outer one without: what is looked up in it is then unknown.
void link_legacy_maps(ObjectMaps& out, const std::vector<LegacyMap>& legacy) {
    for (const LegacyMap& outer : legacy) {
        if (!is_map_of_maps(out.maps[outer.index])) continue;
        const LegacyMap* inner = nullptr;
        if (outer.bytes == kSampleMapBytes && outer.inner_index < legacy.size()) inner = &legacy[outer.inner_index];
        for (const LegacyMap& candidate : legacy)
            if (outer.bytes == kIproute2MapBytes && outer.inner_id != 0 && candidate.id == outer.inner_id) inner = &candidate;
        if (inner != nullptr && !is_map_of_maps(out.maps[inner->index])) out.maps[outer.index].inner_map = static_cast<std::int32_t>(inner->index);
    }
}

std::optional<bpf::MapOrigin> data_origin(const ElfSection& section) {
    const auto named = [&](std::string_view base) { return section.name == base || section.name.starts_with(std::string(base) + "."); };
    if (named(".rodata")) return bpf::MapOrigin::rodata;
    if (named(".data")) return bpf::MapOrigin::data;
    if (named(".bss")) return bpf::MapOrigin::bss;
    return std::nullopt;
}

// Locks and timers among the variables of data sections. Their places are in the symbol table: BTF's are
// filled in by the loader.
void find_kernel_variables(const ElfFile& elf, const Btf& btf, ObjectMaps& out) {
    std::map<std::pair<std::string_view, std::string_view>, std::uint32_t> types;  // by section and name
    for (std::uint32_t id = 1; id < btf.count(); ++id) {
        if (btf.type(id)->kind != BtfKind::data_section) continue;
        for (const BtfSectionVariable& variable : btf.type(id)->variables)
            if (const BtfType* declared = btf.type(variable.type); declared != nullptr && declared->kind == BtfKind::variable) types[{btf.type(id)->name, declared->name}] = declared->size_or_type;
    }
    for (const ElfSymbol& symbol : elf.symbols) {
        const auto data = symbol.type == kElfSymbolObject ? out.data.find(symbol.section) : out.data.end();
        if (data == out.data.end() || out.maps[data->second].origin == bpf::MapOrigin::rodata) continue;
        bpf::Map& map = out.maps[data->second];
        const auto type = types.find({map.name, symbol.name});
        if (type != types.end() && symbol.value < map.value_size) find_kernel_fields(btf, type->second, static_cast<std::uint32_t>(symbol.value), out.field_visits, map.kernel_fields);
    }
}

Status read_data(const ElfFile& elf, const Btf* btf, ObjectMaps& out) {
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
        if (Status s = add_map(out, std::move(map)); !s) return s;
    }
    if (btf != nullptr) find_kernel_variables(elf, *btf, out);
    return ok();
}

// Where each lies is the loader's choice; here each begins at a multiple of 8. One without a size stays unknown.
Status read_configuration(const Btf& btf, ObjectMaps& out) {
    bpf::Map map;
    map.name = ".kconfig";
    map.type = static_cast<std::uint32_t>(bpf::MapType::array);
    map.key_size = 4;
    map.max_entries = 1;
    map.origin = bpf::MapOrigin::kconfig;
    for (std::uint32_t id = 1; id < btf.count(); ++id) {
        if (btf.type(id)->kind != BtfKind::data_section || btf.type(id)->name != map.name) continue;
        for (const BtfSectionVariable& variable : btf.type(id)->variables) {
            const BtfType* declared = btf.type(variable.type);
            const auto size = declared != nullptr && declared->kind == BtfKind::variable ? btf.size_of(declared->size_or_type) : std::nullopt;
            if (!size || *size == 0 || *size > kMaxDataBytes || map.value_size > kMaxDataBytes) continue;
            out.configuration[declared->name] = map.value_size;
            map.value_size += (*size + 7) / 8 * 8;
        }
    }
    if (out.configuration.empty()) return ok();
    out.configuration_map = static_cast<std::uint32_t>(out.maps.size());
    return add_map(out, std::move(map));
}

}  // namespace

Result<ObjectMaps> read_maps(const ElfFile& elf, const Btf* btf) {
    ObjectMaps out;
    std::vector<LegacyMap> legacy;
    bool defined = false;
    for (std::size_t i = 1; i < elf.sections.size(); ++i) {
        const std::string_view name = elf.sections[i].name;
        if (elf.sections[i].type != kElfProgbits) continue;
        if (name == ".maps") {
            if (std::exchange(defined, true)) return bad("the object has more than one section .maps");
            if (btf == nullptr) return bad("maps are declared in .maps but the object has no BTF", "compile with -g: types and sizes of such maps are in the debug information (BTF)");
            if (Status s = read_btf_maps(elf, *btf, i, out); !s) return s.error();
        } else if (name == "maps" || name.starts_with("maps/")) {
            if (Status s = read_legacy_maps(elf, i, out, legacy); !s) return s.error();
        }
    }
    link_legacy_maps(out, legacy);
    if (Status s = read_data(elf, btf, out); !s) return s.error();
    if (btf != nullptr)
        if (Status s = read_configuration(*btf, out); !s) return s.error();
    return out;
}

}  // namespace mbpf
