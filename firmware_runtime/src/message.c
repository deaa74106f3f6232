/* SPDX-License-Identifier: Apache-2.0
 * One walk over a table a direction. The values of all kinds go through one 64-bit number, so that a kind costs a row
 * of kKinds and no code of its own. */
#include "mbpf/message.h"

#include <string.h>

#include "pb_decode.h"
#include "pb_encode.h"

typedef struct kind_row {
    uint8_t wire;  /* pb_wire_type_t */
    uint8_t bytes; /* of the number in the struct */
} kind_row;

static const kind_row kKinds[] = {
    [MBPF_FIELD_BOOL] = {PB_WT_VARINT, 1},    [MBPF_FIELD_UINT32] = {PB_WT_VARINT, 4}, [MBPF_FIELD_SINT32] = {PB_WT_VARINT, 4},
    [MBPF_FIELD_UINT64] = {PB_WT_VARINT, 8},  [MBPF_FIELD_FIXED32] = {PB_WT_32BIT, 4}, [MBPF_FIELD_FIXED64] = {PB_WT_64BIT, 8},
    [MBPF_FIELD_STRING] = {PB_WT_STRING, 0},  [MBPF_FIELD_BYTES] = {PB_WT_STRING, 0},  [MBPF_FIELD_PART] = {PB_WT_STRING, 0},
};

/* --- reading --- */

/* A value as its wire type says, of a known field or another: a number, or for a piece of the message its length. */
static bool read_value(pb_istream_t *in, uint32_t wire, uint64_t *value)
{
    *value = 0u;
    switch (wire) {
    case PB_WT_VARINT:
        return pb_decode_varint(in, value);
    case PB_WT_64BIT:
        return pb_read(in, (pb_byte_t *)value, 8u); /* devices and hosts are little-endian */
    case PB_WT_32BIT:
        return pb_read(in, (pb_byte_t *)value, 4u);
    case PB_WT_STRING:
        return pb_decode_varint(in, value) && *value <= in->bytes_left && pb_read(in, 0, (size_t)*value);
    default:
        return false;
    }
}

/* `end` is where the value ends in the message. */
static bool store(const mbpf_field *f, uint64_t value, uint8_t *end, uint8_t *at)
{
    const uint32_t count = (uint32_t)value;
    uint8_t *bytes = end - count;
    if (kKinds[f->kind].wire == PB_WT_STRING) {
        const mbpf_part part = {f->tag, bytes, count};
        if (f->kind == MBPF_FIELD_PART) {
            memcpy(at, &part, sizeof part);
            return true;
        }
        const mbpf_bytes b = {bytes, count};
        if (f->kind == MBPF_FIELD_BYTES) {
            memcpy(at, &b, sizeof b);
            return true;
        }
        const char *text = (const char *)(bytes - 1);
        memmove(bytes - 1, bytes, count);
        end[-1] = 0u;
        memcpy(at, &text, sizeof text);
        return true;
    }
    if (f->kind == MBPF_FIELD_BOOL) {
        value = value != 0u;
    } else if (f->kind == MBPF_FIELD_SINT32) {
        value = count >> 1 ^ (0u - (count & 1u));
    } else if (f->kind == MBPF_FIELD_UINT32 && value > UINT32_MAX) {
        return false;
    }
    memcpy(at, &value, kKinds[f->kind].bytes);
    return true;
}

