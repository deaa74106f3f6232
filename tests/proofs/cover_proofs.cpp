// SPDX-License-Identifier: Apache-2.0
// What a stated invariant means, from the source that ships (verifier/checker/cover.cpp): where covers() says yes, every
// concrete state of the state at hand is one of those that load_invariant() makes of the same bytes.
//
// A concrete state has in each register and in each stored value a word, a pointer that leads somewhere, or nothing
// that may be read; bytes of the stack; a packet so long; elements, frames and references. It is in a state if symbols can be
// given words, classes of pointers be null or not, and names of elements be elements, so that all that the state says is true. The
// proofs give the invariant's symbols the words that the table of meanings has for them, and ask whether all that the
// invariant says is true with these, too.
//
// Statements are judged one at a time, by a table that holds whatever earlier ones may have left there: an entry that is
// right of some meaning of its symbol, or none yet, which leaves the meaning to be chosen. Entries only grow, and
// others are not looked at. So of many statements each is true, with one meaning for all of them.
#include <vector>

#include "tests/proofs/shipped_rules.h"

#define int64_t ::mbpf::symbolic::I64
#define uint64_t ::mbpf::symbolic::U64
#define int32_t ::mbpf::symbolic::I32
#define uint_least16_t ::mbpf::symbolic::U16
#define private public
#include "verifier/checker/certificate.h"
namespace mbpf::proof {
namespace {
using proof::variable_part;
using proof::within;
class Meaning;
bool within(Number have, const Number& stated, Here);
Value variable_part(const Value& have, symbolic::I64 move, Here);
bool value_covers(const Value& stated, const Value& have, uint16_t place, Meaning& meaning, Here);
}  // namespace
}  // namespace mbpf::proof
#define uint32_t ::mbpf::symbolic::U32
#define sum_most(...) sum_most(__VA_ARGS__, Here())
#define assemble(...) assemble(__VA_ARGS__, Here())
#define below_packet_end(...) below_packet_end(__VA_ARGS__, Here())
#define difference(...) difference(__VA_ARGS__, Here())
#define learn(...) learn(__VA_ARGS__, Here())
#define learn_limit(...) learn_limit(__VA_ARGS__, Here())
#define name(...) name(__VA_ARGS__, kReal)
#define within(...) within(__VA_ARGS__, Here())
#define variable_part(...) variable_part(__VA_ARGS__, Here())
#define value_covers(...) value_covers(__VA_ARGS__, Here())
#include "verifier/checker/cover.cpp"
#undef uint32_t
#undef sum_most
#undef assemble
#undef below_packet_end
#undef difference
#undef learn
#undef learn_limit
#undef name
#undef within
#undef variable_part
#undef value_covers
#undef int64_t
#undef uint64_t
#undef int32_t
#undef uint_least16_t
#undef private

