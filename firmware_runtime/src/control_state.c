/* SPDX-License-Identifier: Apache-2.0
 * What the host may see: packages, hooks, maps, events, the console log. */
#include <string.h>

#include "mbpf/control.h"
#include "pb_encode.h"
#if MBPF_STATISTICS
#include "ticks.h" /* the port's */
#endif

MBPF_CONTROL_FIELDS(ProgramInfo);
MBPF_CONTROL_FIELDS(MapInfo);
MBPF_CONTROL_FIELDS(EventsReply);

/* False: there is no room, and nothing of it is written. */
static bool put_part(pb_ostream_t *out, uint32_t tag, const mbpf_field *fields, const void *info)
{
    const pb_ostream_t before = *out;
    uint8_t *begun = mbpf_message_begin(out, tag);
    mbpf_message_put(out, fields, info);
    mbpf_message_end(out, begun);
    bool fits = !mbpf_message_failed(out);
    if (!fits) {
        *out = before;
    }
    return fits;
}

static bool put_map(pb_ostream_t *out, uint32_t tag, const mbpf_package_state *package, const mbpf_map *map)
{
    mbpf_control_MapInfo info;
    info.name = package->map_names[map - package->maps];
    info.type = map->type;
    info.key_size = map->key_size;
    info.value_size = map->value_size;
    info.max_entries = map->max_entries;
    info.used = mbpf_map_operations_of(map->type)->used(map);
    info.lost = map->type == MBPF_MAP_RING_BUFFER ? mbpf_ring_buffer_dropped(map) : 0u;
    return put_part(out, tag, MapInfo_fields, &info);
}

static bool put_program(pb_ostream_t *out, const mbpf_program *program)
{
    mbpf_control_ProgramInfo info;
    info.name = program->name;
    info.attach = program->attach;
    info.attached = program->attached;
    info.runs = mbpf_count_value(program->runs);
    info.stack_bytes = program->stack_bytes;
    info.worst_case_instructions = program->worst_case_instructions;
    info.native_instructions = program->native_instructions;
    info.native_cycles = program->native_cycles;
    info.last_result = program->last_result;
    info.priority = program->priority;
#if MBPF_STATISTICS
    info.worst_cycles = (uint64_t)program->worst_ticks * MBPF_CYCLES_PER_TICK;
    info.total_cycles = mbpf_count_value(program->total_ticks) * MBPF_CYCLES_PER_TICK;
    info.drops = mbpf_count_value(program->drops);
#else
    info.worst_cycles = info.total_cycles = info.drops = 0u;
#endif
    return put_part(out, mbpf_control_ListReply_programs_tag, ProgramInfo_fields, &info);
}

/* Programs, then maps, as many as fit. */
static void put_programs_and_maps(mbpf_control *c, pb_ostream_t *out)
{
    enum { MORE_BYTES = 2 };
    const mbpf_control_List *from = &c->request.head.body.list;
    const mbpf_package_state *package = c->package;
    out->max_size -= MORE_BYTES;
    uint32_t i = from->program;
    while (i < package->program_count && put_program(out, &package->programs[i])) {
        i++;
    }
    bool more = i < package->program_count;
    for (i = from->map; !more && i < package->map_count; i++) {
        more = !put_map(out, mbpf_control_ListReply_maps_tag, package, &package->maps[i]);
    }
    out->max_size += MORE_BYTES;
    if (more) {
        uint8_t *at = mbpf_message_room(out, MORE_BYTES);
        at[0] = mbpf_control_ListReply_more_tag << 3;
        at[1] = 1u;
    }
}

