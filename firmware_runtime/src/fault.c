/* SPDX-License-Identifier: Apache-2.0
 * After a stopped program: record, console line, unload, or back to the version before a trial. Open reservations in ring buffers go with the package's
 * RAM, which is given back whole. */
#include <string.h>

#include "isolation.h"
#include "mbpf/port.h"
#include "text.h"

#if MBPF_ISOLATION

const char *mbpf_fault_text(uint32_t kind)
{
    switch (kind) {
#define MBPF_FAULT_CASE(number, name, what) \
    case number: \
        return what;
        MBPF_FAULT_TABLE(MBPF_FAULT_CASE)
#undef MBPF_FAULT_CASE
    default:
        return "";
    }
}

static void put_hex(const char *before, uint64_t value)
{
    char digits[16];
    mbpf_console(before, (uint32_t)strlen(before));
    mbpf_console(digits, mbpf_text_hex(digits, value));
}

static void say(const mbpf_fault_record *r)
{
    mbpf_console("fault: ", 7u);
    mbpf_console(r->package, (uint32_t)strlen(r->package));
    mbpf_console("/", 1u);
    mbpf_console(r->program, (uint32_t)strlen(r->program));
    mbpf_console(": ", 2u);
    mbpf_console(mbpf_fault_text(r->kind), (uint32_t)strlen(mbpf_fault_text(r->kind)));
    put_hex(", address 0x", r->address);
    if (r->pc_offset != UINT32_MAX) {
        put_hex(", at text+0x", r->pc_offset);
    } else {
        put_hex(", at 0x", r->pc);
    }
    mbpf_console_line(": unloaded");
}

static mbpf_package_state *package_of(mbpf_runtime *rt, const mbpf_program *program)
{
    for (uint32_t i = 0u; i < MBPF_MAX_PACKAGES; i++) {
        if (rt->packages[i].used && &rt->packages[i].domain == program->domain) {
            return &rt->packages[i];
        }
    }
    return 0;
}

mbpf_package_state *mbpf_record_fault(const mbpf_program *program)
{
    mbpf_runtime *rt = mbpf_active;
    const mbpf_stopped why = mbpf_stopped_now;
    mbpf_stopped_now.kind = MBPF_FAULT_NONE;
    mbpf_package_state *package = package_of(rt, program);
    if (!package) {
        return 0; /* not a loaded program: nothing to take away */
    }
    mbpf_fault_record *r = &rt->faults[rt->fault_count % MBPF_FAULT_RECORDS];
    rt->fault_count++;
    memset(r, 0, sizeof *r);
    r->number = rt->fault_count;
    r->kind = why.kind;
    r->time_ns = mbpf_port_time_ns();
    r->address = why.address;
    r->pc = why.pc;
    uintptr_t offset = (uintptr_t)why.pc - package->domain.text;
    r->pc_offset = offset < package->text_bytes ? (uint32_t)offset : UINT32_MAX;
    memcpy(r->package, package->name, MBPF_NAME_BYTES);
    memcpy(r->program, program->name, MBPF_PROGRAM_NAME_BYTES);
    say(r);
    mbpf_event(rt, MBPF_EVENT_FAULT, r->kind, r->package, 0);
    return package;
}

void mbpf_contain(mbpf_program *program)
{
    mbpf_package_state *package = mbpf_record_fault(program);
    if (package) {
        mbpf_package_failed(mbpf_active, package);
    }
}
#endif
