// SPDX-License-Identifier: Apache-2.0
// The reference page of a platform, as Markdown.
#include <algorithm>
#include <set>

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

void add_fields(std::string& out, const std::string& type, std::uint32_t size, const std::vector<ContextField>& fields) {
    out += "`struct " + type + "`, " + std::to_string(size) + " bytes:\n\n| offset | size | field | range | unit | |\n| --- | --- | --- | --- | --- | --- |\n";
    for (const ContextField& f : fields)
        out += "| " + std::to_string(f.offset) + " | " + std::to_string(f.size) + " | `" + f.name + "`" + (f.alias.empty() ? "" : ", `" + f.alias + "`") + (f.writable ? " (writable)" : "") + " | " +
               range_text(f) + " | " + cell(f.unit) + " | " + cell(f.doc) + " |\n";
    out += "\n";
}

// Which fields of a shared struct a hook may touch: the shorter of the two lists.
std::string field_rules(const ContextLayout& context, const Hook& hook) {
    std::string may, not_may, writes;
    std::size_t readable = 0;
    for (const ContextField& f : context.fields) {
        const auto own = std::ranges::find(hook.fields, f.name, &ContextField::name);
        std::string& list = own == hook.fields.end() ? not_may : may;
        list += (list.empty() ? "`" : ", `") + f.name + "`";
        readable += own != hook.fields.end();
        if (own != hook.fields.end() && own->writable) writes += (writes.empty() ? "`" : ", `") + f.name + "`";
    }
    std::string out = "Reads " + (not_may.empty() ? "all of `" + context.name + "`" : readable * 2 < context.fields.size() ? may + " of `" + context.name + "`" : "`" + context.name + "` without " + not_may);
    if (!writes.empty()) out += "; writes " + writes;
    if (hook.packet_read_only) out += "; the packet is read-only";
    return out + ".";
}

// A hook of a platform whose programs are judged, not compiled: no budgets, and structs that hooks share.
void add_judged_hook(std::string& out, const Platform& platform, const Hook& hook) {
    out += "### " + hook.name + "\n\n" + hook.doc + "\n\nSections:";
    for (const std::string& section : hook.sections) out += " `" + section + "`";
    if (hook.section_fallback) out += ", and those that no other hook has";
    if (!hook.fallback_file.empty()) out += ", and of unknown name where the file's holds `" + hook.fallback_file + "`";
    out += ".";
    for (const std::string& group : hook.groups) out += (&group == &hook.groups.front() ? " Groups: " : ", ") + group + (&group == &hook.groups.back() ? "." : "");
    out += " Returns " + (hook.any_return ? std::string("anything") : std::to_string(hook.return_min) + "…" + std::to_string(hook.return_max)) + ".";
    const auto context = std::ranges::find(platform.contexts, hook.context_type, &ContextLayout::name);
    if (context != platform.contexts.end()) out += " " + field_rules(*context, hook);
    if (!hook.unsupported.empty()) out += " Not judged: " + hook.unsupported + ".";
    out += "\n\n";
}

// The hooks by groups where all of a group are meant, else by name.
std::string hooks_text(const Platform& platform, const std::vector<std::string>& hooks) {
    std::set<std::string> open(hooks.begin(), hooks.end()), shown;
    std::set<std::string> groups;
    for (const Hook& hook : platform.hooks) groups.insert(hook.groups.begin(), hook.groups.end());
    for (const std::string& group : groups) {
        const auto in_group = [&](const Hook& h) { return h.name == group || std::ranges::find(h.groups, group) != h.groups.end(); };  // a hook may lend its name
        if (!std::ranges::all_of(platform.hooks, [&](const Hook& h) { return !in_group(h) || std::ranges::find(hooks, h.name) != hooks.end(); })) continue;
        bool news = false;
        for (const Hook& h : platform.hooks) news = (in_group(h) && open.erase(h.name) != 0) || news;
        if (news) shown.insert("group " + group);
    }
    shown.insert(open.begin(), open.end());
    std::string out;
    for (const std::string& name : shown) out += (out.empty() ? "" : ", ") + name;
    return out;
}

