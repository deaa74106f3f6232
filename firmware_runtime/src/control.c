/* SPDX-License-Identifier: Apache-2.0
 * Frames to requests, requests to operations, replies to frames. */
#include "mbpf/control.h"

#include <string.h>

#include "mbpf/crc32.h"
#include "mbpf/port.h"
#include "mbpf/store.h"
#include "mbpf/version.h"
#include "pb_encode.h"

/* Of one PushData: what is around it takes 32 bytes at most, the half of them the request's. */
#define CHUNK_BYTES ((MBPF_MAX_MESSAGE_BYTES - 32u) & ~7u)

void mbpf_control_init(mbpf_control *c, mbpf_runtime *rt)
{
    memset(c, 0, sizeof *c);
    c->rt = rt;
}

void mbpf_control_set(mbpf_control *c, mbpf_status status)
{
    c->response.code = (mbpf_control_Code)status;
}

void mbpf_control_refuse(mbpf_control *c, mbpf_status status, const char *detail)
{
    mbpf_control_set(c, status);
    c->response.detail = detail;
}

static void set_verdict(mbpf_control *c, mbpf_status status)
{
    mbpf_control_refuse(c, status, c->verdict.detail);
    c->response.admission = c->verdict.code;
    c->response.expected = c->verdict.expected;
    c->response.actual = c->verdict.actual;
}

mbpf_package_state *mbpf_control_package(mbpf_control *c, const char *name)
{
    c->package = mbpf_find_package(c->rt, name);
    if (!c->package) {
        mbpf_control_refuse(c, MBPF_NOT_FOUND, "package");
    }
    return c->package;
}

mbpf_program *mbpf_control_program(mbpf_control *c, const char *package, const char *name)
{
    mbpf_program *program = mbpf_control_package(c, package) ? mbpf_find_program(c->package, name) : 0;
    if (c->package && !program) {
        mbpf_control_refuse(c, MBPF_NOT_FOUND, "program");
    }
    return program;
}

/* No two boots shall have the same: a frame recorded in one must not be taken in another. The host's random
 * number does that even where clocks start alike. */
static void open_session(mbpf_control *c, uint64_t nonce)
{
    uint64_t seed[2] = {nonce, mbpf_port_time_ns()};
    uint8_t bytes[sizeof seed];
    memcpy(bytes, seed, sizeof bytes);
    c->session = mbpf_crc32(bytes, sizeof bytes) | 1u;
}

static void hello(mbpf_control *c)
{
    if (c->session == 0u) {
        open_session(c, c->request.head.body.hello.nonce);
    }
    const mbpf_trust *trust = &c->rt->trust;
    mbpf_control_HelloReply *r = &c->response.body.hello;
    r->protocol = 1u;
    r->board = mbpf_port_board;
    if (c->rt->platform_count != 0u) {
        r->platform = c->rt->platforms[0]->name;
        r->platform_version = c->rt->platforms[0]->version;
    }
    r->isa = mbpf_port_isa;
    r->isa_extensions = mbpf_port_isa_extensions;
    r->device_id.at = trust->device_id;
    r->device_id.count = sizeof trust->device_id;
    r->slot_bytes = MBPF_SLOT_BYTES;
    r->slot_count = c->rt->store ? c->rt->store->journal.slot_count : MBPF_SLOT_COUNT;
    r->ram_free = mbpf_ram_free(c->rt);
    r->max_chunk = CHUNK_BYTES;
    r->trusted_keys = trust->root.count;
    r->root_version = trust->root.version;
    r->uptime_ns = mbpf_port_time_ns();
    r->firmware_version = MBPF_FIRMWARE_VERSION;
    r->session = c->session;
    r->last_sequence = c->done_sequence;
    r->line_bytes = MBPF_LINE_BYTES;
    r->message_bytes = MBPF_MAX_MESSAGE_BYTES;
}

static void push_begin(mbpf_control *c)
{
    const mbpf_control_PushBegin *r = &c->request.head.body.push_begin;
    if (r->sha256.count != 32u) {
        mbpf_control_set(c, MBPF_BAD_REQUEST);
        return;
    }
    set_verdict(c, mbpf_transfer_begin(c->rt, r->bytes, r->sha256.at, &c->verdict));
    c->response.body.push.received = c->rt->transfer.received;
}

