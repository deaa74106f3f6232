/* SPDX-License-Identifier: Apache-2.0
 * Whether a package may run here. The checks stand in the order of mbpf/abi/admission.h; each refuses with
 * its own number and the two values it compared. Nothing is believed before the signatures hold except what
 * is needed to find them, and all arithmetic on sizes is in 64 bits or on values already bounded. */
#include "mbpf/admission_check.h"

#include <string.h>

#include "mbpf/abi/map_layout.h"
#include "mbpf/abi/reader.h"
#include "mbpf/crypto.h"
#include "mbpf/port.h"
#include "text.h"

bool mbpf_refuse(mbpf_verdict *v, uint32_t code, uint64_t expected, uint64_t actual, const char *detail)
{
    v->code = code;
    v->expected = expected;
    v->actual = actual;
    mbpf_text_copy(v->detail, detail, MBPF_DETAIL_BYTES);
    return false;
}

void mbpf_read_import(const mbpf_admitted *p, uint32_t i, mbpf_package_import *row)
{
    mbpf_reader r = mbpf_reader_at(p->bytes, p->count, p->imports_offset + i * (uint32_t)sizeof *row, (uint32_t)sizeof *row);
    row->kind = mbpf_read_u8(&r);
    row->reserved = mbpf_read_u8(&r);
    row->index = mbpf_read_u16(&r);
    row->value = mbpf_read_u32(&r);
}

static void read_text(mbpf_reader *r, uint8_t *field, uint32_t bytes)
{
    const uint8_t *at = mbpf_read_bytes(r, bytes);
    memset(field, 0, bytes);
    if (at) {
        memcpy(field, at, bytes);
    }
}

void mbpf_read_program(const mbpf_admitted *p, uint32_t i, mbpf_package_program *row)
{
    mbpf_reader r = mbpf_reader_at(p->bytes, p->count, p->programs_offset + i * (uint32_t)sizeof *row, (uint32_t)sizeof *row);
    read_text(&r, row->name, sizeof row->name);
    read_text(&r, row->attach, sizeof row->attach);
    row->hook_id = mbpf_read_u16(&r);
    row->priority = mbpf_read_u8(&r);
    row->flags = mbpf_read_u8(&r);
    row->hook_abi = mbpf_read_u32(&r);
    row->entry_offset = mbpf_read_u32(&r);
    row->stack_bytes = mbpf_read_u32(&r);
    row->worst_case_instructions = mbpf_read_u64(&r);
    row->native_instructions = mbpf_read_u32(&r);
    row->native_cycles = mbpf_read_u32(&r);
    row->parameter = mbpf_read_u64(&r);
}

void mbpf_read_map(const mbpf_admitted *p, uint32_t i, mbpf_package_map *row)
{
    mbpf_reader r = mbpf_reader_at(p->bytes, p->count, p->maps_offset + i * (uint32_t)sizeof *row, (uint32_t)sizeof *row);
    read_text(&r, row->name, sizeof row->name);
    row->type = mbpf_read_u16(&r);
    row->flags = mbpf_read_u16(&r);
    row->key_size = mbpf_read_u32(&r);
    row->value_size = mbpf_read_u32(&r);
    row->max_entries = mbpf_read_u32(&r);
    row->reserved[0] = mbpf_read_u32(&r);
    row->reserved[1] = mbpf_read_u32(&r);
}

static bool all_zero(const uint8_t *bytes, uint32_t count)
{
    uint8_t seen = 0u;
    for (uint32_t i = 0u; i < count; i++) {
        seen |= bytes[i];
    }
    return seen == 0u;
}

