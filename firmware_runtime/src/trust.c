/* SPDX-License-Identifier: Apache-2.0
 * The factory's blob and root records: read, judged, kept. A record is judged whole before anything changes;
 * what the store holds is what this device once judged: that its seed proves, not the signatures again. */
#include "mbpf/trust.h"

#include <string.h>

#include "mbpf/abi/reader.h"
#include "mbpf/admission_check.h"
#include "mbpf/crypto.h"
#include "put.h"

#define COPY_MAGIC 0x32504352u /* "RCP2" */

/* --- reading --- */

/* By their ids, under which signatures and revocations name them: two keys that share one would be one to these. */
static bool same_key(const mbpf_trusted_key *a, const mbpf_trusted_key *b)
{
    return memcmp(a->key_id, b->key_id, sizeof a->key_id) == 0;
}

static const mbpf_trusted_key *find_key(const mbpf_root *root, const uint8_t id[MBPF_KEY_ID_BYTES])
{
    for (uint32_t i = 0u; i < root->count; i++) {
        if (memcmp(root->keys[i].key_id, id, MBPF_KEY_ID_BYTES) == 0) {
            return &root->keys[i];
        }
    }
    return 0;
}

static bool is_revoked(const mbpf_root *root, const uint8_t id[MBPF_KEY_ID_BYTES])
{
    for (uint32_t i = 0u; i < root->revoked_count; i++) {
        if (memcmp(root->revoked[i], id, MBPF_KEY_ID_BYTES) == 0) {
            return true;
        }
    }
    return false;
}

static bool read_key(mbpf_reader *r, mbpf_trusted_key *key)
{
    key->role = mbpf_read_u8(r);
    uint8_t algorithm = mbpf_read_u8(r);
    uint16_t reserved = mbpf_read_u16(r);
    const uint8_t *bytes = mbpf_read_bytes(r, sizeof key->public_key);
    key->capabilities = mbpf_read_u64(r);
    key->hooks = mbpf_read_u64(r);
    if (!bytes || r->failed || algorithm != MBPF_SIGALG_ED25519 || reserved != 0u || key->role < MBPF_ROLE_VERIFIER ||
        key->role > MBPF_ROLE_DEPLOY) {
        return false;
    }
    memcpy(key->public_key, bytes, sizeof key->public_key);
    uint8_t digest[MBPF_DIGEST_BYTES];
    mbpf_sha256(key->public_key, sizeof key->public_key, digest);
    memcpy(key->key_id, digest, sizeof key->key_id);
    return true;
}

/* The body of a record; leaves `r` at its signatures. No two keys are one: a key has one role. */
static bool read_body(mbpf_reader *r, mbpf_root *root)
{
    const uint8_t *begin = r->at;
    memset(root, 0, sizeof *root);
    uint32_t magic = mbpf_read_u32(r);
    uint16_t format = mbpf_read_u16(r);
    root->count = mbpf_read_u8(r);
    root->revoked_count = mbpf_read_u8(r);
    root->version = mbpf_read_u32(r);
    root->root_threshold = mbpf_read_u8(r);
    root->verifiers = mbpf_read_u8(r);
    root->flags = mbpf_read_u8(r);
    uint8_t reserved = mbpf_read_u8(r);
    if (r->failed || magic != MBPF_ROOT_MAGIC || format != MBPF_ROOT_FORMAT || reserved != 0u || root->count == 0u ||
        root->count > MBPF_TRUST_MAX_KEYS || root->revoked_count > MBPF_ROOT_MAX_REVOKED || root->verifiers < 1u || root->verifiers > 2u ||
        (root->flags & ~MBPF_ROOT_DEMAND_DEPLOYMENT) != 0u) {
        return false;
    }
    uint32_t root_keys = 0u;
    for (uint32_t i = 0u; i < root->count; i++) {
        if (!read_key(r, &root->keys[i])) {
            return false;
        }
        for (uint32_t j = 0u; j < i; j++) {
            if (same_key(&root->keys[i], &root->keys[j])) {
                return false;
            }
        }
        root_keys += root->keys[i].role == MBPF_ROLE_ROOT ? 1u : 0u;
    }
    const uint8_t *ids = mbpf_read_bytes(r, (uint32_t)root->revoked_count * MBPF_KEY_ID_BYTES);
    if (r->failed || root->root_threshold > root_keys || (root_keys != 0u && root->root_threshold == 0u)) {
        return false;
    }
    memcpy(root->revoked, ids, (size_t)root->revoked_count * MBPF_KEY_ID_BYTES);
    mbpf_sha256(begin, (uint32_t)(r->at - begin), root->digest);
    return true;
}

