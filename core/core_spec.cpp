// SPDX-License-Identifier: Apache-2.0
// Paths through types. Anonymous structs are stepped through: a field may lie in one on one kernel and directly
// in its struct on another.
#include "core/core_spec.h"

#include <charconv>

namespace mbpf {

namespace {

constexpr std::size_t kMaxAccessors = 64;
constexpr unsigned kMaxNesting = 64;

bool is_composite(const BtfType& t) { return t.kind == BtfKind::structure || t.kind == BtfKind::union_; }
bool is_enumeration(const BtfType& t) { return t.kind == BtfKind::enumeration || t.kind == BtfKind::enumeration64; }
bool kinds_agree(const BtfType& a, const BtfType& b) { return a.kind == b.kind || (is_enumeration(a) && is_enumeration(b)); }

std::optional<std::vector<std::uint32_t>> parse_access(std::string_view text) {
    std::vector<std::uint32_t> indices;
    while (true) {
        std::uint32_t index = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
        if (error != std::errc() || indices.size() == kMaxAccessors) return std::nullopt;
        indices.push_back(index);
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        if (text.empty()) return indices;
        if (text[0] != ':') return std::nullopt;
        text.remove_prefix(1);
    }
}

// An array of no stated length at the end of a struct may be indexed at will.
bool is_flexible_array(const Btf& btf, const CoreSpec& spec, const BtfType& array) {
    if (array.elements != 0 || spec.accessors.empty() || spec.accessors.back().name.empty()) return false;
    const BtfType* owner = btf.type(spec.accessors.back().type);
    return owner != nullptr && spec.accessors.back().index + 1 == owner->members.size();
}

bool add_element(const Btf& btf, CoreSpec& spec, std::uint32_t type, std::uint32_t index) {
    const auto size = btf.size_of(type);
    if (!size || spec.accessors.size() == kMaxAccessors) return false;
    spec.accessors.push_back({type, index, {}});
    spec.bit_offset += std::uint64_t{index} * *size * 8;
    return true;
}

// One step of a local path from type `id`; the type it leads to, or 0.
std::uint32_t step(const Btf& btf, CoreSpec& spec, std::uint32_t id, std::uint32_t index) {
    const BtfType* type = btf.type(id);
    if (is_composite(*type)) {
        if (index >= type->members.size()) return 0;
        const BtfMemberRef& member = type->members[index];
        spec.bit_offset += member.offset_bits;
        if (!member.name.empty()) spec.accessors.push_back({id, index, member.name});
        return btf.resolve_id(member.type);
    }
    if (type->kind != BtfKind::array) return 0;
    const bool flexible = is_flexible_array(btf, spec, *type);
    const std::uint32_t element = btf.resolve_id(type->element_type);
    if (element == 0 || (!flexible && index >= type->elements)) return 0;
    return add_element(btf, spec, element, index) ? element : 0;
}

bool fields_compatible(const Btf& local, std::uint32_t local_id, const Btf& target, std::uint32_t target_id) {
    for (unsigned depth = 0; depth < kMaxNesting; ++depth) {
        const BtfType *a = local.resolve(local_id), *b = target.resolve(target_id);
        if (a == nullptr || b == nullptr) return false;
        if (is_composite(*a) && is_composite(*b)) return true;
        if (!kinds_agree(*a, *b)) return false;
        switch (a->kind) {
            case BtfKind::pointer:
            case BtfKind::floating: return true;
            case BtfKind::forward:
            case BtfKind::enumeration:
            case BtfKind::enumeration64: return a->name.empty() || b->name.empty() || essential_name(a->name) == essential_name(b->name);
            case BtfKind::integer: return a->integer_offset == 0 && b->integer_offset == 0;
            case BtfKind::array:
                local_id = a->element_type;
                target_id = b->element_type;
                continue;
            default: return false;
        }
    }
    return false;
}

enum class Found : std::uint8_t { no, yes, incompatible };

// The member of `target_id`, anonymous ones searched too, that has the name of `wanted`.
Found match_member(const Btf& local, const CoreAccessor& wanted, const Btf& target, std::uint32_t target_id, CoreSpec& spec, std::uint32_t& next, CoreBudget& budget, unsigned depth) {
    target_id = target.resolve_id(target_id);
    if (target_id == 0 || depth == 0) return Found::no;
    const BtfType& type = *target.type(target_id);
    if (!is_composite(type)) return Found::no;
    for (std::uint32_t i = 0; i < type.members.size(); ++i) {
        if (!budget.take()) return Found::incompatible;
        const BtfMemberRef& member = type.members[i];
        const std::uint64_t before = spec.bit_offset;
        spec.bit_offset += member.offset_bits;
        if (member.name.empty()) {
            const Found found = match_member(local, wanted, target, member.type, spec, next, budget, depth - 1);
            if (found != Found::no) return found;
        } else if (member.name == wanted.name) {
            spec.accessors.push_back({target_id, i, member.name});
            next = member.type;
            const BtfType& owner = *local.type(wanted.type);
            return fields_compatible(local, owner.members[wanted.index].type, target, member.type) ? Found::yes : Found::incompatible;
        }
        spec.bit_offset = before;
    }
    return Found::no;
}

std::optional<CoreSpec> match_enumerator(const CoreSpec& spec, const Btf& target, CoreSpec found) {
    const BtfType* type = target.resolve(found.root);
    if (type == nullptr || !is_enumeration(*type)) return std::nullopt;
    for (std::uint32_t i = 0; i < type->enumerators.size(); ++i) {
        if (essential_name(type->enumerators[i].name) != essential_name(spec.accessors[0].name)) continue;
        found.accessors.push_back({target.resolve_id(found.root), i, type->enumerators[i].name});
        return found;
    }
    return std::nullopt;
}

}  // namespace

bool is_field_based(CoreKind kind) { return kind <= CoreKind::field_rshift_u64; }
bool is_type_based(CoreKind kind) { return (kind >= CoreKind::type_id_local && kind <= CoreKind::type_size) || kind == CoreKind::type_matches; }

std::string_view essential_name(std::string_view name) {
    // Three underscores with something other than one around them part name and flavour.
    for (std::size_t i = name.size(); i-- > 0;) {
        if (i + 3 >= name.size() || i == 0) continue;
        if (name.substr(i, 3) == "___" && name[i - 1] != '_' && name[i + 3] != '_') return name.substr(0, i);
    }
    return name;
}

std::optional<CoreSpec> parse_core_spec(const Btf& btf, std::uint32_t root, std::string_view access, CoreKind kind) {
    const auto indices = parse_access(access);
    if (!indices || btf.type(root) == nullptr || root == 0) return std::nullopt;
    CoreSpec spec;
    spec.root = root;
    spec.kind = kind;
    if (is_type_based(kind)) return indices->size() == 1 && indices->front() == 0 ? std::optional(spec) : std::nullopt;
    std::uint32_t id = btf.resolve_id(root);
    if (id == 0) return std::nullopt;
    const BtfType& type = *btf.type(id);
    if (!is_field_based(kind)) {
        if (indices->size() != 1 || !is_enumeration(type) || indices->front() >= type.enumerators.size()) return std::nullopt;
        spec.accessors.push_back({id, indices->front(), type.enumerators[indices->front()].name});
        return spec;
    }
    // The first index is that of p[index] for the pointer p the path starts from.
    if (!is_composite(type) && type.kind != BtfKind::array && indices->size() > 1) return std::nullopt;
    if (!add_element(btf, spec, id, indices->front())) return std::nullopt;
    for (std::size_t i = 1; i < indices->size(); ++i)
        if ((id = step(btf, spec, id, (*indices)[i])) == 0) return std::nullopt;
    return spec;
}

std::optional<CoreSpec> match_core_spec(const Btf& local, const CoreSpec& spec, const Btf& target, std::uint32_t target_root, CoreBudget& budget) {
    CoreSpec found;
    found.root = target_root;
    found.kind = spec.kind;
    if (is_type_based(spec.kind)) {
        const bool same = spec.kind == CoreKind::type_matches ? core_types_match(local, spec.root, target, target_root, budget) : core_types_compatible(local, spec.root, target, target_root, budget);
        return same ? std::optional(found) : std::nullopt;
    }
    if (!is_field_based(spec.kind)) return match_enumerator(spec, target, std::move(found));
    std::uint32_t id = target_root;
    for (std::size_t i = 0; i < spec.accessors.size(); ++i) {
        const CoreAccessor& accessor = spec.accessors[i];
        id = target.resolve_id(id);
        if (id == 0) return std::nullopt;
        if (!accessor.name.empty()) {
            std::uint32_t next = 0;
            if (match_member(local, accessor, target, id, found, next, budget, kMaxNesting) != Found::yes) return std::nullopt;
            id = next;
            continue;
        }
        if (i > 0) {
            const BtfType& array = *target.type(id);
            if (array.kind != BtfKind::array || (!is_flexible_array(target, found, array) && accessor.index >= array.elements)) return std::nullopt;
            id = target.resolve_id(array.element_type);
        }
        if (id == 0 || !add_element(target, found, id, accessor.index)) return std::nullopt;
    }
    return found;
}

CoreCandidates::CoreCandidates(const Btf& target) : target_(target) {
    for (std::uint32_t id = 1; id < target.count(); ++id)
        if (const std::string_view name = target.type(id)->name; !name.empty()) by_name_.emplace(essential_name(name), id);
}

std::vector<std::uint32_t> CoreCandidates::of(const BtfType& local) const {
    std::vector<std::uint32_t> ids;
    const auto [begin, end] = by_name_.equal_range(essential_name(local.name));
    for (auto it = begin; it != end; ++it)
        if (kinds_agree(*target_.type(it->second), local)) ids.push_back(it->second);
    return ids;
}

}  // namespace mbpf
