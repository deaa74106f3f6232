// SPDX-License-Identifier: Apache-2.0
// What a helper leaves behind (verifier/checker/machine_call.cpp, from the source that ships): for all prototypes and all that it
// may return and do to the state, what is known afterwards is true. Of a prototype is assumed what platform_validate.cpp sees to.
#include "tests/proofs/call_semantics.h"
#include "verifier/checker/decode.cpp"

namespace mbpf::proof {

namespace {

// What was called in the place of what is proved by itself.
struct Calls {
    unsigned arguments = 0, overwritten = 0, finished = 0;
    expr in_order = context().bool_val(true);
};
Calls* calls = nullptr;
bool results_ok = false, check_ok = false;

}  // namespace

// A buffer leaves a place that is written, or two if the number behind it is its size (call_proofs).
bool Machine::check_argument(unsigned index, Call& call, Here) {
    require(context().bool_val(call.helper != nullptr && index == calls->arguments++), "each argument is judged, in turn");
    if (explorer().choose(2) == 0) return false;
    const bool buffer = s_.regs[index + 1].is_pointer(), sized = buffer && index + 1 < call.helper->argument_count && s_.regs[index + 2].is_number();
    call.written_count += explorer().choose(buffer ? (sized ? 3 : 2) : 1);
    require(context().bool_val(call.written_count <= sizeof(call.written) / sizeof(call.written[0])), "there is room for what is written");
    if (index == 0) call.element = Half::any("element");
    return true;
}
bool Machine::check_helper(Half, Call& call, Here) { return check_ok = explorer().choose(2) == 0; }
bool Machine::helper_result(Half, const Call&, Value& result, Here) {
    require(context().bool_val(check_ok && calls->finished == 0), "the result is told by the arguments, before they are forgotten");
    result = Value::of(Number::of(U64::any("result")));
    return results_ok = explorer().choose(2) == 0;
}
void Machine::finish_helper(const Call&, Here) {
    ++calls->finished;
    for (unsigned r = 0; r <= 5; ++r) s_.regs[r] = Value{};
}
// Each place is overwritten as it was noted.
void Machine::overwrite_stack(const Value& base, I64 offset, I64 size, bool surely) {
    const unsigned i = calls->overwritten++;
    calls->in_order = calls->in_order && offset.expr() == 0 && size.expr() == whole(8 * (i + 1)) && context().bool_val(base.frame == i && surely == (i == 1));
}

namespace {

constexpr std::uint32_t kSlot = 3;
struct Bench {
    Tables tables;
    HelperRule helpers[2] = {any_helper(), any_helper()};
    HelperRule& helper = helpers[0];
    bpf::Insn insns[kSlot + 1] = {};
    Calls made;
    Machine::Call call;
    Machine m;
    explicit Bench(State& s) : m(tables.env, s) {
        calls = &made;
        check_ok = results_ok = false;
        helpers[0].number = 5;
        helpers[1].number = 9;
        tables.env.helpers = helpers;
        tables.env.helper_count = 2;
        tables.env.insns = insns;
        tables.env.insn_count = kSlot + 1;
        insns[kSlot].opcode = 0x85;
        insns[kSlot].imm = 5;
        call.helper = &helper;
        Byte::choose();
    }
};

void proof_check_helper(State& s) {
    Bench b(s);
    const int number[] = {5, 9, 7};
    b.insns[kSlot].imm = number[explorer().choose(3)];
    b.call.helper = nullptr;
    for (HelperRule& h : b.helpers) {
        h.allowed_on_hook = Flag::any("allowed");
        h.supported = Flag::any("supported");
        h.locks = Flag::any("locks");
        h.unlocks = Flag::any("unlocks");
        h.tail_call = Flag::any("tail_call");
        h.argument_count = static_cast<std::uint8_t>(b.insns[kSlot].imm == 9 ? 1 : 5);
        assume(!(h.locks.expr() && h.unlocks.expr()));
    }
    for (unsigned r = 1; r <= 5; ++r) s.regs[r] = r % 2 == 1 ? Value::pointer(Region::stack) : Value::constant(8);
    s.locked = Half::any("locked");
    const bool holds = explorer().choose(2) == 0, in_callback = explorer().choose(2) == 0;
    if (holds) s.references[2] = 7;
    if (in_callback) s.frames[0].kind = FrameKind::callback;
    const expr before = s.locked.expr();
    if (!b.m.check_helper(kSlot, b.call, kReal)) return;
    require(context().bool_val(b.call.helper != nullptr && b.insns[kSlot].imm != 7), "a helper that there is");
    const HelperRule& h = *b.call.helper;
    require(h.number.expr() == whole(b.insns[kSlot].imm) && context().bool_val(b.m.helper_used == b.insns[kSlot].imm), "the one that is called");
    require(h.allowed_on_hook.expr() && h.supported.expr(), "and may be");
    require(context().bool_val(b.made.arguments == h.argument_count), "each argument is judged");
    require((before != 0) == h.unlocks.expr(), "with a lock held nothing is called but what gives it back");
    require(z3::implies(h.unlocks.expr(), before == b.call.element.expr() && s.locked.expr() == 0), "the lock given back is the one held");
    require(z3::implies(h.locks.expr(), b.call.element.expr() != 0 && s.locked.expr() == b.call.element.expr()), "the lock taken has a name");
    require(z3::implies(!h.locks.expr() && !h.unlocks.expr(), s.locked.expr() == 0), "no other call takes a lock");
    require(z3::implies(h.tail_call.expr(), context().bool_val(!holds && !in_callback)), "nothing is held when the program ends in another");
}

void proof_helper(State& s) {
    Bench b(s);
    const bool done = b.m.helper(kSlot);
    require(context().bool_val(done == (check_ok && results_ok) && b.made.finished == (done ? 1u : 0u)), "a helper is checked, then done, once");
    if (done) require(context().bool_val(s.regs[0].is_number() && s.regs[0].number.wide.has_word), "the result is in r0");
}

// As much as the helper says it costs, on the map and for each 1 of its numbers. Validated: unit costs of at most 2^10, of numbers below 2^31.
void proof_cost(State& s) {
    Number::with_low() = true;
    Bench b(s);
    HelperRule& h = b.helper;
    Half map_costs[Tables::kMaps];
    for (Half& c : map_costs) c = Half::any("map_cost");
    h.cost = Half::any("cost");
    b.call.map = static_cast<int>(explorer().choose(3)) - 1;
    const bool on_maps = explorer().choose(2) == 0;
    if (on_maps) h.map_costs = map_costs;
    expr least = h.cost.expr() + (on_maps && b.call.map >= 0 ? map_costs[b.call.map].expr() : whole(0));
    h.argument_count = 2;
    std::vector<std::pair<expr, expr>> units_of;
    for (unsigned i = 0; i < 2; ++i) {
        Argument& a = h.arguments[i];
        const Value& v = s.regs[i + 1] = any_value("units");
        if (explorer().choose(2) == 0) continue;
        a.unit_cost = Half::any("unit_cost");
        a.width = explorer().choose(2) == 0 ? 32 : 64;
        const expr units = a.width == 32 ? symbolic::as_signed(z3::mod(word(v), symbolic::power(32)), 32) : symbolic::as_signed(word(v), 64);
        const expr most = a.width == 32 ? v.number.low.smax.expr() : v.number.wide.smax.expr(), counted = explorer().fresh("units");
        assume(a.unit_cost.expr() > 0 && a.unit_cost.expr() <= 1024 && units == counted && counted >= 0 && most <= whole(INT32_MAX));
        explorer().show("most", most);
        explorer().show("unit", a.unit_cost.expr());
        units_of.emplace_back(a.unit_cost.expr(), counted);
        least = least + symbolic::expanded(a.unit_cost.expr() * counted);
    }
    const expr cost = b.m.cost_of(b.call).expr();
    // Of two factors that are not negative the product is not.
    for (const auto& [x, y] : explorer().products)
        for (const auto& [unit, counted] : units_of) explorer().hint(z3::implies(unit == x && y >= counted, symbolic::expanded(x * y) >= symbolic::expanded(unit * counted)));
    require(cost >= least, "what a call costs is counted");
}

// References: some of any kind, the others all free, or held by others.
void any_references(State& s, unsigned some) {
    for (unsigned i = 0; i < some; ++i) s.references[i] = Half::any("held");
    const bool all_held = explorer().choose(2) == 0;
    for (unsigned i = some; i < kMaxReferences; ++i) s.references[i] = all_held ? 100 + i : 0;
}
struct Before {
    expr references[kMaxReferences];
    explicit Before(const State& s) : Before(s, std::make_index_sequence<kMaxReferences>()) {}

