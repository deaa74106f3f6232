/* SPDX-License-Identifier: Apache-2.0
 * What the host may ask of the store: what it holds, and the end of a trial. */
#include "divide.h"
#include "mbpf/control.h"
#include "mbpf/port.h"
#include "mbpf/store.h"
#include "text.h"

#define MS_NS 1000000u

static const mbpf_package_state *loaded_from(const mbpf_runtime *rt, uint32_t slot)
{
    for (uint32_t i = 0u; i < MBPF_MAX_PACKAGES; i++) {
        if (rt->packages[i].used && rt->packages[i].stored == slot) {
            return &rt->packages[i];
        }
    }
    return 0;
}

static void describe_loaded(mbpf_control_SlotsReply *r, const mbpf_package_state *package)
{
    uint64_t now = mbpf_port_time_ns();
    r->running = !package->held;
    r->waiting = package->held;
    r->version_major = package->version_major;
    r->version_minor = package->version_minor;
    r->version_patch = package->version_patch;
    if (package->on_trial && package->deadline_ns > now) {
        r->probation_left_ms = (uint32_t)mbpf_divide(package->deadline_ns - now, MS_NS);
    }
}

void mbpf_control_list_slots(mbpf_control *c)
{
    const uint32_t index = c->request.head.body.list_slots.index;
    mbpf_control_SlotsReply *r = &c->response.body.slots;
    if (!c->rt->store) {
        return;
    }
    const mbpf_journal *j = &c->rt->store->journal;
    r->count = j->slot_count;
    if (index >= j->slot_count) {
        mbpf_control_set(c, MBPF_NOT_FOUND);
        return;
    }
    mbpf_record record;
    if (!mbpf_journal_slot(j, index, &record)) {
        return;
    }
    r->state = record.kind == MBPF_RECORD_CONFIRMED ? mbpf_control_SlotsReply_State_CONFIRMED : mbpf_control_SlotsReply_State_TRIAL;
    mbpf_text_copy((char *)c->scratch, record.name, sizeof c->scratch);
    r->name = (const char *)c->scratch;
    r->bytes = record.bytes;
    r->rollback_counter = record.counter;
    r->tries = record.tries;
    r->host_confirms = (record.flags & MBPF_TRIAL_HOST_CONFIRMS) != 0u;
    r->floor = mbpf_journal_floor(j, record.name);
    const mbpf_package_state *package = loaded_from(c->rt, index);
    if (package) {
        describe_loaded(r, package);
    }
}

static void end_trial(mbpf_control *c, mbpf_status status)
{
    mbpf_control_refuse(c, status, status == MBPF_BAD_STATE ? "package is not on trial" : 0);
}

void mbpf_control_confirm(mbpf_control *c)
{
    mbpf_package_state *package = mbpf_control_package(c, c->request.head.body.confirm.package);
    if (package) {
        end_trial(c, mbpf_confirm(c->rt, package));
    }
}

void mbpf_control_revert(mbpf_control *c)
{
    mbpf_package_state *package = mbpf_control_package(c, c->request.head.body.revert.package);
    if (package) {
        end_trial(c, mbpf_revert(c->rt, package, MBPF_EMPTY_REVERTED));
    }
}
