/* SPDX-License-Identifier: Apache-2.0
 * Hook points and the way through them that every event takes. Short on purpose: it is the cost of having a
 * hook at all. */
#include <string.h>

#include "isolation.h"
#include "mbpf/runtime.h"
#include "text.h"

mbpf_hook_point *mbpf_add_hook_point(mbpf_runtime *rt, const mbpf_platform_tables *platform, const char *hook, const char *name,
                                     bool prefix)
{
    if (rt->point_count >= MBPF_MAX_HOOK_POINTS) {
        return 0;
    }
    for (uint32_t i = 0u; i < platform->hook_count; i++) {
        const mbpf_hook_row *row = &platform->hooks[i];
        if (!mbpf_text_equal(row->name, hook)) {
            continue;
        }
        mbpf_hook_point *point = &rt->points[rt->point_count++];
        point->name = name;
        point->row = row;
        point->platform = platform;
        point->prefix = prefix;
        point->pass = 1; /* filters: 0 drop, 1 pass; xdp's differ and are set by the firmware */
        point->drop = 0;
        point->chain = MBPF_CHAIN_WHILE_PASS;
        return point;
    }
    return 0;
}

#if MBPF_ISOLATION
/* Contexts are whole 8-byte words but for those of odd platforms. */
static inline void copy_context(void *to, const void *from, uint32_t bytes)
{
    uint64_t *t = (uint64_t *)to;
    const uint64_t *f = (const uint64_t *)from;
    for (uint32_t n = bytes / 8u; n != 0u; n--) {
        *t++ = *f++;
    }
    if ((bytes & 7u) != 0u) {
        memcpy(t, f, bytes & 7u);
    }
}

static inline bool in_open(const mbpf_runtime *rt, const void *context)
{
    return (uintptr_t)context - (uintptr_t)&rt->open < sizeof rt->open;
}

/* The context where programs reach it: a copy, unless the firmware made it in the open area. */
static inline void *open_context(const mbpf_hook_point *point, void *context)
{
    mbpf_runtime *rt = mbpf_active;
    if (in_open(rt, context)) {
        return context;
    }
    copy_context(rt->open.context, context, point->row->context_bytes);
    return rt->open.context;
}

static inline void close_context(const mbpf_hook_point *point, void *context, const void *open)
{
    if (open != context && point->row->context_writable) {
        copy_context(context, open, point->row->context_bytes);
    }
}

/* A stopped program's verdict is what the package says of failures, and its package's other programs go with it. */
static mbpf_program *stopped(mbpf_program *program, mbpf_program *next, const mbpf_hook_point *point, int64_t *verdict)
{
    while (next && next->domain == program->domain) {
        next = next->next;
    }
    *verdict = (program->flags & MBPF_PROGRAM_FAIL_OPEN) != 0u ? point->pass : point->drop;
    mbpf_contain(program);
    return next;
}
#else
static inline void *open_context(const mbpf_hook_point *point, void *context)
{
    (void)point;
    return context;
}

static inline void close_context(const mbpf_hook_point *point, void *context, const void *open)
{
    (void)point;
    (void)context;
    (void)open;
}
#endif

uint64_t mbpf_program_run(mbpf_program *program, void *context)
{
    uint64_t result;
    const mbpf_hook_point *point = program->point;
    void *open = open_context(point, context);
    bool returned = mbpf_enter(program, open, &result);
    close_context(point, context, open);
    if (returned) {
        program->runs++;
        program->last_result = result;
    } else {
#if MBPF_ISOLATION
        mbpf_contain(program);
#endif
        result = 0u;
    }
    return result;
}

static inline mbpf_hook_result run(mbpf_hook_point *point, void *context, mbpf_attach_filter wanted, const void *what)
{
    mbpf_hook_result result = {point->row->fail_open ? point->pass : point->drop, 0u};
    point->fired++;
    mbpf_program *program = point->first;
    if (!program) {
        return result;
    }
    void *open = open_context(point, context);
    for (mbpf_program *next; program; program = next) {
        next = program->next;
        if (wanted && !wanted(program->attach, what)) {
            continue;
        }
        uint64_t value;
        result.programs_run++;
        if (mbpf_enter(program, open, &value)) {
            program->runs++;
            program->last_result = value;
            result.verdict = (int32_t)(uint32_t)value;
        } else {
#if MBPF_ISOLATION
            next = stopped(program, next, point, &result.verdict);
#endif
        }
        if (point->chain == MBPF_CHAIN_WHILE_PASS && result.verdict != point->pass) {
            break;
        }
    }
    close_context(point, context, open);
    return result;
}

mbpf_hook_result mbpf_hook_run_where(mbpf_hook_point *point, void *context, mbpf_attach_filter wanted, const void *what)
{
    return run(point, context, wanted, what);
}

mbpf_hook_result mbpf_hook_run(mbpf_hook_point *point, void *context)
{
    return run(point, context, 0, 0);
}

bool mbpf_attach_equals(const char *attach, const void *what)
{
    return mbpf_text_equal(attach, (const char *)what);
}
