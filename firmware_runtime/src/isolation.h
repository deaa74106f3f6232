/* SPDX-License-Identifier: Apache-2.0
 * One way to run a program for hooks and test runs, isolated or not. */
#ifndef MBPF_SRC_ISOLATION_H
#define MBPF_SRC_ISOLATION_H

#include "mbpf/isolation.h"
#include "mbpf/runtime.h"

#if MBPF_ISOLATION
#include "context.h" /* the port's */

/* What programs may only read each finds as it was, whatever a bad one before made of its copy. */
static inline bool mbpf_each_has_its_context(const mbpf_hook_point *point)
{
    return !point->row->context_writable;
}

/* What is loaded of the last program's protection is loaded no more. */
static inline void mbpf_forget_domain(void)
{
    mbpf_running_now.domain = 0;
    mbpf_port_unprotect();
}
#else
static inline bool mbpf_each_has_its_context(const mbpf_hook_point *point)
{
    (void)point;
    return false;
}

static inline void *mbpf_open_context(const mbpf_hook_point *point, void *context)
{
    (void)point;
    return context;
}

static inline void mbpf_close_context(const mbpf_hook_point *point, void *context, const void *open)
{
    (void)point;
    (void)context;
    (void)open;
}
#endif

/* To be called in this order: mbpf_open_context(), which says where the program finds its context, mbpf_enter(),
 * mbpf_close_context(). Runs the program; false: it was stopped, and mbpf_contain() is to follow. */
static inline bool mbpf_enter(const mbpf_program *program, void *context, uint64_t *result)
{
#if MBPF_ISOLATION
    *result = mbpf_port_run(context, program);
    return mbpf_stopped_now.kind == MBPF_FAULT_NONE;
#else
    *result = program->entry(context, program->imports);
    return true;
#endif
}

static inline bool mbpf_may_chain(const mbpf_program *program)
{
#ifdef MBPF_WITHOUT_MAP_PROGRAM_ARRAY
    (void)program;
    return false;
#else
    return (program->flags & MBPF_PROGRAM_MAY_CHAIN) != 0u;
#endif
}
/* Likewise, counted, and the programs that tail calls lead to; `*program` becomes the last of them. In hooks.c. */
bool mbpf_enter_chain(mbpf_program **program, void *context, uint64_t *result);

#if MBPF_ISOLATION
void mbpf_isolation_init(mbpf_runtime *rt);
/* To be called when the package's RAM is laid out; `text` is where it runs. */
void mbpf_domain_set(mbpf_package_state *package, const uint8_t *text, uint32_t fixed_bytes);
/* What the import table holds for a helper with rights of its own. */
void *mbpf_gate_of(mbpf_package_state *package, const mbpf_helper_row *helper);
/* Records why the program was stopped and says it on the console. Its package; null: it is of none. */
mbpf_package_state *mbpf_record_fault(const mbpf_program *program);
/* Likewise, and unloads its package. */
void mbpf_contain(mbpf_program *program);
const char *mbpf_fault_text(uint32_t kind);
#endif

/* Bound on a run in CPU cycles, for the watchdog: the greater of what the package states of its machine code and what
 * its bytecode's worst case leaves, since helpers' costs are stated for the latter; entry, return and interrupts included. */
static inline uint64_t mbpf_bound_cycles(const mbpf_package_program *row)
{
    uint64_t machine = row->native_cycles == MBPF_UNBOUNDED ? 0u : (uint64_t)row->native_cycles * MBPF_WAIT_FACTOR;
    uint64_t bytecode = row->worst_case_instructions > (UINT64_MAX >> 8) ? UINT64_MAX - MBPF_WATCHDOG_SLACK_CYCLES : row->worst_case_instructions * MBPF_CYCLES_PER_INSTRUCTION;
    return (machine > bytecode ? machine : bytecode) + MBPF_WATCHDOG_SLACK_CYCLES;
}

#endif
