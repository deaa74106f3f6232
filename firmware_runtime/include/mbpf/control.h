/* SPDX-License-Identifier: Apache-2.0
 * The device's end of the control protocol (core/proto/control.proto): messages in, one reply each. A request
 * that changes state is executed once, whatever the line repeats: its sequence rises within a session, its
 * reply is kept for repetitions. Messages come framed on the serial line, or as they are (CoAP). */
#ifndef MBPF_CONTROL_H
#define MBPF_CONTROL_H

#include "control.nanopb.h"
#include "mbpf/frame.h"
#include "mbpf/runtime.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MBPF_EVENTS_BYTES 896u

typedef struct mbpf_control {
    mbpf_runtime *rt;
    /* The board's virtual hardware; null where there is none. */
    /* mbpf_control_attest, or null: attestation is not linked. */
    void (*attest)(struct mbpf_control *control, const mbpf_control_Attest *request);
    mbpf_status (*stimulus)(const mbpf_control_Stimulus *request, mbpf_control_StimulusReply *reply);
    uint32_t session;        /* of this boot; 0 before the first hello */
    uint32_t done_checksum;  /* the last request that changed state: its CRC, its sequence, its reply */
    uint64_t done_sequence;
    uint32_t done_bytes;
    const uint8_t *frame;    /* reply to what mbpf_control_byte() has completed */
    uint32_t frame_bytes;
    uint32_t events_bytes;   /* of `events`: u16 length and bytes, one record after the other */
    mbpf_frame_receiver receiver;
    mbpf_control_Request request;
    mbpf_control_Response response;
    uint8_t done[MBPF_MAX_MESSAGE_BYTES];
    uint8_t events[MBPF_EVENTS_BYTES];
} mbpf_control;

void mbpf_control_init(mbpf_control *control, mbpf_runtime *rt);
/* Takes a few bytes of what has arrived on the serial line and answers at most one request: a host that floods
 * the line does not keep the firmware's loop from its other work. */
void mbpf_control_poll(mbpf_control *control);
/* Takes one byte; true when a reply is ready in `frame`, valid until the next byte. */
bool mbpf_control_byte(mbpf_control *control, uint8_t byte);
/* Executes one message. `reply` has room for MBPF_MAX_MESSAGE_BYTES and may lie where the message does; returns
 * the reply's length, never 0. */
uint32_t mbpf_control_message(mbpf_control *control, const uint8_t *message, uint32_t count, uint8_t *reply);

/* Operations, in files of their own; each fills the response. */
void mbpf_control_list(mbpf_control *c, const mbpf_control_List *from);
void mbpf_control_list_hooks(mbpf_control *c, uint32_t index);
void mbpf_control_map(mbpf_control *c, const mbpf_control_MapAccess *r);
void mbpf_control_events(mbpf_control *c, const mbpf_control_Events *r);
void mbpf_control_log(mbpf_control *c, uint32_t from);
void mbpf_control_faults(mbpf_control *c, uint32_t number);
void mbpf_control_test_run(mbpf_control *c, const mbpf_control_TestRun *r);
void mbpf_control_list_slots(mbpf_control *c, uint32_t index);
void mbpf_control_end_trial(mbpf_control *c, const char *package, bool confirm);
void mbpf_control_attest(mbpf_control *c, const mbpf_control_Attest *request);
void mbpf_control_set(mbpf_control *c, mbpf_status status);

#ifdef __cplusplus
}
#endif

#endif
