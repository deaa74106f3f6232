/* SPDX-License-Identifier: Apache-2.0
 * One version in place of another, and unloading. The switch happens between two invocations because this code and
 * the programs share one loop, after every step that can fail has succeeded. */
#include <string.h>

#include "isolation.h"
#include "loading.h"
#include "mbpf/port.h"
#include "text.h"

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

static bool same_layout(const mbpf_map *a, const mbpf_map *b)
{
    return a->type == b->type && a->key_size == b->key_size && a->value_size == b->value_size && a->max_entries == b->max_entries;
}

static mbpf_program *migrator_of(mbpf_package_state *package)
{
    for (uint32_t i = 0u; i < package->program_count; i++) {
        if (mbpf_text_equal(package->programs[i].attach, MBPF_MIGRATOR)) {
            return &package->programs[i];
        }
    }
    return 0;
}

/* Whether map `i` of the package is to take in the old version's map of the name without prefix. */
static const mbpf_map *taken_in(mbpf_package_state *package, uint32_t i, mbpf_package_state *old)
{
    const char *name = package->map_names[i] + sizeof MBPF_MIGRATED_PREFIX - 1u;
    const mbpf_map *before = mbpf_find_map(old, name), *now = mbpf_find_map(package, name);
    return before && same_layout(before, &package->maps[i]) && (!now || !same_layout(before, now)) ? before : 0;
}

/* On an event of its own; its maps have their contents. Stopped: false, and the record stays. */
static bool migrate(mbpf_program *migrator, const mbpf_package_state *old, uint64_t *result)
{
    uint64_t event[6] = {mbpf_port_time_ns(), 0u, 0u, 0u, 0u, 0u}; /* struct trace_event; argument 0: the version before */
    event[2] = (uint64_t)old->version_major << 32 | (uint32_t)old->version_minor << 16 | old->version_patch;
    void *open = mbpf_open_context(migrator->point, event);
    bool returned;
    if (mbpf_may_chain(migrator)) {
        returned = mbpf_enter_chain(&migrator, open, result);
    } else {
        returned = mbpf_enter(migrator, open, result);
        migrator->runs.low++; /* the first: it was loaded a moment ago */
    }
    mbpf_close_context(migrator->point, event, open);
#if MBPF_ISOLATION
    if (!returned) {
        mbpf_record_fault(migrator);
    }
#endif
    return returned;
}

mbpf_status mbpf_inherit(mbpf_package_state *package, mbpf_package_state *old, mbpf_verdict *v, mbpf_commit_result *result)
{
    if (!old) {
        return MBPF_OK;
    }
    mbpf_program *migrator = migrator_of(package);
    bool moved = false;
    for (uint32_t i = 0u; i < package->map_count; i++) {
        mbpf_map *map = &package->maps[i];
        const mbpf_map *before;
        if (migrator && mbpf_text_starts(package->map_names[i], MBPF_MIGRATED_PREFIX)) {
            before = taken_in(package, i, old);
            moved |= before != 0;
        } else {
            before = mbpf_find_map(old, package->map_names[i]);
            result->maps_kept += before && same_layout(before, map) && map->type != MBPF_MAP_PROGRAM_ARRAY ? 1u : 0u;
        }
        /* What a program array names is the new version's to say. */
        if (before && same_layout(before, map) && map->type != MBPF_MAP_PROGRAM_ARRAY) {
            memcpy(map->values, before->values, (size_t)mbpf_map_bytes(map->type, map->key_size, map->value_size, map->max_entries));
        }
    }
    uint64_t failed = UINT64_MAX;
    if (moved && (!migrate(migrator, old, &failed) || failed != 0u)) {
        (void)mbpf_refuse(v, MBPF_ADMIT_MAP_LAYOUT_CHANGED, 0u, failed, migrator->name);
        package->slot = MBPF_NO_SLOT; /* still the transfer's */
        return MBPF_REFUSED;
    }
    return MBPF_OK;
}

/* What the host set holds for the next version, too. */
static void keep_priorities(mbpf_package_state *package, mbpf_package_state *old)
{
    for (uint32_t i = 0u; i < package->program_count; i++) {
        const mbpf_program *before = mbpf_find_program(old, package->programs[i].name);
        if (before && before->priority_set) {
            package->programs[i].priority = before->priority;
            package->programs[i].priority_set = true;
        }
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
        keep_priorities(package, old);
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
    for (uint32_t i = 0u; i < p->header.program_count; i++) {
        mbpf_package_program row;
        mbpf_read_program(p, i, &row);
        const mbpf_program *before = old ? mbpf_find_program(old, (const char *)row.name) : 0;
        /* What only tail calls or a swap enter is attached if the host did that to the version before, where it was no other. */
        bool tail_only = (row.flags & MBPF_PROGRAM_TAIL_ONLY) != 0u || mbpf_text_equal((const char *)row.attach, MBPF_MIGRATOR);
        bool was = before && before->attached && (!tail_only || (before->flags & MBPF_PROGRAM_TAIL_ONLY) != 0u);
        attach |= (was || (activate && !tail_only) ? 1u : 0u) << i;
    }
    return attach;
}

mbpf_status mbpf_no_room(mbpf_runtime *rt, const mbpf_admitted *p, mbpf_verdict *v)
{
    if (!mbpf_free_record(rt)) {
        (void)mbpf_refuse(v, MBPF_ADMIT_NO_SLOT, MBPF_MAX_PACKAGES, MBPF_MAX_PACKAGES, "loaded packages");
    } else {
        (void)mbpf_refuse(v, MBPF_ADMIT_RAM, mbpf_arena_largest_gap(rt), p->header.ram_bytes, "free");
    }
    return MBPF_REFUSED;
}
