/* SPDX-License-Identifier: Apache-2.0
 * One version in place of another, and unloading. The switch happens between two invocations because this code and
 * the programs share one loop, after every step that can fail has succeeded. */
#include <string.h>

#include "loading.h"
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

static uint32_t keep_maps(mbpf_package_state *package, mbpf_package_state *old)
{
    uint32_t kept = 0u;
    for (uint32_t i = 0u; i < package->map_count; i++) {
        mbpf_map *map = &package->maps[i];
        const mbpf_map *before = mbpf_find_map(old, package->map_names[i]);
        /* What a program array names is the new version's to say. */
        if (before && map->type != MBPF_MAP_PROGRAM_ARRAY) { /* equal layout: admission saw to it */
            memcpy(map->values, before->values,
                   (size_t)mbpf_map_bytes(map->type, map->key_size, map->value_size, map->max_entries));
            kept++;
        }
    }
    return kept;
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
        result->maps_kept = keep_maps(package, old);
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
        /* What only tail calls enter is attached if the host did that to the version before, where it was no other. */
        bool tail_only = (row.flags & MBPF_PROGRAM_TAIL_ONLY) != 0u;
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
