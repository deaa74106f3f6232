// SPDX-License-Identifier: Apache-2.0
// Descriptor text to Platform: protobuf's text format does the syntax, convert() the meaning.
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

#include <algorithm>
#include <optional>

#include "core/platform_validate.h"
#include "core/printable.h"
#include "platform.pb.h"

namespace mbpf {

namespace {

namespace pb = descriptor;

// Keeps the first syntax error with its place; lines and columns are counted from 0 there.
class FirstError : public google::protobuf::io::ErrorCollector {
  public:
    void AddError(int line, google::protobuf::io::ColumnNumber column, const std::string& message) override {
        if (!message_.empty()) return;
        message_ = message;
        line_ = line + 1;
        column_ = column + 1;
    }
    Diagnostic diagnostic(std::string_view name) const {
        Diagnostic d;
        d.code = "MBPF3101";
        d.message = "platform descriptor is not valid text: " + printable(message_);
        d.where.file = name;
        d.where.line = static_cast<std::uint32_t>(std::max(line_, 0));
        d.where.column = static_cast<std::uint32_t>(std::max(column_, 0));
        d.fix = "compare with sdk/platforms/microbpf.textproto; the schema is core/proto/platform.proto";
        return d;
    }

  private:
    std::string message_;
    int line_ = 0;
    int column_ = 0;
};

FieldKind convert(pb::FieldKind kind) {
    switch (kind) {
        case pb::PACKET_START: return FieldKind::packet_start;
        case pb::PACKET_END: return FieldKind::packet_end;
        case pb::PACKET_META: return FieldKind::packet_meta;
        case pb::RAW_BYTES: return FieldKind::raw_bytes;
        case pb::OBJECT_OR_NULL: return FieldKind::object_or_null;
        default: return FieldKind::scalar;
    }
}

ArgKind convert(pb::ArgKind kind) {
    switch (kind) {
        case pb::ARG_CONTEXT: return ArgKind::context;
        case pb::ARG_MAP: return ArgKind::map;
        case pb::ARG_MAP_KEY: return ArgKind::map_key;
        case pb::ARG_MAP_VALUE: return ArgKind::map_value;
        case pb::ARG_MAP_VALUE_OUT: return ArgKind::map_value_out;
        case pb::ARG_MEMORY_READ: return ArgKind::memory_read;
        case pb::ARG_MEMORY_WRITE: return ArgKind::memory_write;
        case pb::ARG_MEMORY_SIZE: return ArgKind::memory_size;
        case pb::ARG_MEMORY_SIZE_ZERO: return ArgKind::memory_size_zero;
        case pb::ARG_RING_BUFFER_RECORD: return ArgKind::ring_buffer_record;
        case pb::ARG_STACK_READ: return ArgKind::stack_only_read;
        case pb::ARG_CALLBACK: return ArgKind::callback;
        case pb::ARG_ANY: return ArgKind::any_pointer_or_scalar;
        case pb::ARG_OBJECT: return ArgKind::object;
        case pb::ARG_OBJECT_RELEASE: return ArgKind::object_release;
        case pb::ARG_CALLBACK_CONTEXT: return ArgKind::callback_context;
        case pb::ARG_MAP_VALUE_POINTER: return ArgKind::map_value_pointer;
        default: return ArgKind::scalar;
    }
}

ReturnKind convert(pb::ReturnKind kind) {
    switch (kind) {
        case pb::RETURN_NOTHING: return ReturnKind::nothing;
        case pb::RETURN_MAP_VALUE_OR_NULL: return ReturnKind::map_value_or_null;
        case pb::RETURN_RING_BUFFER_RECORD_OR_NULL: return ReturnKind::ring_buffer_record_or_null;
        case pb::RETURN_MEMORY_OR_NULL: return ReturnKind::memory_or_null;
        case pb::RETURN_MAP_VALUE: return ReturnKind::map_value;
        case pb::RETURN_OBJECT_OR_NULL: return ReturnKind::object_or_null;
        case pb::RETURN_OBJECT: return ReturnKind::object;
        default: return ReturnKind::scalar;
    }
}

CallbackKind convert(pb::CallbackKind kind) {
    switch (kind) {
        case pb::CALLBACK_LOOP: return CallbackKind::loop;
        case pb::CALLBACK_FOR_EACH_MAP_ELEM: return CallbackKind::for_each_map_elem;
        case pb::CALLBACK_TIMER: return CallbackKind::timer;
        default: return CallbackKind::none;
    }
}

ContextField convert(const pb::Field& in) {
    ContextField out;
    out.name = in.name();
    out.offset = in.offset();
    out.size = in.size();
    out.kind = convert(in.kind());
    out.is_signed = in.is_signed();
    out.writable = in.writable();
    out.has_range = in.has_range();
    if (in.has_range()) {
        out.min = in.range().min();
        out.max = static_cast<std::uint64_t>(in.range().max());
    }
    out.unit = in.unit();
    out.alias = in.alias();
    out.doc = in.doc();
    out.native64_offset = in.native64_size() != 0 ? in.native64_offset() : in.offset();
    out.native64_size = in.native64_size() != 0 ? in.native64_size() : in.size();
    out.object = in.object();
    out.never_null = in.never_null();
    out.whole = in.whole();
    out.element_size = in.element_size() == 0 ? 1 : in.element_size();
    return out;
}

ContextLayout convert(const pb::Context& in) {
    ContextLayout out{in.name(), in.size(), {}};
    for (const pb::Field& field : in.field()) out.fields.push_back(convert(field));
    std::ranges::stable_sort(out.fields, {}, &ContextField::offset);
    return out;
}

// The fields of a shared context that this hook lets programs touch.
void select_fields(const pb::Hook& in, const ContextLayout& context, Hook& out) {
    const auto listed = [](const auto& names, const std::string& name) { return std::ranges::find(names, name) != names.end(); };
    out.context_type = context.name;
    out.context_size = context.size;
    for (ContextField field : context.fields) {
        if (in.only_size() != 0 ? !listed(in.only(), field.name) : listed(in.hide(), field.name)) continue;
        field.writable = field.writable || listed(in.write(), field.name);
        out.fields.push_back(std::move(field));
    }
}

Hook convert(const pb::Hook& in, const std::vector<ContextLayout>& contexts) {
    Hook out;
    out.id = static_cast<std::uint16_t>(in.id());
    out.name = in.name();
    out.groups.assign(in.group().begin(), in.group().end());
    out.map_types.assign(in.map_type().begin(), in.map_type().end());
    out.sections.assign(in.section().begin(), in.section().end());
    out.context_type = in.context_type();
    out.context_size = in.context_size();
    out.native64_context_size = in.native64_context_size();
    for (const pb::Field& field : in.field()) out.fields.push_back(convert(field));
    std::ranges::stable_sort(out.fields, {}, &ContextField::offset);
    out.any_return = !in.has_returns();
    out.return_min = in.returns().min();
    out.return_max = in.returns().max();
    out.fail_open = in.fail_open();
    out.max_instructions = in.max_instructions();
    out.max_cycles = in.max_cycles();
    out.max_stack = in.max_stack() == 0 ? 512 : in.max_stack();
    out.raw_memory = in.raw_memory();
    out.packet_read_only = in.packet_read_only();
    out.section_fallback = in.section_fallback();
    out.fallback_file = in.fallback_file();
    out.unsupported = in.unsupported();
    out.doc = in.doc();
    if (const auto shared = std::ranges::find(contexts, in.context(), &ContextLayout::name); shared != contexts.end()) select_fields(in, *shared, out);
    return out;
}

// `name` is a hook or a group of hooks; what is neither stays, for validation to find.
void add_hooks(const pb::Platform& platform, const std::string& name, std::vector<std::string>& out) {
    const std::size_t before = out.size();
    for (const pb::Hook& hook : platform.hook())
        if (hook.name() == name || std::ranges::find(hook.group(), name) != hook.group().end()) out.push_back(hook.name());
    if (out.size() == before) out.push_back(name);
}

Helper convert(const pb::Helper& in, const pb::Platform& platform) {
    Helper out;
    out.number = in.number();
    out.name = in.name();
    out.c_return = in.return_type();
    for (const pb::Argument& arg : in.arg()) {
        HelperArg a;
        a.name = arg.name();
        a.c_type = arg.type();
        a.kind = convert(arg.kind());
        a.width = static_cast<std::uint8_t>(arg.width() == 0 ? 64 : std::min(arg.width(), 255u));
        a.fixed_size = arg.fixed_size();
        a.nullable = arg.nullable();
        a.has_range = arg.has_range();
        a.min = arg.range().min();
        a.max = arg.range().max();
        a.initialized = arg.initialized();
        a.unit_cost = arg.unit_cost();
        a.object = arg.object();
        out.args.push_back(std::move(a));
    }
    out.returns = convert(in.returns());
    out.return_width = static_cast<std::uint8_t>(out.returns == ReturnKind::nothing ? 0 : in.return_width() == 0 ? 64 : std::min(in.return_width(), 255u));
    out.return_signed = !in.return_unsigned();
    out.has_return_range = in.has_return_range();
    out.return_min = in.return_range().min();
    out.return_max = static_cast<std::uint64_t>(in.return_range().max());
    out.cost = in.cost();
    out.stack = in.stack();
    out.capability = in.capability();
    out.invalidates_packet = in.invalidates_packet();
    out.pure = in.pure();
    for (const std::string& name : in.hook()) add_hooks(platform, name, out.hooks);
    out.variadic = in.variadic();
    out.as_program = in.as_program();
    out.map_types.assign(in.map_type().begin(), in.map_type().end());
    for (const pb::MapCost& c : in.map_cost()) out.map_costs.push_back({{c.map_type().begin(), c.map_type().end()}, c.fixed(), c.key_byte(), c.value_byte(), c.step(), c.step_key_byte()});
    out.doc = in.doc();
    out.object = in.object();
    out.acquires = in.acquires();
    out.borrows = in.borrows();
    out.callback = convert(in.callback());
    out.tail_call = in.tail_call();
    out.locks = in.locks();
    out.unlocks = in.unlocks();
    out.no_packet_memory = in.no_packet_memory();
    out.return_at_most_argument = static_cast<std::uint8_t>(std::min(in.return_at_most_argument(), 255u));
    out.unsupported = in.unsupported();
    return out;
}

Platform convert(const pb::Platform& in) {
    Platform out;
    out.name = in.name();
    if (in.version() != 0) out.version = in.version();
    for (const pb::Context& context : in.context()) out.contexts.push_back(convert(context));
    for (const pb::Hook& hook : in.hook()) {
        out.hooks.push_back(convert(hook, out.contexts));
        out.hooks.back().legacy_packet_access = hook.legacy_packet_access() || in.legacy_packet_access();
    }
    for (const pb::ObjectClass& object : in.object()) out.objects.push_back({object.name(), object.size(), object.writable(), object.base(), object.hidden_begin(), object.hidden_end(), object.unit(), object.wide_begin(), object.wide_end()});
    for (const pb::Helper& helper : in.helper()) out.helpers.push_back(convert(helper, in));
    std::ranges::stable_sort(out.helpers, {}, &Helper::number);
    for (const pb::MapType& type : in.map_type()) {
        MapTypeInfo info;
        info.number = type.number();
        info.name = type.name();
        info.min_key_size = type.min_key_size();
        info.max_key_size = type.max_key_size();
        info.max_value_size = type.max_value_size();
        info.max_entries = type.max_entries();
        info.program_may_lookup = !type.no_lookup();
        info.program_may_update = !type.no_update();
        info.program_may_delete = !type.no_delete();
        info.power_of_two_entries = type.power_of_two_entries();
        info.max_steps = type.max_steps();
        info.steps_are_key_bits = type.steps_are_key_bits();
        info.object = type.object();
        info.acquires = type.acquires();
        out.map_types.push_back(std::move(info));
    }
    for (const pb::Capability& c : in.capability()) out.capabilities.push_back({c.name(), static_cast<std::uint8_t>(std::min(c.bit(), 255u)), c.doc()});
    for (const pb::Constant& c : in.constant()) out.constants.push_back({c.name(), c.value(), c.doc()});
    if (in.max_programs() != 0) out.max_programs = in.max_programs();
    if (in.max_maps() != 0) out.max_maps = in.max_maps();
    if (in.max_ram() != 0) out.max_ram = in.max_ram();
    out.max_tail_calls = in.max_tail_calls();
    if (in.max_call_depth() != 0) out.max_call_depth = in.max_call_depth();
    out.gate_cost = in.gate_cost();
    out.legacy_packet_access = in.legacy_packet_access();
    out.native_code = !in.no_native_code();
    out.narrow_context_access = in.narrow_context_access();
    out.pointer_leaks_allowed = in.pointer_leaks_allowed();
    return out;
}

Diagnostic refused(std::string_view name, unsigned code, const std::string& message) {
    Diagnostic d;
    d.code = "MBPF" + std::to_string(code);
    d.message = printable(message);
    d.where.file = name;
    d.fix = "correct the descriptor; the schema is core/proto/platform.proto";
    return d;
}

// A hook that uses a shared context names it and fields of it, and has no layout of its own.
std::optional<Diagnostic> check_shared_context(const pb::Platform& in, const pb::Hook& hook, std::string_view name) {
    const std::string what = "hook " + hook.name() + ": ";
    if (hook.context().empty()) {
        if (hook.hide_size() + hook.only_size() + hook.write_size() == 0) return std::nullopt;
        return refused(name, 3105, what + "hide, only and write are for hooks with a shared context");
    }
    const auto context = std::ranges::find(in.context(), hook.context(), &pb::Context::name);
    if (context == in.context().end()) return refused(name, 3109, what + "context " + hook.context() + " is not declared");
    if (hook.field_size() != 0 || hook.context_size() != 0 || !hook.context_type().empty()) return refused(name, 3105, what + "has a shared context and a layout of its own");
    if (hook.hide_size() != 0 && hook.only_size() != 0) return refused(name, 3105, what + "give hide or only, not both");
    for (const auto* names : {&hook.hide(), &hook.only(), &hook.write()})
        for (const std::string& field : *names)
            if (std::ranges::find(context->field(), field, &pb::Field::name) == context->field().end()) return refused(name, 3109, what + "context " + hook.context() + " has no field " + field);
    return std::nullopt;
}

// What convert() could not carry over: ids wider than a package's field, and enum values given as numbers
// that the schema does not name (protobuf lets those through).
std::optional<Diagnostic> check_convertible(const pb::Platform& in, std::string_view name) {
    for (const pb::Hook& hook : in.hook()) {
        if (hook.id() == 0 || hook.id() > 0xffff) return refused(name, 3106, "hook " + hook.name() + ": id " + std::to_string(hook.id()) + " is not in 1 to 65535");
        if (auto problem = check_shared_context(in, hook, name)) return problem;
        for (const pb::Field& field : hook.field())
            if (!pb::FieldKind_IsValid(field.kind())) return refused(name, 3101, "hook " + hook.name() + ": field " + field.name() + " has an unknown kind");
    }
    for (const pb::Context& context : in.context())
        for (const pb::Field& field : context.field())
            if (!pb::FieldKind_IsValid(field.kind())) return refused(name, 3101, "context " + context.name() + ": field " + field.name() + " has an unknown kind");
    for (const pb::Helper& helper : in.helper()) {
        if (!pb::CallbackKind_IsValid(helper.callback())) return refused(name, 3101, "helper " + helper.name() + " has an unknown callback kind");
        if (!pb::ReturnKind_IsValid(helper.returns())) return refused(name, 3101, "helper " + helper.name() + " has an unknown return kind");
        for (const pb::Argument& arg : helper.arg())
            if (!pb::ArgKind_IsValid(arg.kind())) return refused(name, 3101, "helper " + helper.name() + ": argument " + arg.name() + " has an unknown kind");
    }
    return std::nullopt;
}

}  // namespace

Result<Platform> parse_platform(std::string_view textproto, std::string_view name) {
    pb::Platform message;
    FirstError errors;
    google::protobuf::TextFormat::Parser parser;
    parser.RecordErrorsTo(&errors);
    parser.SetRecursionLimit(16);
    if (!parser.ParseFromString(std::string(textproto), &message)) return errors.diagnostic(name);
    if (auto problem = check_convertible(message, name)) return *problem;
    Platform platform = convert(message);
    if (Status valid = validate_platform(platform, name); !valid) return valid.error();
    return platform;
}

}  // namespace mbpf
