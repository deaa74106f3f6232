/* SPDX-License-Identifier: Apache-2.0
 * Frames to requests, requests to operations, replies to frames. */
#include "mbpf/control.h"

#include <string.h>

#include "mbpf/port.h"
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

static void hello(mbpf_control *c)
{
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
    r->slot_count = MBPF_SLOT_COUNT;
    r->ram_free = mbpf_ram_free(c->rt);
    r->max_chunk = CHUNK_BYTES;
    r->trusted_keys = c->rt->trust.count;
    r->uptime_ns = mbpf_port_time_ns();
    mbpf_text_copy(r->firmware_version, MBPF_FIRMWARE_VERSION, sizeof r->firmware_version);
}

static void push_begin(mbpf_control *c, const mbpf_control_PushBegin *r)
{
    mbpf_verdict v;
    if (r->sha256.size != 0u && r->sha256.size != 32u) {
        mbpf_control_set(c, MBPF_BAD_REQUEST);
        return;
    }
    mbpf_status status = mbpf_transfer_begin(c->rt, r->bytes, r->sha256.size ? r->sha256.bytes : 0, &v);
    set_verdict(c, status, &v);
    c->response.which_body = mbpf_control_Response_push_tag;
}

static void push_data(mbpf_control *c, const mbpf_control_PushData *r)
{
    mbpf_control_set(c, mbpf_transfer_data(c->rt, r->offset, r->data.bytes, r->data.size));
    c->response.which_body = mbpf_control_Response_push_tag;
    c->response.body.push.received = c->rt->transfer.received;
}

static void push_commit(mbpf_control *c, const mbpf_control_PushCommit *r)
{
    mbpf_verdict v;
    mbpf_commit_result result;
    mbpf_status status = mbpf_transfer_commit(c->rt, r->activate, r->dry_run, &v, &result);
    set_verdict(c, status, &v);
    c->response.which_body = mbpf_control_Response_push_tag;
    c->response.body.push.received = c->rt->transfer.received;
    c->response.body.push.package_id = result.package_id;
    c->response.body.push.replaced = result.replaced;
    c->response.body.push.maps_kept = result.maps_kept;
}

static void attachment(mbpf_control *c, const char *package_name, const char *program_name, bool attach)
{
    mbpf_package_state *package = mbpf_find_package(c->rt, package_name);
    mbpf_program *program = package ? mbpf_find_program(package, program_name) : 0;
    if (!program) {
        mbpf_control_set(c, MBPF_NOT_FOUND);
        mbpf_text_copy(c->response.detail, package ? "program" : "package", sizeof c->response.detail);
        return;
    }
    mbpf_control_set(c, attach ? mbpf_attach_program(program) : mbpf_detach_program(program));
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

static void unload(mbpf_control *c, const char *name)
{
    mbpf_package_state *package = mbpf_find_package(c->rt, name);
    mbpf_control_set(c, package ? mbpf_unload(c->rt, package) : MBPF_NOT_FOUND);
}

static void dispatch(mbpf_control *c)
{
    const mbpf_control_Request *r = &c->request;
    switch (r->which_body) {
    case mbpf_control_Request_hello_tag:
        hello(c);
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
        mbpf_control_list(c, r->body.list.index);
        break;
    case mbpf_control_Request_attach_tag:
        attachment(c, r->body.attach.package, r->body.attach.program, true);
        break;
    case mbpf_control_Request_detach_tag:
        attachment(c, r->body.detach.package, r->body.detach.program, false);
        break;
    case mbpf_control_Request_unload_tag:
        unload(c, r->body.unload.package);
        break;
    case mbpf_control_Request_map_tag:
        mbpf_control_map(c, &r->body.map);
        break;
    case mbpf_control_Request_events_tag:
        mbpf_control_events(c, &r->body.events);
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
    default:
        mbpf_control_set(c, MBPF_UNSUPPORTED);
        break;
    }
}

/* Executing these again changes nothing, so a repetition gets fresh values. */
static bool idempotent(const mbpf_control_Request *r)
{
    switch (r->which_body) {
    case mbpf_control_Request_hello_tag:
    case mbpf_control_Request_list_tag:
    case mbpf_control_Request_list_hooks_tag:
    case mbpf_control_Request_log_tag:
        return true;
    case mbpf_control_Request_map_tag:
        return r->body.map.op != mbpf_control_MapAccess_Op_UPDATE && r->body.map.op != mbpf_control_MapAccess_Op_DELETE;
    default:
        return false;
    }
}

static bool encode(mbpf_control *c)
{
    pb_ostream_t out = pb_ostream_from_buffer(c->message, sizeof c->message);
    if (!pb_encode(&out, mbpf_control_Response_fields, &c->response)) {
        return false;
    }
    c->frame_bytes = mbpf_frame_encode(c->message, (uint32_t)out.bytes_written, c->frame, sizeof c->frame);
    return c->frame_bytes != 0u;
}

static void begin_response(mbpf_control *c)
{
    memset(&c->response, 0, sizeof c->response);
    c->response.sequence = c->request.sequence;
}

static void answer(mbpf_control *c, uint32_t count)
{
    uint32_t checksum = mbpf_crc32(c->receiver.bytes, count);
    memset(&c->request, 0, sizeof c->request);
    pb_istream_t in = pb_istream_from_buffer(c->receiver.bytes, count);
    bool decoded = pb_decode(&in, mbpf_control_Request_fields, &c->request);
    if (decoded && c->answered && c->request.sequence == c->last_sequence && checksum == c->last_checksum && !idempotent(&c->request)) {
        return; /* the same reply again */
    }
    begin_response(c);
    if (decoded) {
        dispatch(c);
    } else {
        mbpf_control_set(c, MBPF_BAD_REQUEST);
    }
    if (!encode(c)) {
        begin_response(c);
        mbpf_control_set(c, MBPF_OUT_OF_RANGE);
        mbpf_text_copy(c->response.detail, "reply does not fit a message", sizeof c->response.detail);
        (void)encode(c);
    }
    c->answered = decoded;
    c->last_sequence = c->request.sequence;
    c->last_checksum = checksum;
}

bool mbpf_control_byte(mbpf_control *c, uint8_t byte)
{
    uint32_t count;
    if (!mbpf_frame_receive(&c->receiver, byte, &count)) {
        return false;
    }
    answer(c, count);
    return c->frame_bytes != 0u;
}

void mbpf_control_poll(mbpf_control *c)
{
    uint8_t bytes[64];
    uint32_t n;
    while ((n = mbpf_port_serial_read(bytes, sizeof bytes)) != 0u) {
        for (uint32_t i = 0u; i < n; i++) {
            if (mbpf_control_byte(c, bytes[i])) {
                mbpf_port_serial_write(c->frame, c->frame_bytes);
            }
        }
    }
}
