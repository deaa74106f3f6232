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

MBPF_OUT_OF_LINE bool mbpf_refuse_u32(mbpf_verdict *v, uint32_t code, uint32_t expected, uint32_t actual, const char *detail)
{
    return mbpf_refuse(v, code, expected, actual, detail);
}

/* Two forms of most checks, named after what passes. */
MBPF_OUT_OF_LINE static bool equal(mbpf_verdict *v, uint32_t code, uint32_t expected, uint32_t actual, const char *detail)
{
    return actual == expected || mbpf_refuse_u32(v, code, expected, actual, detail);
}

MBPF_OUT_OF_LINE static bool at_most(mbpf_verdict *v, uint32_t code, uint32_t limit, uint32_t actual, const char *detail)
{
    return actual <= limit || mbpf_refuse_u32(v, code, limit, actual, detail);
}

/* Packages are little-endian and so is every target: a row's bytes, once copied to where they are aligned, are the
 * struct whose layout mbpf/abi/package.h pins. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "a big-endian device would have to turn each field");

MBPF_OUT_OF_LINE static void read_row(const mbpf_admitted *p, uint32_t offset, uint32_t i, void *row, uint32_t bytes)
{
    mbpf_reader r = mbpf_reader_at(p->bytes, p->count, offset + i * bytes, bytes);
    const uint8_t *at = mbpf_read_bytes(&r, bytes);
    if (at) {
        memcpy(row, at, bytes);
    } else {
        memset(row, 0, bytes);
    }
}

MBPF_OUT_OF_LINE void mbpf_read_import(const mbpf_admitted *p, uint32_t i, mbpf_package_import *row)
{
    read_row(p, p->header.imports_offset, i, row, (uint32_t)sizeof *row);
}

MBPF_OUT_OF_LINE void mbpf_read_program(const mbpf_admitted *p, uint32_t i, mbpf_package_program *row)
{
    read_row(p, p->header.programs_offset, i, row, (uint32_t)sizeof *row);
}

MBPF_OUT_OF_LINE void mbpf_read_map(const mbpf_admitted *p, uint32_t i, mbpf_package_map *row)
{
    read_row(p, p->header.maps_offset, i, row, (uint32_t)sizeof *row);
}

static bool all_zero(const uint8_t *bytes, uint32_t count)
{
    uint8_t seen = 0u;
    for (uint32_t i = 0u; i < count; i++) {
        seen |= bytes[i];
    }
    return seen == 0u;
}

/* The checks that stop the reading of a header this firmware does not know. */
static bool read_header(mbpf_admitted *p, mbpf_verdict *v)
{
    mbpf_package_header *h = &p->header;
    if (p->count < MBPF_HEADER_BYTES) {
        return mbpf_refuse_u32(v, MBPF_ADMIT_TRUNCATED, MBPF_HEADER_BYTES, p->count, "header");
    }
    read_row(p, 0u, 0u, h, (uint32_t)sizeof *h);
    if (!equal(v, MBPF_ADMIT_MAGIC, MBPF_PACKAGE_MAGIC, h->magic, "") ||
        !equal(v, MBPF_ADMIT_FORMAT_VERSION, MBPF_FORMAT_VERSION, h->format_version, "")) {
        return false;
    }
    if ((h->flags & ~MBPF_KNOWN_FLAGS) != 0u) {
        return mbpf_refuse_u32(v, MBPF_ADMIT_FLAGS, MBPF_KNOWN_FLAGS, h->flags, "");
    }
    if (h->signed_bytes > p->count || p->count - h->signed_bytes < MBPF_SIGNATURE_BLOCK_HEADER_BYTES) {
        return mbpf_refuse(v, MBPF_ADMIT_TRUNCATED, (uint64_t)h->signed_bytes + MBPF_SIGNATURE_BLOCK_HEADER_BYTES, p->count, "signatures");
    }
    if (!equal(v, MBPF_ADMIT_LAYOUT, MBPF_HEADER_BYTES, h->header_bytes, "header size")) {
        return false;
    }
    if (h->reserved0 != 0u || h->reserved1 != 0u || !all_zero(h->reserved2, (uint32_t)sizeof h->reserved2)) {
        return mbpf_refuse_u32(v, MBPF_ADMIT_LAYOUT, 0u, 1u, "reserved bytes");
    }
    if (!mbpf_text_field_ok(h->name, MBPF_NAME_BYTES, true)) {
        return mbpf_refuse_u32(v, MBPF_ADMIT_LAYOUT, 0u, 0u, "package name");
    }
    memcpy(p->name, h->name, MBPF_NAME_BYTES);
    return true;
}

