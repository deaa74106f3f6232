/* SPDX-License-Identifier: Apache-2.0
 * Hook points and the way through them that every event takes. Short on purpose: it is the cost of having a
 * hook at all. */
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

uint64_t mbpf_program_run(mbpf_program *program, void *context)
{
    uint64_t result = program->entry(context, program->imports);
    program->runs++;
    program->last_result = result;
    return result;
}

mbpf_hook_result mbpf_hook_run_where(mbpf_hook_point *point, void *context, mbpf_attach_filter wanted, const void *what)
{
    mbpf_hook_result result = {point->row->fail_open ? point->pass : point->drop, 0u};
    point->fired++;
    for (mbpf_program *program = point->first; program; program = program->next) {
        if (wanted && !wanted(program->attach, what)) {
            continue;
        }
        result.verdict = (int32_t)(uint32_t)mbpf_program_run(program, context);
        result.programs_run++;
        if (point->chain == MBPF_CHAIN_WHILE_PASS && result.verdict != point->pass) {
            break;
        }
    }
    return result;
}

mbpf_hook_result mbpf_hook_run(mbpf_hook_point *point, void *context)
{
    return mbpf_hook_run_where(point, context, 0, 0);
}

bool mbpf_attach_equals(const char *attach, const void *what)
{
    return mbpf_text_equal(attach, (const char *)what);
}