void add_hook(std::string& out, const Hook& hook) {
    out += "### " + hook.name + "\n\n" + hook.doc + "\n\nSections:";
    for (const std::string& section : hook.sections) out += " `" + section + "`";
    out += ". Returns " + (hook.any_return ? std::string("anything") : std::to_string(hook.return_min) + "…" + std::to_string(hook.return_max));
    out += ". Budget: " + std::to_string(hook.max_instructions) + " instructions, " + (hook.max_cycles == 0 ? "" : std::to_string(hook.max_cycles) + " cycles of machine code, ") + std::to_string(hook.max_stack) + " bytes of stack. Without a program it " +
           (hook.fail_open ? "passes" : "drops") + ".\n\n";
    if (hook.fields.empty()) return;
    add_fields(out, hook.context_type, hook.context_size, hook.fields);
}

// What a caller must keep to and may rely on, beyond the prototype.
std::string helper_rules(const Platform& platform, const Helper& h) {
    std::string out;
    const auto add = [&](const std::string& text) { out += " " + text + "."; };
    for (const HelperArg& a : h.args)
        if (a.has_range) add("`" + a.name + "` is in " + std::to_string(a.min) + "…" + std::to_string(a.max));
    if (h.has_return_range) add("Result in " + std::to_string(h.return_min) + "…" + (h.return_signed ? std::to_string(static_cast<std::int64_t>(h.return_max)) : std::to_string(h.return_max)));
    if (h.invalidates_packet) add("Packet pointers must be taken again afterwards");
    if (h.acquires) add("The result must be released");
    std::string hooks = platform.native_code ? "" : hooks_text(platform, h.hooks), maps;
    if (platform.native_code)
        for (const std::string& hook : h.hooks) hooks += (hooks.empty() ? "" : ", ") + hook;
    for (std::uint32_t type : h.map_types)
        if (const MapTypeInfo* info = platform.find_map_type(type)) maps += (maps.empty() ? "" : ", ") + info->name;
    if (!hooks.empty()) add("Hooks: " + hooks);
    if (!maps.empty()) add("Maps: " + maps);
    if (!h.unsupported.empty()) add("Not judged: " + h.unsupported);
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
    for (const Hook& hook : platform.hooks) {
        if (platform.native_code) add_hook(out, hook);
        else add_judged_hook(out, platform, hook);
    }
    if (!platform.contexts.empty()) out += "## Contexts\n\n";
    for (const ContextLayout& context : platform.contexts) add_fields(out, context.name, context.size, context.fields);
    out += "## Helpers\n\n| number | prototype | capability | |\n| --- | --- | --- | --- |\n";
    for (const Helper& h : platform.helpers) {
        out += "| " + std::to_string(h.number) + " | `" + h.c_return + " bpf_" + h.name + "(";
        for (std::size_t i = 0; i < h.args.size(); ++i) out += (i != 0 ? ", " : "") + h.args[i].c_type + " " + h.args[i].name;
        out += ")` | " + h.capability + " | " + cell(h.doc + helper_rules(platform, h)) + " |\n";
    }
    out += "\n## Map types\n\n| number | type | key bytes | value bytes, at most | entries, at most |\n| --- | --- | --- | --- | --- |\n";
    for (const MapTypeInfo& m : platform.map_types)
        out += "| " + std::to_string(m.number) + " | " + m.name + " | " + std::to_string(m.min_key_size) + "…" + std::to_string(m.max_key_size) + " | " + std::to_string(m.max_value_size) + " | " +
               std::to_string(m.max_entries) + (m.object.empty() ? "" : "; a lookup gives a `" + m.object + "` or null" + (m.acquires ? ", to be released" : "")) + " |\n";
    if (!platform.capabilities.empty()) {
        out += "\n## Capabilities\n\n| bit | name | |\n| --- | --- | --- |\n";
        for (const Capability& c : platform.capabilities) out += "| " + std::to_string(c.bit) + " | " + c.name + " | " + cell(c.doc) + " |\n";
    }
    add_constants(out, platform);
    return out;
}

}  // namespace mbpf
