// SPDX-License-Identifier: Apache-2.0
// The kernel finds them by the names of their types, and kernel pointers by a tag on the pointer; so do we.
#include "core/map_fields.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace mbpf {

namespace {

using bpf::MapField;
using bpf::MapFieldKind;

constexpr unsigned kMaxDepth = 16;
constexpr std::size_t kMaxFields = 256;

// Names that the kernel's BTF record knows.
constexpr auto kOthers = std::to_array<std::string_view>({
    "bpf_wq", "bpf_list_head", "bpf_list_node", "bpf_rb_root", "bpf_rb_node", "bpf_refcount", "bpf_res_spin_lock", "bpf_task_work",
});

std::optional<MapFieldKind> kernel_kind(std::string_view name) {
    if (name == "bpf_spin_lock") return MapFieldKind::spin_lock;
    if (name == "bpf_timer") return MapFieldKind::timer;
    if (std::ranges::find(kOthers, name) != kOthers.end()) return MapFieldKind::other;
    return std::nullopt;
}

// A pointer whose target carries the tag kptr, kptr_untrusted, percpu_kptr or uptr belongs to the kernel.
bool is_kernel_pointer(const Btf& btf, const BtfType& pointer) {
    const BtfType* target = btf.type(pointer.size_or_type);
    return target != nullptr && target->kind == BtfKind::type_tag && (target->name.find("kptr") != std::string_view::npos || target->name == "uptr");
}

// False: too deep or too many.
bool walk(const Btf& btf, std::uint32_t id, std::uint64_t offset, unsigned depth, unsigned& visits, std::vector<MapField>& out) {
    if (depth > kMaxDepth || out.size() > kMaxFields || visits == 0) return false;
    --visits;
    const BtfType* type = btf.resolve(id);
    if (type == nullptr) return true;
    const auto add = [&](MapFieldKind kind, std::uint32_t size) {
        if (offset > UINT32_MAX || size == 0) return false;
        out.push_back({kind, static_cast<std::uint32_t>(offset), size});
        return true;
    };
    if (type->kind == BtfKind::pointer) return is_kernel_pointer(btf, *type) ? add(MapFieldKind::other, 8) : true;
    if (type->kind == BtfKind::array) {
        const auto size = btf.size_of(type->element_type);
        if (!size || *size == 0) return true;
        std::vector<MapField> one;
        if (!walk(btf, type->element_type, 0, depth + 1, visits, one)) return false;
        if (one.empty()) return true;
        if (type->elements > kMaxFields) return false;
        for (std::uint32_t i = 0; i < type->elements; ++i)
            if (!walk(btf, type->element_type, offset + std::uint64_t{i} * *size, depth + 1, visits, out)) return false;
        return true;
    }
    if (type->kind != BtfKind::structure && type->kind != BtfKind::union_) return true;
    if (const auto kind = kernel_kind(type->name)) return add(*kind, type->size_or_type);
    return std::ranges::all_of(type->members, [&](const BtfMemberRef& member) { return walk(btf, member.type, offset + member.offset_bits / 8, depth + 1, visits, out); });
}

}  // namespace

void find_kernel_fields(const Btf& btf, std::uint32_t type, std::uint32_t offset, unsigned& visits, std::vector<MapField>& out) {
    const std::vector<MapField> whole{{MapFieldKind::other, 0, UINT32_MAX}};
    if (out.size() == 1 && out.front().size == UINT32_MAX) return;
    std::vector<MapField> found;
    if (!walk(btf, type, offset, 0, visits, found)) found = {{MapFieldKind::other, offset, btf.size_of(type).value_or(UINT32_MAX - offset)}};
    if (visits == 0 || out.size() + found.size() > kMaxFields) {
        out = whole;
    } else if (!found.empty()) {
        out.insert(out.end(), found.begin(), found.end());
        std::ranges::sort(out, {}, &MapField::offset);
    }
}

}  // namespace mbpf