static void push_data(mbpf_control *c)
{
    const mbpf_control_PushData *r = &c->request.head.body.push_data;
    const uint8_t *d = c->rt->transfer.digest;
    bool same = r->transfer == ((uint32_t)d[0] | (uint32_t)d[1] << 8 | (uint32_t)d[2] << 16 | (uint32_t)d[3] << 24);
    mbpf_control_set(c, same ? mbpf_transfer_data(c->rt, r->offset, r->data.at, r->data.count) : MBPF_BAD_STATE);
    c->response.body.push.received = c->rt->transfer.received;
}

static void push_commit(mbpf_control *c)
{
    const mbpf_control_PushCommit *r = &c->request.head.body.push_commit;
    mbpf_commit_result result;
    const mbpf_commit_options options = {
        .activate = r->activate, .dry_run = r->dry_run, .host_confirms = r->host_confirms, .probation_ms = r->probation_ms};
    set_verdict(c, mbpf_transfer_commit(c->rt, &options, &c->verdict, &result));
    mbpf_control_PushReply *reply = &c->response.body.push;
    reply->received = c->rt->transfer.received;
    reply->package_id = result.package_id;
    reply->replaced = result.replaced;
    reply->maps_kept = result.maps_kept;
    reply->on_trial = result.on_trial;
    reply->slot = result.on_trial ? result.stored : 0u;
}

static void announce(mbpf_control *c, mbpf_status status, uint32_t event)
{
    mbpf_control_set(c, status);
    if (status == MBPF_OK) {
        mbpf_event(c->rt, event, 0u, c->package->name, 0);
    }
}

/* With a priority, one that is attached moves to its new place. */
static void attach(mbpf_control *c)
{
    const mbpf_control_Attach *r = &c->request.head.body.attach;
    mbpf_program *program = mbpf_control_program(c, r->package, r->program);
    if (!program) {
        return;
    }
    if (r->has_priority) {
        if (r->priority > UINT8_MAX) {
            mbpf_control_set(c, MBPF_OUT_OF_RANGE);
            return;
        }
        (void)mbpf_detach_program(program);
        program->priority = (uint8_t)r->priority;
        program->priority_set = true;
    }
    announce(c, mbpf_attach_program(program), MBPF_EVENT_ATTACHED);
}

static void detach(mbpf_control *c)
{
    mbpf_program *program = mbpf_control_program(c, c->request.head.body.detach.package, c->request.head.body.detach.program);
    if (program) {
        announce(c, mbpf_detach_program(program), MBPF_EVENT_DETACHED);
    }
}

static void unload(mbpf_control *c)
{
    mbpf_control_set(c, mbpf_unload(c->rt, c->request.head.body.unload.package));
}

static void stimulus(mbpf_control *c)
{
    mbpf_control_set(c, c->stimulus ? c->stimulus(&c->request.part, &c->response.body.stimulus) : MBPF_UNSUPPORTED);
}

#if MBPF_ROOT_ROTATION
static void root_update(mbpf_control *c)
{
    const mbpf_control_RootUpdate *r = &c->request.head.body.root_update;
    mbpf_bytes record = r->record;
    mbpf_status status = MBPF_OK;
    uint8_t digest[MBPF_DIGEST_BYTES];
    if (r->transferred) {
        status = mbpf_transfer_whole(c->rt, digest, &c->verdict);
        record.at = c->rt->slots[c->rt->transfer.slot];
        record.count = c->rt->transfer.bytes;
    }
    if (status == MBPF_OK) {
        status = mbpf_root_update(c->rt, record.at, record.count, &c->verdict);
    }
    set_verdict(c, status);
    if (r->transferred) {
        mbpf_transfer_drop(c->rt);
    }
}
#endif

static void attest(mbpf_control *c)
{
    if (c->attest) {
        c->attest(c);
    } else {
        mbpf_control_set(c, MBPF_UNSUPPORTED);
    }
}

/* --- what there is to ask for --- */

