// SPDX-License-Identifier: Apache-2.0
// C11 for the firmware: context structs and helper prototypes in native types, and the constant tables of
// mbpf/platform_tables.h that admission compares packages with.
#include <algorithm>

#include "core/platform.h"

namespace mbpf {

namespace {

std::string upper(std::string text) {
    std::ranges::transform(text, text.begin(), [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
    return text;
}

// The native C type of an argument (mbpf/abi/native.h).
std::string native_type(const HelperArg& arg) {
    switch (arg.kind) {
        case ArgKind::scalar: return arg.width == 32 ? "uint32_t " : "uint64_t ";
        case ArgKind::memory_size:
        case ArgKind::memory_size_zero: return "uint32_t ";
        case ArgKind::map: return "struct mbpf_map *";
        case ArgKind::map_key:
        case ArgKind::map_value:
        case ArgKind::memory_read:
        case ArgKind::stack_only_read: return "const void *";
        case ArgKind::context:
        case ArgKind::map_value_out:
        case ArgKind::memory_write:
        case ArgKind::ring_buffer_record:
        case ArgKind::callback:
        case ArgKind::object:
        case ArgKind::object_release:
        case ArgKind::callback_context:
        case ArgKind::map_value_pointer: return "void *";
        case ArgKind::any_pointer_or_scalar: return "uint64_t ";
    }
    return "uint64_t ";
}

std::string native_return(const Helper& helper) {
    switch (helper.returns) {
        case ReturnKind::nothing: return "void ";
        case ReturnKind::scalar: return std::string(helper.return_signed ? "" : "u") + "int" + std::to_string(helper.return_width) + "_t ";
        case ReturnKind::map_value_or_null:
        case ReturnKind::ring_buffer_record_or_null:
        case ReturnKind::memory_or_null:
        case ReturnKind::map_value:
        case ReturnKind::object_or_null:
        case ReturnKind::object: return "void *";
    }
    return "void ";
}

std::string prototype(const Helper& helper, std::string_view prefix = "mbpf_helper_") {
    std::string out = native_return(helper) + std::string(prefix) + helper.name + "(";
    for (std::size_t i = 0; i < helper.args.size(); ++i) out += (i != 0 ? ", " : "") + native_type(helper.args[i]) + helper.args[i].name;
    return out + (helper.args.empty() ? "void)" : ")");
}

// Words that the arguments take where pointers have 32 bits, counted as AAPCS places them: 64-bit ones begin at even
// words. Ports copy what passes the argument registers from the program's stack.
std::uint32_t argument_words(const Helper& helper) {
    std::uint32_t words = 0;
    for (const HelperArg& arg : helper.args) words = native_type(arg) == "uint64_t " ? (words + 1) / 2 * 2 + 2 : words + 1;
    return words;
}

// The memory arguments of a helper that runs with the runtime's rights are checked against what the program may
// reach itself, or it could reach all through the helper.
std::string guards(const Helper& helper) {
    std::string out;
    if (helper.tail_call) return out;  // has no use for its context, nor believes its map

    for (std::size_t i = 0; i < helper.args.size(); ++i) {
        const HelperArg& arg = helper.args[i];
        const bool reads = arg.kind == ArgKind::memory_read || arg.kind == ArgKind::stack_only_read;
        if (!reads && arg.kind != ArgKind::memory_write && arg.kind != ArgKind::context) continue;
        if (arg.kind == ArgKind::context) {  // as large as the hook's of the program that calls
            out += "    mbpf_guard_context(" + arg.name + ");\n";
            continue;
        }
        std::string bytes = std::to_string(arg.fixed_size) + "u";
        if (arg.fixed_size == 0 && i + 1 < helper.args.size()) bytes = helper.args[i + 1].name;
        out += std::string("    ") + (arg.nullable ? "if (" + arg.name + ") " : "") + "mbpf_guard_" + (reads ? "read(" : "write(") + arg.name + ", " + bytes + ");\n";
    }
    return out;
}

// With isolation the table holds a function that checks and calls the helper, without it the helper itself.
std::string add_gated(std::string& out, const Helper& helper) {
    const std::string checks = helper.runs_as_program() ? "" : guards(helper);
    if (checks.empty()) return "mbpf_helper_" + helper.name;
    std::string call = "mbpf_helper_" + helper.name + "(";
    for (std::size_t i = 0; i < helper.args.size(); ++i) call += (i != 0 ? ", " : "") + helper.args[i].name;
    out += "#if MBPF_ISOLATION\nstatic " + prototype(helper, "gated_") + "\n{\n" + checks + "    " + (helper.returns == ReturnKind::nothing ? "" : "return ") + call +
           ");\n}\n#else\n#define gated_" + helper.name + " mbpf_helper_" + helper.name + "\n#endif\n";
    return "gated_" + helper.name;
}

std::string field_type(const ContextField& field) { return std::string(field.is_signed ? "" : "u") + "int" + std::to_string(field.size * 8) + "_t "; }

void add_struct(std::string& out, const Hook& hook) {
    if (hook.fields.empty()) return;
    out += "typedef struct mbpf_" + hook.context_type + " {\n";
    std::uint32_t at = 0, gaps = 0;
    const auto fill = [&](std::uint32_t to) {
        if (at < to) out += "    uint8_t reserved" + std::to_string(gaps++) + "[" + std::to_string(to - at) + "];\n";
    };
    for (const ContextField& field : hook.fields) {
        fill(field.offset);
        out += field.kind == FieldKind::raw_bytes ? "    uint8_t " + field.name + "[" + std::to_string(field.size) + "];\n" : "    " + field_type(field) + field.name + ";\n";
        at = field.offset + field.size;
    }
    fill(hook.context_size);
    const std::string name = "mbpf_" + hook.context_type;
    out += "} " + name + ";\nMBPF_ABI_ASSERT(sizeof(" + name + ") == " + std::to_string(hook.context_size) + ", \"" + name + "\");\n";
    for (const ContextField& field : hook.fields)
        out += "MBPF_ABI_ASSERT(offsetof(" + name + ", " + field.name + ") == " + std::to_string(field.offset) + ", \"" + name + "." + field.name + "\");\n";
    out += "\n";
}

std::string head(const Platform& platform, std::string_view what) {
    return "/* SPDX-License-Identifier: Apache-2.0\n * Platform " + platform.name + ", version " + std::to_string(platform.version) + ": " + std::string(what) +
           ". Generated from its descriptor. */\n";
}

std::string signed_literal(std::int64_t value) { return value == INT64_MIN ? "INT64_MIN" : "INT64_C(" + std::to_string(value) + ")"; }

// A plain int where it fits, so that firmware compares in 32 bits.
std::string constant_literal(std::int64_t value) {
    if (value < INT32_MIN + 1 || value > INT32_MAX) return signed_literal(value);
    return value < 0 ? "(" + std::to_string(value) + ")" : std::to_string(value);
}

bool writes_context(const Hook& hook) {
    return hook.raw_memory || std::ranges::any_of(hook.fields, [](const ContextField& f) { return f.writable; });
}

bool has_both(const Hook& hook) {
    return std::ranges::any_of(hook.sections, [](const std::string& s) { return s.ends_with("/both"); });
}

// Ranges of one hook's fields; returns how many.
std::size_t add_ranges(std::string& out, const Platform& platform, const Hook& hook) {
    std::string rows;
    std::size_t count = 0;
    for (const ContextField& field : hook.fields) {
        if (!field.has_range) continue;
        ++count;
        rows += "    {" + std::to_string(field.offset) + ", " + std::to_string(field.size) + ", " + (field.is_signed ? "1" : "0") + ", 0, " + signed_literal(field.min) + ", UINT64_C(" +
                std::to_string(field.max) + ")},\n";
    }
    if (count != 0) out += "static const mbpf_field_range " + platform.name + "_" + hook.name + "_ranges[] = {\n" + rows + "};\n";
    return count;
}

}  // namespace

std::string firmware_header(const Platform& platform) {
    const std::string guard = "MBPF_GENERATED_" + upper(platform.name) + "_H";
    std::string out = head(platform, "ids, contexts and helper prototypes") + "#ifndef " + guard + "\n#define " + guard +
                      "\n\n#include <stddef.h>\n#include <stdint.h>\n\n#include \"mbpf/abi/native.h\"\n#include \"mbpf/platform_tables.h\"\n\n";
    out += "extern const mbpf_platform_tables mbpf_platform_" + platform.name + ";\n\n";
    for (const Hook& hook : platform.hooks) out += "#define MBPF_HOOK_" + upper(platform.name) + "_" + upper(hook.name) + " " + std::to_string(hook.id) + "u\n";
    for (const Capability& c : platform.capabilities) out += "#define MBPF_CAPABILITY_" + upper(c.name) + " (UINT64_C(1) << " + std::to_string(c.bit) + ")\n";
    for (const Constant& c : platform.constants) out += "#define MBPF_" + c.name + " " + constant_literal(c.value) + "\n";
    out += "\n";
    for (const Hook& hook : platform.hooks) add_struct(out, hook);
    for (const Helper& helper : platform.helpers) out += prototype(helper) + ";\n";
    out += "\n#endif\n";
    return out;
}

std::string firmware_source(const Platform& platform) {
    std::string out = head(platform, "tables of hooks and helpers") + "#include \"" + platform.name + "_platform.h\"\n\n#include \"mbpf/isolation.h\"\n\n";
    std::string hooks, helpers;
    for (const Hook& hook : platform.hooks) {
        const std::size_t ranges = add_ranges(out, platform, hook);
        // Where pointers are 64 bits wide some contexts are larger.
        const std::string bytes = hook.native64_context_size == 0 ? std::to_string(hook.context_size)
                                                                   : "sizeof(void *) == 8 ? " + std::to_string(hook.native64_context_size) + " : " + std::to_string(hook.context_size);
        hooks += "    {\"" + hook.name + "\", " + (ranges != 0 ? platform.name + "_" + hook.name + "_ranges" : "0") + ", UINT64_C(" + std::to_string(hook.max_instructions) + "), " +
                 std::to_string(hook.abi_hash()) + "u, " + bytes + ", " + std::to_string(hook.max_stack) + ", " + std::to_string(hook.max_cycles) + ", " + std::to_string(hook.id) + ", " + std::to_string(ranges) + ", " +
                 (hook.fail_open ? "1" : "0") + ", " + (hook.raw_memory ? "1" : "0") + ", " + (writes_context(hook) ? "1" : "0") + ", " + (has_both(hook) ? "1" : "0") + "},\n";
    }
    for (const Helper& helper : platform.helpers) {
        const Capability* capability = platform.find_capability(helper.capability);
        helpers += "    {" + std::to_string(helper.number) + ", " + std::to_string(helper.abi_hash()) + "u, (void (*)(void))" + add_gated(out, helper) + ", " +
                   (capability == nullptr ? "0" : "UINT64_C(1) << " + std::to_string(capability->bit)) + ", " + (helper.runs_as_program() ? "0, 0" : "1, " + std::to_string(argument_words(helper))) + "},\n";
    }
    // A table without rows has one that is not counted: C has no empty arrays.
    const std::string none = "    {.name = \"\"},\n", no_number = "    {.number = 0},\n";
    out += "static const mbpf_hook_row " + platform.name + "_hooks[] = {\n" + (hooks.empty() ? none : hooks) + "};\n\nstatic const mbpf_helper_row " + platform.name + "_helpers[] = {\n" + (helpers.empty() ? no_number : helpers) + "};\n\n";
    out += "const mbpf_platform_tables mbpf_platform_" + platform.name + " = {\n    \"" + platform.name + "\", " + platform.name + "_hooks, " + platform.name + "_helpers, " +
           std::to_string(platform.version) + ", " + std::to_string(platform.hooks.size()) + ", " + std::to_string(platform.helpers.size()) + ", " + std::to_string(platform.max_ram) + ", " +
           std::to_string(platform.max_programs) + ", " + std::to_string(platform.max_maps) + ", " + std::to_string(platform.max_tail_calls) + ",\n};\n";
    return out;
}

}  // namespace mbpf
