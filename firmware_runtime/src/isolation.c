/* SPDX-License-Identifier: Apache-2.0
 * What a package's programs may reach, as addresses; the port turns them into registers. Also the check of what
 * programs give to helpers: by it a helper with the runtime's rights reaches no more than the program itself. */
#include "isolation.h"
#include "mbpf/port.h"

#if MBPF_ISOLATION

void mbpf_isolation_init(mbpf_runtime *rt)
{
    mbpf_running_now.stack_bottom = (uintptr_t)rt->open.stack;
    mbpf_running_now.stack_top = rt->open.stack + sizeof rt->open.stack;
    mbpf_port_isolate(&rt->open, (uint32_t)sizeof rt->open);
}

void mbpf_domain_set(mbpf_package_state *package, const uint8_t *text, uint32_t fixed_bytes)
{
    mbpf_domain *d = &package->domain;
    d->text = (uintptr_t)text;
    d->text_end = d->text + package->text_bytes;
    d->fixed = (uintptr_t)package->ram;
    d->writable = d->fixed + fixed_bytes;
    d->end = d->fixed + package->ram_bytes;
    mbpf_port_protect(d);
    mbpf_forget_domain(); /* a record is used again for another package: what is loaded may be stale */
}

void *mbpf_gate_of(mbpf_package_state *package, const mbpf_helper_row *helper)
{
    uintptr_t function = (uintptr_t)helper->function;
    if (helper->argument_words > mbpf_port_register_arguments) {
        function ^= 1u;
    }
    for (uint32_t i = 0u; i < MBPF_GATES; i++) {
        if (package->domain.gates[i] == 0u) {
            package->domain.gates[i] = function;
        }
        if (package->domain.gates[i] == function) {
            return (void *)(((uintptr_t)mbpf_gate_stubs & ~(uintptr_t)1u) + i * mbpf_gate_stub_bytes + mbpf_port_code_bit);
        }
    }
    return 0; /* admission counts them */
}

static bool inside(uintptr_t at, uint32_t bytes, uintptr_t begin, uintptr_t end)
{
    return at >= begin && at <= end && bytes <= end - at;
}

static bool reaches(uintptr_t at, uint32_t bytes, bool write)
{
    const mbpf_domain *d = mbpf_running_now.domain;
    uintptr_t open = (uintptr_t)&mbpf_active->open;
    if (inside(at, bytes, open, open + sizeof mbpf_active->open)) { /* of this the program's stack, at the beginning, holds no context */
        return !write || at + bytes <= (uintptr_t)mbpf_running_now.stack_top || !mbpf_port_in_fixed_context(at, bytes);
    }
    if (inside(at, bytes, d->writable, d->end)) {
        return true;
    }
    if (mbpf_port_in_context(at, bytes)) {
        return !write || !mbpf_port_in_fixed_context(at, bytes);
    }
    return !write && (inside(at, bytes, d->text, d->text_end) || inside(at, bytes, d->fixed, d->end));
}

static void guard(const void *memory, uint32_t bytes, bool write)
{
    if (bytes != 0u && !reaches((uintptr_t)memory, bytes, write)) {
        mbpf_stop(MBPF_FAULT_ARGUMENT, (uintptr_t)memory, mbpf_port_program_pc());
        mbpf_port_abort();
    }
}

void mbpf_guard_read(const void *memory, uint32_t bytes)
{
    guard(memory, bytes, false);
}

void mbpf_guard_write(const void *memory, uint32_t bytes)
{
    guard(memory, bytes, true);
}

void mbpf_guard_context(const void *context)
{
    const mbpf_hook_row *row = mbpf_running_now.program->point->row;
    guard(context, row->context_bytes, row->context_writable);
}
#endif
