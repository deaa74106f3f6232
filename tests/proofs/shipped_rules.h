// SPDX-License-Identifier: Apache-2.0
// The checker's rules between words, compiled from the source that ships with its integers replaced by symbolic ones.
// A function under proof runs as it is; each that it calls is replaced by what is proved of it, by itself: what must be
// true when it is called is required, what it gives is anything that it may.
//
// The trick: a parameter that is declared `Here()` is of a function's type, an argument written `Here()` is an object.
// So one macro turns the definition of `learn` into one overload and its calls into calls of another.
#pragma once

#include <gtest/gtest.h>

#include <cstdio>
#include <ctime>

#include "tests/proofs/symbolic_integer.h"
#ifdef MBPF_PROVES_ACCESSES
#include "tests/proofs/symbolic_environment.h"
#endif
#include "core/isa_enums.h"
#include "verifier/checker/kinds.h"
#include "verifier/number.h"
#ifdef MBPF_PROVES_CALLS
#include "tests/proofs/symbolic_tables.h"
#endif
#include "verifier/checker/decode.h"
#include "verifier/checker/environment.h"

namespace mbpf::proof {
using symbolic::Here;
}

#ifdef MBPF_PROVES_CALLS
#define uint32_t ::mbpf::symbolic::Half
#define uint_least32_t ::mbpf::symbolic::Half
#endif
#define int64_t ::mbpf::symbolic::I64
#define uint64_t ::mbpf::symbolic::U64
#define int32_t ::mbpf::symbolic::I32
#define uint_least16_t ::mbpf::symbolic::U16
#ifdef MBPF_PROVES_ACCESSES
#define uint32_t ::mbpf::symbolic::U32
#endif
#define private public

// Both overloads are declared.
#define MBPF_TWO(name, result, constness, ...) name(__VA_ARGS__, Here()) constness; result name(__VA_ARGS__, Here)
#define apart(...) MBPF_TWO(apart, bool, const, __VA_ARGS__)
#define difference(...) MBPF_TWO(difference, bool, const, __VA_ARGS__)
#define each_limit(...) each_limit(__VA_ARGS__, Here()) const; template <class Found> void each_limit(__VA_ARGS__, Here)
#define below_packet_end(...) MBPF_TWO(below_packet_end, bool, const, __VA_ARGS__)
#define sum_most(...) MBPF_TWO(sum_most, bool, const, __VA_ARGS__)
#define assemble(...) MBPF_TWO(assemble, Number, const, __VA_ARGS__)
#define learn(...) MBPF_TWO(learn, void, , __VA_ARGS__)
#define learn_limit(...) MBPF_TWO(learn_limit, void, , __VA_ARGS__)
#define learn_sum(...) MBPF_TWO(learn_sum, void, , __VA_ARGS__)
#define learn_parts(...) MBPF_TWO(learn_parts, void, , __VA_ARGS__)
#define bounds_of(...) MBPF_TWO(bounds_of, void, const, __VA_ARGS__)
#define note_sum(...) MBPF_TWO(note_sum, void, , __VA_ARGS__)
#define bound_sum(...) MBPF_TWO(bound_sum, void, , __VA_ARGS__)
#define below(...) MBPF_TWO(below, uint64_t, , __VA_ARGS__)
#define learn_zero(...) MBPF_TWO(learn_zero, void, , __VA_ARGS__)
#define refine(...) MBPF_TWO(refine, bool, , __VA_ARGS__)
#define narrow(...) MBPF_TWO(narrow, bool, , __VA_ARGS__)
#define name(...) MBPF_TWO(name, Symbol, , __VA_ARGS__)
#ifdef MBPF_PROVES_CALLS
#define holds_pointer(...) MBPF_TWO(holds_pointer, bool, const, __VA_ARGS__)
#endif
#include "verifier/checker/state.h"
#undef holds_pointer
#undef apart
#undef difference
#undef each_limit
#undef below_packet_end
#undef sum_most
#undef assemble
#undef learn
#undef learn_limit
#undef learn_sum
#undef learn_parts
#undef bounds_of
#undef note_sum
#undef bound_sum
#undef below
#undef learn_zero
#undef refine
#undef narrow
#undef name

