/* SPDX-License-Identifier: Apache-2.0
 * The device's end of the control protocol (core/proto/control.proto): messages in, one reply each. A request
 * that changes state is executed once, whatever the line repeats: its sequence rises within a session, its
 * reply is kept for repetitions. Messages come framed on the serial line, or as they are (CoAP). */
#ifndef MBPF_CONTROL_H
#define MBPF_CONTROL_H

#include "control.nanopb.h"
#include "mbpf/frame.h"
#include "mbpf/message.h"
#include "mbpf/runtime.h"

#ifdef __cplusplus
extern "C" {
#endif

struct mbpf_control;

/* The table of a message of the protocol: X_fields. */
#define MBPF_CONTROL_FIELDS(message) \
    static const mbpf_field message##_fields[] = {mbpf_control_##message##_FIELDLIST(MBPF_FIELD, mbpf_control_##message) MBPF_FIELDS_END}

/* A request as decoded; its texts and bytes lie in the frame, up to where the reply is written. */
typedef struct mbpf_control_request {
    mbpf_control_Request head; /* and the body, once its kind is known */
    mbpf_part part;            /* the body before that */
} mbpf_control_request;

typedef struct mbpf_control {
    mbpf_runtime *rt;
    /* mbpf_control_attest, or null: attestation is not linked. */
    void (*attest)(struct mbpf_control *control);
    /* The board's virtual hardware, given the undecoded Stimulus; null where there is none. */
    mbpf_status (*stimulus)(const mbpf_part *request, mbpf_control_StimulusReply *reply);
    uint32_t session;        /* of this boot; 0 before the first hello */
    uint32_t done_checksum;  /* the last request that changed state: its CRC, its sequence, its reply */
    uint64_t done_sequence;
    uint32_t done_bytes;
    const uint8_t *frame;    /* reply to what mbpf_control_byte() has completed */
    uint32_t frame_bytes;
    mbpf_control_request request;
    mbpf_control_Response response;
    /* What the response refers to and the runtime does not hold; and who writes what its table does not. */
    mbpf_verdict verdict;
    uint8_t scratch[MBPF_MAX_KEY_BYTES];
    mbpf_package_state *package;
    mbpf_map *map;
    void (*rest)(struct mbpf_control *control, pb_ostream_t *out);
    mbpf_frame_receiver receiver;
    uint8_t done[MBPF_MAX_MESSAGE_BYTES];
} mbpf_control;

void mbpf_control_init(mbpf_control *control, mbpf_runtime *rt);
/* Takes a few bytes of what has arrived on the serial line and answers at most one request: a host that floods
 * the line does not keep the firmware's loop from its other work. */
void mbpf_control_poll(mbpf_control *control);
/* Takes one byte; true when a reply is ready in `frame`, valid until the next byte. */
bool mbpf_control_byte(mbpf_control *control, uint8_t byte);
/* Executes one message, whose bytes it changes. `reply` has room for MBPF_MAX_MESSAGE_BYTES and may lie where the
 * message does; returns the reply's length, never 0. */
uint32_t mbpf_control_message(mbpf_control *control, uint8_t *message, uint32_t count, uint8_t *reply);

/* Operations, in files of their own: each reads the request and fills the response. */
void mbpf_control_list(mbpf_control *c);
void mbpf_control_list_hooks(mbpf_control *c);
void mbpf_control_map(mbpf_control *c);
void mbpf_control_events(mbpf_control *c);
void mbpf_control_log(mbpf_control *c);
void mbpf_control_faults(mbpf_control *c);
void mbpf_control_test_run(mbpf_control *c);
void mbpf_control_list_slots(mbpf_control *c);
void mbpf_control_confirm(mbpf_control *c);
void mbpf_control_revert(mbpf_control *c);
void mbpf_control_attest(mbpf_control *c);
/* For them. `detail` may be null. */
void mbpf_control_set(mbpf_control *c, mbpf_status status);
void mbpf_control_refuse(mbpf_control *c, mbpf_status status, const char *detail);
/* Null, and refused: there is none of that name. */
mbpf_program *mbpf_control_program(mbpf_control *c, const char *package, const char *program);
mbpf_package_state *mbpf_control_package(mbpf_control *c, const char *name);

#ifdef __cplusplus
}
#endif

#endif
