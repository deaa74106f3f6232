/* SPDX-License-Identifier: Apache-2.0
 * The CoAP server: duplicates, blocks in, one message executed, blocks out. What is done once over a line is done
 * once here too: beneath message ids stand the session and sequence of each control message. */
#include "mbpf/coap.h"

#include <string.h>

#include "coap_message.h"
#include "mbpf/crc32.h"
#include "mbpf/port.h"

#define EXCHANGE_LIFETIME_NS 247000000000u /* RFC 7252, 4.8.2 */
enum { ETAG = 4, CONTENT_FORMAT = 12, BLOCK2 = 23, BLOCK1 = 27 };
enum { LINK_FORMAT = 40, OCTET_STREAM = 42 };
#define CONTINUE COAP_CODE(2, 31)
#define CHANGED COAP_CODE(2, 4)
#define CONTENT COAP_CODE(2, 5)
#define BAD_REQUEST COAP_CODE(4, 0)
#define BAD_OPTION COAP_CODE(4, 2)
#define NOT_FOUND COAP_CODE(4, 4)
#define METHOD_NOT_ALLOWED COAP_CODE(4, 5)
#define NOT_ACCEPTABLE COAP_CODE(4, 6)
#define INCOMPLETE COAP_CODE(4, 8)
#define TOO_LARGE COAP_CODE(4, 13)
#define UNSUPPORTED_FORMAT COAP_CODE(4, 15)

void mbpf_coap_init(mbpf_coap *server, mbpf_control *control)
{
    memset(server, 0, sizeof *server);
    server->control = control;
}

static mbpf_coap_peer *peer_of(mbpf_coap *s, const uint8_t name[MBPF_COAP_PEER_BYTES])
{
    mbpf_coap_peer *oldest = &s->peers[0];
    for (uint32_t i = 0u; i < MBPF_COAP_PEERS; i++) {
        mbpf_coap_peer *p = &s->peers[i];
        if (p->used && memcmp(p->name, name, MBPF_COAP_PEER_BYTES) == 0) {
            return p;
        }
        if (!p->used || (oldest->used && p->heard_ns < oldest->heard_ns)) {
            oldest = p;
        }
    }
    memset(oldest, 0, sizeof *oldest);
    oldest->used = true;
    memcpy(oldest->name, name, MBPF_COAP_PEER_BYTES);
    return oldest;
}

/* 0: new; 1: the latest again; 2: an older one again. */
static uint32_t repetition(const mbpf_coap_peer *p, uint16_t id)
{
    for (uint32_t i = 1u; i <= MBPF_COAP_IDS && i <= p->id_count; i++) {
        if (p->ids[(p->id_count - i) % MBPF_COAP_IDS] == id) {
            return i == 1u ? 1u : 2u;
        }
    }
    return 0u;
}

static void finish_code(coap_writer *w, uint8_t code)
{
    w->out[1] = code;
}

/* One block of the reply, as small as asked for. */
static void write_reply(coap_writer *w, const coap_request *r, const mbpf_coap_peer *p, uint8_t code)
{
    coap_block b = r->block2;
    if (!b.given || b.exponent > MBPF_COAP_BLOCK_SIZE_EXPONENT) {
        /* The requester's block number counts in its own, greater size. */
        b.number = b.given ? b.number << (b.exponent - MBPF_COAP_BLOCK_SIZE_EXPONENT) : 0u;
        b.exponent = MBPF_COAP_BLOCK_SIZE_EXPONENT;
    }
    uint32_t size = 16u << b.exponent;
    if (b.number > MBPF_MAX_MESSAGE_BYTES / 16u || b.number * size >= p->reply_bytes) {
        finish_code(w, INCOMPLETE); /* of another reply, by now */
        return;
    }
    uint32_t at = b.number * size, left = p->reply_bytes - at;
    b.more = left > size;
    finish_code(w, code);
    bool blocks = b.more || b.number != 0u || r->block2.given;
    if (blocks) {
        mbpf_coap_option(w, ETAG, mbpf_crc32(p->reply, p->reply_bytes) | 1u);
    }
    mbpf_coap_option(w, CONTENT_FORMAT, OCTET_STREAM);
    if (blocks) {
        mbpf_coap_block_option(w, BLOCK2, &b);
    }
    if (r->block1.given) {
        mbpf_coap_block_option(w, BLOCK1, &r->block1);
    }
    mbpf_coap_payload(w, p->reply + at, b.more ? size : left);
}

static void execute(mbpf_coap *s, coap_writer *w, const coap_request *r, mbpf_coap_peer *p, uint8_t code)
{
    p->reply_bytes = mbpf_control_message(s->control, p->body, p->body_bytes, p->reply);
    p->reply_method = r->code;
    p->body_bytes = 0u;
    write_reply(w, r, p, code);
}

static void get_hello(mbpf_coap *s, coap_writer *w, const coap_request *r, mbpf_coap_peer *p)
{
    static const uint8_t hello[2] = {(mbpf_control_Request_hello_tag << 3) | 2, 0}; /* an empty Hello */
    if (r->block2.given && r->block2.number != 0u && p->reply_method == COAP_GET) {
        write_reply(w, r, p, CONTENT);
        return;
    }
    memcpy(p->body, hello, sizeof hello);
    p->body_bytes = sizeof hello;
    execute(s, w, r, p, CONTENT);
}

