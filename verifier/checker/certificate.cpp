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
Location read_location(Reader& in) { return location_of(in, in.varint()); }

Location location_of(Reader& in, uint64_t code) {
    if (code >= 80 + uint64_t{kMaxFrames} * kFrameBytes * 8) in.good = false;
    if (!in.good) return {};
    if (code < 10) return {static_cast<int16_t>(code), 8, kRegisters};
    if (code < 16) in.good = false;
    if (code < 80) return {static_cast<int16_t>((code - 16) & 7), 1, static_cast<uint8_t>((code - 16) >> 3 & 7)};
    const uint64_t cell = code - 80;
    const Location at{static_cast<int16_t>(static_cast<int>(cell / 8 % kFrameBytes) - kFrameBytes), static_cast<uint8_t>(cell % 8 + 1), static_cast<uint8_t>(cell / 8 / kFrameBytes)};
    if (at.offset + at.size > 0) in.good = false;
    return at;
}

Number read_number(Reader& in, uint8_t form) {
    switch (form) {
        case kConstant: return Number::constant(static_cast<uint64_t>(in.zigzag()));
        case kUnknown: return Number::unknown();
        case kBits: {
            const uint64_t bits = in.bounded(64);
            return Number::unknown_bits(static_cast<unsigned>(bits));
        }
        case kUnsigned:
        case kUnsignedPattern: {
            const uint64_t low = in.varint(), more = in.varint();
            if (more > ~uint64_t{0} - low) in.good = false;
            if (!in.good) return Number::unknown();
            const Number range = Number::range_u(low, low + more);
            if (form == kUnsigned) return range;
            Number pattern;
            const uint64_t value = in.varint(), mask = in.varint();
            pattern.wide = Interval<uint64_t>::bits(value & ~mask, mask);
            return meet(range, pattern.sync());
        }
        case kSigned: {
            const int64_t low = in.zigzag();
            const uint64_t more = in.varint();
            if (more > static_cast<uint64_t>(INT64_MAX) - static_cast<uint64_t>(low)) in.good = false;
            return in.good ? Number::range_s(low, static_cast<int64_t>(static_cast<uint64_t>(low) + more)) : Number::unknown();
        }
        case kPattern: {
            Number n;
            const uint64_t value = in.varint(), mask = in.varint();
            n.wide = Interval<uint64_t>::bits(value & ~mask, mask);
            return n.sync();
        }
        default: {
            Number n;
            n.wide.value = in.varint();
            n.wide.mask = in.varint();
            n.wide.umin = in.varint();
            n.wide.umax = in.varint();
            n.wide.smin = in.zigzag();
            n.wide.smax = in.zigzag();
            n.low.value = static_cast<uint32_t>(in.varint());
            n.low.mask = static_cast<uint32_t>(in.varint());
            n.low.umin = static_cast<uint32_t>(in.varint());
            n.low.umax = static_cast<uint32_t>(in.varint());
            n.low.smin = static_cast<int32_t>(in.zigzag());
            n.low.smax = static_cast<int32_t>(in.zigzag());
            return n;
        }
    }
}

