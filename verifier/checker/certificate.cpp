// SPDX-License-Identifier: Apache-2.0
#include "verifier/checker/certificate.h"

namespace mbpf::proof {

uint64_t Reader::varint() {
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        const uint8_t b = byte();
        v |= static_cast<uint64_t>(b & 0x7f) << shift;
        if ((b & 0x80) == 0) return v;
    }
    good = false;
    return 0;
}

// 0 to 9: registers; 16 to 79: what calls put away; from 80: stack cells by frame, offset, size.
Location location_of(Reader& in, uint64_t code) {
    in.require(code < 10 || (code >= 16 && code < 80 + uint64_t{kMaxFrames} * kFrameBytes * 8));
    if (!in.good) return {};
    if (code < 10) return {static_cast<int16_t>(code), 8, kRegisters};
    if (code < 80) return {static_cast<int16_t>((code - 16) & 7), 1, static_cast<uint8_t>((code - 16) >> 3)};
    const uint64_t cell = code - 80;
    const Location at{static_cast<int16_t>(static_cast<int>(cell / 8 % kFrameBytes) - kFrameBytes), static_cast<uint8_t>(cell % 8 + 1), static_cast<uint8_t>(cell / 8 / kFrameBytes)};
    in.require(at.offset + at.size <= 0);
    return at;
}

namespace {

template <class W>
void read_parts(Reader& in, unsigned form, Interval<W>& n) {
    using S = domain::SignedOf<W>;
    if ((form & kUnsigned) != 0) {
        n.umin = static_cast<W>(in.varint());
        n.umax = static_cast<W>(in.varint());
    }
    if ((form & kSigned) != 0) {
        n.smin = static_cast<S>(in.zigzag());
        n.smax = static_cast<S>(in.zigzag());
    }
    if ((form & kPattern) != 0) {
        n.mask = static_cast<W>(in.varint());
        n.value = static_cast<W>(in.varint() & ~n.mask);
    }
}

}  // namespace

Number read_number(Reader& in, unsigned form) {
    if (form == kConstant) return Number::constant(static_cast<uint64_t>(in.zigzag()));
    if (form == kBits) return Number::unknown_bits(static_cast<unsigned>(in.bounded(64)));
    Number n;
    read_parts(in, form, n.wide);
    if ((form & kLow) != 0) read_parts(in, kUnsigned | kSigned | kPattern, n.low);
    // Reducing it takes no word away, and shows whether there is one.
    n = n.sync();
    in.require(!n.is_bottom());
    return in.good ? n : Number::unknown();
}

// First byte: kind (2 bits), form of the number or variable part (4), has a symbol, is borrowed
// or (a number) has a modulus. Of a pointer the
// region follows (4 bits), is it read only, and which of size, map and reference are stated.
namespace {

Symbol read_symbol(Reader& in) {
    const uint64_t symbol = in.bounded(uint64_t{kLastSymbol} - 1);
    return symbol == 0 ? kPacketLength : static_cast<Symbol>(symbol);
}

}  // namespace

Value read_value(Reader& in) {
    const uint8_t head = in.byte();
    Value v;
    v.kind = static_cast<ValueKind>(head & 3);
    in.require(v.kind != ValueKind::unknown);
    if (v.is_pointer()) {
        const uint8_t more = in.byte();
        v.region = static_cast<Region>(more & 15);
        in.require(v.region != Region::none && v.region <= Region::object);
        v.read_only = (more & 16) != 0;
        if ((more & 32) != 0) v.size = static_cast<uint32_t>(in.bounded(UINT32_MAX));
        if ((more & 64) != 0) v.map = static_cast<int16_t>(in.bounded(INT16_MAX));
        if ((more & 128) != 0) v.reference = static_cast<uint8_t>(in.bounded(kMaxReferences));
        if (v.region == Region::stack) v.frame = static_cast<uint8_t>(in.bounded(kMaxFrames - 1));
        v.fixed = static_cast<int32_t>(in.zigzag_within(kMaxOffset));
    }
    v.number = read_number(in, head >> 2 & 15);
    if ((head & 64) != 0) {
        v.symbol = read_symbol(in);
        v.delta = static_cast<int32_t>(in.zigzag_within(kMaxDelta));
    }
    const bool more = (head & 128) != 0;
    v.borrowed = more && v.is_pointer();
    if (more && v.is_number()) {
        v.modulus = static_cast<uint32_t>(in.bounded(INT32_MAX));
        v.remainder = static_cast<int32_t>(in.bounded(INT32_MAX));
        in.require(static_cast<uint32_t>(v.remainder) < v.modulus);
    }
    return v;
}

Relation read_relation(Reader& in) {
    Relation r;
    const uint64_t form = in.bounded(2);
    r.a = read_symbol(in);
    if (form != 0) r.b = read_symbol(in);
    if (form != 2) r.c = read_symbol(in);
    r.bound = in.zigzag_within(kMaxOffset);
    return r;
}

