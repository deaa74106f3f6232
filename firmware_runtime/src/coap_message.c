/* SPDX-License-Identifier: Apache-2.0
 * CoAP's message format (RFC 7252, 3). Every length is checked before it is used: datagrams come from anyone. */
#include "coap_message.h"

#include <string.h>

#include "mbpf/crc32.h"

enum {
    URI_HOST = 3, URI_PORT = 7, URI_PATH = 11, CONTENT_FORMAT = 12, ACCEPT = 17, BLOCK2 = 23, BLOCK1 = 27,
    REQUEST_TAG = 292 /* RFC 9175 */
};

typedef struct option_reader {
    const uint8_t *at, *end;
    uint32_t number, bytes;
    const uint8_t *value;
} option_reader;

/* A nibble of 13 or 14 is followed by the rest of the number; 15 is reserved. */
static bool extended(option_reader *o, uint32_t *value)
{
    uint32_t left = (uint32_t)(o->end - o->at);
    if (*value < 13u) {
        return true;
    }
    if (*value == 13u && left >= 1u) {
        *value = 13u + o->at[0];
        o->at += 1;
        return true;
    }
    if (*value == 14u && left >= 2u) {
        *value = 269u + ((uint32_t)o->at[0] << 8 | o->at[1]);
        o->at += 2;
        return true;
    }
    return false;
}

/* False: malformed. `value` is null after the last option. */
static bool next_option(option_reader *o)
{
    o->value = 0;
    if (o->at == o->end || *o->at == 0xFFu) {
        return true;
    }
    uint32_t delta = *o->at >> 4, bytes = *o->at & 15u;
    o->at++;
    if (!extended(o, &delta) || !extended(o, &bytes) || bytes > (uint32_t)(o->end - o->at)) {
        return false;
    }
    o->number += delta;
    o->bytes = bytes;
    o->value = o->at;
    o->at += bytes;
    return true;
}

static bool number_of(const option_reader *o, uint32_t most_bytes, uint32_t *value)
{
    *value = 0u;
    for (uint32_t i = 0u; i < o->bytes && i < 4u; i++) {
        *value = *value << 8 | o->value[i];
    }
    return o->bytes <= most_bytes;
}

static bool block_of(const option_reader *o, coap_block *block)
{
    uint32_t value;
    bool first = !block->given;
    bool sound = number_of(o, 3u, &value);
    block->given = true;
    block->number = value >> 4;
    block->more = (value & 8u) != 0u;
    block->exponent = (uint8_t)(value & 7u);
    return sound && first && block->exponent != COAP_BLOCK_RESERVED_EXPONENT;
}

static bool is_text(const option_reader *o, const char *text)
{
    return o->bytes == strlen(text) && memcmp(o->value, text, o->bytes) == 0;
}

static enum coap_path step(enum coap_path path, const option_reader *o)
{
    if (path == COAP_PATH_NONE) {
        return is_text(o, "mbpf") ? COAP_PATH_CONTROL : is_text(o, ".well-known") ? COAP_PATH_WELL_KNOWN : COAP_PATH_OTHER;
    }
    return path == COAP_PATH_WELL_KNOWN && is_text(o, "core") ? COAP_PATH_CORE : COAP_PATH_OTHER;
}

static bool take_option(coap_request *r, const option_reader *o)
{
    switch (o->number) {
    case URI_HOST:
    case URI_PORT:
        return true; /* one server, whatever it is called */
    case URI_PATH:
        r->path = step(r->path, o);
        return true;
    case CONTENT_FORMAT:
        r->has_format = true;
        return number_of(o, 2u, &r->format);
    case ACCEPT:
        r->has_accept = true;
        return number_of(o, 2u, &r->accept);
    case BLOCK2:
        return block_of(o, &r->block2);
    case BLOCK1:
        return block_of(o, &r->block1);
    case REQUEST_TAG:
        r->tag = mbpf_crc32(o->value, o->bytes);
        return true;
    default:
        return (o->number & 1u) == 0u; /* elective ones may be passed over */
    }
}

bool mbpf_coap_parse(coap_request *r, const uint8_t *bytes, uint32_t count)
{
    memset(r, 0, sizeof *r);
    if (count < 4u || bytes[0] >> 6 != 1u) {
        r->type = COAP_RST; /* nothing to answer */
        return false;
    }
    r->type = bytes[0] >> 4 & 3u;
    r->token_bytes = bytes[0] & 15u;
    r->code = bytes[1];
    r->id = (uint16_t)((uint32_t)bytes[2] << 8 | bytes[3]);
    if (r->token_bytes > MBPF_COAP_TOKEN_BYTES || count - 4u < r->token_bytes) {
        return false;
    }
    r->token = bytes + 4;
    option_reader o = {bytes + 4 + r->token_bytes, bytes + count, 0u, 0u, 0};
    for (;;) {
        if (!next_option(&o)) {
            return false;
        }
        if (!o.value) {
            break;
        }
        if (!take_option(r, &o)) {
            r->bad_option = true;
        }
    }
    if (o.at != o.end) {
        r->payload = o.at + 1;
        r->payload_bytes = (uint32_t)(o.end - r->payload);
        return r->payload_bytes != 0u; /* a marker with nothing after it is an error */
    }
    return true;
}

void mbpf_coap_begin(coap_writer *w, uint8_t *out, uint8_t type, uint8_t code, uint16_t id, const uint8_t *token, uint8_t token_bytes)
{
    out[0] = (uint8_t)(0x40u | (uint32_t)type << 4 | token_bytes);
    out[1] = code;
    out[2] = (uint8_t)(id >> 8);
    out[3] = (uint8_t)id;
    if (token_bytes != 0u) {
        memcpy(out + 4, token, token_bytes);
    }
    w->out = out;
    w->used = 4u + token_bytes;
    w->option = 0u;
}

void mbpf_coap_option(coap_writer *w, uint32_t number, uint32_t value)
{
    uint32_t bytes = value == 0u ? 0u : value < 0x100u ? 1u : value < 0x10000u ? 2u : value < 0x1000000u ? 3u : 4u;
    uint32_t delta = number - w->option; /* below 13 + 256 for all that we write */
    w->option = number;
    w->out[w->used++] = (uint8_t)((delta < 13u ? delta : 13u) << 4 | bytes);
    if (delta >= 13u) {
        w->out[w->used++] = (uint8_t)(delta - 13u);
    }
    while (bytes-- != 0u) {
        w->out[w->used++] = (uint8_t)(value >> (8u * bytes));
    }
}

void mbpf_coap_block_option(coap_writer *w, uint32_t number, const coap_block *block)
{
    mbpf_coap_option(w, number, block->number << 4 | (block->more ? 8u : 0u) | block->exponent);
}

void mbpf_coap_payload(coap_writer *w, const uint8_t *bytes, uint32_t count)
{
    if (count != 0u) {
        w->out[w->used++] = 0xFFu;
        memcpy(w->out + w->used, bytes, count);
        w->used += count;
    }
}