// First byte: kind (2 bits), form of the number or variable part (3), has a symbol (1), pointer: may be null is
// the kind; region follows.
Value read_value(Reader& in) {
    const uint8_t head = in.byte();
    Value v;
    v.kind = static_cast<ValueKind>(head & 3);
    if (v.kind == ValueKind::unknown) in.good = false;
    const uint8_t form = head >> 2 & 7;
    if (v.is_pointer()) {
        const uint8_t more = in.byte();
        v.region = static_cast<Region>(more & 15);
        if (v.region == Region::none || v.region > Region::object) in.good = false;
        v.read_only = (more & 16) != 0;
        if ((more & 32) != 0) v.size = static_cast<uint32_t>(in.bounded(UINT32_MAX));
        if ((more & 64) != 0) v.map = static_cast<int16_t>(in.bounded(INT16_MAX));
        if ((more & 128) != 0) {
            v.reference = static_cast<uint8_t>(in.bounded(kMaxReferences));
        }
        if (v.region == Region::stack) v.frame = static_cast<uint8_t>(in.bounded(kMaxFrames - 1));
        const int64_t fixed = in.zigzag();
        if (fixed < -kMaxOffset || fixed > kMaxOffset) in.good = false;
        v.fixed = static_cast<int32_t>(fixed);
    }
    // Reducing it takes no word away, and shows whether there is one.
    v.number = read_number(in, form).sync();
    if (v.number.is_bottom()) {
        in.good = false;
        v.number = Number::unknown();
    }
    if ((head & 32) != 0) {
        const uint64_t symbol = in.bounded(kLastSymbol - 1);
        const int64_t delta = in.zigzag();
        if (delta < INT32_MIN || delta > INT32_MAX) in.good = false;
        v.symbol = symbol == 0 ? kPacketLength : static_cast<Symbol>(symbol);
        v.delta = static_cast<int32_t>(delta);
    }
    v.borrowed = (head & 64) != 0;
    if ((head & 128) != 0) in.good = false;
    return v;
}

Cost read_cost(Reader& in, uint8_t parts) {
    Cost c;
    c.constant = in.zigzag();
    if (c.constant < -kMaxCost || c.constant > kMaxCost) in.good = false;
    if ((parts & kHasTerms) == 0) return c;
    c.term_count = static_cast<unsigned>(in.bounded(kMaxTerms));
    for (unsigned i = 0; i < c.term_count; ++i) {
        const uint64_t code = in.varint();
        c.terms[i].reading = static_cast<Reading>(code & 3);
        if ((code & 3) > static_cast<unsigned>(Reading::bits_set)) in.good = false;
        c.terms[i].at = location_of(in, code >> 2);
        c.terms[i].coefficient = in.zigzag();
        if (c.terms[i].coefficient < -kMaxCoefficient || c.terms[i].coefficient > kMaxCoefficient) in.good = false;
    }
    return c;
}

void read_shape(Reader& in, uint8_t parts, Shape& s) {
    s.depth = 1;
    s.frames[0] = Frame{};
    if ((parts & kHasFrames) != 0) {
        s.depth = static_cast<uint8_t>(1 + in.bounded(kMaxFrames - 1));
        for (unsigned f = 1; f < s.depth; ++f) {
            s.frames[f] = Frame{};
            s.frames[f].return_slot = static_cast<uint32_t>(in.bounded(kGate - 1));
            s.frames[f].function = static_cast<uint32_t>(in.bounded(kGate - 1));
            s.frames[f].kind = in.byte() == 0 ? FrameKind::call : FrameKind::callback;
        }
    }
    if ((parts & kHasWritten) != 0)
        for (unsigned f = 0; f < s.depth; ++f) {
            int64_t at = -kFrameBytes;
            for (uint64_t ranges = in.bounded(kFrameBytes); ranges > 0 && in.good; --ranges) {
                at += static_cast<int64_t>(in.bounded(kFrameBytes));
                const int64_t size = static_cast<int64_t>(in.bounded(kFrameBytes));
                if (at + size > 0) {
                    in.good = false;
                    return;
                }
                s.frames[f].mark(at, size, true);
                at += size;
            }
        }
    s.packet_bytes = (parts & kHasPacket) != 0 ? static_cast<int32_t>(in.bounded(static_cast<uint64_t>(kMaxOffset))) : 0;
    s.metadata_bytes = (parts & kHasMetadata) != 0 ? static_cast<int32_t>(in.bounded(static_cast<uint64_t>(kMaxPacket))) : 0;
    s.locked = (parts & kLocked) != 0;
    const uint8_t held = (parts & kHasReferences) != 0 ? in.byte() : uint8_t{0};
    for (unsigned i = 0; i < kMaxReferences; ++i) s.references[i] = (held >> i & 1) != 0 ? static_cast<uint32_t>(1 + in.bounded(kGate - 2)) : 0;
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
    function_count = static_cast<uint32_t>(whole.bounded(1 << 20));
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
    in = {nodes + offset, whole.end, true};
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
