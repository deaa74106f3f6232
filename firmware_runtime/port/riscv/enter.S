/* SPDX-License-Identifier: Apache-2.0
 * Into a program and out of it, RV32 with M and U mode. The runtime's callee-saved registers lie on its stack while a
 * program runs; whatever ends the run, they come back from there. Helpers with rights of their own run in M mode
 * inside the ecall's trap, interrupts on. MPP is U whenever a program may be entered: reset leaves it so, and so
 * does every mret. Offsets are those of mbpf_program, mbpf_running and mbpf_domain, pinned in isolate.c. */
#include "mbpf/config.h"
#include "registers.inc"
#if MBPF_ISOLATION

#define RETURN_NUMBER 32 /* t1 at an ecall: 0..31 gates, 32: the program has returned */

/* uint64_t mbpf_port_run(void *context, const mbpf_program *program) */
    .section .text.mbpf_port_run, "ax"
    .globl mbpf_port_run
mbpf_port_run:
    addi sp, sp, -64
    store_kept
    la t0, mbpf_running_now
    lw t1, 12(a1)            /* its domain */
    lw t2, 0(t0)
    csrci mstatus, 8
    beq t1, t2, 1f           /* loaded already */
    sw t1, 0(t0)
    lw t2, 0(t1)
    lw t3, 4(t1)
    lw t4, 8(t1)
    lw t5, 12(t1)
    lw t6, 16(t1)
    csrw pmpaddr0, t2
    csrw pmpaddr1, t3
    csrw pmpaddr5, t4
    csrw pmpaddr6, t5
    csrw pmpaddr7, t6
1:  sw sp, 8(t0)
    sw a1, 12(t0)
    sw zero, 16(t0)          /* rounds */
    lui t2, 0x200C           /* mtime at 0x0200BFF8; the upper half first: read late, it would put the deadline far off */
    lw t3, -4(t2)
    lw t4, -8(t2)
    lw t5, 16(a1)            /* steps to the deadline */
    add t4, t4, t5
    sltu t5, t4, t5
    add t3, t3, t5
    lui t2, 0x2004           /* mtimecmp */
    sw t4, 0(t2)
    sw t3, 4(t2)
    csrw mscratch, sp
    lw t1, 4(a1)             /* entry */
    csrw mepc, t1
    lw a1, 8(a1)             /* imports */
    lw sp, 4(t0)
    la ra, mbpf_gate_return
    mret
mbpf_gate_return:
    li t1, RETURN_NUMBER
    ecall

    .section .text.mbpf_gate_stubs, "ax"
    .balign 4
    .globl mbpf_gate_stubs
mbpf_gate_stubs:             /* the trap returns to the caller itself */
    .option push
    .option norvc
    .set number, 0
    .rept 32
    li t1, number
    ecall
    .set number, number + 1
    .endr
    .option pop

/* sp: the runtime's stack, below what mbpf_port_run saved; mscratch: the program's. */
    .section .text.mbpf_program_trap, "ax"
    .balign 4
    .globl mbpf_program_trap
mbpf_program_trap:
    sw t0, -4(sp)
    csrr t0, mcause
    addi t0, t0, -8
    bnez t0, other_trap
    andi t0, t1, RETURN_NUMBER
    bnez t0, leave
    andi t1, t1, 31
    la t0, mbpf_running_now
    lw t0, 0(t0)
    slli t1, t1, 2
    add t0, t0, t1
    lw t0, 32(t0)            /* gates[number] */
    beqz t0, no_gate
    csrr t1, mscratch
    csrw mscratch, zero
    addi sp, sp, -16
    sw t1, 0(sp)
    sw ra, 4(sp)
    load_global_pointer
    andi t2, t0, 1
    bnez t2, stack_arguments
    csrsi mstatus, 8
    jalr t0
    csrci mstatus, 8
3:  lw ra, 4(sp)
    lw t1, 0(sp)
    addi sp, sp, 16
    csrw mepc, ra
    csrw mscratch, sp
    mv sp, t1
    mret

stack_arguments:             /* at most two words, from the program's stack and nowhere else */
    la t2, mbpf_running_now
    lw t3, 20(t2)            /* stack_bottom */
    bltu t1, t3, no_gate
    lw t3, 4(t2)             /* stack_top */
    addi t3, t3, -8
    bgtu t1, t3, no_gate
    andi t3, t1, 3
    bnez t3, no_gate
    addi t0, t0, -1
    addi sp, sp, -16
    lw t3, 0(t1)
    lw t4, 4(t1)
    sw t3, 0(sp)
    sw t4, 4(sp)
    csrsi mstatus, 8
    jalr t0
    csrci mstatus, 8
    addi sp, sp, 16
    j 3b

no_gate:
    csrw mscratch, zero
    csrr a0, mepc
    call mbpf_riscv_no_gate
    .globl mbpf_port_abort
mbpf_port_abort:
    csrci mstatus, 8
    la t0, mbpf_running_now
    lw sp, 8(t0)
    li a0, 0
    li a1, 0
leave:
    csrw mscratch, zero
    load_global_pointer
    load_kept
    addi sp, sp, 64
    csrsi mstatus, 8
    ret

/* An interrupt while a program runs, or its fault. */
other_trap:
    lw t0, -4(sp)
    addi sp, sp, -80
    store_clobbered
    csrr t0, mscratch
    sw t0, 64(sp)
    sw gp, 68(sp)
    csrw mscratch, zero
    load_global_pointer
    csrr a0, mcause
    csrr a1, mepc
    csrr a2, mtval
    call mbpf_riscv_program_trap
    bnez a0, mbpf_port_abort
    load_clobbered
    lw gp, 68(sp)
    addi sp, sp, 80
    csrw mscratch, sp
    lw sp, -16(sp)
    mret
#endif