/* The payload's parts in their order: each behind the one before it, inside the signed bytes, aligned. */
static bool check_parts(const mbpf_package_header *h, mbpf_verdict *v)
{
    const struct {
        uint32_t offset, bytes, align; /* no overflow: the counts are bounded by now */
        const char *name;
    } parts[] = {
        {h->text_offset, h->text_bytes, 16u, "text"},
        {h->data_offset, h->data_init_bytes, 8u, "data"},
        {h->imports_offset, h->import_count * (uint32_t)sizeof(mbpf_package_import), 8u, "imports"},
        {h->programs_offset, h->program_count * (uint32_t)sizeof(mbpf_package_program), 1u, "programs"},
        {h->maps_offset, h->map_count * (uint32_t)sizeof(mbpf_package_map), 1u, "maps"},
    };
    uint32_t floor = MBPF_HEADER_BYTES;
    for (uint32_t i = 0u; i < sizeof parts / sizeof *parts; i++) {
        uint32_t offset = parts[i].offset, bytes = parts[i].bytes;
        if (bytes == 0u) {
            continue; /* an absent part has no place */
        }
        if (offset < floor || (offset & (parts[i].align - 1u)) != 0u) {
            return mbpf_refuse_u32(v, MBPF_ADMIT_LAYOUT, floor, offset, parts[i].name);
        }
        if (offset > h->signed_bytes || bytes > h->signed_bytes - offset) {
            return mbpf_refuse(v, MBPF_ADMIT_LAYOUT, h->signed_bytes, (uint64_t)offset + bytes, parts[i].name);
        }
        floor = offset + bytes;
    }
    return true;
}

/* Rows begin with their name. */
static bool names_differ(const mbpf_admitted *p, uint32_t offset, uint32_t count, uint32_t row_bytes, uint32_t name_bytes, const char *what,
                         mbpf_verdict *v)
{
    const uint8_t *rows = p->bytes + offset;
    for (uint32_t i = 0u; i < count; i++) {
        for (uint32_t j = 0u; j < i; j++) {
            if (memcmp(rows + j * row_bytes, rows + i * row_bytes, name_bytes) == 0) {
                return mbpf_refuse_u32(v, MBPF_ADMIT_LAYOUT, j, i, what);
            }
        }
    }
    return true;
}

/* Rows are payload: they are looked at only after the payload proved to be the signed one. */
static bool check_rows_layout(const mbpf_admitted *p, mbpf_verdict *v)
{
    const mbpf_package_header *h = &p->header;
    for (uint32_t i = 0u; i < h->program_count; i++) {
        mbpf_package_program row;
        mbpf_read_program(p, i, &row);
        if (!mbpf_text_field_ok(row.name, sizeof row.name, true) || !mbpf_text_field_ok(row.attach, sizeof row.attach, true) ||
            (row.flags & ~(MBPF_PROGRAM_FAIL_OPEN | MBPF_PROGRAM_TAIL_ONLY)) != 0u) {
            return mbpf_refuse_u32(v, MBPF_ADMIT_LAYOUT, 0u, i, "program row");
        }
    }
    for (uint32_t i = 0u; i < h->map_count; i++) {
        mbpf_package_map row;
        mbpf_read_map(p, i, &row);
        if (!mbpf_text_field_ok(row.name, sizeof row.name, false) || row.reserved[0] != 0u || row.reserved[1] != 0u) {
            return mbpf_refuse_u32(v, MBPF_ADMIT_LAYOUT, 0u, i, "map row");
        }
    }
    return names_differ(p, h->programs_offset, h->program_count, (uint32_t)sizeof(mbpf_package_program), MBPF_PROGRAM_NAME_BYTES,
                        "two programs of one name", v) &&
           names_differ(p, h->maps_offset, h->map_count, (uint32_t)sizeof(mbpf_package_map), MBPF_MAP_NAME_BYTES, "two maps of one name", v);
}

