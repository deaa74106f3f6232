/* SPDX-License-Identifier: Apache-2.0
 * A plain interpreter as the smallest runtimes have it: a switch a slot, no checks. For scale only. */
#include <stdint.h>
#include <string.h>

uint64_t bench_interpret(const uint8_t *code, void *memory, uint32_t bytes);

struct slot {
    uint8_t opcode, registers;
    int16_t offset;
    int32_t imm;
};

/* Quotient (3) or remainder; the least by -1 is itself. Rare: kept apart, so that the rest stays small. */
static __attribute__((noinline)) uint64_t signed_division(uint64_t a, uint64_t b, int wide, uint32_t op)
{
    const int64_t x = wide ? (int64_t)a : (int32_t)a, y = wide ? (int64_t)b : (int32_t)b;
    const uint64_t quotient = y == 0 ? 0u : y == -1 ? 0u - (uint64_t)x : (uint64_t)(x / y);
    return op == 3u ? quotient : a - b * quotient;
}

static inline __attribute__((always_inline)) uint64_t alu(uint32_t op, uint64_t a, uint64_t b, int wide, int16_t variant)
{
    const uint32_t bits = wide ? 63u : 31u;
    if (!wide) {
        a = (uint32_t)a;
        b = (uint32_t)b;
    }
    switch (op) {
    case 0x0: return a + b;
    case 0x1: return a - b;
    case 0x2: return a * b;
    case 0x3: return variant == 1 ? signed_division(a, b, wide, op) : b == 0u ? 0u : a / b;
    case 0x4: return a | b;
    case 0x5: return a & b;
    case 0x6: return a << (b & bits);
    case 0x7: return a >> (b & bits);
    case 0x8: return 0u - a;
    case 0x9: return variant == 1 ? signed_division(a, b, wide, op) : b == 0u ? a : a % b;
    case 0xa: return a ^ b;
    case 0xb: return variant == 8 ? (uint64_t)(int8_t)b : variant == 16 ? (uint64_t)(int16_t)b : variant == 32 ? (uint64_t)(int32_t)b : b;
    default: return wide ? (uint64_t)((int64_t)a >> (b & bits)) : (uint64_t)(int64_t)((int32_t)a >> (b & bits));
    }
}

static int holds(uint32_t op, uint64_t a, uint64_t b)
{
    switch (op) {
    case 0x0: return 1;
    case 0x1: return a == b;
    case 0x2: return a > b;
    case 0x3: return a >= b;
    case 0x4: return (a & b) != 0u;
    case 0x5: return a != b;
    case 0x6: return (int64_t)a > (int64_t)b;
    case 0x7: return (int64_t)a >= (int64_t)b;
    case 0xa: return a < b;
    case 0xb: return a <= b;
    case 0xc: return (int64_t)a < (int64_t)b;
    default: return (int64_t)a <= (int64_t)b;
    }
}

static uint64_t load(uint32_t size, const void *at)
{
    uint64_t value = 0u;
    memcpy(&value, at, size == 0x10u ? 1u : size == 0x08u ? 2u : size == 0x00u ? 4u : 8u);
    return value;
}

static void store(uint32_t size, void *at, uint64_t value)
{
    memcpy(at, &value, size == 0x10u ? 1u : size == 0x08u ? 2u : size == 0x00u ? 4u : 8u);
}

static uint64_t swapped(uint64_t value, int32_t bits)
{
    return bits == 16 ? __builtin_bswap16((uint16_t)value) : bits == 32 ? __builtin_bswap32((uint32_t)value) : __builtin_bswap64(value);
}

uint64_t bench_interpret(const uint8_t *code, void *memory, uint32_t bytes)
{
    static uint64_t stack[64];
    uint64_t r[11] = {0};
    r[1] = (uintptr_t)memory;
    r[2] = bytes;
    r[10] = (uintptr_t)stack + sizeof stack;
    for (const struct slot *at = (const void *)code;; at++) {
        uint64_t *target = &r[at->registers & 15u];
        const uint64_t source = r[at->registers >> 4];
        const uint32_t operation = at->opcode >> 4, size = at->opcode & 0x18u;
        const uint64_t operand = at->opcode & 8u ? source : (uint64_t)(int64_t)at->imm;
        switch (at->opcode & 7u) {
        case 0:
            *target = (uint32_t)at->imm | (uint64_t)(uint32_t)at[1].imm << 32;
            at++;
            break;
        case 1: {
            const uint64_t value = load(size, (const void *)(uintptr_t)(source + (uint64_t)(int64_t)at->offset));
            *target = at->opcode < 0x80u ? value : alu(0xb, 0u, value, 1, size == 0x10u ? 8 : size == 0x08u ? 16 : 32);
            break;
        }
        case 2: store(size, (void *)(uintptr_t)(*target + (uint64_t)(int64_t)at->offset), (uint64_t)(int64_t)at->imm); break;
        case 3: store(size, (void *)(uintptr_t)(*target + (uint64_t)(int64_t)at->offset), source); break;
        case 4:
            if (operation == 0xdu) {
                *target = at->opcode & 8u ? swapped(*target, at->imm) : at->imm == 16 ? (uint16_t)*target : at->imm == 32 ? (uint32_t)*target : *target;
            } else {
                *target = (uint32_t)alu(operation, *target, operand, 0, at->offset);
            }
            break;
        case 7: *target = operation == 0xdu ? swapped(*target, at->imm) : alu(operation, *target, operand, 1, at->offset); break;
        case 5:
            if (operation == 9u) {
                return r[0];
            }
            if (holds(operation, *target, operand)) {
                at += at->offset;
            }
            break;
        default: {
            const int is_signed = operation == 6u || operation == 7u || operation >= 0xcu;
            const uint64_t a = is_signed ? (uint64_t)(int64_t)(int32_t)*target : (uint32_t)*target;
            const uint64_t b = is_signed ? (uint64_t)(int64_t)(int32_t)operand : (uint32_t)operand;
            if (operation == 0u) {
                at += at->imm;
            } else if (holds(operation, a, b)) {
                at += at->offset;
            }
            break;
        }
        }
    }
}
