// SPDX-License-Identifier: Apache-2.0
// The header a program's author includes: contexts, helpers in libbpf's form, constants.
#include <algorithm>
#include <set>

#include "core/platform.h"

namespace mbpf {

namespace {

std::string upper(std::string text) {
    std::ranges::transform(text, text.begin(), [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
    return text;
}

// As C reads it: minus signs bound, the one value that has no literal, and long long where int is too small.
std::string literal(std::int64_t value) {
    if (value == INT64_MIN) return "(-9223372036854775807LL - 1)";
    const std::string digits = std::to_string(value) + (value > INT32_MAX || value < INT32_MIN + 1 ? "LL" : "");
    return value < 0 ? "(" + digits + ")" : digits;
}

std::string c_type(const ContextField& field) { return std::string(field.is_signed ? "__s" : "__u") + std::to_string(field.size * 8); }

std::string comment(const ContextField& field) {
    std::string text = field.doc;
    const auto add = [&](const std::string& part) { text += (text.empty() ? "" : "; ") + part; };
    if (!field.unit.empty()) add(field.unit);
    if (field.has_range) add((field.is_signed ? std::to_string(field.min) : std::to_string(static_cast<std::uint64_t>(field.min))) + " to " + std::to_string(field.max));
    if (field.writable) add("writable");
    return text.empty() ? "" : " /* " + text + " */";
}

void add_field(std::string& out, const ContextField& field) {
    if (field.kind == FieldKind::raw_bytes) {
        const std::uint32_t element = field.element_size == 1 && field.name == "arg" && field.size % 8 == 0 && field.offset % 8 == 0 ? 8 : field.element_size;
        out += "    __u" + std::to_string(element * 8) + " " + field.name + "[" + std::to_string(field.size / element) + "];";
    } else if (field.alias.empty()) {
        out += "    " + c_type(field) + " " + field.name + ";";
    } else {
        out += "    union {\n        " + c_type(field) + " " + field.name + ";\n        " + c_type(field) + " " + field.alias + ";\n    };";
    }
    out += comment(field) + "\n";
}

// Gaps between fields are named, so that the struct has no padding of the compiler's choice.
void add_struct(std::string& out, const std::string& name, std::uint32_t size, const std::vector<ContextField>& fields) {
    out += "struct " + name + " {\n";
    std::uint32_t at = 0, gaps = 0;
    const auto fill = [&](std::uint32_t to) {
        if (at < to) out += "    __u8 reserved" + std::to_string(gaps++) + "[" + std::to_string(to - at) + "];\n";
    };
    for (const ContextField& field : fields) {
        fill(field.offset);
        add_field(out, field);
        at = field.offset + field.size;
    }
    fill(size);
    out += "};\n_Static_assert(sizeof(struct " + name + ") == " + std::to_string(size) + ", \"" + name + "\");\n\n";
}

// Comment and struct of a hook; a shared struct stands before all hooks.
void add_context(std::string& out, const Platform& platform, const Hook& hook) {
    if (hook.fields.empty()) return;
    const bool shared = std::ranges::find(platform.contexts, hook.context_type, &ContextLayout::name) != platform.contexts.end();
    out += "/* " + hook.doc + "\n * Sections:";
    for (const std::string& section : hook.sections) out += " " + section;
    if (platform.native_code) out += ". Worst case allowed: " + std::to_string(hook.max_instructions) + " instructions. */\n";
    else out += ". Context: struct " + hook.context_type + ". */\n";
    if (!shared) add_struct(out, hook.context_type, hook.context_size, hook.fields);
}

// Structs that prototypes point to without the header defining them.
void add_declarations(std::string& out, const Platform& platform) {
    std::set<std::string> names;
    const auto add = [&](const std::string& type) {
        const std::size_t at = type.find("struct ");
        if (at != std::string::npos) names.insert(type.substr(at, type.find(' ', at + 7) - at));
    };
    for (const Helper& helper : platform.helpers) {
        add(helper.c_return);
        for (const HelperArg& arg : helper.args) add(arg.c_type);
    }
    for (const std::string& name : names) out += name + ";\n";
    if (!names.empty()) out += "\n";
}

void add_helper(std::string& out, const Helper& helper) {
    std::string comment = helper.doc;
    if (!helper.capability.empty()) comment += " Needs capability " + helper.capability + ".";
    if (!comment.empty()) out += "/* " + comment + " */\n";
    out += "static " + helper.c_return + (helper.c_return.ends_with("*") ? "" : " ") + "(*const bpf_" + helper.name + ")(";
    for (std::size_t i = 0; i < helper.args.size(); ++i) {
        const HelperArg& arg = helper.args[i];
        if (i != 0) out += ", ";
        out += arg.c_type + (arg.c_type.ends_with("*") ? "" : " ") + arg.name;
    }
    if (helper.variadic) out += ", ...";
    if (helper.args.empty()) out += "void";
    // Where the printf family is not variadic, bpf_printk passes 0 for the arguments left out.
    out += ") __attribute__((unused)) = (void *)" + std::to_string(helper.number) + ";\n";
}

}  // namespace

std::string author_header(const Platform& platform) {
    const std::string guard = "MBPF_PLATFORM_" + upper(platform.name) + "_H";
    std::string out = "/* SPDX-License-Identifier: Apache-2.0\n * Platform " + platform.name + ", version " + std::to_string(platform.version) +
                      ": contexts, helpers and constants. Generated from its descriptor. */\n#ifndef " + guard + "\n#define " + guard + "\n\n#include <mbpf/base.h>\n\n";
    for (const Constant& c : platform.constants) out += "#define " + c.name + " " + literal(c.value) + (c.doc.empty() ? "" : " /* " + c.doc + " */") + "\n";
    out += "\n";
    add_declarations(out, platform);
    for (const ContextLayout& context : platform.contexts) add_struct(out, context.name, context.size, context.fields);
    for (const Hook& hook : platform.hooks) add_context(out, platform, hook);
    for (const Helper& helper : platform.helpers) add_helper(out, helper);
    const Helper* print = platform.find_helper(6);
    if (print != nullptr && print->variadic)
        out += "\n/* bpf_printk(\"x %d\", x): at most three values. */\n"
               "#define bpf_printk(fmt, ...) ({ static const char fmt_[] = fmt; bpf_trace_printk(fmt_, sizeof(fmt_), ##__VA_ARGS__); })\n";
    else if (print != nullptr && print->name == "trace_printk")
        out += "\n/* bpf_printk(\"x %d\", x): at most three values. */\n"
               "#define bpf_printk(fmt, ...) mbpf_printk_(fmt, ##__VA_ARGS__, 0, 0, 0)\n"
               "#define mbpf_printk_(fmt, a, b, c, ...) \\\n"
               "    ({ static const char fmt_[] = fmt; bpf_trace_printk(fmt_, sizeof(fmt_), (__u64)(a), (__u64)(b), (__u64)(c)); })\n";
    out += "\n#endif\n";
    return out;
}

}  // namespace mbpf
