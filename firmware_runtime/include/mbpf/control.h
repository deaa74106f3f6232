/* SPDX-License-Identifier: Apache-2.0
 * The device's end of the control protocol (core/proto/control.proto): frames in, one reply a request. A
 * request repeated because its reply was lost is answered again from memory, not executed again. */
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
    mbpf_status (*stimulus)(const mbpf_control_Stimulus *request, mbpf_control_StimulusReply *reply);
    bool answered;           /* the last request's reply is still in `frame` */
    uint32_t last_sequence;
    uint32_t last_checksum;
    uint32_t frame_bytes;
    uint32_t events_bytes;   /* of `events`: u16 length and bytes, one record after the other */
    mbpf_frame_receiver receiver;
    mbpf_control_Request request;
    mbpf_control_Response response;
    uint8_t message[MBPF_MAX_MESSAGE_BYTES];
    uint8_t frame[MBPF_MAX_FRAME_BYTES];
    uint8_t events[MBPF_EVENTS_BYTES];
    MBPF_ALIGNED(16) uint8_t context[MBPF_CONTEXT_BYTES];
    MBPF_ALIGNED(16) uint8_t packet[MBPF_PACKET_BYTES];
} mbpf_control;

void mbpf_control_init(mbpf_control *control, mbpf_runtime *rt);
/* Takes what has arrived on the serial line and answers complete requests. */
void mbpf_control_poll(mbpf_control *control);
/* Takes one byte; true when a reply frame is ready in `frame`. */
bool mbpf_control_byte(mbpf_control *control, uint8_t byte);

/* Operations, in files of their own; each fills the response. */
void mbpf_control_list(mbpf_control *c, uint32_t index);
void mbpf_control_list_hooks(mbpf_control *c, uint32_t index);
void mbpf_control_map(mbpf_control *c, const mbpf_control_MapAccess *r);
void mbpf_control_events(mbpf_control *c, const mbpf_control_Events *r);
void mbpf_control_log(mbpf_control *c, uint32_t from);
void mbpf_control_test_run(mbpf_control *c, const mbpf_control_TestRun *r);
void mbpf_control_set(mbpf_control *c, mbpf_status status);

#ifdef __cplusplus
}
#endif

#endif
