// SPDX-License-Identifier: Apache-2.0
// The stack by bytes, from the source that ships (verifier/checker/state.cpp, machine_memory.cpp): run for every way that few
// cells and an access may lie to each other, words and bytes being whichever. Each rule makes of a state that stands
// for a memory one that stands for each memory that may follow; and lets no byte be read that may not. stack_layouts.h says
// what that means, and why few cells are enough.
#include <z3++.h>

#include "tests/proofs/stack_layouts.h"

namespace mbpf::proof {

// Not under proof here.
bool Machine::fail(Reason, unsigned, int64_t, int64_t, int64_t, uint32_t, bool) { return false; }
bool Machine::readable(unsigned) { return true; }
int64_t Machine::packet_least(const Value&) const { return 0; }
Value Machine::or_null(Value v) { return v; }

namespace {

// What is described of the case at hand.
struct Case {
    const Layout* layout = nullptr;
    int begin = 0, last = 0, size = 0, more = 0;
} now;
std::string text_of_case() {
    return (now.layout != nullptr ? now.layout->text() : "") + "; from " + std::to_string(now.begin) + " to " + std::to_string(now.last) + ", " + std::to_string(now.size) + " bytes, " + std::to_string(now.more);
}
Cell room_for_cells[kMaxCells + 2];
State& fresh_state() {
    static State s(room_for_cells, kMaxCells);
    describe() = text_of_case;
    now = {};
    s.clear();
    s.cell_room = kMaxCells;
    return s;
}

// Accesses: each begin, each size of `sizes`.
template <class Body>
void each_range(const Layout& l, int most, Body body) {
    for (int place = 0; place < kWindow; ++place)
        for (int size = 1; size <= most && place + size <= kWindow; ++size) {
            now = {&l, l.base + place, l.base + place, size, 0};
            one_case();
            body(place, size);
        }
}

// Places are ordered by frame, then offset.
int64_t key(const Location& l) { return int64_t{l.frame} * 4096 + l.offset; }
void proof_before() {
    for (int f = 0; f <= static_cast<int>(kMaxFrames); ++f)
        for (int g = 0; g <= static_cast<int>(kMaxFrames); ++g)
            for (int o = -kFrameBytes; o < 8; ++o)
                for (int p = -kFrameBytes; p < 8; ++p) {
                    const Location a{static_cast<int16_t>(o), 8, static_cast<uint8_t>(f)}, b{static_cast<int16_t>(p), 1, static_cast<uint8_t>(g)};
                    claim(before(a, b) == (key(a) < key(b)), "before");
                }
    one_case();
}
// All that it asks is whether a cell lies before the place: in a sorted list the first so many do. So every number of cells
// that a state can have, and every such number of those.
void proof_lower_bound() {
    constexpr unsigned kMost = kMaxFrames * (kFrameBytes + 8);
    std::vector<Cell> cells(kMost);
    for (unsigned i = 0; i < kMost; ++i) cells[i].at = {static_cast<int16_t>(static_cast<int>(i % (kFrameBytes + 8)) - kFrameBytes), 1, static_cast<uint8_t>(i / (kFrameBytes + 8))};
    State s(cells.data(), kMost);
    for (unsigned n = 0; n <= kMost; ++n) {
        s.cell_count = static_cast<uint16_t>(n);
        for (unsigned k = 0; k <= n; ++k) claim(lower_bound(s, k < kMost ? cells[k].at : Location{0, 1, kMaxFrames}) == k, "lower_bound");
        one_case();
    }
}
void proof_first_overlap() {
    State& s = fresh_state();
    each_layout(3, [&](const Layout& l) {
        l.reset(s);
        for (unsigned f = 0; f < kInUse; ++f)
            for (int o = l.base; o < l.base + kWindow; ++o) {
                now = {&l, o, o, 0, static_cast<int>(f)};
                one_case();
                const unsigned first = first_overlap(s, static_cast<uint8_t>(f), o);
                claim(first <= s.cell_count, "first_overlap: a cell, or their end");
                for (unsigned i = 0; i < s.cell_count; ++i) {
                    const Location at = s.cells[i].at;
                    const bool is_before = at.frame < f || (at.frame == f && at.offset + at.size <= o);
                    claim(is_before == (i < first), "first_overlap: all that end before it");
                }
            }
    });
}
void proof_value_at() {
    State& s = fresh_state();
    each_layout(3, [&](const Layout& l) {
        l.reset(s);
        for (unsigned f = 0; f < kInUse; ++f)
            for (int place = 0; place < kWindow; ++place)
                for (int size = 1; size <= 8; ++size) {
                    now = {&l, l.base + place, l.base + place, size, static_cast<int>(f)};
                    one_case();
                    uint16_t index = 0;
                    const Location where{static_cast<int16_t>(l.base + place), static_cast<uint8_t>(size), static_cast<uint8_t>(f)};
                    const Value* v = s.value_at(where, &index);
                    const Value* cell = nullptr;
                    for (unsigned i = 0; i < s.cell_count; ++i)
                        if (key(s.cells[i].at) == key(where) && s.cells[i].at.size == size) cell = &s.cells[i].value;
                    claim(v == cell && s.value_at(where) == v, "value_at: the very cell");
                    claim(v == nullptr || &s.at(index) == v, "value_at: its index");
                }
    });
    for (int o = INT16_MIN; o <= INT16_MAX; ++o) {
        uint16_t index = 0;
        const Value* v = s.value_at({static_cast<int16_t>(o), 8, kRegisters}, &index);
        claim(v == (o >= 0 && o < static_cast<int>(State::kRegisters) ? &s.regs[o] : nullptr) && (v == nullptr || &s.at(index) == v), "value_at: the register");
    }
}

bool touches(const Location& at, int begin, int end) { return at.frame == kHere && at.offset < end && at.offset + at.size > begin; }
// Cells that `gone` does not say are gone are there.
template <class Gone>
void claim_left(const State& s, const Layout& l, Gone gone) {
    unsigned left = 0;
    for (unsigned i = 0; i < l.count; ++i) {
        if (gone(l.cells[i].at)) continue;
        const Value* v = s.value_at(l.cells[i].at);
        claim(v != nullptr && same(*v, l.cells[i].value), "cells beside it are left");
        ++left;
    }
    claim(left == s.cell_count, "no cell is left but those beside it");
}
void proof_drop() {
    State& s = fresh_state();
    each_layout(3, [&](const Layout& l) {
        each_range(l, kWindow, [&](int, int size) {
            l.reset(s);
            s.drop(kHere, now.begin, size);
            claim_valid(s, l, l.memory);
            claim_left(s, l, [&](const Location& at) { return touches(at, now.begin, now.begin + size); });
        });
    });
}
void proof_holds_pointer() {
    State& s = fresh_state();
    each_layout(3, [&](const Layout& l) {
        l.reset(s);
        each_range(l, kWindow, [&](int, int size) {
            bool any = false;
            for (unsigned i = 0; i < l.count; ++i) any = any || (touches(l.cells[i].at, now.begin, now.begin + size) && l.cells[i].value.is_pointer());
            claim(s.holds_pointer(kHere, now.begin, size) == any, "holds_pointer");
        });
    });
}
// What is stored: a number of which all bytes have names, so many of them, or a pointer.
Value stored_number(unsigned size, bool tight) {
    ByteName names[8];
    for (unsigned i = 0; i < 8; ++i) names[i] = static_cast<ByteName>(kStored + i);
    Value v = Value::of(number_of(names, size, tight));
    v.symbol = 900;
    return v;
}
void write(Memory& m, int place, int size, const Value& v) {
    for (int i = 0; i < size; ++i) m.bytes[kHere][place + i] = v.is_pointer() ? of_pointer(v.fixed, static_cast<unsigned>(i)) : v.number.bytes[i];
}
void proof_put() {
    State& s = fresh_state();
    each_layout(3, [&](const Layout& l) {
        each_range(l, 8, [&](int place, int size) {
            for (int kind = 0; kind < (size == 8 ? 3 : 1); ++kind)
                for (const bool full : {false, true}) {
                    now.more = kind + (full ? 10 : 0);
                    const Value v = kind == 0 ? stored_number(static_cast<unsigned>(size), false) : pointer_value(77, kind == 2);
                    l.reset(s);
                    s.cell_room = full ? l.count : uint16_t{kMaxCells};
                    s.put({static_cast<int16_t>(now.begin), static_cast<uint8_t>(size), kHere}, v);
                    Memory m = l.memory;
                    write(m, place, size, v);
                    claim_valid(s, l, m, &v);
                    if (!full) {
                        const Value* at = s.value_at({static_cast<int16_t>(now.begin), static_cast<uint8_t>(size), kHere});
                        claim(at != nullptr && same(*at, v), "put: it is there");
                    }
                }
        });
    });
}
// What a call puts away: no part of the stack. Of what is unknown nothing is kept.
void proof_put_away() {
    State& s = fresh_state();
    each_layout(1, [&](const Layout& l) {
        for (int f = 0; f < static_cast<int>(kInUse); ++f)
            for (int o = 0; o < 8; ++o)
                for (int kind = 0; kind < 3; ++kind) {
                    now = {&l, o, f, 1, kind};
                    one_case();
                    const Value v = kind == 0 ? stored_number(8, false) : kind == 1 ? pointer_value(77, false) : Value{};
                    const Location where{static_cast<int16_t>(o), 1, static_cast<uint8_t>(f)};
                    l.reset(s);
                    s.put(where, v);
                    claim_valid(s, l, l.memory, &v);
                    const Value* at = s.value_at(where);
                    claim(kind == 2 ? at == nullptr : at != nullptr && same(*at, v), "put: it is put away");
                }
    });
}
void proof_assemble() {
    State& s = fresh_state();
    each_layout(3, [&](const Layout& l) {
        l.reset(s);
        each_range(l, 8, [&](int place, int size) {
            const Number n = s.assemble(kHere, now.begin, static_cast<unsigned>(size));
            // Of what is no number's the word is any.
            ByteName bytes[8];
            for (int i = 0; i < size; ++i) {
                bytes[i] = l.memory.bytes[kHere][place + i];
                claim(of_number(bytes[i]) || n.bytes[i] == kAnyByte, "assemble: what is no number may be any");
            }
            claim(holds(n, bytes, static_cast<unsigned>(size)), "assemble: the word of the bytes");
        });
    });
}

// A pointer that leads to any of the places from `begin` to `last`, seen from an instruction's offset.
Value stack_pointer(int begin, int last, int offset) {
    Value v = Value::pointer(Region::stack);
    v.frame = kHere;
    v.fixed = begin - offset;
    if (last == begin) return v;
    v.number = Number::range_u(0, static_cast<uint64_t>(last - begin));
    v.number.wide.smin = 0;
    v.number.wide.smax = last - begin;
    return v;
}
const Environment& environment(bool leaks) {
    static const auto make = [](bool l) {
        Environment e;
        e.pointer_leaks_allowed = l;
        return e;
    };
    static const Environment strict = make(false), loose = make(true);
    return leaks ? loose : strict;
}
// Where an access may lead: a place, or any of some; one that leaves the frame, if the window ends there.
template <class Body>
void each_access(const Layout& l, std::initializer_list<int> sizes, int most_apart, Body body) {
    for (const int size : sizes)
        for (int begin = -1; begin <= kWindow; ++begin)
            for (int last = begin; last <= begin + most_apart && last <= kWindow; ++last) {
                const bool inside = begin >= 0 && last + size <= kWindow;
                // Beyond the window, but not the frame, is the same as within.
                if (!inside && (begin >= 0 || l.base != -kFrameBytes) && (last + size <= kWindow || l.base + kWindow != 0)) continue;
                if (!inside && (begin < 0 ? last + size > kWindow : begin + size <= 0)) continue;
                now = {&l, l.base + begin, l.base + last, size, 0};
                one_case();
                body(begin, last, size, inside);
            }
}
void proof_load() {
    State& s = fresh_state();
    each_layout(3, [&](const Layout& l) {
        each_access(l, {1, 2, 4, 8}, 3, [&](int begin, int last, int size, bool inside) {
            for (const bool leaks : {false, true}) {
                now.more = leaks ? 1 : 0;
                Machine m(environment(leaks), s);
                l.reset(s);
                const int offset = (begin % 3 - 1) * 5;
                s.regs[1] = stack_pointer(now.begin, now.last, offset);
                Value out = Value::of(Number::unknown());
                out.map = 12;  // to be known again
                if (!m.load_stack(1, offset, static_cast<unsigned>(size), out)) continue;
                claim(inside, "load: in the frame");
                claim(m.touched[kHere] >= static_cast<uint32_t>(-now.begin), "load: so much of the stack is used");
                if (last != begin) claim(out.map == 12, "load: from an unknown place, anything");
                const bool pointer = out.is_pointer();
                for (int at = begin; at <= last; ++at) {
                    const ByteName* bytes = l.memory.bytes[kHere] + at;
                    for (int i = 0; i < size; ++i) {
                        if (pointer) claim(size == 8 && bytes[i] == of_pointer(out.fixed, static_cast<unsigned>(i)), "load: the very pointer");
                        else claim(of_number(bytes[i]) || (leaks && out.number.bytes[i] == kAnyByte), "load: a byte that may be read");
                    }
                    if (!pointer && last == begin) claim(holds(out.number, bytes, static_cast<unsigned>(size)), "load: the word of the bytes");
                }
                // What is loaded has the slot's name: an old one, or one that nothing has had.
                const Value* cell = last == begin ? s.value_at({static_cast<int16_t>(now.begin), static_cast<uint8_t>(size), kHere}) : nullptr;
                for (unsigned i = 0; i < l.count; ++i) {
                    const bool loaded = cell == &s.cells[i].value;
                    Value was = l.cells[i].value;
                    if (loaded && was.is_number() && was.symbol == 0) was.symbol = 1000;
                    claim(same(s.cells[i].value, was), "load: the stack stays, but for a name");
                    if (loaded) claim(same(out, was), "load: the very value");
                }
                if (cell == nullptr) claim(out.symbol == 0 && out.modulus == 0, "load: nothing more is said of it");
            }
        });
    });
}
// A buffer of any size: as a helper reads it.
void proof_readable() {
    State& s = fresh_state();
    each_layout(3, [&](const Layout& l) {
        l.reset(s);
        each_access(l, {1, 2, 3, 5, 9, kWindow}, 2, [&](int begin, int last, int size, bool inside) {
            Machine m(environment(false), s);
            s.regs[1] = stack_pointer(now.begin, now.last, 4);
            const bool in = m.in_stack(1, 4, size, true);
            claim(in == inside, "in_stack: in the frame");
            if (in) claim(m.touched[kHere] >= static_cast<uint32_t>(-now.begin), "in_stack: so much of the stack is used");
            if (!m.readable_stack(1, 4, size)) return;
            claim(in, "readable_stack: in the frame");
            for (int i = begin; i < last + size; ++i) claim(of_number(l.memory.bytes[kHere][i]), "readable_stack: bytes that may be read");
        });
    });
}
void stores(unsigned most, int apart) {
    State& s = fresh_state();
    each_layout(most, [&](const Layout& l) {
        each_access(l, {1, 2, 4, 8}, apart, [&](int begin, int last, int size, bool inside) {
            // Numbers of few bytes, of which that may be known or not; pointers.
            for (int kind = 0; kind < 5; ++kind) {
                now.more = kind;
                const Value v = kind < 3 ? stored_number(kind == 0 ? 8u : 2u, kind == 1) : pointer_value(77, kind == 4);
                Machine m(environment(false), s);
                l.reset(s);
                s.regs[1] = stack_pointer(now.begin, now.last, -3);
                if (!m.store_stack(1, -3, static_cast<unsigned>(size), v)) continue;
                claim(inside, "store: in the frame");
                claim(m.touched[kHere] >= static_cast<uint32_t>(-now.begin), "store: so much of the stack is used");
                claim(!v.is_pointer() || (size == 8 && begin == last), "store: a whole pointer");
                for (int at = begin; at <= last; ++at) {
                    Memory after = l.memory;
                    write(after, at, size, v);
                    claim_valid(s, l, after, &v);
                }
                const Value* at = s.value_at({static_cast<int16_t>(now.begin), static_cast<uint8_t>(size), kHere});
                if (begin == last) claim(at != nullptr, "store: it is there");
            }
        });
    });
}
// At any of some places among two cells, at one among three.
void proof_store() {
    for (const auto [most, apart] : {std::pair{2u, 3}, std::pair{3u, 0}}) stores(most, apart);
}
// Bytes of unknown content: all of one place, or, where that is not sure, any of all places.
void proof_overwrite() {
    State& s = fresh_state();
    each_layout(2, [&](const Layout& l) {
        each_access(l, {1, 2, 3, 5, 8, 10}, 3, [&](int begin, int last, int size, bool inside) {
            if (!inside) return;
            for (const bool surely : {true, false}) {
                now.more = surely ? 1 : 0;
                Machine m(environment(false), s);
                l.reset(s);
                m.overwrite_stack(stack_pointer(now.begin, now.last, 4), 4, size, surely);
                for (int at = begin; at <= last; ++at)
                    for (int part = 0; part < (surely ? 1 : 4); ++part) {
                        Memory after = l.memory;
                        for (int i = 0; i < size; ++i)
                            if (part == 0 || (part < 3 && (i + part) % 2 == 0)) after.bytes[kHere][at + i] = static_cast<ByteName>(kOverwritten + i);
                        claim_valid(s, l, after);
                    }
                // Beside it nothing is lost.
                for (int i = 0; i < kWindow; ++i)
                    if ((i < begin || i >= last + size) && of_number(l.memory.bytes[kHere][i]) && get_bit(l.bits[kHere].data(), l.base + i)) claim(get_bit(s.frames[kHere].written, l.base + i), "overwrite: bytes beside it may be read");
            }
        });
    });
}

// Of the cells that `dead` names and of no others nothing is left; bytes of pointers are unreadable.
void proof_forget_if() {
    State& s = fresh_state();
    const auto dead = [](const Value& v) { return v.map == 99; };
    each_layout(2, [&](const Layout& l) {
        for (int mask = 0; mask < 1 << l.count; ++mask) {
            now = {&l, 0, 0, 0, mask};
            one_case();
            l.reset(s);
            const auto gone = [&](unsigned i) { return (mask >> i & 1) != 0; };
            for (unsigned i = 0; i < l.count; ++i)
                if (gone(i)) s.cells[i].value.map = 99;
            for (unsigned r = 0; r < State::kRegisters; ++r) {
                s.regs[r] = stored_number(8, false);
                s.regs[r].map = (mask >> r % 3 & 1) != 0 && r < bpf::kFramePointer ? 99 : -1;
            }
            s.forget_if(dead);
            claim_valid(s, l, l.memory);
            claim_left(s, l, [&](const Location& at) {
                for (unsigned i = 0; i < l.count; ++i)
                    if (key(l.cells[i].at) == key(at)) return gone(i);
                return false;
            });
            for (unsigned r = 0; r < bpf::kFramePointer; ++r) claim((mask >> r % 3 & 1) != 0 ? s.regs[r].kind == ValueKind::unknown : same(s.regs[r], stored_number(8, false)), "forget_if: registers");
        }
    });
}

// Of a frame that ends: what points there is no pointer any more, wherever it is; nothing of it is left to be read.
bool leads_to(const Value& v, unsigned frame) { return v.is_pointer() && v.region == Region::stack && v.frame == frame; }
struct Frames {
    static constexpr unsigned kPlaces = 8;
    // Cells by frame and place, then registers.
    static constexpr Location kCells[] = {{-480, 8, 0}, {-8, 8, 0}, {-512, 8, 1}, {2, 1, 1}, {-64, 8, 2}, {0, 1, 2}};
    Value values[kPlaces];
    void make(State& s, unsigned code) {
        s.cell_count = 0;
        s.depth = 3;
        for (unsigned f = 0; f < 3; ++f) {
            s.frames[f] = Frame{};
            for (uint64_t& w : s.frames[f].written) w = 0x00ff'0f0f'3333'5555ull * (f + 1);
        }
        for (Value& r : s.regs) r = Value{};
        for (unsigned i = 0; i < kPlaces; ++i, code /= 6) {
            Value& v = values[i] = code % 6 == 0 ? stored_number(8, false) : Value::pointer(code % 6 < 5 ? Region::stack : Region::map_value);
            if (code % 6 == 4) v.kind = ValueKind::pointer_or_null;
            v.frame = static_cast<uint8_t>(code % 6 == 4 ? 2 : code % 6 == 0 || code % 6 == 5 ? i % 3 : code % 6 - 1);
            v.fixed = -8 - static_cast<int>(i);
            if (i < std::size(kCells)) s.cells[s.cell_count++] = {kCells[i], v};
            else s.regs[i == 6 ? 0 : 9] = v;
        }
        for (const Location& at : kCells)
            for (int b = 0; at.offset < 0 && b < at.size; ++b) s.frames[at.frame].written[(at.offset + b + kFrameBytes) / 64] |= uint64_t{1} << ((at.offset + b + kFrameBytes) % 64);
        s.regs[bpf::kFramePointer] = Value::pointer(Region::stack);
        s.regs[bpf::kFramePointer].frame = 2;
    }
    // Frame `ended`: its stack, or, if it is left, all of it.
    void claim_ended(const State& s, unsigned ended, bool left) const {
        unsigned cells = 0;
        for (unsigned i = 0; i < kPlaces; ++i) {
            const bool cell = i < std::size(kCells);
            const bool gone = leads_to(values[i], ended) || (cell && kCells[i].frame == ended && (left || kCells[i].offset < 0));
            if (!cell) {
                const Value& r = s.regs[i == 6 ? 0 : 9];
                claim(gone ? r.kind == ValueKind::unknown : same(r, values[i]), "a register leads to no frame that ended");
                continue;
            }
            const Value* v = s.value_at(kCells[i]);
            claim(gone ? v == nullptr : v != nullptr && same(*v, values[i]), "a cell leads to no frame that ended");
            cells += gone ? 0 : 1;
            for (int b = 0; kCells[i].offset < 0 && b < 8; ++b)
                claim(get_bit(s.frames[kCells[i].frame].written, kCells[i].offset + b) == !(kCells[i].frame == ended || (gone && values[i].is_pointer())), "bytes of a pointer into a frame that ended are unreadable");
        }
        claim(cells == s.cell_count, "no cell of a frame that ended");
        for (const uint64_t w : s.frames[ended].written) claim(w == 0, "nothing in a frame that ended is written");
    }
};
void proof_clear_stack() {
    State& s = fresh_state();
    Frames all;
    for (unsigned code = 0; code < 6 * 6 * 6 * 6 * 6 * 6 * 6 * 6; ++code) {
        const unsigned f = code % 3;
        now = {nullptr, 0, 0, 0, static_cast<int>(code)};
        one_case();
        all.make(s, code);
        s.clear_stack(static_cast<uint8_t>(f));
        all.claim_ended(s, f, false);
    }
}
void proof_pop_frame() {
    State& s = fresh_state();
    Frames all;
    for (unsigned code = 0; code < 6 * 6 * 6 * 6 * 6 * 6 * 6 * 6; ++code) {
        now = {nullptr, 0, 0, 0, static_cast<int>(code)};
        one_case();
        all.make(s, code);
        s.pop_frame();
        all.claim_ended(s, 2, true);
        claim(s.depth == 2 && leads_to(s.regs[bpf::kFramePointer], 1), "pop_frame: the caller's frame is at hand");
    }
}

// The packet moves: it may have any length, and be anywhere.
constexpr Region kOfPacket[] = {Region::packet, Region::packet_end, Region::packet_meta};
bool of_packet(const Value& v) {
    bool is = false;
    for (const Region r : kOfPacket) is = is || v.region == r;
    return is && v.is_pointer();
}
void proof_forget_packet() {
    State& s = fresh_state();
    each_layout(2, [&](const Layout& plain) {
        Layout l = plain;
        for (int code = 0; code < (l.pieces.empty() ? 1 : l.pieces.size() == 1 ? 6 : 36); ++code) {
            l.make();
            int rest = code;
            for (unsigned i = 1; i <= l.pieces.size(); ++i, rest /= 6) {
                Value& v = l.cells[i].value;
                if (v.is_number()) {
                    v.modulus = 0;
                    v.symbol = rest % 3 == 1 ? kPacketLength : Symbol{0};
                    v.origin = rest % 3 == 2 ? kPacketLength : Symbol{0};
                } else if (rest % 6 < 3) v.region = kOfPacket[rest % 6];
                else if (rest % 6 == 3) v.symbol = kPacketLength;
                l.values[i] = v;
            }
            now = {&l, 0, 0, 0, code};
            one_case();
            l.reset(s);
            s.packet_bytes = s.metadata_bytes = 14;
            s.difference_count = 0;
            for (unsigned r = 0; r <= bpf::kFramePointer; ++r) s.regs[r] = r == bpf::kFramePointer ? Value::pointer(Region::stack) : l.cells[1 + (r % 2 < l.pieces.size() ? r % 2 : 0)].value;
            s.ghosts[1] = Value::of(Number::unknown());
            s.ghosts[1].symbol = kPacketLength;
            s.forget_packet();
            // What is left is so of any packet.
            for (Value& v : l.values)
                if (v.symbol == kPacketLength || v.origin == kPacketLength) v.symbol = v.origin = 0;
            claim_valid(s, l, l.memory);
            claim(s.packet_bytes == 0 && s.metadata_bytes == 0, "forget_packet: no byte is known to be there");
            for (unsigned i = 0; i < s.value_count(); ++i) {
                const Value& v = s.at(i);
                claim(v.symbol != kPacketLength && v.origin != kPacketLength, "forget_packet: nothing has its length's name");
                claim(!of_packet(v), "forget_packet: no pointer leads there");
            }
            unsigned left = 0;
            for (unsigned i = 0; i < l.count; ++i) left += of_packet(l.values[i]) ? 0 : 1;
            claim(left == s.cell_count, "forget_packet: all else is left");
        }
    });
}
// Every choice of the relations that name the packet's length, on either side.
void proof_forget_relations() {
    State& s = fresh_state();
    for (unsigned mask = 0; mask < 1u << kMaxDifferences; ++mask)
        for (unsigned count = 0; count <= kMaxDifferences; count += 3) {
            now = {nullptr, 0, 0, static_cast<int>(count), static_cast<int>(mask)};
            one_case();
            const auto names = [&](unsigned i) { return (mask >> i & 1) != 0; };
            s.cell_count = 0;
            s.difference_count = static_cast<uint8_t>(count);
            for (unsigned i = 0; i < kMaxDifferences; ++i) s.differences[i] = {names(i) && i % 2 == 0 ? kPacketLength : static_cast<Symbol>(i + 1), names(i) && i % 2 != 0 ? kPacketLength : static_cast<Symbol>(i + 2), static_cast<int32_t>(i)};
            for (unsigned i = 0; i < kMaxSums; ++i) {
                const unsigned which = (i + count) % 3;
                s.sums[i] = {static_cast<Symbol>(i + 1), static_cast<Symbol>(i + 2), static_cast<Symbol>(i + 3), static_cast<int32_t>(i)};
                if (names(i)) (which == 0 ? s.sums[i].sum : which == 1 ? s.sums[i].a : s.sums[i].b) = kPacketLength;
            }
            s.forget_packet();
            unsigned at = 0;
            for (unsigned i = 0; i < count; ++i) {
                if (names(i)) continue;
                claim(at < s.difference_count, "forget_packet: differences of others are left");
                const Difference& d = s.differences[at++];
                claim(d.a == i + 1 && d.b == i + 2 && d.bound == static_cast<int32_t>(i), "forget_packet: differences are those of others");
            }
            claim(at == s.difference_count, "forget_packet: no difference names it");
            for (unsigned i = 0; i < kMaxSums; ++i) claim(names(i) ? s.sums[i].a == 0 : s.sums[i].sum == i + 1 && s.sums[i].a == i + 2 && s.sums[i].b == i + 3 && s.sums[i].delta == static_cast<int32_t>(i), "forget_packet: sums are those of others");
        }
}
void proof_holds_references() {
    State& s = fresh_state();
    for (unsigned mask = 0; mask < 1u << kMaxReferences; ++mask) {
        for (unsigned i = 0; i < kMaxReferences; ++i) s.references[i] = (mask >> i & 1) != 0 ? 1u << (4 * i) : 0;
        now = {nullptr, 0, 0, 0, static_cast<int>(mask)};
        one_case();
        claim(s.holds_references() == (mask != 0), "holds_references");
    }
    for (uint32_t& r : s.references) r = 0;
}

// A name that nothing has had, or none.
void proof_name() {
    State& s = fresh_state();
    for (unsigned next = 1; next <= kPacketLength; ++next)
        for (const Symbol had : {Symbol{0}, Symbol{7}, kPacketLength})
            for (const bool constant : {false, true}) {
                now = {nullptr, static_cast<int>(next), had, 0, constant};
                one_case();
                s.next_symbol = static_cast<Symbol>(next);
                Value v = constant ? Value::constant(5) : stored_number(8, false);
                v.symbol = had;
                v.delta = 3;
                const Value was = v;
                const Symbol given = s.name(v);
                claim(given == v.symbol, "name: the one it has");
                if (had != 0 || constant) claim(same(v, was) && s.next_symbol == next, "name: what it is called already");
                else claim(given == 0 ? s.next_symbol == next : given >= next && given < kLastSymbol && s.next_symbol > given && v.delta == 0, "name: one that nothing has");
            }
    Machine m(environment(false), s);
    for (int kind = 0; kind < 4; ++kind)
        for (int region = 0; region <= static_cast<int>(Region::mixed); ++region) {
            now = {nullptr, 0, 0, kind, region};
            one_case();
            s.next_symbol = 9;
            Value v = stored_number(8, false);
            v.kind = static_cast<ValueKind>(kind);
            v.region = static_cast<Region>(region);
            v.symbol = 0;
            m.name_copied(v);
            // The names of others say something else than which word it is.
            claim(v.symbol == 0 || (v.symbol == 9 && (v.kind == ValueKind::number || v.kind == ValueKind::pointer)), "name_copied: of a word");
        }
}

// Whatever is changed, and in which order: of one place it matters how often it is changed, and when others are.
bool same_order(const Order& a, const Order& b) {
    bool is = a.difference_count == b.difference_count;
    for (unsigned i = 0; i < kMaxDifferences; ++i) is = is && a.differences[i].a == b.differences[i].a && a.differences[i].b == b.differences[i].b && a.differences[i].bound == b.differences[i].bound;
    for (unsigned i = 0; i < kMaxPairs; ++i) is = is && a.zeros[i].a == b.zeros[i].a && a.zeros[i].b == b.zeros[i].b;
    for (unsigned i = 0; i < kMaxSums; ++i) is = is && a.sums[i].sum == b.sums[i].sum && a.sums[i].a == b.sums[i].a && a.sums[i].b == b.sums[i].b && a.sums[i].delta == b.sums[i].delta;
    return is;
}
bool same_held(const Held& a, const Held& b) {
    bool is = a.packet_bytes == b.packet_bytes && a.metadata_bytes == b.metadata_bytes;
    for (unsigned i = 0; i < kMaxReferences; ++i) is = is && a.references[i] == b.references[i];
    return is;
}
void relate(State& s, unsigned n) {
    s.packet_bytes = static_cast<int32_t>(n);
    s.metadata_bytes = static_cast<int32_t>(n + 1);
    for (uint32_t& r : s.references) r = n++;
    s.difference_count = static_cast<uint8_t>(n % 12);
    for (Difference& d : s.differences) d = {static_cast<Symbol>(n), static_cast<Symbol>(n + 1), static_cast<int32_t>(n)}, ++n;
    for (State::Pair& p : s.zeros) p = {static_cast<Symbol>(n), static_cast<Symbol>(n + 1)}, ++n;
    for (State::Sum& u : s.sums) u = {static_cast<Symbol>(n), static_cast<Symbol>(n + 1), static_cast<Symbol>(n + 2), static_cast<int32_t>(n)}, ++n;
}
void proof_undo() {
    State& s = fresh_state();
    Layout l;
    l.pieces = {{2, 8, 1}};
    l.make();
    const auto value = [](int n) {
        Value v = Value::pointer(Region::map_value);
        v.fixed = n;
        return v;
    };
    const unsigned places[] = {3, State::kRegisters + 1, State::kRegisters + kMaxTerms + 1, 0};
    Undo log;
    for (unsigned watched = 0; watched + 1 < std::size(places); ++watched)
        for (unsigned order = 0; order < 1u << (Undo::kRoom + 1); ++order) {
            now = {nullptr, 0, 0, static_cast<int>(watched), static_cast<int>(order)};
            one_case();
            l.reset(s);
            relate(s, 1);
            for (const unsigned p : places) s.at(p) = value(static_cast<int>(p));
            const Held held = s;
            const Order before = s;
            s.begin_undo(log);
            relate(s, 50);
            // A 1 above the last change says how many there are.
            int changes = 0;
            for (unsigned left = order; left > 1; left /= 2, ++changes) {
                Value* v = s.edit(places[left % 2 != 0 ? watched : watched + 1]);
                claim((v == nullptr) == (changes >= static_cast<int>(Undo::kRoom)), "edit: no room, no change");
                if (v != nullptr) *v = value(100 + changes);
            }
            s.take_back();
            for (const unsigned p : places) claim(same(s.at(p), value(static_cast<int>(p))), "take_back: every value is as it was");
            claim(same_order(s, before) && same_held(s, held) && s.undo == nullptr, "take_back: and all relations");
            claim(s.edit(places[watched]) == &s.at(places[watched]), "edit: the value itself");
        }
}
void proof_clear() {
    State& s = fresh_state();
    relate(s, 9);
    for (unsigned i = 0; i < s.value_count(); ++i) s.at(i) = stored_number(8, false);
    for (Frame& f : s.frames) f.mark(-kFrameBytes, kFrameBytes, true), f.return_slot = f.function = 5;
    s.depth = s.locked = s.steps = s.cell_count = s.next_symbol = 3;
    one_case();
    s.clear();
    const State none(nullptr, 0);
    bool is = same_order(s, none) && same_held(s, none) && s.depth == 1 && s.locked == 0 && s.steps == 0 && s.cell_count == 0 && s.next_symbol == 1 && s.undo == nullptr;
    for (unsigned i = 0; i < s.value_count(); ++i) is = is && same(s.at(i), Value{});
    for (const Frame& f : s.frames) is = is && !f.any_written(-kFrameBytes, kFrameBytes) && f.return_slot == 0 && f.function == 0 && f.kind == FrameKind::entry;
    claim(is, "clear: nothing is left");
}

// What the numbers by their bytes rest on, of all words.
void lemma(const char* what, const z3::expr& premise, const z3::expr& claim) {
    z3::solver solver(symbolic::context(), "QF_BV");
    solver.add(premise && !claim);
    EXPECT_EQ(solver.check(), z3::unsat) << what;
}
TEST(Bytes, are_what_numbers_are_known_by) {
    z3::context& c = symbolic::context();
    const z3::expr x = c.bv_const("x", 64), y = c.bv_const("y", 64), zero = c.bv_val(0, 8);
    const auto byte = [](const z3::expr& w, unsigned i) { return w.extract(8 * i + 7, 8 * i); };
    z3::expr disjoint = c.bool_val(true), sums = c.bool_val(true);
    for (unsigned i = 0; i < 8; ++i) {
        disjoint = disjoint && (byte(x, i) == zero || byte(y, i) == zero);
        sums = sums && byte(x + y, i) == (byte(x, i) | byte(y, i));
    }
    lemma("a sum of words without a byte in common", disjoint, sums);
    for (unsigned by = 0; by < 8; ++by)
        for (unsigned i = 0; i < 8; ++i) {
            const z3::expr n = c.bv_val(8 * by, 64), cut = x & (by == 0 ? c.bv_val(0, 64) : z3::lshr(c.bv_val(-1, 64), c.bv_val(64 - 8 * by, 64)));
            lemma("a shift to the left", c.bool_val(true), byte(z3::shl(x, n), i) == (i >= by ? byte(x, i - by) : zero));
            lemma("a shift to the right", c.bool_val(true), byte(z3::lshr(x, n), i) == (i + by < 8 ? byte(x, i + by) : zero));
            lemma("what is cut", c.bool_val(true), byte(cut, i) == (i < by ? byte(x, i) : zero));
        }
}

MBPF_PROOFS(Cells, are_found, {"before", run_cases<proof_before>}, {"lower_bound", run_cases<proof_lower_bound>}, {"first_overlap", run_cases<proof_first_overlap>}, {"value_at", run_cases<proof_value_at>}, {"holds_pointer", run_cases<proof_holds_pointer>})
MBPF_PROOFS(Cells, are_kept, {"drop", run_cases<proof_drop>}, {"put", run_cases<proof_put>}, {"put, of what a call puts away", run_cases<proof_put_away>}, {"assemble", run_cases<proof_assemble>}, {"forget_if", run_cases<proof_forget_if>})
MBPF_PROOFS(Stack, is_what_the_program_sees, {"load_stack", run_cases<proof_load>}, {"readable_stack", run_cases<proof_readable>}, {"store_stack", run_cases<proof_store>}, {"overwrite_stack", run_cases<proof_overwrite>})
MBPF_PROOFS(Frames, end, {"clear_stack", run_cases<proof_clear_stack>}, {"pop_frame", run_cases<proof_pop_frame>}, {"clear", run_cases<proof_clear>})
MBPF_PROOFS(Packets, move, {"forget_packet", run_cases<proof_forget_packet>}, {"forget_packet, of relations", run_cases<proof_forget_relations>}, {"holds_references", run_cases<proof_holds_references>})
MBPF_PROOFS(Values, are_named_and_taken_back, {"name", run_cases<proof_name>}, {"take_back", run_cases<proof_undo>})

}  // namespace
}  // namespace mbpf::proof
