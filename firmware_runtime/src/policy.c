/* SPDX-License-Identifier: Apache-2.0
 * Whether all admitted programs together stay in budget: stack, RAM, instructions and cycles, of each hook and of
 * the device. */
#include <string.h>

#include "mbpf/admission_check.h"
#include "text.h"

/* Sums for one hook point, or all of them. */
typedef struct load_sum {
    uint64_t instructions; /* of programs with the same attach string, which one event runs */
    uint64_t all_instructions;
    uint64_t cycles; /* likewise, of programs that state them: those of 64-bit parts do not */
    uint64_t all_cycles;
    uint32_t greatest_stack;
} load_sum;

static void add_program(load_sum *sum, bool same_attach, uint64_t instructions, uint32_t cycles, uint32_t stack)
{
    cycles = cycles == MBPF_UNBOUNDED ? 0u : cycles;
    sum->instructions += same_attach ? instructions : 0u;
    sum->all_instructions += instructions;
    sum->cycles += same_attach ? cycles : 0u;
    sum->all_cycles += cycles;
    if (stack > sum->greatest_stack) {
        sum->greatest_stack = stack;
    }
}

/* What runs at `point` once the package is admitted: its own programs and those of all packages but the one
 * it replaces. */
static load_sum sum_at(const mbpf_runtime *rt, const mbpf_admitted *p, const mbpf_hook_point *point, const char *attach)
{
    load_sum sum = {0u, 0u, 0u, 0u, 0u};
    for (uint32_t i = 0u; i < p->header.program_count; i++) {
        mbpf_package_program row;
        mbpf_read_program(p, i, &row);
        if (p->points[i] == point) {
            add_program(&sum, mbpf_text_equal((const char *)row.attach, attach), row.worst_case_instructions, row.native_cycles, row.stack_bytes);
        }
    }
    for (uint32_t i = 0u; i < MBPF_MAX_PACKAGES; i++) {
        const mbpf_package_state *other = &rt->packages[i];
        if (!other->used || mbpf_text_equal(other->name, p->name)) {
            continue;
        }
        for (uint32_t j = 0u; j < other->program_count; j++) {
            const mbpf_program *program = &other->programs[j];
            if (program->point == point) {
                add_program(&sum, mbpf_text_equal(program->attach, attach), program->worst_case_instructions, program->native_cycles, program->stack_bytes);
            }
        }
    }
    return sum;
}

bool mbpf_check_budgets(mbpf_runtime *rt, const mbpf_admitted *p, mbpf_verdict *v)
{
    for (uint32_t i = 0u; i < p->header.program_count; i++) {
        mbpf_package_program row;
        mbpf_read_program(p, i, &row);
        const mbpf_hook_row *hook = p->points[i]->row;
        const load_sum all = sum_at(rt, p, p->points[i], (const char *)row.attach);
        if (all.instructions > hook->max_instructions) {
            return mbpf_refuse(v, MBPF_ADMIT_HOOK_BUDGET, hook->max_instructions, all.instructions, (const char *)row.attach);
        }
        if (hook->max_cycles != 0u && all.cycles > hook->max_cycles) {
            return mbpf_refuse(v, MBPF_ADMIT_CYCLES, hook->max_cycles, all.cycles, (const char *)row.attach);
        }
    }
    uint64_t instructions = 0u, cycles = 0u, stack = 0u, ram = p->header.ram_bytes;
    for (uint32_t i = 0u; i < rt->point_count; i++) {
        load_sum sum = sum_at(rt, p, &rt->points[i], "");
        instructions += sum.all_instructions;
        cycles += sum.all_cycles;
        stack += sum.greatest_stack;
    }
    for (uint32_t i = 0u; i < MBPF_MAX_PACKAGES; i++) {
        const mbpf_package_state *other = &rt->packages[i];
        ram += other->used && !mbpf_text_equal(other->name, p->name) ? other->ram_bytes : 0u;
    }
    if (ram > MBPF_RAM_BUDGET) {
        return mbpf_refuse(v, MBPF_ADMIT_RAM, MBPF_RAM_BUDGET, ram, "all packages");
    }
    if (instructions > MBPF_INSTRUCTION_BUDGET) {
        return mbpf_refuse(v, MBPF_ADMIT_DEVICE_INSTRUCTIONS, MBPF_INSTRUCTION_BUDGET, instructions, "all hooks");
    }
    if (cycles > MBPF_CYCLE_BUDGET) {
        return mbpf_refuse(v, MBPF_ADMIT_CYCLES, MBPF_CYCLE_BUDGET, cycles, "all hooks");
    }
    if (stack > MBPF_STACK_BUDGET) {
        return mbpf_refuse(v, MBPF_ADMIT_DEVICE_STACK, MBPF_STACK_BUDGET, stack, "all hooks");
    }
    return true;
}
