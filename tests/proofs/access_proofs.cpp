// SPDX-License-Identifier: Apache-2.0
// Loads, stores and atomics outside the stack, from the source that ships (verifier/checker/machine_memory.cpp): for every
// place that a pointer may lead to and all sizes, fields, maps and objects, an access that is let through touches what it
// may (machine_contracts.h), and what is read is in the value that results.
#define MBPF_PROVES_MACHINE
#define MBPF_PROVES_ACCESSES
#include "tests/proofs/shipped_rules.h"
#include "tests/proofs/machine_contracts.h"

namespace mbpf::proof {

// Not under proof.
Number State::assemble(std::uint8_t, I64, unsigned, Here) const { return Number::unknown(); }
bool Machine::helper(U32) { return false; }
bool Machine::load(const bpf::Insn&, const Operation&, Here) { return false; }
bool Machine::store(const bpf::Insn&, const Operation&, Here) { return false; }
bool Machine::atomic(const bpf::Insn&, const Operation&, Here) { return false; }
bool Machine::legacy_load(const bpf::Insn&, const Operation&, Here) { return false; }
bool Machine::alu(const bpf::Insn&, const Operation&, Here) { return false; }
bool Machine::move(const bpf::Insn&, const Operation&, const Value&, Here) { return false; }
bool Machine::arithmetic(const bpf::Insn&, const Operation&, const Value&, const Value&, Here) { return false; }
void Machine::keep_distance(Value&, const Value&, const Value&, Here) {}
void Machine::keep_symbol(Value&, const Operation&, const Value&, const Value&, Here) {}
void Machine::keep_sum(Value&, const Operation&, const Value&, const Value&, Here) {}
void Machine::keep_bits(Value&, const Value&, const Value&, Here) {}
bool Machine::pointer_arithmetic(const bpf::Insn&, const Operation&, const Value&, const Value&, Here) { return false; }
bool Machine::move_pointer(const bpf::Insn&, const Value&, Value, bool, Here) { return false; }
bool Machine::distance(const Value&, const Value&, Value&, Here) { return false; }
bool Machine::fills_gap(const Value&, const Value&, Here) const { return false; }
bool Machine::any_number(unsigned, unsigned, Here) { return false; }
bool Machine::swap_bytes(const bpf::Insn&, const Operation&, Here) { return false; }
bool Machine::load_immediate(U32, Here) { return false; }
Edge Machine::compare_numbers(Comparison&, Here) { return Edge::failed; }
Edge Machine::compare_null(unsigned, bool, Here) { return Edge::failed; }
bool Machine::compare_packet(Comparison&, Here) { return false; }
void Machine::learn_order(const Comparison&, const Value&, const Value&, Here) {}

namespace {

constexpr Region kRegions[] = {Region::none, Region::context, Region::stack, Region::packet, Region::packet_end, Region::packet_meta, Region::map_value, Region::map_handle, Region::ring_buffer_record, Region::memory, Region::function, Region::object, Region::mixed};

bool either() { return explorer().choose(2) != 0; }
U32 any_size(const char* name) {
    const U32 n = U32::any(name);
    explorer().show(name, n.expr());
    return n;
}
// Wherever it may lead.
Value any_pointer(Region region, const char* name) {
    Value p = any_value(name);
    p.kind = ValueKind::pointer;
    p.region = region;
    p.fixed = I32::any("fixed");
    p.size = any_size("size");
    p.read_only = either();
    explorer().show("fixed part", p.fixed.expr());
    explorer().show("region", whole(static_cast<unsigned>(region)));
    assume(is_pointer_to(p));
    return p;
}

// Two fields, one map, one class of objects: more are looked at one by one, or not at all.
struct AnyEnvironment : Environment {
    Field any_fields[2];
    MapRule any_map;
    ObjectRule any_object;
    KernelField any_kernel[2];

