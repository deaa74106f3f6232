/* SPDX-License-Identifier: Apache-2.0
 * The part of a port that every operating system has alike: the instruction set, by what the compiler compiles for, and
 * what an application has no use for. The system's own file has clock, serial line and idle. */
#include "mbpf/abi/package.h"
#include "mbpf/port.h"

const char mbpf_port_board[] = "library";

#if defined(__ARM_ARCH_8M_MAIN__)
const uint16_t mbpf_port_isa = MBPF_ISA_THUMBV8M_MAIN;
#elif defined(__ARM_ARCH_7EM__)
const uint16_t mbpf_port_isa = MBPF_ISA_THUMBV7EM;
#elif defined(__ARM_ARCH_7M__)
const uint16_t mbpf_port_isa = MBPF_ISA_THUMBV7M;
#elif defined(__ARM_ARCH_6M__) || defined(__ARM_ARCH_8M_BASE__)
const uint16_t mbpf_port_isa = MBPF_ISA_THUMBV6M;
#elif defined(__riscv) && __riscv_xlen == 32
const uint16_t mbpf_port_isa = MBPF_ISA_RV32;
#elif defined(__riscv)
const uint16_t mbpf_port_isa = MBPF_ISA_RV64;
#elif defined(__aarch64__)
const uint16_t mbpf_port_isa = MBPF_ISA_AARCH64;
#else
const uint16_t mbpf_port_isa = MBPF_ISA_X86_64;
#endif

#if defined(__riscv)
const uint16_t mbpf_port_isa_extensions = 0u
#if defined(__riscv_mul)
                                          | MBPF_EXT_RV_M
#endif
#if defined(__riscv_atomic)
                                          | MBPF_EXT_RV_A
#endif
#if defined(__riscv_compressed)
                                          | MBPF_EXT_RV_C
#endif
    ;
#else
const uint16_t mbpf_port_isa_extensions = 0u;
#endif
#if defined(__thumb__)
const uint8_t mbpf_port_code_bit = 1u;
#else
const uint8_t mbpf_port_code_bit = 0u;
#endif

bool mbpf_port_isa_runs(uint16_t isa)
{
#if defined(__thumb__)
    bool dsp = isa == MBPF_ISA_THUMBV7EM && mbpf_port_isa != MBPF_ISA_THUMBV7EM;
    return isa >= MBPF_ISA_THUMBV6M && isa <= mbpf_port_isa && !dsp;
#else
    return isa == mbpf_port_isa;
#endif
}

/* Weak: an application that has what they stand for defines its own. */
#define OURS_OR_THEIRS __attribute__((weak))

OURS_OR_THEIRS const mbpf_flash *mbpf_port_flash(void)
{
    return 0;
}

OURS_OR_THEIRS void mbpf_port_code_ready(const void *code, uint32_t bytes)
{
    const char *begin = (const char *)code;
    __builtin___clear_cache((char *)(uintptr_t)begin, (char *)(uintptr_t)(begin + bytes));
}

OURS_OR_THEIRS uint64_t mbpf_port_instructions(void)
{
    return 0u;
}

OURS_OR_THEIRS void mbpf_port_measure_begin(uint32_t step)
{
    (void)step;
}

OURS_OR_THEIRS void mbpf_port_measure_end(void)
{
}

OURS_OR_THEIRS void mbpf_port_power_off(void)
{
}

OURS_OR_THEIRS const uint8_t *mbpf_port_trust_anchors(uint32_t *bytes)
{
    *bytes = 0u;
    return 0;
}
