/* SPDX-License-Identifier: Apache-2.0
 * RAM of packages: one block each, first fit. The list of blocks is the list of packages, so there is no
 * bookkeeping to corrupt and an unload gives back all of it. */
#include "mbpf/admission_check.h"

/* The gap that begins at `from` ends at the next block, or at the arena's end. */
MBPF_OUT_OF_LINE static uint32_t gap_at(const mbpf_runtime *rt, uint32_t from)
{
    uint32_t end = MBPF_ARENA_BYTES;
    for (const mbpf_package_state *p = rt->packages; p < rt->packages + MBPF_MAX_PACKAGES; p++) {
        if (!p->used || p->ram_bytes == 0u) { /* one without RAM is in nobody's way */
            continue;
        }
        uint32_t begin = (uint32_t)(p->ram - rt->arena);
        if (begin <= from && from < begin + p->ram_bytes) {
            return 0u;
        }
        if (begin >= from && begin < end) {
            end = begin;
        }
    }
    return end - from;
}

/* Blocks begin where the arena does or where another ends, rounded up. */
MBPF_OUT_OF_LINE static uint32_t candidate(const mbpf_runtime *rt, uint32_t i, uint32_t align)
{
    uint32_t end = 0u;
    if (i != 0u) {
        const mbpf_package_state *p = &rt->packages[i - 1u];
        if (!p->used) {
            return MBPF_ARENA_BYTES;
        }
        end = (uint32_t)(p->ram - rt->arena) + p->ram_bytes;
    }
    end += (uint32_t)(0u - ((uintptr_t)rt->arena + end)) & (align - 1u);
    return end < MBPF_ARENA_BYTES ? end : MBPF_ARENA_BYTES;
}

/* The first gap of `bytes`, and where it is; else the greatest there is, and null. */
MBPF_OUT_OF_LINE static uint32_t find_gap(const mbpf_runtime *rt, uint32_t bytes, uint32_t align, const uint8_t **place)
{
    uint32_t largest = 0u;
    *place = 0;
    for (uint32_t i = 0u; i <= MBPF_MAX_PACKAGES; i++) {
        uint32_t from = candidate(rt, i, align), gap = gap_at(rt, from);
        if (from < MBPF_ARENA_BYTES && gap >= bytes) {
            *place = rt->arena + from;
            return gap;
        }
        if (gap > largest) {
            largest = gap;
        }
    }
    return largest;
}

uint8_t *mbpf_arena_take(mbpf_runtime *rt, uint32_t bytes, uint32_t align)
{
    const uint8_t *place;
    (void)find_gap(rt, bytes, align, &place);
    return place ? rt->arena + (place - rt->arena) : 0;
}

uint32_t mbpf_arena_largest_gap(const mbpf_runtime *rt)
{
    const uint8_t *place;
    return find_gap(rt, UINT32_MAX, 16u, &place);
}

uint32_t mbpf_ram_free(const mbpf_runtime *rt)
{
    uint32_t used = 0u;
    for (const mbpf_package_state *p = rt->packages; p < rt->packages + MBPF_MAX_PACKAGES; p++) {
        used += p->used ? p->ram_bytes : 0u;
    }
    return MBPF_ARENA_BYTES - used;
}
