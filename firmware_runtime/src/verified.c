/* SPDX-License-Identifier: Apache-2.0
 * A VERIFIED record's proof is a hash over the device's secret seed, all that signatures are verified against, and the
 * header that they cover (and by its digest the payload, which is hashed again at each boot). So whoever can write the
 * flash, but does not know the seed, cannot make one; a device without a seed has none and verifies at each boot. */
#include "verified.h"

#include <stddef.h>
#include <string.h>

#include "mbpf/crypto.h"
#include "mbpf/store.h"

static uint8_t *put(uint8_t *to, const void *bytes, uint32_t count)
{
    memcpy(to, bytes, count);
    return to + count;
}

_Static_assert(offsetof(mbpf_trust, class_id) == offsetof(mbpf_trust, device_id) + 2u * MBPF_SCOPE_ID_BYTES, "one after the other");

static void prove(const mbpf_runtime *rt, const uint8_t *header, uint8_t releasers, uint8_t proof[MBPF_DIGEST_BYTES])
{
    static const char purpose[4] = {'V', 'R', 'F', 'Y'};
    const mbpf_trust *t = &rt->trust;
    uint8_t message[sizeof purpose + sizeof t->device_seed + MBPF_DIGEST_BYTES + 3u * MBPF_SCOPE_ID_BYTES + 1u + MBPF_HEADER_BYTES];
    uint8_t *at = put(message, purpose, sizeof purpose);
    at = put(at, t->device_seed, sizeof t->device_seed);
    at = put(at, t->root.digest, sizeof t->root.digest);
    at = put(at, t->device_id, 3u * MBPF_SCOPE_ID_BYTES); /* and group and class: deployment authorisations are for one of them */
    *at++ = releasers;
    (void)put(at, header, MBPF_HEADER_BYTES);
    mbpf_sha256(message, sizeof message, proof);
}

uint32_t mbpf_verified_by(const mbpf_runtime *rt, uint32_t slot, const uint8_t *header)
{
    uint8_t proof[MBPF_DIGEST_BYTES];
    mbpf_record r;
    if (!rt->trust.has_device_key || !mbpf_journal_verified(&rt->store->journal, slot, &r)) {
        return 0u;
    }
    prove(rt, header, r.tries, proof);
    return memcmp(r.name, proof, MBPF_PROOF_BYTES) == 0 ? r.tries : 0u;
}

void mbpf_note_verified(mbpf_runtime *rt, uint32_t slot, const uint8_t *header, uint32_t releasers)
{
    uint8_t proof[MBPF_DIGEST_BYTES];
    mbpf_record r;
    if (!rt->trust.has_device_key) {
        return;
    }
    memset(&r, 0, sizeof r);
    r.kind = MBPF_RECORD_VERIFIED;
    r.slot = (uint8_t)slot;
    r.tries = (uint8_t)releasers;
    _Static_assert(MBPF_TRUST_MAX_KEYS <= 8u, "keys are bits of a byte");
    prove(rt, header, r.tries, proof);
    memcpy(r.name, proof, MBPF_PROOF_BYTES);
    (void)mbpf_journal_append(&rt->store->journal, &r); /* without it the next boot verifies again */
}
