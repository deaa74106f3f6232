// SPDX-License-Identifier: Apache-2.0
// One function a part of the descriptor; the first thing wrong is reported with the entry's name.
#include "core/platform_validate.h"

#include <algorithm>
#include <array>
#include <functional>
#include <limits>
#include <set>

#include "core/printable.h"
#include "core/section_pattern.h"

namespace mbpf {

namespace {

using Problem = std::optional<Diagnostic>;

// Firmware tables keep offsets in 16 bits and devices copy contexts, so no context is larger.
constexpr std::uint32_t kMaxContext = 8192;

Problem bad(unsigned code, std::string message) {
    Diagnostic d;
    d.code = "MBPF" + std::to_string(code);
    d.message = printable(message);
    return d;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// C11's keywords: as a name they would make the generated headers not compile.
constexpr auto kKeywords = std::to_array<std::string_view>({
    "auto", "break", "case", "char", "const", "continue", "default", "do", "double", "else", "enum", "extern", "float", "for", "goto", "if",
    "inline", "int", "long", "register", "restrict", "return", "short", "signed", "sizeof", "static", "struct", "switch", "typedef", "union", "unsigned", "void",
    "volatile", "while",
});
static_assert(std::ranges::is_sorted(kKeywords), "kKeywords: sorted for binary search");

bool is_identifier(std::string_view text) {
    if (text.empty() || is_digit(text[0]) || std::ranges::binary_search(kKeywords, text)) return false;
    return std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_'; });
}

// The generated structs name their gaps reserved0, reserved1, …
bool is_gap_name(std::string_view text) {
    constexpr std::string_view kPrefix = "reserved";
    return text.starts_with(kPrefix) && text.size() > kPrefix.size() && std::ranges::all_of(text.substr(kPrefix.size()), is_digit);
}

// Text that lands in C comments and Markdown tables: one line, and no end of comment.
Problem check_text(const std::string& what, std::string_view text) {
    if (printable(text) != text) return bad(3110, what + " has control characters or line breaks in its text");
    if (text.find("*/") != std::string_view::npos) return bad(3110, what + " has */ in its text, which would end a comment");
    return std::nullopt;
}

// A range is a fact to the verifier: one that the type cannot hold would be a false one.
Problem check_range(const std::string& what, std::int64_t min, std::uint64_t max, bool is_signed, std::uint32_t bits) {
    const unsigned shift = 64 - bits;
    if (is_signed) {
        const std::int64_t greatest = static_cast<std::int64_t>(max);
        if (min > greatest) return bad(3106, what + ": its range is empty");
        if (min < (std::numeric_limits<std::int64_t>::min() >> shift) || greatest > (std::numeric_limits<std::int64_t>::max() >> shift))
            return bad(3106, what + ": its range does not fit a signed number of " + std::to_string(bits) + " bits");
        return std::nullopt;
    }
    // Text has no number above INT64_MAX, so a greatest value with the top bit set was written as a negative one.
    if (min < 0 || static_cast<std::int64_t>(max) < 0) return bad(3106, what + ": its range is negative, but it is unsigned");
    if (static_cast<std::uint64_t>(min) > max) return bad(3106, what + ": its range is empty");
    if (max > (std::numeric_limits<std::uint64_t>::max() >> shift)) return bad(3106, what + ": its range does not fit " + std::to_string(bits) + " bits");
    return std::nullopt;
}

bool is_packet_pointer(FieldKind kind) { return kind == FieldKind::packet_start || kind == FieldKind::packet_end || kind == FieldKind::packet_meta; }

// On 64-bit devices packet pointers are wider, so such contexts have a second layout there.
Problem check_native64(const Platform& platform, const Hook& hook, const ContextField& field, const std::string& what) {
    if (!platform.native_code) return std::nullopt;
    const bool is_packet = is_packet_pointer(field.kind) && field.size == 4;
    if (hook.native64_context_size == 0) {
        if (is_packet) return bad(3105, what + ": a packet pointer needs native64_context_size, since 64-bit devices keep 8 bytes");
        if (field.native64_offset != field.offset || field.native64_size != field.size) return bad(3105, what + " has a 64-bit place, but its hook no native64_context_size");
        return std::nullopt;
    }
    if (field.native64_size != (is_packet ? 8 : field.size)) return bad(3105, what + ": native64_size is 8 for packet pointers, the size for other fields");
    if (std::uint64_t{field.native64_offset} + field.native64_size > hook.native64_context_size) return bad(3105, what + " lies outside the context of 64-bit devices");
    if (field.kind != FieldKind::raw_bytes && field.native64_offset % field.native64_size != 0) return bad(3105, what + " is not aligned on 64-bit devices");
    return std::nullopt;
}

Problem check_field(const Platform& platform, const Hook& hook, const ContextField& field) {
    const std::string what = "hook " + hook.name + ": field " + field.name;
    for (std::string_view name : {std::string_view(field.name), std::string_view(field.alias)})
        if ((!name.empty() || name.data() == field.name.data()) && (!is_identifier(name) || is_gap_name(name))) return bad(3104, what + ": the name or alias is no C identifier, or one that gaps have");
    if (Problem p = check_text(what, field.doc + field.unit)) return p;
    if (std::uint64_t{field.offset} + field.size > hook.context_size) return bad(3105, what + " lies outside the context of " + std::to_string(hook.context_size) + " bytes");
    if (Problem p = check_native64(platform, hook, field, what)) return p;
    if (field.has_range && field.kind != FieldKind::scalar) return bad(3106, what + ": only scalars have ranges");
    if (field.kind == FieldKind::raw_bytes) {
        if (field.size == 0) return bad(3105, what + " has no size");
        const bool whole = field.element_size != 0 && field.element_size <= 8 && (field.element_size & (field.element_size - 1)) == 0 && field.size % field.element_size == 0 && field.offset % field.element_size == 0;
        return whole ? std::nullopt : bad(3105, what + " is no aligned array of elements of 1, 2, 4 or 8 bytes");
    }
    if (field.element_size != 1) return bad(3105, what + ": only RAW_BYTES have elements");
    if (field.size != 1 && field.size != 2 && field.size != 4 && field.size != 8) return bad(3105, what + " has size " + std::to_string(field.size) + ", not 1, 2, 4 or 8");
    if (field.offset % field.size != 0) return bad(3105, what + " is not aligned to its size");
    if (hook.context_size % field.size != 0) return bad(3105, what + " makes C round the context of " + std::to_string(hook.context_size) + " bytes up: give a multiple of " + std::to_string(field.size));
    if (field.kind == FieldKind::object_or_null) {
        if (field.size != 8 || field.writable) return bad(3105, what + ": a pointer to an object has 8 bytes and is read-only");
        return platform.find_object(field.object) == nullptr ? bad(3109, what + ": object class " + field.object + " is not declared") : std::nullopt;
    }
    if (!field.object.empty() || field.never_null) return bad(3105, what + ": only OBJECT_OR_NULL fields have an object");
    if (field.kind != FieldKind::scalar && ((field.size != 4 && (field.size != 8 || platform.native_code)) || field.writable)) return bad(3105, what + ": packet fields are 4 bytes and read-only");
    if (field.has_range && field.writable) return bad(3106, what + ": a writable field has no guaranteed range");
    return field.has_range ? check_range(what, field.min, field.max, field.is_signed, field.size * 8) : std::nullopt;
}

// Names are C members of one struct; neither layout may overlap.
Problem check_fields(const Platform& platform, const Hook& hook, const std::string& what) {
    std::set<std::string> names;
    std::uint32_t end = 0;
    for (const ContextField& field : hook.fields) {
        if (Problem p = check_field(platform, hook, field)) return p;
        if (field.offset < end) return bad(3105, what + ": field " + field.name + " overlaps the one before it");
        end = field.offset + field.size;
        if (!names.insert(field.name).second || (!field.alias.empty() && !names.insert(field.alias).second)) return bad(3103, what + ": a field name appears twice (" + field.name + ")");
    }
    if (!platform.native_code) return std::nullopt;
    std::vector<ContextField> native = hook.fields;
    std::ranges::sort(native, {}, &ContextField::native64_offset);
    for (std::size_t i = 1; i < native.size(); ++i)
        if (native[i].native64_offset < native[i - 1].native64_offset + native[i - 1].native64_size) return bad(3105, what + ": field " + native[i].name + " overlaps another on 64-bit devices");
    return std::nullopt;
}

Problem check_hook(const Platform& platform, const Hook& hook) {
    const std::string what = "hook " + hook.name;
    if (!is_identifier(hook.name)) return bad(3104, what + ": the name is no C identifier");
    if (hook.sections.empty()) return bad(3107, what + " has no section pattern");
    for (const std::string& section : hook.sections)
        if (!is_valid_pattern(section)) return bad(3107, what + ": section pattern \"" + section + "\" is not valid");
    if (!hook.fields.empty() && !is_identifier(hook.context_type)) return bad(3104, what + ": context_type is no C identifier");
    if (Problem p = check_text(what, hook.doc + hook.unsupported)) return p;
    if (hook.context_size > kMaxContext || hook.native64_context_size > kMaxContext) return bad(3105, what + ": its context is larger than " + std::to_string(kMaxContext) + " bytes");
    if (hook.raw_memory && !hook.fields.empty()) return bad(3105, what + ": raw memory has no fields");
    if (Problem p = check_fields(platform, hook, what)) return p;
    if (!hook.any_return && hook.return_min > hook.return_max) return bad(3106, what + ": its return range is empty");
    if (!hook.any_return && (hook.return_min < std::numeric_limits<std::int32_t>::min() || hook.return_max > std::numeric_limits<std::int32_t>::max())) return bad(3106, what + ": its return range does not fit a signed number of 32 bits");
    if (hook.max_instructions == 0) return bad(3106, what + " has no instruction budget (max_instructions)");
    if (hook.max_stack > 4096) return bad(3106, what + ": max_stack above 4096");
    return std::nullopt;
}

// Sizes reach the helper as uint32_t, so that a negative or huge one would turn into another.
Problem check_arg_range(const HelperArg& arg, const std::string& which) {
    if (!arg.has_range) return std::nullopt;
    const bool size = arg.kind == ArgKind::memory_size || arg.kind == ArgKind::memory_size_zero;
    if (!size && arg.kind != ArgKind::scalar) return bad(3108, which + ": only numbers have ranges");
    if (size && arg.min < (arg.kind == ArgKind::memory_size ? 1 : 0)) return bad(3106, which + ": the least size is " + (arg.kind == ArgKind::memory_size ? "1" : "0"));
    return check_range(which, arg.min, static_cast<std::uint64_t>(arg.max), true, size ? 32 : arg.width);
}

bool is_buffer(ArgKind kind) { return kind == ArgKind::memory_read || kind == ArgKind::memory_write || kind == ArgKind::stack_only_read; }

Problem check_helper_args(const Helper& helper, const std::string& what) {
    bool has_map = false, sized_open = false;
    std::set<std::string> names;
    for (const HelperArg& arg : helper.args) {
        const std::string which = what + ": argument " + arg.name;
        const bool size = arg.kind == ArgKind::memory_size || arg.kind == ArgKind::memory_size_zero;
        if (sized_open != size) return bad(3108, which + (size ? " is a size without a buffer before it" : ": the buffer before it has no size"));
        if (!is_identifier(arg.name) || arg.c_type.empty()) return bad(3104, which + " needs a C name and type");
        if (!names.insert(arg.name).second) return bad(3103, which + " appears twice");
        if (Problem p = check_text(which, arg.c_type)) return p;
        if (arg.width != 32 && arg.width != 64) return bad(3108, which + ": width is 32 or 64");
        if (arg.fixed_size != 0 && !is_buffer(arg.kind)) return bad(3108, which + ": only buffers have a fixed_size");
        if (Problem p = check_arg_range(arg, which)) return p;
        const bool of_map = arg.kind == ArgKind::map_key || arg.kind == ArgKind::map_value || arg.kind == ArgKind::map_value_out;
        if (of_map && !has_map) return bad(3108, which + " belongs to a map, but no map argument stands before it");
        if (arg.kind == ArgKind::map && has_map) return bad(3108, which + " is a second map");
        has_map = has_map || arg.kind == ArgKind::map;
        sized_open = is_buffer(arg.kind) && arg.fixed_size == 0;
    }
    if (sized_open) return bad(3108, what + ": its last buffer has no size");
    if ((helper.returns == ReturnKind::map_value_or_null || helper.returns == ReturnKind::map_value) && !has_map) return bad(3108, what + " returns a map value but takes no map");
    if (helper.returns == ReturnKind::ring_buffer_record_or_null && (!has_map || helper.args.size() < 2 || helper.args[1].kind != ArgKind::scalar)) return bad(3108, what + " returns a record but takes no ring buffer and size");
    return std::nullopt;
}

bool is_object(ArgKind kind) { return kind == ArgKind::object || kind == ArgKind::object_release; }

Problem check_helper_objects(const Platform& platform, const Helper& helper, const std::string& what) {
    const auto takes = [&](auto predicate) { return std::ranges::any_of(helper.args, predicate, &HelperArg::kind); };
    for (const HelperArg& arg : helper.args) {
        if (is_object(arg.kind) != !arg.object.empty()) return bad(3108, what + ": argument " + arg.name + (arg.object.empty() ? " has no object class" : " has an object class, but is no object"));
        if (!arg.object.empty() && platform.find_object(arg.object) == nullptr) return bad(3109, what + ": object class " + arg.object + " is not declared");
        if (arg.initialized && arg.kind != ArgKind::memory_write) return bad(3108, what + ": only memory that the helper writes can be initialized");
    }
    const bool returns_object = helper.returns == ReturnKind::object || helper.returns == ReturnKind::object_or_null;
    if (returns_object != !helper.object.empty()) return bad(3108, what + (returns_object ? " returns an object of no class" : " names an object class, but returns no object"));
    if (returns_object && platform.find_object(helper.object) == nullptr) return bad(3109, what + ": object class " + helper.object + " is not declared");
    if ((helper.acquires || helper.borrows) && !returns_object) return bad(3108, what + " acquires or borrows, but returns no object");
    if (helper.borrows && !takes(is_object)) return bad(3108, what + " borrows from no object");
    if ((helper.locks || helper.unlocks) && !takes([](ArgKind k) { return k == ArgKind::map_value_pointer; })) return bad(3108, what + " locks nothing in a map value");
    if (helper.locks && helper.unlocks) return bad(3108, what + " locks and unlocks");
    return std::nullopt;
}

Problem check_helper_callback(const Helper& helper, const std::string& what) {
    const auto count = [&](ArgKind kind) { return std::ranges::count(helper.args, kind, &HelperArg::kind); };
    const bool calls = helper.callback != CallbackKind::none;
    if (helper.unsupported.empty() && calls != (count(ArgKind::callback) == 1)) return bad(3108, what + ": a callback argument and its kind of calls go together");
    if (count(ArgKind::callback_context) != 0 && count(ArgKind::callback) == 0) return bad(3108, what + " has a callback context but no callback");
    if (helper.callback == CallbackKind::loop && helper.args[0].kind != ArgKind::scalar) return bad(3108, what + ": the first argument of a loop is the number of its calls");
    if (helper.callback == CallbackKind::for_each_map_elem && count(ArgKind::map) == 0) return bad(3108, what + " walks no map");
    if (helper.callback == CallbackKind::timer && count(ArgKind::map_value_pointer) == 0) return bad(3108, what + " has no timer in a map value");
    if (helper.tail_call && count(ArgKind::map) == 0) return bad(3108, what + " makes tail calls through no map");
    const std::size_t at_most = helper.return_at_most_argument;
    if (at_most == 0) return std::nullopt;
    const auto is_number = [](ArgKind k) { return k == ArgKind::scalar || k == ArgKind::memory_size || k == ArgKind::memory_size_zero; };
    if (at_most > helper.args.size() || !is_number(helper.args[at_most - 1].kind) || helper.returns != ReturnKind::scalar) return bad(3108, what + ": return_at_most_argument names no number");
    return std::nullopt;
}

Problem check_costs(const Helper& helper, const std::string& what) {
    constexpr std::uint32_t kMost = 1u << 20, kMostUnit = 1u << 10;
    if (helper.cost > kMost) return bad(3108, what + ": cost is at most " + std::to_string(kMost));
    for (const HelperArg& arg : helper.args) {
        if (arg.unit_cost == 0) continue;
        const bool size = arg.kind == ArgKind::memory_size || arg.kind == ArgKind::memory_size_zero;
        if (!size && !(arg.kind == ArgKind::scalar && arg.has_range && arg.min >= 0)) return bad(3108, what + ": argument " + arg.name + " has a unit_cost, but is no size or number with a range from 0 up");
        if (arg.has_range && arg.max > std::numeric_limits<std::int32_t>::max()) return bad(3108, what + ": argument " + arg.name + " has a unit_cost, but may be above 2147483647");  // sums of costs fit 64 bits
        if (arg.unit_cost > kMostUnit) return bad(3108, what + ": unit_cost is at most " + std::to_string(kMostUnit));
    }
    for (const MapCost& c : helper.map_costs) {
        for (std::uint32_t type : c.map_types)
            if (std::ranges::find(helper.map_types, type) == helper.map_types.end()) return bad(3108, what + " has a cost on map type " + std::to_string(type) + ", which it does not take");
        if (std::max({c.fixed, c.key_byte, c.value_byte, c.step, c.step_key_byte}) > kMost) return bad(3108, what + ": costs on a map are at most " + std::to_string(kMost));
    }
    return std::nullopt;
}

Problem check_helper(const Platform& platform, const Helper& helper) {
    const std::string what = "helper " + helper.name;
    if (!is_identifier(helper.name)) return bad(3104, what + ": the name is no C identifier");
    if (helper.number == 0 || helper.number > 0xffff) return bad(3108, what + ": number " + std::to_string(helper.number) + " is not in 1 to 65535");
    if (helper.args.size() > 5) return bad(3108, what + " has more than 5 arguments");
    if (helper.c_return.empty()) return bad(3104, what + " has no C return type");
    if (Problem p = check_text(what, helper.doc + helper.c_return + helper.unsupported)) return p;
    if (Problem p = check_helper_objects(platform, helper, what)) return p;
    if (Problem p = check_helper_callback(helper, what)) return p;
    if (helper.has_return_range && helper.returns != ReturnKind::scalar) return bad(3108, what + ": only numbers have a return range");
    if (helper.return_width != 0 && helper.return_width != 32 && helper.return_width != 64) return bad(3108, what + ": return width is 32 or 64");
    if (!helper.capability.empty() && platform.find_capability(helper.capability) == nullptr) return bad(3109, what + " needs capability " + helper.capability + ", which is not declared");
    for (const std::string& hook : helper.hooks)
        if (platform.find_hook(hook) == nullptr) return bad(3109, what + " names hook " + hook + ", which is not declared");
    for (std::uint32_t type : helper.map_types)
        if (platform.find_map_type(type) == nullptr) return bad(3109, what + " names map type " + std::to_string(type) + ", which is not declared");
    if (Problem p = check_costs(helper, what)) return p;
    if (helper.has_return_range)
        if (Problem p = check_range(what, helper.return_min, helper.return_max, helper.return_signed, helper.return_width)) return p;
    return check_helper_args(helper, what);
}

Problem check_map_type(const MapTypeInfo& type) {
    const std::string what = "map type " + type.name;
    if (!is_identifier(type.name)) return bad(3104, what + ": the name is no C identifier");
    if (type.min_key_size > type.max_key_size) return bad(3106, what + ": min_key_size is above max_key_size");
    return std::nullopt;
}

Problem check_limits(const Platform& p) {
    if (p.max_programs > 255 || p.max_maps > 255) return bad(3106, "max_programs and max_maps are at most 255");
    if (p.max_tail_calls > 255) return bad(3106, "max_tail_calls is at most 255");
    if (p.gate_cost > 1u << 20) return bad(3106, "gate_cost is at most 1048576");
    if (p.max_call_depth > 32) return bad(3106, "max_call_depth is at most 32");
    if (p.max_ram > 1u << 30) return bad(3106, "max_ram is at most 1 GiB");
    return std::nullopt;
}

// A section that two hooks claim would go to the first in silence; a struct can have one layout only.
Problem check_between_hooks(const Platform& p) {
    std::set<std::string> patterns, types;
    for (const Hook& hook : p.hooks) {
        for (const std::string& section : hook.sections)
            if (!patterns.insert(section).second) return bad(3103, "section pattern " + section + " appears twice (hook " + hook.name + ")");
        const bool shared = std::ranges::find(p.contexts, hook.context_type, &ContextLayout::name) != p.contexts.end();
        if (!shared && !hook.fields.empty() && !types.insert(hook.context_type).second) return bad(3103, "context type " + hook.context_type + " appears twice (hook " + hook.name + ")");
    }
    if (std::ranges::count_if(p.hooks, &Hook::section_fallback) > 1) return bad(3103, "two hooks take the sections that no pattern matches");
    return std::nullopt;
}

Problem check_contexts(const Platform& p) {
    for (const ContextLayout& context : p.contexts) {
        if (!is_identifier(context.name)) return bad(3104, "context " + context.name + ": the name is no C identifier");
        if (context.size == 0 || context.size > kMaxContext) return bad(3105, "context " + context.name + ": its size is not in 1 to " + std::to_string(kMaxContext));
        Hook as_hook;
        as_hook.name = context.name;
        as_hook.context_size = context.size;
        as_hook.fields = context.fields;
        if (Problem d = check_fields(p, as_hook, "context " + context.name)) return d;
    }
    return std::nullopt;
}

Problem check_objects(const Platform& p) {
    for (const ObjectClass& object : p.objects) {
        const std::string what = "object class " + object.name;
        if (!is_identifier(object.name)) return bad(3104, what + ": the name is no C identifier");
        if (object.size > kMaxContext) return bad(3106, what + ": its size is above " + std::to_string(kMaxContext));
        if (object.hidden_begin > object.hidden_end || object.hidden_end > object.size) return bad(3106, what + ": its hidden bytes do not lie inside it");
        if (object.wide_begin > object.wide_end || object.wide_end > object.size || object.wide_begin % 8 != 0 || object.wide_end % 8 != 0) return bad(3106, what + ": its 8-byte fields do not lie inside it, aligned");
        if (object.unit > 8 || (object.unit & (object.unit - 1)) != 0) return bad(3106, what + ": fields have 1, 2, 4 or 8 bytes");
        if (!object.base.empty() && p.find_object(object.base) == nullptr) return bad(3109, what + ": its base " + object.base + " is not declared");
        if (!object.base.empty() && p.object_is_a(object.base, object.name)) return bad(3108, what + " is its own base");
    }
    for (const MapTypeInfo& type : p.map_types) {
        const std::string what = "map type " + type.name;
        if (!type.object.empty() && p.find_object(type.object) == nullptr) return bad(3109, what + ": object class " + type.object + " is not declared");
        if (type.object.empty() && type.acquires) return bad(3108, what + ": a lookup acquires, but gives no object");
        if (!type.object.empty() && p.native_code) return bad(3108, what + ": native programs know no objects");
    }
    return std::nullopt;
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
    if (Problem d = check_limits(p)) return d;
    for (const Capability& c : p.capabilities) {
        if (c.bit > 63 || !is_identifier(c.name)) return bad(3109, "capability " + c.name + ": a bit is 0 to 63, a name an identifier");
        if (Problem d = check_text("capability " + c.name, c.doc)) return d;
    }
    if (Problem d = check_unique(p.contexts, &ContextLayout::name, "a context")) return d;
    if (Problem d = check_unique(p.objects, &ObjectClass::name, "an object class")) return d;
    if (Problem d = check_objects(p)) return d;
    if (Problem d = check_contexts(p)) return d;
    for (const Hook& hook : p.hooks)
        if (Problem d = check_hook(p, hook)) return d;
    if (Problem d = check_between_hooks(p)) return d;
    for (const MapTypeInfo& type : p.map_types)
        if (Problem d = check_map_type(type)) return d;
    for (const Helper& helper : p.helpers)
        if (Problem d = check_helper(p, helper)) return d;
    for (const Constant& c : p.constants) {
        if (!is_identifier(c.name)) return bad(3104, "constant " + c.name + ": the name is no C identifier");
        if (Problem d = check_text("constant " + c.name, c.doc)) return d;
    }
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
