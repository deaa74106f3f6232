// SPDX-License-Identifier: Apache-2.0
// The reading of certificates, from the source that ships (verifier/checker/certificate.cpp): whatever the bytes are, none
// outside them is read, nothing overflows, and what is let through is within the limits that the other rules count on.
//
// A number may be any word, and the certificate may end in each. What is read after it has ended is not used; it is taken to
// be the least word or the greatest.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <functional>
#include <vector>

#include "core/isa_enums.h"
#include "tests/proofs/symbolic_integer.h"
#include "verifier/checker/environment.h"
#include "verifier/checker/kinds.h"
#include "verifier/number.h"

namespace mbpf::proof {
using symbolic::Here;
struct Reader;
namespace {
void read_parts(Reader& in, unsigned form, Interval<std::uint32_t>& low);
}
}  // namespace mbpf::proof

#define int64_t ::mbpf::symbolic::I64
#define uint64_t ::mbpf::symbolic::U64
#define int32_t ::mbpf::symbolic::I32
#define uint32_t ::mbpf::symbolic::U32
#define int16_t ::mbpf::symbolic::Integer<16, true>
#define uint_least16_t ::mbpf::symbolic::U16
#include "verifier/checker/state.h"
// Both overloads are declared: see shipped_rules.h.
#define byte() byte(Here); uint64_t varint(Here()); uint64_t varint(Here); uint8_t byte(Here())
#define location_of(...) location_of(__VA_ARGS__, Here()); Location location_of(__VA_ARGS__, Here)
#define read_number(...) read_number(__VA_ARGS__, Here()); Number read_number(__VA_ARGS__, Here)
#define open(...) open(__VA_ARGS__); static uint32_t (word)(const uint8_t*, Here)
#define word(...) word(__VA_ARGS__, Here())
#include "verifier/checker/certificate.h"
#undef byte
#undef location_of
#undef read_number
#undef open
#define byte() byte(Here())
#define varint() varint(Here())
#define location_of(...) location_of(__VA_ARGS__, Here())
#define read_number(...) read_number(__VA_ARGS__, Here())
#include "verifier/checker/certificate.cpp"
#undef byte
#undef varint
#undef location_of
#undef read_number
#undef word
#undef int64_t
#undef uint64_t
#undef int32_t
#undef uint32_t
#undef int16_t
#undef uint_least16_t

namespace mbpf::proof {

using symbolic::context;
using symbolic::Explorer;
using symbolic::I32;
using symbolic::I64;
using symbolic::U32;
using symbolic::U64;
using z3::expr;
using Proof = void (*)();
inline constexpr Here (*kReal)() = nullptr;

namespace {

Explorer& explorer() { return Explorer::now(); }
void require(const expr& e, const char* what) { explorer().require(e, what); }
void require(bool is, const char* what) { explorer().require(context().bool_val(is), what); }
void assume(const expr& e) { explorer().assume(e); }
template <class T>
expr whole(T n) { return context().int_val(std::to_string(n).c_str()); }
template <class X>
expr at_most(const X& x, std::int64_t limit) { return x.expr() >= 0 && x.expr() <= whole(limit); }
template <class X>
expr near(const X& x, std::int64_t limit) { return x.expr() >= whole(-limit) && x.expr() <= whole(limit); }

// The certificate: so many bytes.
constexpr unsigned kRoom = 96;
std::uint8_t bytes[kRoom];
// What single bytes may be, where it matters: in order, then any of the last.
std::vector<std::vector<unsigned>> single;
unsigned singles = 0;
// What is read of a certificate that has ended.
std::vector<U64> beyond;
// Numbers read may be limited: see proof_shape.
std::function<void(const U64&)> read;

Reader begin(unsigned size = kRoom) { return {bytes, bytes + size, true}; }

template <class Body>
symbolic::Report along_all_paths(Body body) {
    return explorer().explore([&] {
        singles = 0;
        beyond.clear();
        single = {{0, 1, 0x7f, 0x80, 0xff}};
        read = nullptr;
        body();
    });
}

}  // namespace

std::uint8_t Reader::byte(Here) {
    proof::require(at <= end, "a reader is within its bytes");
    if (at == end || !good) {
        good = false;
        return 0;
    }
    ++at;
    const auto& all = single[std::min<std::size_t>(singles++, single.size() - 1)];
    return static_cast<std::uint8_t>(all[explorer().choose(static_cast<unsigned>(all.size()))]);
}
// Any word, of one byte or ten; or there is none.
U64 Reader::varint() {
    proof::require(at <= end, "a reader is within its bytes");
    if (!good || at == end || explorer().choose(2) == 1) {
        good = false;
        at = end;
        if (beyond.empty()) beyond.push_back(explorer().choose(2) == 0 ? 0 : ~std::uint64_t{0});
        return beyond.front();
    }
    at += 1;
    const U64 v = U64::any("read");
    explorer().show("read", v.expr());
    if (read) read(v);
    return v;
}
U64 Reader::varint(Here) { return varint(); }

}  // namespace mbpf::proof