/* Adds the block to the body. 0: complete; else the code to answer with. */
static uint8_t take_block(mbpf_coap_peer *p, const coap_request *r)
{
    uint32_t size = 16u << r->block1.exponent, at = r->block1.given ? r->block1.number * size : 0u;
    if (at == 0u) {
        p->body_bytes = 0u;
        p->reply_bytes = 0u;
        p->tag = r->tag;
    }
    if (r->block1.given && (r->block1.number > MBPF_MAX_MESSAGE_BYTES / 16u || at != p->body_bytes || r->tag != p->tag)) {
        return INCOMPLETE;
    }
    if (r->block1.more && r->payload_bytes != size) {
        return BAD_REQUEST;
    }
    if (r->payload_bytes > MBPF_MAX_MESSAGE_BYTES - p->body_bytes) {
        p->body_bytes = 0u;
        return TOO_LARGE;
    }
    if (r->payload_bytes != 0u) {
        memcpy(p->body + p->body_bytes, r->payload, r->payload_bytes);
        p->body_bytes += r->payload_bytes;
    }
    return r->block1.more ? CONTINUE : 0u;
}

static void post(mbpf_coap *s, coap_writer *w, const coap_request *r, mbpf_coap_peer *p)
{
    if (r->has_format && r->format != OCTET_STREAM) {
        finish_code(w, UNSUPPORTED_FORMAT);
        return;
    }
    if (!r->block1.given && r->block2.given && r->block2.number != 0u) { /* a further block of the last reply */
        if (r->payload_bytes != 0u || p->reply_bytes == 0u || p->reply_method != COAP_POST) {
            finish_code(w, INCOMPLETE);
        } else {
            write_reply(w, r, p, CHANGED);
        }
        return;
    }
    uint8_t code = take_block(p, r);
    if (code == 0u) {
        execute(s, w, r, p, CHANGED);
        return;
    }
    finish_code(w, code);
    if (r->block1.given) {
        mbpf_coap_block_option(w, BLOCK1, &r->block1);
    }
}

static void answer(mbpf_coap *s, coap_writer *w, const coap_request *r, mbpf_coap_peer *p)
{
    static const char links[] = "</mbpf>;rt=\"mbpf.control\";ct=42";
    if (r->bad_option) {
        finish_code(w, BAD_OPTION);
    } else if (r->path != COAP_PATH_CONTROL && r->path != COAP_PATH_CORE) {
        finish_code(w, NOT_FOUND);
    } else if (r->has_accept && r->accept != (r->path == COAP_PATH_CORE ? LINK_FORMAT : OCTET_STREAM)) {
        finish_code(w, NOT_ACCEPTABLE);
    } else if (r->path == COAP_PATH_CORE && r->code == COAP_GET) {
        finish_code(w, CONTENT);
        mbpf_coap_option(w, CONTENT_FORMAT, LINK_FORMAT);
        mbpf_coap_payload(w, (const uint8_t *)links, sizeof links - 1u);
    } else if (r->path == COAP_PATH_CONTROL && r->code == COAP_GET) {
        get_hello(s, w, r, p);
    } else if (r->path == COAP_PATH_CONTROL && r->code == COAP_POST) {
        post(s, w, r, p);
    } else {
        finish_code(w, METHOD_NOT_ALLOWED);
    }
}

uint32_t mbpf_coap_datagram(mbpf_coap *s, const uint8_t name[MBPF_COAP_PEER_BYTES], const uint8_t *bytes, uint32_t count,
                            const uint8_t **out)
{
    coap_request r;
    coap_writer w;
    bool sound = mbpf_coap_parse(&r, bytes, count);
    if (r.type == COAP_ACK || r.type == COAP_RST) {
        return 0u; /* we send nothing that these could answer */
    }
    mbpf_coap_peer *p = peer_of(s, name);
    uint64_t now = mbpf_port_time_ns();
    if (now - p->heard_ns > EXCHANGE_LIFETIME_NS) {
        p->id_count = 0u; /* ids may be used again */
    }
    p->heard_ns = now;
    *out = p->answer;
    bool request = sound && r.code != 0u && r.code >> 5 == 0u;
    uint32_t again = repetition(p, r.id);
    if (again != 0u) {
        return again == 1u ? p->answer_bytes : 0u; /* who sent an older one again has had its answer since */
    }
    p->ids[p->id_count++ % MBPF_COAP_IDS] = r.id;
    p->answer_bytes = 0u;
    if (!request && r.type == COAP_NON) {
        return 0u;
    }
    if (!request) { /* malformed, or a ping */
        mbpf_coap_begin(&w, p->answer, COAP_RST, 0u, r.id, 0, 0u);
    } else {
        bool confirm = r.type == COAP_CON;
        mbpf_coap_begin(&w, p->answer, confirm ? COAP_ACK : COAP_NON, 0u, confirm ? r.id : s->next_id++, r.token, r.token_bytes);
        answer(s, &w, &r, p);
    }
    p->answer_bytes = w.used;
    return w.used;
}
