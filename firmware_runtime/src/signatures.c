/* SPDX-License-Identifier: Apache-2.0
 * Signatures and trust anchors. A package needs a valid signature of each role by a key provisioned for that
 * role, and by two different keys: one party must not be able to say both "proved" and "run it". */
#include <string.h>

#include "mbpf/abi/reader.h"
#include "mbpf/admission_check.h"
#include "mbpf/crypto.h"
#include "text.h"

#define PREFIX_MAX 48u

void mbpf_set_trust_anchors(mbpf_runtime *rt, const uint8_t *bytes, uint32_t count)
{
    memset(&rt->trust, 0, sizeof rt->trust);
    if (!bytes) {
        return;
    }
    mbpf_trust trust;
    memset(&trust, 0, sizeof trust);
    mbpf_reader r = mbpf_reader_at(bytes, count, 0u, count);
    uint32_t magic = mbpf_read_u32(&r);
    uint16_t version = mbpf_read_u16(&r);
    uint16_t keys = mbpf_read_u16(&r);
    trust.capabilities = mbpf_read_u64(&r);
    const uint8_t *device_id = mbpf_read_bytes(&r, sizeof trust.device_id);
    if (r.failed || magic != MBPF_TRUST_MAGIC || version != MBPF_TRUST_VERSION || keys > MBPF_TRUST_MAX_KEYS) {
        return;
    }
    memcpy(trust.device_id, device_id, sizeof trust.device_id);
    for (uint32_t i = 0u; i < keys; i++) {
        mbpf_trust_entry *entry = &trust.keys[i];
        entry->role = mbpf_read_u8(&r);
        entry->algorithm = mbpf_read_u8(&r);
        (void)mbpf_read_u16(&r);
        const uint8_t *id = mbpf_read_bytes(&r, sizeof entry->key_id);
        const uint8_t *key = mbpf_read_bytes(&r, sizeof entry->public_key);
        if (!id || !key) {
            return;
        }
        memcpy(entry->key_id, id, sizeof entry->key_id);
        memcpy(entry->public_key, key, sizeof entry->public_key);
    }
    uint8_t digest[MBPF_DIGEST_BYTES];
    mbpf_sha256(bytes, (uint32_t)(r.at - bytes), digest);
    const uint8_t *stored = mbpf_read_bytes(&r, sizeof digest);
    if (!stored || memcmp(stored, digest, sizeof digest) != 0) {
        return;
    }
    trust.count = keys;
    rt->trust = trust;
}

static void read_entry(const mbpf_admitted *p, uint32_t i, mbpf_signature_entry *entry)
{
    uint32_t offset = p->signed_bytes + MBPF_SIGNATURE_BLOCK_HEADER_BYTES + i * (uint32_t)sizeof *entry;
    mbpf_reader r = mbpf_reader_at(p->bytes, p->count, offset, (uint32_t)sizeof *entry);
    const uint8_t *at = mbpf_read_bytes(&r, (uint32_t)sizeof *entry);
    memset(entry, 0, sizeof *entry);
    if (at) {
        entry->role = at[0];
        entry->algorithm = at[1];
        entry->reserved[0] = at[2];
        entry->reserved[1] = at[3];
        memcpy(entry->key_id, at + 4, sizeof entry->key_id);
        memcpy(entry->signature, at + 12, sizeof entry->signature);
    }
}

static uint64_t key_number(const uint8_t id[MBPF_KEY_ID_BYTES])
{
    uint64_t n = 0u;
    for (uint32_t i = 0u; i < MBPF_KEY_ID_BYTES; i++) {
        n = n << 8 | id[i];
    }
    return n;
}

typedef struct role_scan {
    bool present, known;
    uint64_t key;                   /* id of the last one looked at */
    const mbpf_trust_entry *signer; /* whose signature holds */
} role_scan;

