/* SPDX-License-Identifier: Apache-2.0
 * Whom this device believes, and how that changes: a root record is replaced by one that enough root keys of
 * both have signed, with a greater version, in which no revoked key returns. */
#ifndef MBPF_TRUST_H
#define MBPF_TRUST_H

#include <stdbool.h>
#include <stdint.h>

#include "mbpf/abi/trust.h"
#include "mbpf/status.h"

#ifdef __cplusplus
extern "C" {
#endif

struct mbpf_runtime;
struct mbpf_verdict;

typedef struct mbpf_trusted_key {
    uint8_t role;
    uint8_t key_id[MBPF_KEY_ID_BYTES]; /* computed here: a record cannot call a key by another's name */
    uint8_t public_key[32];
    uint64_t capabilities;
    uint64_t hooks;
} mbpf_trusted_key;

typedef struct mbpf_root {
    uint32_t version;
    uint8_t root_threshold, verifiers, flags;
    uint8_t count; /* of keys; 0: not provisioned */
    uint8_t revoked_count;
    mbpf_trusted_key keys[MBPF_TRUST_MAX_KEYS];
    uint8_t revoked[MBPF_ROOT_MAX_REVOKED][MBPF_KEY_ID_BYTES];
    uint8_t digest[MBPF_DIGEST_BYTES]; /* of the record's body */
} mbpf_root;

/* Where root records outlive a reset: two copies, so that a write cut anywhere leaves the other. `load` fills
 * `bytes` with what the copy holds, `save` replaces all of it; each may fail. A copy is MBPF_ROOT_COPY_BYTES. */
#define MBPF_ROOT_COPY_BYTES (8u + MBPF_ROOT_BYTES + MBPF_DIGEST_BYTES)
typedef struct mbpf_root_store {
    void *context;
    bool (*load)(void *context, uint32_t copy, uint8_t *bytes, uint32_t count);
    bool (*save)(void *context, uint32_t copy, const uint8_t *bytes, uint32_t count);
} mbpf_root_store;

typedef struct mbpf_trust {
    uint64_t capabilities;
    uint8_t device_id[MBPF_SCOPE_ID_BYTES];
    uint8_t group_id[MBPF_SCOPE_ID_BYTES];
    uint8_t class_id[MBPF_SCOPE_ID_BYTES];
    uint8_t device_seed[32];
    bool has_device_key;
    mbpf_root root;
    const mbpf_root_store *store; /* null: a new record lasts until the next reset */
} mbpf_trust;

/* `bytes` may be null: then nothing will be admitted. A blob that is torn counts as none. */
void mbpf_set_trust_anchors(struct mbpf_runtime *rt, const uint8_t *bytes, uint32_t count);

/* After the anchors: takes the newest whole record of the store, if it is newer than the factory's. The store
 * stays in use; a record in it is believed if this device's seed proves that it wrote it. A device without a seed believes
 * it by where it lies, as it does the factory's blob. */
void mbpf_root_attach_store(struct mbpf_runtime *rt, const mbpf_root_store *store);

/* A new record from the line. MBPF_REFUSED: `verdict` says why, and nothing has changed. */
mbpf_status mbpf_root_update(struct mbpf_runtime *rt, const uint8_t *bytes, uint32_t count, struct mbpf_verdict *verdict);

/* Two copies in RAM, the store of boards that have nothing better. */
typedef struct mbpf_root_ram {
    uint8_t copies[2][MBPF_ROOT_COPY_BYTES];
} mbpf_root_ram;
mbpf_root_store mbpf_root_ram_store(mbpf_root_ram *ram);

#ifdef __cplusplus
}
#endif

#endif
