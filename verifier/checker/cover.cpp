// SPDX-License-Identifier: Apache-2.0
#include "verifier/checker/cover.h"

namespace mbpf::proof {

using bpf::AluOp;

bool load_invariant(Reader& in, const Environment& env, State& s, Cost& cost) {
    s.clear();
    const uint8_t parts = read_head(in, cost, s);
    for (uint64_t n = in.bounded(UINT16_MAX), next = 0, code = 0; n > 0 && in.good; --n, next = code + 1) {
        code = in.varint();
        in.require(code >= next);  // in order, as covers() has them: to put the first one again moves all the others
        const Location at = location_of(in, code);
        const bool in_frame = at.frame != kRegisters, on_stack = in_frame && at.offset < 0;
        Value v = read_value(in);
        const bool of_map = v.region == Region::map_handle || v.region == Region::map_value;
        in.require(!in_frame || at.frame < s.depth);
        in.require(v.region != Region::map_value || v.size < kGlobalData);
        in.require(v.region == Region::object || (v.map < 0 ? !of_map : static_cast<uint32_t>(v.map) < env.map_count));
        in.require(v.kind != ValueKind::pointer_or_null || v.number.is_constant());
        in.require(!v.is_pointer() || v.region != Region::stack || v.frame < s.depth);
        in.require(v.reference == 0 || s.references[v.reference - 1] != 0);
        in.require(!in_frame || at.offset != kPassedMap || v.region == Region::map_handle);
        // An invariant may not make bytes readable that it does not count as written.
        if (!in.good || (on_stack && !s.frames[at.frame].all_written(at.offset, at.size))) return false;
        if (on_stack && v.is_pointer() && (at.size != 8 || at.offset % 8 != 0)) return false;
        if (v.symbol != kPacketLength && v.symbol >= s.next_symbol) s.next_symbol = static_cast<Symbol>(v.symbol + 1);
        if (in_frame) s.put(at, v);
        else s.regs[at.offset] = v;
    }
    s.regs[bpf::kFramePointer] = Value::pointer(Region::stack);
    s.regs[bpf::kFramePointer].frame = static_cast<uint8_t>(s.depth - 1);
    for (uint64_t n = (parts & kHasRelations) != 0 ? in.bounded(kMaxRelations) : 0; n > 0 && in.good; --n) {
        const Relation r = read_relation(in);
        if (r.b == 0) s.learn(r.a, r.c, r.bound);
        else s.learn_limit(r.a, r.b, r.c, r.bound);
    }
    for (unsigned i = 0; i < s.value_count(); ++i)
        if (s.at(i).kind == ValueKind::pointer_or_null && s.at(i).symbol == 0) s.at(i).symbol = s.fresh();
    for (unsigned i = 0; i < cost.term_count && in.good; ++i) {
        // Named, so that what becomes of it is known.
        uint16_t index = 0;
        in.require(s.value_at(cost.terms[i].at, &index) != nullptr);
        if (in.good) s.name(s.at(index));
        in.require(counter_at(s, cost.terms[i].at, s.ghosts[i]));
    }
    return in.good;
}

namespace {

// Part by part, first as they are; a stated number has been reduced when it was read, and may know in one part what
// the other knows in another. Reducing loses no word. A number that stands for no word makes a state of no run.
bool within(Number have, const Number& stated) {
    constexpr int kRounds = 3;
    for (int round = 0; round < kRounds; ++round) {
        if (have.is_bottom() || have.subset_of(stated)) return true;
        const Number reduced = have.sync();
        if (reduced == have) return false;
        have = reduced;
    }
    return have.subset_of(stated);
}

// What the certificate's symbols stand for in the state. A symbol claims that all values that name it are one
// word, each moved by its delta; the first value met fixes the word, the others must agree.
class Meaning {
  public:
    static constexpr unsigned kSymbols = 48, kElements = 4;
    static constexpr uint16_t kNoPlace = 0x1fff;
    static_assert(State::kRegisters + kMaxTerms + kMaxFrames * (kFrameBytes + 8) < kNoPlace);

