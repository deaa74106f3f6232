// SPDX-License-Identifier: Apache-2.0
#include "verifier/environment.h"

#include <algorithm>

namespace mbpf {

namespace {

constexpr std::uint32_t kSpinLock = 93, kTimerInit = 169;  // helpers, by Linux's numbers

proof::FieldRule rule_of(FieldKind kind) {
    switch (kind) {
        case FieldKind::scalar: return proof::FieldRule::scalar;
        case FieldKind::packet_start: return proof::FieldRule::packet_start;
        case FieldKind::packet_end: return proof::FieldRule::packet_end;
        case FieldKind::packet_meta: return proof::FieldRule::packet_meta;
        case FieldKind::raw_bytes: return proof::FieldRule::raw_bytes;
        case FieldKind::object_or_null: return proof::FieldRule::object_or_null;
    }
    return proof::FieldRule::scalar;
}

proof::ArgumentRule rule_of(ArgKind kind) {
    using R = proof::ArgumentRule;
    switch (kind) {
        case ArgKind::scalar: return R::scalar;
        case ArgKind::context: return R::context;
        case ArgKind::map: return R::map;
        case ArgKind::map_key: return R::map_key;
        case ArgKind::map_value: return R::map_value;
        case ArgKind::map_value_out: return R::map_value_out;
        case ArgKind::memory_read:
        case ArgKind::stack_only_read: return R::memory_read;
        case ArgKind::memory_write: return R::memory_write;
        case ArgKind::memory_size: return R::memory_size;
        case ArgKind::memory_size_zero: return R::memory_size_zero;
        case ArgKind::ring_buffer_record: return R::ring_buffer_record;
        case ArgKind::object: return R::object;
        case ArgKind::object_release: return R::object_release;
        case ArgKind::callback: return R::callback;
        case ArgKind::callback_context: return R::callback_context;
        case ArgKind::map_value_pointer: return R::map_value_pointer;
        case ArgKind::any_pointer_or_scalar: return R::anything;
    }
    return R::scalar;
}

proof::ReturnRule rule_of(ReturnKind kind) {
    using R = proof::ReturnRule;
    switch (kind) {
        case ReturnKind::nothing: return R::nothing;
        case ReturnKind::scalar: return R::scalar;
        case ReturnKind::map_value_or_null: return R::map_value_or_null;
        case ReturnKind::map_value: return R::map_value;
        case ReturnKind::ring_buffer_record_or_null: return R::ring_buffer_record_or_null;
        case ReturnKind::memory_or_null: return R::memory_or_null;
        case ReturnKind::object_or_null: return R::object_or_null;
        case ReturnKind::object: return R::object;
    }
    return R::nothing;
}

proof::CallbackRule rule_of(CallbackKind kind) {
    switch (kind) {
        case CallbackKind::none: return proof::CallbackRule::none;
        case CallbackKind::loop: return proof::CallbackRule::loop;
        case CallbackKind::for_each_map_elem: return proof::CallbackRule::for_each_map_elem;
        case CallbackKind::timer: return proof::CallbackRule::timer;
    }
    return proof::CallbackRule::none;
}

proof::KernelUse use_of(bpf::MapFieldKind kind) {
    switch (kind) {
        case bpf::MapFieldKind::spin_lock: return proof::KernelUse::lock;
        case bpf::MapFieldKind::timer: return proof::KernelUse::timer;
        case bpf::MapFieldKind::other: return proof::KernelUse::none;
    }
    return proof::KernelUse::none;
}

// By the author's type.
proof::KernelUse use_of(const HelperArg& a) {
    if (a.kind != ArgKind::map_value_pointer) return proof::KernelUse::none;
    return a.c_type.find("bpf_spin_lock") != std::string::npos ? proof::KernelUse::lock : a.c_type.find("bpf_timer") != std::string::npos ? proof::KernelUse::timer : proof::KernelUse::none;
}

// What is looked up there is a map, but nobody knows which: not memory in any case.
bool is_map_of_unknown_maps(const bpf::Map& m) {
    return m.inner_map < 0 && (m.type == static_cast<std::uint32_t>(bpf::MapType::array_of_maps) || m.type == static_cast<std::uint32_t>(bpf::MapType::hash_of_maps));
}

}  // namespace

ProofEnvironment::ProofEnvironment(const bpf::Object& object, const bpf::Program& program, const Platform& platform, const Hook& hook, std::uint32_t memory_bytes)
    : object_(object), program_(program), platform_(platform), hook_(hook) {
    for (const ObjectClass& c : platform.objects) {
        proof::ObjectRule rule;
        rule.size = c.size;
        rule.writable = c.writable;
        rule.hidden_begin = c.hidden_begin;
        rule.hidden_end = c.hidden_end;
        rule.unit = c.unit;
        rule.wide_begin = c.wide_begin;
        rule.wide_end = c.wide_end;
        rule.base = c.base.empty() ? std::int16_t{-1} : object_class(c.base);
        objects_.push_back(rule);
    }
    add_fields();
    add_maps();
    add_helpers();
    env_.insns = program.insns.data();
    env_.insn_count = static_cast<std::uint32_t>(program.insns.size());
    env_.fields = fields_.data();
    env_.field_count = static_cast<std::uint32_t>(fields_.size());
    env_.context_size = hook.context_size;
    env_.raw_memory = hook.raw_memory;
    env_.memory_bytes = memory_bytes;
    env_.any_return = hook.any_return;
    env_.return_min = hook.return_min;
    env_.return_max = hook.return_max;
    env_.narrow_context_access = platform.narrow_context_access;
    env_.legacy_packet_access = platform.legacy_packet_access || hook.legacy_packet_access;
    env_.packet_read_only = hook.packet_read_only;
    env_.pointer_leaks_allowed = platform.pointer_leaks_allowed;
    env_.helpers = helpers_.data();
    env_.helper_count = static_cast<std::uint32_t>(helpers_.size());
    env_.maps = maps_.data();
    env_.map_count = static_cast<std::uint32_t>(maps_.size());
    env_.objects = objects_.data();
    env_.object_count = static_cast<std::uint32_t>(objects_.size());
    env_.max_call_depth = std::min(platform.max_call_depth, std::uint32_t{proof::kMaxFrames});
    env_.max_instructions = hook.max_instructions;
    env_.max_stack = hook.max_stack;
    // The kernel joins segments on demand, to what its pages give in one piece.
    constexpr std::uint32_t kOnePiece = std::uint32_t{1} << 22;
    if (!platform.native_code) env_.longest_packet = kOnePiece;
}

std::int16_t ProofEnvironment::object_class(const std::string& name) const {
    for (std::size_t i = 0; i < platform_.objects.size(); ++i)
        if (platform_.objects[i].name == name) return static_cast<std::int16_t>(i);
    return -1;
}

bool ProofEnvironment::is_offered(std::uint32_t helper) const {
    const Helper* h = platform_.find_helper(helper);
    return h != nullptr && (h->hooks.empty() || std::ranges::find(h->hooks, hook_.name) != h->hooks.end());
}

void ProofEnvironment::add_fields() {
    for (const ContextField& f : hook_.fields) {
        proof::Field field;
        field.offset = f.offset;
        field.size = f.size;
        field.rule = rule_of(f.kind);
        field.is_signed = f.is_signed;
        field.writable = f.writable;
        field.has_range = f.has_range;
        field.never_null = f.never_null;
        field.whole = f.whole;
        field.element_size = f.element_size;
        field.min = f.min;
        field.max = f.max;
        field.object = object_class(f.object);
        fields_.push_back(field);
    }
}

void ProofEnvironment::add_maps() {
    kernel_fields_.resize(object_.maps.size());
    std::vector<bool> is_template(object_.maps.size());  // what the elements of maps of maps are like
    for (const bpf::Map& m : object_.maps)
        if (m.inner_map >= 0 && static_cast<std::size_t>(m.inner_map) < is_template.size()) is_template[static_cast<std::size_t>(m.inner_map)] = true;
    for (std::size_t i = 0; i < object_.maps.size(); ++i) {
        const bpf::Map& m = object_.maps[i];
        // A timer dies with its map. Of maps in maps nobody knows which is which, so no timer of theirs is any helper's.
        for (const bpf::MapField& f : m.kernel_fields) kernel_fields_[i].push_back({f.offset, f.size, is_template[i] && f.kind == bpf::MapFieldKind::timer ? proof::KernelUse::none : use_of(f.kind)});
        proof::MapRule rule;
        rule.type = m.type;
        rule.key_size = m.key_size;
        rule.value_size = is_map_of_unknown_maps(m) ? 0 : m.value_size;
        // How often a callback runs for each of them. A hash may change while it is walked: what the callback, or another program,
        // puts in farther on is walked, too, for as long as that goes on. So nothing counts on the number.
        const bool is_array = m.type == static_cast<std::uint32_t>(bpf::MapType::array), is_percpu_array = m.type == static_cast<std::uint32_t>(bpf::MapType::percpu_array);
        rule.max_entries = m.max_entries != 0 && (is_array || (is_percpu_array && !is_template[i])) ? m.max_entries : UINT32_MAX;  // 0: what the loader says (check_maps)
        rule.read_only = m.values_read_only();
        rule.write_only = m.values_write_only();
        rule.is_global_data = m.is_global_data();
        // An array's elements are there from the start and stay. Of an inner map the size is the template's only.
        rule.has_all_keys = (is_array || is_percpu_array) && m.key_size == 4 && m.max_entries != 0 && !is_template[i];
        const MapTypeInfo* type = platform_.find_map_type(m.type);
        // Where a helper is not offered, no other way to its part of a value may be either: an update takes the lock, if told to.
        const bool hidden = std::ranges::any_of(m.kernel_fields, [&](const bpf::MapField& f) { return (f.kind == bpf::MapFieldKind::spin_lock && !is_offered(kSpinLock)) || (f.kind == bpf::MapFieldKind::timer && !is_offered(kTimerInit)); });
        rule.known_type = type != nullptr && !hidden && (hook_.map_types.empty() || std::ranges::find(hook_.map_types, m.type) != hook_.map_types.end());
        rule.object = type != nullptr && !type->object.empty() ? object_class(type->object) : std::int16_t{-1};
        rule.acquires = type != nullptr && type->acquires;
        rule.inner = static_cast<std::int16_t>(m.inner_map);
        rule.initial = m.initial.data();
        rule.initial_size = static_cast<std::uint32_t>(m.initial.size());
        rule.kernel_fields = kernel_fields_[i].data();
        rule.kernel_field_count = static_cast<std::uint32_t>(kernel_fields_[i].size());
        maps_.push_back(rule);
    }
}

// Only the helpers the program calls: a platform may have hundreds.
void ProofEnvironment::add_helpers() {
    std::vector<std::uint32_t> numbers;
    for (const bpf::Insn& insn : program_.insns)
        if (insn.opcode == 0x85 && insn.src == 0) numbers.push_back(static_cast<std::uint32_t>(insn.imm));
    std::ranges::sort(numbers);
    numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
    for (std::uint32_t number : numbers) {
        const Helper* h = platform_.find_helper(number);
        if (h == nullptr) continue;
        proof::HelperRule r;
        r.number = h->number;
        r.argument_count = static_cast<std::uint8_t>(std::min<std::size_t>(h->args.size(), 5));
        for (std::size_t i = 0; i < r.argument_count; ++i) {
            const HelperArg& a = h->args[i];
            proof::Argument& out = r.arguments[i];
            out.rule = rule_of(a.kind);
            out.width = a.width;
            out.nullable = a.nullable;
            out.has_range = a.has_range;
            out.initialized = a.initialized;
            out.fixed_size = a.fixed_size;
            out.unit_cost = a.unit_cost;
            out.min = a.min;
            out.max = a.max;
            out.object = object_class(a.object);
            out.use = use_of(a);
            if (a.kind == ArgKind::memory_read || a.kind == ArgKind::memory_write)
                if (out.fixed_size == 0 && i + 1 >= r.argument_count) r.supported = false;
        }
        r.returns = rule_of(h->returns);
        r.return_width = h->return_width;
        r.return_signed = h->return_signed;
        r.has_return_range = h->has_return_range;
        r.return_min = h->return_min;
        r.return_max = h->return_max;
        r.cost = platform_.base_cost(*h);
        if (!h->map_costs.empty()) {
            std::vector<std::uint32_t>& costs = map_costs_.emplace_back();
            for (const bpf::Map& m : object_.maps) costs.push_back(platform_.map_cost(*h, m.type, m.key_size, m.value_size, m.max_entries));
            r.map_costs = costs.data();
        }
        r.object = object_class(h->object);
        r.callback = rule_of(h->callback);
        r.invalidates_packet = h->invalidates_packet;
        r.acquires = h->acquires;
        r.tail_call = h->tail_call;
        r.locks = h->locks;
        r.unlocks = h->unlocks;
        r.borrows = h->borrows;
        // Linux's numbers: update, delete, push, pop.
        r.changes_map = number == 2 || number == 3 || number == 87 || number == 88;
        r.no_packet_memory = h->no_packet_memory;
        r.return_at_most_argument = h->return_at_most_argument;
        r.allowed_on_hook = is_offered(number);
        // Memory a helper returns has no size in the model.
        r.supported = r.supported && h->unsupported.empty() && h->returns != ReturnKind::memory_or_null;
        r.map_types = h->map_types.data();
        r.map_type_count = static_cast<std::uint32_t>(h->map_types.size());
        helpers_.push_back(r);
    }
}

}  // namespace mbpf
