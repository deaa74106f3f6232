/* SPDX-License-Identifier: Apache-2.0
 * Protobuf messages by tables of three bytes a field, made from the field lists that nanopb's generator writes; the wire
 * format is left to nanopb's stream functions. In place of its general engine, which copies every text and byte into
 * structs of the greatest size and takes 7 KB of code and tables: here they stay where the message lies. */
#ifndef MBPF_MESSAGE_H
#define MBPF_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pb.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Members of the generated structs (control.options); texts are `const char *`. */
typedef struct mbpf_bytes {
    const uint8_t *at;
    uint32_t count;
} mbpf_bytes;
typedef uint8_t mbpf_apart; /* of no use: written apart from its message's table */

/* A message within a message, not yet decoded. */
typedef struct mbpf_part {
    uint32_t tag; /* 0: none */
    uint8_t *at;
    uint32_t count;
} mbpf_part;

typedef enum mbpf_kind {
    MBPF_FIELD_BOOL,
    MBPF_FIELD_UINT32,
    MBPF_FIELD_UENUM = MBPF_FIELD_UINT32,
    MBPF_FIELD_SINT32,
    MBPF_FIELD_UINT64,
    MBPF_FIELD_INT64 = MBPF_FIELD_UINT64,
    MBPF_FIELD_FIXED32,
    MBPF_FIELD_FIXED64,
    MBPF_FIELD_STRING,
    MBPF_FIELD_BYTES,
    MBPF_FIELD_PART,    /* of a oneof: an mbpf_part */
    MBPF_FIELD_PRESENT, /* a bool; the next row is the field's */
    MBPF_FIELD_MESSAGE  /* apart */
} mbpf_kind;

typedef struct mbpf_field {
    uint8_t tag; /* 0: end of the table */
    uint8_t kind;
    uint8_t at; /* in the struct */
} mbpf_field;

/* A table: MBPF_CONTROL_FIELDS in mbpf/control.h. */
#define MBPF_FIELD(message, allocation, label, type, name, tag) MBPF_FIELD_IS_##label(message, MBPF_FIELD_##type, name, tag)
#define MBPF_FIELD_IS_SINGULAR(message, kind, name, tag) {tag, kind, offsetof(message, name)},
#define MBPF_FIELD_IS_OPTIONAL(message, kind, name, tag) MBPF_FIELD_WITH_##kind(message, kind, name, tag)
#define MBPF_FIELD_WITH_MBPF_FIELD_UINT32(message, kind, name, tag) {tag, MBPF_FIELD_PRESENT, offsetof(message, has_##name)}, {tag, kind, offsetof(message, name)},
#define MBPF_FIELD_WITH_MBPF_FIELD_MESSAGE(message, kind, name, tag)
#define MBPF_FIELD_IS_REPEATED(message, kind, name, tag)
#define MBPF_FIELD_IS_ONEOF(message, kind, name, tag) /* see MBPF_PART */
#define MBPF_FIELDS_END {0, 0, 0}
/* The rows of a oneof's members: each leaves an mbpf_part, `MBPF_PART_AT` bytes from the struct's beginning. */
#define MBPF_PART(message, allocation, label, type, name, tag) MBPF_PART_IS_##label(tag)
#define MBPF_PART_IS_SINGULAR(tag)
#define MBPF_PART_IS_ONEOF(tag) {tag, MBPF_FIELD_PART, MBPF_PART_AT},

/* Fills `message`, which is zeroed beforehand; unknown fields are skipped. Texts are terminated where they lie, by
 * moving them over their length. False: no such message. */
bool mbpf_message_decode(uint8_t *bytes, uint32_t count, const mbpf_field *fields, void *message);

/* --- writing: what fails once fails from then on --- */

/* Fields that are not zero. */
void mbpf_message_put(pb_ostream_t *out, const mbpf_field *fields, const void *message);
/* A part whose bytes are written next; returns what its end needs. Its length takes two bytes, whatever it is. */
uint8_t *mbpf_message_begin(pb_ostream_t *out, uint32_t tag);
void mbpf_message_end(pb_ostream_t *out, uint8_t *begun);
/* Room for so many bytes, written by the caller; null: there is none. */
uint8_t *mbpf_message_room(pb_ostream_t *out, uint32_t count);
bool mbpf_message_failed(const pb_ostream_t *out);

#ifdef __cplusplus
}
#endif

#endif