void mbpf_control_list(mbpf_control *c)
{
    mbpf_control_ListReply *r = &c->response.body.list;
    const uint32_t index = c->request.head.body.list.index;
    mbpf_package_state *package = 0;
    for (uint32_t i = 0u; i < MBPF_MAX_PACKAGES; i++) {
        if (c->rt->packages[i].used && !c->rt->packages[i].held && r->count++ == index) {
            package = &c->rt->packages[i];
        }
    }
    if (!package) {
        mbpf_control_set(c, r->count == 0u && index == 0u ? MBPF_OK : MBPF_NOT_FOUND);
        return;
    }
    r->package_id = package->id;
    r->name = package->name;
    r->version_major = package->version_major;
    r->version_minor = package->version_minor;
    r->version_patch = package->version_patch;
    r->rollback_counter = package->rollback_counter;
    r->ram_bytes = package->ram_bytes;
    r->text_bytes = package->text_bytes;
    c->package = package;
    c->rest = put_programs_and_maps;
}

void mbpf_control_list_hooks(mbpf_control *c)
{
    mbpf_control_HooksReply *r = &c->response.body.hooks;
    const uint32_t index = c->request.head.body.list_hooks.index;
    r->count = c->rt->point_count;
    if (index >= c->rt->point_count) {
        mbpf_control_set(c, r->count == 0u && index == 0u ? MBPF_OK : MBPF_NOT_FOUND);
        return;
    }
    const mbpf_hook_point *point = &c->rt->points[index];
    r->name = point->name;
    r->hook_id = point->row->id;
    r->prefix = point->prefix;
    r->fired = mbpf_count_value(point->fired);
}

static mbpf_map *find_map(mbpf_control *c, const char *package, const char *map)
{
    c->map = mbpf_control_package(c, package) ? mbpf_find_map(c->package, map) : 0;
    if (c->package && !c->map) {
        mbpf_control_refuse(c, MBPF_NOT_FOUND, "map");
    }
    return c->map;
}

static mbpf_status status_of(int error)
{
    switch (error) {
    case 0:
        return MBPF_OK;
    case -MBPF_ENOENT:
        return MBPF_NOT_FOUND;
    case -MBPF_E2BIG:
    case -MBPF_ENOSPC:
        return MBPF_FULL;
    default:
        return MBPF_BAD_REQUEST;
    }
}

/* The value stays where it is; the key makes way for the reply. */
static mbpf_status lookup(mbpf_control *c, const mbpf_bytes *key, mbpf_control_MapReply *reply)
{
    reply->value.count = mbpf_map_read_bytes(c->map);
    if (reply->value.count > MBPF_MAX_MESSAGE_BYTES - 128u) {
        reply->value.count = 0u;
        return MBPF_OUT_OF_RANGE; /* larger than a message: not readable over this line */
    }
    reply->value.at = mbpf_map_operations_of(c->map->type)->read(c->map, key->at);
    if (!reply->value.at) {
        reply->value.count = 0u;
        return MBPF_NOT_FOUND;
    }
    memcpy(c->scratch, key->at, key->count);
    reply->key.count = key->count;
    return MBPF_OK;
}

static void put_info(mbpf_control *c, pb_ostream_t *out)
{
    (void)put_map(out, mbpf_control_MapReply_info_tag, c->package, c->map);
}

void mbpf_control_map(mbpf_control *c)
{
    const mbpf_control_MapAccess *r = &c->request.head.body.map;
    mbpf_map *map = find_map(c, r->package, r->map);
    if (!map) {
        return;
    }
    const mbpf_map_operations *operations = mbpf_map_operations_of(map->type);
    const uint32_t key_bytes = mbpf_map_host_key_bytes(map);
    mbpf_control_MapReply *reply = &c->response.body.map;
    bool key_ok = r->key.count == key_bytes && key_bytes != 0u;
    bool pushes = map->type == MBPF_MAP_QUEUE || map->type == MBPF_MAP_STACK; /* the host, too, pushes and pops without a key */
    bool change_ok = pushes ? r->key.count == 0u : key_ok;
    mbpf_status status = MBPF_BAD_REQUEST;
    reply->key.at = c->scratch;
    switch (r->op) {
    case mbpf_control_MapAccess_Op_LOOKUP:
        status = key_ok ? lookup(c, &r->key, reply) : MBPF_BAD_REQUEST;
        break;
    case mbpf_control_MapAccess_Op_UPDATE:
        if (change_ok && r->value.count == map->value_size) {
            status = status_of(operations->update(map, r->key.at, r->value.at, MBPF_UPDATE_ANY));
        }
        break;
    case mbpf_control_MapAccess_Op_DELETE:
        status = change_ok ? status_of(operations->remove(map, r->key.at)) : MBPF_BAD_REQUEST;
        break;
    case mbpf_control_MapAccess_Op_NEXT_KEY:
        if (key_ok || r->key.count == 0u) {
            status = MBPF_OK;
            reply->end = !operations->next_key(map, r->key.count ? r->key.at : 0, c->scratch);
            reply->key.count = reply->end ? 0u : key_bytes;
        }
        break;
    case mbpf_control_MapAccess_Op_INFO:
        status = MBPF_OK;
        c->rest = put_info;
        break;
    default:
        break;
    }
    mbpf_control_refuse(c, status, status != MBPF_BAD_REQUEST ? 0 : key_ok ? "value size or operation" : "key size");
}