/* Header fields in their order; the checks that stop the reading of a header this firmware does not know. */
static bool read_header(mbpf_admitted *p, mbpf_verdict *v)
{
    if (p->count < MBPF_HEADER_BYTES) {
        return mbpf_refuse(v, MBPF_ADMIT_TRUNCATED, MBPF_HEADER_BYTES, p->count, "header");
    }
    mbpf_reader r = mbpf_reader_at(p->bytes, p->count, 0u, MBPF_HEADER_BYTES);
    uint32_t magic = mbpf_read_u32(&r);
    if (magic != MBPF_PACKAGE_MAGIC) {
        return mbpf_refuse(v, MBPF_ADMIT_MAGIC, MBPF_PACKAGE_MAGIC, magic, "");
    }
    uint16_t format = mbpf_read_u16(&r);
    uint16_t header_bytes = mbpf_read_u16(&r);
    if (format != MBPF_FORMAT_VERSION) {
        return mbpf_refuse(v, MBPF_ADMIT_FORMAT_VERSION, MBPF_FORMAT_VERSION, format, "");
    }
    p->signed_bytes = mbpf_read_u32(&r);
    p->flags = mbpf_read_u32(&r);
    if ((p->flags & ~MBPF_KNOWN_FLAGS) != 0u) {
        return mbpf_refuse(v, MBPF_ADMIT_FLAGS, MBPF_KNOWN_FLAGS, p->flags, "");
    }
    const uint8_t *name = mbpf_read_bytes(&r, MBPF_NAME_BYTES);
    p->version_major = mbpf_read_u16(&r);
    p->version_minor = mbpf_read_u16(&r);
    p->version_patch = mbpf_read_u16(&r);
    uint16_t reserved0 = mbpf_read_u16(&r);
    p->rollback_counter = mbpf_read_u32(&r);
    p->isa = mbpf_read_u16(&r);
    p->isa_extensions = mbpf_read_u16(&r);
    p->text_offset = mbpf_read_u32(&r);
    p->text_bytes = mbpf_read_u32(&r);
    p->data_offset = mbpf_read_u32(&r);
    p->data_init_bytes = mbpf_read_u32(&r);
    p->data_ram_bytes = mbpf_read_u32(&r);
    p->imports_offset = mbpf_read_u32(&r);
    p->import_count = mbpf_read_u32(&r);
    p->programs_offset = mbpf_read_u32(&r);
    p->program_count = mbpf_read_u32(&r);
    p->maps_offset = mbpf_read_u32(&r);
    p->map_count = mbpf_read_u32(&r);
    p->ram_bytes = mbpf_read_u32(&r);
    p->capabilities = mbpf_read_u64(&r);
    p->platform_version = mbpf_read_u32(&r);
    p->stack_bytes = mbpf_read_u32(&r);
    p->worst_case_instructions = mbpf_read_u64(&r);
    p->data_align = mbpf_read_u32(&r);
    uint32_t reserved1 = mbpf_read_u32(&r);
    read_text(&r, p->payload_digest, MBPF_DIGEST_BYTES);
    (void)mbpf_read_bytes(&r, MBPF_DIGEST_BYTES); /* the host directory's: none of the device's business */
    const uint8_t *reserved2 = mbpf_read_bytes(&r, 48u);
    if (r.failed || !name || !reserved2) {
        return mbpf_refuse(v, MBPF_ADMIT_TRUNCATED, MBPF_HEADER_BYTES, p->count, "header");
    }
    if (p->signed_bytes > p->count || p->count - p->signed_bytes < MBPF_SIGNATURE_BLOCK_HEADER_BYTES) {
        return mbpf_refuse(v, MBPF_ADMIT_TRUNCATED, (uint64_t)p->signed_bytes + MBPF_SIGNATURE_BLOCK_HEADER_BYTES, p->count, "signatures");
    }
    if (header_bytes != MBPF_HEADER_BYTES) {
        return mbpf_refuse(v, MBPF_ADMIT_LAYOUT, MBPF_HEADER_BYTES, header_bytes, "header size");
    }
    if (reserved0 != 0u || reserved1 != 0u || !all_zero(reserved2, 48u)) {
        return mbpf_refuse(v, MBPF_ADMIT_LAYOUT, 0u, 1u, "reserved bytes");
    }
    if (!mbpf_text_field_ok(name, MBPF_NAME_BYTES, true)) {
        return mbpf_refuse(v, MBPF_ADMIT_LAYOUT, 0u, 0u, "package name");
    }
    memcpy(p->name, name, MBPF_NAME_BYTES);
    return true;
}

/* One part of the payload: behind the one before it, inside the signed bytes, aligned. `floor` advances. */
static bool part_ok(const mbpf_admitted *p, uint64_t *floor, uint32_t offset, uint64_t bytes, uint32_t align, const char *what,
                    mbpf_verdict *v)
{
    if (bytes == 0u) {
        return true; /* an absent part has no place */
    }
    if (offset < *floor || (offset & (align - 1u)) != 0u) {
        return mbpf_refuse(v, MBPF_ADMIT_LAYOUT, *floor, offset, what);
    }
    if ((uint64_t)offset + bytes > p->signed_bytes) {
        return mbpf_refuse(v, MBPF_ADMIT_LAYOUT, p->signed_bytes, (uint64_t)offset + bytes, what);
    }
    *floor = (uint64_t)offset + bytes;
    return true;
}

