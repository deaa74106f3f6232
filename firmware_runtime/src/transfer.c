/* SPDX-License-Identifier: Apache-2.0
 * A package that comes in pieces: a RAM slot takes them, the digest given at the start says when they are whole; then
 * admission, and the switch. Firmware whose programs are all part of its image does not link this. */
#include <string.h>

#include "loading.h"
#include "mbpf/admission_check.h"
#include "mbpf/crypto.h"

void mbpf_transfer_drop(mbpf_runtime *rt)
{
    if (rt->transfer.open) {
        rt->slot_used[rt->transfer.slot] = false;
    }
    rt->transfer.open = false;
}

mbpf_status mbpf_transfer_begin(mbpf_runtime *rt, uint32_t bytes, const uint8_t sha256[32], mbpf_verdict *v)
{
    (void)mbpf_refuse(v, MBPF_ADMIT_OK, 0u, 0u, "");
    if (rt->transfer.open && rt->transfer.bytes == bytes && memcmp(rt->transfer.digest, sha256, sizeof rt->transfer.digest) == 0) {
        return MBPF_OK;
    }
    mbpf_transfer_drop(rt);
    if (bytes > MBPF_SLOT_BYTES) {
        (void)mbpf_refuse(v, MBPF_ADMIT_TOO_LARGE, MBPF_SLOT_BYTES, bytes, "");
        return MBPF_REFUSED;
    }
    for (uint32_t i = 0u; i < MBPF_SLOT_COUNT; i++) {
        if (rt->slot_used[i]) {
            continue;
        }
        memset(&rt->transfer, 0, sizeof rt->transfer);
        rt->slot_used[i] = true;
        rt->transfer.open = true;
        rt->transfer.slot = (uint8_t)i;
        rt->transfer.bytes = bytes;
        memcpy(rt->transfer.digest, sha256, sizeof rt->transfer.digest);
        return MBPF_OK;
    }
    (void)mbpf_refuse(v, MBPF_ADMIT_NO_SLOT, MBPF_SLOT_COUNT, MBPF_SLOT_COUNT, "");
    return MBPF_REFUSED;
}

mbpf_status mbpf_transfer_data(mbpf_runtime *rt, uint32_t offset, const uint8_t *bytes, uint32_t count)
{
    mbpf_transfer *t = &rt->transfer;
    if (!t->open) {
        return MBPF_BAD_STATE;
    }
    uint32_t known = t->received - offset;
    if (offset > t->received || count > t->bytes || offset > t->bytes - count) {
        return MBPF_OUT_OF_RANGE;
    }
    if (count > known) {
        memcpy(rt->slots[t->slot] + t->received, bytes + known, count - known);
        t->received += count - known;
    }
    return MBPF_OK;
}

static mbpf_status commit_to_ram(mbpf_runtime *rt, mbpf_admitted *p, uint8_t ram_slot, const mbpf_commit_options *options, mbpf_verdict *v,
                                 mbpf_commit_result *result)
{
    mbpf_package_state *old = mbpf_find_package(rt, p->name);
    mbpf_package_state *package = mbpf_load(rt, p, ram_slot);
    if (!package) {
        return mbpf_no_room(rt, p, v);
    }
    mbpf_status status = mbpf_inherit(package, old, v, result);
    if (status != MBPF_OK) {
        mbpf_release(rt, package);
        return status;
    }
    mbpf_take_over(rt, package, old, mbpf_attachments(p, old, options->activate), false, result);
    result->package_id = package->id;
    return MBPF_OK;
}

mbpf_status mbpf_transfer_whole(mbpf_runtime *rt, uint8_t digest[32], mbpf_verdict *v)
{
    const mbpf_transfer *t = &rt->transfer;
    (void)mbpf_refuse(v, MBPF_ADMIT_OK, 0u, 0u, "");
    if (!t->open || t->received != t->bytes) {
        return MBPF_BAD_STATE;
    }
    mbpf_sha256(rt->slots[t->slot], t->bytes, digest);
    if (memcmp(digest, t->digest, sizeof t->digest) != 0) {
        mbpf_transfer_drop(rt);
        (void)mbpf_refuse(v, MBPF_ADMIT_OK, 0u, 0u, "transfer digest");
        return MBPF_BAD_REQUEST;
    }
    return MBPF_OK;
}

mbpf_status mbpf_transfer_commit(mbpf_runtime *rt, const mbpf_commit_options *options, mbpf_verdict *v, mbpf_commit_result *result)
{
    mbpf_transfer *t = &rt->transfer;
    uint8_t digest[32];
    memset(result, 0, sizeof *result);
    mbpf_status whole = mbpf_transfer_whole(rt, digest, v);
    if (whole != MBPF_OK) {
        return whole;
    }
    mbpf_admitted admitted;
    bool admit = mbpf_admit(rt, rt->slots[t->slot], t->bytes, 0u, &admitted, v);
    if (!admit) {
        mbpf_event(rt, MBPF_EVENT_REFUSED, v->code, admitted.name, digest);
    }
    if (!admit || options->dry_run) {
        mbpf_transfer_drop(rt);
        return admit ? MBPF_OK : MBPF_REFUSED;
    }
    result->stored = MBPF_NO_SLOT;
    mbpf_status status = (rt->keeper ? rt->keeper->commit : commit_to_ram)(rt, &admitted, t->slot, options, v, result);
    mbpf_event(rt, status == MBPF_OK ? MBPF_EVENT_ADMITTED : MBPF_EVENT_REFUSED, v->code, admitted.name, digest);
    if (status != MBPF_OK) {
        mbpf_transfer_drop(rt);
    }
    t->open = false; /* the slot is the package's now, or free */
    return status;
}
