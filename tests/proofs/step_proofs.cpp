// SPDX-License-Identifier: Apache-2.0
// One step, from the source that ships (verifier/checker/machine_alu.cpp, machine_branch.cpp): each instruction is what its
// operation says of the operands that it names, pointers included, and each edge of a jump is what the words,
// or the addresses, that are compared allow.
#define MBPF_PROVES_MACHINE
#define MBPF_PROVES_ACCESSES
#include "tests/proofs/shipped_rules.h"
#include "tests/proofs/machine_contracts.h"

namespace mbpf::proof {

using bpf::AluOp;
using bpf::Condition;
using bpf::Kind;

// Which of the functions that a step goes to was asked, and by what.
struct Asked {
    std::string what;
    Operation op;
    Value a, b;
    bool answer = false;
};
static Asked asked;
static bool answered(const char* what, const Operation& op, const Value& a = {}, const Value& b = {}) {
    asked = {what, op, a, b, explorer().choose(2) != 0};
    return asked.answer;
}
// Where an object begins: one that a pointer leads to, whichever.
static expr begin_of() { return context().int_const("begin"); }
static expr address(const Value& v) {
    if (v.is_number()) return word(v);
    return U64::wrapped(begin_of() + symbolic::as_signed(word(v), 64) + v.fixed.expr());
}

Number State::assemble(std::uint8_t, I64, unsigned, Here) const { return Number::unknown(); }
bool Machine::helper(U32) { return answered("helper", {}); }
bool Machine::load(const bpf::Insn&, const Operation& op, Here) { return answered("load", op); }
bool Machine::store(const bpf::Insn&, const Operation& op, Here) { return answered("store", op); }
bool Machine::atomic(const bpf::Insn&, const Operation& op, Here) { return answered("atomic", op); }
bool Machine::legacy_load(const bpf::Insn&, const Operation& op, Here) { return answered("legacy_load", op); }
bool Machine::alu(const bpf::Insn&, const Operation& op, Here) { return answered("alu", op); }
bool Machine::swap_bytes(const bpf::Insn&, const Operation& op, Here) { return answered("swap_bytes", op); }
bool Machine::load_immediate(U32, Here) { return answered("load_immediate", {}); }
bool Machine::move(const bpf::Insn&, const Operation& op, const Value& src, Here) { return answered("move", op, {}, src); }
bool Machine::arithmetic(const bpf::Insn&, const Operation& op, const Value& a, const Value& b, Here) {
    require(truth(a.is_number() && b.is_number()), "arithmetic: of numbers");
    return answered("arithmetic", op, a, b);
}
bool Machine::pointer_arithmetic(const bpf::Insn&, const Operation& op, const Value& a, const Value& b, Here) {
    require(truth(a.is_pointer() || b.is_pointer()), "pointer_arithmetic: of a pointer");
    return answered("pointer_arithmetic", op, a, b);
}

// Not asked here.
void Machine::keep_distance(Value&, const Value&, const Value&, Here) {}
void Machine::keep_symbol(Value&, const Operation&, const Value&, const Value&, Here) {}
void Machine::keep_sum(Value&, const Operation&, const Value&, const Value&, Here) {}
void Machine::keep_bits(Value&, const Value&, const Value&, Here) {}
bool Machine::move_pointer(const bpf::Insn& insn, const Value& pointer, Value amount, bool subtract, Here) {
    require(truth(pointer.is_pointer() && amount.is_number()) && is_valid(amount), "move_pointer: by a number");
    if (pointer.kind != ValueKind::pointer || explorer().choose(2) == 0) return false;
    const expr by = symbolic::as_signed(word(amount), 64), was = offset_of(pointer);
    Value r = pointer;
    r.number = Number::of(U64::any("variable"));
    r.symbol = Symbol::any("symbol");
    assume(is_valid(r) && offset_of(r) == (subtract ? was - by : was + by) && within(offset_of(r), kMaxOffset.constant));
    s_.regs[insn.dst] = r;
    return true;
}
bool Machine::distance(const Value& a, const Value& b, Value& out, Here) {
    require(truth(a.kind == ValueKind::pointer && b.kind == ValueKind::pointer), "distance: of pointers");
    if (explorer().choose(2) == 0) return false;
    out = Value::of(Number::of(U64(U64::wrapped(address(a) - address(b)))));
    return true;
}
bool Machine::fills_gap(const Value& pointer, const Value& amount, Here) const {
    if (!pointer.is_pointer() || !amount.is_number() || explorer().choose(2) == 0) return false;
    assume(symbolic::bits_or(address(pointer), word(amount)) == address(pointer) + word(amount));
    return true;
}
bool Machine::any_number(unsigned reg, unsigned width, Here) {
    if (!env_.pointer_leaks_allowed) return false;
    s_.regs[reg] = Value::of(Number::unknown_bits(width));
    return true;
}
// An edge that the words, or addresses, take is possible.
static void require_compared(const Machine::Comparison& c, const char* what) {
    const expr condition = Number::is_true(c.is, c.width, address(c.left.value), address(c.right.value));
    require(c.holds ? condition : !condition, what);
}
Edge Machine::compare_numbers(Comparison& c, Here) {
    require(truth(c.left.value.is_number() && c.right.value.is_number()) && is_valid(c.left.value) && is_valid(c.right.value), "compare_numbers: of numbers");
    require_compared(c, "compare_numbers: by what is so");
    return Edge::feasible;
}
Edge Machine::compare_null(unsigned reg, bool is_null, Here) {
    require(truth(s_.regs[reg].is_pointer()) && (address(s_.regs[reg]) == 0) == truth(is_null), "compare_null: by what is so");
    return Edge::feasible;
}
bool Machine::compare_packet(Comparison& c, Here) {
    const auto in_packet = [](const Value& v) { return v.kind == ValueKind::pointer && (v.region == Region::packet || v.region == Region::packet_end || v.region == Region::packet_meta); };
    require(truth(in_packet(c.left.value) && in_packet(c.right.value) && c.width == 64 && c.holds), "compare_packet: of the packet's places");
    require(truth(c.is == Condition::lt || c.is == Condition::le || c.is == Condition::eq || c.is == Condition::ne), "compare_packet: of places, not of bits");
    require_compared(c, "compare_packet: by what is so");
    return true;
}
void Machine::learn_order(const Comparison&, const Value&, const Value&, Here) {}

namespace {

bool either() { return explorer().choose(2) != 0; }
// Of what a rule asks for its region, regions of each kind.
Value any_register(const char* name, std::initializer_list<Region> regions = {Region::map_value}) {
    Value v = any_value(name);
    v.kind = static_cast<ValueKind>(explorer().choose(4));
    if (v.is_pointer()) {
        v.region = v.kind == ValueKind::pointer ? regions.begin()[explorer().choose(regions.size())] : Region::map_value;
        v.fixed = I32(any_integer("fixed", kMaxOffset.constant));
    }
    return v;
}
Operation operation(AluOp op, unsigned width, bool uses_src) {
    Operation o;
    o.alu = op;
    o.kind = Kind::alu;
    o.width = static_cast<std::uint8_t>(width);
    o.uses_src = uses_src;
    return o;
}
expr immediate_word(const bpf::Insn& insn) { return U64(I64(insn.imm)).expr(); }

// The address that results is the one that the instruction makes of those that are there.
void proof_pointers(State& s) {
    Environment env;
    env.pointer_leaks_allowed = either();
    Machine m(env, s);
    const bool uses_src = either();
    bpf::Insn insn{};
    insn.src = 1;
    constexpr AluOp ops[] = {AluOp::add, AluOp::sub, AluOp::or_, AluOp::mul};
    const AluOp op = ops[explorer().choose(4)];
    const unsigned width = either() ? 64 : 32;
    Value a = any_register("a"), b = any_register("b");
    if (a.kind == ValueKind::unknown || b.kind == ValueKind::unknown || !(a.is_pointer() || b.is_pointer())) return;
    if (!uses_src && !b.is_number()) return;
    assume(within(begin_of(), kMaxOffset.constant) && begin_of() >= 0);
    s.regs[0] = a;
    if (uses_src) s.regs[1] = b;
    const expr x = address(a), y = address(b);
    const expr made = op == AluOp::add ? U64::wrapped(x + y) : op == AluOp::sub ? U64::wrapped(x - y) : op == AluOp::or_ ? (a.is_pointer() ? symbolic::bits_or(x, y) : symbolic::bits_or(y, x)) : U64::any("product").expr();
    const expr result = width == 64 ? made : z3::mod(made, symbolic::power(32));
    if (!m.pointer_arithmetic(insn, operation(op, width, uses_src), a, b, kReal)) return;
    const Value& r = s.regs[0];
    if (r.is_pointer()) require(address(r) == result && truth(r.kind == ValueKind::pointer), "pointer_arithmetic: the address");
    else require(truth(r.is_number()) && r.number.wide.holds(U64(result)) && (r.number.wide.has_word ? is_valid(r) : r.symbol.expr() == 0), "pointer_arithmetic: the number");
}

// The stack begins at a multiple of 8: bits that the place surely lacks are added by or, see the lemma below.
void proof_gap(State& s) {
    Environment env;
    env.pointer_leaks_allowed = either();
    const Machine m(env, s);
    const Value p = any_register("pointer", {Region::stack, Region::map_value}), amount = any_register("amount");
    assume(begin_of() >= 0 && begin_of() < symbolic::power(64) && z3::mod(begin_of(), whole(8)) == 0);
    const expr at = U64::wrapped(begin_of() + symbolic::as_signed(word(p), 64) + p.fixed.expr()), n = word(amount), either_of = symbolic::bits_or(at, n);
    Interval<U64>::made() = [&](const symbolic::Bounds<U64>& b) {
        const auto& o = amount.number.wide;
        const expr common = symbolic::bits_and(symbolic::bits_or(b.value.expr(), b.mask.expr()), symbolic::bits_or(o.value.expr(), o.mask.expr()));
        explorer().hint(z3::implies(at == U64::wrapped(begin_of() + b.word.expr()) && b.holds(b.word) && o.holds(U64(n)) && common == 0 && n <= 7, either_of == at + n));
    };
    if (!m.fills_gap(p, amount, kReal)) return;
    require(truth(p.kind == ValueKind::pointer && p.region == Region::stack && amount.is_number() && !env.pointer_leaks_allowed), "fills_gap: of the stack, by a number");
    require(either_of == at + n, "fills_gap: an addition");
}
TEST(Bits, are_as_the_steps_are_told) {
    const auto bits = [](const char* name) { return context().bv_const(name, 64); };
    const expr begin = bits("begin"), w = bits("w"), v = bits("v"), mask = bits("mask"), n = bits("n"), nv = bits("nv"), nm = bits("nm"), zero = context().bv_val(0, 64);
    z3::solver solver(context(), "QF_BV");
    solver.add((begin & 7) == zero && (w & ~mask) == v && (n & ~nm) == nv && ((v | mask) & (nv | nm)) == zero && z3::ule(n, context().bv_val(7, 64)));
    solver.add(((begin + w) | n) != begin + w + n || z3::ult(begin + w + n, n));
    EXPECT_EQ(solver.check(), z3::unsat);
}

void proof_alu(State& s) {
    const Environment env;
    Machine m(env, s);
    bpf::Insn insn{};
    insn.src = static_cast<std::uint8_t>(explorer().choose(2));  // the same, another
    insn.imm = I32::any("imm");
    constexpr AluOp ops[] = {AluOp::mov, AluOp::add, AluOp::sub, AluOp::mul, AluOp::neg};
    const Operation op = operation(ops[explorer().choose(std::size(ops))], either() ? 64 : 32, either());
    const Value a = s.regs[0] = any_register("dst"), other = any_register("src");
    if (insn.src == 1) s.regs[1] = other;
    const Value b = insn.src == 1 ? other : a;
    asked = {};
    const bool did = m.alu(insn, op, kReal);
    require_valid(s);
    const bool moves = op.alu == AluOp::mov;
    if (!did && asked.what.empty()) {
        require(truth((op.uses_src && b.kind == ValueKind::unknown) || (!moves && a.kind == ValueKind::unknown)), "alu: refuses what is not there alone");
        return;
    }
    require(truth(did == asked.answer && (!op.uses_src || b.kind != ValueKind::unknown) && (moves || a.kind != ValueKind::unknown)), "alu: of what is there");
    const bool pointers = (op.uses_src && b.is_pointer()) || a.is_pointer();
    require(truth(asked.what == (moves ? "move" : pointers ? "pointer_arithmetic" : "arithmetic")), "alu: what is asked");
    require(truth(asked.b.kind == (op.uses_src ? b.kind : ValueKind::number)) && word(asked.b) == (op.uses_src ? word(b) : immediate_word(insn)), "alu: the second operand");
    if (!moves) require(truth(asked.a.kind == a.kind) && word(asked.a) == word(a), "alu: the first operand");
}

void proof_any_number(State& s) {
    Environment env;
    env.pointer_leaks_allowed = either();
    Machine m(env, s);
    const Value before = s.regs[3] = any_register("r3");
    const unsigned width = either() ? 64 : 32;
    const bool did = m.any_number(3, width, kReal);
    const expr w = U64::any("any").expr();
    const Value& r = s.regs[3];
    if (did) require(truth(r.is_number() && env.pointer_leaks_allowed) && r.symbol.expr() == 0 && z3::implies(w < symbolic::power(width), r.number.wide.holds(U64(w))), "any_number: any number");
    else require(truth(r.kind == before.kind && r.number.wide.has_word), "any_number: nothing where addresses are not seen");
}

// Two slots: any immediates, maps in a table of two, one of which is global data.
void proof_immediate(State& s) {
    bpf::Insn insns[3];
    insns[0].dst = 4;
    insns[0].src = static_cast<std::uint8_t>(explorer().choose(8));
    insns[0].imm = I32::any("low");
    insns[1].imm = I32::any("high");
    if (either()) insns[1].opcode = 0x18;
    if (either()) insns[1].dst = 1;
    if (either()) insns[1].offset = I16::any("offset");
    MapRule maps[2];
    maps[0].value_size = U32::any("value_size");
    maps[1].value_size = U32::any("value_size");
    maps[1].is_global_data = true;
    Environment env;
    env.insns = insns;
    env.insn_count = 1 + explorer().choose(3);
    env.maps = maps;
    env.map_count = 2;
    Machine m(env, s);
    const auto pseudo = static_cast<bpf::Pseudo>(insns[0].src);
    const expr low = insns[0].imm.expr(), high = insns[1].imm.expr();
    if (!m.load_immediate(0, kReal)) return;
    const Value& v = s.regs[4];
    require(truth(insns[1].opcode == 0 && insns[1].dst == 0 && env.insn_count.constant > 1) && insns[1].offset.expr() == 0, "load_immediate: has a second slot");
    const auto bits = [](const expr& e) { return z3::ite(e < 0, e + symbolic::power(32), e); };
    if (pseudo == bpf::Pseudo::none) {
        require(truth(v.is_number() && v.symbol.constant == 0 && v.modulus.constant == 0) && word(v) == bits(low) + bits(high) * symbolic::power(32), "load_immediate: the word");
        return;
    }
    require(truth(v.kind == ValueKind::pointer) && word(v) == 0, "load_immediate: a place");
    if (pseudo == bpf::Pseudo::function) {
        require(truth(v.region == Region::function) && v.size.expr() == 1 + low && low + 1 < env.insn_count.expr() && low >= -1, "load_immediate: a function of the program");
        return;
    }
    require(truth(pseudo == bpf::Pseudo::map || pseudo == bpf::Pseudo::map_value), "load_immediate: of what there is");
    require(truth(v.map >= 0 && v.map < 2) && m.map_used.expr() == low && low == whole(v.map), "load_immediate: one of the maps");
    require(truth(v.region == (pseudo == bpf::Pseudo::map ? Region::map_handle : Region::map_value) && v.reference == 0), "load_immediate: the map, or what it holds");
    if (pseudo == bpf::Pseudo::map_value) require(truth(maps[v.map].is_global_data) && v.fixed.expr() == high && high >= 0 && high <= maps[v.map].value_size.expr(), "load_immediate: a place in global data");
    else require(v.fixed.expr() == 0, "load_immediate: the map itself");
}

void proof_enter(State& s) {
    const Memory memory(s);
    Environment env;
    env.raw_memory = either();
    env.memory_bytes = U32::any("memory_bytes");
    env.context_size = U32::any("context_size");
    if (env.raw_memory) assume(memory.bytes == env.memory_bytes.expr() && memory.writable);
    Machine m(env, s);
    m.enter_program();
    require(truth(s.regs[1].kind == ValueKind::pointer && s.regs[1].region == (env.raw_memory ? Region::memory : Region::context)) && offset_of(s.regs[1]) == 0 && is_pointer_to(s.regs[1]), "enter_program: what the hook passes");
    require(truth(s.regs[10].kind == ValueKind::pointer && s.regs[10].region == Region::stack && s.regs[10].frame == 0) && offset_of(s.regs[10]) == 0, "enter_program: the stack");
    for (unsigned r = 0; r < 10; ++r) require(truth(r == 1 || (r == 2 && env.raw_memory) || s.regs[r].kind == ValueKind::unknown), "enter_program: nothing else");
    if (env.raw_memory) require(truth(s.regs[2].is_number()) && word(s.regs[2]) == env.memory_bytes.expr(), "enter_program: how many bytes");
}

void proof_step(State& s) {
    bpf::Insn insns[4];
    Environment env;
    env.insns = insns;
    env.insn_count = 4;
    Machine m(env, s);
    m.helper_used = m.map_used = 7;
    Operation op;
    op.kind = static_cast<Kind>(explorer().choose(static_cast<unsigned>(Kind::load_ind) + 1));
    constexpr const char* functions[] = {"alu", "alu", "swap_bytes", "swap_bytes", "swap_bytes", "load", "load", "store", "store", "atomic", "load_immediate", "", "", "helper", "", "", "", "", "legacy_load", "legacy_load"};
    asked = {};
    const bool did = m.step(2, op);
    require(truth(asked.what == functions[static_cast<unsigned>(op.kind)] && did == asked.answer), "step: what is asked");
    require(truth(m.helper_used.constant == -1 && m.map_used.constant == -1 && m.slot_.constant == 2), "step: where it is");
    if (asked.what.empty()) require(truth(m.failure().reason == Reason::bad_instruction), "step: jumps are no steps");
}
void proof_fail(State& s) {
    const Environment env;
    Machine m(env, s);
    s.regs[3] = any_register("r3");
    const bool there = s.regs[3].kind != ValueKind::unknown;
    require(truth(m.readable(3) == there && (m.failure().reason == Reason::none) == there), "readable: what is there");
    const Reason first = there ? Reason::lock : Reason::unreadable_register;
    require(truth(!m.fail(Reason::lock, 5) && !m.fail(Reason::bad_map) && m.failure().reason == first), "fail: the first reason is told");
}

constexpr std::initializer_list<Region> kCompared = {Region::packet, Region::packet_end, Region::map_value};
// The words that a jump compares; pointers are their addresses.
void proof_edge(State& s) {
    bpf::Insn insn{};
    insn.src = 1;
    insn.imm = I32::any("imm");
    Environment env;
    env.insns = &insn;
    env.insn_count = 1;
    env.pointer_leaks_allowed = either();
    Machine m(env, s);
    constexpr Condition conditions[] = {Condition::eq, Condition::ne, Condition::gt, Condition::ge, Condition::lt, Condition::le, Condition::set, Condition::sgt, Condition::sge, Condition::slt, Condition::sle};
    Operation op;
    op.kind = Kind::jump;
    op.condition = conditions[explorer().choose(std::size(conditions))];
    op.width = either() ? 64 : 32;
    op.uses_src = either();
    assume(begin_of() >= 0 && begin_of() < symbolic::power(62));
    const Value a = s.regs[0] = any_register("left", kCompared);
    if (op.uses_src) s.regs[1] = any_register("right", kCompared);
    const Value b = s.regs[1];
    const bool there = a.kind != ValueKind::unknown && (!op.uses_src || b.kind != ValueKind::unknown), taken = either();
    if (there) {
        const expr condition = Number::is_true(op.condition, op.width, address(a), op.uses_src ? address(b) : immediate_word(insn));
        assume(taken ? condition : !condition);
    }
    const Edge e = m.edge(0, op, taken);
    require(truth(e != Edge::infeasible), "edge: one that is taken is possible");
    require(truth(there || e == Edge::failed), "edge: of what is there");
    require_valid(s);
}
// What is null together: a class, and all that hold one reference. The values at hand are two, since each is looked at by
// itself, and the list of what changed may be full. Objects begin at no address that is as low as a frame is large, nor where an
// offset leads past the last; the stack lies below where it begins.
void proof_null(State& s) {
    const Environment env;
    Machine m(env, s);
    const z3::sort integer = context().int_sort(), boolean = context().bool_sort();
    const auto class_is_null = [&](const Symbol& c) { return z3::function("null", integer, boolean)(c.expr()); };
    const expr held = explorer().fresh_bool("held");
    assume(begin_of() >= kFrameBytes + 1 && begin_of() <= symbolic::power(64) - whole(std::int64_t{1} << 30));
    expr is_null[2] = {explorer().fresh_bool("null"), explorer().fresh_bool("null")};
    Value before[2];
    for (unsigned i = 0; i < 2; ++i) {
        Value v = any_register("value", {Region::stack, Region::map_value});
        if (i == 0 && !v.is_pointer()) return;
        assume(within(offset_of(v), kMaxOffset.constant));
        if (v.region == Region::stack) assume(v.fixed.expr() <= 0 && offset_of(v) <= 0);
        if (v.is_pointer()) {
            v.reference = static_cast<std::uint8_t>(explorer().choose(2));
            v.borrowed = v.reference != 0 && either();
        }
        if (v.kind == ValueKind::pointer) {
            v.symbol = 0;
            v.delta = 0;
            assume(!is_null[i]);
        }
        if (v.kind == ValueKind::pointer_or_null) {
            assume(v.symbol.expr() == 0 || is_null[i] == class_is_null(v.symbol));
            if (v.reference != 0 && !v.borrowed) assume(is_null[i] == !held);
        }
        before[i] = s.regs[i] = v;
    }
    s.references[0] = 9;
    static Undo log;
    log.count = explorer().choose(3) == 0 ? 0 : Undo::kRoom - explorer().choose(2);
    s.undo = &log;
    // The address, where it is not null's.
    const expr at = U64::wrapped(begin_of() + offset_of(before[0])), zero = is_null[0] || at == 0;
    const bool taken = either();
    assume(zero == truth(taken));
    require(truth(m.compare_null(0, taken, kReal) == Edge::feasible), "compare_null: an edge that is taken is possible");
    for (unsigned i = 0; i < 2; ++i) {
        const Value &v = s.regs[i], &was = before[i];
        if (v.kind == was.kind) continue;
        require(truth(was.kind == ValueKind::pointer_or_null), "compare_null: of what may be null");
        if (v.is_number()) require(is_null[i] && v.number.wide.holds(U64(0)) && v.symbol.expr() == 0, "compare_null: null");
        else require(!is_null[i] && truth(v.kind == ValueKind::pointer && v.region == was.region && v.reference == was.reference && v.borrowed == was.borrowed) && offset_of(v) == offset_of(was) && v.symbol.expr() == 0, "compare_null: a pointer");
    }
    if (s.references[0].constant == 0) {
        require(!held, "compare_null: what is held is not forgotten");
        for (const unsigned i : {0, 1}) require(truth(s.regs[i].kind != ValueKind::pointer_or_null || s.regs[i].reference == 0 || s.regs[i].borrowed), "compare_null: nothing names what is free");
    }
}
void proof_names(State& s) {
    bpf::Insn insn{};
    insn.src = 1;
    Environment env;
    env.insns = &insn;
    env.insn_count = 1;
    Machine m(env, s);
    Operation op;
    op.uses_src = either();
    s.regs[0] = any_register("left", {Region::packet, Region::map_value});
    s.regs[1] = any_register("right", {Region::packet, Region::map_value});
    const Value a = s.regs[0], b = s.regs[1];
    m.name_operands(0, op);
    require_valid(s);
    require(truth(s.regs[0].kind == a.kind && s.regs[1].kind == b.kind) && word(s.regs[0]) == word(a) && word(s.regs[1]) == word(b), "name_operands: the words stay");
}

}  // namespace

MBPF_RULES(Steps, are_what_instructions_do, {"pointer_arithmetic", proof_pointers}, {"fills_gap", proof_gap}, {"alu", proof_alu}, {"any_number", proof_any_number}, {"load_immediate", proof_immediate}, {"enter_program", proof_enter}, {"step", proof_step}, {"fail", proof_fail}, {"edge", proof_edge}, {"compare_null", proof_null}, {"name_operands", proof_names})

}  // namespace mbpf::proof
