// SPDX-License-Identifier: Apache-2.0
// Which bytes of a frame are written, and whether an access lies in the frame, from the source that ships
// (verifier/checker/state.cpp, machine_memory.cpp), as 64-bit vectors: for all offsets and sizes, whatever was written before,
// and all that may be known of a pointer.
#include <gtest/gtest.h>

#include "core/isa_enums.h"
#include "tests/proofs/bit_integer.h"
#include "tests/proofs/found_mistakes.h"
#include "verifier/checker/decode.h"
// What constant data holds is not looked at here.
struct NoData {
    NoData(decltype(nullptr)) {}
    template <class Index>
    unsigned char operator[](Index) const { return 0; }
};
#define initial *data = nullptr; NoData initial
#include "verifier/checker/environment.h"
#undef initial
#include "verifier/checker/kinds.h"
#include "verifier/domain/refine.h"
#include "verifier/domain/relation.h"

namespace mbpf::domain {
template <>
struct Word<symbolic::Bits64> {
    using Signed = symbolic::Signed64;
    using Bool = symbolic::Condition;
    static constexpr unsigned kBits = 64;
};
template <>
struct Word<symbolic::Bits32> {
    using Signed = symbolic::Signed32;
    using Bool = symbolic::Condition;
    static constexpr unsigned kBits = 32;
};
using symbolic::pick;
}  // namespace mbpf::domain

#define int64_t ::mbpf::symbolic::Signed64
#define uint64_t ::mbpf::symbolic::Bits64
#define int32_t ::mbpf::symbolic::Signed32
#define uint_least32_t ::mbpf::symbolic::Bits32
#define private public
// What a refusal is told with is not under proof.
#define fail(...) refused()
namespace mbpf::proof {
using symbolic::Here;
uint64_t bits_of(unsigned w, int64_t offset, int64_t size, Here);
}
#define bits_of(...) bits_of(__VA_ARGS__, Here())
#include "verifier/checker/state.cpp"
#undef bits_of
#include "verifier/checker/machine.h"
#include "verifier/checker/machine_memory.cpp"
#undef fail
#undef private
#undef int64_t
#undef uint64_t
#undef int32_t
#undef uint_least32_t

namespace mbpf::proof {

bool Machine::refused() { return false; }
// Not under proof here.
bool Machine::readable(unsigned) { return true; }
symbolic::Signed64 Machine::packet_least(const Value&) const { return 0; }
Value Machine::or_null(Value v) { return v; }

namespace {

using symbolic::Bits32;
using symbolic::Bits64;
using symbolic::context;
using symbolic::Explorer;
using symbolic::Signed32;
using symbolic::Signed64;
using z3::expr;
using Real = Here (*)();

Explorer& explorer() { return Explorer::now(); }
void assume(const expr& e) { explorer().assume(e); }
void require(const expr& e, const char* what) { explorer().require(e, what); }
expr number(std::int64_t n) { return context().bv_val(n, 64); }
// A signed number of so many bits.
expr any(const char* name, unsigned width = 64) {
    const expr e = z3::sext(context().bv_const(name, width), 64 - width);
    explorer().show(name, e);
    return e;
}
expr within(const expr& e, std::int64_t least, std::int64_t most) { return e >= number(least) && e <= number(most); }
template <void (*proof)()>
symbolic::Report along_all_paths() {
    explorer().logic = "QF_BV";
    return explorer().explore(proof);
}

// An access from anywhere, of any size; and one byte, whichever, of one word of a frame.
struct Access {
    expr offset = any("offset", 18), size = any("size", 18), bit = any("bit", 7);
    unsigned w = explorer().choose(kFrameBytes / 64);
    Access() {
        assume(size >= 0 && within(bit, 0, 63));
        now() = this;
    }
    expr has_byte() const {
        const expr at = bit + number(64 * static_cast<int>(w) - kFrameBytes);
        return offset <= at && at < offset + size;
    }
    expr is_set(const Bits64& word) const { return (z3::lshr(word.expr(), bit) & 1) == 1; }
    static const Access*& now() {
        static const Access* a = nullptr;
        return a;
    }
};
Frame any_frame() {
    static const char* const names[] = {"word_0", "word_1", "word_2", "word_3", "word_4", "word_5", "word_6", "word_7"};
    Frame f;
    for (unsigned w = 0; w < std::size(names); ++w) f.written[w] = Bits64::any(names[w]);
    return f;
}
void proof_bits_of() {
    const Access a;
    const Bits64 bits = bits_of(a.w, Signed64(a.offset), Signed64(a.size), Real());
    require(a.is_set(bits) == a.has_byte(), "bits_of: those of the access");
}
void proof_all_written() {
    const Access a;
    const Frame f = any_frame();
    if (f.all_written(Signed64(a.offset), Signed64(a.size))) require(z3::implies(a.has_byte(), a.is_set(f.written[a.w])), "all_written: each byte is");
}
void proof_any_written() {
    const Access a;
    const Frame f = any_frame();
    if (!f.any_written(Signed64(a.offset), Signed64(a.size))) require(z3::implies(a.has_byte(), !a.is_set(f.written[a.w])), "any_written: no byte is");
}
void proof_mark() {
    const Access a;
    Frame f = any_frame();
    const expr before = a.is_set(f.written[a.w]);
    const bool is_written = explorer().choose(2) == 0;
    f.mark(Signed64(a.offset), Signed64(a.size), is_written);
    require(a.is_set(f.written[a.w]) == z3::ite(a.has_byte(), context().bool_val(is_written), before), "mark: these bytes and no others");
}

}  // namespace

// Its bits are what proof_bits_of shows, of the byte that is looked at.
Bits64 bits_of(unsigned w, Signed64 offset, Signed64 size, Here) {
    static const char* const names[] = {"bits_0", "bits_1", "bits_2", "bits_3", "bits_4", "bits_5", "bits_6", "bits_7"};
    const Access& a = *Access::now();
    const Bits64 bits = Bits64::any(names[w]);
    require(offset.expr() == a.offset && size.expr() == a.size, "bits_of: of the access");
    if (w == a.w) assume(a.is_set(bits) == a.has_byte());
    return bits;
}

namespace {

MBPF_PROOFS(Frame, bytes_are_what_is_marked, {"bits_of", along_all_paths<proof_bits_of>}, {"all_written", along_all_paths<proof_all_written>}, {"any_written", along_all_paths<proof_any_written>}, {"mark", along_all_paths<proof_mark>})

}  // namespace
}  // namespace mbpf::proof