    // A number (or variable part) of the state where the invariant has `stated`. `place`: index of the value it
    // comes from, moved by `move`.
    bool number(const Value& stated, const Value& have, uint16_t place, int64_t move) {
        if (stated.symbol == 0) return true;
        if (stated.symbol == kPacketLength) return have.symbol == kPacketLength && have.delta == stated.delta;
        if (stated.symbol > kSymbols) return false;
        Entry e;
        e.symbol = have.symbol;
        e.delta = have.delta;
        e.constant = have.number.wide.umin - static_cast<uint64_t>(int64_t{stated.delta});
        e.kind = static_cast<Kind>((have.symbol != 0 ? kWord : 0) | (have.number.is_constant() ? kConstant : 0));
        if (e.kind == kNone) e.kind = kNameless;
        e.place = place & kNoPlace;
        e.move = static_cast<int32_t>(move);
        e.stated_delta = stated.delta;
        return first_or_same(stated.symbol, e);
    }

    // A pointer of the state, or the number 0, where the invariant has one that may be null.
    bool nullable(const Value& stated, const Value& have) {
        if (stated.symbol == 0) return true;
        if (stated.symbol > kSymbols) return false;
        // All sure, all null, or all of one class: then they are null together.
        Entry e;
        e.kind = have.is_number() ? kNull : have.kind == ValueKind::pointer ? kSure : have.symbol == 0 ? kNameless : kNullClass;
        if (e.kind == kNullClass) e.symbol = have.symbol;
        return first_or_same(stated.symbol, e);
    }

    // Values of a map that have one name are one, whatever its name in the state. Of global data the name says which map.
    bool element(uint32_t stated, uint32_t have) {
        for (Element& e : elements_) {
            if (e.stated == 0) e = {stated, have};
            if (e.stated == stated) return have != 0 && e.have == have && (stated < kGlobalData || have == stated);
        }
        return false;
    }

    // What is said of the certificate's symbols holds in the state.
    bool relation(const State& s, const Relation& r) const {
        Value x, y, z = Value::constant(0);
        int64_t found = 0, move = 0;
        if (!word(s, r.a, x, move, 1) || (r.b != 0 && !word(s, r.b, y, move, 1)) || (r.c != 0 && !word(s, r.c, z, move, -1))) return false;
        const bool known = r.b != 0 ? s.sum_most(x, y, z, found) : r.c == kPacketLength ? s.below_packet_end(x, found) : s.difference(x, z, found);
        return known && found <= r.bound + move;
    }

  private:
    // A word is known by its symbol and delta, by being constant, or both; nameless: equal to nothing else.
    enum Kind { kNone, kWord, kConstant, kBoth, kNameless, kNull, kSure, kNullClass };
    struct Entry {
        uint64_t constant = 0;  // of the certificate's symbol; the state's has the delta as seen from `stated_delta`
        int32_t delta = 0, stated_delta = 0, move = 0;
        Symbol symbol = 0;
        unsigned place : 13 = kNoPlace;
        Kind kind : 3 = kNone;
    };

    bool first_or_same(Symbol stated, const Entry& now) {
        Entry& e = entries_[static_cast<unsigned>(stated) - 1];
        if (e.kind == kNone) {
            e = now;
            return true;
        }
        if (e.kind > kBoth || now.kind > kBoth) return e.kind == now.kind && now.kind != kNameless && e.symbol == now.symbol;
        const int64_t delta = int64_t{now.delta} - now.stated_delta + e.stated_delta;
        const unsigned common = e.kind & now.kind;
        if (((common & kWord) == 0 || e.symbol != now.symbol || e.delta != delta) && ((common & kConstant) == 0 || e.constant != now.constant)) return false;
        // The same word, so what is known of one holds for the other.
        if (e.kind == kWord) e.constant = now.constant;
        if (e.kind == kConstant && is_delta(delta)) e.symbol = now.symbol, e.delta = static_cast<int32_t>(delta);
        if (is_delta(delta)) e.kind = static_cast<Kind>(e.kind | now.kind);
        return true;
    }

    // The value that first gave the symbol its meaning. The stated word is that value moved back by the stated
    // delta, which must not wrap.
    bool word(const State& s, Symbol symbol, Value& out, int64_t& move, int sign) const {
        if (symbol == kPacketLength) {
            out = s.packet_length();
            return true;
        }
        if (symbol == 0 || symbol > kSymbols) return false;
        const Entry& e = entries_[static_cast<unsigned>(symbol) - 1];
        if (e.place == kNoPlace) return false;
        out = variable_part(s.at(e.place), e.move);
        Value stated = out;
        stated.delta = e.stated_delta;
        move += sign * int64_t{e.stated_delta};
        return exact_sum(stated);
    }

