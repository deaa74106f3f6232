/* SPDX-License-Identifier: Apache-2.0
 * Interrupts on Cortex-M, all at once and one by one. */
#ifndef MBPF_PORT_CPU_H
#define MBPF_PORT_CPU_H

#include <stdbool.h>
#include <stdint.h>

#define REG(address) (*(volatile uint32_t *)(uintptr_t)(address))

static inline void mbpf_cpu_interrupts(bool on)
{
    if (on) {
        __asm volatile("cpsie i" ::: "memory");
    } else {
        __asm volatile("cpsid i" ::: "memory");
    }
}

static inline void mbpf_nvic(uint32_t irq, bool on)
{
    REG((on ? 0xE000E100u : 0xE000E180u) + irq / 32u * 4u) = 1u << irq % 32u;
}

/* 0 is served before all else; ARMv6-M has words only, and two bits of each byte. */
static inline void mbpf_nvic_priority(uint32_t irq, uint32_t priority)
{
    volatile uint32_t *word = &REG(0xE000E400u + (irq & ~3u));
    uint32_t shift = irq % 4u * 8u;
    *word = (*word & ~(0xFFu << shift)) | priority << shift;
}

#endif