  private:
    template <std::size_t... I>
    Before(const State& s, std::index_sequence<I...>) : references{s.references[I].expr()...} {}
};
// A free one is taken for what this slot acquires, and nothing else changes.
void require_acquired(const State& s, const Before& before, const Value& v) {
    require(context().bool_val(v.reference >= 1 && v.reference <= kMaxReferences && !v.borrowed), "what is acquired has a reference");
    for (unsigned i = 0; i < kMaxReferences; ++i) {
        require(before.references[i] != whole(kSlot + 1), "what was acquired here before has been given back");
        if (v.reference == i + 1) require(before.references[i] == 0 && s.references[i].expr() == whole(kSlot + 1), "the reference was free");
        else require(s.references[i].expr() == before.references[i], "other references stay");
    }
}
void proof_acquire(State& s) {
    Bench b(s);
    any_references(s, 3);
    const Before before(s);
    Value result = Value::pointer(Region::object);
    if (b.m.acquire(kSlot, result)) require_acquired(s, before, result);
}

// Which of a map's values a name stands for.
expr element(const expr& name) {
    const z3::sort integer = context().int_sort();
    return z3::function("element", integer, integer)(name);
}
// Values found before, in registers and on the stack, each with a name or without.
struct Elements {
    static constexpr unsigned kCells = 1;
    Cell cells[kCells] = {{{-8, 8, 0}, {}}};
    State s{cells, kCells};
    std::vector<expr> found;
    Elements() {
        s.cell_count = kCells;
        for (Value* v : {&s.regs[6], &s.regs[7], &s.cells[0].value}) {
            *v = Value::pointer(explorer().choose(2) == 0 ? Region::map_value : Region::memory);
            v->size = Half::any("name");
            found.push_back(explorer().fresh("element"));
            assume(v->size.expr() == 0 || found.back() == element(v->size.expr()));
        }
    }
    // A new meaning of the slot's name.
    void require_names(const Value& now, const expr& is) const {
        unsigned i = 0;
        for (const Value* v : std::initializer_list<const Value*>{&s.regs[6], &s.regs[7], &s.cells[0].value}) {
            const expr name = v->size.expr(), was = found[i++];
            if (v->region == Region::map_value) require(name == 0 || z3::implies(now.size.expr() != 0 && name == whole(kSlot + 1), was == is), "values of one name are one");
            else require(name == 0 || was == element(name), "sizes of other things stay");
            if (v->region == Region::map_value) require(name == 0 || name == whole(kSlot + 1) || was == element(name), "other names stay what they were");
        }
        require(now.size.expr() == 0 || now.size.expr() == whole(kSlot + 1), "a value's name is where it was found");
    }
};
void proof_name_element(State&) {
    Elements e;
    Bench b(e.s);
    b.tables.any_kernel_fields();
    Value now = Value::pointer(Region::map_value);
    now.map = static_cast<std::int16_t>(explorer().choose(Tables::kMaps));
    b.m.name_element(kSlot, now);
    e.require_names(now, explorer().fresh("element"));
    bool locks = false;
    for (unsigned i = 0; i < b.tables.maps[now.map].kernel_field_count; ++i) locks = locks || b.tables.fields[i].use == KernelUse::lock;
    require(context().bool_val(locks) == (now.size.expr() != 0), "named where there are locks");
}

// The result. What a helper may return is what its prototype says, whichever.
constexpr ReturnRule kReturns[] = {ReturnRule::nothing, ReturnRule::scalar, ReturnRule::map_value_or_null, ReturnRule::map_value, ReturnRule::ring_buffer_record_or_null, ReturnRule::memory_or_null, ReturnRule::object_or_null, ReturnRule::object};

void proof_result_scalar(State& s) {
    Bench b(s);
    HelperRule& h = b.helper;
    h.returns = explorer().choose(2) == 0 ? ReturnRule::nothing : ReturnRule::scalar;
    h.return_width = explorer().choose(2) == 0 ? 32 : 64;
    h.return_signed = Flag::any("return_signed");
    h.has_return_range = Flag::any("has_return_range");
    h.return_min = I64::any("return_min");
    h.return_max = U64::any("return_max");
    h.return_at_most_argument = static_cast<std::uint8_t>(explorer().choose(7));
    h.argument_count = 5;
    const unsigned at_most = h.return_at_most_argument;
    if (at_most >= 1 && at_most <= 5) s.regs[at_most] = any_content("argument");
    const expr w = U64::any("returned").expr(), seen = symbolic::as_signed(w, 64);
    const expr in_range = z3::ite(h.return_signed.expr(), h.return_min.expr() <= seen && seen <= symbolic::as_signed(h.return_max.expr(), 64), z3::ite(h.return_min.expr() < 0, h.return_min.expr() + symbolic::power(64), h.return_min.expr()) <= w && w <= h.return_max.expr());
    const expr in_width = context().bool_val(h.return_width == 64) || z3::ite(h.return_signed.expr(), within(seen, std::int64_t{1} << 31) && seen != whole(std::int64_t{1} << 31), w < symbolic::power(32));
    assume(z3::ite(h.has_return_range.expr(), in_range, in_width));
    if (at_most >= 1 && at_most <= 5 && s.regs[at_most].is_number()) assume(seen <= symbolic::as_signed(word(s.regs[at_most]), 64));
    Value r;
    if (!b.m.helper_result(kSlot, b.call, r, kReal)) return;
    if (h.returns == ReturnRule::nothing) return require(context().bool_val(r.kind == ValueKind::unknown), "nothing is returned");
    require(context().bool_val(r.is_number() && r.symbol == 0) && r.number.wide.holds(U64(w)) && r.number.low.holds(symbolic::U32(U64(w))), "the number is what is said of it");
    require(context().bool_val(r.modulus == 0 && r.origin == 0), "and nothing more is said");
}

void proof_result_pointer(State& s) {
    Bench b(s);
    HelperRule& h = b.helper;
    h.returns = kReturns[2 + explorer().choose(6)];
    h.acquires = Flag::any("acquires");
    h.borrows = Flag::any("borrows");
    h.fixed_size = Half::any("bytes_returned");
    h.object = static_cast<std::int16_t>(explorer().choose(2));
    const bool of_map = h.returns == ReturnRule::map_value || h.returns == ReturnRule::map_value_or_null, of_record = h.returns == ReturnRule::ring_buffer_record_or_null;
    const bool of_object = h.returns == ReturnRule::object || h.returns == ReturnRule::object_or_null;
    b.call.map = static_cast<int>(explorer().choose(of_map ? 3 : 1)) - 1;
    b.call.lender = static_cast<std::uint8_t>(of_object ? 2 * explorer().choose(2) : 0);
    MapRule& map = b.tables.maps[b.call.map < 0 ? 0 : b.call.map];
    if (of_map) {
        map.object = static_cast<std::int16_t>(static_cast<int>(explorer().choose(2)) - 1);
        map.inner = static_cast<std::int16_t>(static_cast<int>(explorer().choose(2)) - 1);
        map.acquires = Flag::any("map_acquires");
        map.has_all_keys = Flag::any("has_all_keys");
        h.argument_count = static_cast<std::uint8_t>(2 + explorer().choose(2));
        h.arguments[0].rule = ArgumentRule::map;
        h.arguments[1].rule = h.argument_count == 2 && explorer().choose(2) == 0 ? ArgumentRule::map_value : ArgumentRule::map_key;
    }
    // The key, or the size of a record.
    const unsigned second = of_map || of_record ? explorer().choose(of_map ? 3 : 1) : 3;
    if (second == 0) s.regs[2] = any_number("number");
    if (second == 1 || second == 2) s.regs[2] = any_content_of(second == 1 ? Region::stack : Region::map_value);
    const bool by_key = of_map && s.regs[2].is_pointer();
    key_bytes() = explorer().fresh("key");
    key_place() = by_key ? place(s.regs[2]) : whole(0);
    assume(key_bytes() >= 0 && key_bytes() < symbolic::power(32));
    // It was found readable: in its frame, if it leads to one.
    if (by_key && s.regs[2].region == Region::stack) assume(least_place(s.regs[2]) >= -kFrameBytes && most_place(s.regs[2]) <= -4);
    any_references(s, 1);
    s.regs[7].symbol = Symbol::any("another");
    const Symbol next = s.next_symbol = 7;
    const Before before(s);
    Value r;
    const bool done = b.m.helper_result(kSlot, b.call, r, kReal);
    if (!done) return;
    require(context().bool_val(r.is_pointer()) && place(r) == 0, "a pointer to the start");
    const bool acquired = r.reference != 0 && !r.borrowed;
    bool may_be_null = h.returns != ReturnRule::map_value && h.returns != ReturnRule::object;
    if (of_map) {
        require(context().bool_val(b.call.map >= 0), "of a map that is known");
        const Region region = map.object >= 0 ? Region::object : map.inner >= 0 ? Region::map_handle : Region::map_value;
        const int what = map.object >= 0 ? map.object : map.inner >= 0 ? map.inner : b.call.map;
        require(context().bool_val(r.region == region && r.map == what), "what the map has");
        // Each key below its size is there.
        const bool by_all_keys = h.argument_count == 2 && h.arguments[1].rule == ArgumentRule::map_key;
        if (may_be_null && r.kind == ValueKind::pointer) require(context().bool_val(by_all_keys && map.object < 0) && map.has_all_keys.expr() && key_bytes() < map.max_entries.expr(), "never null, since the key is there");
        may_be_null = may_be_null && r.kind != ValueKind::pointer;
        require(context().bool_val(map.object < 0 || !map.acquires ? !acquired : acquired), "is to be released if the map says so");
    }
    if (of_record) {
        require(context().bool_val(r.region == Region::ring_buffer_record && s.regs[2].is_number() && acquired) && r.size.expr() == word(s.regs[2]), "a record of as many bytes as were asked for");
    }
    if (h.returns == ReturnRule::memory_or_null) require(context().bool_val(r.region == Region::memory && r.reference == 0) && r.size.expr() == h.fixed_size.expr(), "memory of so many bytes");
    if (of_object) {
        require(context().bool_val(r.region == Region::object && r.map == h.object), "an object of its class");
        const bool lends = h.borrows && b.call.lender != 0;
        require(context().bool_val(lends ? r.borrowed && r.reference == b.call.lender : acquired == bool(h.acquires) && !r.borrowed), "lives as long as what it was lent by, or until it is released");
    }
    if (acquired) require_acquired(s, before, r);
    else if (!of_object || !h.acquires)
        for (unsigned i = 0; i < kMaxReferences; ++i) require(s.references[i].expr() == before.references[i], "references stay");
    if (!may_be_null) return;
    require(context().bool_val(r.kind == ValueKind::pointer_or_null), "null is thought of");
    require(context().bool_val(r.symbol == next || r.symbol == 0), "a class of its own");
}

void proof_key_most(State& s) {
    Bench b(s);
    const Value key = any_content("key");
    key_bytes() = explorer().fresh("key");
    key_place() = key.is_pointer() ? place(key) : whole(0);
    assume(key_bytes() >= 0 && key_bytes() < symbolic::power(32));
    if (key.is_pointer() && key.region == Region::stack) assume(least_place(key) >= -kFrameBytes && most_place(key) <= -4);
    require(key_bytes() <= b.m.key_most(key).expr(), "no key is greater");
}

// Values in a register, stored in two frames, and put away by a call: those that end are gone, the others stay.
Value nameless(const char* name) { return Value::of(Number::of(U64::any(name))); }
struct Finished {
    static constexpr Location kPlaces[] = {{-16, 8, 0}, {-8, 8, 1}, {0, 1, 1}};
    Cell cells[3];
    State s{cells, 3};
    Bench b{s};
    const unsigned which = explorer().choose(3);
    Value& v = which == 0 ? s.regs[6] : cells[which == 1 ? 0 : 2].value;
    Finished() {
        b.helper.argument_count = 0;
        s.depth = 2;
        s.cell_count = 3;
        for (unsigned i = 0; i < 3; ++i) {
            cells[i] = {kPlaces[i], nameless("stored")};
            if (kPlaces[i].offset < 0) s.frames[kPlaces[i].frame].mark(kPlaces[i].offset, 8, true);
        }
        s.regs[6] = nameless("register");
        s.regs[1] = nameless("argument");
        s.packet_bytes = I32::any("packet_bytes");
        s.metadata_bytes = I32::any("metadata_bytes");
    }
    void finish() {
        b.m.finish_helper(b.call, kReal);
        for (unsigned r = 0; r <= 5; ++r) require(context().bool_val(s.regs[r].kind == ValueKind::unknown), "r0 to r5 hold nothing");
        const Value* other = s.value_at(kPlaces[1]);
        require(context().bool_val(other != nullptr && other->is_number() && s.frames[1].all_written(-8, 8)), "numbers stay");
    }
    const Value* now() const { return which == 0 ? &s.regs[6] : s.value_at(kPlaces[which == 1 ? 0 : 2]); }
    void require_gone() const {
        require(context().bool_val(now() == nullptr || now()->kind == ValueKind::unknown), "what ended is led to no more");
        if (which == 1) require(context().bool_val(!s.frames[0].any_written(-16, 8)), "nor is it read as a number");
    }
};
void proof_finish_writes(State&) {
    Finished f;
    Machine::Call& call = f.b.call;
    f.b.helper.cost = Half::any("cost");
    f.s.steps = U64::any("steps");
    assume(f.s.steps.expr() <= whole(std::int64_t{1} << 60));
    const bool counts_all = explorer().choose(2) == 0;
    if (!counts_all) f.b.tables.env.counted = kSlot;
    call.written_count = explorer().choose(3);
    for (unsigned i = 0; i < call.written_count; ++i) {
        call.written[i].base = Value::pointer(Region::stack);
        call.written[i].base.frame = static_cast<std::uint8_t>(i);
        call.written[i].size = 8 * (i + 1);
        call.written[i].surely = i == 1;
    }
    const expr steps = f.s.steps.expr(), bytes = f.s.packet_bytes.expr();
    const Value was = f.v;
    f.finish();
    require(context().bool_val(f.b.made.overwritten == call.written_count) && f.b.made.in_order, "what is written is forgotten");
    require(f.s.steps.expr() == (counts_all ? steps + f.b.helper.cost.expr() : steps), "what the call costs is counted");
    require(context().bool_val(f.now() != nullptr && same_value(*f.now(), was)) && f.s.packet_bytes.expr() == bytes, "nothing else changes");
}
void proof_finish_releases(State&) {
    Finished f;
    f.v = any_content_of(explorer().choose(2) == 0 ? Region::object : Region::ring_buffer_record, explorer().choose(2) == 0 ? ValueKind::pointer : ValueKind::pointer_or_null);
    f.v.reference = static_cast<std::uint8_t>(explorer().choose(3));
    f.v.borrowed = explorer().choose(2) == 0;
    for (unsigned i = 0; i < 2; ++i) f.s.references[i] = Half::any("held");
    const Before before(f.s);
    const unsigned released = f.b.call.released = static_cast<std::uint8_t>(explorer().choose(3));
    const Value was = f.v;
    f.finish();
    for (unsigned i = 0; i < kMaxReferences; ++i) require(f.s.references[i].expr() == (i + 1 == released ? whole(0) : before.references[i]), "what is given back is held no more, the others are");
    const Value* now = f.now();
    if (released == 0 || was.reference != released) return require(context().bool_val(now != nullptr && same_value(*now, was)), "others stay");
    const bool is_any = f.b.tables.env.pointer_leaks_allowed && now != nullptr && now->is_number();
    if (!is_any) return f.require_gone();
    require(context().bool_val(now->symbol == 0 && now->modulus == 0 && now->origin == 0 && !now->number.wide.has_word) && now->number.wide.holds(U64::any("address")), "an address is any number");
}
void proof_finish_moves(State&) {
    Finished f;
    f.b.helper.invalidates_packet = true;
    const Region regions[] = {Region::packet, Region::packet_meta, Region::packet_end, Region::map_value};
    const unsigned kind = explorer().choose(6);
    f.v = kind < 4 ? any_content_of(regions[kind]) : any_value("number");
    if (kind == 5) f.v.origin = Symbol::any("origin");
    State& s = f.s;
    const unsigned known = explorer().choose(3);
    if (known == 0) s.difference_count = 1, s.differences[0] = any_difference();
    if (known == 1) s.sums[0] = any_sum(true);
    if (known == 2) s.sums[kExactSums] = any_sum(false);
    Value was = f.v;
    f.finish();
    require(s.packet_bytes.expr() == 0 && s.metadata_bytes.expr() == 0, "nothing is known of another packet");
    const expr length = kPacketLength.expr();
    for (unsigned i = 0; i < s.value_count(); ++i) require(s.at(i).symbol.expr() != length && s.at(i).origin.expr() != length, "no word is named by a length that was");
    for (unsigned i = 0; i < s.difference_count; ++i) require(s.differences[i].a.expr() != length && s.differences[i].b.expr() != length, "no difference is");
    for (const State::Sum& sum : s.sums) require(sum.a.expr() == 0 || (sum.a.expr() != length && sum.b.expr() != length && sum.sum.expr() != length), "no sum is");
    if (kind < 3) return f.require_gone();
    const Value* now = f.now();
    if (now != nullptr && now->symbol.id != was.symbol.id) was.drop_symbol();  // named by that length
    require(context().bool_val(now != nullptr && same_value(*now, was)), "others stay");
}

MBPF_RULES(Helpers, are_checked_and_counted, {"check_helper", proof_check_helper}, {"helper", proof_helper}, {"cost_of", proof_cost})
MBPF_RULES(Helpers, give_what_is_promised, {"acquire", proof_acquire}, {"name_element", proof_name_element}, {"key_most", proof_key_most}, {"helper_result, a number", proof_result_scalar}, {"helper_result, a pointer", proof_result_pointer})
MBPF_RULES(Helpers, leave_only_what_is_true, {"finish_helper, what is written", proof_finish_writes}, {"finish_helper, what is given back", proof_finish_releases}, {"finish_helper, the packet", proof_finish_moves})

}  // namespace
}  // namespace mbpf::proof