MBPF_CONTROL_FIELDS(Response);
MBPF_CONTROL_FIELDS(Hello);
MBPF_CONTROL_FIELDS(PushBegin);
MBPF_CONTROL_FIELDS(PushData);
MBPF_CONTROL_FIELDS(PushCommit);
MBPF_CONTROL_FIELDS(List);
MBPF_CONTROL_FIELDS(Attach);
MBPF_CONTROL_FIELDS(Detach);
MBPF_CONTROL_FIELDS(Unload);
MBPF_CONTROL_FIELDS(MapAccess);
MBPF_CONTROL_FIELDS(Events);
MBPF_CONTROL_FIELDS(Faults);
MBPF_CONTROL_FIELDS(Log);
MBPF_CONTROL_FIELDS(TestRun);
MBPF_CONTROL_FIELDS(ListHooks);
MBPF_CONTROL_FIELDS(Confirm);
MBPF_CONTROL_FIELDS(Revert);
MBPF_CONTROL_FIELDS(ListSlots);
#if MBPF_ROOT_ROTATION
MBPF_CONTROL_FIELDS(RootUpdate);
#endif
MBPF_CONTROL_FIELDS(Attest);
MBPF_CONTROL_FIELDS(HelloReply);
MBPF_CONTROL_FIELDS(ListReply);
MBPF_CONTROL_FIELDS(MapReply);
MBPF_CONTROL_FIELDS(LogReply);
MBPF_CONTROL_FIELDS(TestRunReply);
MBPF_CONTROL_FIELDS(PushReply);
MBPF_CONTROL_FIELDS(HooksReply);
MBPF_CONTROL_FIELDS(StimulusReply);
MBPF_CONTROL_FIELDS(AttestReply);
MBPF_CONTROL_FIELDS(SlotsReply);
MBPF_CONTROL_FIELDS(FaultsReply);
static const mbpf_field no_fields[] = {MBPF_FIELDS_END};

#define MBPF_PART_AT offsetof(mbpf_control_request, part)
static const mbpf_field Request_fields[] = {mbpf_control_Request_FIELDLIST(MBPF_FIELD, mbpf_control_Request) mbpf_control_Request_FIELDLIST(MBPF_PART, 0) MBPF_FIELDS_END};

#define ONCE 0x1u    /* executing it again changes something: done once, by session and sequence */
#define SESSION 0x2u /* needs the session all the same */

typedef struct operation {
    uint8_t tag, flags, reply_tag;
    const mbpf_field *request, *reply;
    void (*run)(mbpf_control *c);
} operation;

#define ROW(name, flags, message, run, reply_name, reply) {mbpf_control_Request_##name##_tag, flags, mbpf_control_Response_##reply_name##_tag, message##_fields, reply##_fields, run}
#define ROW_WITHOUT_REPLY(name, message, run) {mbpf_control_Request_##name##_tag, ONCE | SESSION, 0u, message##_fields, no_fields, run}

static const operation operations[] = {
    ROW(push_data, SESSION, PushData, push_data, push, PushReply), /* first: it comes most often */
    ROW(hello, 0u, Hello, hello, hello, HelloReply),
    ROW(push_begin, ONCE | SESSION, PushBegin, push_begin, push, PushReply),
    ROW(push_commit, ONCE | SESSION, PushCommit, push_commit, push, PushReply),
    ROW(list, 0u, List, mbpf_control_list, list, ListReply),
    ROW_WITHOUT_REPLY(attach, Attach, attach),
    ROW_WITHOUT_REPLY(detach, Detach, detach),
    ROW_WITHOUT_REPLY(unload, Unload, unload),
    ROW(map, ONCE | SESSION, MapAccess, mbpf_control_map, map, MapReply),
    ROW(events, ONCE | SESSION, Events, mbpf_control_events, events, no),
    ROW(faults, 0u, Faults, mbpf_control_faults, faults, FaultsReply),
    ROW(log, 0u, Log, mbpf_control_log, log, LogReply),
    ROW(test_run, ONCE | SESSION, TestRun, mbpf_control_test_run, test_run, TestRunReply),
    ROW(list_hooks, 0u, ListHooks, mbpf_control_list_hooks, hooks, HooksReply),
    ROW(stimulus, ONCE | SESSION, no, stimulus, stimulus, StimulusReply),
    ROW_WITHOUT_REPLY(confirm, Confirm, mbpf_control_confirm),
    ROW_WITHOUT_REPLY(revert, Revert, mbpf_control_revert),
    ROW(list_slots, 0u, ListSlots, mbpf_control_list_slots, slots, SlotsReply),
#if MBPF_ROOT_ROTATION
    ROW_WITHOUT_REPLY(root_update, RootUpdate, root_update),
#endif
    ROW(attest, 0u, Attest, attest, attest, AttestReply),
};

