/* SPDX-License-Identifier: Apache-2.0
 * Entry and trap vector. mscratch is 0 while the runtime runs, and its stack pointer while a program does: by that a
 * trap knows whose stack it is on. Traps from programs and the way back are in enter.S; here interrupts of the
 * runtime, which save what C may clobber; its own exceptions never return. */
#include "mbpf/config.h"

    .section .start, "ax"
    .globl _start
_start:
    .option push
    .option norelax
    la gp, __global_pointer$
    .option pop
    csrci mstatus, 8
    csrw mscratch, zero
    la sp, mbpf_stack_top
    la t0, mbpf_trap_entry
    csrw mtvec, t0
    la t0, mbpf_bss_begin
    la t1, mbpf_bss_end
1:  bgeu t0, t1, 2f
    sw zero, 0(t0)
    addi t0, t0, 4
    j 1b
2:  call main
3:  j 3b

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
    sw ra, 0(sp)
    sw t0, 4(sp)
    sw t1, 8(sp)
    sw t2, 12(sp)
    sw a0, 16(sp)
    sw a1, 20(sp)
    sw a2, 24(sp)
    sw a3, 28(sp)
    sw a4, 32(sp)
    sw a5, 36(sp)
    sw a6, 40(sp)
    sw a7, 44(sp)
    sw t3, 48(sp)
    sw t4, 52(sp)
    sw t5, 56(sp)
    sw t6, 60(sp)
    csrr a0, mcause
    csrr a1, mepc
    call mbpf_trap
    lw ra, 0(sp)
    lw t0, 4(sp)
    lw t1, 8(sp)
    lw t2, 12(sp)
    lw a0, 16(sp)
    lw a1, 20(sp)
    lw a2, 24(sp)
    lw a3, 28(sp)
    lw a4, 32(sp)
    lw a5, 36(sp)
    lw a6, 40(sp)
    lw a7, 44(sp)
    lw t3, 48(sp)
    lw t4, 52(sp)
    lw t5, 56(sp)
    lw t6, 60(sp)
    addi sp, sp, 64
    mret
