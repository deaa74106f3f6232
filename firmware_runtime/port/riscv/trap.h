/* SPDX-License-Identifier: Apache-2.0
 * Between the CPU's part and a board's. */
#ifndef MBPF_PORT_RISCV_TRAP_H
#define MBPF_PORT_RISCV_TRAP_H

#include <stdbool.h>
#include <stdint.h>

/* The board's: its UART at start; a reset, or nothing where the part cannot. */
void mbpf_board_uart(void);
void mbpf_board_reset(void);
/* Interrupts, and the runtime's own exceptions, after which it starts anew. */
void mbpf_trap(uint32_t cause, uint32_t epc);
/* mbpf_port_run() sets the lower half of mtimecmp alone. False: the upper one was stale, the deadline is not yet. */
bool mbpf_riscv_deadline_passed(void);
void mbpf_riscv_interrupt_in(uint32_t steps);
/* CPU cycles of one step of mtime. */
extern const uint32_t mbpf_riscv_cycles_per_step;

#endif