/* How many signature entries follow the body; false: they do not end where the record does. */
static bool read_signature_count(mbpf_reader *r, uint32_t *count)
{
    *count = mbpf_read_u16(r);
    uint16_t reserved = mbpf_read_u16(r);
    return !r->failed && reserved == 0u && *count <= MBPF_ROOT_MAX_SIGNATURES && r->left == *count * (uint32_t)sizeof(mbpf_root_signature);
}

static bool read_record(mbpf_reader *r, mbpf_root *root, uint32_t *signatures)
{
    return read_body(r, root) && read_signature_count(r, signatures);
}

void mbpf_set_trust_anchors(mbpf_runtime *rt, const uint8_t *bytes, uint32_t count)
{
    const mbpf_root_store *store = rt->trust.store;
    memset(&rt->trust, 0, sizeof rt->trust);
    rt->trust.store = store;
    if (!bytes) {
        return;
    }
    mbpf_trust *t = &rt->trust;
    mbpf_reader r = mbpf_reader_at(bytes, count, 0u, count);
    uint32_t magic = mbpf_read_u32(&r);
    uint16_t version = mbpf_read_u16(&r);
    uint16_t flags = mbpf_read_u16(&r);
    uint64_t capabilities = mbpf_read_u64(&r);
    const uint8_t *ids = mbpf_read_bytes(&r, 3u * MBPF_SCOPE_ID_BYTES);
    const uint8_t *seed = mbpf_read_bytes(&r, sizeof t->device_seed);
    uint16_t root_bytes = mbpf_read_u16(&r);
    uint16_t reserved = mbpf_read_u16(&r);
    mbpf_reader record = mbpf_reader_at(bytes, count, MBPF_TRUST_HEADER_BYTES, root_bytes);
    (void)mbpf_read_bytes(&r, root_bytes);
    const uint8_t *stored = mbpf_read_bytes(&r, MBPF_DIGEST_BYTES);
    uint8_t digest[MBPF_DIGEST_BYTES];
    if (!stored || magic != MBPF_TRUST_MAGIC || version != MBPF_TRUST_VERSION || (flags & ~MBPF_TRUST_DEVICE_KEY) != 0u || reserved != 0u) {
        return;
    }
    mbpf_sha256(bytes, MBPF_TRUST_HEADER_BYTES + root_bytes, digest);
    uint32_t signatures;
    if (memcmp(stored, digest, sizeof digest) != 0 || !read_record(&record, &t->root, &signatures)) {
        memset(&t->root, 0, sizeof t->root);
        return;
    }
    t->capabilities = capabilities;
    memcpy(t->device_id, ids, MBPF_SCOPE_ID_BYTES);
    memcpy(t->group_id, ids + MBPF_SCOPE_ID_BYTES, MBPF_SCOPE_ID_BYTES);
    memcpy(t->class_id, ids + 2u * MBPF_SCOPE_ID_BYTES, MBPF_SCOPE_ID_BYTES);
    memcpy(t->device_seed, seed, sizeof t->device_seed);
    t->has_device_key = (flags & MBPF_TRUST_DEVICE_KEY) != 0u;
}

/* --- the store: u32 magic, u32 bytes, the record, zeros, proof --- */

#define PROOF_AT (MBPF_ROOT_COPY_BYTES - MBPF_DIGEST_BYTES)

/* Over the device's secret seed and all that is believed of the record: who can write where copies lie, but does not know
 * the seed, cannot make one. Without a seed it tells damage alone. */
static void prove(const mbpf_trust *t, const mbpf_root *root, uint8_t proof[MBPF_DIGEST_BYTES])
{
    static const char purpose[4] = {'R', 'O', 'O', 'T'};
    uint8_t message[sizeof purpose + sizeof t->device_seed + MBPF_DIGEST_BYTES];
    memcpy(message, purpose, sizeof purpose);
    memcpy(message + sizeof purpose, t->device_seed, sizeof t->device_seed);
    memcpy(message + sizeof purpose + sizeof t->device_seed, root->digest, MBPF_DIGEST_BYTES);
    mbpf_sha256(message, sizeof message, proof);
}

