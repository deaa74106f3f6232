/* SPDX-License-Identifier: Apache-2.0
 * How a program gets at its context: where it is, by a PMP entry that covers just that and goes before all others, so
 * that what a hook's programs may only read they can only read. */
#ifndef MBPF_PORT_CONTEXT_H
#define MBPF_PORT_CONTEXT_H

#include "mbpf/runtime.h"

/* pmpcfg0: the context's entry, 1, and the text's, 3, which stays as it is (isolate.c). */
#define MBPF_PMP_CONTEXT 0x0D000900u
#define MBPF_PMP_CONTEXT_WRITABLE 0x200u

static inline void *mbpf_open_context(const mbpf_hook_point *point, void *context)
{
    uintptr_t begin = (uintptr_t)context;
    __asm volatile("csrw pmpaddr0, %0\n csrw pmpaddr1, %1\n csrc pmpcfg0, %2\n csrs pmpcfg0, %3" ::"r"(begin >> 2),
                   "r"((begin + point->row->context_bytes + 3u) >> 2), "r"(MBPF_PMP_CONTEXT_WRITABLE),
                   "r"(point->row->context_writable * MBPF_PMP_CONTEXT_WRITABLE)
                   : "memory");
    return context;
}

static inline void mbpf_close_context(const mbpf_hook_point *point, void *context, const void *open)
{
    (void)point;
    (void)context;
    (void)open;
}

#endif
