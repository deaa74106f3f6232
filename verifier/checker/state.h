// SPDX-License-Identifier: Apache-2.0
// The abstract machine state: registers, stack by byte, relations, references. It stands for all concrete
// states it contains. No heap: whoever makes a State gives it room for its cells; a value that finds no room
// is forgotten, which only makes the state larger.
#pragma once

#include "verifier/checker/environment.h"
#include "verifier/checker/kinds.h"
#include "verifier/domain/relation.h"
#include "verifier/number.h"

namespace mbpf::proof {

inline constexpr int kFrameBytes = 512;
inline constexpr unsigned kMaxFrames = 8;
inline constexpr unsigned kMaxTerms = 4;        // counters in one cost function
inline constexpr unsigned kMaxDifferences = 12;
inline constexpr unsigned kMaxPairs = 4;
inline constexpr unsigned kExactSums = 3, kMaxSums = kExactSums + 4;
inline constexpr unsigned kMaxReferences = 8;

inline Number meet(const Number& a, const Number& b) {
    Number r;
    r.wide = Interval<uint64_t>::meet(a.wide, b.wide);
    r.low = Interval<uint32_t>::meet(a.low, b.low);
    return r.sync();
}

// A symbol: one 64-bit word, unknown but the same wherever it is named. 0: none.
using Symbol = uint_least16_t;
inline constexpr Symbol kPacketLength = 0xffff;  // data_end - data
inline constexpr Symbol kLastSymbol = 0xfff0;
inline constexpr int64_t kMaxPacket = 0xffff, kPastPacket = 0x1ffff;  // devices have no longer ones; none lies in the last 128 KiB
inline constexpr int64_t kMaxOffset = int64_t{1} << 29;
inline constexpr int64_t kFarOffset = int64_t{1} << 60;  // where no pointer leads
inline int64_t near_offset(int64_t w) { return w < -kFarOffset ? -kFarOffset : w > kFarOffset ? kFarOffset : w; }

inline constexpr uint32_t kGlobalData = 0x80000000u;  // plus the map: names the one value of global data
inline constexpr int64_t kMaxDelta = INT32_MAX;
inline bool is_delta(int64_t v) { return v >= -kMaxDelta && v <= kMaxDelta; }

// A number is `number`; if `symbol` is set it also equals symbol + delta (mod 2^64). A pointer lies at
// region start + fixed + variable part; the variable part is described as a number is. For pointer_or_null the
// symbol names a class instead: its members are null together.
struct Value {
    Number number = Number::constant(0);
    int32_t delta = 0;
    // Of a pointer: its fixed part; of record, memory, object: bytes; of a map's value: which one it is, as `locked` names it, 0
    // if that is not known. Of a number: domain::rank() of every word leaves this
    // remainder when divided by the modulus; 0: nothing is known.
    union {
        int32_t fixed = 0;
        int32_t remainder;
    };
    union {
        uint32_t size = 0;
        uint32_t modulus;
    };
    int32_t origin_delta = 0;
    Symbol symbol = 0;
    Symbol origin = 0;     // of the word w = origin + origin_delta the number is w << shift, which lost no bit; if shift
                           // is 0: some of the bits that are 1 in w, less by bits_lost at least
    int16_t map = -1;      // index of the map; of objects: their class
    uint8_t reference = 0; // 1 + index in State::references; 0: none
    uint8_t frame = 0;
    ValueKind kind = ValueKind::unknown;
    Region region = Region::none;
    uint8_t shift = 0, bits_lost = 0;
    bool read_only = false;
    bool borrowed = false;  // lives as long as its reference, which is another's

    bool is_number() const { return kind == ValueKind::number; }
    bool is_pointer() const { return kind == ValueKind::pointer || kind == ValueKind::pointer_or_null; }
    bool is_constant() const { return is_number() && number.is_constant(); }
    bool is_null() const { return is_constant() && number.wide.umin == 0; }
    bool fixed_place() const { return number.is_constant(); }
    // Near enough that sums of them do not overflow, whatever a certificate says of a pointer.
    int64_t offset_min() const { return fixed + near_offset(number.wide.smin); }
    int64_t offset_max() const { return fixed + near_offset(number.wide.smax); }
    // Every word of the number leaves `rest` when divided by `by`.
    bool is_congruent(uint32_t by, int32_t rest) const {
        if (by == 0 || is_constant()) return by == 0 || domain::rank(number.wide.umin) % by == static_cast<uint32_t>(rest);
        return modulus % by == 0 && modulus != 0 && static_cast<uint32_t>(remainder) % by == static_cast<uint32_t>(rest);
    }
    // `n`, without what is no word of the congruence at its ends.
    Number within_congruence(Number n) const {
        if (!is_number() || modulus == 0) return n;
        n.wide = domain::where_congruent(n.wide, uint64_t{modulus}, static_cast<uint64_t>(remainder));
        return n.sync();
    }
    void drop_symbol() {
        symbol = origin = 0;
        delta = 0;
        shift = bits_lost = 0;
    }

