// SPDX-License-Identifier: Apache-2.0
// The abstract machine state: registers, stack frames by byte, open reservations, and the cost so far. One
// State stands for all concrete states it contains; a set of States for their union.
#pragma once

#include <array>
#include <bitset>
#include <memory>
#include <vector>

#include "verifier/facts.h"
#include "verifier/number.h"

namespace mbpf {

inline constexpr int kFrameBytes = 512;

// Identities tie values together across registers and stack slots: equal numbers, pointers with the same
// variable part, pointers null together. 0: none.
using Identity = std::uint32_t;

struct Value {
    ValueKind kind = ValueKind::unknown;  // unknown: not readable
    Region region = Region::none;
    std::int32_t map = -1;
    std::int32_t frame = -1;
    Number number = Number::constant(0);  // a number; or a pointer's variable offset, >= 0 for packets
    std::int64_t fixed = 0;               // a pointer's constant offset
    std::int64_t range = 0;               // packet: bytes known to exist from base + variable part
    std::uint32_t size = 0;               // record, memory: bytes
    Identity id = 0;       // number: its equality class; pointer: identity of the variable part, 0: none
    Identity null_id = 0;  // pointer_or_null
    Identity ref = 0;      // reservation that must be released

    bool operator==(const Value&) const = default;
    bool is_number() const { return kind == ValueKind::number; }
    bool is_pointer() const { return kind == ValueKind::pointer || kind == ValueKind::pointer_or_null; }
    // Signed 64-bit bounds of a pointer's whole offset. The engine keeps both parts within 2^30.
    std::int64_t offset_min() const { return fixed + number.wide.smin; }
    std::int64_t offset_max() const { return fixed + number.wide.smax; }

    static Value of(const Number& n) {
        Value v;
        v.kind = ValueKind::number;
        v.number = n;
        return v;
    }
    static Value constant(std::uint64_t c) { return of(Number::constant(c)); }
    static Value pointer(Region region) {
        Value v;
        v.kind = ValueKind::pointer;
        v.region = region;
        return v;
    }
};

// A value stored whole on the stack. Offsets are from the frame pointer, negative.
struct Cell {
    std::int16_t offset = 0;
    std::uint8_t size = 0;
    Value value;
    bool operator==(const Cell&) const = default;
};

struct Frame {
    std::bitset<kFrameBytes> written;  // bit i: byte at offset i - 512 is initialised
    std::vector<Cell> cells;           // sorted by offset, disjoint, bytes written
    std::uint32_t return_slot = 0;
    std::array<Value, 4> saved;        // r6..r9 of the caller
    std::int32_t function = 0;
    bool operator==(const Frame&) const = default;

    const Cell* find(std::int64_t offset, unsigned size) const;
    bool all_written(std::int64_t offset, std::int64_t size) const;
    // Forgets cells that overlap [offset, offset + size).
    void drop(std::int64_t offset, std::int64_t size);
    bool holds_pointer(std::int64_t offset, std::int64_t size) const;
    void put(std::int64_t offset, unsigned size, const Value& value);
};

// The last decisions on the way to a state, for messages.
struct Trail {
    static constexpr std::size_t kLength = 10;
    struct Step {
        std::uint32_t slot = 0;
        bool taken = false;
        bool operator==(const Step&) const = default;
    };
    std::array<Step, kLength> steps{};
    std::uint32_t count = 0;
    void push(std::uint32_t slot, bool taken) { steps[count++ % kLength] = {slot, taken}; }
};

struct State {
    std::array<Value, bpf::kRegisterCount> regs;
    std::vector<std::shared_ptr<Frame>> frames;  // copied on write
    std::vector<Identity> refs;                  // sorted
    std::int64_t packet_bytes = 0;               // the packet has at least this many
    std::uint64_t cost = 0;                      // greatest number of instructions executed so far
    Trail trail;

    Frame& frame_for_write(std::size_t index);
    Frame& top_for_write() { return frame_for_write(frames.size() - 1); }

    // Applies `change` to every value in registers and stack that `select` picks.
    template <class Select, class Change>
    void update(Select select, Change change) {
        for (Value& v : regs)
            if (select(v)) change(v);
        for (std::size_t f = 0; f < frames.size(); ++f) {
            bool any = false;
            for (const Cell& c : frames[f]->cells) any = any || select(c.value);
            for (const Value& v : frames[f]->saved) any = any || select(v);
            if (!any) continue;
            Frame& frame = frame_for_write(f);
            for (Cell& c : frame.cells)
                if (select(c.value)) change(c.value);
            for (Value& v : frame.saved)
                if (select(v)) change(v);
        }
    }
};

// Fresh identities for one analysis.
class Identities {
  public:
    Identity next() { return ++last_; }

  private:
    Identity last_ = 0;
};

// Every concrete state in `a` is in `b` (costs aside), identities compared up to renaming.
bool subsumes(const State& b, const State& a);
// Same kinds of value in the same places, so that a join loses only ranges.
bool same_shape(const State& a, const State& b);
// Least upper bound as far as the domain has one: what differs in kind becomes unreadable.
State join_states(const State& a, const State& b, Identities& identities);

}  // namespace mbpf
