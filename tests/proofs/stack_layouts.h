// SPDX-License-Identifier: Apache-2.0
// What a state's stack stands for, and every way that few cells may lie. The rules of the stack are run as they ship, on
// machine integers; numbers alone are replaced (bytes/verifier/number.h).
//
// A concrete frame is 512 bytes. Each is a byte of a number that the program wrote; or a byte of a pointer, or whatever was
// there before, which no program may read. A state stands for those memories of which it says nothing false:
// - A cell that is a number is the word of its bytes, little-endian, with zeros above; it has an address nowhere. A name,
//   remainder or the like is said of that very word.
// - A cell that is a pointer has all 8 bytes of that pointer.
// - A byte that is `written` and in no pointer's cell is a number's byte.
// - Cells lie in frames in use, in order, and have no byte in common. What calls put away lies at offsets from 0 on, and is no
//   part of the stack.
//
// Memories here are the worst that a layout allows: a byte of which the state says nothing may not be read. A
// byte's content is a name, so what is shown of one is so for every content.
//
// How many cells: a layout has up to three in the frame at hand, and one in each frame beside it. An access has at most one cell
// across its beginning, one across its end, and others inside it, beside it or in other frames. Of more cells each is one of
// these: the rules look at one cell at a time, and at no other for it; and they look for the first by halving, which is shown
// for every number of cells. How long: a cell has up to 8 bytes; an access within a window has all ways to lie to such cells.
// Where in the frame: only the bits of `written` are told by the offset itself, of which frame_proofs shows all.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/proofs/found_mistakes.h"
#define private public
#include "verifier/checker/machine.h"
#include "verifier/checker/machine_memory.cpp"
#include "verifier/checker/state.cpp"
#undef private

namespace mbpf::proof {

// Names of bytes. Of the memory as it is at first: kFirstName on, by frame and place. Then those that are written.
inline constexpr ByteName kStored = 2048, kOverwritten = 4096, kPointer = 0x8000, kUnreadable = 0xfffe;
inline bool of_number(ByteName b) { return b < kPointer; }
inline ByteName of_pointer(int id, unsigned i) { return static_cast<ByteName>(kPointer + 8 * id + static_cast<int>(i)); }

// What a proof found: the first case in which a claim is wrong.
struct Broken {
    std::string what;
};
inline symbolic::Report*& report() {
    static symbolic::Report* r = nullptr;
    return r;
}
// Described when it is needed.
inline std::string (*&describe())() {
    static std::string (*d)() = nullptr;
    return d;
}
inline void claim(bool is, const char* what) {
    ++report()->claims;
    if (!is) throw Broken{std::string(what) + (describe() != nullptr ? ": " + describe()() : "")};
}
inline void one_case() { ++report()->paths; }
template <void (*proof)()>
symbolic::Report run_cases() {
    symbolic::Report r;
    report() = &r;
    describe() = nullptr;
    try {
        proof();
    } catch (const Broken& b) {
        r.refuted = 1;
        r.first = b.what;
    } catch (const NotOfBytes&) {
        r.refuted = 1;
        r.first = "words are not what their bytes are" + (describe() != nullptr ? ": " + describe()() : "");
    }
    return r;
}

inline constexpr int kWindow = 14, kMaxCells = 8;
inline constexpr unsigned kInUse = 3, kHere = 1;  // frames
using Words = std::array<std::uint64_t, kFrameBytes / 64>;

// Bytes of each frame, at kBase + the index; what lies outside the window is not looked at.
struct Memory {
    ByteName bytes[kInUse][kWindow];
};

inline Number number_of(const ByteName* names, unsigned size, bool tight) {
    Number n;
    for (unsigned i = 0; i < 8; ++i) n.bytes[i] = i < size ? names[i] : ByteName{0};
    n.wide.umin = 0;
    n.wide.umax = tight && size < 8 ? (std::uint64_t{1} << (8 * size)) - 1 : ~std::uint64_t{0};
    return n;
}
inline Value pointer_value(int id, bool nullable) {
    Value v = Value::pointer(Region::map_value);
    if (nullable) v.kind = ValueKind::pointer_or_null;
    v.fixed = id;
    v.symbol = static_cast<Symbol>(500 + id);
    return v;
}

inline bool same(const Number& a, const Number& b) {
    bool is = a.wide.umin == b.wide.umin && a.wide.umax == b.wide.umax && a.wide.smin == b.wide.smin && a.wide.smax == b.wide.smax;
    for (unsigned i = 0; i < 8; ++i) is = is && a.bytes[i] == b.bytes[i];
    return is;
}
inline bool same(const Value& a, const Value& b) {
    return a.kind == b.kind && a.region == b.region && a.fixed == b.fixed && a.size == b.size && a.symbol == b.symbol && a.delta == b.delta && a.origin == b.origin && a.origin_delta == b.origin_delta && a.shift == b.shift && a.bits_lost == b.bits_lost &&
           a.map == b.map && a.reference == b.reference && a.frame == b.frame && a.read_only == b.read_only && a.borrowed == b.borrowed && same(a.number, b.number);
}

// A state with a layout, and a memory that it stands for.
struct Layout {
    struct Piece {
        int place;      // in the window
        unsigned size;  // bytes
        unsigned kind;  // 0: number, 1: pointer, 2: pointer or null
    };
    std::vector<Piece> pieces;
    int base = -64;            // offset of the window
    unsigned written = 0;      // of bytes in no cell: 0 none, 1 all, 2 and 3 every second
    Memory memory;
    Cell cells[kMaxCells];
    std::uint16_t count = 0;
    Words bits[kInUse], window;
    std::vector<Value> values;  // by index of the cell: as they were

