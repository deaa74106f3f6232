/* SPDX-License-Identifier: Apache-2.0
 * What the host may see: packages, hooks, maps, events, the console log. */
#include <string.h>

#include "mbpf/control.h"
#include "pb_encode.h"
#include "text.h"
#if MBPF_STATISTICS
#include "ticks.h" /* the port's */
#endif

static void describe_map(mbpf_control_MapInfo *info, const char *name, const mbpf_map *map)
{
    mbpf_text_copy(info->name, name, sizeof info->name);
    info->type = map->type;
    info->key_size = map->key_size;
    info->value_size = map->value_size;
    info->max_entries = map->max_entries;
    info->used = mbpf_map_operations_of(map->type)->used(map);
    info->lost = map->type == MBPF_MAP_RING_BUFFER ? mbpf_ring_buffer_dropped(map) : 0u;
}

static void describe_program(mbpf_control_ProgramInfo *info, const mbpf_program *program)
{
    mbpf_text_copy(info->name, program->name, sizeof info->name);
    mbpf_text_copy(info->attach, program->attach, sizeof info->attach);
    info->attached = program->attached;
    info->runs = mbpf_count_value(program->runs);
    info->stack_bytes = program->stack_bytes;
    info->worst_case_instructions = program->worst_case_instructions;
    info->native_instructions = program->native_instructions;
    info->native_cycles = program->native_cycles;
    info->last_result = program->last_result;
    info->priority = program->priority;
#if MBPF_STATISTICS
    info->worst_cycles = (uint64_t)program->worst_ticks * MBPF_CYCLES_PER_TICK;
    info->total_cycles = mbpf_count_value(program->total_ticks) * MBPF_CYCLES_PER_TICK;
    info->drops = mbpf_count_value(program->drops);
#endif
}

void mbpf_control_list(mbpf_control *c, const mbpf_control_List *from)
{
    mbpf_control_ListReply *r = &c->response.body.list;
    const mbpf_package_state *package = 0;
    c->response.which_body = mbpf_control_Response_list_tag;
    for (uint32_t i = 0u; i < MBPF_MAX_PACKAGES; i++) {
        if (c->rt->packages[i].used && !c->rt->packages[i].held && r->count++ == from->index) {
            package = &c->rt->packages[i];
        }
    }
    if (!package) {
        mbpf_control_set(c, r->count == 0u && from->index == 0u ? MBPF_OK : MBPF_NOT_FOUND);
        return;
    }
    r->package_id = package->id;
    mbpf_text_copy(r->name, package->name, sizeof r->name);
    r->version_major = package->version_major;
    r->version_minor = package->version_minor;
    r->version_patch = package->version_patch;
    r->rollback_counter = package->rollback_counter;
    r->ram_bytes = package->ram_bytes;
    r->text_bytes = package->text_bytes;
    for (uint32_t i = from->program; i < package->program_count; i++) {
        describe_program(&r->programs[r->programs_count++], &package->programs[i]);
    }
    for (uint32_t i = from->map; i < package->map_count; i++) {
        describe_map(&r->maps[r->maps_count++], package->map_names[i], &package->maps[i]);
    }
    size_t bytes;
    while (r->programs_count + r->maps_count > 1u && (!pb_get_encoded_size(&bytes, mbpf_control_Response_fields, &c->response) || bytes > MBPF_MAX_MESSAGE_BYTES)) {
        r->more = true;
        if (r->maps_count != 0u) {
            r->maps_count--;
        } else {
            r->programs_count--;
        }
    }
}

void mbpf_control_list_hooks(mbpf_control *c, uint32_t index)
{
    mbpf_control_HooksReply *r = &c->response.body.hooks;
    c->response.which_body = mbpf_control_Response_hooks_tag;
    r->count = c->rt->point_count;
    if (index >= c->rt->point_count) {
        mbpf_control_set(c, r->count == 0u && index == 0u ? MBPF_OK : MBPF_NOT_FOUND);
        return;
    }
    const mbpf_hook_point *point = &c->rt->points[index];
    mbpf_text_copy(r->name, point->name, sizeof r->name);
    r->hook_id = point->row->id;
    r->prefix = point->prefix;
    r->fired = mbpf_count_value(point->fired);
}

