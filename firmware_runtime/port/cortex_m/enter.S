/* SPDX-License-Identifier: Apache-2.0
 * Into a program and out of it, ARMv7-M and ARMv8-M. A program runs in unprivileged thread mode on the process stack; the runtime
 * is privileged thread mode on the main stack, and stays suspended there with a frame by which an exception returns
 * to it: whatever ends the run, the way out is the same. Helpers with rights of their own run inside the SVC
 * exception. Offsets are those of mbpf_program, mbpf_running and mbpf_domain, pinned in isolate.c. SVC and SysTick
 * have one priority, the lowest: the watchdog waits for a helper to end, and a fault of the program never does. */
#include "mbpf/config.h"
#if MBPF_ISOLATION
    .syntax unified
    .thumb

#define RETURN_NUMBER 32 /* SVC 0..31: gates; 32: the program has returned */
#define MPU_RBAR 0xE000ED9C /* MPU_CTRL is 8 below */
#define SYST_CSR 0xE000E010

/* uint64_t mbpf_port_run(void *context, const mbpf_program *program) */
    .section .text.mbpf_port_run, "ax"
    .balign 4
    .thumb_func
    .globl mbpf_port_run
mbpf_port_run:
    bic     lr, lr, #1
    mov     r3, #0x01000000         /* xPSR: Thumb */
    strd    lr, r3, [sp, #-8]!
    sub     sp, #24                 /* r0-r3, r12, lr of the frame */
    push    {r4-r11}
    ldr     r12, =mbpf_running_now
    str     sp, [r12, #8]
    ldr     r2, [r1, #12]           /* its domain */
    ldr     r3, [r12]
    cmp     r3, r2
    beq     1f                      /* loaded already */
    str     r2, [r12]
    ldr     r3, =MPU_RBAR
    ldm     r2, {r4-r11}            /* four regions: mpu_v7m.c, mpu_v8m.c */
#if __ARM_ARCH >= 8
    movs    r2, #0                  /* off meanwhile: a new base with an old limit overlaps what it should not */
    str     r2, [r3, #-8]
    stm     r3, {r4-r11}
    movs    r2, #5
    str     r2, [r3, #-8]
#else
    stm     r3, {r4-r11}
#endif
    dsb
1:  movs    r6, #0
    strd    r1, r6, [r12, #12]      /* program, rounds */
    ldr     r3, =SYST_CSR
    movs    r4, #7
    ldr     r5, [r1, #16]
    stm     r3, {r4-r6}             /* on; reload; current: starts anew */
    ldr     r3, [r12, #4]
    msr     psp, r3
    ldr     r4, [r1, #4]            /* entry */
    ldr     r1, [r1, #8]            /* imports */
    ldr     lr, =mbpf_gate_return
    movs    r3, #3                  /* unprivileged, process stack */
    msr     control, r3
    isb
    bx      r4
    .thumb_func
mbpf_gate_return:
    svc     #RETURN_NUMBER
    .pool

    .section .text.mbpf_gate_stubs, "ax"
    .balign 4
    .globl mbpf_gate_stubs
mbpf_gate_stubs:
    .set number, 0
    .rept 32
    svc     #number
    bx      lr
    .set number, number + 1
    .endr

    .section .text.mbpf_svc, "ax"
    .balign 4
    .thumb_func
    .globl mbpf_svc
mbpf_svc:
    mrs     r0, psp
    ldr     r3, [r0, #24]           /* the instruction after the SVC */
    ldrb    r3, [r3, #-2]
    lsls    r2, r3, #26
    bmi     returned
    and     r3, r3, #31
    ldr     r2, =mbpf_running_now
    ldr     r2, [r2]
    add     r2, r2, r3, lsl #2
    ldr     r3, [r2, #32]           /* gates[number] */
    cbz     r3, no_gate
    push    {r0, lr}
    lsls    r2, r3, #31
    beq     stack_arguments
    mov     r12, r3
    ldm     r0, {r0-r3}
    blx     r12
    pop     {r2, lr}
    strd    r0, r1, [r2]
    bx      lr

stack_arguments:                    /* at most six words, above the frame, from the program's stack and nowhere else */
    ldr     r1, [r0, #28]
    add     r2, r0, #32
    tst     r1, #0x200              /* the frame was aligned by a word */
    it      ne
    addne   r2, #4
    ldr     r12, =mbpf_running_now
    ldr     r1, [r12, #20]          /* stack_bottom */
    cmp     r2, r1
    blo     no_gate
    ldr     r1, [r12, #4]           /* stack_top */
    subs    r1, #24
    cmp     r2, r1
    bhi     no_gate
    push    {r4-r9}
    ldm     r2, {r4-r9}
    push    {r4-r9}
    add     r12, r3, #1
    ldm     r0, {r0-r3}
    blx     r12
    add     sp, #24
    pop     {r4-r9}
    pop     {r2, lr}
    strd    r0, r1, [r2]
    bx      lr

no_gate:
    ldr     r0, [r0, #24]
    bl      mbpf_cortex_m_no_gate
    b       mbpf_port_abort

returned:
    ldrd    r0, r1, [r0]
leave:                              /* in handler mode, the main stack as mbpf_port_run left it */
    pop     {r4-r11}
    strd    r0, r1, [sp]
    movs    r0, #0
    msr     control, r0
    mvn     lr, #6                  /* 0xFFFFFFF9: thread mode, main stack */
    bx      lr

    .thumb_func
    .globl mbpf_port_abort
mbpf_port_abort:
    ldr     r12, =mbpf_running_now
    ldr     sp, [r12, #8]
    movs    r0, #0
    movs    r1, #0
    b       leave
    .pool

/* Faults: of a program if the process stack was in use, else of the runtime, which then starts anew. */
    .section .text.mbpf_program_fault, "ax"
    .balign 4
    .thumb_func
    .globl mbpf_program_fault
mbpf_program_fault:
    tst     lr, #4
    beq     1f
    mrs     r0, psp
    bl      mbpf_cortex_m_fault
    b       mbpf_port_abort
1:  b       mbpf_fault

    .section .text.mbpf_watchdog, "ax"
    .balign 4
    .thumb_func
    .globl mbpf_watchdog
mbpf_watchdog:
    tst     lr, #4
    beq     1f
    push    {r4, lr}
    mrs     r0, psp
    bl      mbpf_cortex_m_timeout
    pop     {r4, lr}
    cmp     r0, #0
    bne     mbpf_port_abort
    bx      lr
1:  ldr     r0, =SYST_CSR           /* no program is running: nothing to watch */
    ldr     r1, [r0]
    lsls    r1, r1, #15             /* COUNTFLAG is clear: mbpf_port_run() has set the timer anew since it fired */
    bpl     2f
    movs    r1, #0
    str     r1, [r0]
2:  bx      lr
    .pool
#endif
