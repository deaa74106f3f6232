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

MBPF_OUT_OF_LINE bool mbpf_fail_u64(const mbpf_admitted *p, uint32_t code, uint64_t expected, uint64_t actual)
{
    return mbpf_refuse(p->verdict, code, expected, actual, p->detail);
}

MBPF_OUT_OF_LINE bool mbpf_fail(const mbpf_admitted *p, uint32_t code, uint32_t expected, uint32_t actual)
{
    return mbpf_fail_u64(p, code, expected, actual);
}

/* The forms of most checks, named after what passes. */
MBPF_OUT_OF_LINE static bool equal(const mbpf_admitted *p, uint32_t code, uint32_t expected, uint32_t actual)
{
    return actual == expected || mbpf_fail(p, code, expected, actual);
}

MBPF_OUT_OF_LINE bool mbpf_at_most_u64(const mbpf_admitted *p, uint32_t code, uint64_t limit, uint64_t actual)
{
    return actual <= limit || mbpf_fail_u64(p, code, limit, actual);
}

MBPF_OUT_OF_LINE bool mbpf_at_most(const mbpf_admitted *p, uint32_t code, uint32_t limit, uint32_t actual)
{
    return actual <= limit || mbpf_fail(p, code, limit, actual);
}

/* Packages are little-endian and so is every target: a row's bytes, once copied to where they are aligned, are the
 * struct whose layout mbpf/abi/package.h pins. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "a big-endian device would have to turn each field");

/* What the payload consists of: for each part where its two numbers stand in the header, how many rows there must and
 * may be, and of which size. */
typedef struct part_row {
    uint8_t offset, count; /* in the header */
    uint8_t bytes;         /* of one row */
    uint8_t align;
    uint8_t least;
    char name[9];
    uint16_t most;
} part_row;

#define ANY 0xFFFFu
#define AT(member) offsetof(mbpf_package_header, member)
static const part_row parts[MBPF_PARTS] = {
    {AT(text_offset), AT(text_bytes), 1u, 16u, 1u, "text", ANY},
    {AT(data_offset), AT(data_init_bytes), 1u, 8u, 0u, "data", ANY},
    {AT(imports_offset), AT(import_count), sizeof(mbpf_package_import), 8u, 0u, "imports", MBPF_MAX_IMPORTS},
    {AT(programs_offset), AT(program_count), sizeof(mbpf_package_program), 1u, 1u, "programs", MBPF_MAX_PROGRAMS},
    {AT(maps_offset), AT(map_count), sizeof(mbpf_package_map), 1u, 0u, "maps", MBPF_MAX_MAPS},
};

static uint32_t header_number(const mbpf_admitted *p, uint32_t at)
{
    uint32_t number;
    memcpy(&number, (const uint8_t *)&p->header + at, sizeof number);
    return number;
}

MBPF_OUT_OF_LINE static void read_bytes(const mbpf_admitted *p, uint32_t offset, void *to, uint32_t bytes)
{
    mbpf_reader r = mbpf_reader_at(p->bytes, p->count, offset, bytes);
    const uint8_t *at = mbpf_read_bytes(&r, bytes);
    if (at) {
        memcpy(to, at, bytes);
    } else {
        memset(to, 0, bytes);
    }
}

MBPF_OUT_OF_LINE void mbpf_read_row(const mbpf_admitted *p, uint32_t part, uint32_t i, void *row)
{
    const uint32_t bytes = parts[part].bytes;
    read_bytes(p, header_number(p, parts[part].offset) + i * bytes, row, bytes);
}

/* --- the header and what it says of the rest --- */

static bool all_zero(const uint8_t *bytes, uint32_t count)
{
    uint8_t seen = 0u;
    for (uint32_t i = 0u; i < count; i++) {
        seen |= bytes[i];
    }
    return seen == 0u;
}

