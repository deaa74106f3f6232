/* SPDX-License-Identifier: Apache-2.0
 * Two-phase commit: what happens in which order between flash, RAM and hooks. The rule behind every order: whatever
 * can fail happens before the record that makes it count, and a record is written before what it says is done (a
 * try before the run), so that a cut between the two is on the safe side. */
#include <string.h>

#include "loading.h"
#include "mbpf/crypto.h"
#include "mbpf/port.h"
#include "mbpf/store.h"
#include "text.h"
#include "verified.h"

#define TENTH_NS 100000000u
#define MAX_TRIES 2u

static mbpf_package_state *find_held(mbpf_runtime *rt, const char *name)
{
    for (uint32_t i = 0u; i < MBPF_MAX_PACKAGES; i++) {
        if (rt->packages[i].used && rt->packages[i].held && mbpf_text_equal(rt->packages[i].name, name)) {
            return &rt->packages[i];
        }
    }
    return 0;
}

static void say(const char *what, const char *name)
{
    mbpf_console("store: ", 7u);
    mbpf_console(name, (uint32_t)strlen(name));
    mbpf_console_line(what);
}

static mbpf_status append(mbpf_runtime *rt, mbpf_record *r, mbpf_record_kind kind, uint32_t tries)
{
    r->kind = (uint8_t)kind;
    r->tries = (uint8_t)tries;
    return mbpf_journal_append(&rt->store->journal, r);
}

/* The slot's record with another kind. */
static mbpf_status change(mbpf_runtime *rt, uint32_t slot, mbpf_record_kind kind, uint32_t tries)
{
    mbpf_record r;
    return mbpf_journal_slot(&rt->store->journal, slot, &r) ? append(rt, &r, kind, tries) : MBPF_BAD_STATE;
}

static void begin_trial(mbpf_package_state *package, const mbpf_record *r)
{
    package->on_trial = true;
    package->host_confirms = (r->flags & MBPF_TRIAL_HOST_CONFIRMS) != 0u;
    package->deadline_ns = mbpf_port_time_ns() + (uint64_t)r->probation * TENTH_NS;
}

/* --- install --- */

/* Of the header, which holds the digest of the rest. */
static void measure(const mbpf_admitted *p, uint8_t to[MBPF_MEASURE_BYTES])
{
    uint8_t digest[MBPF_DIGEST_BYTES];
    mbpf_sha256(p->bytes, MBPF_HEADER_BYTES, digest);
    memcpy(to, digest, MBPF_MEASURE_BYTES);
}

static void describe(const mbpf_admitted *p, uint8_t slot, uint32_t attach, const mbpf_commit_options *options, mbpf_record *r)
{
    uint32_t ms = options->probation_ms != 0u ? options->probation_ms : MBPF_PROBATION_MS;
    uint32_t tenths = ms / 100u + (ms % 100u != 0u); /* the host may ask for any number of them */
    memset(r, 0, sizeof *r);
    r->slot = slot;
    r->flags = options->host_confirms ? MBPF_TRIAL_HOST_CONFIRMS : 0u;
    r->bytes = p->count;
    r->counter = p->header.rollback_counter;
    r->attached = (uint16_t)attach;
    r->probation = (uint16_t)(tenths < 0xFFFFu ? tenths : 0xFFFFu);
    memcpy(r->name, p->name, sizeof r->name);
    measure(p, r->measure);
}

/* The record says both that the trial is on and that its first try begins. */
static mbpf_status install(mbpf_runtime *rt, mbpf_admitted *p, uint8_t ram_slot, const mbpf_commit_options *options, mbpf_verdict *v,
                           mbpf_commit_result *result)
{
    mbpf_store *s = rt->store;
    mbpf_package_state *old = mbpf_find_package(rt, p->name);
    if (!mbpf_journal_has_room_for_name(&s->journal, p->name)) {
        (void)mbpf_refuse(v, MBPF_ADMIT_NO_SLOT, MBPF_STORE_NAMES, MBPF_STORE_NAMES, "package names");
        return MBPF_REFUSED;
    }
    uint8_t slot;
    mbpf_status status = mbpf_store_write(s, p->bytes, p->count, &slot);
    if (status == MBPF_FULL) {
        (void)mbpf_refuse(v, MBPF_ADMIT_NO_SLOT, s->journal.slot_count, s->journal.slot_count, "flash");
        return MBPF_REFUSED;
    }
    if (status != MBPF_OK) {
        return status;
    }
    const uint8_t *staged = p->bytes, *mapped = mbpf_store_mapped(s, slot);
    p->bytes = mapped ? mapped : staged; /* the same bytes: they were compared */
    mbpf_package_state *package = mbpf_load(rt, p, mapped ? MBPF_NO_SLOT : ram_slot);
    if (!package) {
        return mbpf_no_room(rt, p, v);
    }
    status = mbpf_inherit(package, old, v, result);
    if (status != MBPF_OK) {
        mbpf_release(rt, package);
        return status;
    }
    mbpf_record r;
    uint32_t attach = mbpf_attachments(p, old, options->activate);
    describe(p, slot, attach, options, &r);
    status = append(rt, &r, MBPF_RECORD_TRIAL, 1u);
    if (status != MBPF_OK) {
        package->slot = MBPF_NO_SLOT; /* still the transfer's */
        mbpf_release(rt, package);
        return status;
    }
    package->stored = slot;
    begin_trial(package, &r);
    mbpf_take_over(rt, package, old, attach, old && !old->on_trial, result);
    if (mapped) {
        rt->slot_used[ram_slot] = false;
    }
    result->package_id = package->id;
    result->on_trial = true;
    result->stored = slot;
    return MBPF_OK;
}