static bool check_layout(const mbpf_package_header *h, mbpf_verdict *v)
{
    if (h->program_count == 0u || h->program_count > MBPF_MAX_PROGRAMS) {
        return mbpf_refuse_u32(v, MBPF_ADMIT_LAYOUT, MBPF_MAX_PROGRAMS, h->program_count, "programs");
    }
    if (!at_most(v, MBPF_ADMIT_LAYOUT, MBPF_MAX_MAPS, h->map_count, "maps") ||
        !at_most(v, MBPF_ADMIT_LAYOUT, MBPF_MAX_IMPORTS, h->import_count, "imports")) {
        return false;
    }
    if (h->data_ram_bytes < h->data_init_bytes || (h->data_align != 8u && h->data_align != 16u)) {
        return mbpf_refuse_u32(v, MBPF_ADMIT_LAYOUT, h->data_init_bytes, h->data_ram_bytes, "data");
    }
    if (h->text_bytes == 0u) {
        return mbpf_refuse_u32(v, MBPF_ADMIT_LAYOUT, 1u, 0u, "text");
    }
    return check_parts(h, v);
}

static bool check_target(const mbpf_runtime *rt, const mbpf_admitted *p, mbpf_verdict *v)
{
    const mbpf_package_header *h = &p->header;
    if (!mbpf_port_isa_runs(h->isa)) {
        return mbpf_refuse_u32(v, MBPF_ADMIT_ISA, mbpf_port_isa, h->isa, "");
    }
    if ((h->isa_extensions & ~mbpf_port_isa_extensions) != 0) {
        return mbpf_refuse_u32(v, MBPF_ADMIT_ISA_EXTENSION, mbpf_port_isa_extensions, h->isa_extensions, "");
    }
    for (uint32_t i = 0u; i < rt->platform_count; i++) {
        if (rt->platforms[i]->version == h->platform_version) {
            return true;
        }
    }
    return mbpf_refuse_u32(v, MBPF_ADMIT_PLATFORM, rt->platform_count ? rt->platforms[0]->version : 0u, h->platform_version, "");
}

/* The first 8 bytes, as a person compares them with a printed digest. */
static uint64_t digest_number(const uint8_t *digest)
{
    uint64_t n;
    memcpy(&n, digest, sizeof n);
    return __builtin_bswap64(n);
}

static bool check_payload(const mbpf_admitted *p, mbpf_verdict *v)
{
    uint8_t digest[MBPF_DIGEST_BYTES];
    mbpf_sha256(p->bytes + MBPF_HEADER_BYTES, p->header.signed_bytes - MBPF_HEADER_BYTES, digest);
    if (memcmp(digest, p->header.payload_digest, sizeof digest) == 0) {
        return true;
    }
    return mbpf_refuse(v, MBPF_ADMIT_PAYLOAD_DIGEST, digest_number(p->header.payload_digest), digest_number(digest), "sha-256, first 8 bytes");
}

/* The point of that whole name, else the one with the longest name that it begins with. */
static mbpf_hook_point *find_point(mbpf_runtime *rt, const char *attach)
{
    mbpf_hook_point *best = 0;
    uint32_t longest = 0u;
    for (uint32_t i = 0u; i < rt->point_count; i++) {
        mbpf_hook_point *point = &rt->points[i];
        uint32_t length = (uint32_t)strlen(point->name);
        if (!mbpf_text_starts(attach, point->name)) {
            continue;
        }
        if (!point->prefix && attach[length] == '\0') {
            return point;
        }
        if (point->prefix && (!best || length > longest)) {
            best = point;
            longest = length;
        }
    }
    return best;
}