// Definitions are the one, calls the other.
#define apart(...) apart(__VA_ARGS__, Here())
#define difference(...) difference(__VA_ARGS__, Here())
#define each_limit(...) each_limit(__VA_ARGS__, Here())
#define below_packet_end(...) below_packet_end(__VA_ARGS__, Here())
#define sum_most(...) sum_most(__VA_ARGS__, Here())
#define assemble(...) assemble(__VA_ARGS__, Here())
#define learn(...) learn(__VA_ARGS__, Here())
#define learn_limit(...) learn_limit(__VA_ARGS__, Here())
#define learn_sum(...) learn_sum(__VA_ARGS__, Here())
#define learn_parts(...) learn_parts(__VA_ARGS__, Here())
#define bounds_of(...) bounds_of(__VA_ARGS__, Here())
#define note_sum(...) note_sum(__VA_ARGS__, Here())
#define bound_sum(...) bound_sum(__VA_ARGS__, Here())
#define below(...) below(__VA_ARGS__, Here())
#define learn_zero(...) learn_zero(__VA_ARGS__, Here())
#define refine(...) refine(__VA_ARGS__, Here())
#define narrow(...) narrow(__VA_ARGS__, Here())
#define name(...) name(__VA_ARGS__, Here())
namespace mbpf::proof {
unsigned least_needed(const State& s, Here);
}
#define least_needed(...) least_needed(__VA_ARGS__, Here())
#ifdef MBPF_PROVES_CALLS
#define holds_pointer(...) holds_pointer(__VA_ARGS__, Here())
#endif
#include "verifier/checker/state.cpp"
#undef least_needed
#undef narrow
#ifdef MBPF_PROVES_COSTS
namespace mbpf::proof {
int64_t bits_of(uint64_t w, Here);
template <class Summand>
void expand(Summand& a, Summand& b, int64_t& least, Here);
template <class Summand>
void together(Summand& a, Summand& b, int64_t& least, Here);
template <class Summand>
void cancel(const State& s, Summand& have, Summand& now, bool same_symbol_only, int64_t& least, Here);
template <class Summand>
bool least_of(const Summand& p, int64_t& least, Here);
template <class Summand>
bool go_on(const State& s, Summand& now, Summand& was, Summand& by, int64_t& least, Here);
template <class Summand>
bool step_over(const State& s, Summand* all, unsigned count, int64_t& least, Here);
}
#define bits_of(...) bits_of(__VA_ARGS__, Here())
#define expand(...) expand(__VA_ARGS__, Here())
#define together(...) together(__VA_ARGS__, Here())
#define cancel(...) cancel(__VA_ARGS__, Here())
#define least_of(...) least_of(__VA_ARGS__, Here())
#define go_on(...) go_on(__VA_ARGS__, Here())
#define step_over(...) step_over(__VA_ARGS__, Here())
#include "verifier/checker/cost.cpp"
#undef bits_of
#undef expand
#undef together
#undef cancel
#undef least_of
#undef go_on
#undef step_over
#endif
#ifdef MBPF_PROVES_MACHINE
#define learn_order(...) MBPF_TWO(learn_order, void, , __VA_ARGS__)
#define keep_distance(...) MBPF_TWO(keep_distance, void, , __VA_ARGS__)
#define compare_numbers(...) MBPF_TWO(compare_numbers, Edge, , __VA_ARGS__)
#ifdef MBPF_PROVES_ACCESSES
#define field_at(...) MBPF_TWO(field_at, const Field*, , __VA_ARGS__)
#define load_context(...) MBPF_TWO(load_context, bool, , __VA_ARGS__)
#define store_context(...) MBPF_TWO(store_context, bool, , __VA_ARGS__)
#define in_bounds(...) MBPF_TWO(in_bounds, bool, , __VA_ARGS__)
#define frozen(...) MBPF_TWO(frozen, void, const, __VA_ARGS__)
#define object_pointer(...) MBPF_TWO(object_pointer, Value, const, __VA_ARGS__)
#define readable_stack(...) MBPF_TWO(readable_stack, bool, , __VA_ARGS__)
#define overwrite_stack(...) MBPF_TWO(overwrite_stack, void, , __VA_ARGS__)
#define load_stack(...) MBPF_TWO(load_stack, bool, , __VA_ARGS__)
#define store_stack(...) MBPF_TWO(store_stack, bool, , __VA_ARGS__)
#define name_copied(...) MBPF_TWO(name_copied, void, , __VA_ARGS__)
#define load(...) MBPF_TWO(load, bool, , __VA_ARGS__)
#define store(...) MBPF_TWO(store, bool, , __VA_ARGS__)
#define atomic(...) MBPF_TWO(atomic, bool, , __VA_ARGS__)
#define legacy_load(...) MBPF_TWO(legacy_load, bool, , __VA_ARGS__)
#define alu(...) MBPF_TWO(alu, bool, , __VA_ARGS__)
#define move(...) MBPF_TWO(move, bool, , __VA_ARGS__)
#define arithmetic(...) MBPF_TWO(arithmetic, bool, , __VA_ARGS__)
#define keep_symbol(...) MBPF_TWO(keep_symbol, void, , __VA_ARGS__)
#define keep_sum(...) MBPF_TWO(keep_sum, void, , __VA_ARGS__)
#define keep_bits(...) MBPF_TWO(keep_bits, void, , __VA_ARGS__)
#define pointer_arithmetic(...) MBPF_TWO(pointer_arithmetic, bool, , __VA_ARGS__)
#define move_pointer(...) MBPF_TWO(move_pointer, bool, , __VA_ARGS__)
#define distance(...) MBPF_TWO(distance, bool, , __VA_ARGS__)
#define fills_gap(...) MBPF_TWO(fills_gap, bool, const, __VA_ARGS__)
#define any_number(...) MBPF_TWO(any_number, bool, , __VA_ARGS__)
#define swap_bytes(...) MBPF_TWO(swap_bytes, bool, , __VA_ARGS__)
#define load_immediate(...) MBPF_TWO(load_immediate, bool, , __VA_ARGS__)
#define compare_null(...) MBPF_TWO(compare_null, Edge, , __VA_ARGS__)
#define compare_packet(...) MBPF_TWO(compare_packet, bool, , __VA_ARGS__)
#endif
#include "verifier/checker/machine.h"
#undef learn_order
#undef keep_distance
#undef field_at
#undef load_context
#undef store_context
#undef in_bounds
#undef frozen
#undef object_pointer
#undef readable_stack
#undef overwrite_stack
#undef load_stack
#undef store_stack
#undef name_copied
#undef load
#undef store
#undef atomic
#undef legacy_load
#undef alu
#undef move
#undef arithmetic
#undef keep_symbol
#undef keep_sum
#undef keep_bits
#undef pointer_arithmetic
#undef move_pointer
#undef distance
#undef fills_gap
#undef any_number
#undef swap_bytes
#undef load_immediate
#undef compare_numbers
#undef compare_null
#undef compare_packet
#define learn_order(...) learn_order(__VA_ARGS__, Here())
#define keep_distance(...) keep_distance(__VA_ARGS__, Here())
#define compare_numbers(...) compare_numbers(__VA_ARGS__, Here())
#ifdef MBPF_PROVES_ACCESSES
#define field_at(...) field_at(__VA_ARGS__, Here())
#define load_context(...) load_context(__VA_ARGS__, Here())
#define store_context(...) store_context(__VA_ARGS__, Here())
#define in_bounds(...) in_bounds(__VA_ARGS__, Here())
#define frozen(...) frozen(__VA_ARGS__, Here())
#define object_pointer(...) object_pointer(__VA_ARGS__, Here())
#define readable_stack(...) readable_stack(__VA_ARGS__, Here())
#define overwrite_stack(...) overwrite_stack(__VA_ARGS__, Here())
#define load_stack(...) load_stack(__VA_ARGS__, Here())
#define store_stack(...) store_stack(__VA_ARGS__, Here())
#define name_copied(...) name_copied(__VA_ARGS__, Here())
#define load(...) load(__VA_ARGS__, Here())
#define store(...) store(__VA_ARGS__, Here())
#define atomic(...) atomic(__VA_ARGS__, Here())
#define legacy_load(...) legacy_load(__VA_ARGS__, Here())
#define alu(...) alu(__VA_ARGS__, Here())
#define move(...) move(__VA_ARGS__, Here())
#define arithmetic(...) arithmetic(__VA_ARGS__, Here())
#define keep_symbol(...) keep_symbol(__VA_ARGS__, Here())
#define keep_sum(...) keep_sum(__VA_ARGS__, Here())
#define keep_bits(...) keep_bits(__VA_ARGS__, Here())
#define pointer_arithmetic(...) pointer_arithmetic(__VA_ARGS__, Here())
#define move_pointer(...) move_pointer(__VA_ARGS__, Here())
#define distance(...) distance(__VA_ARGS__, Here())
#define fills_gap(...) fills_gap(__VA_ARGS__, Here())
#define any_number(...) any_number(__VA_ARGS__, Here())
#define swap_bytes(...) swap_bytes(__VA_ARGS__, Here())
#define load_immediate(...) load_immediate(__VA_ARGS__, Here())
#define compare_null(...) compare_null(__VA_ARGS__, Here())
#define compare_packet(...) compare_packet(__VA_ARGS__, Here())
#endif
#include "verifier/checker/machine_alu.cpp"
#include "verifier/checker/machine_branch.cpp"
#ifdef MBPF_PROVES_ACCESSES
#include "verifier/checker/machine_memory.cpp"
#endif
#undef learn_order
#undef keep_distance
#undef field_at
#undef load_context
#undef store_context
#undef in_bounds
#undef frozen
#undef object_pointer
#undef readable_stack
#undef overwrite_stack
#undef load_stack
#undef store_stack
#undef name_copied
#undef load
#undef store
#undef atomic
#undef legacy_load
#undef alu
#undef move
#undef arithmetic
#undef keep_symbol
#undef keep_sum
#undef keep_bits
#undef pointer_arithmetic
#undef move_pointer
#undef distance
#undef fills_gap
#undef any_number
#undef swap_bytes
#undef load_immediate
#undef compare_numbers
#undef compare_null
#undef compare_packet
#endif
#ifdef MBPF_PROVES_CALLS
#undef int32_t
#define check_argument(...) MBPF_TWO(check_argument, bool, , __VA_ARGS__)
#define check_helper(...) MBPF_TWO(check_helper, bool, , __VA_ARGS__)
#define helper_result(...) MBPF_TWO(helper_result, bool, , __VA_ARGS__)
#define finish_helper(...) MBPF_TWO(finish_helper, void, , __VA_ARGS__)
#include "verifier/checker/machine.h"
#undef check_argument
#undef check_helper
#undef helper_result
#undef finish_helper
#define check_argument(...) check_argument(__VA_ARGS__, Here())
#define check_helper(...) check_helper(__VA_ARGS__, Here())
#define helper_result(...) helper_result(__VA_ARGS__, Here())
#define finish_helper(...) finish_helper(__VA_ARGS__, Here())
#include "verifier/checker/machine_call.cpp"
#undef check_argument
#undef check_helper
#undef helper_result
#undef finish_helper
#undef holds_pointer
#undef uint32_t
#undef uint_least32_t
#endif
#undef apart
#undef difference
#undef each_limit
#undef below_packet_end
#undef sum_most
#undef assemble
#undef learn
#undef learn_limit
#undef learn_sum
#undef learn_parts
#undef bounds_of
#undef note_sum
#undef bound_sum
#undef below
#undef learn_zero
#undef refine
#undef name
#undef MBPF_TWO
#undef int64_t
#undef uint64_t
#undef int32_t
#undef uint_least16_t
#undef uint32_t
#undef private

#include "tests/proofs/rule_contracts.h"