/* Rows are payload: they are looked at only after the payload proved to be the signed one. */
static bool check_rows_layout(const mbpf_admitted *p, mbpf_verdict *v)
{
    for (uint32_t i = 0u; i < p->program_count; i++) {
        mbpf_package_program row;
        mbpf_read_program(p, i, &row);
        if (!mbpf_text_field_ok(row.name, sizeof row.name, true) || !mbpf_text_field_ok(row.attach, sizeof row.attach, true) ||
            (row.flags & ~MBPF_PROGRAM_FAIL_OPEN) != 0u) {
            return mbpf_refuse(v, MBPF_ADMIT_LAYOUT, 0u, i, "program row");
        }
        for (uint32_t j = 0u; j < i; j++) {
            mbpf_package_program other;
            mbpf_read_program(p, j, &other);
            if (memcmp(other.name, row.name, sizeof row.name) == 0) {
                return mbpf_refuse(v, MBPF_ADMIT_LAYOUT, j, i, "two programs of one name");
            }
        }
    }
    for (uint32_t i = 0u; i < p->map_count; i++) {
        mbpf_package_map row;
        mbpf_read_map(p, i, &row);
        if (!mbpf_text_field_ok(row.name, sizeof row.name, false) || row.reserved[0] != 0u || row.reserved[1] != 0u) {
            return mbpf_refuse(v, MBPF_ADMIT_LAYOUT, 0u, i, "map row");
        }
        for (uint32_t j = 0u; j < i; j++) {
            mbpf_package_map other;
            mbpf_read_map(p, j, &other);
            if (memcmp(other.name, row.name, sizeof row.name) == 0) {
                return mbpf_refuse(v, MBPF_ADMIT_LAYOUT, j, i, "two maps of one name");
            }
        }
    }
    return true;
}

static bool check_layout(const mbpf_admitted *p, mbpf_verdict *v)
{
    if (p->program_count == 0u || p->program_count > MBPF_MAX_PROGRAMS) {
        return mbpf_refuse(v, MBPF_ADMIT_LAYOUT, MBPF_MAX_PROGRAMS, p->program_count, "programs");
    }
    if (p->map_count > MBPF_MAX_MAPS) {
        return mbpf_refuse(v, MBPF_ADMIT_LAYOUT, MBPF_MAX_MAPS, p->map_count, "maps");
    }
    if (p->import_count > MBPF_MAX_IMPORTS) {
        return mbpf_refuse(v, MBPF_ADMIT_LAYOUT, MBPF_MAX_IMPORTS, p->import_count, "imports");
    }
    if (p->data_ram_bytes < p->data_init_bytes || (p->data_align != 8u && p->data_align != 16u)) {
        return mbpf_refuse(v, MBPF_ADMIT_LAYOUT, p->data_init_bytes, p->data_ram_bytes, "data");
    }
    uint64_t floor = MBPF_HEADER_BYTES;
    if (p->text_bytes == 0u) {
        return mbpf_refuse(v, MBPF_ADMIT_LAYOUT, 1u, 0u, "text");
    }
    return part_ok(p, &floor, p->text_offset, p->text_bytes, 16u, "text", v) &&
           part_ok(p, &floor, p->data_offset, p->data_init_bytes, 8u, "data", v) &&
           part_ok(p, &floor, p->imports_offset, (uint64_t)p->import_count * sizeof(mbpf_package_import), 8u, "imports", v) &&
           part_ok(p, &floor, p->programs_offset, (uint64_t)p->program_count * sizeof(mbpf_package_program), 1u, "programs", v) &&
           part_ok(p, &floor, p->maps_offset, (uint64_t)p->map_count * sizeof(mbpf_package_map), 1u, "maps", v);
}

static bool check_target(const mbpf_runtime *rt, const mbpf_admitted *p, mbpf_verdict *v)
{
    if (!mbpf_port_isa_runs(p->isa)) {
        return mbpf_refuse(v, MBPF_ADMIT_ISA, mbpf_port_isa, p->isa, "");
    }
    if ((p->isa_extensions & ~mbpf_port_isa_extensions) != 0) {
        return mbpf_refuse(v, MBPF_ADMIT_ISA_EXTENSION, mbpf_port_isa_extensions, p->isa_extensions, "");
    }
    for (uint32_t i = 0u; i < rt->platform_count; i++) {
        if (rt->platforms[i]->version == p->platform_version) {
            return true;
        }
    }
    return mbpf_refuse(v, MBPF_ADMIT_PLATFORM, rt->platform_count ? rt->platforms[0]->version : 0u, p->platform_version, "");
}