/* HOOK_UNKNOWN and HOOK_ABI. All programs of a package are of one platform: its helpers are looked up there. */
static bool check_hooks(mbpf_runtime *rt, mbpf_admitted *p, mbpf_verdict *v)
{
    for (uint32_t i = 0u; i < p->header.program_count; i++) {
        mbpf_package_program row;
        mbpf_read_program(p, i, &row);
        const char *attach = (const char *)row.attach;
        mbpf_hook_point *point = find_point(rt, attach);
        if (!point || point->row->id != row.hook_id || (p->platform && p->platform != point->platform) ||
            point->platform->version != p->header.platform_version) {
            return mbpf_refuse_u32(v, MBPF_ADMIT_HOOK_UNKNOWN, point ? point->row->id : 0u, row.hook_id, attach);
        }
        if (!equal(v, MBPF_ADMIT_HOOK_ABI, point->row->abi_hash, row.hook_abi, attach)) {
            return false;
        }
        p->platform = point->platform;
        p->points[i] = point;
    }
    return true;
}

MBPF_OUT_OF_LINE const mbpf_helper_row *mbpf_find_helper(const mbpf_platform_tables *platform, uint32_t number)
{
    for (uint32_t i = 0u; i < platform->helper_count; i++) {
        if (platform->helpers[i].number == number) {
            return &platform->helpers[i];
        }
    }
    return 0;
}

static bool check_helpers(const mbpf_admitted *p, mbpf_verdict *v)
{
    uint32_t gated = 0u;
    for (uint32_t i = 0u; i < p->header.import_count; i++) {
        mbpf_package_import row;
        mbpf_read_import(p, i, &row);
        if (row.kind != MBPF_IMPORT_HELPER) {
            continue;
        }
        char text[7u + 11u] = "helper ";
        text[7u + mbpf_text_u32(text + 7, row.index)] = '\0';
        const mbpf_helper_row *helper = mbpf_find_helper(p->platform, row.index);
        if (!helper || !helper->function) {
            return mbpf_refuse_u32(v, MBPF_ADMIT_HELPER_UNKNOWN, 0u, row.index, text);
        }
        gated += helper->gated;
        if (!equal(v, MBPF_ADMIT_HELPER_ABI, helper->abi_hash, row.value, text) || !at_most(v, MBPF_ADMIT_IMPORT, MBPF_GATES, gated, "helpers")) {
            return false;
        }
        if ((helper->capability & ~p->header.capabilities) != 0u) {
            /* Signed without the capability it uses: the manifest lies, so it gets nothing. */
            return mbpf_refuse(v, MBPF_ADMIT_CAPABILITY, p->header.capabilities, helper->capability, text);
        }
    }
    return true;
}

/* A map's name may fill its field. */
static void map_name(char to[MBPF_MAP_NAME_BYTES + 1u], const mbpf_package_map *row)
{
    memcpy(to, row->name, MBPF_MAP_NAME_BYTES);
    to[MBPF_MAP_NAME_BYTES] = '\0';
}

static bool check_maps_and_ram(const mbpf_runtime *rt, const mbpf_admitted *p, mbpf_verdict *v)
{
    const mbpf_package_header *h = &p->header;
    uint64_t ram = mbpf_package_ram_base_bytes(h->import_count, h->map_count, h->data_ram_bytes, (uint32_t)sizeof(void *));
    for (uint32_t i = 0u; i < h->map_count; i++) {
        mbpf_package_map row;
        mbpf_read_map(p, i, &row);
        uint64_t storage = mbpf_map_bytes(row.type, row.key_size, row.value_size, row.max_entries);
        if (storage == 0u || row.flags != 0u || !mbpf_map_operations_of(row.type)) {
            char name[MBPF_MAP_NAME_BYTES + 1u];
            map_name(name, &row);
            return mbpf_refuse_u32(v, MBPF_ADMIT_MAP_TYPE, 0u, row.type, name);
        }
        ram += storage;
    }
    if (ram > p->platform->max_ram) {
        return mbpf_refuse(v, MBPF_ADMIT_RAM, p->platform->max_ram, ram, "limit of a package");
    }
    return equal(v, MBPF_ADMIT_LAYOUT, (uint32_t)ram, h->ram_bytes, "declared RAM") &&
           at_most(v, MBPF_ADMIT_RAM, mbpf_arena_largest_gap(rt), (uint32_t)ram, "free");
}

