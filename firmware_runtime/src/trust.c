/* SPDX-License-Identifier: Apache-2.0
 * The factory's blob and root records: read, judged, kept. A record is judged whole before anything changes;
 * what the store holds is what this device once judged: that its seed proves, not the signatures again. */
#include "mbpf/trust.h"

#include <stddef.h>
#include <string.h>

#include "mbpf/abi/reader.h"
#include "mbpf/admission_check.h"
#include "mbpf/crypto.h"
#include "put.h"

#define COPY_MAGIC 0x32504352u /* "RCP2" */

/* --- reading --- */

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

/* Records are little-endian and so is every target: bytes copied to where they are aligned are the numbers
 * (admission.c). */
static bool read_key(mbpf_reader *r, mbpf_trusted_key *key)
{
    const uint8_t *at = mbpf_read_bytes(r, MBPF_ROOT_KEY_BYTES);
    if (!at || at[1] != MBPF_SIGALG_ED25519 || (at[2] | at[3]) != 0u || at[0] < MBPF_ROLE_VERIFIER || at[0] > MBPF_ROLE_DEPLOY) {
        return false;
    }
    key->role = at[0];
    memcpy(key->public_key, at + 4, sizeof key->public_key);
    memcpy(&key->capabilities, at + 36, sizeof key->capabilities + sizeof key->hooks);
    _Static_assert(offsetof(mbpf_trusted_key, hooks) == offsetof(mbpf_trusted_key, capabilities) + 8u, "one after the other, as in the record");
    uint8_t digest[MBPF_DIGEST_BYTES];
    mbpf_sha256(key->public_key, sizeof key->public_key, digest);
    memcpy(key->key_id, digest, sizeof key->key_id);
    return true;
}

