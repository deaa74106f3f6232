// SPDX-License-Identifier: Apache-2.0
// Functions called and called back (verifier/checker/machine_call.cpp, from the source that ships). A call keeps what is the
// caller's: r6 to r9 are as they were when it comes back, and nothing leads to variables that are gone (RFC 9669, section 2). A helper
// calls a function back at most so often; each run begins with what the helper passes it, and its own variables hold nothing.
#include "tests/proofs/call_semantics.h"
#include "verifier/checker/decode.cpp"

namespace mbpf::proof {

namespace {

constexpr std::uint32_t kSlot = 3, kTarget = 40, kBack = 1 << 20;
HelperRule* callee = nullptr;  // of begin_callback
Value passed;
bool finished = false;

}  // namespace

bool Machine::check_argument(unsigned, Call&, Here) { return false; }
bool Machine::helper_result(Half, const Call&, Value&, Here) { return false; }
void Machine::overwrite_stack(const Value&, I64, I64, bool) {}
bool Machine::check_helper(Half, Call& call, Here) {
    if (explorer().choose(2) == 0) return false;
    call.helper = callee;
    call.map = callee->callback == CallbackRule::loop ? -1 : 1;
    call.callback = kTarget;
    call.context = passed;
    return true;
}
void Machine::finish_helper(const Call&, Here) {
    finished = true;
    for (unsigned r = 0; r <= 5; ++r) s_.regs[r] = Value{};
}

namespace {

Value nameless(const char* name) { return Value::of(Number::of(U64::any(name))); }
Value stack_pointer(unsigned frame, int at = -8) {
    Value v = Value::pointer(Region::stack);
    v.frame = static_cast<std::uint8_t>(frame);
    v.fixed = at;
    return v;
}
bool leads_to(const Value& v, unsigned frame) { return v.is_pointer() && v.region == Region::stack && v.frame == frame; }

// Two frames, what a register or a cell may hold, and room for more or for none.
struct Frames {
    Cell cells[16];
    State s;
    Tables tables;
    HelperRule helpers[1] = {any_helper()};
    bpf::Insn insns[8] = {};
    Machine m;
    explicit Frames(bool room = true) : s(cells, room ? 16 : 2), m(tables.env, s) {
        Byte::choose();
        s.depth = 2;
        s.frames[1].kind = FrameKind::call;
        s.frames[1].return_slot = kBack;
        s.regs[bpf::kFramePointer] = stack_pointer(1, 0);
        helpers[0].number = 5;
        tables.env.helpers = helpers;
        tables.env.helper_count = 1;
        tables.env.insns = insns;
        tables.env.insn_count = 8;
        insns[kSlot].opcode = 0x85;
        insns[kSlot].imm = 5;
    }
    // Anything that matters to who owns it: a number, a pointer to the first or to the second frame, to a map's value.
    static Value anything(unsigned kinds = 4) {
        const unsigned kind = explorer().choose(kinds);
        if (kind != 3) return kind == 0 ? nameless("held") : stack_pointer(kind - 1);
        Value v = any_content_of(Region::map_value);
        v.drop_symbol();
        return v;
    }
    void store(const Location& at, const Value& v) { s.put(at, v); }
};
bool same_or_forgotten(const Value* now, const Value& was) { return now == nullptr || now->kind == ValueKind::unknown || same_value(*now, was); }

// A frame is pushed on which nothing stands; the caller's registers are put away, or forgotten.
void require_pushed(const Frames& f, unsigned depth, const Value (&was)[4], FrameKind kind, std::uint32_t target) {
    const State& s = f.s;
    require(context().bool_val(s.depth == depth + 1 && s.depth <= kMaxFrames) && whole(s.depth) <= f.tables.env.max_call_depth.expr(), "no deeper than may be");
    const Frame& top = s.frames[depth];
    require(context().bool_val(top.return_slot == kSlot + 1 && top.function == target && top.kind == kind), "it comes back behind the call");
    require(context().bool_val(!top.any_written(-kFrameBytes, kFrameBytes)), "its variables hold nothing");
    for (unsigned i = 0; i < s.cell_count; ++i) require(context().bool_val(s.cells[i].at.frame != depth || s.cells[i].at.offset >= 0), "nothing is stored there");
    for (unsigned i = 0; i < 4; ++i) {
        const Value* put = s.value_at({static_cast<std::int16_t>(i), 1, static_cast<std::uint8_t>(depth)});
        require(context().bool_val(same_or_forgotten(put, was[i])), "the caller's registers are put away");
        require(context().bool_val(s.cell_room < 16 || was[i].kind == ValueKind::unknown || put != nullptr), "where there is room");
        require(context().bool_val(s.regs[6 + i].kind == ValueKind::unknown), "what the caller held is not the function's");
    }
    require(context().bool_val(s.regs[0].kind == ValueKind::unknown && leads_to(s.regs[10], depth)), "r10 leads to the variables");
    require(place(s.regs[10]) == 0 && context().bool_val(f.m.touched[depth] == 0), "to their end");
}
void proof_call(State&) {
    Frames f(explorer().choose(2) == 0);
    State& s = f.s;
    const unsigned depth = s.depth = static_cast<std::uint8_t>(1 + explorer().choose(kMaxFrames));
    s.regs[10].frame = static_cast<std::uint8_t>(depth - 1);
    f.tables.env.max_call_depth = Half::any("max_call_depth");
    s.locked = Half::any("locked");
    const Value stored = Frames::anything(), argument = s.regs[1] = nameless("argument");
    f.store({-8, 8, 0}, stored);
    const Value was[4] = {Frames::anything(), Frames::anything(1), {}, Frames::anything(1)};
    for (unsigned i = 0; i < 4; ++i) s.regs[6 + i] = was[i];
    if (!f.m.call(kSlot, kTarget)) return;
    require(s.locked.expr() == 0, "no lock is held in a function");
    require_pushed(f, depth, was, FrameKind::call, kTarget);
    const Value* left = s.value_at({-8, 8, 0});
    require(context().bool_val(left != nullptr && same_value(*left, stored) && same_value(s.regs[1], argument)), "arguments and variables stay");
}

// A function's end: the caller's registers come back, nothing leads to the frame that is gone.
void require_popped(const State& s, const Value* const (&put)[4], const Value& stored) {
    require(context().bool_val(s.depth == 1), "the caller's frame is on top");
    for (unsigned r = 1; r < 6; ++r) require(context().bool_val(s.regs[r].kind == ValueKind::unknown), "r1 to r5 hold nothing");
    for (unsigned i = 0; i < 4; ++i) {
        const Value& now = s.regs[6 + i];
        const bool gone = put[i] == nullptr || leads_to(*put[i], 1);
        require(context().bool_val(gone ? now.kind == ValueKind::unknown : same_value(now, *put[i])), "r6 to r9 are the caller's");
    }
    require(context().bool_val(leads_to(s.regs[10], 0)), "r10 is the caller's");
    for (unsigned i = 0; i < s.value_count(); ++i) require(context().bool_val(!leads_to(s.at(i), 1)), "nothing leads to variables that are gone");
    for (unsigned i = 0; i < s.cell_count; ++i) require(context().bool_val(s.cells[i].at.frame == 0), "nor is anything kept of them");
    require(context().bool_val(!s.frames[1].any_written(-kFrameBytes, kFrameBytes)), "they hold nothing for the next call");
    const Value* now = s.value_at({-8, 8, 0});
    if (leads_to(stored, 1)) require(context().bool_val(now == nullptr && !s.frames[0].any_written(-8, 8)), "a stored pointer to them is no number either");
    else require(context().bool_val(now != nullptr && same_value(*now, stored)), "the caller's variables stay");
}
struct Called : Frames {
    Value put[4] = {anything(), anything(2), {}, nameless("put away")}, stored = anything();
    const Value* const was[4] = {&put[0], &put[1], nullptr, &put[3]};
    Called() {
        store({-8, 8, 0}, stored);
        store({-16, 8, 1}, nameless("variable"));
        store({-24, 8, 1}, stack_pointer(0));
        for (std::int16_t i : {0, 1, 3}) store({i, 1, 1}, put[i]);
        s.regs[3] = stack_pointer(1);
        s.regs[7] = stack_pointer(1);
    }
};
void proof_leave(State&) {
    Called f;
    State& s = f.s;
    const Value r0 = s.regs[0] = explorer().choose(2) == 0 ? Frames::anything() : Value{};
    if (!f.m.leave(kSlot)) return;
    require_popped(s, f.was, f.stored);
    require(context().bool_val(!leads_to(r0, 1) && same_value(s.regs[0], r0)), "the result is as it was, and leads to nothing that is gone");
}
void proof_come_back(State&) {
    Called f;
    const bool other = explorer().choose(2) == 0;
    const Value result = nameless("result");
    f.s.packet_bytes = 20;
    f.s.regs[0] = nameless("before");
    if (other) f.m.tail_called();
    else f.m.come_back(result);
    require_popped(f.s, f.was, f.stored);
    if (!other) return require(context().bool_val(same_value(f.s.regs[0], result)), "with this result");
    require(context().bool_val(f.s.regs[0].is_number() && f.s.regs[0].symbol == 0) && f.s.regs[0].number.wide.holds(U64::any("result")), "with any result");
    require(f.s.packet_bytes.expr() == 0, "after any change to the packet");
}
// The program's end. Hooks' ranges have 32 bits (platform_validate.cpp); of r0 the low half is looked at, as a signed number.
void proof_end(State&) {
    Number::with_low() = true;
    Frames f;
    State& s = f.s;
    Environment& env = f.tables.env;
    s.depth = 1;
    s.frames[0].kind = FrameKind::entry;
    env.any_return = Flag::any("any_return");
    env.return_min = I64::any("return_min");
    env.return_max = I64::any("return_max");
    assume(within(env.return_min.expr(), INT32_MAX) && within(env.return_max.expr(), INT32_MAX));
    s.locked = Half::any("locked");
    const unsigned held = explorer().choose(3);
    if (held != 0) s.references[held == 1 ? 0 : 7] = 4;
    s.regs[0] = any_content("r0");
    if (!f.m.leave(kSlot)) return;
    const Value& r0 = s.regs[0];
    require(context().bool_val(r0.kind != ValueKind::unknown), "there is a result");
    require(s.locked.expr() == 0 && context().bool_val(held == 0), "nothing is held");
    if (r0.is_pointer()) return require(env.pointer_leaks_allowed.expr() && env.any_return.expr(), "an address is no result");
    const expr seen = symbolic::as_signed(z3::mod(word(r0), symbolic::power(32)), 32);
    require(env.any_return.expr() || (env.return_min.expr() <= seen && seen <= env.return_max.expr()), "the result is in the hook's range");
}

// The gate of a helper that calls back.
constexpr std::int64_t kMostRuns = std::int64_t{1} << 23;
constexpr CallbackRule kCallbacks[] = {CallbackRule::loop, CallbackRule::for_each_map_elem, CallbackRule::timer};
const Value* at_gate(const State& s, std::int16_t what) { return s.value_at({what, 1, static_cast<std::uint8_t>(s.depth - 1)}); }
void proof_begin(State&) {
    Frames f(explorer().choose(2) == 0);
    State& s = f.s;
    s.depth = 1;
    s.regs[10].frame = 0;
    const Value was[4] = {Frames::anything(), nameless("r7"), {}, nameless("r9")};
    for (unsigned i = 0; i < 4; ++i) s.regs[6 + i] = was[i];
    s.regs[1] = any_value("runs");
    callee = &f.helpers[0];
    callee->callback = kCallbacks[explorer().choose(3)];
    passed = Frames::anything();
    finished = false;
    const bool loop = callee->callback == CallbackRule::loop;
    const expr told = word(s.regs[1]), runs = loop ? z3::ite(told <= whole(kMostRuns), told, whole(0)) : f.tables.maps[1].max_entries.expr();
    if (!f.m.begin_callback(kSlot)) return;
    require(context().bool_val(finished), "the helper has done what it does to the state");
    require_pushed(f, 1, was, FrameKind::callback, kTarget);
    const Value *left = at_gate(s, kRunsLeft), *all = at_gate(s, kRuns), *map = at_gate(s, kPassedMap);
    require(context().bool_val(same_or_forgotten(at_gate(s, kPassedContext), passed)), "what is passed on is put away");
    for (const Value* n : {left, all}) {
        if (n == nullptr) continue;
        const auto& w = n->number.wide;
        const bool constant = !w.mask.is_symbolic() && w.mask.constant == 0;
        require(context().bool_val(n->is_number()) && (constant ? w.umin.expr() == runs && w.umax.expr() == runs && w.value.expr() == runs : w.holds(U64(runs))), "so many runs are left as there are");
        require(n->symbol.expr() == 0 || runs == U64::wrapped(word(n->symbol) + n->delta.expr()), "and so they are named");
    }
    require(context().bool_val(loop ? map == nullptr : all == nullptr && (map == nullptr || (map->kind == ValueKind::pointer && map->region == Region::map_handle && map->map == 1 && map->size == 0))), "the map is put away");
}

struct Gate : Frames {
    const bool loop = explorer().choose(2) == 0;
    expr left = U64::any("left").expr(), all = U64::any("all").expr();
    Value context_passed;
    Gate() {
        s.frames[1].kind = FrameKind::callback;
        s.frames[1].return_slot = kSlot + 1;
        s.frames[1].function = kTarget;
        s.regs[10] = stack_pointer(1, 0);
        assume(left <= all && all <= (loop ? whole(kMostRuns) : symbolic::power(32) - 1));
        put_map();
        context_passed = explorer().choose(2) == 0 ? anything() : Value{};
        store({kPassedContext, 1, 1}, context_passed);
        store({-8, 8, 1}, nameless("variable"));  // of the run before
        store({-16, 8, 1}, stack_pointer(0));
        store({-8, 8, 0}, stored);
        s.regs[9] = stack_pointer(1);
    }
    void put_map() {
        if (loop) return;
        Value map = Value::pointer(Region::map_handle);
        map.map = 1;
        store({kPassedMap, 1, 1}, map);
    }
    const Value stored = anything();
    // r1 to r3: of a map's element its map, its key for reading, its value.
    void require_element() const {
        const Value &map = s.regs[1], &key = s.regs[2], &value = s.regs[3];
        require(context().bool_val(map.kind == ValueKind::pointer && map.region == Region::map_handle && map.map == 1), "r1 is the map");
        require(context().bool_val(key.kind == ValueKind::pointer && key.region == Region::memory && key.read_only && key.map == 1) && place(key) == 0 && key.size.expr() == tables.maps[1].key_size.expr(), "r2 leads to a key, not to be written");
        require(context().bool_val(value.kind == ValueKind::pointer && value.region == Region::map_value && value.map == 1 && !value.read_only) && place(value) == 0, "r3 leads to a value");
        require(value.size.expr() == 0 || value.size.expr() == whole(kSlot + 1), "named by the helper");
    }
    void require_fresh() const {
        require(context().bool_val(!s.frames[1].any_written(-kFrameBytes, kFrameBytes)), "a run's variables hold nothing");
        for (unsigned i = 0; i < s.cell_count; ++i) require(context().bool_val(s.cells[i].at.frame != 1 || s.cells[i].at.offset >= 0), "nor is anything stored there");
    }
};
void proof_enter_run(State&) {
    Gate f;
    State& s = f.s;
    // Each is stated or is not: of maps only how many are left. So many runs: the number and its name, if it has one.
    const bool left_stated = explorer().choose(2) == 0, all_stated = f.loop && explorer().choose(2) == 0;
    Value left = any_value("left");
    assume(word(left) == f.left);
    if (left_stated) f.store({kRunsLeft, 1, 1}, left);
    if (all_stated) f.store({kRuns, 1, 1}, Value::of(Number::of(U64(f.all))));
    Number::claimed().clear();
    if (!left_stated) Number::claimed().push_back(f.left);
    if (f.loop && !all_stated) Number::claimed().push_back(f.all);
    assume(f.left >= 1);
    const expr steps = s.steps.expr();
    const bool may = f.m.enter_run();
    Number::claimed().clear();
    require(context().bool_val(may), "while runs are left there is one more");
    const Value* now = at_gate(s, kRunsLeft);
    if (now != nullptr) require(context().bool_val(now->is_number() && now->modulus == 0) && now->number.wide.holds(U64(f.left - 1)) && is_valid(*now) && within(now->delta.expr(), kMaxDelta.constant), "one less is left");
    f.require_fresh();
    const Value& last = s.regs[f.loop ? 2 : 4];
    require(context().bool_val(leads_to(f.context_passed, 1) || same_value(last, f.context_passed)), "what is passed on");
    if (f.loop) require(context().bool_val(s.regs[1].is_number() && s.regs[1].symbol == 0) && s.regs[1].number.wide.holds(U64(f.all - f.left)), "r1 counts the runs from 0");
    else f.require_element();
    for (unsigned i = 0; i < s.value_count(); ++i) require(context().bool_val(i == 10 || !leads_to(s.at(i), 1)), "nothing leads to variables of the run before");
    require(s.steps.expr() == steps + 1, "a run's beginning costs one");
    const Value* kept = s.value_at({-8, 8, 0});
    require(context().bool_val(leads_to(f.stored, 1) ? kept == nullptr && !s.frames[0].any_written(-8, 8) : kept != nullptr && same_value(*kept, f.stored)), "the caller's variables stay");
}
void proof_timer(State&) {
    Gate f;
    if (f.loop) return;
    State& s = f.s;
    s.packet_bytes = 20;
    s.references[1] = 5;
    s.locked = Half::any("locked");
    s.regs[0] = s.regs[5] = nameless("held");
    f.m.enter_timer();
    f.require_fresh();
    f.require_element();
    require(context().bool_val(s.depth == 2 && s.top().kind == FrameKind::callback && s.top().return_slot == kSlot + 1 && s.top().function == kTarget), "the function that is called back");
    require(context().bool_val(leads_to(s.regs[10], 1)) && place(s.regs[10]) == 0, "r10 leads to its variables");
    require(s.locked.expr() == 0 && s.packet_bytes.expr() == 0 && context().bool_val(!s.holds_references()), "nothing is held");
    for (unsigned r : {0u, 4u, 5u, 6u, 7u, 8u, 9u}) require(context().bool_val(s.regs[r].kind == ValueKind::unknown), "nothing else is known");
    for (unsigned i = 0; i < s.cell_count; ++i) require(context().bool_val(s.cells[i].at.frame == 1 && s.cells[i].at.offset == kPassedMap), "nothing is kept");
    require(context().bool_val(!s.frames[0].any_written(-kFrameBytes, kFrameBytes) && s.difference_count == 0), "no caller has variables");
    require(s.steps.expr() == 0, "it is paid for by itself");
}
void proof_end_run(State&) {
    Number::with_low() = true;
    Gate f;
    State& s = f.s;
    f.helpers[0].callback = f.loop ? CallbackRule::loop : kCallbacks[1 + explorer().choose(2)];
    const bool timer = f.helpers[0].callback == CallbackRule::timer, held = explorer().choose(2) == 0;
    s.locked = Half::any("locked");
    if (held) s.references[3] = 9;
    Value key = Value::pointer(Region::memory);
    key.map = 1;
    s.regs[0] = explorer().choose(2) == 0 ? any_value("r0") : explorer().choose(2) == 0 ? stack_pointer(0) : Value{};
    s.regs[6] = key;
    f.store({-32, 8, 0}, key);
    const Value r0 = s.regs[0];
    if (!f.m.end_run(kSlot)) return;
    require(context().bool_val(r0.is_number()), "a run ends with a number");
    require(z3::mod(word(r0), symbolic::power(32)) <= (timer ? 0 : 1), "which says to go on or to stop");
    require(s.locked.expr() == 0, "no lock is held between runs");
    require(context().bool_val(!timer || !held), "nor anything else at a timer's end");
    for (unsigned r = 0; r < 10; ++r) require(context().bool_val(s.regs[r].kind == ValueKind::unknown), "nothing is known of registers");
    if (!f.loop) require(context().bool_val(s.value_at({-32, 8, 0}) == nullptr && !s.frames[0].any_written(-32, 8)), "the key is there for one run");
    const Value* kept = s.value_at({-8, 8, 0});
    require(context().bool_val(kept != nullptr && same_value(*kept, f.stored)), "variables stay");
}
void proof_end_callback(State&) {
    Called f;
    f.s.frames[1].kind = FrameKind::callback;
    const expr steps = f.s.steps.expr();
    f.m.end_callback();
    require_popped(f.s, f.was, f.stored);
    const U64 result = U64::any("result");
    assume(within(symbolic::as_signed(result.expr(), 64), INT32_MAX));
    require(context().bool_val(f.s.regs[0].is_number() && f.s.regs[0].symbol == 0) && f.s.regs[0].number.wide.holds(result) && f.s.steps.expr() == steps + 1, "with any number of 32 bits");
}

// What a slot's helper is.
void proof_slots(State&) {
    Frames f;
    HelperRule& h = f.helpers[0];
    h.invalidates_packet = Flag::any("invalidates_packet");
    h.tail_call = Flag::any("tail_call");
    h.callback = explorer().choose(2) == 0 ? CallbackRule::loop : CallbackRule::none;
    const std::uint32_t slots[] = {kSlot, 1, 8, UINT32_MAX}, slot = slots[explorer().choose(4)];
    f.insns[kSlot].src = static_cast<std::uint8_t>(explorer().choose(2));
    f.insns[kSlot].imm = 5 + static_cast<int>(explorer().choose(2));
    f.insns[1].opcode = 0xb7;
    f.insns[1].imm = 5;
    const bool calls = slot == kSlot && f.insns[kSlot].src == 0 && f.insns[kSlot].imm == 5;
    const expr is = context().bool_val(calls);
    require(context().bool_val(f.m.tail_call_at(slot)) == (is && h.tail_call.expr()), "whether it is a tail call");
    require(context().bool_val(f.m.moves_packets(slot)) == (is && (h.tail_call.expr() || h.invalidates_packet.expr())), "whether it moves the packet");
    require(context().bool_val(f.m.callback_at(slot) == (calls ? h.callback : CallbackRule::none)), "what it calls back");
}

MBPF_RULES(Functions, keep_what_is_their_callers, {"call", proof_call}, {"leave", proof_leave}, {"come_back", proof_come_back}, {"leave, the program", proof_end}, {"helper_at", proof_slots})
MBPF_RULES(Functions, are_called_back_with_what_is_passed, {"begin_callback", proof_begin}, {"enter_run", proof_enter_run}, {"enter_timer", proof_timer}, {"end_run", proof_end_run}, {"end_callback", proof_end_callback})

}  // namespace
}  // namespace mbpf::proof