    void make();
    void reset(State& s) const {
        for (unsigned i = 0; i < count; ++i) s.cells[i] = cells[i];
        s.cell_count = count;
        for (unsigned f = 0; f < kInUse; ++f)
            for (unsigned w = 0; w < bits[f].size(); ++w) s.frames[f].written[w] = bits[f][w];
        s.depth = kInUse;
        s.next_symbol = 1000;
    }
    std::string text() const {
        static const char* const names[] = {"number", "pointer", "pointer or null"};
        std::string t = "cells";
        for (const Piece& p : pieces) t += " " + std::to_string(base + p.place) + "+" + std::to_string(p.size) + " " + names[p.kind];
        return t;
    }
};

inline void set_bit(Words& w, int offset, bool is) {
    const auto at = static_cast<unsigned>(offset + kFrameBytes);
    w[at / 64] = is ? w[at / 64] | std::uint64_t{1} << (at % 64) : w[at / 64] & ~(std::uint64_t{1} << (at % 64));
}
inline bool get_bit(const std::uint64_t* w, int offset) {
    const auto at = static_cast<unsigned>(offset + kFrameBytes);
    return (w[at / 64] >> (at % 64) & 1) != 0;
}

inline void Layout::make() {
    count = 0;
    values.clear();
    window.fill(0);
    for (int i = 0; i < kWindow; ++i) set_bit(window, base + i, true);
    for (unsigned f = 0; f < kInUse; ++f) {
        bits[f].fill(0xa5a5'3c3c'0ff0'55aaull);
        for (int i = 0; i < kWindow; ++i) {
            const bool is = written == 1 || (written >= 2 && (static_cast<unsigned>(i) + written) % 2 == 0);
            set_bit(bits[f], base + i, is);
            memory.bytes[f][i] = is ? static_cast<ByteName>(kFirstName + 64 * f + static_cast<unsigned>(i)) : kUnreadable;
        }
    }
    const auto add = [&](unsigned f, const Piece& p) {
        const int id = count;
        Value v;
        ByteName names[8] = {};
        for (unsigned i = 0; i < p.size; ++i) {
            names[i] = p.kind == 0 ? static_cast<ByteName>(kFirstName + 64 * f + static_cast<unsigned>(p.place) + i) : of_pointer(id, i);
            memory.bytes[f][p.place + static_cast<int>(i)] = names[i];
            // Whether they count as written is of no use.
            set_bit(bits[f], base + p.place + static_cast<int>(i), written != 3);
        }
        if (p.kind == 0) {
            v = Value::of(number_of(names, p.size, id % 2 == 0));
            v.symbol = static_cast<Symbol>(id % 2 == 0 ? 0 : 1 + id);
            v.modulus = static_cast<std::uint32_t>(100 + id);
        } else {
            v = pointer_value(id, p.kind == 2);
        }
        values.push_back(v);
        cells[count++] = {{static_cast<std::int16_t>(base + p.place), static_cast<std::uint8_t>(p.size), static_cast<std::uint8_t>(f)}, v};
    };
    add(0, {3, 4, 0});
    for (const Piece& p : pieces) add(kHere, p);
    add(2, {2, 8, 1});
    // What a call put away in it.
    cells[count++] = {{1, 1, 2}, Value::of(number_of(memory.bytes[0], 8, false))};
    values.push_back(cells[count - 1].value);
}

// All layouts of up to `most` cells in the frame at hand, wherever the window is.
template <class Body>
void each_layout(unsigned most, Body body) {
    Layout layout;
    // In the middle, across words of `written`, which are some bytes, none, all; at the bottom and at the top.
    constexpr int kMiddle = -kFrameBytes + 58;
    constexpr struct {
        int base;
        unsigned written;
    } kPlaces[] = {{kMiddle, 0}, {kMiddle, 1}, {kMiddle, 3}, {-kFrameBytes, 2}, {-kWindow, 2}};
    const auto put = [&](const auto& self, int from) -> void {
        for (const auto& p : kPlaces) {
            layout.base = p.base;
            layout.written = p.written;
            layout.make();
            body(layout);
        }
        if (layout.pieces.size() == most) return;
        for (int place = from; place < kWindow; ++place)
            for (unsigned size = 1; size <= 8 && place + static_cast<int>(size) <= kWindow; ++size)
                for (unsigned kind = 0; kind < (size == 8 ? 3u : 1u); ++kind) {
                    layout.pieces.push_back({place, size, kind});
                    self(self, place + static_cast<int>(size));
                    layout.pieces.pop_back();
                }
    };
    put(put, 0);
}

// A number that holds the word of these bytes.
inline bool holds(const Number& n, const ByteName* bytes, unsigned size) {
    bool is = true;
    for (unsigned i = 0; i < 8; ++i) is = is && (n.bytes[i] == kAnyByte || n.bytes[i] == (i < size ? bytes[i] : 0));
    unsigned top = size;  // no byte from here on is anything but 0
    while (top > 0 && bytes[top - 1] == 0) --top;
    const std::uint64_t most = top == 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << (8 * top)) - 1;
    return is && n.wide.umin == 0 && n.wide.umax >= most;
}

// The state stands for the memory. A value that is said to be more than its bytes (a name, a modulus) is one of `known`.
inline void claim_valid(const State& s, const Layout& l, const Memory& m, const Value* known = nullptr) {
    const auto is_known = [&](const Value& v) {
        bool is = known != nullptr && same(*known, v);
        for (const Value& k : l.values) is = is || same(k, v);
        return is;
    };
    bool pointer_byte[kInUse][kWindow] = {};
    claim(s.cell_count <= s.cell_room, "cells have room");
    for (unsigned i = 0; i < s.cell_count; ++i) {
        const Location at = s.cells[i].at;
        const Value& v = s.cells[i].value;
        claim(at.frame < s.depth, "a cell lies in a frame in use");
        if (i > 0) {
            const Location b = s.cells[i - 1].at;
            claim(b.frame < at.frame || (b.frame == at.frame && b.offset + b.size <= at.offset), "cells are in order and disjoint");
        }
        if (v.symbol != 0 || v.modulus != 0 || v.origin != 0) claim(is_known(v), "what is named is the very word");
        if (at.offset >= 0) {
            claim(is_known(v), "what was put away is as it was");
            continue;
        }
        const int place = at.offset - l.base;
        claim(at.size >= 1 && at.size <= 8 && place >= 0 && place + at.size <= kWindow, "a cell lies in the frame");
        const ByteName* bytes = m.bytes[at.frame] + place;
        if (v.is_number()) {
            bool all = true;
            for (unsigned b = 0; b < at.size; ++b) all = all && of_number(bytes[b]);
            claim(all, "a number's bytes are a number's");
            claim(holds(v.number, bytes, at.size), "a cell holds its bytes");
        } else if (v.is_pointer()) {
            claim(at.size == 8, "a pointer has 8 bytes");
            for (unsigned b = 0; b < 8; ++b) {
                claim(bytes[b] == of_pointer(v.fixed, b), "a pointer's cell holds it");
                pointer_byte[at.frame][place + static_cast<int>(b)] = true;
            }
        }
    }
    for (unsigned f = 0; f < s.depth && f < kInUse; ++f) {
        for (int i = 0; i < kWindow; ++i)
            if (get_bit(s.frames[f].written, l.base + i)) claim(of_number(m.bytes[f][i]) || pointer_byte[f][i], "what is written may be read");
        bool same_elsewhere = true;
        for (unsigned w = 0; w < l.window.size(); ++w) same_elsewhere = same_elsewhere && ((l.bits[f][w] ^ s.frames[f].written[w]) & ~l.window[w]) == 0;
        claim(same_elsewhere, "bytes elsewhere are as they were");
    }
}

}  // namespace mbpf::proof
