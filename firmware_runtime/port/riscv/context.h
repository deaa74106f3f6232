/* SPDX-License-Identifier: Apache-2.0
 * How a program gets at its context: where it is, by a PMP entry that covers just that. Entries 9 and 10. */
#ifndef MBPF_PORT_CONTEXT_H
#define MBPF_PORT_CONTEXT_H

#include "mbpf/runtime.h"

static inline void *mbpf_open_context(const mbpf_hook_point *point, void *context)
{
    uintptr_t begin = (uintptr_t)context;
    __asm volatile("csrw pmpaddr9, %0\n csrw pmpaddr10, %1" ::"r"(begin >> 2), "r"((begin + point->row->context_bytes + 3u) >> 2) : "memory");
    return context;
}

static inline void mbpf_close_context(const mbpf_hook_point *point, void *context, const void *open)
{
    (void)point;
    (void)context;
    (void)open;
}

#endif
