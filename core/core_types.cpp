// SPDX-License-Identifier: Apache-2.0
// Whether a type of the program stands for one of the target: loosely (same kind) and strictly (same shape).
#include <algorithm>

#include "core/core_spec.h"

namespace mbpf {

namespace {

bool is_enumeration(BtfKind kind) { return kind == BtfKind::enumeration || kind == BtfKind::enumeration64; }

bool names_match(std::string_view a, std::string_view b) { return a.empty() || b.empty() ? a.empty() == b.empty() : essential_name(a) == essential_name(b); }

bool enumerations_match(const BtfType& local, const BtfType& target, CoreBudget& budget) {
    if (local.enumerators.size() > target.enumerators.size()) return false;
    return std::ranges::all_of(local.enumerators, [&](const BtfEnumerator& wanted) {
        return std::ranges::any_of(target.enumerators, [&](const BtfEnumerator& e) { return budget.take() && names_match(wanted.name, e.name); });
    });
}

bool composites_match(const Btf& local, const BtfType& a, const Btf& target, const BtfType& b, CoreBudget& budget, bool behind_pointer, unsigned depth) {
    if (a.members.size() > b.members.size()) return false;
    return std::ranges::all_of(a.members, [&](const BtfMemberRef& wanted) {
        return std::ranges::any_of(b.members, [&](const BtfMemberRef& member) {
            return budget.take() && names_match(wanted.name, member.name) && core_types_match(local, wanted.type, target, member.type, budget, behind_pointer, depth - 1);
        });
    });
}

// A forward declaration stands for a struct, or with the flag for a union.
bool forward_matches(const BtfType& forward, const BtfType& other) {
    return (other.kind == BtfKind::structure && !forward.flag) || (other.kind == BtfKind::union_ && forward.flag);
}

}  // namespace

bool core_types_compatible(const Btf& local, std::uint32_t local_id, const Btf& target, std::uint32_t target_id, CoreBudget& budget, unsigned depth) {
    for (bool first = true;; first = false) {
        if (depth-- == 0 || !budget.take()) return false;
        // Names were compared on the types as named, so that these agree in kind before typedefs are looked through.
        const BtfType *a = first ? local.type(local_id) : local.resolve(local_id), *b = first ? target.type(target_id) : target.resolve(target_id);
        // Pointers to void have no type behind them.
        if (a == nullptr || b == nullptr) return a == b;
        if (a->kind != b->kind && !(is_enumeration(a->kind) && is_enumeration(b->kind))) return false;
        if (first) {
            a = local.resolve(local_id);
            b = target.resolve(target_id);
            if (a == nullptr || b == nullptr) return a == b;
            if (a->kind != b->kind && !(is_enumeration(a->kind) && is_enumeration(b->kind))) return false;
        }
        switch (a->kind) {
            case BtfKind::structure:
            case BtfKind::union_:
            case BtfKind::enumeration:
            case BtfKind::enumeration64:
            case BtfKind::forward: return true;
            case BtfKind::integer: return a->integer_offset == 0 && b->integer_offset == 0;
            case BtfKind::array:
                local_id = a->element_type;
                target_id = b->element_type;
                continue;
            case BtfKind::function_prototype:
                if (a->parameters.size() != b->parameters.size()) return false;
                for (std::size_t i = 0; i < a->parameters.size(); ++i)
                    if (!core_types_compatible(local, a->parameters[i], target, b->parameters[i], budget, depth)) return false;
                [[fallthrough]];
            case BtfKind::pointer:
                local_id = a->size_or_type;
                target_id = b->size_or_type;
                continue;
            default: return false;
        }
    }
}

bool core_types_match(const Btf& local, std::uint32_t local_id, const Btf& target, std::uint32_t target_id, CoreBudget& budget, bool behind_pointer, unsigned depth) {
    while (true) {
        if (depth == 0 || !budget.take()) return false;
        --depth;
        const BtfType *a = local.resolve(local_id), *b = target.resolve(target_id);
        if (a == nullptr || b == nullptr) return a == b;
        if (!names_match(a->name, b->name)) return false;
        if (is_enumeration(a->kind)) return is_enumeration(b->kind) && enumerations_match(*a, *b, budget);
        if (a->kind == BtfKind::forward) return a->kind == b->kind ? a->flag == b->flag : behind_pointer && forward_matches(*a, *b);
        if (behind_pointer && (a->kind == BtfKind::structure || a->kind == BtfKind::union_)) return a->kind == b->kind || (b->kind == BtfKind::forward && forward_matches(*b, *a));
        if (a->kind != b->kind) return false;
        switch (a->kind) {
            case BtfKind::structure:
            case BtfKind::union_: return composites_match(local, *a, target, *b, budget, behind_pointer, depth);
            case BtfKind::integer: return a->size_or_type == b->size_or_type && a->is_signed == b->is_signed;
            case BtfKind::array:
                if (a->elements != b->elements) return false;
                local_id = a->element_type;
                target_id = b->element_type;
                continue;
            case BtfKind::function_prototype:
                if (a->parameters.size() != b->parameters.size()) return false;
                for (std::size_t i = 0; i < a->parameters.size(); ++i)
                    if (!core_types_match(local, a->parameters[i], target, b->parameters[i], budget, false, depth)) return false;
                local_id = a->size_or_type;
                target_id = b->size_or_type;
                continue;
            case BtfKind::pointer:
                behind_pointer = true;
                local_id = a->size_or_type;
                target_id = b->size_or_type;
                continue;
            default: return false;
        }
    }
}

}  // namespace mbpf
