/* SPDX-License-Identifier: Apache-2.0
 * What the host may ask about programs that were stopped. */
#include "mbpf/control.h"

void mbpf_control_faults(mbpf_control *c)
{
    uint32_t number = c->request.head.body.faults.number;
    mbpf_control_FaultsReply *r = &c->response.body.faults;
    r->count = c->rt->fault_count;
#if MBPF_ISOLATION
    /* Older ones were overwritten; the oldest that is left stands for them. */
    uint32_t oldest = r->count > MBPF_FAULT_RECORDS ? r->count - MBPF_FAULT_RECORDS + 1u : 1u;
    if (number < oldest) {
        number = oldest;
    }
    if (number <= r->count) {
        const mbpf_fault_record *f = &c->rt->faults[(number - 1u) % MBPF_FAULT_RECORDS];
        r->number = f->number;
        r->kind = f->kind;
        r->address = f->address;
        r->pc = f->pc;
        r->in_text = f->pc_offset != UINT32_MAX;
        r->text_offset = r->in_text ? f->pc_offset : 0u;
        r->time_ns = f->time_ns;
        r->package = f->package;
        r->program = f->program;
        return;
    }
#endif
    if (number > 1u || r->count != 0u) {
        mbpf_control_set(c, MBPF_NOT_FOUND);
    }
}
