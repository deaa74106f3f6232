/* SPDX-License-Identifier: Apache-2.0
 * What a device says of itself, signed with its own key over a nonce of the host's, and the log of what befell
 * it, chained by hashes so that none of it can be left out or changed. All integers little-endian.
 *
 *   report  header 184 bytes, then a row a package
 *   event   64 bytes; head := SHA-256(head before, event); the first head is zeros
 *
 * The device signs a COSE Sig_structure whose payload is the SHA-256 of the report. */
#ifndef MBPF_ABI_ATTEST_H
#define MBPF_ABI_ATTEST_H

#include <stdint.h>

#include "mbpf/abi/package.h"

#define MBPF_ATTEST_MAGIC 0x54535441u /* "ATST" */
#define MBPF_ATTEST_VERSION 1u
#define MBPF_ATTEST_NONCE_BYTES 32u
#define MBPF_ATTEST_FIRMWARE_BYTES 16u

#define MBPF_TBS_PREFIX_ATTEST "\x84\x6a" "Signature1" "\x43\xa1\x01\x27" "\x52" "microbpf/attest/v1" "\x58\x20"

typedef struct mbpf_attest_header {
    uint32_t magic;
    uint16_t version;
    uint16_t package_count;
    uint8_t nonce[MBPF_ATTEST_NONCE_BYTES];
    uint8_t device_id[16], group_id[16], class_id[16];
    uint32_t root_version;
    uint8_t root_digest[MBPF_DIGEST_BYTES]; /* SHA-256 of the root record's body */
    uint8_t firmware[MBPF_ATTEST_FIRMWARE_BYTES]; /* version, NUL-padded */
    uint32_t uptime_s_low, uptime_s_high;
    uint32_t event_count;
    uint8_t event_head[MBPF_DIGEST_BYTES];
} mbpf_attest_header;

#define MBPF_ATTEST_RUNS 0x1u     /* not held back behind a version on trial */
#define MBPF_ATTEST_ON_TRIAL 0x2u
typedef struct mbpf_attest_package {
    uint8_t name[MBPF_NAME_BYTES];
    uint8_t payload_digest[MBPF_DIGEST_BYTES];
    uint16_t version_major, version_minor, version_patch;
    uint16_t attached; /* bit i: program i */
    uint32_t rollback_counter;
    uint16_t program_count;
    uint16_t flags; /* MBPF_ATTEST_* */
} mbpf_attest_package;

/* X(number, NAME, "what") */
#define MBPF_EVENT_TABLE(X) \
    X(1, BOOT, "started") \
    X(2, ADMITTED, "admitted") \
    X(3, REFUSED, "refused") \
    X(4, UNLOADED, "unloaded") \
    X(5, ATTACHED, "attached") \
    X(6, DETACHED, "detached") \
    X(7, ROOT_REPLACED, "root record replaced") \
    X(8, ROOT_REFUSED, "root record refused") \
    X(9, FAULT, "stopped by a fault") \
    X(10, CONFIRMED, "confirmed") \
    X(11, REVERTED, "reverted")

enum mbpf_event_kind {
#define MBPF_EVENT_ENUM(number, name, what) MBPF_EVENT_##name = number,
    MBPF_EVENT_TABLE(MBPF_EVENT_ENUM)
#undef MBPF_EVENT_ENUM
};

typedef struct mbpf_event_record {
    uint32_t index; /* from 0; at each boot anew where no flash keeps the log */
    uint8_t kind;   /* MBPF_EVENT_* */
    uint8_t left_out; /* refusals, attachments and detachments before this one that were not recorded, at most 255: flash wears */
    uint16_t code;  /* admission number; of a fault MBPF_FAULT_* */
    uint32_t time_ms_low, time_ms_high; /* since boot */
    uint8_t digest[16]; /* the first bytes of the SHA-256 of what came over the line; BOOT of a kept log: of the root record's body */
    uint8_t name[MBPF_NAME_BYTES]; /* of the package, NUL-padded */
} mbpf_event_record;

#define MBPF_EVENT_BYTES 64u
MBPF_ABI_ASSERT(sizeof(mbpf_attest_header) == 184, "attestation header is 184 bytes");
MBPF_ABI_ASSERT(sizeof(mbpf_attest_package) == 80, "attestation row is 80 bytes");
MBPF_ABI_ASSERT(sizeof(mbpf_event_record) == MBPF_EVENT_BYTES, "event is 64 bytes");

#endif
