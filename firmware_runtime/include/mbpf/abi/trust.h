/* SPDX-License-Identifier: Apache-2.0
 * Whom a device believes. The factory writes one blob: who the device is, and its first root record. Emulated
 * boards take it from a fixed address that the emulator fills (firmware_runtime/port), real ones from
 * protected flash. Later root records come over the line, signed.
 *
 *   blob    u32 magic, u16 version, u16 flags, u64 capabilities, u8 device_id[16], u8 group_id[16], u8 class_id[16],
 *           u8 device_seed[32], u16 root_bytes, u16 reserved, the root record, SHA-256 of all before it
 *   record  [body: header 16, keys, revoked ids][u16 signatures, u16 reserved, signature entries]
 *
 * All integers little-endian, reserved bytes zero. What root keys sign is a COSE Sig_structure whose payload
 * is the SHA-256 of the body. */
#ifndef MBPF_ABI_TRUST_H
#define MBPF_ABI_TRUST_H

#include <stdint.h>

#include "mbpf/abi/package.h"

#define MBPF_TRUST_MAGIC 0x54525354u /* "TSRT" */
#define MBPF_TRUST_VERSION 2u
#define MBPF_TRUST_HEADER_BYTES 100u
#define MBPF_TRUST_DEVICE_KEY 0x1u /* flag: device_seed is one */
#define MBPF_SCOPE_ID_BYTES 16u

/* Roles beside those of packages (mbpf/abi/package.h). */
#define MBPF_ROLE_ROOT 3u   /* signs root records */
#define MBPF_ROLE_DEPLOY 4u /* signs a package for one device, group or class */
#define MBPF_ROLE_DEVICE 5u /* the device's own; never in a root record */

#define MBPF_ROOT_MAGIC 0x544F4F52u /* "ROOT" */
#define MBPF_ROOT_FORMAT 1u
#define MBPF_ROOT_BYTES 896u /* greatest record: one message of the control line */
#define MBPF_TRUST_MAX_KEYS 8u
#define MBPF_ROOT_MAX_REVOKED 16u
#define MBPF_ROOT_MAX_SIGNATURES 8u
#define MBPF_ROOT_DEMAND_DEPLOYMENT 0x1u /* flag: packages need a deployment authorisation */

typedef struct mbpf_root_header {
    uint32_t magic;
    uint16_t format;
    uint8_t key_count;
    uint8_t revoked_count;
    uint32_t version;       /* each record's is greater than its predecessor's */
    uint8_t root_threshold; /* root keys that must sign a successor, of the old record and of the new; 0: none can */
    uint8_t verifiers;      /* verifier signatures a package needs, by different keys: 1 or 2 */
    uint8_t flags;          /* MBPF_ROOT_*; unknown ones are refused */
    uint8_t reserved;
} mbpf_root_header;

typedef struct mbpf_root_key {
    uint8_t role; /* MBPF_ROLE_* but DEVICE */
    uint8_t algorithm;
    uint8_t reserved[2];
    uint8_t public_key[32];
    uint64_t capabilities; /* release keys: what packages they release may ask for */
    uint64_t hooks;        /* release keys: bit N: hook id N; bit 63: all from 63 up */
} mbpf_root_key;

typedef struct mbpf_root_signature {
    uint8_t key_id[MBPF_KEY_ID_BYTES];
    uint8_t signature[64];
} mbpf_root_signature;

MBPF_ABI_ASSERT(sizeof(mbpf_root_header) == 16, "root header is 16 bytes");
MBPF_ABI_ASSERT(sizeof(mbpf_root_signature) == 72, "root signature is 72 bytes");
#define MBPF_ROOT_KEY_BYTES 52u /* as written: the struct has padding */

#define MBPF_TBS_PREFIX_ROOT \
    "\x84\x6a" "Signature1" "\x43\xa1\x01\x27" "\x50" "microbpf/root/v1" "\x58\x20"

/* A deployment authorisation is a signature entry of the package with role DEPLOY, whose first reserved byte
 * is the scope's kind. The id is not in it: the device takes its own. Signed bytes:
 *   prefix, kind, id[16], 59 0100, header */
#define MBPF_SCOPE_DEVICE 1u
#define MBPF_SCOPE_GROUP 2u
#define MBPF_SCOPE_CLASS 3u
#define MBPF_TBS_PREFIX_DEPLOY "\x84\x6a" "Signature1" "\x43\xa1\x01\x27" "\x58\x23" "microbpf/deploy/v1"
#define MBPF_TBS_PAYLOAD_HEADER "\x59\x01\x00"

#endif