static bool check_payload(const mbpf_admitted *p, mbpf_verdict *v)
{
    uint8_t digest[MBPF_DIGEST_BYTES];
    mbpf_sha256(p->bytes + MBPF_HEADER_BYTES, p->signed_bytes - MBPF_HEADER_BYTES, digest);
    if (memcmp(digest, p->payload_digest, sizeof digest) == 0) {
        return true;
    }
    uint64_t want = 0u, have = 0u;
    for (uint32_t i = 0u; i < 8u; i++) { /* the first 8 bytes, as a person compares them with a printed digest */
        want = want << 8 | p->payload_digest[i];
        have = have << 8 | digest[i];
    }
    return mbpf_refuse(v, MBPF_ADMIT_PAYLOAD_DIGEST, want, have, "sha-256, first 8 bytes");
}

static mbpf_hook_point *find_point(mbpf_runtime *rt, const char *attach)
{
    mbpf_hook_point *best = 0;
    for (uint32_t i = 0u; i < rt->point_count; i++) {
        mbpf_hook_point *point = &rt->points[i];
        if (!point->prefix && mbpf_text_equal(attach, point->name)) {
            return point;
        }
        if (point->prefix && mbpf_text_starts(attach, point->name) && (!best || strlen(point->name) > strlen(best->name))) {
            best = point;
        }
    }
    return best;
}

/* HOOK_UNKNOWN and HOOK_ABI. All programs of a package are of one platform: its helpers are looked up there. */
static bool check_hooks(mbpf_runtime *rt, mbpf_admitted *p, mbpf_verdict *v)
{
    for (uint32_t i = 0u; i < p->program_count; i++) {
        mbpf_package_program row;
        mbpf_read_program(p, i, &row);
        const char *attach = (const char *)row.attach;
        mbpf_hook_point *point = find_point(rt, attach);
        if (!point) {
            return mbpf_refuse(v, MBPF_ADMIT_HOOK_UNKNOWN, 0u, row.hook_id, attach);
        }
        if (point->row->id != row.hook_id || (p->platform && p->platform != point->platform) ||
            point->platform->version != p->platform_version) {
            return mbpf_refuse(v, MBPF_ADMIT_HOOK_UNKNOWN, point->row->id, row.hook_id, attach);
        }
        if (point->row->abi_hash != row.hook_abi) {
            return mbpf_refuse(v, MBPF_ADMIT_HOOK_ABI, point->row->abi_hash, row.hook_abi, attach);
        }
        p->platform = point->platform;
        p->points[i] = point;
    }
    return true;
}

static const mbpf_helper_row *find_helper(const mbpf_platform_tables *platform, uint32_t number)
{
    for (uint32_t i = 0u; i < platform->helper_count; i++) {
        if (platform->helpers[i].number == number) {
            return &platform->helpers[i];
        }
    }
    return 0;
}

static void helper_text(char text[MBPF_DETAIL_BYTES], uint32_t number)
{
    memcpy(text, "helper ", 7u);
    text[7u + mbpf_text_decimal(text + 7, number)] = '\0';
}

static bool check_helpers(const mbpf_admitted *p, mbpf_verdict *v)
{
    uint32_t gated = 0u;
    for (uint32_t i = 0u; i < p->import_count; i++) {
        mbpf_package_import row;
        mbpf_read_import(p, i, &row);
        if (row.kind != MBPF_IMPORT_HELPER) {
            continue;
        }
        char text[MBPF_DETAIL_BYTES];
        helper_text(text, row.index);
        const mbpf_helper_row *helper = find_helper(p->platform, row.index);
        if (!helper || !helper->function) {
            return mbpf_refuse(v, MBPF_ADMIT_HELPER_UNKNOWN, 0u, row.index, text);
        }
        if (helper->abi_hash != row.value) {
            return mbpf_refuse(v, MBPF_ADMIT_HELPER_ABI, helper->abi_hash, row.value, text);
        }
        gated += helper->gated;
        if (gated > MBPF_GATES) {
            return mbpf_refuse(v, MBPF_ADMIT_IMPORT, MBPF_GATES, gated, "helpers");
        }
        if ((helper->capability & ~p->capabilities) != 0u) {
            /* Signed without the capability it uses: the manifest lies, so it gets nothing. */
            return mbpf_refuse(v, MBPF_ADMIT_CAPABILITY, p->capabilities, helper->capability, text);
        }
    }
    return true;
}

