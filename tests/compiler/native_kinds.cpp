// SPDX-License-Identifier: Apache-2.0
// Values that are a number on one path or in one calling context and a pointer in another, and functions that return
// pointers or, sometimes, nothing: what reads them gets what was written.
#include "native_cases.h"

namespace mbpf::test {
namespace {

constexpr CaseText kTexts[] = {
    // Not of several kinds, but wrong for x86-64 without compiler/upper_halves.h.
    {"word_from_memory_over_the_low_bits_of_another", R"(
        ldxdw r9, [r1+0]
        lddw r7, 0x96795c3f2205e8cb
        jslt r9, 32767, small
        lddw r7, 0x270aedd0b3
    small:
        ldxw r9, [r1+8]
        stxdw [r10-8], r7
        stxh [r10-6], r9
        ldxw r9, [r10-6]
        mov r0, r7
        xor r0, r9
        exit
    )"},
    // As compilers reach into objects of 8 bytes: the pointer's low bits are 0.
    {"stack_address_with_bits_or_ed_in", R"(
        ldxdw r6, [r1+0]
        ldxdw r7, [r1+8]
        stxdw [r10-8], r6
        stxdw [r10-24], r7
        mov r2, r6
        and r2, 7
        mov r3, r10
        add r3, -8
        or r3, r2
        ldxb r0, [r3+0]
        mov r4, r10
        add r4, -24
        and r7, 6
        or r7, r4
        ldxh r5, [r7+0]
        stxb [r7+1], r2
        lsh r0, 16
        or r0, r5
        or r4, 4
        ldxw r5, [r4+0]
        lsh r0, 32
        or r0, r5
        exit
    )"},
    {"argument_is_a_number_here_and_a_pointer_there", R"(
        mov r6, r1
        mov r2, 1
        call local get
        mov r7, r0
        ldxw r1, [r6+4]
        mov r2, 0
        call local get
        add r0, r7
        exit
    get:
        jeq r2, 0, number
        ldxw r0, [r1+0]
        exit
    number:
        mov r0, r1
        exit
    )"},
    {"argument_of_either_kind_is_passed_on", R"(
        mov r6, r1
        mov r2, 1
        call local outer
        mov r7, r0
        ldxdw r1, [r6+8]
        mov r2, 0
        call local outer
        add r0, r7
        exit
    outer:
        call local inner
        add r0, 1
        exit
    inner:
        jeq r2, 0, number
        ldxdw r0, [r1+16]
        exit
    number:
        mov r0, r1
        exit
    )"},
    {"result_is_sometimes_unset", R"(
        ldxdw r6, [r1+0]
        mov r1, 1
        call local set
        mov r7, r0
        mov r1, 0
        call local set
        mov r0, r7
        add r0, r6
        exit
    set:
        jeq r1, 0, out
        mov r0, 5
    out:
        exit
    )"},
    {"result_is_a_pointer", R"(
        call local second
        ldxw r0, [r0+4]
        exit
    second:
        mov r0, r1
        add r0, 8
        exit
    )"},
    {"result_is_a_pointer_to_the_callers_stack", R"(
        ldxdw r6, [r1+0]
        stxdw [r10-24], r6
        stdw [r10-16], 3
        stdw [r10-8], 4
        mov r1, r10
        add r1, -24
        call local second
        ldxdw r7, [r0+0]
        add r7, r6
        mov r0, r7
        exit
    second:
        mov r0, r1
        add r0, 8
        exit
    )"},
    {"result_is_a_number_here_and_a_pointer_there", R"(
        mov r6, r1
        call local same
        ldxdw r7, [r0+8]
        ldxdw r1, [r6+0]
        call local same
        add r0, r7
        exit
    same:
        mov r0, r1
        exit
    )"},
    {"result_is_a_pointer_or_null", R"(
        ldxb r2, [r1+0]
        call local maybe
        jeq r0, 0, none
        ldxdw r0, [r0+16]
        exit
    none:
        mov r0, 77
        exit
    maybe:
        jset r2, 1, give
        mov r0, 0
        exit
    give:
        mov r0, r1
        exit
    )"},
    {"paths_of_two_kinds_meet_and_part", R"(
        ldxb r2, [r1+0]
        mov r3, 9
        jle r2, 100, joined
        mov r3, r1
    joined:
        ldxb r4, [r1+1]
        jle r2, 100, number
        ldxdw r0, [r3+8]
        add r0, r4
        exit
    number:
        mov r0, r3
        exit
    )"},
    {"stack_pointers_and_a_number_meet_and_part", R"(
        ldxb r2, [r1+0]
        ldxdw r5, [r1+8]
        stxdw [r10-8], r5
        stxdw [r10-16], r2
        stdw [r10-24], 6
        mov r3, 9
        jle r2, 100, joined
        mov r3, r10
        add r3, -8
        jle r2, 150, joined
        add r3, -8
    joined:
        ldxb r4, [r1+1]
        jle r2, 100, number
        ldxdw r0, [r3+0]
        add r0, r4
        exit
    number:
        mov r0, r3
        exit
    )"},
    {"slot_holds_a_number_or_a_pointer", R"(
        ldxb r2, [r1+0]
        stdw [r10-8], 9
        jle r2, 100, joined
        stxdw [r10-8], r1
    joined:
        ldxdw r3, [r10-8]
        jle r2, 100, number
        ldxdw r0, [r3+0]
        exit
    number:
        mov r0, r3
        exit
    )"},
};

}  // namespace

std::vector<Case> kind_cases() { return assembled(kTexts); }

}  // namespace mbpf::test