/* Looks at every signature of one role until one holds. Keys equal to `other` do not count. */
static role_scan scan_role(const mbpf_runtime *rt, const mbpf_admitted *p, uint32_t count, uint8_t role, const mbpf_trust_entry *other)
{
    static const char verifier_prefix[] = MBPF_TBS_PREFIX_VERIFIER;
    static const char release_prefix[] = MBPF_TBS_PREFIX_RELEASE;
    uint8_t message[PREFIX_MAX + MBPF_HEADER_BYTES];
    _Static_assert(sizeof verifier_prefix <= PREFIX_MAX && sizeof release_prefix <= PREFIX_MAX, "prefix fits");
    uint32_t prefix = (uint32_t)(role == MBPF_ROLE_VERIFIER ? sizeof verifier_prefix : sizeof release_prefix) - 1u;
    memcpy(message, role == MBPF_ROLE_VERIFIER ? verifier_prefix : release_prefix, prefix);
    memcpy(message + prefix, p->bytes, MBPF_HEADER_BYTES);

    role_scan scan = {false, false, 0u, 0};
    for (uint32_t i = 0u; i < count && !scan.signer; i++) {
        mbpf_signature_entry entry;
        read_entry(p, i, &entry);
        if (entry.role != role || entry.algorithm != MBPF_SIGALG_ED25519) {
            continue;
        }
        scan.present = true;
        scan.key = key_number(entry.key_id);
        for (uint32_t k = 0u; k < rt->trust.count; k++) {
            const mbpf_trust_entry *key = &rt->trust.keys[k];
            if (key->role != role || key->algorithm != MBPF_SIGALG_ED25519 ||
                memcmp(key->key_id, entry.key_id, MBPF_KEY_ID_BYTES) != 0 ||
                (other && memcmp(key->public_key, other->public_key, sizeof key->public_key) == 0)) {
                continue;
            }
            scan.known = true;
            if (mbpf_ed25519_verify(entry.signature, message, prefix + MBPF_HEADER_BYTES, key->public_key)) {
                scan.signer = key;
                break;
            }
        }
    }
    return scan;
}

static bool block_ok(const mbpf_admitted *p, uint32_t *count, mbpf_verdict *v)
{
    mbpf_reader r = mbpf_reader_at(p->bytes, p->count, p->signed_bytes, p->count - p->signed_bytes);
    uint32_t magic = mbpf_read_u32(&r);
    *count = mbpf_read_u16(&r);
    uint16_t reserved = mbpf_read_u16(&r);
    if (magic != MBPF_SIGNATURE_MAGIC || reserved != 0u || *count > MBPF_MAX_SIGNATURES) {
        return mbpf_refuse(v, MBPF_ADMIT_LAYOUT, MBPF_SIGNATURE_MAGIC, magic, "signature block");
    }
    uint32_t want = *count * (uint32_t)sizeof(mbpf_signature_entry);
    if (r.left < want) {
        return mbpf_refuse(v, MBPF_ADMIT_TRUNCATED, want, r.left, "signatures");
    }
    if (r.left > want) {
        return mbpf_refuse(v, MBPF_ADMIT_LAYOUT, want, r.left, "bytes after the signatures");
    }
    return true;
}

bool mbpf_check_signatures(const mbpf_runtime *rt, const mbpf_admitted *p, mbpf_verdict *v)
{
    uint32_t count;
    if (!block_ok(p, &count, v)) {
        return false;
    }
    if (rt->trust.count == 0u) {
        return mbpf_refuse(v, MBPF_ADMIT_NO_TRUST_ANCHORS, 1u, 0u, "");
    }
    bool present[2] = {false, false};
    for (uint32_t i = 0u; i < count; i++) { /* what is missing is said before what is wrong, and costs nothing */
        mbpf_signature_entry entry;
        read_entry(p, i, &entry);
        if ((entry.reserved[0] | entry.reserved[1]) != 0u) {
            return mbpf_refuse(v, MBPF_ADMIT_LAYOUT, 0u, i, "reserved bytes of a signature");
        }
        if (entry.algorithm == MBPF_SIGALG_ED25519 && (entry.role == MBPF_ROLE_VERIFIER || entry.role == MBPF_ROLE_RELEASE)) {
            present[entry.role - MBPF_ROLE_VERIFIER] = true;
        }
    }
    if (!present[0]) {
        return mbpf_refuse(v, MBPF_ADMIT_SIGNATURE_MISSING_VERIFIER, 1u, 0u, "");
    }
    if (!present[1]) {
        return mbpf_refuse(v, MBPF_ADMIT_SIGNATURE_MISSING_RELEASE, 1u, 0u, "");
    }
    role_scan verifier = scan_role(rt, p, count, MBPF_ROLE_VERIFIER, 0);
    if (!verifier.signer) {
        return mbpf_refuse(v, verifier.known ? MBPF_ADMIT_SIGNATURE_INVALID : MBPF_ADMIT_KEY_UNKNOWN, 0u, verifier.key, "verifier");
    }
    role_scan release = scan_role(rt, p, count, MBPF_ROLE_RELEASE, verifier.signer);
    if (!release.signer) {
        return mbpf_refuse(v, release.known ? MBPF_ADMIT_SIGNATURE_INVALID : MBPF_ADMIT_KEY_UNKNOWN, 0u, release.key, "release");
    }
    return true;
}