namespace mbpf::proof {
namespace {

using symbolic::U32;

expr truth(bool is) { return context().bool_val(is); }

// What symbols of the invariant mean: a word, or whether the pointers of a class are null.
expr stated_word(const Symbol& t) {
    of_invariant() = true;
    const expr w = word(t);
    of_invariant() = false;
    return w;
}
expr is_null(const char* whose, const Symbol& t) { return z3::function(whose, context().int_sort(), context().bool_sort())(t.expr()); }
expr stated_null(const Symbol& t) { return is_null("stated_null", t); }
// Which element a name names: of global data each the same one.
expr element(const char* whose, const expr& name) {
    const z3::sort integer = context().int_sort();
    return z3::ite(name >= symbolic::power(31), name, z3::function(whose, integer, integer)(name));
}

// Any number that a certificate states: reduced, and there is a word in it.
Number any_stated_number() {
    Number n;
    n.wide.umin = U64::any("stated_umin");
    n.wide.umax = U64::any("stated_umax");
    n.wide.smin = I64::any("stated_smin");
    n.wide.smax = I64::any("stated_smax");
    n.wide.value = U64::any("stated_value");
    n.wide.mask = U64::any("stated_mask");
    assume(n.wide.umin.expr() <= n.wide.umax.expr() && (n.wide.umin.expr() < n.wide.umax.expr() || n.wide.holds(n.wide.umin)));
    explorer().show("stated least", n.wide.umin.expr());
    explorer().show("stated most", n.wide.umax.expr());
    return n;
}
// None, the packet's length, the first and the last of the table, and others.
Symbol any_stated_symbol(unsigned of = 6) {
    const unsigned all[] = {1, 0, kPacketLength.constant, Meaning::kSymbols, Meaning::kSymbols + 1, kLastSymbol.constant - 1u};
    return Symbol(all[explorer().choose(of)]);
}
Value any_stated(ValueKind kind, const Symbol& symbol) {
    Value v = Value::of(any_stated_number());
    v.kind = kind;
    v.symbol = symbol;
    if (symbol != 0) v.delta = I32::any("stated_delta");
    assume(within(v.delta.expr(), kMaxDelta.constant));
    explorer().show("stated symbol", v.symbol.expr());
    explorer().show("stated delta", v.delta.expr());
    return v;
}

constexpr std::int64_t kMostMove = 2 * (std::int64_t{1} << 29);
bool in_table(const Symbol& t) { return t.constant != 0 && t.constant <= Meaning::kSymbols; }

// What an entry says of its symbol's meaning.
expr is_right(const Meaning::Entry& e, const Symbol& t, const State& s) {
    if (e.kind == Meaning::kNone) return truth(true);
    if (e.kind == Meaning::kNull) return stated_null(t);
    if (e.kind == Meaning::kSure) return !stated_null(t);
    if (e.kind == Meaning::kNullClass) return e.symbol.expr() != 0 && stated_null(t) == is_null("null", e.symbol);
    expr all = within(e.delta.expr(), kMaxDelta.constant) && within(e.stated_delta.expr(), kMaxDelta.constant) && within(e.move.expr(), kMostMove);
    const expr stated = U64::wrapped(stated_word(t) + e.stated_delta.expr());
    const bool is_word = e.kind == Meaning::kWord || e.kind == Meaning::kBoth, is_constant = e.kind == Meaning::kConstant || e.kind == Meaning::kBoth;
    if (is_word) all = all && e.symbol.expr() != 0 && stated == U64::wrapped(word(e.symbol) + e.delta.expr());
    if (is_constant) all = all && stated_word(t) == e.constant.expr();
    if (e.place != Meaning::kNoPlace) all = all && stated == U64::wrapped(word(s.at(e.place)) + e.move.expr());
    return all;
}
constexpr std::uint16_t kEarlier = 1;  // the register whose value gave a symbol its meaning
// What earlier statements may have left.
void any_entry(Meaning& m, const Symbol& t, State& s) {
    if (!in_table(t)) return;
    Meaning::Entry& e = m.entries_[t.constant - 1];
    e.kind = static_cast<Meaning::Kind>(explorer().choose(8));
    if (e.kind == Meaning::kNone) return;
    e.symbol = e.kind == Meaning::kNull || e.kind == Meaning::kSure ? Symbol(0) : any_symbol("earlier symbol");
    if (e.kind <= Meaning::kNameless) {
        e.constant = U64::any("earlier_constant");
        e.delta = I32::any("earlier_delta");
        e.stated_delta = I32::any("earlier_stated_delta");
        if (explorer().choose(2) == 0) {
            s.regs[kEarlier] = any_value("earlier");
            e.place = kEarlier;
            e.move = I32::any("earlier_move");
        }
        explorer().show("earlier delta", e.delta.expr());
        explorer().show("earlier stated delta", e.stated_delta.expr());
        explorer().show("earlier constant", e.constant.expr());
    }
    assume(is_right(e, t, s));
}
bool is_new(const Meaning& m, const Symbol& t) { return in_table(t) && m.entries_[t.constant - 1].kind == Meaning::kNone; }
// The symbol's entry is right and no other has been made.
void require_right(const Meaning& m, const Symbol& t, const State& s) {
    bool others = false;
    for (unsigned i = 1; i <= Meaning::kSymbols; ++i) others = others || (i != t.constant && m.entries_[i - 1].kind != Meaning::kNone);
    require(truth(!others), "other symbols keep their meaning");
    if (in_table(t)) require(is_right(m.entries_[t.constant - 1], t, s), "the symbol's entry is right");
}
void require_symbol(const Value& stated, const expr& w) {
    if (stated.symbol.constant == 0) return;
    require(w == U64::wrapped(stated_word(stated.symbol) + stated.delta.expr()), "the stated symbol's word");
}

// Remainders that are stated, and known: of others see Congruences. Of a pointer they are something else.
struct Congruence {
    std::uint32_t modulus = 0;
    int remainder = 0;
};
constexpr Congruence kCongruences[] = {{0, 0}, {2, 1}, {4, 3}, {4, 1}, {3, 1}};
void give(Value& v, const Congruence& c) {
    v.modulus = c.modulus;
    v.remainder = c.remainder;
}
expr leaves(const expr& w, const Congruence& c) {
    return c.modulus == 0 ? truth(true) : z3::mod(domain::rank(U64(w)).expr(), whole(c.modulus)) == whole(c.remainder);
}

void proof_number(State& s) {
    const Symbol t = any_stated_symbol();
    const Congruence known = kCongruences[t.constant == 0 ? explorer().choose(5) : 0], asked = kCongruences[t.constant == 0 ? explorer().choose(3) : 0];
    Value have = any_value("have");
    have.kind = explorer().choose(2) == 0 ? ValueKind::number : ValueKind::pointer;
    give(have, known);
    assume(leaves(word(have), known));
    Value stated = any_stated(ValueKind::number, t);
    give(stated, asked);
    s.regs[0] = have;
    Meaning m;
    any_entry(m, t, s);
    if (is_new(m, t)) assume(stated_word(t) == U64::wrapped(word(have) - stated.delta.expr()));
    const std::uint16_t place = explorer().choose(2) == 0 ? 0 : Meaning::kNoPlace;
    if (!value_covers(stated, have, place, m, kReal)) return;
    const expr w = word(have);
    require(truth(have.is_number()), "a number is one");
    require(stated.number.wide.holds(U64(w)), "the word is in the stated number");
    require(leaves(w, asked), "the word leaves the stated remainder");
    require_symbol(stated, w);
    require_right(m, t, s);
}

// A pointer, and one that differs in one thing, or none.
enum Differs { kNothing, kRegion, kMap, kSize, kReference, kFrame, kReadOnly, kBorrowed, kDifferences };
void be_pointers(Value& have, Value& stated, unsigned differs) {
    have.region = stated.region = explorer().choose(2) == 0 ? Region::memory : Region::map_value;
    have.map = stated.map = 3;
    have.reference = stated.reference = 1;
    have.frame = stated.frame = 1;
    have.size = stated.size = 5;
    if (have.region == Region::map_value) {
        stated.size = 5 * explorer().choose(2);
        have.size = 7 * explorer().choose(2);
        if (have.size != 0) assume(element("stated_element", whole(5)) == element("element", whole(7)));
    } else if (differs == kSize) {
        have.size = 6;
    }
    if (differs == kRegion) have.region = have.region == Region::memory ? Region::map_value : Region::memory;
    if (differs == kMap) have.map = 2;
    if (differs == kReference) have.reference = 0;
    if (differs == kFrame) have.frame = 0;
    have.read_only = differs == kReadOnly;
    have.borrowed = differs == kBorrowed;
    have.fixed = I32::any("fixed");
    stated.fixed = I32::any("stated_fixed");
    assume(within(have.fixed.expr(), kMaxOffset.constant) && within(stated.fixed.expr(), kMaxOffset.constant));
    explorer().show("fixed", have.fixed.expr());
    explorer().show("stated fixed", stated.fixed.expr());
}
// It leads into what is stated.
expr same_object(const Value& have, const Value& stated) {
    const bool same = have.region == stated.region && have.map == stated.map && have.reference == stated.reference && have.frame == stated.frame && have.read_only == stated.read_only && have.borrowed == stated.borrowed;
    if (!same || stated.region != Region::map_value) return truth(same && have.size == stated.size);
    return stated.size == 0 ? truth(true) : truth(have.size != 0) && element("stated_element", whole(stated.size)) == element("element", whole(have.size));
}

void proof_pointer(State& s) {
    const unsigned differs = explorer().choose(kDifferences);
    const Symbol t = differs == kNothing ? any_stated_symbol(3) : Symbol(0);
    const ValueKind kinds[] = {ValueKind::pointer, ValueKind::pointer_or_null, ValueKind::unknown};
    Value have = any_value("have"), stated = any_stated(ValueKind::pointer, t);
    have.kind = kinds[explorer().choose(3)];
    be_pointers(have, stated, differs);
    s.regs[0] = have;
    // The stated variable part, from the stated fixed one.
    const expr move = have.fixed.expr() - stated.fixed.expr(), w = U64::wrapped(word(have) + move);
    Meaning m;
    any_entry(m, t, s);
    if (is_new(m, t)) assume(stated_word(t) == U64::wrapped(w - stated.delta.expr()));
    if (!value_covers(stated, have, 0, m, kReal)) return;
    require(truth(have.kind == ValueKind::pointer), "a pointer that is no null");
    require(same_object(have, stated), "a pointer into the same object");
    require(stated.number.wide.holds(U64(w)), "the pointer leads where it is stated to");
    require_symbol(stated, w);
    require_right(m, t, s);
}

void proof_nullable(State& s) {
    const unsigned differs = explorer().choose(kDifferences);
    const Symbol t = differs == kNothing ? any_stated_symbol() : Symbol(0);
    const ValueKind kinds[] = {ValueKind::number, ValueKind::pointer, ValueKind::pointer_or_null, ValueKind::unknown};
    Value have = any_value("have"), stated = any_stated(ValueKind::pointer_or_null, t);
    have.kind = kinds[explorer().choose(4)];
    if (have.kind == ValueKind::pointer_or_null) have.symbol = any_symbol("class");
    const expr w = word(have);
    be_pointers(have, stated, differs);
    if (have.kind == ValueKind::number) {
        have.region = Region::none;
        give(have, {});
        stated.reference = static_cast<std::uint8_t>(explorer().choose(2));
    }
    const expr either = explorer().fresh_bool("null");
    const expr null = have.kind == ValueKind::number ? truth(true) : have.kind == ValueKind::pointer ? truth(false) : z3::ite(have.symbol.expr() == 0, either, is_null("null", have.symbol));
    Meaning m;
    any_entry(m, t, s);
    if (is_new(m, t)) assume(stated_null(t) == null);
    if (!value_covers(stated, have, 0, m, kReal)) return;
    require(truth(have.kind != ValueKind::unknown), "a pointer or null");
    if (have.kind == ValueKind::number) require(w == 0 && truth(stated.reference == 0), "the number is null, and refers to nothing");
    else require(same_object(have, stated) && have.fixed.expr() == stated.fixed.expr() && stated.number.wide.holds(U64(w)), "the pointer leads where it is stated to");
    if (t.constant != 0) require(truth(in_table(t)) && stated_null(t) == null, "null together with its class");
    require_right(m, t, s);
}

void proof_within(State&) {
    const Value have = any_value("have");
    const Number stated = any_stated_number();
    if (within(have.number, stated, kReal)) require(stated.wide.holds(U64(word(have))), "within");
}

// A table that is filled in order, and right; which name is asked for, any.
void proof_element(State&) {
    Meaning m;
    const unsigned count = explorer().choose(Meaning::kElements + 1);
    const U32 stated = U32::any("stated"), have = U32::any("have");
    const auto same = [](const U32& a, const U32& b) { return element("stated_element", a.expr()) == element("element", b.expr()); };
    for (unsigned i = 0; i < count; ++i) {
        m.elements_[i] = {U32::any("earlier_stated"), U32::any("earlier")};
        const auto& e = m.elements_[i];
        assume(e.stated.expr() > 0 && e.have.expr() > 0 && same(e.stated, e.have));
    }
    // A name that is new, of no global data, gets its meaning now.
    expr is_known = stated.expr() >= symbolic::power(31);
    for (unsigned i = 0; i < count; ++i) is_known = is_known || m.elements_[i].stated.expr() == stated.expr();
    assume(stated.expr() > 0 && (is_known || have.expr() == 0 || same(stated, have)));
    explorer().show("stated name", stated.expr());
    explorer().show("name", have.expr());
    if (!m.element(stated, have)) return;
    require(have.expr() > 0 && same(stated, have), "the stated name names the element");
    for (unsigned i = 0; i < Meaning::kElements; ++i) {
        const auto& e = m.elements_[i];
        require(i > count ? e.stated.expr() == 0 : e.stated.expr() == 0 || (e.have.expr() > 0 && same(e.stated, e.have)), "names keep their meaning");
    }
}

// Of two and one word, or the packet's length: by the values that gave the symbols their meaning.
void proof_relation(State& s) {
    Meaning m;
    const auto any_of = [&](unsigned place, bool may_be_none) {
        const unsigned kind = explorer().choose(may_be_none ? 4 : 3);
        if (kind > 0) return Symbol(kind == 1 ? kPacketLength.constant : kind == 2 ? Meaning::kSymbols + 1 : 0);
        Meaning::Entry& e = m.entries_[place];
        e.kind = Meaning::kNameless;
        e.stated_delta = I32::any("stated_delta");
        if (explorer().choose(2) == 0) {
            s.regs[place] = any_value("value");
            e.place = place;
            e.move = I32::any("move");
        }
        assume(is_right(e, Symbol(place + 1), s));
        explorer().show("stated delta", e.stated_delta.expr());
        return Symbol(place + 1);
    };
    s.packet_bytes = I32::any("packet_bytes");
    assume(s.packet_bytes.expr() >= 0 && s.packet_bytes.expr() <= word(kPacketLength));
    const unsigned form = explorer().choose(3);
    Relation r;
    r.a = any_of(0, false);
    if (form != 0) r.b = any_of(1, false);
    if (form != 2) r.c = any_of(2, false);
    r.bound = any_integer("bound", kMaxOffset.constant);
    if (m.relation(s, r)) require(stated_word(r.a) + (form != 0 ? stated_word(r.b) : whole(0)) <= (form != 2 ? stated_word(r.c) : whole(0)) + r.bound.expr(), "the relation is true");
}

// Bits of a mask, as far as masks tell of them: see Bits.
expr has_bit(const U64& mask, const expr& i) {
    const z3::sort integer = context().int_sort();
    return z3::function("bit", integer, integer, context().bool_sort())(mask.expr(), i);
}
// One reference, one frame and one word of its bytes differ: each is looked at by itself.
void proof_shape(State& s) {
    Shape stated;
    const unsigned depths[] = {1, 2, kMaxFrames}, depth = depths[explorer().choose(3)], frame = depth - 1 - explorer().choose(depth > 1 ? 2 : 1);
    stated.depth = static_cast<std::uint8_t>(depth);
    s.depth = static_cast<std::uint8_t>(depths[explorer().choose(3)]);
    enum { kReturn = 1, kFunction, kKind, kLock, kHeld, kEnd };
    const unsigned differs = s.depth == depth ? explorer().choose(kEnd) : 0, word_index = explorer().choose(2) * 7, i = explorer().choose(2) * (kMaxReferences - 1);
    stated.locked = explorer().choose(2);
    s.locked = (stated.locked != 0) != (differs == kLock) ? 3 : 0;
    stated.references[i] = explorer().choose(3);
    s.references[i] = differs == kHeld ? explorer().choose(3) : stated.references[i];
    stated.packet_bytes = I32::any("stated_bytes");
    s.packet_bytes = I32::any("bytes");
    stated.metadata_bytes = I32::any("stated_metadata");
    s.metadata_bytes = I32::any("metadata");
    const expr metadata = explorer().fresh("before");
    assume(s.packet_bytes.expr() <= word(kPacketLength) && s.metadata_bytes.expr() <= metadata);
    Frame &a = stated.frames[frame], &b = s.frames[frame];
    if (frame > 0) {
        a.return_slot = differs == kReturn ? 1 : 0;
        a.function = differs == kFunction ? 1 : 0;
        a.kind = FrameKind::call;
        b.kind = differs == kKind ? FrameKind::callback : FrameKind::call;
    }
    a.written[word_index] = U64::any("stated_written");
    b.written[word_index] = U64::any("written");
    const expr bit = explorer().fresh("bit_index"), lost = symbolic::bits_and(a.written[word_index].expr(), (~b.written[word_index]).expr());
    explorer().hint(z3::implies(lost == 0 && has_bit(a.written[word_index], bit), has_bit(b.written[word_index], bit)));
    const bool whoever_called = explorer().choose(2) == 1;
    if (!shape_covers(stated, s, whoever_called)) return;
    require(truth(stated.depth == s.depth && (stated.locked != 0) == (s.locked != 0)), "as many frames, a lock if there is one");
    require(stated.packet_bytes.expr() <= word(kPacketLength) && stated.metadata_bytes.expr() <= metadata, "the packet has its bytes");
    require(truth(stated.references[i] == s.references[i]), "the same references");
    require(truth(a.function == b.function && a.kind == b.kind && (whoever_called || a.return_slot == b.return_slot)), "the frames are those");
    require(z3::implies(has_bit(a.written[word_index], bit), has_bit(b.written[word_index], bit)), "what counts as written is");
}

// The bytes of an invariant, as whoever reads them first decides, and finds again when it reads them once more. What can be
// read is what certificate.cpp lets through.
struct Script {
    struct Item {
        U64 number = 0;
        Value value;
        Relation relation;
    };
    std::vector<Item> items;
    std::function<Item(unsigned)> next;
    std::uint8_t parts = 0;
    Shape shape;
    Cost cost;
    const Item& at(unsigned position) {
        while (items.size() <= position) items.push_back(next(static_cast<unsigned>(items.size())));
        return items[position];
    }
};
Script* script = nullptr;
constexpr std::uint8_t kBytes[64] = {};
unsigned position(const Reader& in) { return static_cast<unsigned>(in.at - kBytes); }
Reader begin() { return {kBytes, kBytes + 64, true}; }

// What stands for value_covers where many values are looked at: who it was asked of is told apart by constants.
struct Judged {
    int stated, have;
};
std::vector<Judged>* judged = nullptr;
int mark_of(const Value& v) { return static_cast<int>(v.number.wide.umin.constant); }

bool within(Number have, const Number& stated, Here) { return have.subset_of(stated); }
// Proved with relations.
Value variable_part(const Value& have, I64 move, Here) {
    require(is_valid(have) && within(move.expr(), kMostMove), "variable_part: of a value that is so");
    Value part = Value::of(Number::of(U64(U64::wrapped(word(have) + move.expr()))));
    part.symbol = Symbol::any("part_symbol");
    part.delta = I32::any("part_delta");
    assume(within(part.delta.expr(), kMaxDelta.constant) && is_valid(part));
    return part;
}
bool value_covers(const Value& stated, const Value& have, std::uint16_t place, Meaning& meaning, Here) {
    if (judged == nullptr) return value_covers(stated, have, place, meaning, kReal);
    const bool alike = stated.kind == ValueKind::number ? have.is_number() : have.is_pointer() || (have.is_number() && stated.kind == ValueKind::pointer_or_null);
    if (!alike || explorer().choose(2) == 0) return false;
    judged->push_back({mark_of(stated), mark_of(have)});
    return true;
}

constexpr unsigned code_of(unsigned frame, int offset, unsigned size) { return 80 + (frame * kFrameBytes + static_cast<unsigned>(offset + kFrameBytes)) * 8 + size - 1; }

}  // namespace

// As docs/certificate.md has them: registers; what calls put away; bytes of the stack.
Location location_of(Reader& in, U64 code) {
    const unsigned c = static_cast<unsigned>(code.constant);
    if (c < 10) return {static_cast<std::int16_t>(c), 8, kRegisters};
    if (c < 80) return {static_cast<std::int16_t>((c - 16) % 8), 1, static_cast<std::uint8_t>((c - 16) / 8)};
    const unsigned byte = (c - 80) / 8;
    return {static_cast<std::int16_t>(static_cast<int>(byte % kFrameBytes) - kFrameBytes), static_cast<std::uint8_t>((c - 80) % 8 + 1), static_cast<std::uint8_t>(byte / kFrameBytes)};
}
U64 Reader::varint() { return script->at(position({at++})).number; }
Value read_value(Reader& in) { return script->at(position({in.at++})).value; }
Relation read_relation(Reader& in) { return script->at(position({in.at++})).relation; }
std::uint8_t read_head(Reader&, Cost& cost, Shape& s) {
    cost = script->cost;
    s = script->shape;
    return script->parts;
}
// Of bytes that hold numbers alone, whatever these are.
Number State::assemble(std::uint8_t frame, I64 offset, unsigned size, Here) const {
    require(truth(frames[frame].all_written(offset, size) && !holds_pointer(frame, offset, size)), "assemble: of numbers' bytes");
    return Number::constant(code_of(frame, static_cast<int>(offset.constant), size));
}
// Proved with costs.
bool counter_at(const State& s, const Location& at, Value& counter) {
    const Value* v = s.value_at(at);
    if (v == nullptr || !(v->is_number() || (v->kind == ValueKind::pointer && v->region == Region::packet))) return false;
    counter = *v;
    return true;
}

namespace {

const Environment kEnvironment;

// All that the stack may hold in 16 bytes of one frame, 8 of another, and one thing put away: up to two stored values, and
// bytes of numbers that no value holds. Positions matter in no other way than by order and overlap.
struct Stored {
    unsigned code;
    bool is_pointer;
};
constexpr unsigned kWhole = code_of(0, -8, 8), kOther = code_of(1, -8, 8);
constexpr Stored kStored[] = {{kWhole, false}, {kWhole, true}, {code_of(0, -8, 4), false}, {code_of(0, -4, 4), false}, {code_of(0, -12, 8), false}, {code_of(0, -16, 8), true}, {code_of(0, -16, 8), false}, {16, true}, {kOther, true}};
constexpr unsigned kCodes[] = {0, 16, code_of(0, -16, 8), code_of(0, -12, 8), code_of(0, -8, 4), kWhole, code_of(0, -4, 4), kOther};
Location place_of(unsigned code) {
    Reader in = begin();
    return location_of(in, U64(code));
}
bool overlap(const Location& a, const Location& b) { return a.frame == b.frame && a.offset < b.offset + b.size && b.offset < a.offset + a.size; }
Value marked(ValueKind kind, unsigned mark) {
    Value v = kind == ValueKind::number ? Value::constant(mark) : Value::pointer(Region::memory);
    v.kind = kind;
    v.number = Number::constant(mark);
    return v;
}
void proof_stack(State& none) {
    Cell room[4], loaded_room[4];
    State s(room, 4), loaded(loaded_room, 4);
    s.depth = 2;
    s.frames[1].kind = FrameKind::call;
    const unsigned kind = explorer().choose(2), other_frame = explorer().choose(2);
    s.regs[0] = marked(kind == 0 ? ValueKind::number : ValueKind::pointer, 0);
    constexpr unsigned kCount = std::size(kStored);
    const unsigned first = explorer().choose(kCount + 1), second = first + 1 + (first < kCount ? explorer().choose(kCount - first) : 0);
    for (unsigned i : {first, second}) {
        if (i >= kCount) continue;
        if (i == second && overlap(place_of(kStored[first].code), place_of(kStored[second].code))) return;
        s.put(place_of(kStored[i].code), marked(kStored[i].is_pointer ? ValueKind::pointer : ValueKind::number, kStored[i].code));
    }
    if (kind == 0) {
        s.frames[0].mark(-16, 16, true);
        s.frames[1].mark(-8, 8, true);
    }
    Script told;
    script = &told;
    told.parts = kHasWritten | kHasFrames;
    told.shape.depth = 2;
    told.shape.frames[1].kind = FrameKind::call;
    told.shape.frames[1].return_slot = 7 * other_frame;
    constexpr int kWritten[][2] = {{0, 0}, {-16, 16}, {-8, 8}, {-16, 8}, {-4, 4}, {-12, 8}, {-7, 1}};
    const auto& written = kWritten[explorer().choose(std::size(kWritten))];
    told.shape.frames[0].mark(written[0], written[1], true);
    if (other_frame == 1) told.shape.frames[1].mark(-8, 8, true);
    // Up to two statements, of any place each: in order or not.
    told.next = [&](unsigned i) {
        Script::Item item;
        const ValueKind kinds[] = {ValueKind::number, ValueKind::pointer, ValueKind::pointer_or_null};
        if (i == 0) item.number = explorer().choose(3);
        else if (i % 2 == 1) item.number = kCodes[explorer().choose(std::size(kCodes))];
        else item.value = marked(kinds[explorer().choose(3)], i / 2);
        return item;
    };
    std::vector<Judged> answers;
    judged = &answers;
    Cost cost;
    Reader in = begin();
    U32 contract = 0;
    const bool whoever_called = told.shape.frames[1].return_slot != 0;
    const bool covered = covers(in, s, cost, whoever_called ? &contract : nullptr);
    judged = nullptr;
    if (!covered) return;
    require(truth(!whoever_called || contract.constant == 7), "the contract is told");
    loaded.cell_room = static_cast<std::uint16_t>(explorer().choose(3));
    in = begin();
    if (!load_invariant(in, kEnvironment, loaded, cost)) return;

    const auto true_of = [&](const Value& stated, const Location& at) {
        const Value* have = s.value_at(at);
        const int mark = have != nullptr ? mark_of(*have) : static_cast<int>(code_of(at.frame, at.offset, at.size));
        return std::any_of(answers.begin(), answers.end(), [&](const Judged& j) { return j.stated == mark_of(stated) && j.have == mark; });
    };
    require(truth(loaded.depth == s.depth && loaded.cell_count <= loaded.cell_room), "as many frames, and no more cells than there is room for");
    require(truth(loaded.regs[0].kind == ValueKind::unknown || true_of(loaded.regs[0], place_of(0))), "what a register is stated to hold it holds");
    for (unsigned r = 1; r < bpf::kFramePointer; ++r) require(truth(loaded.regs[r].kind == ValueKind::unknown), "of other registers nothing is said");
    const Value& frame = loaded.regs[bpf::kFramePointer];
    require(truth(frame.kind == ValueKind::pointer && frame.region == Region::stack && frame.frame == s.depth - 1 && frame.fixed.constant == 0 && frame.number.is_constant() && mark_of(frame) == 0), "the frame pointer is what it is");
    for (unsigned i = 0; i < loaded.cell_count; ++i) {
        const Location& at = loaded.cells[i].at;
        const Value& v = loaded.cells[i].value;
        require(truth(true_of(v, at)), "what is stated to be stored there is");
        require(truth(at.frame < s.depth && (at.offset >= 0 || loaded.frames[at.frame].all_written(at.offset, at.size))), "its bytes are counted as written");
        require(truth(at.offset >= 0 || !v.is_pointer() || (at.size == 8 && at.offset % 8 == 0)), "a stored pointer is whole");
        for (unsigned j = 0; j < i; ++j) require(truth(!overlap(at, loaded.cells[j].at)), "cells are disjoint");
        for (unsigned j = 0; j < i; ++j) require(truth(code_of(loaded.cells[j].at.frame, loaded.cells[j].at.offset, 1) < code_of(at.frame, at.offset, 1)), "cells are in order");
    }
    // Of what may be null each is of a class of its own, since none is stated.
    std::vector<unsigned> classes;
    for (unsigned i = 0; i < loaded.value_count(); ++i)
        if (loaded.at(i).kind == ValueKind::pointer_or_null) classes.push_back(loaded.at(i).symbol.constant);
    std::sort(classes.begin(), classes.end());
    require(truth((classes.empty() || classes.front() > 0) && std::adjacent_find(classes.begin(), classes.end()) == classes.end()), "what may be null has a class");
    // What may be read as a number is one.
    for (unsigned f = 0; f < s.depth; ++f)
        for (int i = -kFrameBytes; i < 0; ++i) {
            if (i == -kFrameBytes) i = -24;
            const bool in_pointer = loaded.holds_pointer(static_cast<std::uint8_t>(f), i, 1);
            if (!loaded.frames[f].all_written(i, 1) || in_pointer) continue;
            require(truth(s.frames[f].all_written(i, 1) && !s.holds_pointer(static_cast<std::uint8_t>(f), i, 1)), "a byte that may be read is a number's");
        }
}

// A number and a packet pointer, and a relation, with the meaning that these statements give by themselves; or one of them,
// which counts. Their symbols are two, or one.
void proof_registers(State& s) {
    judged = nullptr;
    const Symbol first(1), second(1 + explorer().choose(2));
    Script told;
    script = &told;
    const unsigned relation = explorer().choose(4), number_of_values = relation == 0 ? 1 : 2;
    told.parts = kHasRelations | kHasTerms;
    told.cost.term_count = relation == 0 ? 1 : 0;
    told.cost.terms[0].at = place_of(explorer().choose(number_of_values == 1 ? 2 : 1));
    Value have[2], stated[2];
    for (unsigned i = 0; i < number_of_values; ++i) {
        const bool is_pointer = number_of_values == 1 ? explorer().choose(2) == 1 : i == 1;
        have[i] = any_value("have");
        stated[i] = any_stated(ValueKind::number, i == 0 ? first : second);
        if (is_pointer) {
            have[i].kind = stated[i].kind = ValueKind::pointer;
            have[i].region = stated[i].region = Region::packet;
            have[i].fixed = I32::any("fixed");
            stated[i].fixed = I32::any("stated_fixed");
            assume(within(have[i].fixed.expr(), kMaxOffset.constant) && within(stated[i].fixed.expr(), kMaxOffset.constant));
        }
        s.regs[i] = have[i];
    }
    const auto word_of = [&](unsigned i) { return have[i].is_number() ? word(have[i]) : U64::wrapped(word(have[i]) + have[i].fixed.expr() - stated[i].fixed.expr()); };
    for (unsigned i = number_of_values; i-- > 0;)
        if (i == 0 || second != first) assume(stated_word(stated[i].symbol) == U64::wrapped(word_of(i) - stated[i].delta.expr()));
    const I64 bound = any_integer("bound", kMaxOffset.constant);
    told.next = [&](unsigned i) {
        Script::Item item;
        if (i == 0) item.number = number_of_values;
        else if (i <= 2 * number_of_values && i % 2 == 1) item.number = i / 2;
        else if (i <= 2 * number_of_values) item.value = stated[i / 2 - 1];
        else if (i == 2 * number_of_values + 1) item.number = relation == 0 ? 0 : 1;
        else item.relation = relation == 1 ? Relation{first, 0, second, bound} : relation == 2 ? Relation{second, 0, kPacketLength, bound} : Relation{first, second, 0, bound};
        return item;
    };
    s.packet_bytes = I32::any("packet_bytes");
    assume(s.packet_bytes.expr() >= 0 && s.packet_bytes.expr() <= word(kPacketLength));
    Cost cost;
    Reader in = begin();
    if (!covers(in, s, cost)) return;
    State loaded(nullptr, 0);
    in = begin();
    // What it is taught is required to be true of the invariant's symbols.
    of_invariant() = true;
    const bool is_loaded = load_invariant(in, kEnvironment, loaded, cost);
    of_invariant() = false;
    if (!is_loaded) return;
    for (unsigned i = 0; i < bpf::kFramePointer; ++i) {
        const Value& v = loaded.regs[i];
        if (v.kind == ValueKind::unknown) continue;
        require(truth(i < number_of_values && v.kind == have[i].kind && v.region == have[i].region), "of this kind");
        const expr w = word_of(i);
        require(v.number.wide.holds(U64(w)) && (v.is_number() || v.fixed.expr() == stated[i].fixed.expr()), "the word is in the stated number");
        require_symbol(v, w);
    }
    for (unsigned i = 0; i < number_of_values; ++i) require(truth(loaded.regs[i].symbol.constant < loaded.next_symbol.constant), "a name that is given next is new");
}

// What was told of bits above, of all words of 64 bits.
TEST(Bits, are_as_covering_is_told) {
    const expr x = context().bv_const("x", 64), y = context().bv_const("y", 64), bit = context().bv_const("bit", 64), zero = context().bv_val(0, 64);
    z3::solver solver(context(), "QF_BV");
    solver.add((x & ~y) == zero && (x & bit) != zero && (bit & (bit - 1)) == zero && (y & bit) == zero);
    EXPECT_EQ(solver.check(), z3::unsat);
}
// A rank that leaves r when divided by m leaves, divided by what divides m, what r leaves: for all moduli, as polynomials.
TEST(Congruences, follow_from_those_known) {
    const auto any = [](const char* name) { return context().int_const(name); };
    const expr q = any("q"), k = any("k"), j = any("j"), by = any("by"), rest = any("rest");
    const expr m = k * by, r = j * by + rest;
    EXPECT_TRUE(symbolic::expanded(q * m + r - ((q * k + j) * by + rest)).is_numeral());
}

MBPF_RULES(Statements, are_true_of_what_they_cover, {"within", proof_within}, {"value_covers, of numbers", proof_number}, {"value_covers, of pointers", proof_pointer}, {"value_covers, of what may be null", proof_nullable}, {"element", proof_element},
           {"relation", proof_relation}, {"shape_covers", proof_shape})
MBPF_RULES(Invariants, are_states_of_what_they_cover, {"covers, of the stack", proof_stack}, {"covers, of registers", proof_registers})

}  // namespace
}  // namespace mbpf::proof
