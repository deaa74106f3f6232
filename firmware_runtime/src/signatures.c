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
    if (at) {
        memcpy(entry, at, sizeof *entry); /* bytes alone: no padding, no order */
    } else {
        memset(entry, 0, sizeof *entry);
    }
}

static uint64_t key_number(const uint8_t id[MBPF_KEY_ID_BYTES])
{
    uint64_t n;
    memcpy(&n, id, sizeof n);
    return __builtin_bswap64(n);
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

static bool block_ok(mbpf_admitted *p, uint32_t *count)
{
    mbpf_reader r = mbpf_reader_at(p->bytes, p->count, p->header.signed_bytes, p->count - p->header.signed_bytes);
    uint32_t magic = mbpf_read_u32(&r);
    *count = mbpf_read_u16(&r);
    uint16_t reserved = mbpf_read_u16(&r);
    p->detail = "signature block";
    if (magic != MBPF_SIGNATURE_MAGIC || reserved != 0u || *count > MBPF_MAX_SIGNATURES) {
        return mbpf_fail(p, MBPF_ADMIT_LAYOUT, MBPF_SIGNATURE_MAGIC, magic);
    }
    uint32_t want = *count * (uint32_t)sizeof(mbpf_signature_entry);
    p->detail = "signatures";
    if (r.left < want) {
        return mbpf_fail(p, MBPF_ADMIT_TRUNCATED, want, r.left);
    }
    p->detail = "bytes after the signatures";
    return r.left == want || mbpf_fail(p, MBPF_ADMIT_LAYOUT, want, r.left);
}

/* A role's own byte of the entry: the scope's kind of a deployment authorisation, zero in all others. */
static bool entry_ok(const mbpf_signature_entry *entry)
{
    bool scope = entry->role == MBPF_ROLE_DEPLOY ? entry->reserved[0] >= MBPF_SCOPE_DEVICE && entry->reserved[0] <= MBPF_SCOPE_CLASS
                                                 : entry->reserved[0] == 0u;
    return scope && entry->reserved[1] == 0u;
}

/* What is missing is said before what is wrong, and costs nothing. */
static bool all_present(const mbpf_root *root, mbpf_admitted *p, uint32_t count)
{
    uint32_t present[MBPF_ROLE_DEPLOY + 1u] = {0u};
    p->detail = "reserved bytes of a signature";
    for (uint32_t i = 0u; i < count; i++) {
        mbpf_signature_entry entry;
        read_entry(p, i, &entry);
        if (!entry_ok(&entry)) {
            return mbpf_fail(p, MBPF_ADMIT_LAYOUT, 0u, i);
        }
        if (entry.algorithm == MBPF_SIGALG_ED25519 && entry.role <= MBPF_ROLE_DEPLOY) {
            present[entry.role]++;
        }
    }
    const uint32_t verifiers = present[MBPF_ROLE_VERIFIER];
    p->detail = "";
    if (verifiers == 0u) {
        return mbpf_fail(p, MBPF_ADMIT_SIGNATURE_MISSING_VERIFIER, 1u, 0u);
    }
    if (verifiers < root->verifiers) {
        return mbpf_fail(p, MBPF_ADMIT_SECOND_VERIFIER, root->verifiers, verifiers);
    }
    if (present[MBPF_ROLE_RELEASE] == 0u) {
        return mbpf_fail(p, MBPF_ADMIT_SIGNATURE_MISSING_RELEASE, 1u, 0u);
    }
    if ((root->flags & MBPF_ROOT_DEMAND_DEPLOYMENT) != 0u && present[MBPF_ROLE_DEPLOY] == 0u) {
        return mbpf_fail(p, MBPF_ADMIT_DEPLOYMENT, 1u, 0u);
    }
    return true;
}

static bool none_holds(mbpf_admitted *p, const role_scan *scan, const char *role)
{
    p->detail = role;
    return mbpf_fail_u64(p, scan->known ? MBPF_ADMIT_SIGNATURE_INVALID : MBPF_ADMIT_KEY_UNKNOWN, 0u, scan->key);
}

bool mbpf_check_signatures(mbpf_admitted *p, uint32_t i, const mbpf_row *row)
{
    const mbpf_runtime *rt = p->rt;
    const mbpf_root *root = &rt->trust.root;
    uint32_t count;
    (void)i;
    (void)row;
    if (!block_ok(p, &count)) {
        return false;
    }
    p->detail = "";
    if (root->count == 0u) {
        return mbpf_fail(p, MBPF_ADMIT_NO_TRUST_ANCHORS, 1u, 0u);
    }
    if (!all_present(root, p, count)) {
        return false;
    }
    if (p->releasers != 0u) {
        return true; /* all that follows held before */
    }
    role_scan verifier = scan_role(rt, p, count, MBPF_ROLE_VERIFIER, root->verifiers);
    if (verifier.number == 0u) {
        return none_holds(p, &verifier, "verifier");
    }
    if (verifier.number < root->verifiers) {
        return mbpf_fail(p, MBPF_ADMIT_SECOND_VERIFIER, root->verifiers, verifier.number);
    }
    /* All release keys: what each may grant differs. */
    role_scan release = scan_role(rt, p, count, MBPF_ROLE_RELEASE, MBPF_TRUST_MAX_KEYS);
    if (release.number == 0u) {
        return none_holds(p, &release, "release");
    }
    p->releasers = release.signers;
    if ((root->flags & MBPF_ROOT_DEMAND_DEPLOYMENT) != 0u) {
        role_scan deploy = scan_role(rt, p, count, MBPF_ROLE_DEPLOY, 1u);
        if (deploy.number == 0u) {
            p->detail = deploy.known ? "for another device" : "unknown key";
            return mbpf_fail_u64(p, MBPF_ADMIT_DEPLOYMENT, 0u, deploy.key);
        }
    }
    return true;
}