/* --- the end of a trial --- */

mbpf_status mbpf_confirm(mbpf_runtime *rt, mbpf_package_state *package)
{
    if (!rt->store || !package->on_trial) {
        return MBPF_BAD_STATE;
    }
    mbpf_status status = change(rt, package->stored, MBPF_RECORD_CONFIRMED, 0u);
    if (status != MBPF_OK) {
        return status;
    }
    package->on_trial = false;
    mbpf_package_state *before = find_held(rt, package->name);
    if (before) {
        mbpf_release(rt, before);
    }
    say(" confirmed", package->name);
    mbpf_event(rt, MBPF_EVENT_CONFIRMED, 0u, package->name, 0);
    return MBPF_OK;
}

static void resume(mbpf_package_state *package)
{
    package->held = false;
    for (uint32_t i = 0u; i < package->program_count; i++) {
        if ((package->held_attached >> i & 1u) != 0u) {
            (void)mbpf_attach_program(&package->programs[i]);
        }
    }
    package->held_attached = 0u;
}

mbpf_status mbpf_revert(mbpf_runtime *rt, mbpf_package_state *package, mbpf_empty_reason why)
{
    if (!rt->store || !package->on_trial) {
        return MBPF_BAD_STATE;
    }
    mbpf_status status = change(rt, package->stored, MBPF_RECORD_EMPTY, why);
    if (status != MBPF_OK) {
        return status;
    }
    mbpf_package_state *before = find_held(rt, package->name);
    say(before ? " reverted" : " reverted: no version before", package->name);
    mbpf_event(rt, MBPF_EVENT_REVERTED, why, package->name, 0);
    mbpf_release(rt, package);
    if (before) {
        resume(before);
    }
    return MBPF_OK;
}

void mbpf_store_poll(mbpf_runtime *rt)
{
    for (uint32_t i = 0u; rt->store && i < MBPF_MAX_PACKAGES; i++) {
        mbpf_package_state *package = &rt->packages[i];
        if (!package->used || !package->on_trial) {
            continue;
        }
        bool due = mbpf_port_time_ns() >= package->deadline_ns;
        if ((rt->healthy && !rt->healthy(rt, package)) || (due && package->host_confirms)) {
            mbpf_package_failed(rt, package);
        } else if (due) {
            (void)mbpf_confirm(rt, package);
        }
    }
}

/* Stops it even if the flash takes no record: its tries are counted already, so a reset does not bring it back for
 * long. */
static void failed(mbpf_runtime *rt, mbpf_package_state *package)
{
    if (!package->on_trial || mbpf_revert(rt, package, MBPF_EMPTY_UNHEALTHY) != MBPF_OK) {
        say(" failed", package->name);
        mbpf_event(rt, MBPF_EVENT_UNLOADED, 0u, package->name, 0);
        mbpf_package_state *before = find_held(rt, package->name);
        mbpf_release(rt, package);
        if (before) {
            resume(before);
        }
    }
}

/* Each step is whole by itself: a slot that its record calls empty no longer runs. The trial goes first, so that a
 * cut in between leaves the version before it. */
static mbpf_status forget(mbpf_runtime *rt, const char *package_name)
{
    static const uint8_t kinds[] = {MBPF_RECORD_TRIAL, MBPF_RECORD_CONFIRMED};
    char name[MBPF_NAME_BYTES];
    mbpf_status result = MBPF_NOT_FOUND;
    mbpf_record r;
    mbpf_text_copy(name, package_name, sizeof name);
    for (uint32_t k = 0u; k < sizeof kinds; k++) {
        for (uint32_t i = 0u; i < rt->store->journal.slot_count; i++) {
            if (!mbpf_journal_slot(&rt->store->journal, i, &r) || r.kind != kinds[k] || !mbpf_text_equal(r.name, name)) {
                continue;
            }
            result = append(rt, &r, MBPF_RECORD_EMPTY, MBPF_EMPTY_REMOVED);
            if (result != MBPF_OK) {
                return result;
            }
            mbpf_package_state *package = mbpf_find_package(rt, name); /* none if admission refused it at boot */
            mbpf_package_state *before = find_held(rt, name);
            if (package && package->stored == i) {
                mbpf_release(rt, package);
            }
            if (before) {
                resume(before);
            }
        }
    }
    return result;
}