/* The body of a record; leaves `r` at its signatures. No two keys are one: a key has one role. */
static bool read_body(mbpf_reader *r, mbpf_root *root)
{
    const uint8_t *begin = mbpf_read_bytes(r, sizeof(mbpf_root_header));
    mbpf_root_header h;
    memset(root, 0, sizeof *root);
    if (!begin) {
        return false;
    }
    memcpy(&h, begin, sizeof h);
    root->count = h.key_count;
    root->revoked_count = h.revoked_count;
    root->version = h.version;
    root->root_threshold = h.root_threshold;
    root->verifiers = h.verifiers;
    root->flags = h.flags;
    if (h.magic != MBPF_ROOT_MAGIC || h.format != MBPF_ROOT_FORMAT || h.reserved != 0u || h.key_count - 1u >= MBPF_TRUST_MAX_KEYS ||
        h.revoked_count > MBPF_ROOT_MAX_REVOKED || h.verifiers - 1u > 1u || (h.flags & ~MBPF_ROOT_DEMAND_DEPLOYMENT) != 0u) {
        return false;
    }
    uint32_t root_keys = 0u;
    for (uint32_t i = 0u; i < h.key_count; i++) {
        mbpf_trusted_key *key = &root->keys[i];
        if (!read_key(r, key) || find_key(root, key->key_id) != key) { /* by their ids, under which signatures and revocations name them */
            return false;
        }
        root_keys += key->role == MBPF_ROLE_ROOT ? 1u : 0u;
    }
    const uint32_t revoked = (uint32_t)h.revoked_count * MBPF_KEY_ID_BYTES;
    const uint8_t *ids = mbpf_read_bytes(r, revoked);
    if (!ids || h.root_threshold > root_keys || (root_keys != 0u && h.root_threshold == 0u)) {
        return false;
    }
    memcpy(root->revoked, ids, revoked);
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

/* The blob's header, MBPF_TRUST_HEADER_BYTES of it. */
typedef struct blob_header {
    uint32_t magic;
    uint16_t version, flags;
    uint64_t capabilities;
    uint8_t ids_and_seed[3u * MBPF_SCOPE_ID_BYTES + 32u]; /* device, group, class; in the order of mbpf_trust */
    uint16_t root_bytes, reserved;
} blob_header;
_Static_assert(offsetof(blob_header, reserved) + 2u == MBPF_TRUST_HEADER_BYTES && offsetof(mbpf_trust, device_seed) == offsetof(mbpf_trust, device_id) + 3u * MBPF_SCOPE_ID_BYTES,
               "both are as written");

void mbpf_set_trust_anchors(mbpf_runtime *rt, const uint8_t *bytes, uint32_t count)
{
    const mbpf_root_store *store = rt->trust.store;
    memset(&rt->trust, 0, sizeof rt->trust);
    rt->trust.store = store;
    if (!bytes) {
        return;
    }
    mbpf_trust *t = &rt->trust;
    blob_header h;
    uint8_t digest[MBPF_DIGEST_BYTES];
    uint32_t signatures;
    mbpf_reader r = mbpf_reader_at(bytes, count, 0u, count);
    const uint8_t *header = mbpf_read_bytes(&r, MBPF_TRUST_HEADER_BYTES);
    if (!header) {
        return;
    }
    memcpy(&h, header, MBPF_TRUST_HEADER_BYTES);
    mbpf_reader record = mbpf_reader_at(bytes, count, MBPF_TRUST_HEADER_BYTES, h.root_bytes);
    (void)mbpf_read_bytes(&r, h.root_bytes);
    const uint8_t *stored = mbpf_read_bytes(&r, MBPF_DIGEST_BYTES);
    if (!stored || h.magic != MBPF_TRUST_MAGIC || h.version != MBPF_TRUST_VERSION || (h.flags & ~MBPF_TRUST_DEVICE_KEY) != 0u || h.reserved != 0u) {
        return;
    }
    mbpf_sha256(bytes, MBPF_TRUST_HEADER_BYTES + h.root_bytes, digest);
    if (memcmp(stored, digest, sizeof digest) != 0 || !read_record(&record, &t->root, &signatures)) {
        memset(&t->root, 0, sizeof t->root);
        return;
    }
    t->capabilities = h.capabilities;
    memcpy(t->device_id, h.ids_and_seed, sizeof h.ids_and_seed);
    t->has_device_key = h.flags != 0u;
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

static __attribute__((noinline)) bool refuse(mbpf_verdict *v, uint32_t code, uint32_t expected, uint32_t actual, const char *detail)
{
    return mbpf_refuse(v, code, expected, actual, detail);
}

/* A revoked key stays revoked; a key that leaves is revoked; a key keeps its role. */
static bool check_revocations(const mbpf_root *old, const mbpf_root *new_root, mbpf_verdict *v)
{
    for (uint32_t i = 0u; i < old->revoked_count; i++) {
        if (!is_revoked(new_root, old->revoked[i])) {
            return refuse(v, MBPF_ADMIT_ROOT_REVOKED, old->revoked_count, i, "a revocation is missing");
        }
    }
    for (uint32_t i = 0u; i < new_root->count; i++) {
        if (is_revoked(new_root, new_root->keys[i].key_id)) {
            return refuse(v, MBPF_ADMIT_ROOT_REVOKED, 0u, i, "a revoked key returns");
        }
    }
    for (uint32_t i = 0u; i < old->count; i++) {
        const mbpf_trusted_key *kept = find_key(new_root, old->keys[i].key_id);
        if (!kept && !is_revoked(new_root, old->keys[i].key_id)) {
            return refuse(v, MBPF_ADMIT_ROOT_REVOKED, old->count, i, "a key left without being revoked");
        }
        if (kept && kept->role != old->keys[i].role) {
            return refuse(v, MBPF_ADMIT_ROOT_REVOKED, old->keys[i].role, kept->role, "a key changed its role");
        }
    }
    return true;
}

static bool update(mbpf_runtime *rt, const uint8_t *bytes, uint32_t count, mbpf_verdict *v)
{
    const mbpf_root *old = &rt->trust.root;
    mbpf_root root;
    uint32_t signatures = 0u;
    (void)refuse(v, MBPF_ADMIT_OK, 0u, 0u, "");
    if (old->count == 0u) {
        return refuse(v, MBPF_ADMIT_NO_TRUST_ANCHORS, 1u, 0u, "");
    }
    mbpf_reader r = mbpf_reader_at(bytes, count, 0u, count);
    if (count > MBPF_ROOT_BYTES || !read_record(&r, &root, &signatures)) {
        return refuse(v, MBPF_ADMIT_ROOT_LAYOUT, MBPF_ROOT_BYTES, count, "root record");
    }
    if (root.version <= old->version) {
        return mbpf_refuse(v, MBPF_ADMIT_ROOT_VERSION, (uint64_t)old->version + 1u, root.version, "");
    }
    if (!check_revocations(old, &root, v)) {
        return false;
    }
    if (old->root_threshold == 0u) {
        return refuse(v, MBPF_ADMIT_ROOT_OLD_THRESHOLD, 0u, 0u, "no root keys: never");
    }
    uint32_t by_old = root_signers(old, root.digest, r, signatures);
    if (by_old < old->root_threshold) {
        return refuse(v, MBPF_ADMIT_ROOT_OLD_THRESHOLD, old->root_threshold, by_old, "");
    }
    uint32_t by_new = root_signers(&root, root.digest, r, signatures);
    if (by_new < root.root_threshold) {
        return refuse(v, MBPF_ADMIT_ROOT_NEW_THRESHOLD, root.root_threshold, by_new, "");
    }
    if (rt->trust.store && !save_record(&rt->trust, &root, bytes, count)) {
        return refuse(v, MBPF_ADMIT_ROOT_STORE, count, 0u, "");
    }
    rt->trust.root = root;
    return true;
}

mbpf_status mbpf_root_update(mbpf_runtime *rt, const uint8_t *bytes, uint32_t count, mbpf_verdict *v)
{
    const bool done = update(rt, bytes, count, v);
    mbpf_event(rt, done ? MBPF_EVENT_ROOT_REPLACED : MBPF_EVENT_ROOT_REFUSED, v->code, 0, done ? rt->trust.root.digest : 0);
    return done ? MBPF_OK : MBPF_REFUSED;
}