#include "tests/proofs/proof_rules.h"

namespace mbpf::proof {

// Any place, of those that there are.
Location location_of(Reader& in, U64, Here) {
    in.good = in.good && explorer().choose(2) == 0;
    return {};
}
// What is told by itself.
Number read_number(Reader& in, unsigned, Here) {
    in.good = in.good && explorer().choose(2) == 0;
    return Number::unknown();
}
// A mark lies in its frame.
void Frame::mark(I64 offset, I64 size, bool is_written) {
    require(near(offset, kFrameBytes) && offset.expr() <= 0 && at_most(size, kFrameBytes) && offset.expr() + size.expr() <= 0, "bytes of a frame");
    require(is_written, "they count as written");
}
// The word at a place of the index, the same whenever it is read.
U32 Certificate::word(const std::uint8_t* p, Here) {
    require(p >= bytes && p + 4 <= bytes + kRoom, "a word of the certificate");
    const z3::sort integer = context().int_sort();
    const expr e = z3::function("index_word", integer, integer)(proof::whole(p - bytes));
    assume(U32::in_range(e));
    return U32(e);
}

namespace {

// The low half of a number, as the whole one is read.
void read_parts(Reader& in, unsigned, Interval<std::uint32_t>&) {
    for (unsigned i = 0; i < 6; ++i) in.good = in.good && explorer().choose(2) == 0;
}

// From bytes: of each the highest bit says that more follow.
void proof_varint() {
    const unsigned size = explorer().choose(12);
    Reader in = begin(size);
    const unsigned kMore[] = {0x80, 0xff}, kLast[] = {0, 0x7f};
    std::uint64_t expected = 0;
    unsigned used = 0;
    bool ends = false;
    for (unsigned i = 0; i < size && !ends; ++i) {
        ends = explorer().choose(2) == 1;
        bytes[i] = static_cast<std::uint8_t>(ends ? kLast[explorer().choose(2)] : kMore[explorer().choose(2)]);
        if (i < 10) expected |= static_cast<std::uint64_t>(bytes[i] & 0x7f) << 7 * i;
        if (i < 10) used = i + 1;
        ends = ends || i >= 9;
    }
    const bool whole_number = used > 0 && (bytes[used - 1] & 0x80) == 0;
    // The real ones: bytes as they are.
    Reader plain = begin(size);
    for (unsigned i = 0; i <= size; ++i) {
        const std::uint8_t b = plain.byte(kReal);
        require(i < size ? plain.good && b == bytes[i] && plain.at == bytes + i + 1 : !plain.good && b == 0 && plain.at == bytes + size, "a byte, or none");
    }
    single.clear();
    for (unsigned i = 0; i < used; ++i) single.push_back({bytes[i]});
    single.push_back({0});
    const U64 v = in.varint(kReal);
    require(in.good == whole_number && in.at == bytes + used, "a number ends where it does");
    if (in.good) require(v.expr() == whole(expected), "the number is what its bytes say");
}
void proof_limits() {
    Reader in = begin(2);
    const U64 limit = U64::any("limit");
    const U64 v = in.bounded(limit);
    require(v.expr() <= limit.expr(), "a number within its limit");
    const I64 far = I64::any("far");
    assume(far.expr() >= 0);
    const I64 z = in.zigzag_within(far);
    require(z.expr() >= -far.expr() && z.expr() <= far.expr(), "a signed number within its limit");
    Reader other = begin(1);
    U64 told = 0;
    read = [&](const U64& word) { told = word; };
    const I64 signed_number = other.zigzag();
    if (other.good) require(z3::ite(signed_number.expr() >= 0, told.expr() == 2 * signed_number.expr(), told.expr() == -2 * signed_number.expr() - 1), "zigzag");
}

// All codes that there are, and beyond them any.
void proof_location() {
    const unsigned kStored = 80, kCells = kMaxFrames * kFrameBytes * 8;
    if (explorer().choose(2) == 0) {
        const U64 code = U64::any("code");
        assume(code.expr() >= whole(kStored + kCells));
        Reader in = begin();
        location_of(in, code, kReal);
        require(!in.good, "no location");
        return;
    }
    for (unsigned code = 0; code < kStored + kCells; ++code) {
        Reader in = begin();
        const Location at = location_of(in, U64(code), kReal);
        const unsigned cell = code < kStored ? 0 : code - kStored, size = cell % 8 + 1;
        const int frame = static_cast<int>(cell / 8 / kFrameBytes), offset = static_cast<int>(cell / 8 % kFrameBytes) - kFrameBytes;
        const bool reg = code < 10, saved = code >= 16 && code < kStored, stored = code >= kStored && offset + static_cast<int>(size) <= 0;
        bool right = in.good == (reg || saved || stored);
        if (reg) right = right && at.frame == kRegisters && at.offset.constant == static_cast<int>(code) && at.size == 8;
        if (saved) right = right && at.frame == (code - 16) / 8 && at.offset.constant == static_cast<int>((code - 16) % 8) && at.size == 1;
        if (stored) right = right && at.frame == frame && at.offset.constant == offset && at.size == size;
        if (!right) require(false, "a location is what its code says");
    }
    require(true, "all locations");
}
void proof_number() {
    Reader in = begin();
    const Number n = read_number(in, explorer().choose(16), kReal);
    require(z3::implies(context().bool_val(in.good), n.wide.umin.expr() <= n.wide.umax.expr() && n.wide.smin.expr() <= n.wide.smax.expr()), "some word is in a number");
    if (!in.good && !n.is_constant()) require(n.wide.umin.expr() == 0 && n.wide.umax.expr() == symbolic::power(64) - 1, "of a bad one nothing is known");
}
expr is_symbol(const Symbol& s) { return s.expr() == whole(kPacketLength.constant) || (s.expr() > 0 && s.expr() < whole(kLastSymbol.constant)); }
void proof_value() {
    // Kinds, with and without symbol and modulus; the region's byte with none and each of its flags.
    single.clear();
    single.resize(2);
    for (unsigned kind = 0; kind < 3; ++kind)
        for (unsigned flags = 0; flags < 4; ++flags) single[0].push_back(kind | flags << 6);
    single[0].push_back(static_cast<unsigned>(ValueKind::pointer_or_null));
    const unsigned kRegions[] = {0, static_cast<unsigned>(Region::stack), static_cast<unsigned>(Region::map_value), static_cast<unsigned>(Region::object), static_cast<unsigned>(Region::object) + 1};
    for (unsigned region : kRegions)
        for (unsigned flags : {0, 1, 2, 4, 8}) single[1].push_back(region | flags << 4);
    Reader in = begin();
    const Value v = read_value(in);
    if (!in.good) return;
    require(v.kind == ValueKind::number || v.is_pointer(), "a value is a number or a pointer");
    require(near(v.delta, kMaxDelta.constant) && (v.symbol.expr() == 0 || is_symbol(v.symbol)), "a symbol and its delta");
    require(v.origin.constant == 0 && v.shift == 0 && v.bits_lost == 0 && v.origin_delta.constant == 0, "it has no origin");
    if (v.is_number()) {
        require(v.region == Region::none && v.map.constant == -1 && v.reference == 0 && v.frame == 0, "a number is no pointer");
        require(v.modulus.expr() == 0 || (at_most(v.modulus, INT32_MAX) && v.remainder.expr() >= 0 && v.remainder.expr() < v.modulus.expr()), "a remainder is less than its modulus");
    } else {
        require(v.region != Region::none && v.region <= Region::object, "a region that there is");
        require(near(v.fixed, kMaxOffset.constant) && v.reference <= kMaxReferences && v.frame < kMaxFrames && v.map.expr() >= -1, "a pointer leads not too far, its reference and frame are some that there are");
        require(v.region == Region::stack || v.frame == 0, "a frame of stack pointers alone");
    }
}
void proof_relation() {
    Reader in = begin();
    const Relation r = read_relation(in);
    require(is_symbol(r.a) && (r.b.expr() == 0 || is_symbol(r.b)) && (r.c.expr() == 0 || is_symbol(r.c)) && near(r.bound, kMaxOffset.constant), "symbols and a bound");
    require(r.b.expr() != 0 || r.c.expr() != 0, "of two words at least");
}
// Up to two terms, or too many: of earlier ones nothing is looked at.
void proof_cost() {
    unsigned count = 0;
    read = [count](const U64& word) mutable {
        if (count++ == 1) assume(word.expr() <= 2 || word.expr() > whole(kMaxTerms));
    };
    Reader in = begin();
    const Cost c = read_cost(in, static_cast<std::uint8_t>(explorer().choose(2) * kHasTerms));
    require(near(c.constant, kMaxCost.constant) && context().bool_val(c.term_count <= kMaxTerms), "a constant, and so many terms");
    for (const auto& term : c.terms) require(near(term.coefficient, kMaxCoefficient.constant) && context().bool_val(term.reading <= Reading::squared), "a coefficient and a reading");
}
// As many frames as there are, or bytes of one of them: two ranges, since of earlier ones nothing is left but where they end.
void proof_shape() {
    const unsigned what = explorer().choose(6), parts[] = {kHasFrames, kHasWritten, kHasPacket, kHasMetadata, kLocked, kHasReferences};
    if (what == 1) {
        unsigned count = 0;
        read = [count](const U64& word) mutable {
            if (count++ == 0) assume(word.expr() <= 2);
        };
    }
    single = {what == 5 ? std::vector<unsigned>{0, 1, 0x80, 0x81, 0xff} : std::vector<unsigned>{0, 1}};
    Reader in = begin();
    Shape s;
    read_shape(in, static_cast<std::uint8_t>(parts[what]), s);
    require(s.depth >= 1 && s.depth <= kMaxFrames, "as many frames as there may be");
    for (unsigned f = 0; f < kMaxFrames; ++f) {
        const Frame& frame = s.frames[f];
        require(frame.return_slot.expr() < whole(kGate.constant) && frame.function.expr() < whole(kGate.constant), "a frame's slots");
        require(f == 0 ? frame.kind == FrameKind::entry : f >= s.depth || frame.kind != FrameKind::entry, "the first frame is the program's own");
    }
    require(at_most(s.packet_bytes, kMaxOffset.constant) && at_most(s.metadata_bytes, kMaxPacket.constant), "bytes of the packet");
    for (unsigned i = 0; i < kMaxReferences; ++i) require(s.references[i].expr() < whole(kGate.constant), "what acquired a reference is no gate");
    if (in.good && what == 4) require(s.locked.expr() != 0, "a lock has a name");
}
void proof_head() {
    single = {{0, kHasPacket, kHasRelations}};
    Reader in = begin();
    Cost cost;
    Shape s;
    const std::uint8_t parts = read_head(in, cost, s);
    require((parts & kHasTerms) != 0 || cost.term_count == 0, "no terms if there are none");
    require((parts & kHasPacket) != 0 || s.packet_bytes.constant == 0, "a packet if it is there");
}
void proof_part() {
    const unsigned sizes[] = {0, 1, 2, 9, kRoom};
    Reader in = begin(sizes[explorer().choose(5)]);
    const Reader whole_one = in;
    U64 told = 0;
    read = [&](const U64& word) { told = word; };
    const Reader part = read_part(in);
    require(part.at >= whole_one.at && part.at <= part.end && part.end <= whole_one.end && in.at == part.end && part.good == in.good, "a part of what there is");
    if (in.good) require(told.expr() == whole(part.end - part.at), "as long as is told");
}

// The head of a certificate, and its functions and points: up to two of each.
void proof_open() {
    const std::uint8_t first[] = {'M', 'B', 'P', 'C', 6};
    const unsigned wrong = explorer().choose(7), size = 20 - explorer().choose(3) * 7 + (wrong == 6 ? 16 : 0);
    single.clear();
    for (unsigned i = 0; i < 5; ++i) single.push_back({static_cast<unsigned>(first[i]) + (i == wrong ? 1 : 0)});
    unsigned count = 0;
    read = [count](const U64& word) mutable {
        if (count++ == 3) assume(word.expr() <= 2);
    };
    Certificate c;
    const bool is_open = c.open(bytes, size);
    if (!is_open) return;
    require(wrong >= 5, "another format or version");
    require(c.worst_case.expr() < whole(kMaxCost.constant / kMaxScale.constant) && c.scale.expr() > 0 && c.scale.expr() <= whole(kMaxScale.constant) && c.stack_bytes.expr() <= whole(kMaxFrames * kFrameBytes), "the worst case, its scale, the stack");
    require(c.functions > bytes && c.functions <= c.index && c.index <= c.nodes && c.nodes <= bytes + size && c.whole.end == bytes + size, "functions, index and points follow each other");
    require(whole(c.nodes - c.index) == 8 * c.point_count.expr(), "as many points as there is an index for");
    for (unsigned i = 1; i < static_cast<unsigned>(c.point_count); ++i) require(c.point_slot(i - 1).expr() < c.point_slot(i).expr(), "points are sorted");
}
// As open() leaves it.
Certificate opened() {
    Certificate c;
    const unsigned points = explorer().choose(6);
    c.whole = begin();
    c.functions = bytes + 8;
    c.index = bytes + 16;
    c.point_count = points;
    c.nodes = c.index + 8 * points;
    for (unsigned i = 1; i < points; ++i) assume(c.point_slot(i - 1).expr() < c.point_slot(i).expr());
    return c;
}
void proof_find() {
    const Certificate c = opened();
    const U32 point = U32::any("point");
    Reader in;
    const bool found = c.find(point, in);
    expr is_there = context().bool_val(false);
    for (unsigned i = 0; i < static_cast<unsigned>(c.point_count); ++i) {
        const expr offset = Certificate::word(c.index + 8 * i + 4, Here()).expr();
        is_there = is_there || (c.point_slot(i).expr() == point.expr() && (found ? offset == whole(in.at - c.nodes) : offset <= whole(c.whole.end - c.nodes)));
    }
    require(found ? is_there : !is_there, "the point's invariants are found, if they are there");
    if (found) require(in.at >= c.nodes && in.at <= c.whole.end && in.end == c.whole.end && in.good, "they are in the certificate");
}
void proof_stack_of() {
    Certificate c = opened();
    c.function_count = explorer().choose(3);
    // open() has read them before.
    std::vector<U64> words;
    read = [&](const U64& word) {
        words.push_back(word);
        if (words.size() % 2 == 0) assume(word.expr() <= whole(kFrameBytes));
    };
    const U32 function = U32::any("function"), most = c.stack_of(function);
    expr is_told = most.expr() == whole(kFrameBytes);
    for (unsigned i = 0; i + 1 < words.size(); i += 2) is_told = is_told || (words[i].expr() == function.expr() && words[i + 1].expr() == most.expr());
    require(is_told && most.expr() <= whole(kFrameBytes), "what the function claims, or all that a frame has");
}

MBPF_RULES(Bytes, are_read_within_limits, {"varint", proof_varint}, {"bounded, zigzag_within", proof_limits}, {"location_of", proof_location}, {"read_number", proof_number}, {"read_value", proof_value}, {"read_relation", proof_relation}, {"read_cost", proof_cost},
           {"read_shape", proof_shape}, {"read_head", proof_head}, {"read_part", proof_part})
MBPF_RULES(Points, are_found_where_they_are, {"open", proof_open}, {"find", proof_find}, {"stack_of", proof_stack_of})

}  // namespace
}  // namespace mbpf::proof
