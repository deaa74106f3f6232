/* SPDX-License-Identifier: Apache-2.0
 * Whether all admitted programs together stay in budget: stack, RAM, instructions and cycles, of each hook and of
 * the device. */
#include <string.h>

#include "mbpf/admission_check.h"
#include "text.h"

/* Sums over programs. Cycles: of those that state them, which programs of 64-bit parts do not. */
typedef struct load_sum {
    uint64_t instructions;
    uint64_t cycles;
    uint32_t greatest_stack; /* at the point looked at last */
} load_sum;

MBPF_OUT_OF_LINE static void add_program(load_sum *sum, uint64_t instructions, uint32_t cycles, uint32_t stack)
{
    sum->instructions += instructions;
    sum->cycles += cycles == MBPF_UNBOUNDED ? 0u : cycles;
    if (stack > sum->greatest_stack) {
        sum->greatest_stack = stack;
    }
}

static bool stays(const mbpf_admitted *p, const mbpf_package_state *package)
{
    return package->used && !mbpf_text_equal(package->name, p->name);
}

/* Adds what runs at `point` once the package is admitted: its own programs and those of all packages but the one
 * it replaces. `attach`: only those with that string, which one event runs; null: all. */
MBPF_OUT_OF_LINE static void add_point(load_sum *sum, const mbpf_admitted *p, const mbpf_hook_point *point, const char *attach)
{
    sum->greatest_stack = 0u;
    for (uint32_t i = 0u; i < p->header.program_count; i++) {
        mbpf_package_program row;
        mbpf_read_program(p, i, &row);
        if (p->points[i] == point && (!attach || mbpf_text_equal((const char *)row.attach, attach))) {
            add_program(sum, row.worst_case_instructions, row.native_cycles, row.stack_bytes);
        }
    }
    for (const mbpf_package_state *other = p->rt->packages; other < p->rt->packages + MBPF_MAX_PACKAGES; other++) {
        for (uint32_t j = 0u; stays(p, other) && j < other->program_count; j++) {
            const mbpf_program *program = &other->programs[j];
            if (program->point == point && (!attach || mbpf_text_equal(program->attach, attach))) {
                add_program(sum, program->worst_case_instructions, program->native_cycles, program->stack_bytes);
            }
        }
    }
}

bool mbpf_check_hook_budget(mbpf_admitted *p, uint32_t i, const mbpf_row *row)
{
    const mbpf_hook_row *hook = p->points[i]->row;
    load_sum sum = {0u, 0u, 0u};
    p->detail = (const char *)row->program.attach;
    add_point(&sum, p, p->points[i], p->detail);
    return mbpf_at_most_u64(p, MBPF_ADMIT_HOOK_BUDGET, hook->max_instructions, sum.instructions) &&
           (hook->max_cycles == 0u || mbpf_at_most_u64(p, MBPF_ADMIT_CYCLES, hook->max_cycles, sum.cycles));
}

bool mbpf_check_budgets(mbpf_admitted *p, uint32_t i, const mbpf_row *row)
{
    const mbpf_runtime *rt = p->rt;
    load_sum sum = {0u, 0u, 0u};
    /* 32 bits hold both: each part has passed its own limit, and the arena is one of RAM's. */
    uint32_t stack = 0u, ram = p->header.ram_bytes;
    (void)i;
    (void)row;
    for (const mbpf_hook_point *point = rt->points; point < rt->points + rt->point_count; point++) {
        add_point(&sum, p, point, 0);
        stack += sum.greatest_stack;
    }
    for (const mbpf_package_state *other = rt->packages; other < rt->packages + MBPF_MAX_PACKAGES; other++) {
        ram += stays(p, other) ? other->ram_bytes : 0u;
    }
    p->detail = "all packages";
    if (!mbpf_at_most(p, MBPF_ADMIT_RAM, MBPF_RAM_BUDGET, ram)) {
        return false;
    }
    p->detail = "all hooks";
    return mbpf_at_most_u64(p, MBPF_ADMIT_DEVICE_INSTRUCTIONS, MBPF_INSTRUCTION_BUDGET, sum.instructions) &&
           mbpf_at_most_u64(p, MBPF_ADMIT_CYCLES, MBPF_CYCLE_BUDGET, sum.cycles) && mbpf_at_most(p, MBPF_ADMIT_DEVICE_STACK, MBPF_STACK_BUDGET, stack);
}