/* The request's operation; null: it is none, and `code` says why. */
static const operation *decode(mbpf_control *c, uint8_t *message, uint32_t count, mbpf_status *why)
{
    mbpf_control_request *r = &c->request;
    memset(r, 0, sizeof *r);
    *why = MBPF_BAD_REQUEST;
    if (!mbpf_message_decode(message, count, Request_fields, r)) {
        return 0;
    }
    for (const operation *o = operations; o < operations + sizeof operations / sizeof *operations; o++) {
        if (o->tag == r->part.tag) {
            return mbpf_message_decode(r->part.at, r->part.count, o->request, &r->head.body) ? o : 0;
        }
    }
    *why = MBPF_UNSUPPORTED;
    return 0;
}

/* Executing these again changes nothing, so a repetition gets fresh values. */
static uint32_t flags_of(const mbpf_control *c, const operation *o)
{
    const mbpf_control_MapAccess_Op op = c->request.head.body.map.op;
    if (o->tag == mbpf_control_Request_map_tag && op != mbpf_control_MapAccess_Op_UPDATE && op != mbpf_control_MapAccess_Op_DELETE) {
        return 0u;
    }
    return o->flags;
}

static void begin_response(mbpf_control *c)
{
    memset(&c->response, 0, sizeof c->response);
    c->response.sequence = c->request.head.sequence;
    c->rest = 0;
}

/* Its bytes; 0: it does not fit. */
static uint32_t encode(mbpf_control *c, const operation *o, uint8_t *reply)
{
    pb_ostream_t out = pb_ostream_from_buffer(reply, MBPF_MAX_MESSAGE_BYTES);
    mbpf_message_put(&out, Response_fields, &c->response);
    if (o && o->reply_tag != 0u) {
        uint8_t *begun = mbpf_message_begin(&out, o->reply_tag);
        mbpf_message_put(&out, o->reply, &c->response.body);
        if (c->rest) {
            c->rest(c, &out);
        }
        mbpf_message_end(&out, begun);
    }
    return mbpf_message_failed(&out) ? 0u : (uint32_t)out.bytes_written;
}

uint32_t mbpf_control_message(mbpf_control *c, uint8_t *message, uint32_t count, uint8_t *reply)
{
    uint32_t checksum = mbpf_crc32(message, count);
    mbpf_status why;
    const operation *o = decode(c, message, count, &why);
    uint32_t flags = o ? flags_of(c, o) : 0u;
    bool known = c->session != 0u && c->request.head.session == c->session;
    uint64_t ahead = c->request.head.sequence - c->done_sequence;
    begin_response(c);
    if (!o) {
        mbpf_control_set(c, why);
    } else if ((flags & ONCE) != 0u && known && ahead == 0u && checksum == c->done_checksum && c->done_bytes != 0u) {
        memcpy(reply, c->done, c->done_bytes);
        return c->done_bytes;
    } else if (((flags & SESSION) != 0u && !known) || ((flags & ONCE) != 0u && ahead - 1u >= UINT64_MAX / 2u)) {
        o = 0; /* not done now */
        mbpf_control_set(c, MBPF_STALE);
    } else {
        o->run(c);
    }
    uint32_t bytes = encode(c, o, reply);
    if (bytes == 0u) {
        begin_response(c);
        mbpf_control_refuse(c, MBPF_OUT_OF_RANGE, "reply does not fit a message");
        bytes = encode(c, 0, reply);
    }
    if (o && (flags & ONCE) != 0u) {
        c->done_sequence = c->request.head.sequence;
        c->done_checksum = checksum;
        c->done_bytes = bytes;
        memcpy(c->done, reply, bytes);
    }
    return bytes;
}

bool mbpf_control_byte(mbpf_control *c, uint8_t byte)
{
    uint32_t count;
    uint8_t *line = c->receiver.bytes;
    if (!mbpf_frame_receive(&c->receiver, byte, &count)) {
        return false;
    }
    /* The receiver's buffer is free until the next byte: reply and frame are made in it. */
    count = mbpf_control_message(c, line, count, line + MBPF_FRAME_HEADROOM);
    c->frame = line;
    c->frame_bytes = mbpf_frame_encode(line + MBPF_FRAME_HEADROOM, count, line, sizeof c->receiver.bytes);
    return true;
}

void mbpf_control_poll(mbpf_control *c)
{
    uint8_t byte;
    mbpf_console_flush();
    for (uint32_t n = 64u; n != 0u && mbpf_port_serial_read(&byte, 1u) != 0u; n--) {
        if (mbpf_control_byte(c, byte)) {
            mbpf_console_flush(); /* what the request made programs write stands before its reply */
            mbpf_port_serial_write(c->frame, c->frame_bytes);
            return;
        }
    }
}