static bool check_maps_and_ram(const mbpf_runtime *rt, const mbpf_admitted *p, mbpf_verdict *v)
{
    uint64_t ram = mbpf_package_ram_base_bytes(p->import_count, p->map_count, p->data_ram_bytes, (uint32_t)sizeof(void *));
    for (uint32_t i = 0u; i < p->map_count; i++) {
        mbpf_package_map row;
        mbpf_read_map(p, i, &row);
        char name[MBPF_MAP_NAME_BYTES + 1u];
        memcpy(name, row.name, MBPF_MAP_NAME_BYTES);
        name[MBPF_MAP_NAME_BYTES] = '\0';
        uint64_t storage = mbpf_map_storage_bytes(row.type, row.key_size, row.value_size, row.max_entries);
        if (storage == 0u || row.flags != 0u || !mbpf_map_operations_of(row.type)) {
            return mbpf_refuse(v, MBPF_ADMIT_MAP_TYPE, 0u, row.type, name);
        }
        ram += storage;
    }
    if (ram > p->platform->max_ram) {
        return mbpf_refuse(v, MBPF_ADMIT_RAM, p->platform->max_ram, ram, "limit of a package");
    }
    if (ram != p->ram_bytes) {
        return mbpf_refuse(v, MBPF_ADMIT_LAYOUT, ram, p->ram_bytes, "declared RAM");
    }
    uint32_t gap = mbpf_arena_largest_gap(rt);
    if (ram > gap) {
        return mbpf_refuse(v, MBPF_ADMIT_RAM, gap, ram, "free");
    }
    return true;
}

static bool check_bounds(const mbpf_admitted *p, mbpf_verdict *v)
{
    mbpf_package_program row;
    for (uint32_t i = 0u; i < p->program_count; i++) {
        mbpf_read_program(p, i, &row);
        uint64_t limit = (uint64_t)p->points[i]->row->max_stack + MBPF_NATIVE_STACK_MARGIN;
#if MBPF_ISOLATION
        if (limit > sizeof ((mbpf_open *)0)->stack) {
            limit = sizeof ((mbpf_open *)0)->stack;
        }
#endif
        if (row.stack_bytes > limit) {
            return mbpf_refuse(v, MBPF_ADMIT_STACK, limit, row.stack_bytes, (const char *)row.name);
        }
    }
    for (uint32_t i = 0u; i < p->program_count; i++) {
        mbpf_read_program(p, i, &row);
        uint64_t budget = p->points[i]->row->max_instructions;
        if (row.worst_case_instructions > budget) {
            return mbpf_refuse(v, MBPF_ADMIT_INSTRUCTIONS, budget, row.worst_case_instructions, (const char *)row.name);
        }
    }
    for (uint32_t i = 0u; i < p->program_count; i++) {
        mbpf_read_program(p, i, &row);
        uint32_t budget = p->points[i]->row->max_cycles;
        bool no_model = sizeof(void *) == 8u && row.native_cycles == MBPF_UNBOUNDED; /* of 64-bit parts' pipelines */
        if (budget != 0u && row.native_cycles > budget && !no_model) {
            return mbpf_refuse(v, MBPF_ADMIT_CYCLES, budget, row.native_cycles, (const char *)row.name);
        }
    }
    return true;
}

/* IMPORT: helper rows were looked up above; here the other kinds. */
static bool check_imports(const mbpf_admitted *p, mbpf_verdict *v)
{
    for (uint32_t i = 0u; i < p->import_count; i++) {
        mbpf_package_import row;
        mbpf_read_import(p, i, &row);
        bool good = false;
        switch (row.kind) {
        case MBPF_IMPORT_HELPER:
            good = true;
            break;
        case MBPF_IMPORT_MAP:
            good = row.index < p->map_count;
            break;
        case MBPF_IMPORT_MAP_VALUES:
            if (row.index < p->map_count) {
                mbpf_package_map map;
                mbpf_read_map(p, row.index, &map);
                good = mbpf_map_kind(map.type) == MBPF_MAP_ARRAY;
            }
            break;
        case MBPF_IMPORT_DATA:
            good = row.value <= p->data_ram_bytes;
            break;
        case MBPF_IMPORT_PROGRAM:
            good = row.index < p->program_count;
            break;
        case MBPF_IMPORT_RUNTIME:
            good = row.index == MBPF_RT_ATOMIC64 || row.index == MBPF_RT_ATOMIC32;
            break;
        default:
            break;
        }
        if (!good || row.reserved != 0u) {
            return mbpf_refuse(v, MBPF_ADMIT_IMPORT, row.kind, row.index, "import row");
        }
    }
    return true;
}