static mbpf_map *find_map(mbpf_control *c, const char *package_name, const char *map_name, mbpf_package_state **package)
{
    *package = mbpf_find_package(c->rt, package_name);
    mbpf_map *map = *package ? mbpf_find_map(*package, map_name) : 0;
    if (!map) {
        mbpf_control_set(c, MBPF_NOT_FOUND);
        mbpf_text_copy(c->response.detail, *package ? "map" : "package", sizeof c->response.detail);
    }
    return map;
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

static mbpf_status lookup(mbpf_map *map, const mbpf_control_MapAccess *r, mbpf_control_MapReply *reply)
{
    uint32_t bytes = mbpf_map_read_bytes(map);
    if (bytes > sizeof reply->value.bytes) {
        return MBPF_OUT_OF_RANGE; /* larger than a message: not readable over this line */
    }
    const void *value = mbpf_map_operations_of(map->type)->read(map, r->key.bytes);
    if (!value) {
        return MBPF_NOT_FOUND;
    }
    reply->key.size = r->key.size;
    memcpy(reply->key.bytes, r->key.bytes, r->key.size);
    reply->value.size = (pb_size_t)bytes;
    memcpy(reply->value.bytes, value, bytes);
    return MBPF_OK;
}

static mbpf_status next_key(const mbpf_map *map, const mbpf_control_MapAccess *r, mbpf_control_MapReply *reply)
{
    if (!mbpf_map_operations_of(map->type)->next_key(map, r->key.size ? r->key.bytes : 0, reply->key.bytes)) {
        reply->end = true;
        return MBPF_OK;
    }
    reply->key.size = (pb_size_t)mbpf_map_host_key_bytes(map);
    return MBPF_OK;
}

void mbpf_control_map(mbpf_control *c, const mbpf_control_MapAccess *r)
{
    mbpf_package_state *package;
    mbpf_map *map = find_map(c, r->package, r->map, &package);
    if (!map) {
        return;
    }
    const mbpf_map_operations *operations = mbpf_map_operations_of(map->type);
    mbpf_control_MapReply *reply = &c->response.body.map;
    c->response.which_body = mbpf_control_Response_map_tag;
    bool key_ok = r->key.size == mbpf_map_host_key_bytes(map) && r->key.size != 0u;
    bool pushes = map->type == MBPF_MAP_QUEUE || map->type == MBPF_MAP_STACK; /* the host, too, pushes and pops without a key */
    bool change_ok = pushes ? r->key.size == 0u : key_ok;
    mbpf_status status = MBPF_BAD_REQUEST;
    switch (r->op) {
    case mbpf_control_MapAccess_Op_LOOKUP:
        status = key_ok ? lookup(map, r, reply) : MBPF_BAD_REQUEST;
        break;
    case mbpf_control_MapAccess_Op_UPDATE:
        if (change_ok && r->value.size == map->value_size) {
            status = status_of(operations->update(map, r->key.bytes, r->value.bytes, MBPF_UPDATE_ANY));
        }
        break;
    case mbpf_control_MapAccess_Op_DELETE:
        status = change_ok ? status_of(operations->remove(map, r->key.bytes)) : MBPF_BAD_REQUEST;
        break;
    case mbpf_control_MapAccess_Op_NEXT_KEY:
        status = key_ok || r->key.size == 0u ? next_key(map, r, reply) : MBPF_BAD_REQUEST;
        break;
    case mbpf_control_MapAccess_Op_INFO:
        status = MBPF_OK;
        reply->has_info = true;
        describe_map(&reply->info, r->map, map);
        break;
    default:
        break;
    }
    if (status == MBPF_BAD_REQUEST) {
        mbpf_text_copy(c->response.detail, key_ok ? "value size or operation" : "key size", sizeof c->response.detail);
    }
    mbpf_control_set(c, status);
}

static bool encode_records(pb_ostream_t *out, const pb_field_t *field, void *const *argument)
{
    const mbpf_control *c = (const mbpf_control *)*argument;
    for (uint32_t at = 0u; at < c->events_bytes;) {
        uint32_t n = (uint32_t)c->events[at] | (uint32_t)c->events[at + 1u] << 8;
        if (!pb_encode_tag_for_field(out, field) || !pb_encode_string(out, c->events + at + 2u, n)) {
            return false;
        }
        at += 2u + n;
    }
    return true;
}

void mbpf_control_events(mbpf_control *c, const mbpf_control_Events *r)
{
    mbpf_package_state *package;
    mbpf_map *map = find_map(c, r->package, r->map, &package);
    if (!map) {
        return;
    }
    if (map->type != MBPF_MAP_RING_BUFFER) {
        mbpf_control_set(c, MBPF_BAD_REQUEST);
        mbpf_text_copy(c->response.detail, "map is no ring buffer", sizeof c->response.detail);
        return;
    }
    /* Each record takes 3 bytes of tag and length on the wire, 2 here: the sum is bounded for both. */
    uint32_t records = 0u, limit = r->max_records ? r->max_records : UINT32_MAX, n, wire = 0u;
    const uint8_t *record;
    c->events_bytes = 0u;
    mbpf_control_EventsReply *reply = &c->response.body.events;
    while (records < limit && (record = mbpf_ring_buffer_peek(map, &n)) != 0) {
        if (n + 3u > MBPF_EVENTS_BYTES) {
            reply->dropped++; /* passes any message */
            mbpf_ring_buffer_consume(map);
            continue;
        }
        if (wire + n + 3u > MBPF_EVENTS_BYTES) {
            break;
        }
        c->events[c->events_bytes] = (uint8_t)n;
        c->events[c->events_bytes + 1u] = (uint8_t)(n >> 8);
        memcpy(c->events + c->events_bytes + 2u, record, n);
        c->events_bytes += 2u + n;
        wire += 3u + n;
        records++;
        mbpf_ring_buffer_consume(map);
    }
    c->response.which_body = mbpf_control_Response_events_tag;
    reply->records.funcs.encode = encode_records;
    reply->records.arg = c;
    reply->dropped += mbpf_ring_buffer_dropped(map);
    reply->more = mbpf_ring_buffer_peek(map, &n) != 0;
}

void mbpf_control_log(mbpf_control *c, uint32_t from)
{
    const mbpf_log *log = &c->rt->log;
    mbpf_control_LogReply *r = &c->response.body.log;
    c->response.which_body = mbpf_control_Response_log_tag;
    if (log->written - from > MBPF_LOG_BYTES) {
        r->lost = from != 0u || log->written > MBPF_LOG_BYTES;
        from = log->written > MBPF_LOG_BYTES ? log->written - MBPF_LOG_BYTES : 0u;
    }
    uint32_t n = log->written - from;
    if (n > sizeof r->text.bytes) {
        n = sizeof r->text.bytes;
    }
    for (uint32_t i = 0u; i < n; i++) {
        r->text.bytes[i] = log->bytes[(from + i) & (MBPF_LOG_BYTES - 1u)];
    }
    r->text.size = (pb_size_t)n;
    r->next = from + n;
}