bool mbpf_message_decode(uint8_t *bytes, uint32_t count, const mbpf_field *fields, void *message)
{
    static const char *const nothing = "";
    uint8_t *m = (uint8_t *)message;
    pb_istream_t in = pb_istream_from_buffer(bytes, count);
    for (const mbpf_field *f = fields; f->tag != 0u; f++) {
        if (f->kind == MBPF_FIELD_STRING || f->kind == MBPF_FIELD_BYTES) {
            memcpy(m + f->at, &nothing, sizeof nothing); /* of bytes: the member `at` */
        }
    }
    while (in.bytes_left != 0u) {
        uint64_t key, value;
        if (!pb_decode_varint(&in, &key) || key > UINT32_MAX || key < 8u || !read_value(&in, (uint32_t)key & 7u, &value)) {
            return false;
        }
        const mbpf_field *f = fields;
        while (f->tag != 0u && f->tag != (uint32_t)key >> 3) {
            f++;
        }
        if (f->tag == 0u) {
            continue;
        }
        if (f->kind == MBPF_FIELD_PRESENT) {
            m[f->at] = 1u;
            f++;
        }
        if (kKinds[f->kind].wire != ((uint32_t)key & 7u) || !store(f, value, (uint8_t *)in.state, m + f->at)) {
            return false;
        }
    }
    return true;
}

/* --- writing --- */

/* A stream that has failed has room for less than is in it: nanopb then refuses whatever follows. */
static void check(pb_ostream_t *out, bool done)
{
    if (!done) {
        out->max_size = 0u;
        out->bytes_written = 1u;
    }
}

bool mbpf_message_failed(const pb_ostream_t *out)
{
    return out->bytes_written > out->max_size;
}

uint8_t *mbpf_message_room(pb_ostream_t *out, uint32_t count)
{
    if (mbpf_message_failed(out) || count > out->max_size - out->bytes_written) {
        check(out, false);
        return 0;
    }
    uint8_t *at = (uint8_t *)out->state;
    out->state = at + count;
    out->bytes_written += count;
    return at;
}

uint8_t *mbpf_message_begin(pb_ostream_t *out, uint32_t tag)
{
    check(out, pb_encode_tag(out, PB_WT_STRING, tag));
    return mbpf_message_room(out, 2u);
}

/* A varint of two bytes may hold a number that fits one: nobody needs to know the length before. */
void mbpf_message_end(pb_ostream_t *out, uint8_t *begun)
{
    if (!mbpf_message_failed(out)) {
        uint32_t count = (uint32_t)((uint8_t *)out->state - begun) - 2u;
        begun[0] = (uint8_t)(count | 0x80u);
        begun[1] = (uint8_t)(count >> 7);
    }
}

static void put_bytes(pb_ostream_t *out, uint32_t tag, const void *bytes, uint32_t count)
{
    if (count != 0u) {
        check(out, pb_encode_tag(out, PB_WT_STRING, tag) && pb_encode_string(out, (const pb_byte_t *)bytes, count));
    }
}

static void put_number(pb_ostream_t *out, const mbpf_field *f, const uint8_t *at)
{
    uint64_t value = 0u;
    memcpy(&value, at, kKinds[f->kind].bytes);
    if (value == 0u) {
        return;
    }
    if (f->kind == MBPF_FIELD_SINT32) {
        value = (uint32_t)value << 1 ^ (0u - ((uint32_t)value >> 31));
    }
    const pb_wire_type_t wire = (pb_wire_type_t)kKinds[f->kind].wire;
    check(out, pb_encode_tag(out, wire, f->tag) &&
                   (wire == PB_WT_VARINT ? pb_encode_varint(out, value) : pb_write(out, (const pb_byte_t *)&value, kKinds[f->kind].bytes)));
}

void mbpf_message_put(pb_ostream_t *out, const mbpf_field *fields, const void *message)
{
    const uint8_t *m = (const uint8_t *)message;
    for (const mbpf_field *f = fields; f->tag != 0u; f++) {
        if (f->kind == MBPF_FIELD_STRING) {
            const char *text;
            memcpy(&text, m + f->at, sizeof text);
            put_bytes(out, f->tag, text, text ? (uint32_t)strlen(text) : 0u);
        } else if (f->kind == MBPF_FIELD_BYTES) {
            mbpf_bytes b;
            memcpy(&b, m + f->at, sizeof b);
            put_bytes(out, f->tag, b.at, b.count);
        } else {
            put_number(out, f, m + f->at);
        }
    }
}
