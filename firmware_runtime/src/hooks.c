/* SPDX-License-Identifier: Apache-2.0
 * Hook points and the way through them that every event takes. Short on purpose: it is the cost of having a
 * hook at all. */
#include "isolation.h"
#include "mbpf/runtime.h"
#include "text.h"
#if MBPF_STATISTICS
#include "ticks.h" /* the port's */
#endif

static int32_t idle_verdict(const mbpf_hook_point *point)
{
    return point->row->fail_open ? point->pass : point->drop;
}

static inline void count(mbpf_count *n)
{
    if (++n->low == 0u) {
        n->high++;
    }
}

static inline uint64_t pack(int32_t verdict, uint32_t programs_run)
{
    __asm("" : "+r"(programs_run)); /* a constant in sight, clang adds it to the lower half, carry and all */
    return (uint64_t)programs_run << 32 | (uint32_t)verdict;
}

#if MBPF_STATISTICS
static inline void count_ticks(mbpf_program *program, uint32_t took)
{
    if ((program->total_ticks.low += took) < took) {
        program->total_ticks.high++;
    }
    if (__builtin_expect(took > program->worst_ticks, 0)) {
        program->worst_ticks = took;
    }
}

__attribute__((noinline)) static void count_drop(mbpf_program *program, const mbpf_hook_point *point)
{
    if (point->chain == MBPF_CHAIN_WHILE_PASS) {
        count(&program->drops);
    }
}
#endif

/* Where verdicts decide, an event that does not pass is the program's drop. */
static inline void count_verdict(mbpf_program *program, const mbpf_hook_point *point, int32_t verdict)
{
#if MBPF_STATISTICS
    if (__builtin_expect(verdict != point->pass, 0)) {
        count_drop(program, point);
    }
#else
    (void)program;
    (void)point;
    (void)verdict;
#endif
}

#if MBPF_ISOLATION
/* A stopped program's verdict is what its package chose for failures. */
__attribute__((noinline)) static int32_t contain(mbpf_program *program, const mbpf_hook_point *point)
{
    int32_t verdict = (program->flags & MBPF_PROGRAM_FAIL_OPEN) != 0u ? point->pass : point->drop;
    mbpf_contain(program);
    return verdict;
}

/* The next program that is still there when this one's package is gone. */
static mbpf_program *survivor(const mbpf_program *program, mbpf_program *next)
{
    while (next && next->domain == program->domain) {
        next = next->next;
    }
    return next;
}
#else
__attribute__((noinline)) static int32_t contain(mbpf_program *program, const mbpf_hook_point *point)
{
    (void)program; /* without isolation nothing is stopped: mbpf_enter() is always true */
    return idle_verdict(point);
}

static mbpf_program *survivor(const mbpf_program *program, mbpf_program *next)
{
    (void)program;
    return next;
}
#endif

/* One run, counted. False: it was stopped; the package is still there. */
static inline bool enter(mbpf_program *program, void *context, uint64_t *result)
{
#if MBPF_STATISTICS
    uint32_t begun = mbpf_port_ticks();
#endif
    if (__builtin_expect(!mbpf_enter(program, context, result), 0)) {
        return false;
    }
#if MBPF_STATISTICS
    count_ticks(program, mbpf_port_ticks() - begun);
#endif
    count(&program->runs);
    program->last_result = *result;
    return true;
}

bool mbpf_enter_chain(mbpf_program **program, void *context, uint64_t *result)
{
    mbpf_runtime *rt = mbpf_active;
    rt->tail_calls = 0u;
    for (;;) {
        rt->tail_target = 0;
#if !MBPF_ISOLATION
        rt->running = *program;
#endif
        if (!enter(*program, context, result)) {
            return false;
        }
        if (!rt->tail_target) {
            return true;
        }
        *program = rt->tail_target;
    }
}

static inline bool enter_any(mbpf_program **program, void *context, uint64_t *result)
{
    return mbpf_may_chain(*program) ? mbpf_enter_chain(program, context, result) : enter(*program, context, result);
}

uint64_t mbpf_program_run(mbpf_program *program, void *context)
{
    uint64_t result;
    const mbpf_hook_point *point = program->point;
    void *open = mbpf_open_context(point, context);
    bool returned = enter_any(&program, open, &result);
    mbpf_close_context(point, context, open);
    if (!returned) {
        (void)contain(program, point);
        return 0u;
    }
    return result;
}

__attribute__((noinline)) static uint64_t run_chain(mbpf_hook_point *point, void *context, mbpf_attach_filter wanted, const void *what)
{
    int32_t verdict = idle_verdict(point);
    uint32_t programs_run = 0u;
    count(&point->fired);
    if (!point->first) {
        return pack(verdict, 0u);
    }
    void *open = mbpf_open_context(point, context);
    for (mbpf_program *program = point->first, *next; program; program = next) {
        next = program->next;
        if (wanted && !wanted(program->attach, what)) {
            continue;
        }
        if (programs_run != 0u && mbpf_each_has_its_context(point)) {
            open = mbpf_open_context(point, context);
        }
        uint64_t value;
        programs_run++;
        mbpf_program *last = program;
        if (enter_any(&last, open, &value)) {
            verdict = (int32_t)(uint32_t)value;
            count_verdict(last, point, verdict);
        } else {
            next = survivor(last, next);
            verdict = contain(last, point);
        }
        if (point->chain == MBPF_CHAIN_WHILE_PASS && verdict != point->pass) {
            break;
        }
    }
    mbpf_close_context(point, context, open);
    return pack(verdict, programs_run);
}

static mbpf_hook_result unpack(uint64_t packed)
{
    mbpf_hook_result result = {(int32_t)(uint32_t)packed, (uint32_t)(packed >> 32)};
    return result;
}

mbpf_hook_result mbpf_hook_run_where(mbpf_hook_point *point, void *context, mbpf_attach_filter wanted, const void *what)
{
    return unpack(run_chain(point, context, wanted, what));
}

__attribute__((noinline)) static uint64_t contained_alone(const mbpf_hook_point *point, mbpf_program *program)
{
    return pack(contain(program, point), 1u);
}

/* What nearly every event meets is one program that makes no tail calls: straight through. */
uint64_t mbpf_hook_dispatch(mbpf_hook_point *point, void *context)
{
    mbpf_program *program = point->alone;
    if (__builtin_expect(!program, 0)) {
        return run_chain(point, context, 0, 0);
    }
    uint64_t value;
    count(&point->fired);
    void *open = mbpf_open_context(point, context);
    bool returned = enter(program, open, &value);
    mbpf_close_context(point, context, open);
    if (__builtin_expect(!returned, 0)) {
        return contained_alone(point, program);
    }
    count_verdict(program, point, (int32_t)(uint32_t)value);
    return pack((int32_t)(uint32_t)value, 1u);
}

bool mbpf_attach_equals(const char *attach, const void *what)
{
    return mbpf_text_equal(attach, (const char *)what);
}
