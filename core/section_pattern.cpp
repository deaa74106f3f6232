// SPDX-License-Identifier: Apache-2.0
// Left to right, no backtracking: a placeholder takes the longest run of its own characters.
#include "core/section_pattern.h"

#include <charconv>
#include <algorithm>

namespace mbpf {

namespace {

bool is_name_char(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-'; }

// Takes decimal digits off the front; nothing if there are none or they do not fit 32 bits.
std::optional<std::uint64_t> take_number(std::string_view& text) {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return value;
}

std::optional<std::uint64_t> take_duration(std::string_view& text) {
    const auto number = take_number(text);
    if (!number || *number == 0) return std::nullopt;
    struct Unit { std::string_view name; std::uint64_t ns; };
    for (const Unit& unit : {Unit{"us", 1'000}, Unit{"ms", 1'000'000}, Unit{"s", 1'000'000'000}})
        if (text.starts_with(unit.name)) {
            text.remove_prefix(unit.name.size());
            return *number * unit.ns;
        }
    return std::nullopt;
}

bool take_name(std::string_view& text) {
    const std::size_t length = static_cast<std::size_t>(std::ranges::find_if_not(text, is_name_char) - text.begin());
    text.remove_prefix(length);
    return length != 0;
}

}  // namespace

bool is_valid_pattern(std::string_view pattern) {
    if (pattern.empty()) return false;
    while (!pattern.empty()) {
        if (pattern[0] != '{') {
            if (!is_name_char(pattern[0]) && pattern[0] != '/' && pattern[0] != '.') return false;
            pattern.remove_prefix(1);
            continue;
        }
        const std::size_t end = pattern.find('}');
        if (end == std::string_view::npos) return false;
        const std::string_view kind = pattern.substr(1, end - 1);
        if (kind != "u32" && kind != "name" && kind != "path" && kind != "duration") return false;
        pattern.remove_prefix(end + 1);
        if (kind == "path" && !pattern.empty()) return false;
    }
    return true;
}

std::optional<std::uint64_t> match_pattern(std::string_view pattern, std::string_view section) {
    std::optional<std::uint64_t> parameter;
    while (!pattern.empty()) {
        if (pattern[0] != '{') {
            if (section.empty() || section[0] != pattern[0]) return std::nullopt;
            pattern.remove_prefix(1);
            section.remove_prefix(1);
            continue;
        }
        const std::size_t end = pattern.find('}');
        const std::string_view kind = pattern.substr(1, end - 1);
        pattern.remove_prefix(end + 1);
        if (kind == "name") {
            if (!take_name(section)) return std::nullopt;
        } else if (kind == "path") {
            // Devices and tools print sections: no spaces, nothing a terminal obeys.
            if (section.empty() || !std::ranges::all_of(section, [](char c) { return c > ' ' && c < 0x7f; })) return std::nullopt;
            section = {};
        } else {
            const auto value = kind == "u32" ? take_number(section) : take_duration(section);
            if (!value) return std::nullopt;
            if (!parameter) parameter = value;
        }
    }
    if (!section.empty()) return std::nullopt;
    return parameter.value_or(0);
}

}  // namespace mbpf
