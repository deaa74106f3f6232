/* SPDX-License-Identifier: Apache-2.0
 * Entry and trap vector. mscratch is 0 while the runtime runs, and its stack pointer while a program does: by that a
 * trap knows whose stack it is on. Traps from programs and the way back are in enter.S; here interrupts of the
 * runtime, which save what C may clobber; its own exceptions never return. */
#include "mbpf/config.h"
#include "registers.inc"

    .section .start, "ax"
    .globl _start
_start:
    load_global_pointer
    csrci mstatus, 8
    csrw mscratch, zero
    la sp, mbpf_stack_top
    la t0, mbpf_trap_entry
    csrw mtvec, t0
    la t0, mbpf_data_load    /* where the image is in RAM it is mbpf_data_begin */
    la t1, mbpf_data_begin
    la t2, mbpf_data_end
1:  bgeu t1, t2, 2f
    lw t3, 0(t0)
    sw t3, 0(t1)
    addi t0, t0, 4
    addi t1, t1, 4
    j 1b
2:  la t0, mbpf_bss_begin
    la t1, mbpf_bss_end
3:  bgeu t0, t1, 4f
    sw zero, 0(t0)
    addi t0, t0, 4
    j 3b
4:  call main
5:  j 5b

    .section .text.mbpf_trap_entry, "ax"
    .balign 4
    .globl mbpf_trap_entry
mbpf_trap_entry:
#if MBPF_ISOLATION
    csrrw sp, mscratch, sp
    bnez sp, mbpf_program_trap
    csrrw sp, mscratch, sp
#endif
    addi sp, sp, -64
    store_clobbered
    csrr a0, mcause
    csrr a1, mepc
    call mbpf_trap
    load_clobbered
    addi sp, sp, 64
    mret
