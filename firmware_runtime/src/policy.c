/* SPDX-License-Identifier: Apache-2.0
 * Whether all admitted programs together stay in budget: stack, RAM, instructions and cycles, of each hook and of
 * the device. */
#include <stddef.h>
#include <string.h>

#include "mbpf/admission_check.h"
#include "text.h"

/* A program that is there once the package is admitted. */
typedef struct resident {
    const mbpf_hook_point *point;
    const char *attach;
    uint64_t instructions;
    uint32_t cycles; /* 0: it states none, as programs of 64-bit parts */
    uint32_t stack;
} resident;

#define RESIDENTS (MBPF_MAX_PROGRAMS * (1u + MBPF_MAX_PACKAGES))

static bool stays(const mbpf_admitted *p, const mbpf_package_state *package)
{
    return package->used && !mbpf_text_equal(package->name, p->name);
}

/* Resident n: first the package's own programs, then those of all packages but the one it replaces. False: none is n. */
MBPF_OUT_OF_LINE static bool resident_at(const mbpf_admitted *p, uint32_t n, resident *r)
{
    const mbpf_package_state *other = p->rt->packages + n / MBPF_MAX_PROGRAMS;
    const uint32_t i = n % MBPF_MAX_PROGRAMS;
    if (other-- == p->rt->packages) {
        if (i >= p->header.program_count) {
            return false;
        }
        mbpf_package_program row;
        mbpf_read_program(p, i, &row);
        r->point = p->points[i];
        r->attach = (const char *)p->bytes + p->header.programs_offset + i * (uint32_t)sizeof row + offsetof(mbpf_package_program, attach);
        r->instructions = row.worst_case_instructions;
        r->cycles = row.native_cycles;
        r->stack = row.stack_bytes;
    } else {
        const mbpf_program *program = &other->programs[i];
        if (i >= other->program_count || !stays(p, other)) {
            return false;
        }
        r->point = program->point;
        r->attach = program->attach;
        r->instructions = program->worst_case_instructions;
        r->cycles = program->native_cycles;
        r->stack = program->stack_bytes;
    }
    r->cycles = r->cycles == MBPF_UNBOUNDED ? 0u : r->cycles;
    return true;
}

/* Whether an event there runs what is attached so: at the very place, or at the `both` beside it. */
static bool runs_at(const resident *r, const resident *event)
{
    const char *place = event->attach, *attach = r->attach;
    if (r->point != event->point) {
        return false;
    }
    while (*attach != '\0' && *attach == *place) {
        attach++;
        place++;
    }
    return *attach == *place || (r->point->row->has_both && mbpf_text_equal(attach, "both"));
}

typedef struct load_sum {
    uint64_t instructions, cycles;
    uint32_t stack; /* of the greatest program at each point */
} load_sum;

/* Of all residents that run at the event; null: of all. */
MBPF_OUT_OF_LINE static void add_up(const mbpf_admitted *p, const resident *event, load_sum *sum)
{
    uint32_t greatest[MBPF_MAX_HOOK_POINTS];
    resident r;
    memset(greatest, 0, sizeof greatest);
    memset(sum, 0, sizeof *sum);
    for (uint32_t n = 0u; n < RESIDENTS; n++) {
        if (!resident_at(p, n, &r) || (event && !runs_at(&r, event))) {
            continue;
        }
        uint32_t *most = &greatest[r.point - p->rt->points];
        sum->instructions += r.instructions;
        sum->cycles += r.cycles;
        if (r.stack > *most) {
            sum->stack += r.stack - *most;
            *most = r.stack;
        }
    }
}

static bool within(const mbpf_admitted *p, const load_sum *sum, uint32_t code, uint64_t instructions, uint32_t cycles)
{
    return mbpf_at_most_u64(p, code, instructions, sum->instructions) &&
           (cycles == 0u || mbpf_at_most_u64(p, MBPF_ADMIT_CYCLES, cycles, sum->cycles));
}

bool mbpf_check_budgets(mbpf_admitted *p, uint32_t i, const mbpf_row *row)
{
    const mbpf_runtime *rt = p->rt;
    resident event;
    load_sum sum;
    (void)i;
    (void)row;
    /* Each event, by what is attached to it. What the package does not change has held before. */
    for (uint32_t n = 0u; n < RESIDENTS; n++) {
        if (!resident_at(p, n, &event)) {
            continue;
        }
        const mbpf_hook_row *hook = event.point->row;
        p->detail = event.attach;
        add_up(p, &event, &sum);
        if (!within(p, &sum, MBPF_ADMIT_HOOK_BUDGET, hook->max_instructions, hook->max_cycles)) {
            return false;
        }
    }
    /* 32 bits hold this and the stack: each part has passed its own limit, and the arena is one of RAM's. */
    uint32_t ram = p->header.ram_bytes;
    for (const mbpf_package_state *other = rt->packages; other < rt->packages + MBPF_MAX_PACKAGES; other++) {
        ram += stays(p, other) ? other->ram_bytes : 0u;
    }
    p->detail = "all packages";
    if (!mbpf_at_most(p, MBPF_ADMIT_RAM, MBPF_RAM_BUDGET, ram)) {
        return false;
    }
    p->detail = "all hooks";
    add_up(p, 0, &sum);
    return within(p, &sum, MBPF_ADMIT_DEVICE_INSTRUCTIONS, MBPF_INSTRUCTION_BUDGET, MBPF_CYCLE_BUDGET) &&
           mbpf_at_most(p, MBPF_ADMIT_DEVICE_STACK, MBPF_STACK_BUDGET, sum.stack);
}