    void with_fields(unsigned count, unsigned kinds = 6) {
        constexpr FieldRule rules[] = {FieldRule::scalar, FieldRule::raw_bytes, FieldRule::packet_start, FieldRule::packet_end, FieldRule::packet_meta, FieldRule::object_or_null};
        for (unsigned i = 0; i < count; ++i) {
            Field& f = any_fields[i];
            f.offset = any_size("field_offset");
            f.size = any_size("field_size");
            f.rule = rules[explorer().choose(kinds)];
            f.whole = either();
        }
        fields = any_fields;
        field_count = count;
        context_size = any_size("context_size");
        narrow_context_access = either();
    }
    void with_map() {
        any_map.value_size = any_size("value_size");
        any_map.read_only = either();
        any_map.write_only = either();
        any_map.kernel_field_count = explorer().choose(3);
        any_map.kernel_fields = any_kernel;
        for (unsigned i = 0; i < any_map.kernel_field_count.constant; ++i) any_kernel[i] = {any_size("kernel_offset"), any_size("kernel_size")};
        maps = &any_map;
        map_count = 1;
    }
    void with_object() {
        constexpr unsigned units[] = {0, 1, 2, 4, 8};
        any_object.size = any_size("object_size");
        any_object.hidden_begin = any_size("hidden_begin");
        any_object.hidden_end = any_size("hidden_end");
        any_object.wide_begin = any_size("wide_begin");
        any_object.wide_end = any_size("wide_end");
        any_object.unit = units[explorer().choose(5)];
        objects = &any_object;
        object_count = 1;
    }
};
I64 any_offset() { return any_integer("offset", 0x8000); }  // an instruction has 16 bits for it
std::int16_t any_index() { return static_cast<std::int16_t>(static_cast<int>(explorer().choose(3)) - 1); }

void proof_in_bounds(State& s) {
    const Memory memory(s);
    AnyEnvironment env;
    env.packet_read_only = either();
    const Region region = kRegions[explorer().choose(std::size(kRegions))];
    if (region == Region::map_value) env.with_map();
    if (region == Region::object) env.with_object();
    Machine m(env, s);
    s.regs[1] = any_pointer(region, "pointer");
    if (region == Region::map_value || region == Region::object) s.regs[1].map = any_index();
    const I64 offset = any_offset(), size = any_integer("bytes", std::int64_t{1} << 60);
    assume(size.expr() >= 1);
    const bool is_write = either();
    if (!m.in_bounds(1, offset, size, is_write, kReal)) return;
    const Value& base = s.regs[1];
    require(may_touch(env, base, offset_of(base) + offset.expr(), size.expr(), is_write), "in_bounds: what the access touches");
    require(base.offset_min().expr() + offset.expr() >= 0, "in_bounds: wherever it may lead");
}

Operation any_load() {
    Operation op;
    op.kind = either() ? bpf::Kind::load : bpf::Kind::load_sx;
    op.width = static_cast<std::uint8_t>(8u << explorer().choose(op.kind == bpf::Kind::load ? 4 : 3));
    return op;
}
unsigned any_bytes() { return 1u << explorer().choose(4); }

void proof_field(State& s) {
    const Memory memory(s);
    AnyEnvironment env;
    env.with_fields(2, 2);  // what may vary is bytes alone
    Machine m(env, s);
    const Value base = s.regs[1] = any_pointer(Region::context, "pointer");
    const I64 offset = any_offset();
    const unsigned size = any_bytes();
    const Field* f = m.field_at(1, offset, size, false, kReal);
    if (f == nullptr) return;
    for (const I64& at : {base.offset_min(), base.offset_max(), I64(offset_of(base))}) require(in_field(*f, at.expr() + offset.expr(), whole(size)), "field_at: the access lies in the field");
    require(truth(f->rule == FieldRule::raw_bytes && !f->whole && !env.narrow_context_access) || is_fixed(base), "field_at: bytes alone, where the place varies");
}

// A field as a whole holds a word in its range.
void proof_load_context(State& s) {
    const Memory memory(s);
    AnyEnvironment env;
    env.with_fields(1);
    Field& f = env.any_fields[0];
    f.has_range = f.rule == FieldRule::scalar && either();
    f.is_signed = f.has_range && either();
    f.never_null = f.rule == FieldRule::object_or_null && either();
    f.object = 0;
    f.min = I64::any("field_min");
    f.max = U64::any("field_max");
    f.element_size = any_size("element_size");
    Machine m(env, s);
    const Value base = s.regs[1] = any_pointer(Region::context, "pointer");
    const I64 offset = any_offset();
    const unsigned size = any_bytes();
    const expr at = offset_of(base) + offset.expr(), loaded = explorer().fresh("loaded");
    if (f.rule == FieldRule::scalar && f.has_range) {
        // The word, in the field's range, of which as many bytes are held as the field has.
        const U64 held = U64::any("held");
        const expr s = symbolic::as_signed(held.expr(), 64);
        assume(f.is_signed ? s >= f.min.expr() && s <= I64(f.max).expr() : held.expr() >= U64(f.min).expr() && held.expr() <= f.max.expr());
        assume(z3::implies(is_whole(f, at, whole(size)), loaded == (f.is_signed && size < 8 ? z3::mod(held.expr(), symbolic::power(8 * size)) : held.expr())));
        Number::followed() = held.expr();
    }
    assume(loaded >= 0 && loaded < symbolic::power(8 * size));
    Value out = Value::of(Number::unknown_bits(8 * size));
    if (!m.load_context(1, offset, size, out, kReal)) return;
    require(may_read(f, at, size, env.narrow_context_access), "load_context: what is read");
    if (!is_address(f)) {
        require(truth(out.is_number()) && out.number.wide.holds(U64(loaded)) && out.symbol.expr() == 0, "load_context: what is read is in the value");
        return;
    }
    const Region wanted = f.rule == FieldRule::packet_start ? Region::packet : f.rule == FieldRule::packet_end ? Region::packet_end : f.rule == FieldRule::packet_meta ? Region::packet_meta : Region::object;
    require(truth(out.region == wanted && out.kind == (wanted == Region::object && !f.never_null ? ValueKind::pointer_or_null : ValueKind::pointer)), "load_context: the address's region");
    require(offset_of(out) == 0, "load_context: an address of the first byte");
}

void proof_store_context(State& s) {
    const Memory memory(s);
    AnyEnvironment env;
    env.with_fields(1);
    Field& f = env.any_fields[0];
    f.writable = !is_address(f) && either();
    Machine m(env, s);
    const Value base = s.regs[1] = any_pointer(Region::context, "pointer");
    const I64 offset = any_offset();
    const unsigned size = any_bytes();
    Value value = any_value("stored");
    const unsigned kind = explorer().choose(3);
    if (kind != 0) value.kind = kind == 1 ? ValueKind::pointer : ValueKind::pointer_or_null;
    if (!m.store_context(1, offset, size, value, kReal)) return;
    require(may_write(f, offset_of(base) + offset.expr(), size, env.narrow_context_access), "store_context: what is written");
    require(truth(value.is_number()), "store_context: no address is written");
}

void proof_object(State& s) {
    const Memory memory(s);
    AnyEnvironment env;
    env.with_object();
    env.any_object.writable = either();
    const Machine m(env, s);
    const std::int16_t object = any_index();
    const bool known = object == 0;
    if (known) assume(memory.bytes == env.any_object.size.expr() && memory.writable == truth(env.any_object.writable));
    const Value v = m.object_pointer(object, kReal);
    require(truth(v.kind == ValueKind::pointer && v.region == Region::object && v.map == object && v.reference == 0), "object_pointer: of its class");
    require(is_pointer_to(v) && offset_of(v) == 0 && v.symbol.expr() == 0, "object_pointer: what is said of the object");
}

// Two places: each turn adds what one more holds to what those before it do.
void proof_frozen(State& s) {
    const Memory memory(s);
    AnyEnvironment env;
    env.maps = &env.any_map;
    env.map_count = 1;
    env.any_map.read_only = either();
    env.any_map.initial_size = any_size("initial_size");
    env.any_map.initial = symbolic::Bytes(env.any_map.initial_size.expr());
    const Machine m(env, s);
    const Operation op = any_load();
    Value base = any_pointer(Region::map_value, "pointer");
    if (either()) base.region = Region::stack;
    base.map = 0;
    const I64 offset = any_offset();
    const expr at = offset_of(base) + offset.expr();
    assume(base.offset_min().expr() + offset.expr() >= 0 && base.number.wide.smax.expr() - base.number.wide.smin.expr() <= 1);
    const expr held = extended(frozen_word(at, op.width / 8), op);
    Number::followed() = held;
    Number out = Number::unknown_bits(op.width);
    m.frozen(base, offset, op, out, kReal);
    if (!out.wide.has_word) return;  // any word still
    require(out.word().expr() == held, "frozen: what is read is in the value");
    require(truth(base.region == Region::map_value && env.any_map.read_only), "frozen: of what nobody writes");
}

// r1 leads somewhere, or is none of this; r0 and r2 are anything.
Value any_register(const char* name) {
    const unsigned kind = explorer().choose(4);
    Value v = any_value(name);
    v.kind = static_cast<ValueKind>(kind);
    return v;
}
void any_base(State& s, AnyEnvironment& env) {
    const unsigned kind = explorer().choose(4);
    const Region regions[] = {Region::context, Region::stack, Region::packet, Region::map_value, Region::object, Region::mixed};
    s.regs[1] = any_pointer(regions[kind < 2 ? 2 : explorer().choose(std::size(regions))], "base");
    s.regs[1].map = 0;
    if (kind != 3) s.regs[1].kind = static_cast<ValueKind>(kind == 2 ? 3 : kind);
    env.maps = &env.any_map;
    env.map_count = 1;
    env.objects = &env.any_object;
    env.object_count = 1;
}

void proof_load(State& s) {
    const Memory memory(s);
    AnyEnvironment env;
    any_base(s, env);
    Machine m(env, s);
    const Value base = s.regs[1];
    bpf::Insn insn{};
    insn.src = 1;
    insn.dst = static_cast<std::uint8_t>(explorer().choose(2));  // another, the same
    insn.offset = I16::any("offset");
    const Operation op = any_load();
    const unsigned size = op.width / 8;
    const expr at = offset_of(base) + insn.offset.expr();
    Number::followed() = loaded_word(base, at, size);
    if (!m.load(insn, op, kReal)) return;
    require(truth(base.kind == ValueKind::pointer), "load: through a pointer that is none");
    const bool own_rule = base.region == Region::context || base.region == Region::stack;
    if (!own_rule) require(may_touch(env, base, at, whole(size), false), "load: what is read");
    const Value& r = s.regs[insn.dst];
    const expr word = extended(loaded_word(base, at, size), op);
    require(truth(r.is_number() || (own_rule && r.kind == ValueKind::pointer && op.kind == bpf::Kind::load)), "load: a number, or the address");
    if (r.is_number()) require(r.number.wide.holds(U64(word)) && (r.number.wide.has_word ? is_valid(r) : r.symbol.expr() == 0), "load: what is read is in the value");
}

void proof_store(State& s) {
    const Memory memory(s);
    AnyEnvironment env;
    any_base(s, env);
    env.pointer_leaks_allowed = either();
    Machine m(env, s);
    const Value base = s.regs[1];
    s.regs[2] = any_register("value");
    const Value value = s.regs[2];
    bpf::Insn insn{};
    insn.dst = 1;
    insn.src = 2;
    insn.imm = I32::any("imm");
    insn.offset = I16::any("offset");
    Operation op;
    op.kind = either() ? bpf::Kind::store_reg : bpf::Kind::store_imm;
    op.width = static_cast<std::uint8_t>(8u << explorer().choose(4));
    const bool from_register = op.kind == bpf::Kind::store_reg;
    const unsigned size = op.width / 8;
    stored() = {};
    if (!m.store(insn, op, kReal)) return;
    require(truth(base.kind == ValueKind::pointer && (!from_register || value.kind != ValueKind::unknown)), "store: of what is known, through a pointer");
    require_valid(s);
    if (base.region != Region::context && base.region != Region::stack) {
        require(may_touch(env, base, offset_of(base) + insn.offset.expr(), whole(size), true), "store: what is written");
        require(truth(!from_register || !value.is_pointer() || env.pointer_leaks_allowed), "store: no address where others read");
        return;
    }
    const Stored& to = stored();
    require(truth(to.where == std::string(base.region == Region::stack ? "stack" : "context") && to.reg == 1 && to.size == size) && to.offset.expr() == insn.offset.expr(), "store: where it is told");
    require(truth(to.value.kind == (from_register ? value.kind : ValueKind::number)) && is_valid(to.value), "store: what it is told");
    require(word(to.value) == (from_register ? word(value) : z3::mod(insn.imm.expr(), symbolic::power(64))), "store: the word that is told");
}

// Places of objects are multiples of 8, so an offset's low bits are the address's.
void proof_atomic(State& s) {
    const Memory memory(s);
    AnyEnvironment env;
    any_base(s, env);
    Machine m(env, s);
    const Value base = s.regs[1];
    s.regs[0] = any_register("r0");
    s.regs[2] = any_register("operand");
    const Value r0 = s.regs[0], operand = s.regs[2];
    bpf::Insn insn{};
    insn.dst = 1;
    insn.src = 2;
    insn.offset = I16::any("offset");
    constexpr bpf::AtomicOp ops[] = {bpf::AtomicOp::add, bpf::AtomicOp::fetch_add, bpf::AtomicOp::exchange, bpf::AtomicOp::compare_exchange};
    constexpr int codes[] = {0x00, 0x01, 0xe1, 0xf1};
    const unsigned which = explorer().choose(4);
    Operation op;
    op.kind = bpf::Kind::atomic;
    op.atomic = ops[which];
    insn.imm = codes[which];
    op.width = static_cast<std::uint8_t>(32u << explorer().choose(2));
    const unsigned size = op.width / 8;
    const expr at = offset_of(base) + insn.offset.expr();
    stored() = {};
    Number::with_low_bits() = true;
    if (!m.atomic(insn, op, kReal)) return;
    require(truth(base.kind == ValueKind::pointer && operand.is_number() && (which != 3 || r0.is_number())), "atomic: of numbers, through a pointer");
    require(z3::mod(at, whole(size)) == 0, "atomic: a word that is aligned");
    if (base.region == Region::stack) {
        const Stored& to = stored();
        require(truth(to.where == std::string("stack, anything") && to.reg == 1 && to.size == size) && to.offset.expr() == insn.offset.expr(), "atomic: forgets what the stack held");
    } else {
        require(may_touch(env, base, at, whole(size), false) && may_touch(env, base, at, whole(size), true), "atomic: what is read and written");
        require(truth(base.region == Region::map_value), "atomic: where memory is shared");
    }
    const expr old = loaded_word(base, at, size);
    const auto is_old = [&](const Value& v) { return truth(v.is_number()) && v.number.wide.holds(U64(old)) && v.symbol.expr() == 0; };
    const auto is_as_before = [&](const Value& v, const Value& was) { return v.kind == was.kind && v.number.wide.has_word ? word(v) == word(was) && is_valid(v) : truth(false); };
    require(which == 3 ? is_old(s.regs[0]) : is_as_before(s.regs[0], r0), "atomic: r0");
    require(which == 1 || which == 2 ? is_old(s.regs[2]) : is_as_before(s.regs[2], operand), "atomic: the operand");
    require(truth(s.regs[1].kind == base.kind && s.regs[1].region == base.region) && word(s.regs[1]) == word(base), "atomic: the pointer");
}

// What the helper of old finds, any number of as many bits; it may end the program with 0, and leaves no arguments.
void proof_legacy(State& s) {
    const Memory memory(s);
    AnyEnvironment env;
    env.legacy_packet_access = either();
    env.any_return = either();
    env.return_min = I64::any("return_min");
    env.return_max = I64::any("return_max");
    Machine m(env, s);
    for (unsigned r = 0; r <= 7; ++r) s.regs[r] = Value::constant(r);
    s.regs[6] = any_pointer(either() ? Region::context : Region::packet, "context");
    s.regs[6].kind = either() ? ValueKind::pointer : ValueKind::pointer_or_null;
    const Value context_was = s.regs[6];
    bpf::Insn insn{};
    insn.src = 7;
    s.regs[7] = any_register("index");
    const Value index = s.regs[7];
    if (either()) s.depth = 2;
    if (either()) s.references[1] = 5;
    s.locked = either() ? 3 : 0;
    Operation op;
    op.uses_src = either();
    op.width = static_cast<std::uint8_t>(8u << explorer().choose(3));
    const bool free = s.depth == 1 && s.references[1].constant == 0 && s.locked.constant == 0;
    if (!m.legacy_load(insn, op, kReal)) return;
    require(truth(env.legacy_packet_access && free), "legacy_load: where the program may end");
    require(truth(env.any_return) || (env.return_min.expr() <= 0 && env.return_max.expr() >= 0), "legacy_load: it may end with 0");
    require(truth(context_was.kind == ValueKind::pointer && context_was.region == Region::context) && offset_of(context_was) == 0, "legacy_load: the context in r6");
    require(truth(!op.uses_src || index.is_number()), "legacy_load: the index is a number");
    const expr found = explorer().fresh("found");
    assume(found >= 0 && found < symbolic::power(op.width));
    require(truth(s.regs[0].is_number()) && s.regs[0].number.wide.holds(U64(found)) && s.regs[0].symbol.expr() == 0, "legacy_load: what is found");
    for (unsigned r = 1; r <= 5; ++r) require(truth(s.regs[r].kind == ValueKind::unknown), "legacy_load: no arguments are left");
    require(truth(s.regs[6].kind == context_was.kind && s.regs[7].kind == index.kind), "legacy_load: the others stay");
}

// What was told of bits: of words whose bits are known in part, and of what is shifted past another.
TEST(Bits, are_as_the_accesses_are_told) {
    const auto bits = [](const char* name) { return context().bv_const(name, 64); };
    const expr x = bits("x"), xv = bits("xv"), xm = bits("xm"), y = bits("y"), zero = context().bv_val(0, 64);
    const auto lemma = [](const char* what, const expr& premise, const expr& claim) {
        z3::solver solver(context(), "QF_BV");
        solver.add(premise && !claim);
        EXPECT_EQ(solver.check(), z3::unsat) << what;
    };
    for (const unsigned n : {4u, 8u}) lemma("low bits that are 0", (x & ~xm) == xv && ((xv | xm) & static_cast<int>(n - 1)) == zero, z3::urem(x, context().bv_val(n, 64)) == zero);
    for (unsigned n = 8; n < 64; n += 8) {
        const expr shifted = z3::shl(y, context().bv_val(n, 64));
        lemma("a byte beside others", z3::ult(x, context().bv_val(std::uint64_t{1} << n, 64)), (x | shifted) == x + shifted);
    }
}

}  // namespace

MBPF_RULES(Accesses, touch_what_they_may, {"in_bounds", proof_in_bounds}, {"field_at", proof_field}, {"load_context", proof_load_context}, {"store_context", proof_store_context}, {"object_pointer", proof_object}, {"frozen", proof_frozen}, {"load", proof_load}, {"store", proof_store}, {"atomic", proof_atomic}, {"legacy_load", proof_legacy})

}  // namespace mbpf::proof
