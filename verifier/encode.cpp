// SPDX-License-Identifier: Apache-2.0
#include "verifier/encode.h"

#include <algorithm>
#include <bit>

namespace mbpf {

using namespace proof;

void put_varint(Bytes& out, std::uint64_t v) {
    while (v >= 0x80) {
        out.push_back(static_cast<std::uint8_t>(v | 0x80));
        v >>= 7;
    }
    out.push_back(static_cast<std::uint8_t>(v));
}

void put_zigzag(Bytes& out, std::int64_t v) { put_varint(out, static_cast<std::uint64_t>(v) << 1 ^ static_cast<std::uint64_t>(v >> 63)); }

void put_word(Bytes& out, std::uint32_t v) {
    for (int i = 0; i < 4; ++i) out.push_back(static_cast<std::uint8_t>(v >> (8 * i)));
}

std::uint64_t location_code(const Location& at) {
    if (at.frame == kRegisters) return static_cast<std::uint64_t>(at.offset);
    if (at.offset >= 0) return 16 + std::uint64_t{at.frame} * 8 + static_cast<std::uint64_t>(at.offset);
    return 80 + (std::uint64_t{at.frame} * kFrameBytes + static_cast<std::uint64_t>(at.offset + kFrameBytes)) * 8 + at.size - 1u;
}

namespace {

template <class W>
Interval<W> parts_of(const Interval<W>& n, unsigned form) {
    Interval<W> r;
    if ((form & kUnsigned) != 0) r.umin = n.umin, r.umax = n.umax;
    if ((form & kSigned) != 0) r.smin = n.smin, r.smax = n.smax;
    if ((form & kPattern) != 0) r.value = n.value, r.mask = n.mask;
    return r;
}

// The shortest form that says exactly this number.
unsigned number_form(const Number& n) {
    const std::uint64_t top = n.wide.umax;
    if (n.is_constant()) return kConstant;
    if ((top & (top + 1)) == 0 && n == (top == UINT64_MAX ? Number::unknown() : Number::range_u(0, top))) return kBits;
    for (unsigned form : {0u + kUnsigned, 0u + kSigned, 0u + kPattern, 0u + (kUnsigned | kPattern), 0u + (kSigned | kPattern), 0u + (kUnsigned | kSigned), 0u + (kUnsigned | kSigned | kPattern)})
        if (n == Number{parts_of(n.wide, form), {}}.sync()) return form;
    return kWhole;
}

template <class W>
void put_parts(Bytes& out, unsigned form, const Interval<W>& n) {
    if ((form & kUnsigned) != 0) {
        put_varint(out, n.umin);
        put_varint(out, n.umax);
    }
    if ((form & kSigned) != 0) {
        put_zigzag(out, n.smin);
        put_zigzag(out, n.smax);
    }
    if ((form & kPattern) != 0) {
        put_varint(out, n.mask);
        put_varint(out, n.value);
    }
}

void put_number(Bytes& out, unsigned form, const Number& n) {
    if (form == kConstant) return put_zigzag(out, static_cast<std::int64_t>(n.wide.umin));
    if (form == kBits) return put_varint(out, static_cast<std::uint64_t>(std::bit_width(n.wide.umax)));
    put_parts(out, form, n.wide);
    if ((form & kLow) != 0) put_parts(out, kWhole, n.low);
}

struct Entry {
    Location at;
    const Value* value = nullptr;
};

// Which symbols relate something, and their numbers in the certificate.
class Symbols {
  public:
    Symbols(const State& s, const std::vector<Entry>& entries) {
        for (const Entry& e : entries) ++use(e.value->symbol).members;
        for (unsigned i = 0; i < s.difference_count; ++i) {
            const Difference& d = s.differences[i];
            if (present(d.a) && present(d.b)) use(d.a).related = use(d.b).related = true;
        }
        for (unsigned i = kExactSums; i < kMaxSums; ++i) {
            const auto& l = s.sums[i];
            if (!present(l.a) || !present(l.b) || !(l.sum == 0 || present(l.sum))) continue;
            for (Symbol symbol : {l.a, l.b, l.sum})
                if (symbol != 0) use(symbol).related = true;
        }
    }
    // 0: none. The packet's length is the certificate's 0, told apart by `named`.
    bool named(const Value& v) {
        if (v.symbol == 0) return false;
        if (v.symbol == kPacketLength) return true;
        Use& u = use(v.symbol);
        if (u.members < 2 && !u.related) return false;
        if (u.number == 0 && next_ <= 48) u.number = next_++;
        return u.number != 0;
    }
    std::uint64_t number(Symbol s) { return s == kPacketLength ? 0 : use(s).number; }
    bool related(const Difference& d) { return has_number(d.a) && has_number(d.b); }
    bool related(const proof::Order::Sum& s) { return has_number(s.a) && has_number(s.b) && (s.sum == 0 || has_number(s.sum)); }