namespace {

Cost read_cost(Reader& in, uint8_t parts) {
    Cost c;
    c.constant = in.zigzag_within(kMaxCost);
    if ((parts & kHasTerms) == 0) return c;
    c.term_count = static_cast<unsigned>(in.bounded(kMaxTerms));
    for (unsigned i = 0; i < c.term_count; ++i) {
        const uint64_t code = in.varint();
        c.terms[i].reading = static_cast<Reading>(static_cast<uint8_t>(code & 3));
        c.terms[i].at = location_of(in, code >> 2);
        c.terms[i].coefficient = in.zigzag_within(kMaxCoefficient);
    }
    return c;
}

void read_shape(Reader& in, uint8_t parts, Shape& s) {
    if ((parts & kHasFrames) != 0) {
        s.depth = static_cast<uint8_t>(1 + in.bounded(kMaxFrames - 1));
        for (unsigned f = 1; f < s.depth; ++f) {
            s.frames[f].return_slot = static_cast<uint32_t>(in.bounded(kGate - 1));
            s.frames[f].function = static_cast<uint32_t>(in.bounded(kGate - 1));
            s.frames[f].kind = in.byte() == 0 ? FrameKind::call : FrameKind::callback;
        }
    }
    for (unsigned f = 0; (parts & kHasWritten) != 0 && f < s.depth; ++f) {
        uint64_t at = 0;
        for (uint64_t ranges = in.bounded(kFrameBytes); ranges > 0 && in.good; --ranges) {
            at += in.bounded(kFrameBytes - at);
            const uint64_t size = in.bounded(kFrameBytes - at);
            s.frames[f].mark(static_cast<int64_t>(at) - kFrameBytes, static_cast<int64_t>(size), true);
            at += size;
        }
    }
    if ((parts & kHasPacket) != 0) s.packet_bytes = static_cast<int32_t>(in.bounded(static_cast<uint64_t>(kMaxOffset)));
    if ((parts & kHasMetadata) != 0) s.metadata_bytes = static_cast<int32_t>(in.bounded(static_cast<uint64_t>(kMaxPacket)));
    if ((parts & kLocked) != 0) s.locked = static_cast<uint32_t>(1 + in.bounded(UINT32_MAX - 1));
    const uint8_t held = (parts & kHasReferences) != 0 ? in.byte() : uint8_t{0};
    for (unsigned i = 0; i < kMaxReferences; ++i)
        if ((held >> i & 1) != 0) s.references[i] = static_cast<uint32_t>(1 + in.bounded(kGate - 2));
}

}  // namespace

uint8_t read_head(Reader& in, Cost& cost, Shape& s) {
    const uint8_t parts = in.byte();
    cost = read_cost(in, parts);
    read_shape(in, parts, s);
    return parts;
}

Reader read_part(Reader& in) {
    const uint64_t size = in.varint();
    in.require(size <= static_cast<uint64_t>(in.end - in.at));
    const Reader part{in.at, in.good ? in.at + static_cast<size_t>(size) : in.at, in.good};
    in.at = part.end;
    return part;
}

bool Certificate::open(const uint8_t* bytes, size_t size) {
    whole = {bytes, bytes + size, true};
    for (uint8_t m : kMagic)
        if (whole.byte() != m) return false;
    if (whole.byte() != kVersion) return false;
    worst_case = whole.bounded(static_cast<uint64_t>(kMaxCost) / kMaxScale - 1);
    scale = static_cast<uint32_t>(whole.bounded(kMaxScale));
    if (scale == 0) return false;
    stack_bytes = static_cast<uint32_t>(whole.bounded(kMaxFrames * kFrameBytes));
    function_count = static_cast<uint32_t>(whole.bounded(kMaxFunctions));
    functions = whole.at;
    for (uint32_t i = 0; i < function_count && whole.good; ++i) {
        whole.varint();
        whole.bounded(kFrameBytes);
    }
    point_count = static_cast<uint32_t>(whole.bounded(1 << 24));
    if (!whole.good || static_cast<size_t>(whole.end - whole.at) / 8 < point_count) return false;
    index = whole.at;
    nodes = index + size_t{point_count} * 8;
    for (uint32_t i = 1; i < point_count; ++i)
        if (point_slot(i - 1) >= point_slot(i)) return false;
    return true;
}

bool Certificate::at(uint32_t i, Reader& in) const {
    const uint32_t offset = word(index + size_t{i} * 8 + 4);
    if (offset > static_cast<size_t>(whole.end - nodes)) return false;
    in = {nodes + size_t{offset}, whole.end, true};
    return true;
}

bool Certificate::find(uint32_t point, Reader& in) const {
    uint32_t lo = 0, hi = point_count;
    while (lo < hi) {
        const uint32_t mid = lo + (hi - lo) / 2;
        if (point_slot(mid) < point) lo = mid + 1;
        else hi = mid;
    }
    return lo < point_count && point_slot(lo) == point && at(lo, in);
}

uint32_t Certificate::stack_of(uint32_t function) const {
    Reader in{functions, index, true};
    for (uint32_t i = 0; i < function_count; ++i) {
        const uint64_t slot = in.varint(), bytes = in.varint();
        if (in.good && slot == function) return static_cast<uint32_t>(bytes);
    }
    return kFrameBytes;
}

}  // namespace mbpf::proof
