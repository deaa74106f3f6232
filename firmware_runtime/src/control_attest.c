/* SPDX-License-Identifier: Apache-2.0
 * Attestation over the control line. The firmware that wants it sets control.attest; without, neither this nor
 * the signing code is linked. */
#include <string.h>

#include "mbpf/control.h"
#include "mbpf/events.h"

#define MOST_EVENTS ((MBPF_MAX_MESSAGE_BYTES - 128u) / MBPF_EVENT_BYTES)

/* From the reply's `first` on. */
static void put_events(mbpf_control *c, pb_ostream_t *out)
{
    const mbpf_event_log *log = &c->rt->events;
    uint32_t i = c->response.body.attest.first, left = i < log->count ? log->count - i : 0u;
    uint8_t *begun = mbpf_message_begin(out, mbpf_control_AttestReply_events_tag);
    for (left = left < MOST_EVENTS ? left : MOST_EVENTS; left != 0u; left--, i++) {
        memcpy(mbpf_message_room(out, MBPF_EVENT_BYTES), log->records[i % MBPF_EVENT_RECORDS], MBPF_EVENT_BYTES);
    }
    mbpf_message_end(out, begun);
}

/* Report and signature are made where they go out from, the nonce lying in safety. There is room: see below. */
static void put_report(mbpf_control *c, pb_ostream_t *out)
{
    uint8_t *begun = mbpf_message_begin(out, mbpf_control_AttestReply_signature_tag);
    uint8_t *signature = mbpf_message_room(out, 64u);
    mbpf_message_end(out, begun);
    begun = mbpf_message_begin(out, mbpf_control_AttestReply_report_tag);
    (void)mbpf_message_room(out, mbpf_attest(c->rt, c->scratch, begun + 2, MBPF_ATTEST_REPORT_BYTES, signature));
    mbpf_message_end(out, begun);
}

void mbpf_control_attest(mbpf_control *c)
{
    const mbpf_control_Attest *request = &c->request.head.body.attest;
    const mbpf_event_log *log = &c->rt->events;
    mbpf_control_AttestReply *r = &c->response.body.attest;
    /* What else there is takes 19 bytes: the sequence 9, the beginnings of the parts 10. */
    _Static_assert(MBPF_ATTEST_REPORT_BYTES + 64u + 19u <= MBPF_MAX_MESSAGE_BYTES, "a report and its signature fit a message");
    _Static_assert(MBPF_ATTEST_NONCE_BYTES <= sizeof c->scratch, "a nonce fits");
    if (request->nonce.count == 0u) {
        r->first = request->from > log->first ? request->from : log->first;
        if (r->first == log->first) {
            r->base.at = log->base;
            r->base.count = sizeof log->base;
        }
        c->rest = put_events;
    } else if (request->nonce.count != MBPF_ATTEST_NONCE_BYTES) {
        mbpf_control_set(c, MBPF_BAD_REQUEST);
    } else if (!c->rt->trust.has_device_key) {
        mbpf_control_set(c, MBPF_UNSUPPORTED);
    } else {
        memcpy(c->scratch, request->nonce.at, request->nonce.count);
        c->rest = put_report;
    }
}