/* The checks that stop the reading of a header this firmware does not know. */
static bool check_header(mbpf_admitted *p, uint32_t i, const mbpf_row *row)
{
    mbpf_package_header *h = &p->header;
    (void)i;
    (void)row;
    p->detail = "header";
    if (p->count < MBPF_HEADER_BYTES) {
        return mbpf_fail(p, MBPF_ADMIT_TRUNCATED, MBPF_HEADER_BYTES, p->count);
    }
    read_bytes(p, 0u, h, (uint32_t)sizeof *h);
    p->detail = "";
    if (!equal(p, MBPF_ADMIT_MAGIC, MBPF_PACKAGE_MAGIC, h->magic) || !equal(p, MBPF_ADMIT_FORMAT_VERSION, MBPF_FORMAT_VERSION, h->format_version)) {
        return false;
    }
    if ((h->flags & ~MBPF_KNOWN_FLAGS) != 0u) {
        return mbpf_fail(p, MBPF_ADMIT_FLAGS, MBPF_KNOWN_FLAGS, h->flags);
    }
    p->detail = "signatures";
    if (h->signed_bytes > p->count || p->count - h->signed_bytes < MBPF_SIGNATURE_BLOCK_HEADER_BYTES) {
        return mbpf_fail_u64(p, MBPF_ADMIT_TRUNCATED, (uint64_t)h->signed_bytes + MBPF_SIGNATURE_BLOCK_HEADER_BYTES, p->count);
    }
    p->detail = "header size";
    if (!equal(p, MBPF_ADMIT_LAYOUT, MBPF_HEADER_BYTES, h->header_bytes)) {
        return false;
    }
    p->detail = "reserved bytes";
    if (h->reserved0 != 0u || h->reserved1 != 0u || !all_zero(h->reserved2, (uint32_t)sizeof h->reserved2)) {
        return mbpf_fail(p, MBPF_ADMIT_LAYOUT, 0u, 1u);
    }
    p->detail = "package name";
    if (!mbpf_text_field_ok(h->name, MBPF_NAME_BYTES, true)) {
        return mbpf_fail(p, MBPF_ADMIT_LAYOUT, 0u, 0u);
    }
    p->name = (const char *)h->name;
    return true;
}

/* Each part behind the one before it, inside the signed bytes, aligned. */
static bool check_layout(mbpf_admitted *p, uint32_t i, const mbpf_row *row)
{
    const mbpf_package_header *h = &p->header;
    uint32_t floor = MBPF_HEADER_BYTES;
    (void)i;
    (void)row;
    p->detail = parts[MBPF_PART_DATA].name;
    if (h->data_ram_bytes < h->data_init_bytes || (h->data_align != 8u && h->data_align != 16u)) {
        return mbpf_fail(p, MBPF_ADMIT_LAYOUT, h->data_init_bytes, h->data_ram_bytes);
    }
    for (const part_row *part = parts; part < parts + MBPF_PARTS; part++) {
        const uint32_t offset = header_number(p, part->offset), count = header_number(p, part->count);
        p->detail = part->name;
        if (count < part->least || (part->most != ANY && count > part->most)) {
            return mbpf_fail(p, MBPF_ADMIT_LAYOUT, count < part->least ? part->least : part->most, count);
        }
        const uint32_t bytes = count * part->bytes; /* no overflow: rows of several bytes are not many */
        if (bytes == 0u) {
            continue; /* an absent part has no place */
        }
        if (offset < floor || (offset & (part->align - 1u)) != 0u) {
            return mbpf_fail(p, MBPF_ADMIT_LAYOUT, floor, offset);
        }
        if (offset > h->signed_bytes || bytes > h->signed_bytes - offset) {
            return mbpf_fail_u64(p, MBPF_ADMIT_LAYOUT, h->signed_bytes, (uint64_t)offset + bytes);
        }
        floor = offset + bytes;
    }
    return true;
}

