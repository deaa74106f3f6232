// SPDX-License-Identifier: Apache-2.0
// What relates the result of an instruction to its operands, and what a branch taken teaches, from the source that ships
// (verifier/checker/machine_alu.cpp, machine_branch.cpp): for all words and all that may be known of them the result is
// what is said of it, and only what is true is taught. Integers have their full width.
#define MBPF_PROVES_MACHINE
#include "tests/proofs/shipped_rules.h"

namespace mbpf::proof {

// Not under proof.
bool Machine::load(const bpf::Insn&, const Operation&) { return false; }
bool Machine::store(const bpf::Insn&, const Operation&) { return false; }
bool Machine::atomic(const bpf::Insn&, const Operation&) { return false; }
bool Machine::legacy_load(const bpf::Insn&, const Operation&) { return false; }
bool Machine::helper(std::uint32_t) { return false; }
void Machine::name_copied(Value&) {}

// Asked of values that compare so.
void Machine::learn_order(const Comparison& c, const Value& a, const Value& b, Here) {
    const expr condition = Number::is_true(c.is, c.width, word(a), word(b));
    require(is_valid(a) && is_valid(b) && (c.holds ? condition : !condition), "learn_order: of values that compare so");
}
// It keeps the state valid; what the two sides are it takes from the comparison alone, if no register holds them.
Edge Machine::compare_numbers(Comparison& c, Here) {
    const expr condition = Number::is_true(c.is, c.width, word(c.left.value), word(c.right.value));
    require(context().bool_val(c.left.value.is_number() && c.right.value.is_number() && c.left.reg != c.right.reg && c.left.reg >= kImmediate && c.right.reg >= kImmediate), "compare_numbers: of numbers, which no register holds");
    require(is_valid(c.left.value) && is_valid(c.right.value) && (c.holds ? condition : !condition), "compare_numbers: of values that compare so");
    return Edge::feasible;
}
// The word of `r` is the difference of the two; it may get a name and a narrower range.
void Machine::keep_distance(Value& r, const Value& a, const Value& b, Here) {
    const expr made = U64::wrapped(word(a) - word(b));
    require(is_valid(a) && is_valid(b) && r.number.wide.holds(U64(made)) && r.symbol.expr() == 0, "keep_distance: of a difference");
    r = Value::of(Number::of(U64(made)));
    r.symbol = Symbol::any("distance");
    r.delta = I32::any("delta");
    assume(r.symbol.expr() == 0 || made == U64::wrapped(word(r.symbol) + r.delta.expr()));
}

namespace {

using bpf::AluOp;
using bpf::Condition;

expr power_less_one() { return symbolic::power(64) - 1; }

Operation operation(AluOp op, unsigned width) {
    Operation o;
    o.alu = op;
    o.width = static_cast<std::uint8_t>(width);
    o.uses_src = true;
    return o;
}
unsigned any_width() { return explorer().choose(2) == 0 ? 64 : 32; }

// r0 = r0 op r1.
void result_of(State& s, AluOp op, unsigned width, const Value& a, const Value& b) {
    const Environment env;
    Machine m(env, s);
    bpf::Insn insn{};
    insn.src = 1;
    s.regs[0] = a;
    s.regs[1] = b;
    m.arithmetic(insn, operation(op, width), a, b);
    require_valid(s);
}
expr cut(const expr& w, unsigned width) { return width == 64 ? w : z3::mod(w, symbolic::power(32)); }

// A sum by a constant leaves what the other leaves, moved (operator_proofs: a congruence plus delta).
void hint_congruence(const Value& a, const expr& made) {
    if (a.modulus == 0) return;
    const expr move = symbolic::as_signed(made, 64) - symbolic::as_signed(word(a), 64);
    const U64 moved = domain::moved_remainder(U64(std::uint64_t{a.modulus}), U64(a.remainder), U64(I64(move)));
    explorer().hint(z3::implies(symbolic::leaves(word(a), a.modulus, a.remainder.expr()), symbolic::leaves(made, a.modulus, moved.expr())));
}
void proof_sum(State& s) {
    may_be_congruent() = true;
    const unsigned width = any_width();
    Number::with_low() = width == 32;
    const AluOp ops[] = {AluOp::add, AluOp::sub, AluOp::or_}, op = ops[explorer().choose(3)];
    const Value a = any_value("a"), b = any_value("b");
    const expr x = cut(word(a), width), y = cut(word(b), width), either = cut(symbolic::bits_or(x, y), width);
    const expr made = op == AluOp::or_ ? either : cut(U64::wrapped(op == AluOp::add ? x + y : x - y), width);
    // An or of words without a common bit, see the lemmas below.
    const auto& m = a.number.wide;
    const auto& n = b.number.wide;
    const expr common = symbolic::bits_and(symbolic::bits_or(m.value.expr(), m.mask.expr()), symbolic::bits_or(n.value.expr(), n.mask.expr()));
    explorer().hint(z3::implies(common == 0 && m.holds(U64(word(a))) && n.holds(U64(word(b))), either == x + y));
    hint_congruence(a, made);
    hint_congruence(b, made);
    result_of(s, op, width, a, b);
    require_result(s.regs[0], made);
}

// Of two words' common bits, as 64-bit vectors have them: see the lemmas below.
void hint_common(const Value& a, const Value& b, const expr& made) {
    const expr x = word(a), y = word(b), ones = power_less_one();
    const expr lost = symbolic::bits_and(symbolic::bits_or(a.number.wide.value.expr(), a.number.wide.mask.expr()), ones - b.number.wide.value.expr());
    Explorer& e = explorer();
    e.hint(z3::implies(lost == 0 && a.number.wide.holds(U64(x)) && b.number.wide.holds(U64(y)), symbolic::bits_and(x, y) == x && (x >= symbolic::power(32) || made == x)));
    e.hint(ones_of(made) <= ones_of(x) && ones_of(made) <= ones_of(y));
    e.hint(z3::implies(x == y - 1, ones_of(made) <= ones_of(y) - 1) && z3::implies(y == x - 1, ones_of(made) <= ones_of(x) - 1));
}
void proof_bits(State& s) {
    const unsigned width = any_width();
    Value a = any_value("a"), b = any_value("b");
    const std::uint8_t losses[] = {0, 1, 63, 64};
    for (Value* v : {&a, &b}) {
        const unsigned lost = explorer().choose(5);
        if (lost == 4) continue;
        v->origin = Symbol::any("origin");
        v->origin_delta = I32::any("origin_delta");
        v->bits_lost = losses[lost];
        assume(origin_holds(*v));
    }
    // As Number makes it.
    const expr made = Number::instruction_of(AluOp::and_, width, U64(word(a)), U64(word(b))).expr();
    hint_common(a, b, made);
    result_of(s, AluOp::and_, width, a, b);
    require_result(s.regs[0], made);
}

// Moves, extensions: the very word, or nothing of it.
void proof_move(State& s) {
    const Environment env;
    Machine m(env, s);
    bpf::Insn insn{};
    Operation op = operation(AluOp::mov, any_width());
    op.kind = explorer().choose(2) == 0 ? bpf::Kind::alu : bpf::Kind::movsx;
    const unsigned bits[] = {8, 16, 32};
    op.from_bits = static_cast<std::uint8_t>(bits[explorer().choose(op.width == 64 ? 3 : 2)]);
    may_be_congruent() = true;
    const Value v = any_value("moved");
    const expr x = word(v), extended = symbolic::as_signed(z3::mod(x, symbolic::power(op.from_bits)), op.from_bits);
    const expr made = op.kind == bpf::Kind::movsx ? z3::mod(extended, symbolic::power(op.width)) : cut(x, op.width);
    m.move(insn, op, v);
    require_result(s.regs[0], made);
}

// Packets are short, as devices have them, or as long as one piece of memory may be.
Environment any_environment() {
    Environment env;
    if (explorer().choose(2) == 0) env.longest_packet = 1u << 29;
    return env;
}
// What a packet has, beside its length: bytes before it. All of both lies below the last 128 KiB.
struct Packet {
    expr length = word(kPacketLength), base = explorer().fresh("base"), before = explorer().fresh("before");
    explicit Packet(State& s, const Environment& env) {
        s.longest_packet = env.longest_packet;
        assume(length <= s.longest_packet.expr() && base >= 0 && before >= 0 && before <= whole(0xffff) && before <= base && base + length <= symbolic::power(64) - whole(0x20000));
        s.packet_bytes = I32::any("packet_bytes");
        s.metadata_bytes = I32::any("metadata_bytes");
        assume(s.packet_bytes.expr() >= 0 && s.packet_bytes.expr() <= length && s.metadata_bytes.expr() >= 0 && s.metadata_bytes.expr() <= before);
    }
};
void require_distance(const Value& r, const expr& made) { require(r.number.wide.holds(U64(made)) && (r.symbol.expr() == 0 || made == U64::wrapped(word(r.symbol) + r.delta.expr())), "distance"); }
// A pointer: none leads farther than kMaxOffset, which move_pointer sees to.
expr offset_of(const Value& p) { return p.fixed.expr() + symbolic::as_signed(word(p), 64); }
Value any_pointer(Region region, const char* name) {
    Value p = any_value(name);
    p.kind = ValueKind::pointer;
    p.region = region;
    p.fixed = I32(any_integer("fixed", kMaxOffset.constant));
    assume(within(offset_of(p), kMaxOffset.constant));
    return p;
}
void proof_move_pointer(State& s) {
    const Environment env;
    Machine m(env, s);
    const Value p = any_pointer(explorer().choose(2) == 0 ? Region::packet : Region::map_value, "pointer"), amount = any_value("amount");
    const bool subtract = explorer().choose(2) == 0;
    const expr by = symbolic::as_signed(word(amount), 64), before = offset_of(p);
    s.regs[0] = p;
    if (!m.move_pointer(bpf::Insn{}, p, amount, subtract)) return;
    const Value& r = s.regs[0];
    require_valid(s);
    require(offset_of(r) == (subtract ? before - by : before + by) && within(offset_of(r), kMaxOffset.constant), "move_pointer: leads as far as it should");
    require(context().bool_val(r.region == p.region && r.kind == p.kind), "move_pointer: stays in its region");
}
// Of two offsets: what `r` holds it still holds, and it has a name only of its word.
void proof_keep_distance(State& s) {
    const Environment env;
    Machine m(env, s);
    const Value a = any_value("from"), b = any_value("to");
    const expr made = U64::wrapped(word(a) - word(b));
    Value r = Value::of(Number::of(U64(made)));
    m.keep_distance(r, a, b, kReal);
    require_valid(s);
    require_distance(r, made);
}
// Of two places in one object, or of the packet's end and a place in it.
void proof_distance(State& s) {
    constexpr Region kPairs[][2] = {{Region::packet_end, Region::packet}, {Region::packet, Region::packet_end}, {Region::packet, Region::packet}, {Region::stack, Region::stack}, {Region::packet_meta, Region::packet}};
    const unsigned pair = explorer().choose(5);
    const Region ra = kPairs[pair][0], rb = kPairs[pair][1];
    const Environment env = pair == 0 ? any_environment() : Environment();
    Machine m(env, s);
    const Packet packet(s, env);
    const Value a = any_pointer(ra, "from"), b = any_pointer(rb, "to");
    const auto place = [&](const Value& p) { return p.region == Region::packet_end ? packet.length : offset_of(p); };
    for (const Value* p : {&a, &b})
        if (p->region == Region::packet_end) assume(p->fixed.expr() == 0 && word(*p) == 0 && p->symbol.expr() == 0);
    Value r;
    if (!m.distance(a, b, r)) return;
    const expr made = U64::wrapped(place(a) - place(b));
    require_distance(r, made);
}
void proof_swap(State& s) {
    const Environment env;
    Machine m(env, s);
    Operation op;
    const bpf::Kind kinds[] = {bpf::Kind::to_le, bpf::Kind::to_be, bpf::Kind::bswap};
    op.kind = kinds[explorer().choose(3)];
    op.width = static_cast<std::uint8_t>(16u << explorer().choose(3));
    s.regs[0] = any_value("swapped");
    const expr x = word(s.regs[0]);
    m.swap_bytes(bpf::Insn{}, op);
    const expr made = word(s.regs[0]);
    require_result(s.regs[0], made);
    if (op.kind == bpf::Kind::to_le) require(made == (op.width == 64 ? x : z3::mod(x, symbolic::power(op.width))), "to_le: the low bytes");
}

constexpr Condition kConditions[] = {Condition::eq, Condition::ne, Condition::lt, Condition::le, Condition::slt, Condition::sle, Condition::set};
// Of two words the low bits that are known of both are those of their distance, see the lemmas below.
void hint_distance(const Interval<U64>& a, const Interval<U64>& b) {
    const U64 unknown = a.mask | b.mask, known = unknown == 0 ? U64(0) : (unknown & -unknown) - 1;
    for (const int strict : {0, 1}) {
        const U64 apart = (b.value - a.value - strict) & known;
        const expr x = a.word.expr(), y = b.word.expr();
        explorer().hint(z3::implies(a.holds(a.word) && b.holds(b.word) && x + strict <= y, apart.expr() <= y - x - strict));
    }
}
void proof_order(State& s) {
    const Environment env;
    Machine m(env, s);
    Machine::Comparison c;
    c.width = any_width();
    c.is = kConditions[explorer().choose(7)];
    const Value a = any_value("left"), b = any_value("right");
    assume(Number::is_true(c.is, c.width, word(a), word(b)));
    hint_distance(a.number.wide, b.number.wide);
    hint_distance(b.number.wide, a.number.wide);
    m.learn_order(c, a, b, kReal);
}
// An edge that this state takes is possible, and what it teaches is true.
void proof_compare(State& s) {
    may_be_congruent() = true;
    const Environment env;
    Machine m(env, s);
    Machine::Comparison c;
    c.width = any_width();
    c.is = kConditions[explorer().choose(7)];
    c.holds = c.is != Condition::set || explorer().choose(2) == 0;
    c.left = {0, s.regs[0] = any_value("left")};
    const unsigned right = explorer().choose(4);  // another register, the same, none, none on either side
    if (right == 1) c.right = c.left;
    else c.right = {right == 0 ? 1u : Machine::kImmediate, any_value("right")};
    if (right == 0) s.regs[1] = c.right.value;
    if (right == 3) {
        c.left.reg = Machine::kImmediate + 1;
        s.regs[0] = Value{};
    }
    const expr condition = Number::is_true(c.is, c.width, word(c.left.value), word(c.right.value));
    assume(c.holds ? condition : !condition);
    require(context().bool_val(m.compare_numbers(c, kReal) == Edge::feasible), "the edge that is taken is possible");
    require_valid(s);
}
void proof_packet(State& s) {
    const Environment env = any_environment();
    Machine m(env, s);
    const Packet packet(s, env);
    const Value p = any_pointer(Region::packet, "pointer");
    const Condition is = kConditions[explorer().choose(4)];
    assume(Number::is_true(is, 64, U64::wrapped(packet.base + offset_of(p)), packet.base + packet.length));
    require(context().bool_val(m.learn_packet(p, is)), "a packet that is so long is possible");
    require(s.packet_bytes.expr() <= packet.length, "the packet has its bytes");
}
void proof_metadata(State& s) {
    const Environment env = any_environment();
    Machine m(env, s);
    const Packet packet(s, env);
    Machine::Comparison c;
    c.is = kConditions[explorer().choose(4)];
    const Value data = any_pointer(Region::packet, "data"), meta = any_pointer(Region::packet_meta, "metadata");
    const expr at_data = U64::wrapped(packet.base + offset_of(data)), at_meta = U64::wrapped(packet.base - packet.before + offset_of(meta));
    const bool turned = explorer().choose(2) == 0;
    c.left = {0, turned ? data : meta};
    c.right = {1, turned ? meta : data};
    assume(Number::is_true(c.is, 64, turned ? at_data : at_meta, turned ? at_meta : at_data));
    require(context().bool_val(m.compare_packet(c)), "the edge that is taken is possible");
    require(s.metadata_bytes.expr() <= packet.before, "so many bytes lie before the packet");
}

void proof_places(State& s) {
    const Environment env = any_environment();
    Machine m(env, s);
    const Packet packet(s, env);
    Machine::Comparison c;
    c.is = kConditions[explorer().choose(4)];
    const Value a = any_pointer(Region::packet, "left"), b = any_pointer(Region::packet, "right");
    c.left = {0, a};
    c.right = {1, b};
    assume(Number::is_true(c.is, 64, U64::wrapped(packet.base + offset_of(a)), U64::wrapped(packet.base + offset_of(b))));
    require(context().bool_val(m.compare_packet(c)), "the edge that is taken is possible");
    require_valid(s);
}

// What was told of bits above, of all words of 64 bits.
void lemma(const char* what, const expr& premise, const expr& claim) {
    z3::solver solver(context(), "QF_BV");
    solver.add(premise && !claim);
    EXPECT_EQ(solver.check(), z3::unsat) << what;
}
TEST(Bits, are_as_the_rules_are_told) {
    const auto bits = [](const char* name) { return context().bv_const(name, 64); };
    const expr x = bits("x"), y = bits("y"), xv = bits("xv"), xm = bits("xm"), yv = bits("yv"), ym = bits("ym"), zero = context().bv_val(0, 64), low = context().bv_val(std::uint64_t{0xffffffff}, 64);
    const expr known = (x & ~xm) == xv && (y & ~ym) == yv;
    lemma("no common bit", known && ((xv | xm) & (yv | ym)) == zero, (x | y) == x + y && (z3::ugt(x, low) || ((x & low) | (y & low)) == (x & low) + (y & low)));
    lemma("no bit lost", known && ((xv | xm) & ~yv) == zero, (x & y) == x && (z3::ugt(x, low) || ((x & low) & (y & low)) == x));
    lemma("half of the common bits", context().bool_val(true), (((x & low) & (y & low)) & ~(x & y)) == zero);
    const expr unknown = xm | ym, lowest = z3::ite(unknown == zero, zero, (unknown & -unknown) - 1);
    for (const unsigned strict : {0u, 1u}) {
        const expr s = context().bv_val(strict, 64), between = y - x - s;
        lemma("low bits of a distance", known && z3::ule(x, y) && (strict == 0 || x != y), z3::ule((yv - xv - s) & lowest, between));
    }
    lemma("the lowest bit goes", x != zero, ((x & (x - 1)) & ~x) == zero && (x & (x - 1)) != x);
    // Bit by bit: those known to be 1 are no more than those that are, nor these than those that may be.
    lemma("ones", known, (xv & ~x) == zero && (x & ~(xv | xm)) == zero);
}

MBPF_RULES(Arithmetic, relates_what_is_so, {"keep_sum", proof_sum}, {"keep_bits", proof_bits}, {"move", proof_move}, {"move_pointer", proof_move_pointer}, {"keep_distance", proof_keep_distance}, {"distance", proof_distance}, {"swap_bytes", proof_swap})
MBPF_RULES(Branches, teach_what_is_so, {"learn_order", proof_order}, {"compare_numbers", proof_compare}, {"learn_packet", proof_packet}, {"compare_packet", proof_metadata}, {"compare_packet, of two places", proof_places})

}  // namespace
}  // namespace mbpf::proof
