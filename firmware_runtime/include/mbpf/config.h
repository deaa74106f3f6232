/* SPDX-License-Identifier: Apache-2.0
 * Every size that the runtime's RAM depends on. A firmware overrides any of them with -D; nothing else in
 * the runtime is sized at run time. */
#ifndef MBPF_CONFIG_H
#define MBPF_CONFIG_H

#ifndef MBPF_SLOT_COUNT /* RAM slots: one for the transfer, and one a package that does not run from flash; 0: none comes */
#define MBPF_SLOT_COUNT 6
#endif
#ifndef MBPF_MAX_PACKAGES /* loaded at once; an upgrade on trial and the version it may go back to are two */
#define MBPF_MAX_PACKAGES MBPF_SLOT_COUNT
#endif
#ifndef MBPF_SLOT_BYTES /* greatest package; code runs in place in its slot */
#define MBPF_SLOT_BYTES 32768u
#endif
#ifndef MBPF_ISOLATION /* 1: programs run unprivileged behind MPU or PMP; the port must have it */
#define MBPF_ISOLATION 0
#endif
/* 1: each program counts the cycles of its runs and the events it drops. Without isolation that would be a third of
 * what a hook costs, so it is a choice of its own there. */
#ifndef MBPF_STATISTICS
#define MBPF_STATISTICS MBPF_ISOLATION
#endif
/* Whether root records are replaced over the line and kept in flash. 0: the trust anchors that the firmware has are all
 * there are, and what only rotation needs is not linked. */
#ifndef MBPF_ROOT_ROTATION
#define MBPF_ROOT_ROTATION 1
#endif
#ifndef MBPF_SLOT_ALIGN
#if MBPF_ISOLATION && MBPF_SLOT_COUNT /* MPU regions are powers of two aligned to their size */
#define MBPF_SLOT_ALIGN MBPF_SLOT_BYTES
#else
#define MBPF_SLOT_ALIGN 16
#endif
#endif
#ifndef MBPF_STORE_SLOTS /* flash slots, at most */
#define MBPF_STORE_SLOTS 8u
#endif
#ifndef MBPF_STORE_NAMES /* package names whose rollback counter the device remembers, installed or not */
#define MBPF_STORE_NAMES 16u
#endif
#ifndef MBPF_PROBATION_MS /* how long a new version is on trial when the host does not say */
#define MBPF_PROBATION_MS 10000u
#endif
#ifndef MBPF_ARENA_BYTES /* RAM for maps, data and import tables of all packages */
#define MBPF_ARENA_BYTES 294912u
#endif
#ifndef MBPF_MAX_PROGRAMS /* a package */
#define MBPF_MAX_PROGRAMS 8
#endif
#ifndef MBPF_MAX_MAPS /* a package */
#define MBPF_MAX_MAPS 16
#endif
#ifndef MBPF_MAX_IMPORTS /* a package */
#define MBPF_MAX_IMPORTS 256u
#endif
#ifndef MBPF_MAX_HOOK_POINTS
#define MBPF_MAX_HOOK_POINTS 24
#endif
#ifndef MBPF_MAX_PLATFORMS
#define MBPF_MAX_PLATFORMS 2
#endif
#ifndef MBPF_LOG_BYTES /* console history; a power of two */
#define MBPF_LOG_BYTES 4096u
#endif
/* Greatest message of the control line, 384 to 1024: the line takes two buffers of it, and the host sends no more at
 * once. Values of maps, records of ring buffers and contexts and packets of test runs that pass it cannot be told. */
#ifndef MBPF_MESSAGE_BYTES
#define MBPF_MESSAGE_BYTES 1024u
#endif
#ifndef MBPF_LINE_BYTES /* the serial line's receive buffer: what a host may send ahead of an answer */
#define MBPF_LINE_BYTES 1024u
#endif
/* What a program's machine code and its helpers may use on top of the hook's eBPF stack: saved registers,
 * spills, the deepest helper (trace_printk). The firmware's stack must hold both. */
#ifndef MBPF_NATIVE_STACK_MARGIN
#define MBPF_NATIVE_STACK_MARGIN 1536u
#endif
#ifndef MBPF_OPEN_BYTES /* isolation: program stack, context and packet together; a power of two */
#define MBPF_OPEN_BYTES 4096u
#endif
#ifndef MBPF_FAULT_RECORDS /* isolation: of the last stopped programs */
#define MBPF_FAULT_RECORDS 4u
#endif
/* The watchdog's bound: cycles of the board for one of the timing model, whose memory has no wait states; for one eBPF
 * instruction, where a package states no cycles; and what interrupts may take meanwhile. */
#ifndef MBPF_WAIT_FACTOR
#define MBPF_WAIT_FACTOR 2u
#endif
#ifndef MBPF_CYCLES_PER_INSTRUCTION
#define MBPF_CYCLES_PER_INSTRUCTION 16u
#endif
#ifndef MBPF_WATCHDOG_SLACK_CYCLES
#define MBPF_WATCHDOG_SLACK_CYCLES 20000u
#endif
/* Budgets over all admitted programs, attached or not. Stack: the greatest program of each hook point, since hooks
 * of different points may nest; less than the firmware's stack by what the runtime itself needs. Instructions
 * and cycles: every program once, as when all hooks fire together. RAM: of all packages, within the arena. */
#ifndef MBPF_STACK_BUDGET
#define MBPF_STACK_BUDGET 12288u
#endif
#ifndef MBPF_INSTRUCTION_BUDGET
#define MBPF_INSTRUCTION_BUDGET 10000000u
#endif
#ifndef MBPF_CYCLE_BUDGET
#define MBPF_CYCLE_BUDGET 100000000u
#endif
#ifndef MBPF_RAM_BUDGET
#define MBPF_RAM_BUDGET MBPF_ARENA_BYTES
#endif
#ifndef MBPF_EVENT_RECORDS /* of verdicts and events, kept for attestation */
#define MBPF_EVENT_RECORDS 8u
#endif
#ifndef MBPF_EVENT_BURST /* a kept log: records of refusals and attachments in a row, and one more a period */
#define MBPF_EVENT_BURST 16u
#endif
#ifndef MBPF_EVENT_PERIOD_MS
#define MBPF_EVENT_PERIOD_MS 60000u
#endif
#ifndef MBPF_CONTEXT_BYTES /* greatest context of a test run */
#define MBPF_CONTEXT_BYTES 512u
#endif
#ifndef MBPF_PACKET_BYTES /* greatest packet of a test run or stimulus */
#define MBPF_PACKET_BYTES 900u
#endif

#endif
