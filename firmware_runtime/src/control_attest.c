/* SPDX-License-Identifier: Apache-2.0
 * Attestation over the control line. The firmware that wants it sets control.attest; without, neither this nor
 * the signing code is linked. */
#include <string.h>

#include "mbpf/control.h"
#include "mbpf/events.h"

static void events(mbpf_control *c, uint32_t from)
{
    const mbpf_event_log *log = &c->rt->events;
    mbpf_control_AttestReply *r = &c->response.body.attest;
    uint32_t fits = (uint32_t)sizeof r->events.bytes / MBPF_EVENT_BYTES;
    r->first = from > log->first ? from : log->first;
    if (r->first == log->first) {
        memcpy(r->base.bytes, log->base, sizeof log->base);
        r->base.size = sizeof log->base;
    }
    for (uint32_t i = r->first; i < log->count && i - r->first < fits; i++) {
        memcpy(r->events.bytes + (i - r->first) * MBPF_EVENT_BYTES, log->records[i % MBPF_EVENT_RECORDS], MBPF_EVENT_BYTES);
        r->events.size = (pb_size_t)((i - r->first + 1u) * MBPF_EVENT_BYTES);
    }
}

void mbpf_control_attest(mbpf_control *c, const mbpf_control_Attest *request)
{
    mbpf_control_AttestReply *r = &c->response.body.attest;
    c->response.which_body = mbpf_control_Response_attest_tag;
    if (request->nonce.size == 0u) {
        events(c, request->from);
        return;
    }
    if (request->nonce.size != MBPF_ATTEST_NONCE_BYTES) {
        mbpf_control_set(c, MBPF_BAD_REQUEST);
        return;
    }
    uint32_t count = mbpf_attest(c->rt, request->nonce.bytes, r->report.bytes, sizeof r->report.bytes, r->signature.bytes);
    _Static_assert(sizeof r->report.bytes >= MBPF_ATTEST_REPORT_BYTES, "a report fits its message");
    if (count == 0u) {
        mbpf_control_set(c, MBPF_UNSUPPORTED); /* no device key */
        return;
    }
    r->report.size = (pb_size_t)count;
    r->signature.size = 64u;
}