static bool check_entries(const mbpf_admitted *p, mbpf_verdict *v)
{
    for (uint32_t i = 0u; i < p->program_count; i++) {
        mbpf_package_program row;
        mbpf_read_program(p, i, &row);
        if (row.entry_offset >= p->text_bytes || (row.entry_offset & 1u) != 0u) {
            return mbpf_refuse(v, MBPF_ADMIT_ENTRY, p->text_bytes, row.entry_offset, (const char *)row.name);
        }
    }
    return true;
}

/* A map that both versions have must have kept its layout: its contents live on. */
static bool check_kept_maps(mbpf_runtime *rt, const mbpf_admitted *p, mbpf_verdict *v)
{
    mbpf_package_state *old = mbpf_find_package(rt, p->name);
    for (uint32_t i = 0u; old && i < p->map_count; i++) {
        mbpf_package_map row;
        mbpf_read_map(p, i, &row);
        char name[MBPF_MAP_NAME_BYTES + 1u];
        memcpy(name, row.name, MBPF_MAP_NAME_BYTES);
        name[MBPF_MAP_NAME_BYTES] = '\0';
        const mbpf_map *map = mbpf_find_map(old, name);
        if (!map) {
            continue;
        }
        if (map->type != row.type) {
            return mbpf_refuse(v, MBPF_ADMIT_MAP_LAYOUT_CHANGED, map->type, row.type, name);
        }
        if (map->key_size != row.key_size) {
            return mbpf_refuse(v, MBPF_ADMIT_MAP_LAYOUT_CHANGED, map->key_size, row.key_size, name);
        }
        if (map->value_size != row.value_size) {
            return mbpf_refuse(v, MBPF_ADMIT_MAP_LAYOUT_CHANGED, map->value_size, row.value_size, name);
        }
        if (map->max_entries != row.max_entries) {
            return mbpf_refuse(v, MBPF_ADMIT_MAP_LAYOUT_CHANGED, map->max_entries, row.max_entries, name);
        }
    }
    return true;
}

/* The store remembers the counter of what was ever confirmed; without one only what is loaded does. */
static bool check_rollback(mbpf_runtime *rt, const mbpf_admitted *p, mbpf_verdict *v)
{
    const mbpf_package_state *old = mbpf_find_package(rt, p->name);
    uint32_t floor = rt->keeper ? rt->keeper->floor(rt, p->name) : old ? old->rollback_counter : 0u;
    if (p->rollback_counter < floor) {
        return mbpf_refuse(v, MBPF_ADMIT_ROLLBACK, floor, p->rollback_counter, p->name);
    }
    return true;
}

bool mbpf_admit(mbpf_runtime *rt, const uint8_t *bytes, uint32_t n, mbpf_admitted *p, mbpf_verdict *v)
{
    memset(p, 0, sizeof *p);
    p->bytes = bytes;
    p->count = n;
    (void)mbpf_refuse(v, MBPF_ADMIT_OK, 0u, 0u, "");
    if (!read_header(p, v) || !check_layout(p, v)) {
        return false;
    }
    if (n > MBPF_SLOT_BYTES) {
        return mbpf_refuse(v, MBPF_ADMIT_TOO_LARGE, MBPF_SLOT_BYTES, n, "");
    }
    if (!check_target(rt, p, v) || !mbpf_check_signatures(rt, p, v) || !check_payload(p, v) || !check_rows_layout(p, v) ||
        !check_rollback(rt, p, v)) {
        return false;
    }
    return mbpf_check_capabilities(rt, p, v) && check_hooks(rt, p, v) && mbpf_check_grants(rt, p, v) && check_helpers(p, v) &&
           check_maps_and_ram(rt, p, v) && check_bounds(p, v) && mbpf_check_budgets(rt, p, v) && check_imports(p, v) &&
           check_entries(p, v) && check_kept_maps(rt, p, v);
}
