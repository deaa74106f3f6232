// SPDX-License-Identifier: Apache-2.0
// Calls. Of a helper every argument is held against the prototype; afterwards only what the prototype promises
// is known. The program's own functions run in a frame of their own; callbacks run any number of times up to a
// bound, so they are a loop whose head, the gate, is the state between two runs.
#include "verifier/checker/machine.h"

namespace mbpf::proof {

namespace {

constexpr int64_t kMaxBuffer = int64_t{1} << 24;
constexpr uint64_t kMaxRuns = uint64_t{1} << 23;

}  // namespace

// What a call puts away stands in the frame that it opens.
void Machine::save(unsigned index, const Value& value) { s_.put({static_cast<int16_t>(index), 1, static_cast<uint8_t>(s_.depth - 1)}, value); }
Value Machine::saved(unsigned index) const {
    const Value* v = s_.value_at({static_cast<int16_t>(index), 1, static_cast<uint8_t>(s_.depth - 1)});
    return v == nullptr ? Value{} : *v;
}

bool Machine::check_map(unsigned index, Call& call) {
    const unsigned reg = index + 1;
    const Value& v = s_.regs[reg];
    if (v.kind == ValueKind::pointer_or_null) return fail(Reason::null_argument, reg);
    if (v.kind != ValueKind::pointer || v.region != Region::map_handle) return fail(Reason::argument_kind, reg);
    if (static_cast<uint32_t>(v.map) >= env_.map_count) return fail(Reason::bad_map, reg, v.map);
    if (call.map >= 0 && call.map != v.map) return fail(Reason::argument_kind, reg);  // not the map that holds the timer
    const MapRule& map = env_.maps[v.map];
    bool allowed = map.known_type && call.helper->map_type_count == 0;
    for (uint32_t i = 0; i < call.helper->map_type_count; ++i) allowed = allowed || (map.known_type && call.helper->map_types[i] == map.type);
    if (!allowed) return fail(Reason::map_type, reg, v.map);
    if (call.helper->changes_map && map.read_only) return fail(Reason::constant_written, reg, 0, 0, v.map);
    call.map = v.map;
    return true;
}

bool Machine::check_memory(unsigned index, int64_t size, bool is_write, Call& call) {
    const unsigned reg = index + 1;
    const Value& v = s_.regs[reg];
    if (v.is_number()) return (call.helper->arguments[index].nullable && v.is_null()) || fail(Reason::argument_kind, reg);
    if (v.kind == ValueKind::pointer_or_null && !call.helper->arguments[index].nullable) return fail(Reason::null_argument, reg);
    if (size == 0) return true;
    // The native layout may differ from what the program sees.
    if (v.region == Region::context) return fail(Reason::context_buffer, reg);
    if (v.region == Region::object || (rule_of(v.region).of_packet && call.helper->no_packet_memory)) return fail(Reason::argument_kind, reg);
    const bool reads = !is_write || call.helper->arguments[index].initialized;
    if (v.region != Region::stack) return (!reads || in_bounds(reg, 0, size, false)) && (!is_write || in_bounds(reg, 0, size, true));
    const int64_t lo = v.offset_min(), all = v.offset_max() + size - lo;
    if (!is_write && !env_.pointer_leaks_allowed && lo >= -kFrameBytes && lo + all <= 0 && s_.holds_pointer(v.frame, lo, all)) return fail(Reason::stack_pointer_bytes, reg, lo, lo + all - 1, 1, static_cast<uint32_t>(size));
    if (lo + all > 0) return fail(Reason::stack_buffer, reg, lo, v.offset_max(), -v.offset_max(), static_cast<uint32_t>(size), is_write);
    if (reads && !readable_stack(reg, 0, size)) return false;
    if (!is_write) return true;
    if (!in_stack(reg, 0, size, true)) return false;
    if (!v.fixed_place() && s_.holds_pointer(v.frame, lo, all)) return fail(Reason::write_over_pointer, reg, lo, lo + all - 1, 0, static_cast<uint32_t>(size), true);
    call.written[call.written_count++] = {v, size, v.kind == ValueKind::pointer};  // to null nothing is written
    return true;
}

bool Machine::check_buffer(unsigned index, Call& call) {
    const Argument& arg = call.helper->arguments[index];
    const bool is_write = arg.rule == ArgumentRule::memory_write;
    if (arg.fixed_size != 0) return check_memory(index, arg.fixed_size, is_write, call);
    if (index + 1 >= call.helper->argument_count) return fail(Reason::bad_instruction);
    const Argument& size_arg = call.helper->arguments[index + 1];
    const unsigned size_reg = index + 2;
    if (!readable(size_reg)) return false;
    const Value& size = s_.regs[size_reg];
    if (!size.is_number()) return fail(Reason::argument_kind, size_reg);
    const int64_t least = size_arg.has_range ? size_arg.min : size_arg.rule == ArgumentRule::memory_size ? 1 : 0;
    const int64_t most = size_arg.has_range ? size_arg.max : kMaxBuffer;
    const auto& n = size.number.wide;
    if (n.smin < least || n.smax > most) return fail(Reason::size_range, size_reg, n.smin, n.smax, least, static_cast<uint32_t>(most));
    // No memory at all passes for none: the helper takes what is not null for as long as it is told.
    if (n.smax != 0 && (s_.regs[index + 1].is_null() || s_.regs[index + 1].kind == ValueKind::pointer_or_null)) return fail(Reason::null_argument, index + 1);
    // A length checked against the packet's end.
    const Value& base = s_.regs[index + 1];
    int64_t bound = 0;
    const bool in_packet = rule_of(base.region).of_packet, ahead = base.kind == ValueKind::pointer && base.number.wide.smin >= 0;
    if (ahead && base.region == Region::packet && !call.helper->no_packet_memory && !(is_write && env_.packet_read_only) && base.offset_min() >= 0 &&
        ((base.fixed_place() && s_.below_packet_end(size, bound) && bound + base.offset_max() <= 0) || (s_.sum_most(variable_part(base), size, s_.packet_length(), bound) && bound + base.fixed <= 0)))
        return true;
    // All of the greatest size must be there; only the least is surely initialised. Where the greatest size cannot meet the
    // greatest offset, so much less is touched.
    int64_t greatest = n.smax;
    if (ahead && !in_packet && n.smax > 0 && s_.sum_most(variable_part(base), size, Value::constant(0), bound) && bound + base.fixed - base.offset_max() < greatest) greatest = bound + base.fixed - base.offset_max();
    if (greatest < 1 && n.smax > 0) greatest = 1;
    const unsigned before = call.written_count;
    if (!check_memory(index, greatest, is_write, call)) return false;
    if (call.written_count > before && n.smin != n.smax) {
        call.written[before].surely = false;
        if (n.smin > 0 && n.smin <= greatest) call.written[call.written_count++] = {call.written[before].base, n.smin, true};
    }
    return true;
}

// The start of what a region holds; null perhaps, but not to be given back then.
bool Machine::check_start(unsigned reg, Region region, bool releases, const Argument& arg, Call& call) {
    const Value& v = s_.regs[reg];
    const bool fits = v.region == region && v.offset_min() == 0 && v.offset_max() == 0 && (region != Region::object || object_is_a(env_, v.map, arg.object));
    const bool there = fits && v.kind == ValueKind::pointer;
    if (there ? releases && (v.reference == 0 || v.borrowed) : releases || region == Region::function || !arg.nullable || !(v.is_null() || (v.kind == ValueKind::pointer_or_null && fits))) return wrong_argument(reg);
    if (releases) call.released = v.reference;
    if (region == Region::object && call.lender == 0) call.lender = v.reference;
    if (region == Region::function) call.callback = v.size;
    return true;
}

bool Machine::check_argument(unsigned index, Call& call) {
    const Argument& arg = call.helper->arguments[index];
    const unsigned reg = index + 1;
    if (!readable(reg)) return false;
    const Value& v = s_.regs[reg];
    const MapRule* map = call.map >= 0 ? &env_.maps[call.map] : nullptr;
    switch (arg.rule) {
        case ArgumentRule::scalar: {
            if (!v.is_number()) return wrong_argument(reg);
            // A 32-bit argument is judged by its low half, as the helper sees it.
            const int64_t lo = arg.width == 32 ? v.number.low.smin : v.number.wide.smin, hi = arg.width == 32 ? v.number.low.smax : v.number.wide.smax;
            return !arg.has_range || (lo >= arg.min && hi <= arg.max) || fail(Reason::argument_range, reg, lo, hi);
        }
        case ArgumentRule::anything: return true;
        case ArgumentRule::context: return check_start(reg, Region::context, false, arg, call);
        case ArgumentRule::ring_buffer_record: return check_start(reg, Region::ring_buffer_record, true, arg, call);
        case ArgumentRule::object: return check_start(reg, Region::object, false, arg, call);
        case ArgumentRule::object_release: return check_start(reg, Region::object, true, arg, call);
        case ArgumentRule::callback: return check_start(reg, Region::function, false, arg, call);
        case ArgumentRule::map: return check_map(index, call);
        case ArgumentRule::map_key: return map == nullptr ? wrong_argument(reg) : check_memory(index, map->key_size, false, call);
        case ArgumentRule::map_value: return map == nullptr ? wrong_argument(reg) : check_memory(index, map->value_size, false, call);
        case ArgumentRule::map_value_out: return map == nullptr ? wrong_argument(reg) : check_memory(index, map->value_size, true, call);
        case ArgumentRule::memory_read:
        case ArgumentRule::memory_write: return check_buffer(index, call);
        case ArgumentRule::memory_size:
        case ArgumentRule::memory_size_zero: return true;  // judged with its buffer
        case ArgumentRule::map_value_pointer:
            if (v.kind != ValueKind::pointer || v.region != Region::map_value || !v.fixed_place() || v.map < 0 || v.offset_min() < 0 || v.offset_min() >= env_.maps[v.map].value_size || (arg.use != KernelUse::none && !at_kernel_field(v, arg.use))) return wrong_argument(reg);
            if (arg.use == KernelUse::timer) call.map = v.map;
            call.element = env_.maps[v.map].is_global_data ? kGlobalData + static_cast<uint32_t>(v.map) : v.size;
            return true;
        case ArgumentRule::callback_context:
            call.context = v;
            return v.is_null() || (v.kind == ValueKind::pointer && (v.region == Region::stack || v.region == Region::map_value)) || wrong_argument(reg);
    }
    return fail(Reason::bad_instruction);
}

bool Machine::wrong_argument(unsigned reg) { return fail(s_.regs[reg].kind == ValueKind::pointer_or_null ? Reason::null_argument : Reason::argument_kind, reg); }

// A lock or timer is where the map's type declares one, and one alone.
bool Machine::at_kernel_field(const Value& v, KernelUse use) const {
    const MapRule& map = env_.maps[v.map];
    unsigned all = 0, here = 0;
    for (uint32_t i = 0; i < map.kernel_field_count; ++i) {
        if (map.kernel_fields[i].use != use) continue;
        ++all;
        if (v.offset_min() == map.kernel_fields[i].offset) ++here;
    }
    return all == 1 && here == 1;
}

bool Machine::check_helper(uint32_t slot, Call& call) {
    const uint32_t number = static_cast<uint32_t>(env_.insns[slot].imm);
    const HelperRule* helper = find_helper(env_, number);
    if (helper == nullptr) return fail(Reason::no_helper, 0, number);
    if (!helper->allowed_on_hook) return fail(Reason::helper_hook, 0, number);
    if (!helper->supported) return fail(Reason::helper_unsupported, 0, number);
    if ((s_.locked != 0) != helper->unlocks) return fail(Reason::lock, 0, number);
    if (helper->tail_call && s_.top().kind == FrameKind::callback) return fail(Reason::helper_unsupported, 0, number);
    if (helper->tail_call && s_.holds_references()) return fail(Reason::unreleased, 0, number);
    call.helper = helper;
    helper_used = static_cast<int32_t>(number);
    for (unsigned i = 0; i < helper->argument_count; ++i)
        if (!check_argument(i, call)) return false;
    // The lock that is held is the one given back.
    if (helper->unlocks ? call.element != s_.locked : helper->locks && call.element == 0) return fail(Reason::lock, 1, number);
    if (helper->locks) s_.locked = call.element;
    if (helper->unlocks) s_.locked = 0;
    return true;
}

bool Machine::helper(uint32_t slot) {
    Call call;
    Value result;
    if (!check_helper(slot, call) || !helper_result(slot, call, result)) return false;
    finish_helper(call);
    s_.regs[0] = result;
    return true;
}

// A number with a unit cost has passed its range, so its signed bounds are not negative.
uint64_t Machine::cost_of(const Call& call) const {
    const HelperRule& h = *call.helper;
    uint64_t cost = uint64_t{h.cost} + (call.map >= 0 && h.map_costs != nullptr ? h.map_costs[call.map] : uint32_t{0});
    for (unsigned i = 0; i < h.argument_count; ++i) {
        const Number& n = s_.regs[i + 1].number;
        if (h.arguments[i].unit_cost != 0) cost += h.arguments[i].unit_cost * static_cast<uint64_t>(h.arguments[i].width == 32 ? int64_t{n.low.smax} : n.wide.smax);
    }
    return cost;
}

// What the call does to the state besides its result.
void Machine::finish_helper(const Call& call) {
    if (env_.counted == UINT32_MAX) s_.steps += cost_of(call);
    for (unsigned i = 0; i < call.written_count; ++i) overwrite_stack(call.written[i].base, 0, call.written[i].size, call.written[i].surely);
    if (call.released != 0) {
        s_.references[call.released - 1] = 0;
        // Where addresses may be seen, what is left of the pointers is a number.
        for (unsigned i = 0; env_.pointer_leaks_allowed && i < s_.value_count(); ++i)
            if (s_.at(i).reference == call.released) s_.at(i) = Value::of(Number::unknown());
        s_.forget_if([&](const Value& v) { return v.reference == call.released; });
    }
    if (call.helper->invalidates_packet) s_.forget_packet();
    for (unsigned r = 0; r <= 5; ++r) s_.regs[r] = Value{};
}

bool Machine::acquire(uint32_t slot, Value& result) {
    for (unsigned i = 0; i < kMaxReferences; ++i) {
        if (s_.references[i] == slot + 1) return fail(Reason::unreleased, 0, slot, 1);  // the iteration before still holds one
        if (s_.references[i] != 0 || result.reference != 0) continue;
        result.reference = static_cast<uint8_t>(i + 1);
    }
    if (result.reference == 0) return fail(Reason::too_many_references);
    s_.references[result.reference - 1] = slot + 1;
    return true;
}

// Of a map whose values have locks, the value found at a slot has a name; what was found there before loses it. So pointers of
// one name lead to one value.
void Machine::name_element(uint32_t slot, Value& element) {
    const MapRule& map = env_.maps[element.map];
    bool has_lock = false;
    for (uint32_t i = 0; i < map.kernel_field_count; ++i) has_lock = has_lock || map.kernel_fields[i].use == KernelUse::lock;
    for (unsigned i = 0; has_lock && i < s_.value_count(); ++i)
        if (s_.at(i).region == Region::map_value && s_.at(i).size == slot + 1) s_.at(i).size = 0;
    if (has_lock) element.size = slot + 1;
}

// The greatest key of 4 bytes that `key`, an argument found readable, may lead to.
uint64_t Machine::key_most(const Value& key) const {
    if (key.kind != ValueKind::pointer || key.region != Region::stack || !key.fixed_place()) return UINT32_MAX;
    return s_.assemble(key.frame, key.offset_min(), 4).wide.umax;
}

bool Machine::helper_result(uint32_t slot, const Call& call, Value& result) {
    const HelperRule& h = *call.helper;
    const Value& size = s_.regs[2];
    bool nullable = true;
    switch (h.returns) {
        case ReturnRule::nothing: return true;
        case ReturnRule::scalar:
            result = Value::of(h.return_width == 32 ? (h.return_signed ? Number::signed_bits(32) : Number::unknown_bits(32)) : Number::unknown());
            if (h.has_return_range) result = Value::of(h.return_signed ? Number::range_s(h.return_min, static_cast<int64_t>(h.return_max)) : Number::range_u(static_cast<uint64_t>(h.return_min), h.return_max));
            if (h.return_at_most_argument >= 1 && h.return_at_most_argument <= 5 && s_.regs[h.return_at_most_argument].is_number())
                result.number = meet(result.number, Number::range_s(INT64_MIN, s_.regs[h.return_at_most_argument].number.wide.smax));
            return true;
        case ReturnRule::map_value: nullable = false; [[fallthrough]];
        case ReturnRule::map_value_or_null: {
            if (call.map < 0) return fail(Reason::bad_map, 0, call.map);
            const MapRule& map = env_.maps[call.map];
            if (map.object >= 0) {
                result = object_pointer(map.object);
                if (map.acquires && !acquire(slot, result)) return false;
                break;
            }
            if (map.has_all_keys && h.argument_count == 2 && h.arguments[1].rule == ArgumentRule::map_key && key_most(s_.regs[2]) < map.max_entries) nullable = false;
            result = Value::pointer(map.inner >= 0 ? Region::map_handle : Region::map_value);
            result.map = static_cast<int16_t>(map.inner >= 0 ? map.inner : call.map);
            if (map.inner < 0) name_element(slot, result);
            break;
        }
        case ReturnRule::ring_buffer_record_or_null:
            if (!size.is_constant() || size.number.wide.umin > static_cast<uint64_t>(kMaxOffset)) return fail(Reason::reservation_size, 2);
            result = Value::pointer(Region::ring_buffer_record);
            result.size = static_cast<uint32_t>(size.number.wide.umin);
            result.map = static_cast<int16_t>(call.map);
            if (!acquire(slot, result)) return false;
            break;
        case ReturnRule::memory_or_null:
            result = Value::pointer(Region::memory);
            result.size = h.fixed_size;
            break;
        case ReturnRule::object: nullable = false; [[fallthrough]];
        case ReturnRule::object_or_null:
            result = object_pointer(h.object);
            if (h.acquires && !acquire(slot, result)) return false;
            if (h.borrows && call.lender != 0) {
                result.reference = call.lender;
                result.borrowed = true;
            }
            break;
    }
    if (nullable) result = or_null(result);
    return true;
}

Value Machine::or_null(Value v) {
    v.kind = ValueKind::pointer_or_null;
    v.symbol = s_.fresh();
    return v;
}

bool Machine::push_frame(uint32_t slot, uint32_t target, FrameKind kind) {
    if (s_.depth >= env_.max_call_depth || s_.depth >= kMaxFrames) return fail(Reason::call_depth);
    const uint8_t frame = s_.depth++;
    Frame& f = s_.frames[frame];
    f.return_slot = slot + 1;
    f.function = target;
    f.kind = kind;
    for (unsigned i = 0; i < kSavedRegisters; ++i) {
        save(i, s_.regs[kFirstSaved + i]);
        s_.regs[kFirstSaved + i] = Value{};
    }
    s_.regs[0] = Value{};
    s_.regs[bpf::kFramePointer].frame = frame;
    touched[frame] = 0;
    return true;
}

// r6 to r9 are the caller's again.
void Machine::restore_caller() {
    for (unsigned r = 1; r < kFirstSaved; ++r) s_.regs[r] = Value{};
    for (unsigned i = 0; i < kSavedRegisters; ++i) s_.regs[kFirstSaved + i] = saved(i);
    s_.pop_frame();
}

bool Machine::call(uint32_t slot, uint32_t target) {
    slot_ = slot;
    if (s_.locked) return fail(Reason::lock);
    return push_frame(slot, target, FrameKind::call);
}

bool Machine::leave(uint32_t slot) {
    slot_ = slot;
    const bool last = s_.depth == 1;
    // A function without result leaves nothing in r0; then nobody may read it.
    if (last && !readable(0)) return false;
    // A caller may get a pointer, but not to the frame that ends here.
    const Value& r0 = s_.regs[0];
    const bool may_return = last ? env_.pointer_leaks_allowed && env_.any_return : r0.region != Region::stack || r0.frame != s_.depth - 1;
    if (r0.is_pointer() && !may_return) return fail(Reason::returns_pointer, 0);
    if (!last) {
        restore_caller();
        return true;
    }
    if (s_.locked) return fail(Reason::lock);
    for (uint32_t held : s_.references)
        if (held != 0) return fail(Reason::unreleased, 0, held - 1);
    // The device looks at the low 32 bits as a signed number, as Linux does for int results.
    const Number& n = s_.regs[0].number;
    const bool wide = n.wide.smin >= env_.return_min && n.wide.smax <= env_.return_max, low = n.low.smin >= env_.return_min && n.low.smax <= env_.return_max;
    return env_.any_return || wide || low || fail(Reason::return_range, 0, n.low.smin, n.low.smax);
}

void Machine::come_back(const Value& result) {
    restore_caller();
    s_.regs[0] = result;
}

// The program called in its stead ends as this function would: with any number, after any change to the packet.
void Machine::tail_called() {
    come_back(Value::of(Number::unknown()));
    s_.forget_packet();
}

bool Machine::tail_call_at(uint32_t slot) const {
    const HelperRule* h = helper_at(slot);
    return h != nullptr && h->tail_call;
}

const HelperRule* Machine::helper_at(uint32_t slot) const {
    const Operation op = slot < env_.insn_count ? decode(env_.insns[slot]) : Operation{};
    return op.valid && op.kind == bpf::Kind::call_helper ? find_helper(env_, static_cast<uint32_t>(env_.insns[slot].imm)) : nullptr;
}

bool Machine::moves_packets(uint32_t slot) const {
    const HelperRule* h = helper_at(slot);
    return h != nullptr && (h->invalidates_packet || h->tail_call);
}

CallbackRule Machine::callback_at(uint32_t slot) const {
    const HelperRule* h = helper_at(slot);
    return h == nullptr ? CallbackRule::none : h->callback;
}

bool Machine::begin_callback(uint32_t slot) {
    slot_ = slot;
    Call call;
    if (!check_helper(slot, call)) return false;
    Value runs = Value::constant(call.map >= 0 ? env_.maps[call.map].max_entries : uint32_t{0}), map;
    if (call.helper->callback == CallbackRule::loop) {
        // More than the limit is refused by the helper itself, which then runs none.
        runs = s_.regs[1];
        if (runs.number.wide.umax > kMaxRuns) runs = Value::of(Number::range_u(0, kMaxRuns));
    } else {
        map = Value::pointer(Region::map_handle);
        map.map = static_cast<int16_t>(call.map);
    }
    finish_helper(call);
    if (!push_frame(slot, call.callback, FrameKind::callback)) return false;
    save(kRunsLeft, runs);
    save(kRuns, map.is_pointer() ? Value{} : runs);
    save(kPassedContext, call.context);
    save(kPassedMap, map);
    return true;
}

bool Machine::enter_run() {
    Value runs = saved(kRunsLeft);
    if (!runs.is_number()) runs = Value::of(Number::unknown_bits(32));  // a map may have more elements than a loop has turns
    Number one = Number::constant(1);
    if (!Number::refine(bpf::Condition::ge, true, 64, runs.number, one)) return false;
    s_.refine(runs, runs.number);
    s_.clear_stack(static_cast<uint8_t>(s_.depth - 1));  // the run gets a stack of its own
    const Value context = saved(kPassedContext), map = saved(kPassedMap), all = saved(kRuns);
    s_.regs[2] = context;
    // The index counts up from 0 while the runs left count down.
    if (map.is_pointer()) pass_element(map, context);
    else s_.regs[1] = Value::of(meet(Number::alu64(bpf::AluOp::sub, all.is_number() ? all.number : Number::range_u(0, kMaxRuns), runs.number), Number::range_u(0, kMaxRuns - 1)));
    save(kRunsLeft, variable_part(runs, -1));
    if (env_.counted == UINT32_MAX) ++s_.steps;
    return true;
}

void Machine::pass_element(const Value& map, const Value& context) {
    s_.regs[1] = s_.regs[2] = s_.regs[3] = map;
    s_.regs[2].region = Region::memory;
    s_.regs[2].size = env_.maps[map.map].key_size;
    s_.regs[2].read_only = true;
    s_.regs[3].region = Region::map_value;
    name_element(s_.top().return_slot - 1, s_.regs[3]);
    s_.regs[4] = context;
}

// As a program of its own, whose first frame is empty.
void Machine::enter_timer() {
    const Value map = saved(kPassedMap);
    Frame run = s_.top();
    run.mark(-kFrameBytes, kFrameBytes, false);
    s_.clear();
    s_.depth = 2;
    s_.frames[1] = run;
    save(kPassedMap, map);
    s_.regs[bpf::kFramePointer] = Value::pointer(Region::stack);
    s_.regs[bpf::kFramePointer].frame = 1;
    pass_element(map, Value{});
}

bool Machine::end_run(uint32_t slot) {
    slot_ = slot;
    if (!readable(0)) return false;
    if (s_.regs[0].is_pointer()) return fail(Reason::returns_pointer, 0);
    const auto& n = s_.regs[0].number.low;
    const bool timer = is_timer(s_.top().return_slot - 1);
    const uint32_t most = timer ? 0 : 1;
    if (n.umax > most) return fail(Reason::callback_result, 0, n.smin, n.smax, most);
    if (s_.locked) return fail(Reason::lock);
    if (timer && s_.holds_references()) return fail(Reason::unreleased);
    // The key is there for one run only.
    s_.forget_if([map = saved(kPassedMap)](const Value& v) { return map.is_pointer() && v.region == Region::memory && v.map == map.map; });
    for (unsigned r = 0; r < bpf::kFramePointer; ++r) s_.regs[r] = Value{};
    return true;
}

void Machine::end_callback() {
    restore_caller();
    s_.regs[0] = Value::of(Number::signed_bits(32));
    if (env_.counted == UINT32_MAX) ++s_.steps;
}

}  // namespace mbpf::proof
