// SPDX-License-Identifier: Apache-2.0
// What a helper is given (verifier/checker/machine_call.cpp, from the source that ships): for all prototypes, words and all that
// may be known of them, an argument that is let through is what the prototype asks for. call_semantics.h says what that is.
#include "tests/proofs/call_semantics.h"
#include "verifier/checker/decode.cpp"

namespace mbpf::proof {

// Not under proof here.
bool Machine::check_argument(unsigned, Call&, Here) { return false; }
bool Machine::check_helper(Half, Call&, Here) { return false; }
bool Machine::helper_result(Half, const Call&, Value&, Here) { return false; }
void Machine::finish_helper(const Call&, Here) {}
void Machine::overwrite_stack(const Value&, I64, I64, bool) {}

namespace {

// A call whose argument `kIndex` is under proof.
constexpr unsigned kIndex = 1, kReg = kIndex + 1;
struct Judged {
    Tables tables;
    HelperRule helper = any_helper();
    Machine::Call call;
    Machine m;
    const Value& value;
    Argument& arg;
    expr is_null;
    Judged(State& s, ArgumentRule rule) : m(tables.env, s), value(s.regs[kReg]), arg(helper.arguments[kIndex]), is_null(explorer().fresh_bool("is_null")) {
        helper.argument_count = 5;
        call.helper = &helper;
        arg.rule = rule;
        s.regs[kReg] = any_content("argument");
        Byte::choose();
        assume(s.packet_bytes.expr() <= word(kPacketLength) && word(kPacketLength) <= s.longest_packet.expr());
    }
};

// So many bytes are handed over: for the helper to read, or to write, or both. `sized`: by an argument of their own.
void require_memory(Judged& j, const State& s, const expr& bytes, bool is_write, bool sized) {
    const Value& v = j.value;
    require(context().bool_val(v.kind != ValueKind::unknown), "no register is read that holds nothing");
    if (v.is_number()) {
        require(j.arg.nullable.expr() && word(v) == 0, "a number that is no null, or null where none may be");
        if (sized) require(bytes == 0, "no memory at all is no bytes");
        require(context().bool_val(j.call.written_count == 0), "to null nothing is written");
        return;
    }
    const bool may_be_null = v.kind == ValueKind::pointer_or_null;
    if (may_be_null) {
        require(j.arg.nullable.expr(), "null where none may be");
        if (sized) require(bytes == 0, "no memory at all is no bytes");
    }
    const expr there = may_be_null ? !j.is_null : context().bool_val(true);
    const Byte& b = Byte::now();
    const expr touched = there && place(v) <= b.at && b.at < place(v) + bytes;
    const bool reads = !is_write || j.arg.initialized;
    expr claim = may_touch(j.tables.env, j.helper, v, is_write);
    if (is_write && reads) claim = claim && may_touch(j.tables.env, j.helper, v, false);
    require(z3::implies(touched, claim), "a byte is touched that may not be");
    expr is_marked = context().bool_val(v.region != Region::stack || !is_write);
    if (v.region == Region::stack) {
        require(z3::implies(touched, -b.at <= j.m.touched[v.frame].expr()), "a byte is touched that counts as no stack");
        const expr seen = j.tables.env.pointer_leaks_allowed.expr() || (b.initialised && !b.of_pointer);
        if (reads) require(z3::implies(touched, seen), "a byte is read that nobody wrote, or that is a pointer's");
        if (is_write) require(z3::implies(touched && !b.of_pointer, context().bool_val(true)) && z3::implies(touched && !is_fixed(v), !b.of_pointer), "a pointer is written over, nobody knows which");
    }
    for (unsigned i = 0; i < j.call.written_count; ++i) {
        const Machine::Written& w = j.call.written[i];
        require(context().bool_val(w.base.region == Region::stack && w.base.frame == v.frame) && place(w.base) == place(v) && w.size.expr() >= 0, "what is written is written there");
        is_marked = is_marked || (b.at >= least_place(w.base) && b.at < most_place(w.base) + w.size.expr());
        if (w.surely) require(there && w.size.expr() <= bytes, "a byte counts as written that is not");
    }
    require(z3::implies(touched, is_marked), "a byte is written of which the state keeps what it was");
}

void prove_memory(State& s, ArgumentRule rule, bool is_write) {
    Judged j(s, rule);
    const bool of_map = rule != ArgumentRule::memory_read && rule != ArgumentRule::memory_write;
    j.call.map = static_cast<int>(explorer().choose(of_map ? 3 : 1)) - 1;
    if (!of_map) assume(j.arg.fixed_size.expr() > 0);
    if (!j.m.check_argument(kIndex, j.call, kReal)) return;
    require(context().bool_val(!of_map || j.call.map >= 0), "of a map, which is known");
    const MapRule& map = j.tables.maps[j.call.map < 0 ? 0 : j.call.map];
    const expr bytes = of_map ? (rule == ArgumentRule::map_key ? map.key_size.expr() : map.value_size.expr()) : j.arg.fixed_size.expr();
    require_memory(j, s, bytes, is_write, false);
    require(context().bool_val(j.call.written_count <= (j.value.is_pointer() ? 1u : 0u)), "at most one place is written");
}
void proof_memory(State& s) {
    struct {
        ArgumentRule rule;
        bool is_write;
    } const rules[] = {{ArgumentRule::map_key, false}, {ArgumentRule::map_value, false}, {ArgumentRule::map_value_out, true}, {ArgumentRule::memory_read, false}, {ArgumentRule::memory_write, true}};
    const auto& r = rules[explorer().choose(5)];
    prove_memory(s, r.rule, r.is_write);
}

// A buffer, its size behind it: of a prototype, each size follows a buffer and has a range within 31 bits (platform_validate.cpp).
void proof_buffer(State& s) {
    const bool is_write = explorer().choose(2) == 0;
    Judged j(s, is_write ? ArgumentRule::memory_write : ArgumentRule::memory_read);
    j.arg.fixed_size = 0;
    const bool is_last = explorer().choose(2) == 0;
    if (is_last) j.helper.argument_count = kIndex + 1;
    Argument& size_arg = j.helper.arguments[kIndex + 1];
    size_arg.rule = explorer().choose(2) == 0 ? ArgumentRule::memory_size : ArgumentRule::memory_size_zero;
    const expr least = whole(size_arg.rule == ArgumentRule::memory_size ? 1 : 0);
    assume(z3::implies(size_arg.has_range.expr(), least <= size_arg.min.expr() && size_arg.min.expr() <= size_arg.max.expr() && size_arg.max.expr() <= whole(INT32_MAX)));
    Value& size = s.regs[kReg + 1] = any_number("size");
    constexpr ValueKind kKinds[] = {ValueKind::number, ValueKind::unknown, ValueKind::pointer, ValueKind::pointer_or_null};
    size.kind = kKinds[explorer().choose(4)];
    if (!j.m.check_argument(kIndex, j.call, kReal)) return;
    require(context().bool_val(!is_last && size.is_number()), "a buffer has a size, which is a number");
    const expr bytes = word(size);
    require(z3::ite(size_arg.has_range.expr(), size_arg.min.expr() <= bytes && bytes <= size_arg.max.expr(), least <= bytes && bytes <= whole(1 << 24)), "a size out of its range");
    require(size.number.wide.smax.expr() <= z3::ite(size_arg.has_range.expr(), size_arg.max.expr(), whole(1 << 24)), "a size known to be in its range: what it costs is bounded so");
    require_memory(j, s, bytes, is_write, true);
    require(context().bool_val(j.call.written_count <= (j.value.is_pointer() ? 2u : 0u)), "at most two places are written");
}

// What has to be the start of something.
void proof_start(State& s) {
    struct {
        ArgumentRule rule;
        Region region;
        bool releases;
    } const rules[] = {{ArgumentRule::context, Region::context, false}, {ArgumentRule::ring_buffer_record, Region::ring_buffer_record, true}, {ArgumentRule::object, Region::object, false}, {ArgumentRule::object_release, Region::object, true}, {ArgumentRule::callback, Region::function, false}};
    const auto& r = rules[explorer().choose(5)];
    may_hold_references() = true;
    Judged j(s, r.rule);
    const Value& v = j.value;
    const int before = j.call.lender = static_cast<std::uint8_t>(explorer().choose(2));
    j.arg.object = static_cast<std::int16_t>(static_cast<int>(explorer().choose(3)) - 1);
    if (!j.m.check_argument(kIndex, j.call, kReal)) return;
    const bool is_start = v.is_pointer() && v.region == r.region && (r.region != Region::object || j.tables.is_a(v.map, j.arg.object));
    const bool may_be_null = !r.releases && r.region != Region::function;
    if (v.is_number()) require(word(v) == 0, "a number that is no null");
    else require(context().bool_val(is_start) && place(v) == 0, "something else, or its middle");
    if (v.kind != ValueKind::pointer) require(context().bool_val(may_be_null) && j.arg.nullable.expr(), "null where none may be");
    if (r.releases) require(context().bool_val(v.reference != 0 && !v.borrowed && j.call.released == v.reference), "what is given back is held by whoever gives it");
    if (r.rule == ArgumentRule::callback) require(j.call.callback.expr() == v.size.expr(), "the function called back");
    require(context().bool_val(j.call.lender == (r.region == Region::object && before == 0 ? v.reference : before)), "the first object that is held lends, even if it may be null");
}

void proof_map(State& s) {
    Judged j(s, ArgumentRule::map);
    const Value& v = j.value;
    const int before = static_cast<int>(explorer().choose(2)) - 1;
    j.call.map = before;
    j.helper.map_type_count = 2 * explorer().choose(2);
    if (!j.m.check_argument(kIndex, j.call, kReal)) return;
    const bool is_map = v.kind == ValueKind::pointer && v.region == Region::map_handle && v.map >= 0 && v.map < static_cast<int>(Tables::kMaps);
    require(context().bool_val(is_map && j.call.map == v.map && (before < 0 || before == v.map)), "a map, the one of the timer if there is one");
    if (!is_map) return;
    const MapRule& map = j.tables.maps[v.map];
    expr listed = context().bool_val(j.helper.map_type_count == 0);
    for (unsigned i = 0; i < j.helper.map_type_count; ++i) listed = listed || j.helper.map_types[i].expr() == map.type.expr();
    require(map.known_type.expr() && listed, "a map of a type that the helper takes");
    require(!j.helper.changes_map.expr() || !map.read_only.expr(), "a map that may be changed");
}

void proof_argument(State& s) {
    const ArgumentRule rules[] = {ArgumentRule::scalar, ArgumentRule::anything, ArgumentRule::memory_size, ArgumentRule::memory_size_zero, ArgumentRule::map_value_pointer, ArgumentRule::callback_context};
    const ArgumentRule rule = rules[explorer().choose(6)];
    Number::with_low() = rule == ArgumentRule::scalar;
    Judged j(s, rule);
    const Value& v = j.value;
    if (rule == ArgumentRule::scalar && explorer().choose(2) == 0) j.arg.width = 32;
    constexpr KernelUse kUses[] = {KernelUse::none, KernelUse::lock, KernelUse::timer};
    if (rule == ArgumentRule::map_value_pointer) {
        j.arg.use = kUses[explorer().choose(3)];
        if (v.region == Region::map_value) j.tables.any_kernel_fields();
    }
    if (!j.m.check_argument(kIndex, j.call, kReal)) return;
    require(context().bool_val(v.kind != ValueKind::unknown), "no register is read that holds nothing");
    if (rule == ArgumentRule::scalar) {
        require(context().bool_val(v.is_number()), "a number");
        const expr seen = j.arg.width == 32 ? symbolic::as_signed(z3::mod(word(v), symbolic::power(32)), 32) : symbolic::as_signed(word(v), 64);
        require(z3::implies(j.arg.has_range.expr(), j.arg.min.expr() <= seen && seen <= j.arg.max.expr()), "a number in its range");
        const expr most = j.arg.width == 32 ? v.number.low.smax.expr() : v.number.wide.smax.expr();
        require(z3::implies(j.arg.has_range.expr(), most <= j.arg.max.expr()), "and known to be: what it costs is bounded so");
    }
    if (rule == ArgumentRule::callback_context) {
        if (v.is_number()) require(word(v) == 0, "null, or a pointer");
        else require(context().bool_val(v.kind == ValueKind::pointer && (v.region == Region::stack || v.region == Region::map_value)), "a pointer to variables, or into a map");
        require(context().bool_val(same_value(j.call.context, v)), "is passed on as it is");
    }
    if (rule != ArgumentRule::map_value_pointer) return;
    require(context().bool_val(v.kind == ValueKind::pointer && v.region == Region::map_value), "a pointer into a map's value");
    const MapRule& map = j.tables.maps[v.map];
    require(is_fixed(v) && place(v) >= 0 && place(v) < map.value_size.expr(), "one place inside");
    unsigned of_use = 0;
    expr is_there = context().bool_val(j.arg.use == KernelUse::none);
    for (unsigned i = 0; i < map.kernel_field_count; ++i) {
        if (map.kernel_fields[i].use != j.arg.use || j.arg.use == KernelUse::none) continue;
        ++of_use;
        is_there = is_there || place(v) == map.kernel_fields[i].offset.expr();
    }
    require(is_there && context().bool_val(j.arg.use == KernelUse::none || of_use == 1), "where the map's type has what is asked for, once");
    require(context().bool_val(j.arg.use != KernelUse::timer || j.call.map == v.map), "a timer goes with its map");
    require(z3::ite(map.is_global_data.expr(), j.call.element.expr() == kGlobalData.expr() + v.map, j.call.element.expr() == v.size.expr()), "the value is named");
}

MBPF_RULES(Arguments, are_what_the_prototype_asks_for, {"check_memory", proof_memory}, {"check_buffer", proof_buffer}, {"check_start", proof_start}, {"check_map", proof_map}, {"check_argument", proof_argument})

}  // namespace
}  // namespace mbpf::proof
