/* SPDX-License-Identifier: Apache-2.0
 * Trust anchors: the public keys a device was provisioned with, as one blob. Emulated boards take it from
 * a fixed address that the emulator fills (firmware_runtime/port), real ones from protected flash.
 *
 *   u32 magic, u16 version = 1, u16 count, u64 granted capabilities, u8 device_id[16], count entries, then
 *   SHA-256 of all before it (a blob torn in provisioning is no blob). */
#ifndef MBPF_ABI_TRUST_H
#define MBPF_ABI_TRUST_H

#include <stdint.h>

#include "mbpf/abi/package.h"

#define MBPF_TRUST_MAGIC 0x54525354u /* "TSRT" */
#define MBPF_TRUST_VERSION 1u
#define MBPF_TRUST_MAX_KEYS 8u
#define MBPF_TRUST_HEADER_BYTES 32u

typedef struct mbpf_trust_entry {
    uint8_t role; /* MBPF_ROLE_* */
    uint8_t algorithm;
    uint8_t reserved[2];
    uint8_t key_id[MBPF_KEY_ID_BYTES];
    uint8_t public_key[32];
} mbpf_trust_entry;
MBPF_ABI_ASSERT(sizeof(mbpf_trust_entry) == 44, "trust entry is 44 bytes");

#endif
