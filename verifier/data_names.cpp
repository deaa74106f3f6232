// SPDX-License-Identifier: Apache-2.0
#include "verifier/data_names.h"

#include <algorithm>

namespace mbpf {

void DataNames::read() const {
    is_read_ = true;
    if (object_.elf.empty()) return;
    elf_ = read_elf(object_.elf);
    if (!*elf_) return;
    if (const ElfSection* section = (*elf_)->find(".BTF")) btf_ = read_btf(section->bytes);
}

std::uint32_t DataNames::type_of_variable(std::string_view name) const {
    if (!btf_ || !*btf_) return 0;
    for (std::uint32_t id = 1; id < (*btf_)->count(); ++id) {
        const BtfType* t = (*btf_)->type(id);
        if (t->kind == BtfKind::variable && t->name == name) return t->size_or_type;
    }
    return 0;
}

// A map is a variable of a structure whose member `value` is a pointer to the value's type.
std::uint32_t DataNames::value_type(std::string_view map) const {
    const std::uint32_t variable = type_of_variable(map);
    const BtfType* definition = variable == 0 ? nullptr : (*btf_)->resolve(variable);
    if (definition == nullptr || definition->kind != BtfKind::structure) return 0;
    for (const BtfMemberRef& m : definition->members) {
        if (m.name != "value") continue;
        const BtfType* pointer = (*btf_)->resolve(m.type);
        return pointer != nullptr && pointer->kind == BtfKind::pointer ? pointer->size_or_type : 0;
    }
    return 0;
}

NamedPlace DataNames::descend(std::uint32_t type, NamedPlace place, std::int64_t offset) const {
    constexpr int kDeepest = 8;
    for (int depth = 0; depth < kDeepest; ++depth) {
        const BtfType* t = type == 0 ? nullptr : (*btf_)->resolve(type);
        if (t == nullptr) break;
        if (t->kind == BtfKind::array) {
            place.element = (*btf_)->size_of(t->element_type).value_or(0);
            break;
        }
        if (t->kind != BtfKind::structure) break;
        const BtfMemberRef* holds = nullptr;
        std::int64_t size = 0;
        for (const BtfMemberRef& m : t->members) {
            const std::int64_t begin = place.begin + m.offset_bits / 8;
            const std::int64_t bytes = (*btf_)->size_of(m.type).value_or(0);
            if (m.name.empty() || m.bitfield_bits != 0 || offset < begin || offset >= begin + bytes) continue;
            holds = &m;
            size = bytes;
        }
        if (holds == nullptr) break;
        place.begin += holds->offset_bits / 8;
        place.size = size;
        place.name += (place.name.empty() ? "" : ".") + std::string(holds->name);
        type = holds->type;
    }
    return place;
}

std::optional<NamedPlace> DataNames::find(const bpf::Map& map, std::int64_t offset) const {
    if (!is_read_) read();
    if (!elf_ || !*elf_) return std::nullopt;
    if (!map.is_global_data()) {
        const std::uint32_t type = value_type(map.name);
        if (type == 0) return std::nullopt;
        return descend(type, {{}, 0, map.value_size, 0}, offset);
    }
    const ElfFile& elf = **elf_;
    for (const ElfSymbol& s : elf.symbols) {
        if (s.type != kElfSymbolObject || s.section >= elf.sections.size() || elf.sections[s.section].name != map.name) continue;
        const auto begin = static_cast<std::int64_t>(s.value), size = static_cast<std::int64_t>(s.size);
        if (offset < begin || size <= 0 || offset - begin >= size) continue;
        return descend(type_of_variable(s.name), {std::string(s.name), begin, size, 0}, offset);
    }
    return std::nullopt;
}

}  // namespace mbpf
