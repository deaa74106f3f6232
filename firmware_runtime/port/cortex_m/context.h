/* SPDX-License-Identifier: Apache-2.0
 * How a program gets at its context: MPU regions are too coarse for where firmware has it, so it is copied to the open
 * area and back. A context made there is used as it stands. */
#ifndef MBPF_PORT_CONTEXT_H
#define MBPF_PORT_CONTEXT_H

#include <stddef.h>
#include <string.h>

#include "mbpf/runtime.h"

/* Contexts are 8-byte aligned, and but for those of odd platforms whole such words; never empty. */
static inline void mbpf_copy_context(void *to, const void *from, uint32_t bytes)
{
    if ((bytes & 7u) != 0u) {
        memcpy(to, from, bytes);
        return;
    }
    __asm volatile("subs %2, #16\n"
                   "blo 2f\n"
                   "1: ldm %1!, {r2, r3, r4, r5}\n"
                   "stm %0!, {r2, r3, r4, r5}\n"
                   "subs %2, #16\n"
                   "bhs 1b\n"
                   "2: lsls %2, %2, #28\n"
                   "itt mi\n"
                   "ldmmi %1, {r2, r3}\n"
                   "stmmi %0, {r2, r3}"
                   : "+r"(to), "+r"(from), "+r"(bytes)::"r2", "r3", "r4", "r5", "cc", "memory");
}

static inline void *mbpf_open_context(const mbpf_hook_point *point, void *context)
{
    uintptr_t open = mbpf_running_now.stack_bottom;
    if ((uintptr_t)context - open < sizeof(mbpf_open)) {
        return context;
    }
    void *copy = (void *)(open + offsetof(mbpf_open, context));
    mbpf_copy_context(copy, context, point->row->context_bytes);
    return copy;
}

static inline void mbpf_close_context(const mbpf_hook_point *point, void *context, const void *open)
{
    if (open != context && point->row->context_writable) {
        mbpf_copy_context(context, open, point->row->context_bytes);
    }
}

#endif
