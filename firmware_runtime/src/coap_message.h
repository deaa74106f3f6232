/* SPDX-License-Identifier: Apache-2.0
 * One CoAP message: what of it this server understands. Not installed. */
#ifndef MBPF_COAP_MESSAGE_H
#define MBPF_COAP_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "mbpf/coap.h"

#define COAP_CODE(class, detail) ((uint8_t)((class) << 5 | (detail)))
enum { COAP_CON = 0, COAP_NON = 1, COAP_ACK = 2, COAP_RST = 3 };
enum { COAP_GET = 1, COAP_POST = 2 };
enum { COAP_BLOCK_RESERVED_EXPONENT = 7 };

typedef struct coap_block {
    bool given, more;
    uint8_t exponent; /* size is 16 << this */
    uint32_t number;
} coap_block;

enum coap_path { COAP_PATH_NONE, COAP_PATH_CONTROL, COAP_PATH_WELL_KNOWN, COAP_PATH_CORE, COAP_PATH_OTHER };

typedef struct coap_request {
    uint8_t type, code, token_bytes;
    uint16_t id;
    const uint8_t *token;
    enum coap_path path;
    bool bad_option;      /* critical and not understood, or malformed */
    bool has_format, has_accept;
    uint32_t format, accept;
    coap_block block1, block2;
    uint32_t tag;         /* of the Request-Tag: which body a block belongs to */
    const uint8_t *payload;
    uint32_t payload_bytes;
} coap_request;

/* False: no CoAP message. Type, id and code are set if at least the header is there. */
bool mbpf_coap_parse(coap_request *r, const uint8_t *bytes, uint32_t count);

typedef struct coap_writer {
    uint8_t *out;
    uint32_t used;
    uint32_t option; /* the last one's number */
} coap_writer;

/* An answer fits MBPF_COAP_MAX_DATAGRAM whatever is asked: header, token, four short options, one block. */
void mbpf_coap_begin(coap_writer *w, uint8_t *out, uint8_t type, uint8_t code, uint16_t id, const uint8_t *token, uint8_t token_bytes);
/* Options in rising order; the value as an unsigned number without leading zero bytes. */
void mbpf_coap_option(coap_writer *w, uint32_t number, uint32_t value);
void mbpf_coap_block_option(coap_writer *w, uint32_t number, const coap_block *block);
void mbpf_coap_payload(coap_writer *w, const uint8_t *bytes, uint32_t count);

#endif
