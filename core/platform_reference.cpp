// SPDX-License-Identifier: Apache-2.0
// The reference page of a platform, as Markdown.
#include "core/platform.h"

namespace mbpf {

namespace {

std::string range_text(const ContextField& f) {
    if (!f.has_range) return "";
    return (f.is_signed ? std::to_string(f.min) : std::to_string(static_cast<std::uint64_t>(f.min))) + "…" +
           (f.is_signed ? std::to_string(static_cast<std::int64_t>(f.max)) : std::to_string(f.max));
}

// A bar would end the table's cell.
std::string cell(std::string_view text) {
    std::string out;
    for (char c : text) out += c == '|' ? "\\|" : std::string(1, c);
    return out;
}

void add_hook(std::string& out, const Hook& hook) {
    out += "### " + hook.name + "\n\n" + hook.doc + "\n\nSections:";
    for (const std::string& section : hook.sections) out += " `" + section + "`";
    out += ". Returns " + (hook.any_return ? std::string("anything") : std::to_string(hook.return_min) + "…" + std::to_string(hook.return_max));
    out += ". Budget: " + std::to_string(hook.max_instructions) + " instructions, " + std::to_string(hook.max_stack) + " bytes of stack. Without a program it " +
           (hook.fail_open ? "passes" : "drops") + ".\n\n";
    if (hook.fields.empty()) return;
    out += "`struct " + hook.context_type + "`, " + std::to_string(hook.context_size) + " bytes:\n\n| offset | size | field | range | unit | |\n| --- | --- | --- | --- | --- | --- |\n";
    for (const ContextField& f : hook.fields)
        out += "| " + std::to_string(f.offset) + " | " + std::to_string(f.size) + " | `" + f.name + "`" + (f.alias.empty() ? "" : ", `" + f.alias + "`") + (f.writable ? " (writable)" : "") + " | " +
               range_text(f) + " | " + cell(f.unit) + " | " + cell(f.doc) + " |\n";
    out += "\n";
}

// What a caller must keep to and may rely on, beyond the prototype.
std::string helper_rules(const Platform& platform, const Helper& h) {
    std::string out;
    const auto add = [&](const std::string& text) { out += " " + text + "."; };
    for (const HelperArg& a : h.args)
        if (a.has_range) add("`" + a.name + "` is in " + std::to_string(a.min) + "…" + std::to_string(a.max));
    if (h.has_return_range) add("Result in " + std::to_string(h.return_min) + "…" + (h.return_signed ? std::to_string(static_cast<std::int64_t>(h.return_max)) : std::to_string(h.return_max)));
    std::string hooks, maps;
    for (const std::string& hook : h.hooks) hooks += (hooks.empty() ? "" : ", ") + hook;
    for (std::uint32_t type : h.map_types)
        if (const MapTypeInfo* info = platform.find_map_type(type)) maps += (maps.empty() ? "" : ", ") + info->name;
    if (!hooks.empty()) add("Hooks: " + hooks);
    if (!maps.empty()) add("Maps: " + maps);
    return out;
}

void add_constants(std::string& out, const Platform& platform) {
    if (platform.constants.empty()) return;
    out += "\n## Constants\n\n| name | value | |\n| --- | --- | --- |\n";
    for (const Constant& c : platform.constants) out += "| `" + c.name + "` | " + std::to_string(c.value) + " | " + cell(c.doc) + " |\n";
}

}  // namespace

std::string reference_page(const Platform& platform) {
    std::string out = "# Platform " + platform.name + "\n\nVersion " + std::to_string(platform.version) + ". Generated from `sdk/platforms/" + platform.name +
                      ".textproto`; include `<mbpf/" + platform.name + ".h>`.\n\n## Hooks\n\n"
                      "In a section's name `{u32}` stands for a number, `{name}` for letters, digits, `-` and `_`, `{path}` for all that is left, `{duration}` for a time such as `10us`, `5ms` or `1s`.\n\n";
    for (const Hook& hook : platform.hooks) add_hook(out, hook);
    out += "## Helpers\n\n| number | prototype | capability | |\n| --- | --- | --- | --- |\n";
    for (const Helper& h : platform.helpers) {
        out += "| " + std::to_string(h.number) + " | `" + h.c_return + " bpf_" + h.name + "(";
        for (std::size_t i = 0; i < h.args.size(); ++i) out += (i != 0 ? ", " : "") + h.args[i].c_type + " " + h.args[i].name;
        out += ")` | " + h.capability + " | " + cell(h.doc + helper_rules(platform, h)) + " |\n";
    }
    out += "\n## Map types\n\n| number | type | key bytes | value bytes, at most | entries, at most |\n| --- | --- | --- | --- | --- |\n";
    for (const MapTypeInfo& m : platform.map_types)
        out += "| " + std::to_string(m.number) + " | " + m.name + " | " + std::to_string(m.min_key_size) + "…" + std::to_string(m.max_key_size) + " | " + std::to_string(m.max_value_size) + " | " +
               std::to_string(m.max_entries) + " |\n";
    if (!platform.capabilities.empty()) {
        out += "\n## Capabilities\n\n| bit | name | |\n| --- | --- | --- |\n";
        for (const Capability& c : platform.capabilities) out += "| " + std::to_string(c.bit) + " | " + c.name + " | " + cell(c.doc) + " |\n";
    }
    add_constants(out, platform);
    return out;
}

}  // namespace mbpf