static bool load_copy(const mbpf_trust *t, uint32_t copy, uint8_t bytes[MBPF_ROOT_COPY_BYTES], mbpf_root *root)
{
    if (!t->store->load(t->store->context, copy, bytes, MBPF_ROOT_COPY_BYTES)) {
        return false;
    }
    mbpf_reader r = mbpf_reader_at(bytes, MBPF_ROOT_COPY_BYTES, 0u, MBPF_ROOT_COPY_BYTES);
    uint32_t magic = mbpf_read_u32(&r);
    uint32_t count = mbpf_read_u32(&r);
    uint32_t signatures;
    uint8_t proof[MBPF_DIGEST_BYTES];
    mbpf_reader record = mbpf_reader_at(bytes, PROOF_AT, 8u, count);
    if (magic != COPY_MAGIC || !read_record(&record, root, &signatures)) {
        return false;
    }
    prove(t, root, proof);
    return memcmp(bytes + PROOF_AT, proof, sizeof proof) == 0;
}

/* Over the older copy, or the one that is none, and read back before it counts; then over the other too, so that damage
 * to one takes no revocation back. */
static bool save_record(const mbpf_trust *t, const mbpf_root *next, const uint8_t *record, uint32_t count)
{
    const mbpf_root_store *store = t->store;
    mbpf_root root;
    uint8_t bytes[MBPF_ROOT_COPY_BYTES];
    uint32_t version[2];
    for (uint32_t copy = 0u; copy < 2u; copy++) {
        version[copy] = load_copy(t, copy, bytes, &root) ? root.version : 0u;
    }
    uint32_t to = version[0] <= version[1] ? 0u : 1u;
    memset(bytes, 0, sizeof bytes);
    (void)mbpf_put(bytes, COPY_MAGIC, 4u);
    (void)mbpf_put(bytes + 4, count, 4u);
    memcpy(bytes + 8, record, count);
    prove(t, next, bytes + PROOF_AT);
    if (!store->save(store->context, to, bytes, sizeof bytes) || !load_copy(t, to, bytes, &root) || memcmp(bytes + 8, record, count) != 0) {
        return false;
    }
    (void)store->save(store->context, to ^ 1u, bytes, sizeof bytes);
    return true;
}

void mbpf_root_attach_store(mbpf_runtime *rt, const mbpf_root_store *store)
{
    mbpf_trust *t = &rt->trust;
    t->store = store;
    if (!store || t->root.count == 0u) {
        return;
    }
    mbpf_root root;
    uint8_t bytes[MBPF_ROOT_COPY_BYTES];
    uint32_t version[2] = {0u, 0u};
    for (uint32_t copy = 0u; copy < 2u; copy++) {
        if (!load_copy(t, copy, bytes, &root)) {
            continue;
        }
        version[copy] = root.version;
        if (root.version > t->root.version) {
            t->root = root;
        }
    }
    if (version[0] != version[1]) { /* power failed between the two writes, or one is damaged */
        uint32_t newest = version[0] > version[1] ? 0u : 1u;
        if (load_copy(t, newest, bytes, &root)) {
            (void)store->save(store->context, newest ^ 1u, bytes, sizeof bytes);
        }
    }
}

static bool ram_load(void *context, uint32_t copy, uint8_t *bytes, uint32_t count)
{
    memcpy(bytes, ((const mbpf_root_ram *)context)->copies[copy], count);
    return true;
}

static bool ram_save(void *context, uint32_t copy, const uint8_t *bytes, uint32_t count)
{
    memcpy(((mbpf_root_ram *)context)->copies[copy], bytes, count);
    return true;
}

mbpf_root_store mbpf_root_ram_store(mbpf_root_ram *ram)
{
    mbpf_root_store store = {ram, ram_load, ram_save};
    return store;
}

/* --- updating --- */

/* Root keys of `root` that signed: each counts once, however often it did. */
static uint32_t root_signers(const mbpf_root *root, const uint8_t digest[MBPF_DIGEST_BYTES], mbpf_reader r, uint32_t count)
{
    static const char prefix[] = MBPF_TBS_PREFIX_ROOT;
    uint8_t message[sizeof prefix - 1u + MBPF_DIGEST_BYTES];
    memcpy(message, prefix, sizeof prefix - 1u);
    memcpy(message + sizeof prefix - 1u, digest, MBPF_DIGEST_BYTES);
    uint32_t signers = 0u, number = 0u;
    for (uint32_t i = 0u; i < count; i++) {
        const uint8_t *id = mbpf_read_bytes(&r, MBPF_KEY_ID_BYTES);
        const uint8_t *signature = mbpf_read_bytes(&r, 64u);
        const mbpf_trusted_key *key = id && signature ? find_key(root, id) : 0;
        uint32_t bit = key ? 1u << (uint32_t)(key - root->keys) : 0u;
        if (key && key->role == MBPF_ROLE_ROOT && (signers & bit) == 0u &&
            mbpf_ed25519_verify(signature, message, sizeof message, key->public_key)) {
            signers |= bit;
            number++;
        }
    }
    return number;
}