/* Each bound of all programs before the next one. */
static bool check_bounds(const mbpf_admitted *p, mbpf_verdict *v)
{
    static const uint8_t bounds[] = {MBPF_ADMIT_STACK, MBPF_ADMIT_INSTRUCTIONS, MBPF_ADMIT_CYCLES};
    for (uint32_t b = 0u; b < sizeof bounds; b++) {
        const uint32_t bound = bounds[b];
        for (uint32_t i = 0u; i < p->header.program_count; i++) {
            const mbpf_hook_row *hook = p->points[i]->row;
            mbpf_package_program row;
            mbpf_read_program(p, i, &row);
            uint64_t limit, value;
            if (bound == MBPF_ADMIT_STACK) {
                limit = (uint64_t)hook->max_stack + MBPF_NATIVE_STACK_MARGIN;
#if MBPF_ISOLATION
                limit = limit < sizeof ((mbpf_open *)0)->stack ? limit : sizeof ((mbpf_open *)0)->stack;
#endif
                value = row.stack_bytes;
            } else if (bound == MBPF_ADMIT_INSTRUCTIONS) {
                limit = hook->max_instructions;
                value = row.worst_case_instructions;
            } else {
                bool no_model = sizeof(void *) == 8u && row.native_cycles == MBPF_UNBOUNDED; /* of 64-bit parts' pipelines */
                limit = hook->max_cycles == 0u || no_model ? MBPF_UNBOUNDED : hook->max_cycles;
                value = row.native_cycles;
            }
            if (value > limit) {
                return mbpf_refuse(v, bound, limit, value, (const char *)row.name);
            }
        }
    }
    return true;
}

static bool fills_program_array(const mbpf_admitted *p, uint32_t value)
{
#ifdef MBPF_WITHOUT_MAP_PROGRAM_ARRAY
    (void)p;
    (void)value;
    return false;
#else
    mbpf_package_map map;
    if (value >> 16 >= p->header.map_count) {
        return false;
    }
    mbpf_read_map(p, value >> 16, &map);
    return map.type == MBPF_MAP_PROGRAM_ARRAY && (value & 0xFFFFu) < map.max_entries;
#endif
}

static bool import_ok(const mbpf_admitted *p, const mbpf_package_import *row)
{
    mbpf_package_map map;
    switch (row->kind) {
    case MBPF_IMPORT_HELPER:
        return true; /* check_helpers() has looked it up */
    case MBPF_IMPORT_MAP:
        return row->index < p->header.map_count;
    case MBPF_IMPORT_MAP_VALUES:
        if (row->index >= p->header.map_count) {
            return false;
        }
        mbpf_read_map(p, row->index, &map);
        return mbpf_map_kind(map.type) == MBPF_MAP_ARRAY;
    case MBPF_IMPORT_DATA:
        return row->value <= p->header.data_ram_bytes;
    case MBPF_IMPORT_PROGRAM:
        return row->index < p->header.program_count && fills_program_array(p, row->value);
    case MBPF_IMPORT_RUNTIME:
        return row->index == MBPF_RT_ATOMIC64 || row->index == MBPF_RT_ATOMIC32;
    default:
        return false;
    }
}

static bool check_imports(const mbpf_admitted *p, mbpf_verdict *v)
{
    for (uint32_t i = 0u; i < p->header.import_count; i++) {
        mbpf_package_import row;
        mbpf_read_import(p, i, &row);
        if (!import_ok(p, &row) || row.reserved != 0u) {
            return mbpf_refuse_u32(v, MBPF_ADMIT_IMPORT, row.kind, row.index, "import row");
        }
    }
    return true;
}

static bool check_entries(const mbpf_admitted *p, mbpf_verdict *v)
{
    for (uint32_t i = 0u; i < p->header.program_count; i++) {
        mbpf_package_program row;
        mbpf_read_program(p, i, &row);
        if (row.entry_offset >= p->header.text_bytes || (row.entry_offset & 1u) != 0u) {
            return mbpf_refuse_u32(v, MBPF_ADMIT_ENTRY, p->header.text_bytes, row.entry_offset, (const char *)row.name);
        }
    }
    return true;
}

static bool has_migrator(const mbpf_admitted *p)
{
    for (uint32_t i = 0u; i < p->header.program_count; i++) {
        mbpf_package_program row;
        mbpf_read_program(p, i, &row);
        if (mbpf_text_equal((const char *)row.attach, MBPF_MIGRATOR)) {
            return true;
        }
    }
    return false;
}

