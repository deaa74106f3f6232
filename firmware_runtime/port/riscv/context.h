/* SPDX-License-Identifier: Apache-2.0
 * How a program gets at its context: where it is, by a PMP entry that covers just that and goes before the open area's, so
 * that what a hook's programs may only read they can only read. Entries 3 and 4: the right to write is bit 1 of pmpcfg1,
 * which an immediate reaches. */
#ifndef MBPF_PORT_CONTEXT_H
#define MBPF_PORT_CONTEXT_H

#include "mbpf/runtime.h"

static inline void *mbpf_open_context(const mbpf_hook_point *point, void *context)
{
    const mbpf_hook_row *row = point->row;
    const bool writable = row->context_writable;
    uintptr_t begin = (uintptr_t)context;
    __asm volatile("csrw pmpaddr3, %0\n csrw pmpaddr4, %1\n csrci pmpcfg1, 2" ::"r"(begin >> 2), "r"((begin + row->context_bytes + 3u) >> 2) : "memory");
    if (writable) {
        __asm volatile("csrsi pmpcfg1, 2" ::: "memory");
    }
    return context;
}

static inline void mbpf_close_context(const mbpf_hook_point *point, void *context, const void *open)
{
    (void)point;
    (void)context;
    (void)open;
}

#endif
