// SPDX-License-Identifier: Apache-2.0
// One function a part of the descriptor; the first thing wrong is reported with the entry's name.
#include "core/platform_validate.h"

#include <algorithm>
#include <functional>
#include <set>

#include "core/section_pattern.h"

namespace mbpf {

namespace {

using Problem = std::optional<Diagnostic>;

Problem bad(unsigned code, std::string message) {
    Diagnostic d;
    d.code = "MBPF" + std::to_string(code);
    d.message = std::move(message);
    return d;
}

bool is_identifier(std::string_view text) {
    if (text.empty() || (text[0] >= '0' && text[0] <= '9')) return false;
    return std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; });
}

Problem check_field(const Hook& hook, const ContextField& field) {
    const std::string what = "hook " + hook.name + ": field " + field.name;
    if (!is_identifier(field.name)) return bad(3104, what + ": the name is no C identifier");
    if (!field.alias.empty() && !is_identifier(field.alias)) return bad(3104, what + ": the alias is no C identifier");
    if (std::uint64_t{field.offset} + field.size > hook.context_size) return bad(3105, what + " lies outside the context of " + std::to_string(hook.context_size) + " bytes");
    if (field.kind == FieldKind::raw_bytes) return field.size == 0 ? bad(3105, what + " has no size") : std::nullopt;
    if (field.size != 1 && field.size != 2 && field.size != 4 && field.size != 8) return bad(3105, what + " has size " + std::to_string(field.size) + ", not 1, 2, 4 or 8");
    if (field.offset % field.size != 0) return bad(3105, what + " is not aligned to its size");
    if (field.kind != FieldKind::scalar && (field.size != 4 || field.writable)) return bad(3105, what + ": packet fields are 4 bytes and read-only");
    if (field.has_range && (field.is_signed ? field.min > static_cast<std::int64_t>(field.max) : static_cast<std::uint64_t>(field.min) > field.max))
        return bad(3106, what + ": its range is empty");
    if (field.has_range && field.writable) return bad(3106, what + ": a writable field has no guaranteed range");
    return std::nullopt;
}

Problem check_hook(const Hook& hook) {
    const std::string what = "hook " + hook.name;
    if (!is_identifier(hook.name)) return bad(3104, what + ": the name is no C identifier");
    if (hook.sections.empty()) return bad(3107, what + " has no section pattern");
    for (const std::string& section : hook.sections)
        if (!is_valid_pattern(section)) return bad(3107, what + ": section pattern \"" + section + "\" is not valid");
    if (!hook.fields.empty() && !is_identifier(hook.context_type)) return bad(3104, what + ": context_type is no C identifier");
    std::uint32_t end = 0;
    for (const ContextField& field : hook.fields) {
        if (Problem p = check_field(hook, field)) return p;
        if (field.offset < end) return bad(3105, what + ": field " + field.name + " overlaps the one before it");
        end = field.offset + field.size;
    }
    if (!hook.any_return && hook.return_min > hook.return_max) return bad(3106, what + ": its return range is empty");
    if (hook.max_instructions == 0) return bad(3106, what + " has no instruction budget (max_instructions)");
    if (hook.max_stack > 4096) return bad(3106, what + ": max_stack above 4096");
    return std::nullopt;
}

Problem check_helper_args(const Helper& helper, const std::string& what) {
    bool has_map = false, sized_open = false;
    for (const HelperArg& arg : helper.args) {
        const std::string which = what + ": argument " + arg.name;
        const bool size = arg.kind == ArgKind::memory_size || arg.kind == ArgKind::memory_size_zero;
        if (sized_open != size) return bad(3108, which + (size ? " is a size without a buffer before it" : ": the buffer before it has no size"));
        sized_open = false;
        if (!is_identifier(arg.name) || arg.c_type.empty()) return bad(3104, which + " needs a C name and type");
        if (arg.width != 32 && arg.width != 64) return bad(3108, which + ": width is 32 or 64");
        if (arg.has_range && arg.min > arg.max) return bad(3106, which + ": its range is empty");
        const bool of_map = arg.kind == ArgKind::map_key || arg.kind == ArgKind::map_value || arg.kind == ArgKind::map_value_out;
        if (of_map && !has_map) return bad(3108, which + " belongs to a map, but no map argument stands before it");
        has_map = has_map || arg.kind == ArgKind::map;
        sized_open = (arg.kind == ArgKind::memory_read || arg.kind == ArgKind::memory_write || arg.kind == ArgKind::stack_only_read) && arg.fixed_size == 0;
    }
    if (sized_open) return bad(3108, what + ": its last buffer has no size");
    if (helper.returns == ReturnKind::map_value_or_null && !has_map) return bad(3108, what + " returns a map value but takes no map");
    if (helper.returns == ReturnKind::ring_buffer_record_or_null && (!has_map || helper.args.size() < 2)) return bad(3108, what + " returns a record but takes no ring buffer and size");
    return std::nullopt;
}