static bool check_target(mbpf_admitted *p, uint32_t i, const mbpf_row *row)
{
    const mbpf_package_header *h = &p->header;
    const mbpf_runtime *rt = p->rt;
    (void)i;
    (void)row;
    if (!mbpf_at_most(p, MBPF_ADMIT_TOO_LARGE, MBPF_SLOT_BYTES, p->count)) {
        return false;
    }
    if (!mbpf_port_isa_runs(h->isa)) {
        return mbpf_fail(p, MBPF_ADMIT_ISA, mbpf_port_isa, h->isa);
    }
    if ((h->isa_extensions & ~mbpf_port_isa_extensions) != 0) {
        return mbpf_fail(p, MBPF_ADMIT_ISA_EXTENSION, mbpf_port_isa_extensions, h->isa_extensions);
    }
    for (uint32_t k = 0u; k < rt->platform_count; k++) {
        if (rt->platforms[k]->version == h->platform_version) {
            return true;
        }
    }
    return mbpf_fail(p, MBPF_ADMIT_PLATFORM, rt->platform_count ? rt->platforms[0]->version : 0u, h->platform_version);
}

/* The first 8 bytes, as a person compares them with a printed digest. */
static uint64_t digest_number(const uint8_t *digest)
{
    uint64_t n;
    memcpy(&n, digest, sizeof n);
    return __builtin_bswap64(n);
}

static bool check_payload(mbpf_admitted *p, uint32_t i, const mbpf_row *row)
{
    uint8_t digest[MBPF_DIGEST_BYTES];
    (void)i;
    (void)row;
    p->detail = "sha-256, first 8 bytes";
    mbpf_sha256(p->bytes + MBPF_HEADER_BYTES, p->header.signed_bytes - MBPF_HEADER_BYTES, digest);
    return memcmp(digest, p->header.payload_digest, sizeof digest) == 0 ||
           mbpf_fail_u64(p, MBPF_ADMIT_PAYLOAD_DIGEST, digest_number(p->header.payload_digest), digest_number(digest));
}

/* --- rows: payload, looked at only after it proved to be the signed one --- */

/* Rows begin with their name; no row before this one has it. */
static bool name_is_new(mbpf_admitted *p, uint32_t offset, uint32_t i, uint32_t row_bytes, uint32_t name_bytes)
{
    const uint8_t *at = p->bytes + offset, *name = at + i * row_bytes;
    uint32_t j = 0u;
    while (memcmp(at, name, name_bytes) != 0) { /* its own at the latest */
        at += row_bytes;
        j++;
    }
    return j == i || mbpf_fail(p, MBPF_ADMIT_LAYOUT, j, i);
}

static bool check_program_row(mbpf_admitted *p, uint32_t i, const mbpf_row *row)
{
    const mbpf_package_program *r = &row->program;
    p->detail = "program row";
    if (!mbpf_text_field_ok(r->name, sizeof r->name, true) || !mbpf_text_field_ok(r->attach, sizeof r->attach, true) ||
        (r->flags & ~(MBPF_PROGRAM_FAIL_OPEN | MBPF_PROGRAM_TAIL_ONLY)) != 0u) {
        return mbpf_fail(p, MBPF_ADMIT_LAYOUT, 0u, i);
    }
    p->detail = "two programs of one name";
    return name_is_new(p, p->header.programs_offset, i, (uint32_t)sizeof *r, sizeof r->name);
}

static bool check_map_row(mbpf_admitted *p, uint32_t i, const mbpf_row *row)
{
    const mbpf_package_map *r = &row->map;
    p->detail = "map row";
    if (!mbpf_text_field_ok(r->name, sizeof r->name, false) || r->reserved[0] != 0u || r->reserved[1] != 0u) {
        return mbpf_fail(p, MBPF_ADMIT_LAYOUT, 0u, i);
    }
    p->detail = "two maps of one name";
    return name_is_new(p, p->header.maps_offset, i, (uint32_t)sizeof *r, sizeof r->name);
}

/* The store remembers the counter of what was ever confirmed; without one only what is loaded does. */
static bool check_rollback(mbpf_admitted *p, uint32_t i, const mbpf_row *row)
{
    mbpf_runtime *rt = p->rt;
    (void)i;
    (void)row;
    p->old = mbpf_find_package(rt, p->name);
    p->detail = p->name;
    uint32_t floor = rt->keeper ? rt->keeper->floor(rt, p->name) : p->old ? p->old->rollback_counter : 0u;
    return p->header.rollback_counter >= floor || mbpf_fail(p, MBPF_ADMIT_ROLLBACK, floor, p->header.rollback_counter);
}

