/* SPDX-License-Identifier: Apache-2.0
 * Between the CPU's part and a board's. */
#ifndef MBPF_PORT_RISCV_TRAP_H
#define MBPF_PORT_RISCV_TRAP_H

#include <stdint.h>

/* The board's: interrupts, and the runtime's own exceptions, after which it starts anew. */
void mbpf_trap(uint32_t cause, uint32_t epc);
/* CPU cycles of one step of mtime. */
extern const uint32_t mbpf_riscv_cycles_per_step;

#endif