static bool check_same(const mbpf_map *map, const mbpf_package_map *row, const char *name, mbpf_verdict *v)
{
    return equal(v, MBPF_ADMIT_MAP_LAYOUT_CHANGED, map->type, row->type, name) &&
           equal(v, MBPF_ADMIT_MAP_LAYOUT_CHANGED, map->key_size, row->key_size, name) &&
           equal(v, MBPF_ADMIT_MAP_LAYOUT_CHANGED, map->value_size, row->value_size, name) &&
           equal(v, MBPF_ADMIT_MAP_LAYOUT_CHANGED, map->max_entries, row->max_entries, name);
}

/* Whether the new version takes in the old one's map by another: its contents are the migrator's to move. */
static bool taken_in(const mbpf_admitted *p, const mbpf_map *map, const char *name)
{
    mbpf_verdict ignored;
    for (uint32_t i = 0u; i < p->header.map_count; i++) {
        mbpf_package_map row;
        mbpf_read_map(p, i, &row);
        char other[MBPF_MAP_NAME_BYTES + 1u];
        map_name(other, &row);
        if (mbpf_text_starts(other, MBPF_MIGRATED_PREFIX) && mbpf_text_equal(other + sizeof MBPF_MIGRATED_PREFIX - 1u, name)) {
            return check_same(map, &row, name, &ignored);
        }
    }
    return false;
}

/* A map that both versions have must have kept its layout, since its contents live on, or the new one has a migrator. */
static bool check_kept_maps(mbpf_package_state *old, const mbpf_admitted *p, mbpf_verdict *v)
{
    bool migrator = old && has_migrator(p);
    for (uint32_t i = 0u; old && i < p->header.map_count; i++) {
        mbpf_package_map row;
        mbpf_read_map(p, i, &row);
        char name[MBPF_MAP_NAME_BYTES + 1u];
        map_name(name, &row);
        const mbpf_map *map = mbpf_find_map(old, name);
        if (!map || (migrator && (mbpf_text_starts(name, MBPF_MIGRATED_PREFIX) || taken_in(p, map, name)))) {
            continue;
        }
        if (!check_same(map, &row, name, v)) {
            return false;
        }
    }
    return true;
}

/* The store remembers the counter of what was ever confirmed; without one only what is loaded does. */
static bool check_rollback(mbpf_runtime *rt, const mbpf_package_state *old, const mbpf_admitted *p, mbpf_verdict *v)
{
    uint32_t floor = rt->keeper ? rt->keeper->floor(rt, p->name) : old ? old->rollback_counter : 0u;
    return p->header.rollback_counter >= floor || mbpf_refuse_u32(v, MBPF_ADMIT_ROLLBACK, floor, p->header.rollback_counter, p->name);
}

bool mbpf_admit(mbpf_runtime *rt, const uint8_t *bytes, uint32_t n, uint32_t releasers, mbpf_admitted *p, mbpf_verdict *v)
{
    memset(p, 0, sizeof *p);
    memset(v, 0, sizeof *v); /* MBPF_ADMIT_OK */
    p->bytes = bytes;
    p->count = n;
    p->releasers = releasers;
    if (!read_header(p, v) || !check_layout(&p->header, v) || !at_most(v, MBPF_ADMIT_TOO_LARGE, MBPF_SLOT_BYTES, n, "") ||
        !check_target(rt, p, v) || !mbpf_check_signatures(rt, p, v) || !check_payload(p, v) || !check_rows_layout(p, v)) {
        return false;
    }
    mbpf_package_state *old = mbpf_find_package(rt, p->name);
    return check_rollback(rt, old, p, v) && mbpf_check_capabilities(rt, p, v) && check_hooks(rt, p, v) && mbpf_check_grants(rt, p, v) &&
           check_helpers(p, v) && check_maps_and_ram(rt, p, v) && check_bounds(p, v) && mbpf_check_budgets(rt, p, v) &&
           check_imports(p, v) && check_entries(p, v) && check_kept_maps(old, p, v);
}