/* Records that no message holds are dropped. */
#define RECORD_BYTES (MBPF_MAX_MESSAGE_BYTES - 131u)

static void put_records(mbpf_control *c, pb_ostream_t *out)
{
    enum { REST_BYTES = 16 }; /* of `dropped` and `more` */
    mbpf_control_EventsReply *reply = &c->response.body.events;
    uint32_t left = c->request.head.body.events.max_records, n;
    const uint8_t *record;
    out->max_size -= REST_BYTES;
    left = left != 0u ? left : UINT32_MAX;
    while (left != 0u && (record = mbpf_ring_buffer_peek(c->map, &n)) != 0) {
        if (n > RECORD_BYTES) {
            reply->dropped++;
        } else if (n + 3u > out->max_size - out->bytes_written) {
            break;
        } else {
            left--;
            (void)pb_encode_tag(out, PB_WT_STRING, mbpf_control_EventsReply_records_tag);
            (void)pb_encode_string(out, record, n);
        }
        mbpf_ring_buffer_consume(c->map);
    }
    out->max_size += REST_BYTES;
    reply->dropped += mbpf_ring_buffer_dropped(c->map);
    reply->more = mbpf_ring_buffer_peek(c->map, &n) != 0;
    mbpf_message_put(out, EventsReply_fields, reply);
}

void mbpf_control_events(mbpf_control *c)
{
    const mbpf_control_Events *r = &c->request.head.body.events;
    if (!find_map(c, r->package, r->map)) {
        return;
    }
    if (c->map->type != MBPF_MAP_RING_BUFFER) {
        mbpf_control_refuse(c, MBPF_BAD_REQUEST, "map is no ring buffer");
        return;
    }
    c->rest = put_records;
}

#define LOG_BYTES (MBPF_MAX_MESSAGE_BYTES - 256u)

/* Bytes from the request's `from` to the reply's `next`: round the end of the log, so they are no one piece. */
static void put_log(mbpf_control *c, pb_ostream_t *out)
{
    const mbpf_log *log = &c->rt->log;
    const uint32_t from = c->request.head.body.log.from, n = c->response.body.log.next - from;
    uint8_t *begun = mbpf_message_begin(out, mbpf_control_LogReply_text_tag);
    uint8_t *to = mbpf_message_room(out, n);
    for (uint32_t i = 0u; to && i < n; i++) {
        to[i] = log->bytes[(from + i) & (MBPF_LOG_BYTES - 1u)];
    }
    mbpf_message_end(out, begun);
}

void mbpf_control_log(mbpf_control *c)
{
    const mbpf_log *log = &c->rt->log;
    uint32_t *from = &c->request.head.body.log.from;
    mbpf_control_LogReply *r = &c->response.body.log;
    if (log->written - *from > MBPF_LOG_BYTES) {
        r->lost = *from != 0u || log->written > MBPF_LOG_BYTES;
        *from = log->written > MBPF_LOG_BYTES ? log->written - MBPF_LOG_BYTES : 0u;
    }
    uint32_t n = log->written - *from;
    r->next = *from + (n < LOG_BYTES ? n : LOG_BYTES);
    c->rest = put_log;
}