Problem check_helper(const Platform& platform, const Helper& helper) {
    const std::string what = "helper " + helper.name;
    if (!is_identifier(helper.name)) return bad(3104, what + ": the name is no C identifier");
    if (helper.number == 0 || helper.number > 0xffff) return bad(3108, what + ": number " + std::to_string(helper.number) + " is not in 1 to 65535");
    if (helper.args.size() > 5) return bad(3108, what + " has more than 5 arguments");
    if (helper.c_return.empty()) return bad(3104, what + " has no C return type");
    if (helper.return_width != 0 && helper.return_width != 32 && helper.return_width != 64) return bad(3108, what + ": return width is 32 or 64");
    if (!helper.capability.empty() && platform.find_capability(helper.capability) == nullptr) return bad(3109, what + " needs capability " + helper.capability + ", which is not declared");
    for (const std::string& hook : helper.hooks)
        if (platform.find_hook(hook) == nullptr) return bad(3109, what + " names hook " + hook + ", which is not declared");
    for (std::uint32_t type : helper.map_types)
        if (platform.find_map_type(type) == nullptr) return bad(3109, what + " names map type " + std::to_string(type) + ", which is not declared");
    return check_helper_args(helper, what);
}

template <class Range, class Projection>
Problem check_unique(const Range& range, Projection projection, std::string_view what) {
    std::set<std::remove_cvref_t<std::invoke_result_t<Projection, decltype(*range.begin())>>> seen;
    for (const auto& item : range)
        if (!seen.insert(std::invoke(projection, item)).second) return bad(3103, std::string(what) + " appears twice (" + item.name + ")");
    return std::nullopt;
}

Problem check(const Platform& p) {
    if (!is_identifier(p.name)) return bad(3102, "descriptor has no valid platform name");
    if (p.hooks.empty()) return bad(3102, "descriptor declares no hook");
    if (Problem d = check_unique(p.hooks, &Hook::id, "a hook id")) return d;
    if (Problem d = check_unique(p.hooks, &Hook::name, "a hook name")) return d;
    if (Problem d = check_unique(p.helpers, &Helper::number, "a helper number")) return d;
    if (Problem d = check_unique(p.helpers, &Helper::name, "a helper name")) return d;
    if (Problem d = check_unique(p.map_types, &MapTypeInfo::number, "a map type number")) return d;
    if (Problem d = check_unique(p.capabilities, &Capability::name, "a capability name")) return d;
    if (Problem d = check_unique(p.capabilities, &Capability::bit, "a capability bit")) return d;
    if (Problem d = check_unique(p.constants, &Constant::name, "a constant")) return d;
    for (const Capability& c : p.capabilities)
        if (c.bit > 63 || !is_identifier(c.name)) return bad(3109, "capability " + c.name + ": a bit is 0 to 63, a name an identifier");
    for (const Hook& hook : p.hooks)
        if (Problem d = check_hook(hook)) return d;
    for (const Helper& helper : p.helpers)
        if (Problem d = check_helper(p, helper)) return d;
    for (const Constant& c : p.constants)
        if (!is_identifier(c.name)) return bad(3104, "constant " + c.name + ": the name is no C identifier");
    return std::nullopt;
}

}  // namespace

Status validate_platform(const Platform& platform, std::string_view name) {
    if (Problem problem = check(platform)) {
        problem->where.file = name;
        problem->fix = "correct the descriptor; the schema is core/proto/platform.proto";
        return *problem;
    }
    return ok();
}

}  // namespace mbpf
