/* SPDX-License-Identifier: Apache-2.0
 * Frames to requests, requests to operations, replies to frames. */
#include "mbpf/control.h"

#include <string.h>

#include "mbpf/crc32.h"
#include "mbpf/port.h"
#include "mbpf/store.h"
#include "mbpf/version.h"
#include "pb_decode.h"
#include "pb_encode.h"
#include "text.h"

#define CHUNK_BYTES 896u /* of one PushData, so that its message stays within 1024 bytes */

void mbpf_control_init(mbpf_control *c, mbpf_runtime *rt)
{
    memset(c, 0, sizeof *c);
    c->rt = rt;
}

void mbpf_control_set(mbpf_control *c, mbpf_status status)
{
    c->response.code = (mbpf_control_Code)status;
}

static void set_verdict(mbpf_control *c, mbpf_status status, const mbpf_verdict *v)
{
    mbpf_control_set(c, status);
    c->response.admission = v->code;
    c->response.expected = v->expected;
    c->response.actual = v->actual;
    mbpf_text_copy(c->response.detail, v->detail, sizeof c->response.detail);
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

static void hello(mbpf_control *c, const mbpf_control_Hello *request)
{
    if (c->session == 0u) {
        open_session(c, request->nonce);
    }
    mbpf_control_HelloReply *r = &c->response.body.hello;
    c->response.which_body = mbpf_control_Response_hello_tag;
    r->protocol = 1u;
    mbpf_text_copy(r->board, mbpf_port_board, sizeof r->board);
    if (c->rt->platform_count != 0u) {
        mbpf_text_copy(r->platform, c->rt->platforms[0]->name, sizeof r->platform);
        r->platform_version = c->rt->platforms[0]->version;
    }
    r->isa = mbpf_port_isa;
    r->isa_extensions = mbpf_port_isa_extensions;
    r->device_id.size = sizeof c->rt->trust.device_id;
    memcpy(r->device_id.bytes, c->rt->trust.device_id, sizeof c->rt->trust.device_id);
    r->slot_bytes = MBPF_SLOT_BYTES;
    r->slot_count = c->rt->store ? c->rt->store->journal.slot_count : MBPF_SLOT_COUNT;
    r->ram_free = mbpf_ram_free(c->rt);
    r->max_chunk = CHUNK_BYTES;
    r->trusted_keys = c->rt->trust.root.count;
    r->root_version = c->rt->trust.root.version;
    r->uptime_ns = mbpf_port_time_ns();
    mbpf_text_copy(r->firmware_version, MBPF_FIRMWARE_VERSION, sizeof r->firmware_version);
    r->session = c->session;
    r->last_sequence = c->done_sequence;
    r->line_bytes = MBPF_LINE_BYTES;
}

static void push_begin(mbpf_control *c, const mbpf_control_PushBegin *r)
{
    mbpf_verdict v;
    if (r->sha256.size != 32u) {
        mbpf_control_set(c, MBPF_BAD_REQUEST);
        return;
    }
    mbpf_status status = mbpf_transfer_begin(c->rt, r->bytes, r->sha256.bytes, &v);
    set_verdict(c, status, &v);
    c->response.which_body = mbpf_control_Response_push_tag;
    c->response.body.push.received = c->rt->transfer.received;
}

static void push_data(mbpf_control *c, const mbpf_control_PushData *r)
{
    const uint8_t *d = c->rt->transfer.digest;
    bool same = r->transfer == ((uint32_t)d[0] | (uint32_t)d[1] << 8 | (uint32_t)d[2] << 16 | (uint32_t)d[3] << 24);
    mbpf_control_set(c, same ? mbpf_transfer_data(c->rt, r->offset, r->data.bytes, r->data.size) : MBPF_BAD_STATE);
    c->response.which_body = mbpf_control_Response_push_tag;
    c->response.body.push.received = c->rt->transfer.received;
}

static void push_commit(mbpf_control *c, const mbpf_control_PushCommit *r)
{
    mbpf_verdict v;
    mbpf_commit_result result;
    const mbpf_commit_options options = {
        .activate = r->activate, .dry_run = r->dry_run, .host_confirms = r->host_confirms, .probation_ms = r->probation_ms};
    mbpf_status status = mbpf_transfer_commit(c->rt, &options, &v, &result);
    set_verdict(c, status, &v);
    c->response.which_body = mbpf_control_Response_push_tag;
    c->response.body.push.received = c->rt->transfer.received;
    c->response.body.push.package_id = result.package_id;
    c->response.body.push.replaced = result.replaced;
    c->response.body.push.maps_kept = result.maps_kept;
    c->response.body.push.on_trial = result.on_trial;
    c->response.body.push.slot = result.on_trial ? result.stored : 0u;
}

/* With a priority, one that is attached moves to its new place. */
static mbpf_status attach_at(mbpf_program *program, const mbpf_control_Attach *r)
{
    if (r->has_priority) {
        if (r->priority > UINT8_MAX) {
            return MBPF_OUT_OF_RANGE;
        }
        (void)mbpf_detach_program(program);
        program->priority = (uint8_t)r->priority;
        program->priority_set = true;
    }
    return mbpf_attach_program(program);
}

/* `attach`: null to detach. */
static void attachment(mbpf_control *c, const char *package_name, const char *program_name, const mbpf_control_Attach *attach)
{
    mbpf_package_state *package = mbpf_find_package(c->rt, package_name);
    mbpf_program *program = package ? mbpf_find_program(package, program_name) : 0;
    if (!program) {
        mbpf_control_set(c, MBPF_NOT_FOUND);
        mbpf_text_copy(c->response.detail, package ? "program" : "package", sizeof c->response.detail);
        return;
    }
    mbpf_status status = attach ? attach_at(program, attach) : mbpf_detach_program(program);
    mbpf_control_set(c, status);
    if (status == MBPF_OK) {
        mbpf_event(c->rt, attach ? MBPF_EVENT_ATTACHED : MBPF_EVENT_DETACHED, 0u, package->name, 0);
    }
}

static void stimulus(mbpf_control *c, const mbpf_control_Stimulus *r)
{
    if (!c->stimulus) {
        mbpf_control_set(c, MBPF_UNSUPPORTED);
        return;
    }
    c->response.which_body = mbpf_control_Response_stimulus_tag;
    mbpf_control_set(c, c->stimulus(r, &c->response.body.stimulus));
}

static void root_update(mbpf_control *c, const mbpf_control_RootUpdate *r)
{
    mbpf_verdict v;
    mbpf_status status = mbpf_root_update(c->rt, r->record.bytes, r->record.size, &v);
    set_verdict(c, status, &v);
}

static void dispatch(mbpf_control *c)
{
    const mbpf_control_Request *r = &c->request;
    switch (r->which_body) {
    case mbpf_control_Request_hello_tag:
        hello(c, &r->body.hello);
        break;
    case mbpf_control_Request_push_begin_tag:
        push_begin(c, &r->body.push_begin);
        break;
    case mbpf_control_Request_push_data_tag:
        push_data(c, &r->body.push_data);
        break;
    case mbpf_control_Request_push_commit_tag:
        push_commit(c, &r->body.push_commit);
        break;
    case mbpf_control_Request_list_tag:
        mbpf_control_list(c, &r->body.list);
        break;
    case mbpf_control_Request_attach_tag:
        attachment(c, r->body.attach.package, r->body.attach.program, &r->body.attach);
        break;
    case mbpf_control_Request_detach_tag:
        attachment(c, r->body.detach.package, r->body.detach.program, 0);
        break;
    case mbpf_control_Request_unload_tag:
        mbpf_control_set(c, mbpf_unload(c->rt, r->body.unload.package));
        break;
    case mbpf_control_Request_map_tag:
        mbpf_control_map(c, &r->body.map);
        break;
    case mbpf_control_Request_events_tag:
        mbpf_control_events(c, &r->body.events);
        break;
    case mbpf_control_Request_faults_tag:
        mbpf_control_faults(c, r->body.faults.number);
        break;
    case mbpf_control_Request_log_tag:
        mbpf_control_log(c, r->body.log.from);
        break;
    case mbpf_control_Request_test_run_tag:
        mbpf_control_test_run(c, &r->body.test_run);
        break;
    case mbpf_control_Request_list_hooks_tag:
        mbpf_control_list_hooks(c, r->body.list_hooks.index);
        break;
    case mbpf_control_Request_stimulus_tag:
        stimulus(c, &r->body.stimulus);
        break;
    case mbpf_control_Request_confirm_tag:
        mbpf_control_end_trial(c, r->body.confirm.package, true);
        break;
    case mbpf_control_Request_revert_tag:
        mbpf_control_end_trial(c, r->body.revert.package, false);
        break;
    case mbpf_control_Request_list_slots_tag:
        mbpf_control_list_slots(c, r->body.list_slots.index);
        break;
    case mbpf_control_Request_root_update_tag:
        root_update(c, &r->body.root_update);
        break;
    case mbpf_control_Request_attest_tag:
        if (c->attest) {
            c->attest(c, &r->body.attest);
        } else {
            mbpf_control_set(c, MBPF_UNSUPPORTED);
        }
        break;
    default:
        mbpf_control_set(c, MBPF_UNSUPPORTED);
        break;
    }
}

/* Executing these again changes nothing, so a repetition gets fresh values. */
static bool repeatable(const mbpf_control_Request *r)
{
    switch (r->which_body) {
    case mbpf_control_Request_hello_tag:
    case mbpf_control_Request_push_data_tag:
    case mbpf_control_Request_list_tag:
    case mbpf_control_Request_attest_tag:
    case mbpf_control_Request_list_hooks_tag:
    case mbpf_control_Request_log_tag:
    case mbpf_control_Request_faults_tag:
    case mbpf_control_Request_list_slots_tag:
        return true;
    case mbpf_control_Request_map_tag:
        return r->body.map.op != mbpf_control_MapAccess_Op_UPDATE && r->body.map.op != mbpf_control_MapAccess_Op_DELETE;
    default:
        return false;
    }
}

static void begin_response(mbpf_control *c)
{
    memset(&c->response, 0, sizeof c->response);
    c->response.sequence = c->request.sequence;
}

static bool encode(mbpf_control *c, uint8_t *reply, uint32_t *bytes)
{
    pb_ostream_t out = pb_ostream_from_buffer(reply, MBPF_MAX_MESSAGE_BYTES);
    bool fits = pb_encode(&out, mbpf_control_Response_fields, &c->response);
    *bytes = (uint32_t)out.bytes_written;
    return fits;
}

uint32_t mbpf_control_message(mbpf_control *c, const uint8_t *message, uint32_t count, uint8_t *reply)
{
    uint32_t bytes, checksum = mbpf_crc32(message, count);
    memset(&c->request, 0, sizeof c->request);
    pb_istream_t in = pb_istream_from_buffer(message, count);
    bool decoded = pb_decode(&in, mbpf_control_Request_fields, &c->request);
    bool once = decoded && !repeatable(&c->request);
    bool writes = once || c->request.which_body == mbpf_control_Request_push_data_tag;
    bool known = c->session != 0u && c->request.session == c->session;
    uint64_t ahead = c->request.sequence - c->done_sequence;
    begin_response(c);
    if (!decoded) {
        mbpf_control_set(c, MBPF_BAD_REQUEST);
    } else if (once && known && ahead == 0u && checksum == c->done_checksum && c->done_bytes != 0u) {
        memcpy(reply, c->done, c->done_bytes);
        return c->done_bytes;
    } else if ((writes && !known) || (once && ahead - 1u >= UINT64_MAX / 2u)) {
        once = false; /* not done now */
        mbpf_control_set(c, MBPF_STALE);
    } else {
        dispatch(c);
    }
    if (!encode(c, reply, &bytes)) {
        begin_response(c);
        mbpf_control_set(c, MBPF_OUT_OF_RANGE);
        mbpf_text_copy(c->response.detail, "reply does not fit a message", sizeof c->response.detail);
        (void)encode(c, reply, &bytes);
    }
    if (once) {
        c->done_sequence = c->request.sequence;
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