    Entry entries_[kSymbols];
    struct Element {
        uint32_t stated = 0, have = 0;
    } elements_[kElements];
};

bool value_covers(const Value& stated, const Value& have, uint16_t place, Meaning& meaning) {
    if (stated.kind == ValueKind::number) return have.is_number() && within(have.number, stated.number) && have.is_congruent(stated.modulus, stated.remainder) && meaning.number(stated, have, place, 0);
    if (stated.kind == ValueKind::pointer_or_null && have.is_null()) return stated.reference == 0 && meaning.nullable(stated, have);
    if (!have.is_pointer() || (have.kind == ValueKind::pointer_or_null && stated.kind == ValueKind::pointer)) return false;
    const bool same_size = stated.region == Region::map_value ? stated.size == 0 || meaning.element(stated.size, have.size) : have.size == stated.size;
    if (have.region != stated.region || have.map != stated.map || !same_size || have.reference != stated.reference || have.frame != stated.frame || have.read_only != stated.read_only || have.borrowed != stated.borrowed) return false;
    const int64_t move = int64_t{have.fixed} - stated.fixed;
    if (stated.kind == ValueKind::pointer_or_null) {
        // Such a pointer has no variable part: its symbol names a class.
        return move == 0 && have.number.is_constant() && stated.number.is_constant() && have.number.wide.umin == stated.number.wide.umin && meaning.nullable(stated, have);
    }
    const Value variable = variable_part(have, move);
    return within(variable.number, stated.number) && meaning.number(stated, variable, place, move);
}

// Frames, bytes written, packet and references: the state has at least what is stated.
bool shape_covers(const Shape& stated, const Shape& s, bool whoever_called) {
    if (stated.depth != s.depth || (stated.locked != 0) != (s.locked != 0) || stated.packet_bytes > s.packet_bytes || stated.metadata_bytes > s.metadata_bytes) return false;
    for (unsigned i = 0; i < kMaxReferences; ++i)
        if (stated.references[i] != s.references[i]) return false;
    for (unsigned f = 0; f < s.depth; ++f) {
        const Frame& a = stated.frames[f];
        const Frame& b = s.frames[f];
        if (f > 0 && ((a.return_slot != b.return_slot && !whoever_called) || a.function != b.function || a.kind != b.kind)) return false;
        for (unsigned w = 0; w < kFrameBytes / 64; ++w)
            if ((a.written[w] & ~b.written[w]) != 0) return false;
    }
    return true;
}

}  // namespace

bool covers(Reader& in, const State& s, Cost& cost, uint32_t* contract) {
    Shape stated;
    const uint8_t parts = read_head(in, cost, stated);
    if (!in.good || !shape_covers(stated, s, contract != nullptr)) return false;
    if (contract != nullptr) *contract = stated.frames[stated.depth - 1].return_slot;
    // A stored pointer must be stated as one, or its bytes as unwritten: else they could be read as a number.
    const auto readable = [&](const Location& at, const Value& v) { return at.frame != kRegisters && at.offset < 0 && v.is_pointer() && stated.frames[at.frame].any_written(at.offset, at.size); };
    unsigned pointers = 0;
    for (unsigned i = 0; i < s.cell_count; ++i) pointers += readable(s.cells[i].at, s.cells[i].value) ? 1 : 0;
    Meaning meaning;
    if (stated.locked != 0 && !meaning.element(stated.locked, s.locked)) return false;
    uint64_t last = 0;
    for (uint64_t n = in.bounded(UINT16_MAX), first = n; n > 0; --n) {
        const uint64_t code = in.varint();
        const Location at = location_of(in, code);
        const Value value = read_value(in);
        // In order, so that none is stated twice.
        if (!in.good || (at.frame != kRegisters && at.frame >= s.depth) || (n != first && code <= last)) return false;
        last = code;
        uint16_t place = Meaning::kNoPlace;
        Value assembled;
        const Value* have = s.value_at(at, &place);
        if (have == nullptr) {
            // Bytes that no cell holds whole.
            if (at.frame == kRegisters || at.offset >= 0 || !value.is_number() || !s.frames[at.frame].all_written(at.offset, at.size) || s.holds_pointer(at.frame, at.offset, at.size)) return false;
            assembled = Value::of(s.assemble(at.frame, at.offset, at.size));
            have = &assembled;
        }
        if (!value_covers(value, *have, place, meaning)) return false;
        if (readable(at, *have)) --pointers;
    }
    if (pointers != 0) return false;
    for (uint64_t n = (parts & kHasRelations) != 0 ? in.bounded(kMaxRelations) : 0; n > 0; --n) {
        const Relation r = read_relation(in);
        if (!in.good || !meaning.relation(s, r)) return false;
    }
    return in.good;
}

}  // namespace mbpf::proof
