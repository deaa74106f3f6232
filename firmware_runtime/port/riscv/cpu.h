/* SPDX-License-Identifier: Apache-2.0
 * Interrupts in machine mode. */
#ifndef MBPF_PORT_CPU_H
#define MBPF_PORT_CPU_H

#include <stdbool.h>
#include <stdint.h>

#define REG8(address) (*(volatile uint8_t *)(uintptr_t)(address))
#define REG(address) (*(volatile uint32_t *)(uintptr_t)(address))

static inline void mbpf_cpu_interrupts(bool on)
{
    if (on) {
        __asm volatile("csrsi mstatus, 8" ::: "memory");
    } else {
        __asm volatile("csrci mstatus, 8" ::: "memory");
    }
}

#endif