static uint32_t floor_of(const mbpf_runtime *rt, const char *name)
{
    return mbpf_journal_floor(&rt->store->journal, name);
}

/* --- boot --- */

/* The slot's bytes, where they can be hashed and run: in flash, or copied to a RAM slot. */
static const uint8_t *fetch(mbpf_runtime *rt, const mbpf_record *r, uint8_t *ram_slot)
{
    *ram_slot = MBPF_NO_SLOT;
    const uint8_t *mapped = mbpf_store_mapped(rt->store, r->slot);
    if (mapped || r->bytes > MBPF_SLOT_BYTES) {
        return r->bytes > MBPF_SLOT_BYTES ? 0 : mapped;
    }
    for (uint32_t i = 0u; i < MBPF_SLOT_COUNT; i++) {
        if (!rt->slot_used[i]) {
            rt->slot_used[i] = true;
            *ram_slot = (uint8_t)i;
            return mbpf_store_read(rt->store, r->slot, rt->slots[i], r->bytes) ? rt->slots[i] : 0;
        }
    }
    return 0;
}

/* Checks a stored package as if it had just come, and loads it. A try of a trial is recorded when admission has passed,
 * and before any of its code runs: a migrator is a part of the try. */
static bool start(mbpf_runtime *rt, mbpf_record *r)
{
    mbpf_admitted p;
    mbpf_verdict v = {0u, 0u, 0u, {0}};
    mbpf_commit_result ignored;
    uint8_t ram_slot;
    mbpf_package_state *package = 0, *old = mbpf_find_package(rt, r->name);
    uint8_t found[MBPF_MEASURE_BYTES];
    const uint8_t *bytes = fetch(rt, r, &ram_slot);
    uint32_t releasers = bytes && r->bytes >= MBPF_HEADER_BYTES ? mbpf_verified_by(rt, r->slot, bytes) : 0u;
    if (bytes && mbpf_admit(rt, bytes, r->bytes, releasers, &p, &v)) {
        /* It must be the very one that was admitted, not just one that could be: by its proof, or its measure. */
        if (releasers == 0u) {
            measure(&p, found);
        }
        package = releasers != 0u || memcmp(found, r->measure, sizeof found) == 0 ? mbpf_load(rt, &p, ram_slot) : 0;
    }
    mbpf_event(rt, package ? MBPF_EVENT_ADMITTED : MBPF_EVENT_REFUSED, package ? 0u : v.code, r->name, 0);
    if (!package) {
        if (ram_slot != MBPF_NO_SLOT) {
            rt->slot_used[ram_slot] = false;
        }
        return false;
    }
    if (r->kind == MBPF_RECORD_TRIAL) {
        if (append(rt, r, MBPF_RECORD_TRIAL, r->tries + 1u) != MBPF_OK) {
            mbpf_release(rt, package);
            return true; /* flash fails: the trial does not run, and is not over */
        }
        begin_trial(package, r);
    }
    if (mbpf_inherit(package, old, &v, &ignored) != MBPF_OK) {
        mbpf_release(rt, package);
        if (ram_slot != MBPF_NO_SLOT) {
            rt->slot_used[ram_slot] = false;
        }
        return false;
    }
    if (releasers == 0u) {
        mbpf_note_verified(rt, r->slot, bytes, p.releasers);
    }
    package->stored = r->slot;
    mbpf_take_over(rt, package, old, r->attached, true, &ignored);
    return true;
}

static void start_all(mbpf_runtime *rt, mbpf_record_kind kind)
{
    mbpf_record r;
    for (uint32_t i = 0u; i < rt->store->journal.slot_count; i++) {
        if (!mbpf_journal_slot(&rt->store->journal, i, &r) || r.kind != kind) {
            continue;
        }
        bool worn = kind == MBPF_RECORD_TRIAL && r.tries >= MAX_TRIES;
        if (!worn && start(rt, &r)) {
            continue;
        }
        say(worn ? " failed two tries" : " refused", r.name);
        if (kind == MBPF_RECORD_TRIAL) {
            (void)append(rt, &r, MBPF_RECORD_EMPTY, worn ? MBPF_EMPTY_TRIES : MBPF_EMPTY_REFUSED);
        }
    }
}

mbpf_status mbpf_store_boot(mbpf_runtime *rt, mbpf_store *store, const mbpf_flash *flash)
{
    static const mbpf_keeper keeper = {install, forget, failed, floor_of};
    mbpf_status status = mbpf_store_lay_out(store, flash);
    if (status != MBPF_OK) {
        return status;
    }
#if MBPF_ROOT_ROTATION
    mbpf_root_flash_attach(rt, &store->root); /* first: it decides what of the rest is believed */
#endif
    mbpf_event_flash_open(rt, &store->events);
    status = mbpf_store_read_journal(store);
    if (status != MBPF_OK) {
        return status;
    }
    rt->store = store;
    rt->keeper = &keeper;
    start_all(rt, MBPF_RECORD_CONFIRMED);
    start_all(rt, MBPF_RECORD_TRIAL);
    return MBPF_OK;
}
