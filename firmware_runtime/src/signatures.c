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
    uint32_t signers; /* bit i: key i of the root record signed */
    uint32_t number;  /* of bits */
    uint8_t key[MBPF_KEY_ID_BYTES]; /* id of the last signature looked at while none held */
} role_scan;

/* The keys of that role whose signatures hold; stops at `wanted` of them. */
static void scan_role(const mbpf_admitted *p, uint32_t count, uint8_t role, uint32_t wanted, role_scan *scan)
{
    const mbpf_root *root = &p->rt->trust.root;
    uint8_t message[MESSAGE_BYTES];
    memset(scan, 0, sizeof *scan);
    for (uint32_t i = 0u; i < count && scan->number < wanted; i++) {
        mbpf_signature_entry entry;
        read_entry(p, i, &entry);
        if (entry.role != role || entry.algorithm != MBPF_SIGALG_ED25519) {
            continue;
        }
        if (scan->number == 0u) {
            memcpy(scan->key, entry.key_id, sizeof scan->key);
        }
        const uint32_t bytes = signed_message(p->rt, p, role, entry.reserved[0], message);
        for (uint32_t k = 0u; k < root->count; k++) {
            const mbpf_trusted_key *key = &root->keys[k];
            if (key->role != role || (scan->signers >> k & 1u) != 0u || memcmp(key->key_id, entry.key_id, MBPF_KEY_ID_BYTES) != 0) {
                continue;
            }
            scan->known = true;
            if (mbpf_ed25519_verify(entry.signature, message, bytes, key->public_key)) {
                scan->signers |= 1u << k;
                scan->number++;
            }
        }
    }
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

/* The key that was looked at last, as a person compares it with a printed id. */
static bool fail_key(const mbpf_admitted *p, uint32_t code, const role_scan *scan)
{
    uint64_t n;
    memcpy(&n, scan->key, sizeof n);
    return mbpf_fail_u64(p, code, 0u, __builtin_bswap64(n));
}

static bool none_holds(const mbpf_admitted *p, const role_scan *scan)
{
    return fail_key(p, scan->known ? MBPF_ADMIT_SIGNATURE_INVALID : MBPF_ADMIT_KEY_UNKNOWN, scan);
}

bool mbpf_check_signatures(mbpf_admitted *p, uint32_t i, const mbpf_row *row)
{
    const mbpf_root *root = &p->rt->trust.root;
    uint32_t count;
    role_scan scan;
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
    p->detail = "verifier";
    scan_role(p, count, MBPF_ROLE_VERIFIER, root->verifiers, &scan);
    if (scan.number == 0u) {
        return none_holds(p, &scan);
    }
    if (scan.number < root->verifiers) {
        p->detail = "";
        return mbpf_fail(p, MBPF_ADMIT_SECOND_VERIFIER, root->verifiers, scan.number);
    }
    /* All release keys: what each may grant differs. */
    p->detail = "release";
    scan_role(p, count, MBPF_ROLE_RELEASE, MBPF_TRUST_MAX_KEYS, &scan);
    if (scan.number == 0u) {
        return none_holds(p, &scan);
    }
    p->releasers = scan.signers;
    if ((root->flags & MBPF_ROOT_DEMAND_DEPLOYMENT) == 0u) {
        return true;
    }
    scan_role(p, count, MBPF_ROLE_DEPLOY, 1u, &scan);
    p->detail = scan.known ? "for another device" : "unknown key";
    return scan.number != 0u || fail_key(p, MBPF_ADMIT_DEPLOYMENT, &scan);
}
