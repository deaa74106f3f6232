/* SPDX-License-Identifier: Apache-2.0
 * Tail calls: the helper notes which program is to run on, the caller returns at once, and the runtime enters the noted
 * one on the same context (src/isolation.h). So no stack is used and programs need not reach each other. It runs with
 * the runtime's rights, so nothing that a program could have spoilt is believed: neither the handle nor the element. */
#include <string.h>

#include "mbpf/runtime.h"
#include "microbpf_platform.h"

/* The package that the program is of. */
static mbpf_package_state *package_of(mbpf_runtime *rt, const mbpf_program *program)
{
    for (uint32_t i = 0u; i < MBPF_MAX_PACKAGES; i++) {
        if (program >= rt->packages[i].programs && program < rt->packages[i].programs + MBPF_MAX_PROGRAMS) {
            return &rt->packages[i];
        }
    }
    return 0;
}

static mbpf_program *target(mbpf_package_state *package, const mbpf_map *map, uint32_t index)
{
    for (uint32_t i = 0u; i < package->map_count; i++) {
        if (map != &package->maps[i] || map->type != MBPF_MAP_PROGRAM_ARRAY || index >= map->max_entries) {
            continue;
        }
        uint32_t program;
        memcpy(&program, map->values + 4u * index, sizeof program);
        return program - 1u < package->program_count ? &package->programs[program - 1u] : 0;
    }
    return 0;
}

int32_t mbpf_helper_tail_call(void *context, struct mbpf_map *map, uint32_t index)
{
    (void)context;
    mbpf_runtime *rt = mbpf_active;
    const mbpf_program *caller = mbpf_running_program(rt);
    mbpf_package_state *package = package_of(rt, caller);
    mbpf_program *next = package ? target(package, map, index) : 0;
    if (!next || next->point->row != caller->point->row || rt->tail_calls >= next->point->platform->max_tail_calls) {
        return -MBPF_ENOENT;
    }
    rt->tail_calls++;
    rt->tail_target = next;
    return 0;
}
