/* SPDX-License-Identifier: Apache-2.0
 * From an admitted package to running programs: RAM, maps, import table, then the switch. The switch happens
 * between two invocations because this code and the programs share one loop. Nothing of the old version is
 * touched before every step that can fail has succeeded. */
#include <string.h>

#include "mbpf/abi/reader.h"
#include "isolation.h"
#include "mbpf/admission_check.h"
#include "mbpf/crypto.h"
#include "mbpf/port.h"
#include "loading.h"
#include "runtime_functions.h"
#include "text.h"

mbpf_runtime *mbpf_active;

void mbpf_runtime_init(mbpf_runtime *rt)
{
    memset(rt, 0, sizeof *rt);
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

mbpf_package_state *mbpf_find_package(mbpf_runtime *rt, const char *name)
{
    for (uint32_t i = 0u; i < MBPF_MAX_PACKAGES; i++) {
        if (rt->packages[i].used && !rt->packages[i].held && mbpf_text_equal(rt->packages[i].name, name)) {
            return &rt->packages[i];
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

/* --- transfer --- */

static void drop_transfer(mbpf_runtime *rt)
{
    if (rt->transfer.open) {
        rt->slot_used[rt->transfer.slot] = false;
    }
    rt->transfer.open = false;
}

mbpf_status mbpf_transfer_begin(mbpf_runtime *rt, uint32_t bytes, const uint8_t sha256[32], mbpf_verdict *v)
{
    (void)mbpf_refuse(v, MBPF_ADMIT_OK, 0u, 0u, "");
    if (rt->transfer.open && rt->transfer.bytes == bytes && memcmp(rt->transfer.digest, sha256, sizeof rt->transfer.digest) == 0) {
        return MBPF_OK;
    }
    drop_transfer(rt);
    if (bytes > MBPF_SLOT_BYTES) {
        (void)mbpf_refuse(v, MBPF_ADMIT_TOO_LARGE, MBPF_SLOT_BYTES, bytes, "");
        return MBPF_REFUSED;
    }
    for (uint32_t i = 0u; i < MBPF_SLOT_COUNT; i++) {
        if (rt->slot_used[i]) {
            continue;
        }
        memset(&rt->transfer, 0, sizeof rt->transfer);
        rt->slot_used[i] = true;
        rt->transfer.open = true;
        rt->transfer.slot = (uint8_t)i;
        rt->transfer.bytes = bytes;
        memcpy(rt->transfer.digest, sha256, sizeof rt->transfer.digest);
        return MBPF_OK;
    }
    (void)mbpf_refuse(v, MBPF_ADMIT_NO_SLOT, MBPF_SLOT_COUNT, MBPF_SLOT_COUNT, "");
    return MBPF_REFUSED;
}

mbpf_status mbpf_transfer_data(mbpf_runtime *rt, uint32_t offset, const uint8_t *bytes, uint32_t count)
{
    mbpf_transfer *t = &rt->transfer;
    if (!t->open) {
        return MBPF_BAD_STATE;
    }
    uint32_t known = t->received - offset;
    if (offset > t->received || count > t->bytes || offset > t->bytes - count) {
        return MBPF_OUT_OF_RANGE;
    }
    if (count > known) {
        memcpy(rt->slots[t->slot] + t->received, bytes + known, count - known);
        t->received += count - known;
    }
    return MBPF_OK;
}

/* --- loading --- */

static uint32_t storage_of(const mbpf_package_map *row)
{
    return (uint32_t)mbpf_map_storage_bytes(row->type, row->key_size, row->value_size, row->max_entries);
}

/* RAM of a package. Plain: data (16-aligned), map storage, map objects, import table. With isolation the parts that
 * programs only read come first, as one protected piece. */
typedef struct ram_plan {
    uint32_t align, bytes;
    uint32_t data, storage, objects, imports; /* offsets */
    uint32_t fixed_bytes;                     /* of the read-only piece */
} ram_plan;

static void plan_ram(const mbpf_admitted *p, ram_plan *plan)
{
    uint32_t data = (p->data_ram_bytes + 15u) & ~15u;
    uint32_t objects = p->map_count * MBPF_MAP_OBJECT_RAM_BYTES;
    uint32_t imports = (p->import_count * (uint32_t)sizeof(void *) + 7u) & ~7u;
#if MBPF_ISOLATION
    mbpf_block block;
    mbpf_port_block(objects + imports, p->ram_bytes - objects - imports, &block);
    *plan = (ram_plan){block.align, block.bytes, block.fixed_bytes, block.fixed_bytes + data, imports, 0u, block.fixed_bytes};
#else
    *plan = (ram_plan){16u, p->ram_bytes, 0u, data, p->ram_bytes - imports - objects, p->ram_bytes - imports, 0u};
#endif
}

static void place_maps(const mbpf_admitted *p, mbpf_package_state *package, uint8_t *objects, uint8_t *at)
{
    package->maps = (mbpf_map *)(void *)objects;
    package->map_count = (uint16_t)p->map_count;
    for (uint32_t i = 0u; i < p->map_count; i++) {
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
        at += storage_of(&row);
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

static void *entry_address(const mbpf_admitted *p, uint32_t program)
{
    mbpf_package_program row;
    mbpf_read_program(p, program, &row);
    const uint8_t *at = p->bytes + p->text_offset + row.entry_offset;
    return (void *)(uintptr_t)((uintptr_t)at | mbpf_port_code_bit);
}

static void *import_value(const mbpf_admitted *p, mbpf_package_state *package, uint32_t data, uint32_t i)
{
    mbpf_package_import row;
    mbpf_read_import(p, i, &row);
    switch (row.kind) {
    case MBPF_IMPORT_HELPER:
        for (uint32_t h = 0u; h < p->platform->helper_count; h++) {
            if (p->platform->helpers[h].number == row.index) {
                return helper_address(package, &p->platform->helpers[h]);
            }
        }
        return 0;
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

static void place_programs(const mbpf_admitted *p, mbpf_package_state *package, void *const *imports)
{
    package->program_count = (uint16_t)p->program_count;
    for (uint32_t i = 0u; i < p->program_count; i++) {
        mbpf_package_program row;
        mbpf_read_program(p, i, &row);
        mbpf_program *program = &package->programs[i];
        memset(program, 0, sizeof *program);
        void *address = entry_address(p, i);
        memcpy(&program->entry, &address, sizeof address);
        program->imports = imports;
        program->point = p->points[i];
#if MBPF_ISOLATION
        program->domain = &package->domain;
        mbpf_port_watchdog(mbpf_bound_cycles(&row), &program->watchdog_steps, &program->watchdog_rounds);
#endif
        program->worst_case_instructions = row.worst_case_instructions;
        program->native_instructions = row.native_instructions;
        program->native_cycles = row.native_cycles;
        program->parameter = row.parameter;
        program->stack_bytes = row.stack_bytes;
        program->priority = row.priority;
        program->flags = row.flags;
        memcpy(program->name, row.name, sizeof program->name);
        memcpy(program->attach, row.attach, sizeof program->attach);
    }
}

static mbpf_package_state *free_record(mbpf_runtime *rt)
{
    for (uint32_t i = 0u; i < MBPF_MAX_PACKAGES; i++) {
        if (!rt->packages[i].used) {
            return &rt->packages[i];
        }
    }
    return 0;
}

mbpf_package_state *mbpf_load(mbpf_runtime *rt, const mbpf_admitted *p, uint8_t ram_slot)
{
    mbpf_package_state *package = free_record(rt);
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
    package->text_bytes = p->text_bytes;
    package->rollback_counter = p->rollback_counter;
    package->version_major = p->version_major;
    package->version_minor = p->version_minor;
    package->version_patch = p->version_patch;
    memcpy(package->name, p->name, sizeof package->name);
    if (p->data_init_bytes != 0u) {
        memcpy(ram + plan.data, p->bytes + p->data_offset, p->data_init_bytes);
    }
    place_maps(p, package, ram + plan.objects, ram + plan.storage);
    void **imports = (void **)(void *)(ram + plan.imports);
    for (uint32_t i = 0u; i < p->import_count; i++) {
        imports[i] = import_value(p, package, plan.data, i);
    }
    place_programs(p, package, imports);
    mbpf_port_code_ready(p->bytes + p->text_offset, p->text_bytes);
#if MBPF_ISOLATION
    mbpf_domain_set(package, p->bytes + p->text_offset, plan.fixed_bytes);
#endif
    package->id = rt->next_package_id++;
    package->used = true;
    return package;
}

/* --- switching --- */

static uint32_t keep_maps(mbpf_package_state *package, mbpf_package_state *old)
{
    uint32_t kept = 0u;
    for (uint32_t i = 0u; i < package->map_count; i++) {
        mbpf_map *map = &package->maps[i];
        const mbpf_map *before = mbpf_find_map(old, package->map_names[i]);
        if (before) { /* equal layout: admission saw to it */
            memcpy(map->values, before->values,
                   (size_t)mbpf_map_storage_bytes(map->type, map->key_size, map->value_size, map->max_entries));
            kept++;
        }
    }
    return kept;
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
    program->next = 0;
    program->attached = false;
    return MBPF_OK;
}

void mbpf_release(mbpf_runtime *rt, mbpf_package_state *package)
{
    for (uint32_t i = 0u; i < package->program_count; i++) {
        (void)mbpf_detach_program(&package->programs[i]);
    }
    if (package->slot != MBPF_NO_SLOT) {
        rt->slot_used[package->slot] = false;
    }
    memset(package, 0, sizeof *package);
}

static mbpf_status unload_from_ram(mbpf_runtime *rt, const char *name)
{
    mbpf_package_state *package = mbpf_find_package(rt, name);
    if (!package) {
        return MBPF_NOT_FOUND;
    }
    mbpf_release(rt, package);
    return MBPF_OK;
}

mbpf_status mbpf_unload(mbpf_runtime *rt, const char *name)
{
    char kept[MBPF_NAME_BYTES]; /* `name` may be the package's own */
    mbpf_text_copy(kept, name, sizeof kept);
    mbpf_status status = (rt->keeper ? rt->keeper->forget : unload_from_ram)(rt, kept);
    if (status == MBPF_OK) {
        mbpf_event(rt, MBPF_EVENT_UNLOADED, 0u, kept, 0);
    }
    return status;
}

void mbpf_package_failed(mbpf_runtime *rt, mbpf_package_state *package)
{
    if (rt->keeper) {
        rt->keeper->failed(rt, package);
    } else {
        mbpf_release(rt, package);
    }
}

static void hold(mbpf_package_state *package)
{
    for (uint32_t i = 0u; i < package->program_count; i++) {
        if (mbpf_detach_program(&package->programs[i]) == MBPF_OK) {
            package->held_attached |= (uint16_t)(1u << i);
        }
    }
    package->held = true;
}

void mbpf_take_over(mbpf_runtime *rt, mbpf_package_state *package, mbpf_package_state *old, uint32_t attach, bool hold_old, mbpf_commit_result *result)
{
    if (old) {
        result->maps_kept = keep_maps(package, old);
        result->replaced = true;
        if (hold_old) {
            hold(old);
        } else {
            mbpf_release(rt, old);
        }
    }
    for (uint32_t i = 0u; i < package->program_count; i++) {
        if ((attach >> i & 1u) != 0u) {
            (void)mbpf_attach_program(&package->programs[i]);
        }
    }
}

uint32_t mbpf_attachments(const mbpf_admitted *p, mbpf_package_state *old, bool activate)
{
    uint32_t attach = 0u;
    for (uint32_t i = 0u; i < p->program_count; i++) {
        mbpf_package_program row;
        mbpf_read_program(p, i, &row);
        const mbpf_program *before = old ? mbpf_find_program(old, (const char *)row.name) : 0;
        attach |= (activate || (before && before->attached) ? 1u : 0u) << i;
    }
    return attach;
}

mbpf_status mbpf_no_room(mbpf_runtime *rt, const mbpf_admitted *p, mbpf_verdict *v)
{
    if (!free_record(rt)) {
        (void)mbpf_refuse(v, MBPF_ADMIT_NO_SLOT, MBPF_MAX_PACKAGES, MBPF_MAX_PACKAGES, "loaded packages");
    } else {
        (void)mbpf_refuse(v, MBPF_ADMIT_RAM, mbpf_arena_largest_gap(rt), p->ram_bytes, "free");
    }
    return MBPF_REFUSED;
}

static mbpf_status commit_to_ram(mbpf_runtime *rt, mbpf_admitted *p, uint8_t ram_slot, const mbpf_commit_options *options, mbpf_verdict *v,
                                 mbpf_commit_result *result)
{
    mbpf_package_state *old = mbpf_find_package(rt, p->name);
    mbpf_package_state *package = mbpf_load(rt, p, ram_slot);
    if (!package) {
        return mbpf_no_room(rt, p, v);
    }
    mbpf_take_over(rt, package, old, mbpf_attachments(p, old, options->activate), false, result);
    result->package_id = package->id;
    return MBPF_OK;
}

mbpf_status mbpf_transfer_commit(mbpf_runtime *rt, const mbpf_commit_options *options, mbpf_verdict *v, mbpf_commit_result *result)
{
    mbpf_transfer *t = &rt->transfer;
    memset(result, 0, sizeof *result);
    (void)mbpf_refuse(v, MBPF_ADMIT_OK, 0u, 0u, "");
    if (!t->open || t->received != t->bytes) {
        return MBPF_BAD_STATE;
    }
    const uint8_t *bytes = rt->slots[t->slot];
    uint8_t digest[32];
    mbpf_sha256(bytes, t->bytes, digest);
    if (memcmp(digest, t->digest, sizeof digest) != 0) {
        drop_transfer(rt);
        (void)mbpf_refuse(v, MBPF_ADMIT_OK, 0u, 0u, "transfer digest");
        return MBPF_BAD_REQUEST;
    }
    mbpf_admitted admitted;
    bool admit = mbpf_admit(rt, bytes, t->bytes, &admitted, v);
    if (!admit) {
        mbpf_event(rt, MBPF_EVENT_REFUSED, v->code, admitted.name, digest);
    }
    if (!admit || options->dry_run) {
        drop_transfer(rt);
        return admit ? MBPF_OK : MBPF_REFUSED;
    }
    result->stored = MBPF_NO_SLOT;
    mbpf_status status = (rt->keeper ? rt->keeper->commit : commit_to_ram)(rt, &admitted, t->slot, options, v, result);
    mbpf_event(rt, status == MBPF_OK ? MBPF_EVENT_ADMITTED : MBPF_EVENT_REFUSED, v->code, admitted.name, digest);
    if (status != MBPF_OK) {
        drop_transfer(rt);
    }
    t->open = false; /* the slot is the package's now, or free */
    return status;
}