/* A revoked key stays revoked; a key that leaves is revoked; a key keeps its role. */
static bool check_revocations(const mbpf_root *old, const mbpf_root *new_root, mbpf_verdict *v)
{
    for (uint32_t i = 0u; i < old->revoked_count; i++) {
        if (!is_revoked(new_root, old->revoked[i])) {
            return mbpf_refuse(v, MBPF_ADMIT_ROOT_REVOKED, old->revoked_count, i, "a revocation is missing");
        }
    }
    for (uint32_t i = 0u; i < new_root->count; i++) {
        if (is_revoked(new_root, new_root->keys[i].key_id)) {
            return mbpf_refuse(v, MBPF_ADMIT_ROOT_REVOKED, 0u, i, "a revoked key returns");
        }
    }
    for (uint32_t i = 0u; i < old->count; i++) {
        const mbpf_trusted_key *kept = find_key(new_root, old->keys[i].key_id);
        if (!kept && !is_revoked(new_root, old->keys[i].key_id)) {
            return mbpf_refuse(v, MBPF_ADMIT_ROOT_REVOKED, old->count, i, "a key left without being revoked");
        }
        if (kept && kept->role != old->keys[i].role) {
            return mbpf_refuse(v, MBPF_ADMIT_ROOT_REVOKED, old->keys[i].role, kept->role, "a key changed its role");
        }
    }
    return true;
}

static mbpf_status update(mbpf_runtime *rt, const uint8_t *bytes, uint32_t count, mbpf_verdict *v)
{
    const mbpf_root *old = &rt->trust.root;
    mbpf_root root;
    uint32_t signatures = 0u;
    (void)mbpf_refuse(v, MBPF_ADMIT_OK, 0u, 0u, "");
    if (old->count == 0u) {
        (void)mbpf_refuse(v, MBPF_ADMIT_NO_TRUST_ANCHORS, 1u, 0u, "");
        return MBPF_REFUSED;
    }
    mbpf_reader r = mbpf_reader_at(bytes, count, 0u, count);
    if (count > MBPF_ROOT_BYTES || !read_record(&r, &root, &signatures)) {
        (void)mbpf_refuse(v, MBPF_ADMIT_ROOT_LAYOUT, MBPF_ROOT_BYTES, count, "root record");
        return MBPF_REFUSED;
    }
    if (root.version <= old->version) {
        (void)mbpf_refuse(v, MBPF_ADMIT_ROOT_VERSION, (uint64_t)old->version + 1u, root.version, "");
        return MBPF_REFUSED;
    }
    if (!check_revocations(old, &root, v)) {
        return MBPF_REFUSED;
    }
    uint32_t by_old = old->root_threshold != 0u ? root_signers(old, root.digest, r, signatures) : 0u;
    if (old->root_threshold == 0u || by_old < old->root_threshold) {
        (void)mbpf_refuse(v, MBPF_ADMIT_ROOT_OLD_THRESHOLD, old->root_threshold, by_old, old->root_threshold ? "" : "no root keys: never");
        return MBPF_REFUSED;
    }
    uint32_t by_new = root_signers(&root, root.digest, r, signatures);
    if (by_new < root.root_threshold) {
        (void)mbpf_refuse(v, MBPF_ADMIT_ROOT_NEW_THRESHOLD, root.root_threshold, by_new, "");
        return MBPF_REFUSED;
    }
    if (rt->trust.store && !save_record(&rt->trust, &root, bytes, count)) {
        (void)mbpf_refuse(v, MBPF_ADMIT_ROOT_STORE, count, 0u, "");
        return MBPF_REFUSED;
    }
    rt->trust.root = root;
    return MBPF_OK;
}

mbpf_status mbpf_root_update(mbpf_runtime *rt, const uint8_t *bytes, uint32_t count, mbpf_verdict *v)
{
    mbpf_status status = update(rt, bytes, count, v);
    mbpf_event(rt, status == MBPF_OK ? MBPF_EVENT_ROOT_REPLACED : MBPF_EVENT_ROOT_REFUSED, v->code, 0,
               status == MBPF_OK ? rt->trust.root.digest : 0);
    return status;
}
