// SPDX-License-Identifier: Apache-2.0
// The flat binary form of a proof (docs/certificate.md), read by random access. A certificate is not trusted:
// every read is bounded, and what it claims is only ever compared with what the checker finds itself.
#pragma once

#include "verifier/checker/state.h"

namespace mbpf::proof {

inline constexpr uint8_t kMagic[4] = {'M', 'B', 'P', 'C'};
inline constexpr uint8_t kVersion = 6;
// A point is a slot; a callback's gate is its call's slot with this bit.
inline constexpr uint32_t kGate = 0x80000000u;
// The entry of a function's contract is its slot with this bit; the exit is the contract's number with both. Until
// there, frames return to no slot but to the number with this bit.
inline constexpr uint32_t kContract = 0x40000000u;

inline constexpr int64_t kMaxCoefficient = int64_t{1} << 26;
inline constexpr uint64_t kMaxCounter = uint64_t{1} << 32;
inline constexpr int64_t kMaxSquared = 0xffff;  // or its negative: the square is a counter, too
inline constexpr int64_t kMaxCost = int64_t{1} << 60;
inline constexpr uint32_t kMaxScale = 1 << 16, kMaxFunctions = 1024;

struct Reader {
    const uint8_t* at = nullptr;
    const uint8_t* end = nullptr;
    bool good = true;

    uint8_t byte() {
        if (at == end) {
            good = false;
            return 0;
        }
        return *at++;
    }
    uint64_t varint();
    int64_t zigzag() {
        const uint64_t v = varint();
        return static_cast<int64_t>((v & 1) != 0 ? ~(v >> 1) : v >> 1);
    }
    void require(bool holds) { good = good && holds; }
    // At most `limit`; else the certificate is bad.
    uint64_t bounded(uint64_t limit) {
        const uint64_t v = varint();
        require(v <= limit);
        return good ? v : 0;
    }
    int64_t zigzag_within(int64_t limit) {
        const int64_t v = zigzag();
        require(v >= -limit && v <= limit);
        return good ? v : 0;
    }
};

// First byte of an invariant: which of its parts follow.
enum Parts : uint8_t { kHasTerms = 1, kHasFrames = 2, kHasPacket = 4, kHasMetadata = 8, kHasReferences = 16, kLocked = 32, kHasRelations = 64, kHasWritten = 128 };
// What of a number is written: bounds and bits of the word, and all of its low half. The low half alone never is:
// that stands for a word of so many bits.
enum Form : uint8_t { kConstant = 0, kUnsigned = 1, kSigned = 2, kPattern = 4, kLow = 8, kBits = 8, kWhole = 15 };

enum class Reading : uint8_t { as_unsigned, as_signed, bits_set, squared };

// K + sum of coefficient * value at location, read as an integer, how many of its bits are 1, or its square: bounds the
// instructions still to be executed.
struct Cost {
    int64_t constant = 0;
    unsigned term_count = 0;
    struct Term {
        Location at;
        int64_t coefficient = 0;
        Reading reading = Reading::as_unsigned;
    } terms[kMaxTerms];
};

Location location_of(Reader& in, uint64_t code);
Number read_number(Reader& in, unsigned form);
// A value as the invariant has it; its symbol is the certificate's own number, kPacketLength apart.
Value read_value(Reader& in);
// U(a) + U(b) <= U(c) + bound, where symbol 0 is the number 0.
struct Relation {
    Symbol a = 0, b = 0, c = 0;
    int64_t bound = 0;
};
inline constexpr uint64_t kMaxRelations = kMaxDifferences + kMaxSums - kExactSums;
Relation read_relation(Reader& in);
// What an invariant begins with, read into a shape that holds nothing yet; its parts.
uint8_t read_head(Reader& in, Cost& cost, Shape& s);
// So many bytes as are told first.
Reader read_part(Reader& in);

struct Certificate {
    Reader whole;
    uint64_t worst_case = 0;  // instructions
    uint32_t scale = 1;       // units in which costs are stated: so many are one instruction
    uint32_t stack_bytes = 0;
    const uint8_t* functions = nullptr;  // pairs of varints: slot, stack bytes; sorted
    uint32_t function_count = 0;
    const uint8_t* index = nullptr;  // per point: u32 slot, u32 offset; sorted by slot
    uint32_t point_count = 0;
    const uint8_t* nodes = nullptr;

    bool open(const uint8_t* bytes, size_t size);
    uint32_t point_slot(uint32_t i) const { return word(index + size_t{i} * 8); }
    // The invariants of a point, as a reader that begins with their number; false: no such point.
    bool find(uint32_t point, Reader& in) const;
    bool at(uint32_t i, Reader& in) const;
    // Bytes of stack a function (by first slot) claims to use at most; kFrameBytes if it is not listed.
    uint32_t stack_of(uint32_t function) const;
    static uint32_t word(const uint8_t* p) { return static_cast<uint32_t>(p[0]) | static_cast<uint32_t>(p[1]) << 8 | static_cast<uint32_t>(p[2]) << 16 | static_cast<uint32_t>(p[3]) << 24; }
};

}  // namespace mbpf::proof
