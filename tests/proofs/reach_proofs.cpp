// SPDX-License-Identifier: Apache-2.0
// Whether an access lies in its frame, from the source that ships (verifier/checker/machine_memory.cpp): for all that may be
// known of a pointer, whatever a certificate says of it, and all words that it may be. Integers have their full width.
#include "core/isa_enums.h"
#include "tests/proofs/found_mistakes.h"
#include "tests/proofs/symbolic_integer.h"
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

namespace mbpf::symbolic {
inline I64 pick(const Condition& c, const I64& then, const I64& otherwise) { return c ? then : otherwise; }
}  // namespace mbpf::symbolic
namespace mbpf::domain {
template <>
struct Word<symbolic::U64> {
    using Signed = symbolic::I64;
    using Bool = symbolic::Condition;
    static constexpr unsigned kBits = 64;
};
}  // namespace mbpf::domain

#define int64_t ::mbpf::symbolic::I64
#define uint64_t ::mbpf::symbolic::U64
#define int32_t ::mbpf::symbolic::I32
#define uint_least16_t ::mbpf::symbolic::U16
#define uint_least32_t ::mbpf::symbolic::U32
#define private public
// What a refusal is told with is not under proof.
#define fail(...) refused()
#include "verifier/checker/state.cpp"
#include "verifier/checker/machine.h"
#include "verifier/checker/machine_memory.cpp"
#undef fail
#undef private
#undef int64_t
#undef uint64_t
#undef int32_t
#undef uint_least16_t
#undef uint_least32_t

namespace mbpf::proof {

bool Machine::refused() { return false; }
// Not under proof here.
bool Machine::readable(unsigned) { return true; }
symbolic::I64 Machine::packet_least(const Value&) const { return 0; }
Value Machine::or_null(Value v) { return v; }

namespace {

using symbolic::Explorer;
using symbolic::I32;
using symbolic::I64;
using symbolic::U32;
using symbolic::U64;
using z3::expr;

Explorer& explorer() { return Explorer::now(); }
void require(const expr& e, const char* what) { explorer().require(e, what); }
I64 any(const char* name) {
    const I64 i = I64::any(name);
    explorer().show(name, i.expr());
    return i;
}
template <void (*proof)()>
symbolic::Report along_all_paths() {
    return explorer().explore(proof);
}

// The pointer's word is in its bounds; the instruction moves it by its offset; so many bytes are touched from there on.
void proof_in_stack() {
    State s(nullptr, 0);
    const Environment env;
    Machine m(env, s);
    Value& p = s.regs[1] = Value::pointer(Region::stack);
    p.frame = static_cast<std::uint8_t>(explorer().choose(kMaxFrames));
    const I64 word = any("word"), offset = any("offset"), size = any("size");
    p.fixed = I32::any("fixed");
    p.number.wide.smin = any("smin");
    p.number.wide.smax = any("smax");
    explorer().assume(p.number.wide.smin.expr() <= word.expr() && word.expr() <= p.number.wide.smax.expr() && offset.expr() >= INT16_MIN && offset.expr() <= INT16_MAX && size.expr() >= 1 && size.expr() <= symbolic::power(32));
    const U32 used = m.touched[p.frame] = U32::any("used");
    if (!m.in_stack(1, offset, size, explorer().choose(2) == 0)) return;
    const expr at = p.fixed.expr() + word.expr() + offset.expr(), touched = m.touched[p.frame].expr();
    require(at >= -kFrameBytes && at + size.expr() <= 0, "in_stack: in the frame");
    require(touched >= -at && touched >= used.expr(), "in_stack: so much of the stack is used");
}

MBPF_PROOFS(Stack, accesses_lie_in_their_frame, {"in_stack", along_all_paths<proof_in_stack>})

}  // namespace
}  // namespace mbpf::proof