/* The point of that whole name, else the one with the longest name that it begins with. */
static mbpf_hook_point *find_point(mbpf_runtime *rt, const char *attach)
{
    mbpf_hook_point *best = 0;
    uint32_t best_fit = 0u;
    for (mbpf_hook_point *point = rt->points; point < rt->points + rt->point_count; point++) {
        const char *rest = mbpf_text_after(attach, point->name);
        if (!rest || (!point->prefix && *rest != '\0')) {
            continue;
        }
        uint32_t fit = 2u * (uint32_t)(rest - attach) + (point->prefix ? 1u : 2u);
        if (fit > best_fit) {
            best = point;
            best_fit = fit;
        }
    }
    return best;
}

/* HOOK_UNKNOWN and HOOK_ABI. All programs of a package are of one platform: its helpers are looked up there. */
static bool check_hook(mbpf_admitted *p, uint32_t i, const mbpf_row *row)
{
    const mbpf_package_program *r = &row->program;
    const char *attach = (const char *)r->attach;
    p->detail = attach;
    mbpf_hook_point *point = find_point(p->rt, attach);
    if (!point || point->row->id != r->hook_id || (p->platform && p->platform != point->platform) ||
        point->platform->version != p->header.platform_version) {
        return mbpf_fail(p, MBPF_ADMIT_HOOK_UNKNOWN, point ? point->row->id : 0u, r->hook_id);
    }
    p->platform = point->platform;
    p->points[i] = point;
    p->migrates |= mbpf_text_equal(attach, MBPF_MIGRATOR);
    return equal(p, MBPF_ADMIT_HOOK_ABI, point->row->abi_hash, r->hook_abi);
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

static bool check_helper(mbpf_admitted *p, uint32_t i, const mbpf_row *row)
{
    const mbpf_package_import *r = &row->import;
    (void)i;
    if (r->kind != MBPF_IMPORT_HELPER) {
        return true;
    }
    char text[7u + 11u];
    mbpf_text_copy(text, "helper ", sizeof text);
    text[7u + mbpf_text_u32(text + 7, r->index)] = '\0';
    p->detail = text;
    const mbpf_helper_row *helper = mbpf_find_helper(p->platform, r->index);
    if (!helper || !helper->function) {
        return mbpf_fail(p, MBPF_ADMIT_HELPER_UNKNOWN, 0u, r->index);
    }
    p->gated += helper->gated;
    if (!equal(p, MBPF_ADMIT_HELPER_ABI, helper->abi_hash, r->value)) {
        return false;
    }
    /* Signed without the capability it uses: the manifest lies, so it gets nothing. */
    if ((helper->capability & ~p->header.capabilities) != 0u) {
        return mbpf_fail_u64(p, MBPF_ADMIT_CAPABILITY, p->header.capabilities, helper->capability);
    }
    p->detail = "helpers";
    return mbpf_at_most(p, MBPF_ADMIT_IMPORT, MBPF_GATES, p->gated);
}

/* A map's name may fill its field. */
static void map_name(char to[MBPF_MAP_NAME_BYTES + 1u], const mbpf_package_map *row)
{
    memcpy(to, row->name, MBPF_MAP_NAME_BYTES);
    to[MBPF_MAP_NAME_BYTES] = '\0';
}

static bool check_map(mbpf_admitted *p, uint32_t i, const mbpf_row *row)
{
    const mbpf_package_map *r = &row->map;
    (void)i;
    uint64_t storage = mbpf_map_bytes(r->type, r->key_size, r->value_size, r->max_entries);
    p->ram += storage;
    if (storage == 0u || r->flags != 0u || !mbpf_map_operations_of(r->type)) {
        char name[MBPF_MAP_NAME_BYTES + 1u];
        map_name(name, r);
        p->detail = name;
        return mbpf_fail(p, MBPF_ADMIT_MAP_TYPE, 0u, r->type);
    }
    return true;
}

static bool check_ram(mbpf_admitted *p, uint32_t i, const mbpf_row *row)
{
    const mbpf_package_header *h = &p->header;
    (void)i;
    (void)row;
    p->ram += mbpf_package_ram_base_bytes(h->import_count, h->map_count, h->data_ram_bytes, (uint32_t)sizeof(void *));
    p->detail = "limit of a package";
    if (!mbpf_at_most_u64(p, MBPF_ADMIT_RAM, p->platform->max_ram, p->ram)) {
        return false;
    }
    p->detail = "declared RAM";
    if (!equal(p, MBPF_ADMIT_LAYOUT, (uint32_t)p->ram, h->ram_bytes)) {
        return false;
    }
    p->detail = "free";
    return mbpf_at_most(p, MBPF_ADMIT_RAM, mbpf_arena_largest_gap(p->rt), h->ram_bytes);
}

/* --- bounds: each of all programs before the next one --- */

static bool check_stack(mbpf_admitted *p, uint32_t i, const mbpf_row *row)
{
    uint32_t limit = p->points[i]->row->max_stack + MBPF_NATIVE_STACK_MARGIN;
#if MBPF_ISOLATION
    limit = limit < sizeof ((mbpf_open *)0)->stack ? limit : sizeof ((mbpf_open *)0)->stack;
#endif
    p->detail = (const char *)row->program.name;
    return mbpf_at_most(p, MBPF_ADMIT_STACK, limit, row->program.stack_bytes);
}

static bool check_instructions(mbpf_admitted *p, uint32_t i, const mbpf_row *row)
{
    p->detail = (const char *)row->program.name;
    return mbpf_at_most_u64(p, MBPF_ADMIT_INSTRUCTIONS, p->points[i]->row->max_instructions, row->program.worst_case_instructions);
}

static bool check_cycles(mbpf_admitted *p, uint32_t i, const mbpf_row *row)
{
    const uint32_t limit = p->points[i]->row->max_cycles, cycles = row->program.native_cycles;
    bool no_model = sizeof(void *) == 8u && cycles == MBPF_UNBOUNDED; /* of 64-bit parts' pipelines */
    p->detail = (const char *)row->program.name;
    return limit == 0u || no_model || mbpf_at_most(p, MBPF_ADMIT_CYCLES, limit, cycles);
}

/* --- import table, entries, maps that both versions have --- */

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
        return true; /* check_helper() has looked it up */
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

static bool check_import(mbpf_admitted *p, uint32_t i, const mbpf_row *row)
{
    const mbpf_package_import *r = &row->import;
    (void)i;
    p->detail = "import row";
    return (import_ok(p, r) && r->reserved == 0u) || mbpf_fail(p, MBPF_ADMIT_IMPORT, r->kind, r->index);
}

static bool check_entry(mbpf_admitted *p, uint32_t i, const mbpf_row *row)
{
    const uint32_t entry = row->program.entry_offset;
    (void)i;
    p->detail = (const char *)row->program.name;
    return (entry < p->header.text_bytes && (entry & 1u) == 0u) || mbpf_fail(p, MBPF_ADMIT_ENTRY, p->header.text_bytes, entry);
}

/* What of the layouts differs first; null: nothing. */
static bool same_layout(const mbpf_map *map, const mbpf_package_map *row, uint32_t differing[2])
{
    const uint32_t pairs[4][2] = {
        {map->type, row->type}, {map->key_size, row->key_size}, {map->value_size, row->value_size}, {map->max_entries, row->max_entries}};
    for (uint32_t i = 0u; i < 4u; i++) {
        memcpy(differing, pairs[i], sizeof pairs[i]);
        if (differing[0] != differing[1]) {
            return false;
        }
    }
    return true;
}

/* Whether the new version takes in the old one's map by another: its contents are the migrator's to move. */
static bool taken_in(const mbpf_admitted *p, const mbpf_map *map, const char *name)
{
    uint32_t ignored[2];
    for (uint32_t i = 0u; i < p->header.map_count; i++) {
        mbpf_package_map row;
        mbpf_read_map(p, i, &row);
        char other[MBPF_MAP_NAME_BYTES + 1u];
        map_name(other, &row);
        if (mbpf_text_starts(other, MBPF_MIGRATED_PREFIX) && mbpf_text_equal(other + sizeof MBPF_MIGRATED_PREFIX - 1u, name)) {
            return same_layout(map, &row, ignored);
        }
    }
    return false;
}

/* A map that both versions have must have kept its layout, since its contents live on, or the new one has a migrator. */
static bool check_kept_map(mbpf_admitted *p, uint32_t i, const mbpf_row *row)
{
    uint32_t differing[2];
    char name[MBPF_MAP_NAME_BYTES + 1u];
    (void)i;
    map_name(name, &row->map);
    const mbpf_map *map = p->old ? mbpf_find_map(p->old, name) : 0;
    if (!map || (p->migrates && (mbpf_text_starts(name, MBPF_MIGRATED_PREFIX) || taken_in(p, map, name)))) {
        return true;
    }
    p->detail = name;
    return same_layout(map, &row->map, differing) || mbpf_fail(p, MBPF_ADMIT_MAP_LAYOUT_CHANGED, differing[0], differing[1]);
}

/* --- all checks, in the order of mbpf/abi/admission.h --- */

/* Of which part the rows are checked one by one; MBPF_PARTS: the package, once. */
#define STEPS(STEP) \
    STEP(check_header, MBPF_PARTS) \
    STEP(check_layout, MBPF_PARTS) \
    STEP(check_target, MBPF_PARTS) \
    STEP(mbpf_check_signatures, MBPF_PARTS) \
    STEP(check_payload, MBPF_PARTS) \
    STEP(check_program_row, MBPF_PART_PROGRAMS) \
    STEP(check_map_row, MBPF_PART_MAPS) \
    STEP(check_rollback, MBPF_PARTS) \
    STEP(mbpf_check_capabilities, MBPF_PARTS) \
    STEP(check_hook, MBPF_PART_PROGRAMS) \
    STEP(mbpf_check_grants, MBPF_PART_PROGRAMS) \
    STEP(check_helper, MBPF_PART_IMPORTS) \
    STEP(check_map, MBPF_PART_MAPS) \
    STEP(check_ram, MBPF_PARTS) \
    STEP(check_stack, MBPF_PART_PROGRAMS) \
    STEP(check_instructions, MBPF_PART_PROGRAMS) \
    STEP(check_cycles, MBPF_PART_PROGRAMS) \
    STEP(mbpf_check_budgets, MBPF_PARTS) \
    STEP(check_import, MBPF_PART_IMPORTS) \
    STEP(check_entry, MBPF_PART_PROGRAMS) \
    STEP(check_kept_map, MBPF_PART_MAPS)

typedef bool check_function(mbpf_admitted *p, uint32_t i, const mbpf_row *row);
#define CHECK(check, of) check,
#define ROWS_OF(check, of) of,
static check_function *const checks[] = {STEPS(CHECK)}; /* two arrays: one would be padded */
static const uint8_t rows_of[] = {STEPS(ROWS_OF)};

bool mbpf_admit(mbpf_runtime *rt, const uint8_t *bytes, uint32_t n, uint32_t releasers, mbpf_admitted *p, mbpf_verdict *v)
{
    mbpf_row row;
    memset(p, 0, sizeof *p);
    memset(v, 0, sizeof *v); /* MBPF_ADMIT_OK */
    p->bytes = bytes;
    p->count = n;
    p->releasers = releasers;
    p->rt = rt;
    p->verdict = v;
    p->name = "";
    const uint8_t *of = rows_of;
    for (check_function *const *check = checks; check < checks + sizeof checks / sizeof *checks; check++, of++) {
        const bool once = *of == MBPF_PARTS;
        const uint32_t rows = once ? 1u : header_number(p, parts[*of].count);
        for (uint32_t i = 0u; i < rows; i++) {
            if (!once) {
                mbpf_read_row(p, *of, i, &row);
            }
            p->detail = "";
            if (!(*check)(p, i, &row)) {
                return false;
            }
        }
    }
    return true;
}
