/* SPDX-License-Identifier: Apache-2.0
 * From an admitted package to programs at their hooks: RAM, maps, import table. Nothing of an old version is
 * touched: that is swap.c. */
#include <stddef.h>
#include <string.h>

#include "mbpf/abi/reader.h"
#include "isolation.h"
#include "mbpf/admission_check.h"
#include "mbpf/port.h"
#include "loading.h"
#include "runtime_functions.h"
#include "text.h"

mbpf_runtime *mbpf_active;

void mbpf_runtime_init(mbpf_runtime *rt)
{
    memset(rt, 0, offsetof(mbpf_runtime, slots)); /* slots and arena are written before they are read */
    rt->next_package_id = 1u;
    mbpf_active = rt;
    mbpf_event(rt, MBPF_EVENT_BOOT, 0u, 0, 0);
#if MBPF_ISOLATION
    mbpf_isolation_init(rt);
#endif
}

mbpf_status mbpf_add_platform(mbpf_runtime *rt, const mbpf_platform_tables *platform)
{
    if (rt->platform_count >= MBPF_MAX_PLATFORMS) {
        return MBPF_FULL;
    }
    rt->platforms[rt->platform_count++] = platform;
    return MBPF_OK;
}

mbpf_hook_point *mbpf_add_hook_point(mbpf_runtime *rt, const mbpf_platform_tables *platform, const char *hook, const char *name,
                                     bool prefix)
{
    if (rt->point_count >= MBPF_MAX_HOOK_POINTS) {
        return 0;
    }
    for (const mbpf_hook_row *row = platform->hooks; row < platform->hooks + platform->hook_count; row++) {
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

mbpf_package_state *mbpf_find_package(mbpf_runtime *rt, const char *name)
{
    for (mbpf_package_state *package = rt->packages; package < rt->packages + MBPF_MAX_PACKAGES; package++) {
        if (package->used && !package->held && mbpf_text_equal(package->name, name)) {
            return package;
        }
    }
    return 0;
}

mbpf_program *mbpf_find_program(mbpf_package_state *package, const char *name)
{
    for (uint32_t i = 0u; i < package->program_count; i++) {
        if (mbpf_text_equal(package->programs[i].name, name)) {
            return &package->programs[i];
        }
    }
    return 0;
}

mbpf_map *mbpf_find_map(mbpf_package_state *package, const char *name)
{
    for (uint32_t i = 0u; i < package->map_count; i++) {
        if (mbpf_text_equal(package->map_names[i], name)) {
            return &package->maps[i];
        }
    }
    return 0;
}

/* --- loading --- */

/* RAM of a package. Plain: data (16-aligned), map storage, map objects, import table. With isolation the parts that
 * programs only read come first, as one protected piece. */
typedef struct ram_plan {
    uint32_t align, bytes;
    uint32_t data, storage, objects, imports; /* offsets */
    uint32_t fixed_bytes;                     /* of the read-only piece */
} ram_plan;

static void plan_ram(const mbpf_admitted *p, ram_plan *plan)
{
    uint32_t data = (p->header.data_ram_bytes + 15u) & ~15u;
    uint32_t objects = p->header.map_count * MBPF_MAP_OBJECT_RAM_BYTES;
    uint32_t imports = (p->header.import_count * (uint32_t)sizeof(void *) + 7u) & ~7u;
#if MBPF_ISOLATION
    mbpf_block block;
    mbpf_port_block(objects + imports, p->header.ram_bytes - objects - imports, &block);
    *plan = (ram_plan){block.align, block.bytes, block.fixed_bytes, block.fixed_bytes + data, imports, 0u, block.fixed_bytes};
#else
    *plan = (ram_plan){16u, p->header.ram_bytes, 0u, data, p->header.ram_bytes - imports - objects, p->header.ram_bytes - imports, 0u};
#endif
}

static void place_maps(const mbpf_admitted *p, mbpf_package_state *package, uint8_t *objects, uint8_t *at)
{
    package->maps = (mbpf_map *)(void *)objects;
    package->map_count = (uint16_t)p->header.map_count;
    for (uint32_t i = 0u; i < p->header.map_count; i++) {
        mbpf_package_map row;
        mbpf_read_map(p, i, &row);
        mbpf_map *map = &package->maps[i];
        map->values = at;
        map->stride = mbpf_map_stride(row.type, row.key_size, row.value_size);
        map->key_size = row.key_size;
        map->value_size = row.value_size;
        map->max_entries = row.max_entries;
        map->type = row.type;
        map->flags = row.flags;
        memcpy(package->map_names[i], row.name, MBPF_MAP_NAME_BYTES);
        package->map_names[i][MBPF_MAP_NAME_BYTES] = '\0';
        at += (uint32_t)mbpf_map_bytes(row.type, row.key_size, row.value_size, row.max_entries);
        mbpf_map_operations_of(row.type)->reset(map);
    }
}

typedef void (*any_function)(void);

static void *function_address(any_function f)
{
    /* ISO C has no cast between function and object pointers; both are one word on every target here. */
    void *address;
    _Static_assert(sizeof address == sizeof f, "flat address space");
    memcpy(&address, &f, sizeof address);
    return address;
}

static void *helper_address(mbpf_package_state *package, const mbpf_helper_row *helper)
{
#if MBPF_ISOLATION
    if (helper->gated) {
        return mbpf_gate_of(package, helper);
    }
#else
    (void)package;
#endif
    return function_address(helper->function);
}

MBPF_OUT_OF_LINE static void *entry_address(const mbpf_admitted *p, uint32_t program)
{
    mbpf_package_program row;
    mbpf_read_program(p, program, &row);
    const uint8_t *at = p->bytes + p->header.text_offset + row.entry_offset;
    return (void *)(uintptr_t)((uintptr_t)at | mbpf_port_code_bit);
}

static void *import_value(const mbpf_admitted *p, mbpf_package_state *package, uint32_t data, uint32_t i)
{
    mbpf_package_import row;
    mbpf_read_import(p, i, &row);
    switch (row.kind) {
    case MBPF_IMPORT_HELPER:
        return helper_address(package, mbpf_find_helper(p->platform, row.index));
    case MBPF_IMPORT_MAP:
        return &package->maps[row.index];
    case MBPF_IMPORT_MAP_VALUES:
        return package->maps[row.index].values;
    case MBPF_IMPORT_DATA:
        return package->ram + data + row.value;
    case MBPF_IMPORT_PROGRAM:
        return entry_address(p, row.index);
    case MBPF_IMPORT_RUNTIME:
        return function_address(row.index == MBPF_RT_ATOMIC64 ? (any_function)mbpf_rt_atomic64 : (any_function)mbpf_rt_atomic32);
    default:
        return 0; /* admission refused it */
    }
}

/* A program's stack, bounds and parameter: the same members in the same order in row and state. */
#define BOUNDS_BYTES (offsetof(mbpf_package_program, parameter) + 8u - offsetof(mbpf_package_program, stack_bytes))
#define SAME_PLACE(member) (offsetof(mbpf_program, member) - offsetof(mbpf_program, stack_bytes) == offsetof(mbpf_package_program, member) - offsetof(mbpf_package_program, stack_bytes))
_Static_assert(SAME_PLACE(worst_case_instructions) && SAME_PLACE(native_instructions) && SAME_PLACE(native_cycles) && SAME_PLACE(parameter), "copied in one piece");

static void place_programs(const mbpf_admitted *p, mbpf_package_state *package, void *const *imports)
{
    package->program_count = (uint16_t)p->header.program_count;
    for (uint32_t i = 0u; i < p->header.program_count; i++) {
        mbpf_package_program row;
        mbpf_read_program(p, i, &row);
        mbpf_program *program = &package->programs[i];
        void *address = entry_address(p, i);
        memcpy(&program->entry, &address, sizeof address);
        program->imports = imports;
        program->point = p->points[i];
#if MBPF_ISOLATION
        program->domain = &package->domain;
        mbpf_port_watchdog(mbpf_bound_cycles(&row), &program->watchdog_steps, &program->watchdog_rounds);
#endif
        memcpy(&program->stack_bytes, &row.stack_bytes, BOUNDS_BYTES);
        program->priority = row.priority;
        program->flags = row.flags;
        program->name = (const char *)p->bytes + p->header.programs_offset + i * (uint32_t)sizeof row; /* the row's first member */
        program->attach = program->name + offsetof(mbpf_package_program, attach);
    }
}

static void set_up_tail_calls(const mbpf_admitted *p, mbpf_package_state *package)
{
#ifdef MBPF_WITHOUT_MAP_PROGRAM_ARRAY
    (void)p;
    (void)package;
#else
    uint8_t flag = 0u;
    for (uint32_t i = 0u; i < package->map_count; i++) {
        if (package->maps[i].type == MBPF_MAP_PROGRAM_ARRAY) {
            flag = MBPF_PROGRAM_MAY_CHAIN;
        }
    }
    for (uint32_t i = 0u; i < package->program_count; i++) {
        package->programs[i].flags |= flag;
    }
    for (uint32_t i = 0u; i < p->header.import_count; i++) {
        mbpf_package_import row;
        mbpf_read_import(p, i, &row);
        if (row.kind == MBPF_IMPORT_PROGRAM) {
            mbpf_map *map = &package->maps[row.value >> 16];
            uint32_t element = row.value & 0xFFFFu, program = row.index + 1u;
            (void)mbpf_map_operations_of(map->type)->update(map, &element, &program, MBPF_UPDATE_ANY);
        }
    }
#endif
}

MBPF_OUT_OF_LINE mbpf_package_state *mbpf_free_record(mbpf_runtime *rt)
{
    for (mbpf_package_state *package = rt->packages; package < rt->packages + MBPF_MAX_PACKAGES; package++) {
        if (!package->used) {
            return package;
        }
    }
    return 0;
}

mbpf_package_state *mbpf_load(mbpf_runtime *rt, const mbpf_admitted *p, uint8_t ram_slot)
{
    mbpf_package_state *package = mbpf_free_record(rt);
    ram_plan plan;
    plan_ram(p, &plan);
    uint8_t *ram = mbpf_arena_take(rt, plan.bytes, plan.align);
    if (!package || !ram) {
        return 0;
    }
    memset(package, 0, sizeof *package);
    memset(ram, 0, plan.bytes);
    package->ram = ram;
    package->ram_bytes = plan.bytes;
    package->slot = ram_slot;
    package->stored = MBPF_NO_SLOT;
    package->bytes = p->bytes;
    package->text_bytes = p->header.text_bytes;
    package->rollback_counter = p->header.rollback_counter;
    package->version_major = p->header.version_major;
    package->version_minor = p->header.version_minor;
    package->version_patch = p->header.version_patch;
    package->name = (const char *)p->bytes + offsetof(mbpf_package_header, name);
    if (p->header.data_init_bytes != 0u) {
        memcpy(ram + plan.data, p->bytes + p->header.data_offset, p->header.data_init_bytes);
    }
    place_maps(p, package, ram + plan.objects, ram + plan.storage);
    void **imports = (void **)(void *)(ram + plan.imports);
    for (uint32_t i = 0u; i < p->header.import_count; i++) {
        imports[i] = import_value(p, package, plan.data, i);
    }
    place_programs(p, package, imports);
    set_up_tail_calls(p, package);
    mbpf_port_code_ready(p->bytes + p->header.text_offset, p->header.text_bytes);
#if MBPF_ISOLATION
    mbpf_domain_set(package, p->bytes + p->header.text_offset, plan.fixed_bytes);
#endif
    package->id = rt->next_package_id++;
    package->used = true;
    return package;
}

/* --- at its hooks --- */

MBPF_OUT_OF_LINE static void list_changed(mbpf_hook_point *point)
{
    mbpf_program *first = point->first;
    point->alone = first && !first->next && !mbpf_may_chain(first) ? first : 0;
}

mbpf_status mbpf_attach_program(mbpf_program *program)
{
    if (program->attached) {
        return MBPF_BAD_STATE;
    }
    mbpf_program **link = &program->point->first;
    while (*link && (*link)->priority <= program->priority) {
        link = &(*link)->next;
    }
    program->next = *link;
    *link = program;
    list_changed(program->point);
    program->attached = true;
    program->next_due_ns = 0u;
    return MBPF_OK;
}

mbpf_status mbpf_detach_program(mbpf_program *program)
{
    if (!program->attached) {
        return MBPF_BAD_STATE;
    }
    for (mbpf_program **link = &program->point->first; *link; link = &(*link)->next) {
        if (*link == program) {
            *link = program->next;
            break;
        }
    }
    list_changed(program->point);
    program->next = 0;
    program->attached = false;
    return MBPF_OK;
}

void mbpf_release(mbpf_runtime *rt, mbpf_package_state *package)
{
#if MBPF_ISOLATION
    mbpf_forget_domain(); /* it may be this package's, whose memory others get */
#endif
    for (uint32_t i = 0u; i < package->program_count; i++) {
        (void)mbpf_detach_program(&package->programs[i]);
    }
    if (package->slot != MBPF_NO_SLOT) {
        rt->slot_used[package->slot] = false;
    }
    memset(package, 0, sizeof *package);
}

void mbpf_package_failed(mbpf_runtime *rt, mbpf_package_state *package)
{
    if (rt->keeper) {
        rt->keeper->failed(rt, package);
    } else {
        mbpf_release(rt, package);
    }
}