  private:
    struct Use {
        Symbol symbol = 0;
        unsigned members = 0;
        bool related = false;
        std::uint16_t number = 0;
    };
    Use& use(Symbol s) {
        for (Use& u : uses_)
            if (u.symbol == s) return u;
        uses_.push_back({s, 0, false, 0});
        return uses_.back();
    }
    bool has_number(Symbol s) { return present(s) && (s == kPacketLength || use(s).number != 0); }
    bool present(Symbol s) { return s == kPacketLength || (s != 0 && use(s).members > 0); }

    std::vector<Use> uses_;
    std::uint16_t next_ = 1;
};

void put_value(Bytes& out, const Value& v, Symbols& symbols) {
    const unsigned form = number_form(v.number);
    const bool named = symbols.named(v);
    out.push_back(static_cast<std::uint8_t>(static_cast<unsigned>(v.kind) | form << 2 | (named ? 64u : 0u) | ((v.is_pointer() ? v.borrowed : v.modulus != 0) ? 128u : 0u)));
    if (v.is_pointer()) {
        out.push_back(static_cast<std::uint8_t>(static_cast<unsigned>(v.region) | (v.read_only ? 16u : 0u) | (v.size != 0 ? 32u : 0u) | (v.map >= 0 ? 64u : 0u) | (v.reference != 0 ? 128u : 0u)));
        if (v.size != 0) put_varint(out, v.size);
        if (v.map >= 0) put_varint(out, static_cast<std::uint64_t>(v.map));
        if (v.reference != 0) put_varint(out, v.reference);
        if (v.region == Region::stack) put_varint(out, v.frame);
        put_zigzag(out, v.fixed);
    }
    put_number(out, form, v.number);
    if (named) {
        put_varint(out, symbols.number(v.symbol));
        put_zigzag(out, v.delta);
    }
    if (v.is_number() && v.modulus != 0) {
        put_varint(out, v.modulus);
        put_varint(out, static_cast<std::uint64_t>(v.remainder));
    }
}

void put_written(Bytes& out, const Frame& f) {
    Bytes ranges;
    std::uint64_t count = 0;
    int last = 0;
    // First byte from `at` on that is written, or is not.
    const auto next = [&](int at, bool is_written) {
        for (; at < kFrameBytes; at = (at | 63) + 1) {
            const std::uint64_t w = (is_written ? f.written[at >> 6] : ~f.written[at >> 6]) >> (at & 63);
            if (w != 0) return at + std::countr_zero(w);
        }
        return kFrameBytes;
    };
    for (int at = next(0, true); at < kFrameBytes; at = next(last, true)) {
        const int end = next(at, false);
        put_varint(ranges, static_cast<std::uint64_t>(at - last));
        put_varint(ranges, static_cast<std::uint64_t>(end - at));
        last = end;
        ++count;
    }
    put_varint(out, count);
    out.insert(out.end(), ranges.begin(), ranges.end());
}

std::uint64_t mix(std::uint64_t hash, std::uint64_t v) { return (hash ^ v) * 0x9e3779b97f4a7c15u ^ hash >> 29; }

std::uint64_t fine_of(std::uint64_t h, const std::vector<Entry>& entries) {
    for (const Entry& e : entries)
        if (e.value->is_constant() && (e.at.frame == kRegisters || e.at.offset >= 0)) h = mix(mix(h, static_cast<std::uint64_t>(e.at.offset)), e.value->number.wide.umin);
    return h;
}

std::uint64_t signature_of(const State& s, const std::vector<Entry>& entries) {
    std::uint64_t h = mix(s.depth, s.locked);
    for (unsigned f = 1; f < s.depth; ++f) h = mix(h, s.frames[f].return_slot);
    for (unsigned i = 0; i < kMaxReferences; ++i) h = mix(h, s.references[i]);
    for (unsigned f = 0; f < s.depth; ++f)
        for (std::uint64_t w : s.frames[f].written) h = mix(h, w);
    for (const Entry& e : entries) {
        const Value& v = *e.value;
        if (v.is_number() && e.at.frame != kRegisters) continue;
        h = mix(h, static_cast<std::uint64_t>(e.at.frame) << 32 | static_cast<std::uint16_t>(e.at.offset));
        h = mix(h, static_cast<std::uint64_t>(v.kind) | static_cast<std::uint64_t>(v.region) << 8 | static_cast<std::uint64_t>(v.frame) << 16 | static_cast<std::uint64_t>(v.reference) << 24 | static_cast<std::uint64_t>(static_cast<std::uint16_t>(v.map)) << 32);
        if (v.is_pointer()) h = mix(h, static_cast<std::uint64_t>(v.fixed) << 1 | (v.fixed_place() ? 1 : 0));
    }
    return h;
}

// A stored number about which nothing is known but that its bytes are written.
bool says_nothing(const Entry& e) { return e.at.frame != kRegisters && e.at.offset < 0 && e.value->is_number() && e.value->modulus == 0 && e.value->number == Number::unknown_bits(e.at.size * 8u); }

}  // namespace

Invariant encode_invariant(const State& s, std::uint16_t live) {
    Invariant out;
    std::vector<Entry> entries;
    entries.reserve(State::kRegisters + s.cell_count);
    for (unsigned r = 0; r < bpf::kFramePointer; ++r)
        if ((live >> r & 1) != 0 && s.regs[r].kind != ValueKind::unknown) entries.push_back({{static_cast<std::int16_t>(r), 8, kRegisters}, &s.regs[r]});
    for (unsigned i = 0; i < s.cell_count; ++i) entries.push_back({s.cells[i].at, &s.cells[i].value});
    Symbols symbols(s, entries);
    std::erase_if(entries, [&](const Entry& e) { return says_nothing(e) && !symbols.named(*e.value); });
    std::ranges::sort(entries, {}, [](const Entry& e) { return location_code(e.at); });
    out.signature = signature_of(s, entries);
    out.fine = fine_of(out.signature, entries);

    Bytes& b = out.rest;
    b.reserve(16 + entries.size() * 8);
    if (s.depth > 1) {
        out.parts |= kHasFrames;
        put_varint(b, s.depth - 1u);
        for (unsigned f = 1; f < s.depth; ++f) {
            put_varint(b, s.frames[f].return_slot);
            put_varint(b, s.frames[f].function);
            b.push_back(s.frames[f].kind == FrameKind::callback ? 1 : 0);
        }
    }
    bool written = false;
    for (unsigned f = 0; f < s.depth; ++f)
        for (std::uint64_t w : s.frames[f].written) written = written || w != 0;
    if (written) {
        out.parts |= kHasWritten;
        for (unsigned f = 0; f < s.depth; ++f) put_written(b, s.frames[f]);
    }
    if (s.packet_bytes > 0) {
        out.parts |= kHasPacket;
        put_varint(b, static_cast<std::uint64_t>(s.packet_bytes));
    }
    if (s.metadata_bytes > 0) {
        out.parts |= kHasMetadata;
        put_varint(b, static_cast<std::uint64_t>(s.metadata_bytes));
    }
    if (s.locked != 0) {
        out.parts |= kLocked;
        put_varint(b, s.locked - 1u);
    }
    if (s.holds_references()) {
        out.parts |= kHasReferences;
        std::uint8_t held = 0;
        for (unsigned i = 0; i < kMaxReferences; ++i) held = static_cast<std::uint8_t>(held | (s.references[i] != 0 ? 1u << i : 0u));
        b.push_back(held);
        for (unsigned i = 0; i < kMaxReferences; ++i)
            if (s.references[i] != 0) put_varint(b, s.references[i] - 1);
    }
    put_varint(b, entries.size());
    for (const Entry& e : entries) {
        put_varint(b, location_code(e.at));
        put_value(b, *e.value, symbols);
    }
    std::vector<Difference> differences;
    for (unsigned i = 0; i < s.difference_count; ++i)
        if (symbols.related(s.differences[i])) differences.push_back(s.differences[i]);
    std::vector<proof::Order::Sum> limits;
    for (unsigned i = kMaxSums; i-- > kExactSums;)  // the newest last, as they were learned
        if (symbols.related(s.sums[i])) limits.push_back(s.sums[i]);
    if (!differences.empty() || !limits.empty()) {
        out.parts |= kHasRelations;
        put_varint(b, differences.size() + limits.size());
        for (const Difference& d : differences) {
            b.push_back(0);
            put_varint(b, symbols.number(d.a));
            put_varint(b, symbols.number(d.b));
            put_zigzag(b, d.bound);
        }
        for (const proof::Order::Sum& l : limits) {
            b.push_back(l.sum != 0 ? 1 : 2);
            put_varint(b, symbols.number(l.a));
            put_varint(b, symbols.number(l.b));
            if (l.sum != 0) put_varint(b, symbols.number(l.sum));
            put_zigzag(b, -std::int64_t{l.delta});
        }
    }
    return out;
}

Bytes Invariant::bytes() const {
    Bytes b{parts, 0};
    b.insert(b.end(), rest.begin(), rest.end());
    return b;
}

void put_invariant(Bytes& out, const Invariant& invariant, const Cost& cost) {
    Bytes b;
    b.push_back(static_cast<std::uint8_t>(invariant.parts | (cost.term_count > 0 ? kHasTerms : 0)));
    put_zigzag(b, cost.constant);
    if (cost.term_count > 0) {
        put_varint(b, cost.term_count);
        for (unsigned i = 0; i < cost.term_count; ++i) {
            put_varint(b, location_code(cost.terms[i].at) << 2 | static_cast<unsigned>(cost.terms[i].reading));
            put_zigzag(b, cost.terms[i].coefficient);
        }
    }
    b.insert(b.end(), invariant.rest.begin(), invariant.rest.end());
    put_varint(out, b.size());
    out.insert(out.end(), b.begin(), b.end());
}

}  // namespace mbpf