    static Value of(const Number& n) {
        Value v;
        v.kind = ValueKind::number;
        v.number = n;
        return v;
    }
    static Value constant(uint64_t c) { return of(Number::constant(c)); }
    static Value pointer(Region region) {
        Value v;
        v.kind = ValueKind::pointer;
        v.region = region;
        return v;
    }
};

// Where a value lives. Offsets from -512 are stack bytes of a frame; from 0: what a call put away for its
// return (0 to 3: r6 to r9; 4: runs a callback has left; 5, 6: what it is passed; 7: its runs in all). Registers use frame kRegisters, offset the number.
inline constexpr uint8_t kRegisters = 0xff;
inline constexpr unsigned kFirstSaved = 6, kSavedRegisters = 4;
inline constexpr int16_t kRunsLeft = 4, kPassedContext = 5, kPassedMap = 6, kRuns = 7;
struct Location {
    int16_t offset = 0;
    uint8_t size = 8;  // bytes
    uint8_t frame = kRegisters;
};

struct Cell {
    Location at;
    Value value;
};

// U(a) <= U(b) + bound, where U reads the symbol's word as an unsigned integer.
struct Difference {
    Symbol a = 0, b = 0;
    int32_t bound = 0;
};

enum class FrameKind : uint8_t { entry, call, callback };

struct Frame {
    uint64_t written[kFrameBytes / 64] = {};  // bit i: byte i - 512 is initialised
    uint32_t return_slot = 0;
    uint32_t function = 0;  // its first slot
    FrameKind kind = FrameKind::entry;

    bool all_written(int64_t offset, int64_t size) const;
    bool any_written(int64_t offset, int64_t size) const;
    void mark(int64_t offset, int64_t size, bool is_written);
};

// What is known of packet and references.
struct Held {
    int32_t packet_bytes = 0;                  // the packet has at least this many
    int32_t metadata_bytes = 0;                // so many lie before it, at least
    uint32_t references[kMaxReferences] = {};  // 1 + slot that acquired it; 0: free
};

struct Order {
    Difference differences[kMaxDifferences];
    uint8_t difference_count = 0;
    struct Pair {
        Symbol a = 0, b = 0;
    } zeros[kMaxPairs];  // words of at most 32 bits that are 0 only together
    // U(a) + delta + U(b) <= U(sum), over the integers, where symbol 0 is the number 0; of the first kExactSums the two
    // sides are equal. No sum: a is 0.
    struct Sum {
        Symbol sum = 0, a = 0, b = 0;
        int32_t delta = 0;
    } sums[kMaxSums];
};

// Old contents, to take back what a branch taught before the other edge is looked at. A change that finds no
// room is not made: the edge then knows less, never more.
struct Undo {
    static constexpr unsigned kRoom = 16;
    struct Entry {
        uint16_t index = 0;
        Value value;
    };
    Entry entries[kRoom];
    uint8_t count = 0;
    Held held;
    Order order;
};

// What a state has besides values and their order.
struct Shape : Held {
    uint8_t depth = 1;  // frames in use
    uint32_t locked = 0;  // the map value whose lock is held: a name, at first 1 + slot of the call that found it; 0: none is
    Frame frames[kMaxFrames];
};

struct State : Shape, Order {
    static constexpr unsigned kRegisters = bpf::kRegisterCount;

    Value regs[kRegisters];
    Value ghosts[kMaxTerms];  // the counters of the cost function as they were when the state was loaded
    Symbol next_symbol = 1;
    int64_t longest_packet = kMaxPacket;
    uint64_t steps = 0;       // instructions since the state was loaded
    Cell* cells = nullptr;                     // sorted by frame, then offset; disjoint
    uint16_t cell_count = 0, cell_room = 0;
    Undo* undo = nullptr;

    State(Cell* room, uint16_t count) : cells(room), cell_room(count) {}
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    // As a program finds it, but for what it is given.
    void clear();

    Frame& top() { return frames[depth - 1]; }
    const Frame& top() const { return frames[depth - 1]; }
    Symbol fresh() { return next_symbol < kLastSymbol ? next_symbol++ : Symbol{0}; }
    // The value's symbol, given one now if it has none. 0 if there are no more or it is constant.
    Symbol name(Value& v);

