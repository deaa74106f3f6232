/* SPDX-License-Identifier: Apache-2.0
 * Signatures of packages: of each role by a key that the root record has in that role, so by different keys,
 * since a record has no key twice; of two verifiers, and of a deployment for this device, where it demands. */
#include <string.h>

#include "mbpf/abi/reader.h"
#include "mbpf/admission_check.h"
#include "mbpf/crypto.h"
#include "text.h"

#define PREFIX_MAX 64u
#define MESSAGE_BYTES (PREFIX_MAX + MBPF_HEADER_BYTES)

static void read_entry(const mbpf_admitted *p, uint32_t i, mbpf_signature_entry *entry)
{
    uint32_t offset = p->header.signed_bytes + MBPF_SIGNATURE_BLOCK_HEADER_BYTES + i * (uint32_t)sizeof *entry;
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

/* What a signature of that role over this package covers; the number of bytes. */
static uint32_t signed_message(const mbpf_runtime *rt, const mbpf_admitted *p, uint8_t role, uint8_t scope, uint8_t message[MESSAGE_BYTES])
{
    static const char verifier_prefix[] = MBPF_TBS_PREFIX_VERIFIER;
    static const char release_prefix[] = MBPF_TBS_PREFIX_RELEASE;
    static const char deploy_prefix[] = MBPF_TBS_PREFIX_DEPLOY;
    _Static_assert(sizeof verifier_prefix <= PREFIX_MAX && sizeof release_prefix <= PREFIX_MAX && sizeof deploy_prefix + 20u <= PREFIX_MAX,
                   "prefix fits");
    const char *prefix = role == MBPF_ROLE_VERIFIER ? verifier_prefix : role == MBPF_ROLE_RELEASE ? release_prefix : deploy_prefix;
    uint32_t n = (uint32_t)(role == MBPF_ROLE_VERIFIER  ? sizeof verifier_prefix
                            : role == MBPF_ROLE_RELEASE ? sizeof release_prefix
                                                        : sizeof deploy_prefix) - 1u;
    memcpy(message, prefix, n);
    if (role == MBPF_ROLE_DEPLOY) {
        const mbpf_trust *t = &rt->trust;
        message[n++] = scope;
        memcpy(message + n, scope == MBPF_SCOPE_DEVICE ? t->device_id : scope == MBPF_SCOPE_GROUP ? t->group_id : t->class_id,
               MBPF_SCOPE_ID_BYTES);
        n += MBPF_SCOPE_ID_BYTES;
        memcpy(message + n, MBPF_TBS_PAYLOAD_HEADER, 3u);
        n += 3u;
    }
    memcpy(message + n, p->bytes, MBPF_HEADER_BYTES);
    return n + MBPF_HEADER_BYTES;
}

typedef struct role_scan {
    bool known;
    uint64_t key;     /* id of the last signature looked at that did not hold */
    uint32_t signers; /* bit i: key i of the root record signed */
    uint32_t number;  /* of bits */
} role_scan;

/* The keys of that role whose signatures hold; stops at `wanted` of them. */
static role_scan scan_role(const mbpf_runtime *rt, const mbpf_admitted *p, uint32_t count, uint8_t role, uint32_t wanted)
{
    const mbpf_root *root = &rt->trust.root;
    uint8_t message[MESSAGE_BYTES];
    role_scan scan = {false, 0u, 0u, 0u};
    for (uint32_t i = 0u; i < count && scan.number < wanted; i++) {
        mbpf_signature_entry entry;
        read_entry(p, i, &entry);
        if (entry.role != role || entry.algorithm != MBPF_SIGALG_ED25519) {
            continue;
        }
        scan.key = scan.number == 0u ? key_number(entry.key_id) : scan.key;
        for (uint32_t k = 0u; k < root->count; k++) {
            const mbpf_trusted_key *key = &root->keys[k];
            if (key->role != role || (scan.signers >> k & 1u) != 0u || memcmp(key->key_id, entry.key_id, MBPF_KEY_ID_BYTES) != 0) {
                continue;
            }
            scan.known = true;
            uint32_t bytes = signed_message(rt, p, role, entry.reserved[0], message);
            if (mbpf_ed25519_verify(entry.signature, message, bytes, key->public_key)) {
                scan.signers |= 1u << k;
                scan.number++;
            }
        }
    }
    return scan;
}

static bool block_ok(const mbpf_admitted *p, uint32_t *count, mbpf_verdict *v)
{
    mbpf_reader r = mbpf_reader_at(p->bytes, p->count, p->header.signed_bytes, p->count - p->header.signed_bytes);
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

/* A role's own byte of the entry: the scope's kind of a deployment authorisation, zero in all others. */
static bool entry_ok(const mbpf_signature_entry *entry)
{
    bool scope = entry->role == MBPF_ROLE_DEPLOY ? entry->reserved[0] >= MBPF_SCOPE_DEVICE && entry->reserved[0] <= MBPF_SCOPE_CLASS
                                                 : entry->reserved[0] == 0u;
    return scope && entry->reserved[1] == 0u;
}

/* What is missing is said before what is wrong, and costs nothing. */
static bool all_present(const mbpf_root *root, const mbpf_admitted *p, uint32_t count, mbpf_verdict *v)
{
    uint32_t present[MBPF_ROLE_DEPLOY + 1u] = {0u};
    for (uint32_t i = 0u; i < count; i++) {
        mbpf_signature_entry entry;
        read_entry(p, i, &entry);
        if (!entry_ok(&entry)) {
            return mbpf_refuse(v, MBPF_ADMIT_LAYOUT, 0u, i, "reserved bytes of a signature");
        }
        if (entry.algorithm == MBPF_SIGALG_ED25519 && entry.role <= MBPF_ROLE_DEPLOY) {
            present[entry.role]++;
        }
    }
    if (present[MBPF_ROLE_VERIFIER] == 0u) {
        return mbpf_refuse(v, MBPF_ADMIT_SIGNATURE_MISSING_VERIFIER, 1u, 0u, "");
    }
    if (present[MBPF_ROLE_VERIFIER] < root->verifiers) {
        return mbpf_refuse(v, MBPF_ADMIT_SECOND_VERIFIER, root->verifiers, present[MBPF_ROLE_VERIFIER], "");
    }
    if (present[MBPF_ROLE_RELEASE] == 0u) {
        return mbpf_refuse(v, MBPF_ADMIT_SIGNATURE_MISSING_RELEASE, 1u, 0u, "");
    }
    if ((root->flags & MBPF_ROOT_DEMAND_DEPLOYMENT) != 0u && present[MBPF_ROLE_DEPLOY] == 0u) {
        return mbpf_refuse(v, MBPF_ADMIT_DEPLOYMENT, 1u, 0u, "");
    }
    return true;
}

static bool none_holds(const role_scan *scan, const char *role, mbpf_verdict *v)
{
    return mbpf_refuse(v, scan->known ? MBPF_ADMIT_SIGNATURE_INVALID : MBPF_ADMIT_KEY_UNKNOWN, 0u, scan->key, role);
}

bool mbpf_check_signatures(const mbpf_runtime *rt, mbpf_admitted *p, mbpf_verdict *v)
{
    const mbpf_root *root = &rt->trust.root;
    uint32_t count;
    if (!block_ok(p, &count, v)) {
        return false;
    }
    if (root->count == 0u) {
        return mbpf_refuse(v, MBPF_ADMIT_NO_TRUST_ANCHORS, 1u, 0u, "");
    }
    if (!all_present(root, p, count, v)) {
        return false;
    }
    if (p->releasers != 0u) {
        return true; /* all that follows held before */
    }
    role_scan verifier = scan_role(rt, p, count, MBPF_ROLE_VERIFIER, root->verifiers);
    if (verifier.number == 0u) {
        return none_holds(&verifier, "verifier", v);
    }
    if (verifier.number < root->verifiers) {
        return mbpf_refuse(v, MBPF_ADMIT_SECOND_VERIFIER, root->verifiers, verifier.number, "");
    }
    /* All release keys: what each may grant differs. */
    role_scan release = scan_role(rt, p, count, MBPF_ROLE_RELEASE, MBPF_TRUST_MAX_KEYS);
    if (release.number == 0u) {
        return none_holds(&release, "release", v);
    }
    p->releasers = release.signers;
    if ((root->flags & MBPF_ROOT_DEMAND_DEPLOYMENT) != 0u) {
        role_scan deploy = scan_role(rt, p, count, MBPF_ROLE_DEPLOY, 1u);
        if (deploy.number == 0u) {
            return mbpf_refuse(v, MBPF_ADMIT_DEPLOYMENT, 0u, deploy.key, deploy.known ? "for another device" : "unknown key");
        }
    }
    return true;
}
