// SPDX-License-Identifier: Apache-2.0
// What native code leaves out because of proved ranges, at their very ends: masks of shift amounts, checks of divisors,
// upper halves; and pointers moved back and subtracted.
#include "native_cases.h"

namespace mbpf::test {
namespace {

constexpr CaseText kTexts[] = {
    {"pointer_less_a_number", R"(
        ldxdw r6, [r1+0]
        ldxdw r7, [r1+8]
        stxdw [r10-8], r6
        stxdw [r10-16], r7
        mov r2, r10
        sub r2, 8
        ldxdw r0, [r2+0]
        and r7, 7
        sub r2, r7
        ldxb r3, [r2+0]
        xor r0, r3
        add r1, 24
        and r6, 15
        sub r1, r6
        ldxb r3, [r1+1]
        add r0, r3
        exit
    )"},
    {"distance_of_two_places", R"(
        ldxb r6, [r1+0]
        and r6, 31
        mov r2, r1
        add r2, r6
        mov r3, r2
        sub r3, r1
        mov r4, r1
        sub r4, r2
        mov r0, r3
        lsh r0, 8
        xor r0, r4
        exit
    )"},
    {"shifts_by_as_much_as_the_width", R"(
        ldxdw r6, [r1+0]
        ldxb r7, [r1+8]
        and r7, 127
        mov r0, 0
        jgt r7, 64, out
        mov r2, r6
        lsh r2, r7
        mov r3, r6
        rsh r3, r7
        mov r4, r6
        arsh r4, r7
        xor r2, r3
        mov r0, r4
        mul r0, 31
        add r0, r2
        jgt r7, 32, out
        ldxw r5, [r1+16]
        mov r2, r5
        lsh32 r2, r7
        mov r3, r5
        rsh32 r3, r7
        mov r4, r5
        arsh32 r4, r7
        add r0, r2
        mul r0, 31
        xor r0, r3
        mul r0, 31
        xor r0, r4
        mov r2, r5
        rsh r2, r7
        add r0, r2
        movsx3264 r5, r5
        arsh r5, r7
        mul r0, 31
        add r0, r5
        and r5, 0
        lsh r5, r7
        or r0, r5
        out: exit
    )"},
    {"signed_quotient_by_what_is_no_signed_half", R"(
        ldxsb r6, [r1+0]
        ldxw r7, [r1+8]
        ldxdw r8, [r1+16]
        mov r0, r6
        sdiv r0, r7
        mov r2, r6
        smod r2, r7
        mov r3, r6
        sdiv r3, r8
        mov r4, r6
        smod r4, r8
        mov r5, r7
        sdiv r5, r6
        mul r0, 31
        add r0, r2
        mul r0, 31
        add r0, r3
        mul r0, 31
        add r0, r4
        mul r0, 31
        add r0, r5
        exit
    )"},
    {"signed_quotient_of_the_least_half_by_minus_1", R"(
        mov r6, -2147483648
        ldxsb r7, [r1+0]
        jeq r7, 0, one
        mov r0, r6
        sdiv r0, r7
        mov r2, r6
        smod r2, r7
        lsh r2, 1
        xor r0, r2
        ldxsw r3, [r1+4]
        mov r4, r3
        sdiv r4, -1
        sdiv r3, r7
        xor r0, r3
        add r0, r4
        exit
    one:
        ldxsw r0, [r1+4]
        sdiv32 r0, r7
        ldxsw r2, [r1+4]
        smod32 r2, r7
        xor r0, r2
        ldxw r2, [r1+4]
        div r0, r7
        mod r2, r7
        add r0, r2
        exit
    )"},
    {"quotients_of_halves_whose_word_is_no_half", R"(
        ldxdw r6, [r1+0]
        ldxdw r7, [r1+8]
        lddw r8, 4294967296
        jlt r7, r8, out
        mov r0, r6
        div32 r0, r7
        mov r2, r6
        mod32 r2, r7
        mov r3, r6
        sdiv32 r3, r7
        mov r4, r6
        smod32 r4, r7
        mul r0, 31
        xor r0, r2
        mul r0, 31
        xor r0, r3
        mul r0, 31
        xor r0, r4
        exit
    out:
        mov r0, r7
        exit
    )"},
    {"halves_compared_whose_words_are_not", R"(
        ldxsw r6, [r1+0]
        ldxw r7, [r1+8]
        mov r0, 0
        jlt r6, r7, +1
        or r0, 1
        jslt r6, r7, +1
        or r0, 2
        jset r6, r7, +1
        or r0, 4
        jeq r6, r7, +1
        or r0, 8
        lddw r8, 0x8000000080000000
        jset r6, r8, +1
        or r0, 16
        mov r9, -1
        lsh r9, 32
        jset r6, r9, +1
        or r0, 32
        ldxsh r5, [r1+16]
        jset r6, r5, +1
        or r0, 64
        jset r6, -2147483648, +1
        or r0, 128
        jge r7, -2147483648, +1
        or r0, 256
        exit
    )"},
    {"sums_that_leave_the_half_they_came_from", R"(
        ldxsw r6, [r1+0]
        ldxsw r7, [r1+8]
        ldxw r8, [r1+16]
        mov r0, r6
        add r0, r7
        mov r2, r6
        sub r2, r7
        mov r3, r8
        add r3, r6
        mov r4, r6
        mul r4, r7
        mov r5, r6
        neg r5
        mul r0, 31
        add r0, r2
        mul r0, 31
        add r0, r3
        mul r0, 31
        add r0, r4
        mul r0, 31
        add r0, r5
        mov r2, r8
        lsh r2, 1
        xor r0, r2
        mov r2, r6
        arsh r2, 31
        add r0, r2
        rsh r6, 31
        xor r0, r6
        exit
    )"},
};

}  // namespace

std::vector<Case> range_cases() { return assembled(kTexts); }

}  // namespace mbpf::test