    // All values by index: registers, ghosts, cells.
    unsigned value_count() const { return kRegisters + kMaxTerms + cell_count; }
    Value& at(unsigned index) { return index < kRegisters ? regs[index] : index < kRegisters + kMaxTerms ? ghosts[index - kRegisters] : cells[index - kRegisters - kMaxTerms].value; }
    const Value& at(unsigned index) const { return const_cast<State*>(this)->at(index); }
    // For changes that may be taken back; null: no room to remember the old value.
    Value* edit(unsigned index);

    // Null: nothing is known of it as a whole. Its index, too, if asked for.
    const Value* value_at(const Location& where, uint16_t* index = nullptr) const;
    // Forgets cells that overlap; bytes of a pointer's cell become unreadable.
    void drop(uint8_t frame, int64_t offset, int64_t size);
    bool holds_pointer(uint8_t frame, int64_t offset, int64_t size) const;
    // Stores a whole value; the bytes count as written.
    void put(const Location& where, const Value& value);
    // What the bytes hold as a number: those of no cell can be anything.
    Number assemble(uint8_t frame, int64_t offset, unsigned size) const;
    // Values of which `dead` says so become unreadable.
    template <class Dead>
    void forget_if(Dead dead);
    // Nothing is left of a frame's stack, nor of what points there.
    void clear_stack(uint8_t frame);
    // The innermost frame ends.
    void pop_frame();

    void begin_undo(Undo& log);
    void take_back();

    // Least known bound on U(a) - U(b); false: none. Values must be numbers (or variable parts).
    bool difference(const Value& a, const Value& b, int64_t& bound) const;
    // The same of symbols, by what was learned alone; 0 is at most any.
    bool apart(Symbol a, Symbol b, int64_t& bound) const;
    // Least known bound on U(a) - packet length.
    Value packet_length() const;
    bool below_packet_end(const Value& a, int64_t& bound) const;
    void learn(Symbol a, Symbol b, int64_t bound);
    // Least known bound on U(a) + U(b) - U(c).
    bool sum_most(const Value& a, const Value& b, const Value& c, int64_t& bound) const;
    // U(a) + U(b) <= U(c) + bound.
    void learn_limit(Symbol a, Symbol b, Symbol c, int64_t bound);
    // U(sum) = U(a) + U(b). So the sum, if it has a name of its own, lies between a + least b and a + greatest b, now and when b
    // becomes known better, and is at most what is known of the two together.
    void learn_sum(Value& sum, const Value& a, const Value& b);
    // The same, told of the parts, of which b has a name of its own: together they are at most what the sum is now.
    void learn_parts(const Value& sum, const Value& a, const Value& b);
    // What is known of a symbol's word as it is named somewhere: at most 2^40 is not known.
    void bounds_of(Symbol s, int64_t& least, int64_t& most) const;
    // What one of two words under a limit is at least is not left for the other.
    void settle();
    void note_sum(const Value& sum, const Value& a, const Value& b);
    void bound_sum(const Sum& s, bool is_exact, const Number& b, int64_t delta);
    // U(a) <= U(b) + bound, 0 for b standing for 0; if b is known so well, a's values follow. The greatest a may be, then.
    uint64_t below(Symbol a, Symbol b, int64_t bound);
    // Two words of at most 32 bits, neither 0 unless the other is.
    void learn_zero(const Value& a, const Value& b);
    // The number of a symbol shrinks: every value that names it follows. False: there is no such state.
    bool refine(const Value& like, const Number& now);
    bool narrow(Symbol symbol, int64_t delta, const Number& now);
    void put_sum(const Sum& s, unsigned first, unsigned end);
    template <class Found>
    void each_limit(Symbol a, Symbol b, Found found) const;
    // What named the packet's length, or led into it, does so no more.
    void forget_packet();
    bool holds_references() const;
};

template <class Dead>
void State::forget_if(Dead dead) {
    for (unsigned r = 0; r < bpf::kFramePointer; ++r)
        if (dead(regs[r])) regs[r] = Value{};
    for (unsigned i = cell_count; i-- > 0;)
        if (dead(cells[i].value)) drop(cells[i].at.frame, cells[i].at.offset, cells[i].at.size);
}

// The number of a number; the variable part of a pointer, seen from a fixed part that is `move` less.
Value variable_part(const Value& have, int64_t move = 0);

// symbol + delta does not wrap around, so U(value) = U(symbol) + delta.
inline bool exact_sum(const Value& v) { return domain::exact_sum(v.number.wide, static_cast<uint64_t>(int64_t{v.delta})); }

}  // namespace mbpf::proof
