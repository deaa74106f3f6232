/* SPDX-License-Identifier: Apache-2.0
 * The control protocol over CoAP (RFC 7252) with block-wise transfer (RFC 7959), for devices with a network: a
 * message is the body of a POST to /mbpf and of its response; GET /mbpf is a hello. The server answers each
 * datagram at once, so it never repeats anything itself: a lost reply is fetched by the requester's repetition,
 * which is known by its message id and not executed again. No sockets here: the port carries datagrams. */
#ifndef MBPF_COAP_H
#define MBPF_COAP_H

#include "mbpf/control.h"

#ifdef __cplusplus
extern "C" {
#endif

#ifndef MBPF_COAP_PEERS /* requesters served at once; the one unheard of longest makes room */
#define MBPF_COAP_PEERS 2u
#endif
#ifndef MBPF_COAP_BLOCK_SIZE_EXPONENT /* of the greatest block sent: 16 << this; 5 passes any path unfragmented */
#define MBPF_COAP_BLOCK_SIZE_EXPONENT 5u
#endif
#define MBPF_COAP_MAX_DATAGRAM 1152u /* RFC 7252, 4.6 */
#define MBPF_COAP_PEER_BYTES 18u     /* address and port, as the port likes; equal for the same requester only */
#define MBPF_COAP_TOKEN_BYTES 8u
#define MBPF_COAP_IDS 8u             /* message ids remembered of a peer */

typedef struct mbpf_coap_peer {
    bool used;
    uint8_t name[MBPF_COAP_PEER_BYTES];
    uint64_t heard_ns;
    uint32_t id_count;
    uint16_t ids[MBPF_COAP_IDS];         /* latest at (id_count - 1) % MBPF_COAP_IDS; `answer` is to that one */
    uint32_t answer_bytes;
    uint32_t tag;
    uint32_t body_bytes;                 /* request so far, of that tag; a body is at most one message */
    uint32_t reply_bytes;                /* 0: none to fetch blocks of */
    uint8_t reply_method;
    uint8_t answer[MBPF_COAP_MAX_DATAGRAM];
    uint8_t body[MBPF_MAX_MESSAGE_BYTES];
    uint8_t reply[MBPF_MAX_MESSAGE_BYTES];
} mbpf_coap_peer;

typedef struct mbpf_coap {
    mbpf_control *control;
    uint16_t next_id; /* of answers to unconfirmed requests */
    mbpf_coap_peer peers[MBPF_COAP_PEERS];
} mbpf_coap;

void mbpf_coap_init(mbpf_coap *server, mbpf_control *control);
/* Takes a datagram; `*answer` is what to send back to the peer, valid until the next call. Returns its length,
 * 0: nothing. */
uint32_t mbpf_coap_datagram(mbpf_coap *server, const uint8_t peer[MBPF_COAP_PEER_BYTES], const uint8_t *bytes, uint32_t count,
                            const uint8_t **answer);

#ifdef __cplusplus
}
#endif

#endif
