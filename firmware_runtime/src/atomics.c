/* SPDX-License-Identifier: Apache-2.0
 * Atomic operations for parts that have none of that width. Programs, host access and drivers' hand-over all
 * happen in the runtime's one loop on one core, so a plain read-modify-write is atomic to every observer. */
#include "runtime_functions.h"

#include "mbpf/abi/package.h"

static uint64_t apply(uint32_t op, uint64_t old, uint64_t operand, uint64_t expected)
{
    switch (op) {
    case MBPF_RT_OP_ADD:
        return old + operand;
    case MBPF_RT_OP_OR:
        return old | operand;
    case MBPF_RT_OP_AND:
        return old & operand;
    case MBPF_RT_OP_XOR:
        return old ^ operand;
    case MBPF_RT_OP_EXCHANGE:
        return operand;
    case MBPF_RT_OP_COMPARE_EXCHANGE:
        return old == expected ? operand : old;
    default:
        return old;
    }
}

uint64_t mbpf_rt_atomic64(volatile uint64_t *p, uint32_t op, uint64_t operand, uint64_t expected)
{
    uint64_t old = *p;
    *p = apply(op, old, operand, expected);
    return old;
}

uint32_t mbpf_rt_atomic32(volatile uint32_t *p, uint32_t op, uint32_t operand, uint32_t expected)
{
    uint32_t old = *p;
    *p = (uint32_t)apply(op, old, operand, expected);
    return old;
}
