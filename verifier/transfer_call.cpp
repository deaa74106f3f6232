// SPDX-License-Identifier: Apache-2.0
// Helper calls: every argument is held against the prototype in the platform descriptor; afterwards only what
// the prototype promises is known.
#include <algorithm>

#include "verifier/analysis.h"

namespace mbpf {

namespace {

std::string argument_name(const Helper& helper, std::size_t index) { return "argument " + std::to_string(index + 1) + " (" + helper.args[index].name + ") of bpf_" + helper.name; }

constexpr std::uint64_t kMaxBuffer = 1u << 24;

}  // namespace

bool Analysis::check_scalar_argument(std::uint32_t slot, const Helper& helper, std::size_t index, const State& state) {
    const HelperArg& arg = helper.args[index];
    const Value& v = state.regs[index + 1];
    if (!v.is_number()) return fail(1029, slot, &state, argument_name(helper, index) + " must be a number", "it is " + describe(v), "pass a value, not an address");
    if (!arg.has_range) return true;
    // A 32-bit argument is judged by its low half, as the helper sees it.
    const bool fits = arg.width == 32 ? (v.number.low.smin >= arg.min && v.number.low.smax <= arg.max) : (v.number.wide.smin >= arg.min && v.number.wide.smax <= arg.max);
    if (fits) return true;
    return fail(1030, slot, &state, argument_name(helper, index) + " may be out of range", "it is " + describe(v) + "; allowed is [" + std::to_string(arg.min) + ", " + std::to_string(arg.max) + "]", "check the value first");
}

bool Analysis::check_map_argument(std::uint32_t slot, const Helper& helper, std::size_t index, const State& state, CallArguments& call) {
    const Value& v = state.regs[index + 1];
    if (v.kind != ValueKind::pointer || v.region != Region::map_handle) return fail(1029, slot, &state, argument_name(helper, index) + " must be a map", "it is " + describe(v), "pass the address of a map: &my_map");
    const bpf::Map& map = object_.maps[static_cast<std::size_t>(v.map)];
    const MapTypeInfo* type = platform_.find_map_type(map.type);
    const auto allowed = [&] { return helper.map_types.empty() || std::ranges::find(helper.map_types, map.type) != helper.map_types.end(); };
    if (type == nullptr || !allowed())
        return fail(1032, slot, &state, "bpf_" + helper.name + " does not work on map " + map.name, "its type is " + (type == nullptr ? std::to_string(map.type) + ", which the platform does not have" : type->name), "use a helper for this map type");
    call.map = v.map;
    return true;
}

bool Analysis::check_memory(std::uint32_t slot, const Helper& helper, std::size_t index, const State& state, std::uint64_t size, bool write, CallArguments& call) {
    const Value& v = state.regs[index + 1];
    const std::string what = argument_name(helper, index);
    if (v.is_number()) {
        if (helper.args[index].nullable && v.number.is_constant() && v.number.wide.umin == 0) return true;
        return fail(1029, slot, &state, what + " must point to memory", "it is " + describe(v), "pass the address of a variable");
    }
    if (v.kind == ValueKind::pointer_or_null) return fail(1010, slot, &state, what + " may be NULL", "it is " + describe(v), "check it first: if (!p) return 0;");
    if (size == 0) return true;
    if (v.region == Region::context) {
        // The context is given to helpers field by field elsewhere; as a buffer only reading it is meaningful,
        // and its native layout may differ from what the program sees.
        return fail(1033, slot, &state, what + " is the context itself", "it is " + describe(v), "copy the fields you need to a local variable and pass its address");
    }
    if (v.region == Region::stack) {
        if (!write) {
            const Value& base = v;
            const std::int64_t lo = base.offset_min(), hi = base.offset_max() + static_cast<std::int64_t>(size);
            if (lo >= -kFrameBytes && hi <= 0 && state.frames[static_cast<std::size_t>(base.frame)]->holds_pointer(lo, hi - lo))
                return fail(1019, slot, &state, what + ": the buffer holds a pointer", "", "if you wrote &p, pass p: the address of the pointer variable was given, not what it points to");
            if (hi > 0) return fail(1017, slot, &state, what + ": the buffer is too small", "the helper reads " + std::to_string(size) + " bytes; there are " + std::to_string(-base.offset_max()), "pass sizeof the variable itself; if you wrote &p with a pointer p, pass p");
            return readable_stack(slot, state, v, 0, size, "read by a helper");
        }
        if (v.offset_max() + static_cast<std::int64_t>(size) > 0)
            return fail(1017, slot, &state, what + ": the buffer is too small", "the helper writes " + std::to_string(size) + " bytes; there are " + std::to_string(-v.offset_max()), "make the variable larger, or pass its own size");
        if (!check_stack_range(slot, state, v, 0, size, "write by a helper")) return false;
        const std::int64_t lo = v.offset_min(), hi = v.offset_max() + static_cast<std::int64_t>(size);
        if (!v.number.is_constant() && state.frames[static_cast<std::size_t>(v.frame)]->holds_pointer(lo, hi - lo)) return fail(1020, slot, &state, what + ": the helper may overwrite a pointer stored on the stack");
        call.written.push_back({v, size, true});
        return true;
    }
    return check_range(slot, state, v, 0, size, write, write ? "write by a helper" : "read by a helper");
}

bool Analysis::check_memory_argument(std::uint32_t slot, const Helper& helper, std::size_t index, const State& state, CallArguments& call) {
    const HelperArg& arg = helper.args[index];
    const bool write = arg.kind == ArgKind::memory_write;
    if (arg.fixed_size != 0) return check_memory(slot, helper, index, state, arg.fixed_size, write, call);
    const HelperArg& size_arg = helper.args[index + 1];
    const Value& size = state.regs[index + 2];
    if (size.kind == ValueKind::unknown && !readable(slot, state, static_cast<std::uint8_t>(index + 2))) return false;
    if (!size.is_number()) return fail(1029, slot, &state, argument_name(helper, index + 1) + " must be a number", "it is " + describe(size));
    const std::int64_t least = size_arg.has_range ? size_arg.min : size_arg.kind == ArgKind::memory_size ? 1 : 0;
    const std::int64_t most = size_arg.has_range ? size_arg.max : static_cast<std::int64_t>(kMaxBuffer);
    const auto& n = size.number.wide;
    if (n.smin < least || n.smax > most)
        return fail(1030, slot, &state, argument_name(helper, index + 1) + " may be out of range", "it is " + describe(size) + "; allowed is [" + std::to_string(least) + ", " + std::to_string(most) + "]",
                    least > 1 ? "the helper may write up to " + std::to_string(least) + " bytes: make the buffer at least that large and pass its size" : "check the size first, or use a constant");
    // All of the greatest size must be there; only the least is surely initialised.
    const std::size_t before = call.written.size();
    if (!check_memory(slot, helper, index, state, static_cast<std::uint64_t>(n.smax), write, call)) return false;
    if (call.written.size() > before && n.smin != n.smax) {
        call.written.back().surely = false;
        call.written.push_back({call.written.back().base, static_cast<std::uint64_t>(n.smin), true});
    }
    return true;
}

bool Analysis::check_argument(std::uint32_t slot, const Helper& helper, std::size_t index, const State& state, CallArguments& call) {
    const HelperArg& arg = helper.args[index];
    const std::uint8_t reg = static_cast<std::uint8_t>(index + 1);
    if (!readable(slot, state, reg)) return false;
    const Value& v = state.regs[reg];
    const bpf::Map* map = call.map >= 0 ? &object_.maps[static_cast<std::size_t>(call.map)] : nullptr;
    switch (arg.kind) {
        case ArgKind::scalar: return check_scalar_argument(slot, helper, index, state);
        case ArgKind::context:
            if (v.kind == ValueKind::pointer && v.region == Region::context && v.offset_min() == 0 && v.offset_max() == 0) return true;
            return fail(1029, slot, &state, argument_name(helper, index) + " must be the context", "it is " + describe(v), "pass the function's own argument");
        case ArgKind::map: return check_map_argument(slot, helper, index, state, call);
        case ArgKind::map_key: return check_memory(slot, helper, index, state, map->key_size, false, call);
        case ArgKind::map_value: return check_memory(slot, helper, index, state, map->value_size, false, call);
        case ArgKind::map_value_out: return check_memory(slot, helper, index, state, map->value_size, true, call);
        case ArgKind::memory_read:
        case ArgKind::memory_write:
        case ArgKind::stack_only_read: return check_memory_argument(slot, helper, index, state, call);
        case ArgKind::memory_size:
        case ArgKind::memory_size_zero: return true;  // checked with its buffer
        case ArgKind::ring_buffer_record:
            if (v.kind == ValueKind::pointer_or_null) return fail(1010, slot, &state, argument_name(helper, index) + " may be NULL", "it is " + describe(v), "check the result of bpf_ringbuf_reserve first");
            if (v.kind != ValueKind::pointer || v.region != Region::ring_buffer_record || v.offset_min() != 0 || v.offset_max() != 0)
                return fail(1029, slot, &state, argument_name(helper, index) + " must be the pointer bpf_ringbuf_reserve returned", "it is " + describe(v));
            call.record = v;
            return true;
        case ArgKind::callback: return fail(1804, slot, &state, "callbacks are not supported");
        case ArgKind::object:
        case ArgKind::object_release:
        case ArgKind::callback_context:
        case ArgKind::map_value_pointer: return fail(1807, slot, &state, "helper bpf_" + helper.name + " takes an object, which is not supported");
        case ArgKind::any_pointer_or_scalar: return true;
    }
    return fail(9001, slot, &state, "internal error: argument kind");
}

bool Analysis::call_helper(std::uint32_t slot, State& state) {
    const std::uint32_t number = static_cast<std::uint32_t>(program_.insns[slot].imm);
    const Helper* helper = platform_.find_helper(number);
    const std::string known = helper == nullptr ? "helper " + std::to_string(number) : "bpf_" + helper->name;
    if (helper == nullptr) return fail(1034, slot, &state, "platform " + platform_.name + " has no " + known, "", "use a helper of <mbpf/" + platform_.name + ".h>");
    if (!helper->hooks.empty() && std::ranges::find(helper->hooks, hook_.hook->name) == helper->hooks.end())
        return fail(1035, slot, &state, known + " may not be called on hook " + hook_.hook->name, "", "call it on one of its own hooks; see the platform reference");
    if (!helper->unsupported.empty()) return fail(1807, slot, &state, known + " is not supported", helper->unsupported);
    helpers_used_.insert(number);
    CallArguments call;
    for (std::size_t i = 0; i < helper->args.size(); ++i)
        if (!check_argument(slot, *helper, i, state, call)) return false;
    return finish_call(slot, *helper, state, call);
}

bool Analysis::finish_call(std::uint32_t slot, const Helper& helper, State& state, const CallArguments& call) {
    state.cost += helper.cost;
    for (const auto& w : call.written) overwrite_stack(state, w.base, 0, w.size, w.surely);
    if (call.record.ref != 0) {
        const Identity ref = call.record.ref;
        std::erase(state.refs, ref);
        state.update([&](const Value& v) { return v.ref == ref; }, [](Value& v) { v = Value{}; });
        // Stack slots that held the pointer hold nothing readable now.
        for (std::size_t f = 0; f < state.frames.size(); ++f) {
            const auto dead = [](const Cell& c) { return c.value.kind == ValueKind::unknown; };
            if (std::ranges::none_of(state.frames[f]->cells, dead)) continue;
            Frame& frame = state.frame_for_write(f);
            for (const Cell& c : frame.cells)
                if (dead(c))
                    for (int i = 0; i < c.size; ++i) frame.written.reset(static_cast<std::size_t>(c.offset + i + kFrameBytes));
            std::erase_if(frame.cells, dead);
        }
    }
    if (helper.invalidates_packet) {
        state.packet_bytes = 0;
        const auto packet = [](const Value& v) { return v.region == Region::packet || v.region == Region::packet_end || v.region == Region::packet_meta; };
        state.update(packet, [](Value& v) { v = Value{}; });
        for (std::size_t f = 0; f < state.frames.size(); ++f) {
            Frame& frame = state.frame_for_write(f);
            for (const Cell& c : frame.cells)
                if (c.value.kind == ValueKind::unknown)
                    for (int i = 0; i < c.size; ++i) frame.written.reset(static_cast<std::size_t>(c.offset + i + kFrameBytes));
            std::erase_if(frame.cells, [](const Cell& c) { return c.value.kind == ValueKind::unknown; });
        }
    }
    Value result;
    switch (helper.returns) {
        case ReturnKind::nothing: break;
        case ReturnKind::scalar:
            result = Value::of(helper.return_width == 32 ? (helper.return_signed ? Number::signed_bits(32) : Number::unknown_bits(32)) : Number::unknown());
            if (helper.has_return_range) result = Value::of(helper.return_signed ? Number::range_s(helper.return_min, static_cast<std::int64_t>(helper.return_max)) : Number::range_u(static_cast<std::uint64_t>(helper.return_min), helper.return_max));
            break;
        case ReturnKind::map_value_or_null:
            result = Value::pointer(Region::map_value);
            result.map = call.map;
            break;
        case ReturnKind::ring_buffer_record_or_null: {
            const Number& size = state.regs[2].number;
            if (!size.is_constant()) return fail(1036, slot, &state, "size of a ring buffer record must be a constant", "it is " + describe(state.regs[2]), "reserve sizeof a struct, or use bpf_ringbuf_output");
            result = Value::pointer(Region::ring_buffer_record);
            result.size = static_cast<std::uint32_t>(size.wide.umin);
            result.map = call.map;
            result.ref = slot + 1;
            if (std::ranges::find(state.refs, result.ref) != state.refs.end()) return fail(1031, slot, &state, "ring buffer record of the iteration before is not released", "", "submit or discard it before reserving again");
            state.refs.insert(std::ranges::lower_bound(state.refs, result.ref), result.ref);
            break;
        }
        case ReturnKind::memory_or_null:
        case ReturnKind::map_value:
        case ReturnKind::object_or_null:
        case ReturnKind::object: return fail(1807, slot, &state, "helper bpf_" + helper.name + " returns memory, which is not supported");
    }
    if (result.is_pointer()) {
        result.kind = ValueKind::pointer_or_null;
        result.null_id = identities_.next();
    }
    for (unsigned r = 0; r <= 5; ++r) state.regs[r] = Value{};
    set(state, 0, result);
    return true;
}

}  // namespace mbpf
