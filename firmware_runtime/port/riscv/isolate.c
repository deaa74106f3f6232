/* SPDX-License-Identifier: Apache-2.0
 * Physical memory protection of RV32, the lower entry winning; programs in U mode reach what an entry allows, nothing
 * else. Bounds are exact to four bytes:
 *   0, 1 a package's text: read, execute        5, 6 its import table and map objects: read
 *   3, 4 the context: read, and write if its    7    the rest of its RAM: read, write
 *        hook lets programs write some field;   8    the open area: read, write (a power of two)
 *        wherever it lies                       9, 10 the firmware's code: read, execute; 11 its constants: read
 * Also the faults, decoded, and the watchdog on the machine timer. */
#include "mbpf/config.h"

#if MBPF_ISOLATION
#include <stddef.h>

#include "mbpf/isolation.h"
#include "mbpf/port.h"
#include "mbpf/runtime.h"
#include "trap.h"

#define R 1u
#define W 2u
#define X 4u
#define TOR 8u    /* from the previous entry's address to this one's */
#define NAPOT 24u

_Static_assert(offsetof(mbpf_program, entry) == 4 && offsetof(mbpf_program, imports) == 8 && offsetof(mbpf_program, domain) == 12 &&
                   offsetof(mbpf_program, watchdog_steps) == 16,
               "enter.S");
_Static_assert(offsetof(mbpf_domain, protection) == 0 && offsetof(mbpf_domain, gates) == 32, "enter.S");
_Static_assert(offsetof(mbpf_running, stack_top) == 4 && offsetof(mbpf_running, saved) == 8 && offsetof(mbpf_running, program) == 12 &&
                   offsetof(mbpf_running, rounds) == 16 && offsetof(mbpf_running, stack_bottom) == 20,
               "enter.S");
_Static_assert((MBPF_OPEN_BYTES & (MBPF_OPEN_BYTES - 1u)) == 0u, "a power of two");

mbpf_running mbpf_running_now;
mbpf_stopped mbpf_stopped_now;
const uint32_t mbpf_gate_stub_bytes = 8u;
const uint32_t mbpf_port_register_arguments = 8u;

extern const uint8_t mbpf_code_begin[], mbpf_code_end[], mbpf_constants_end[];

#define CSR_WRITE(name, value) __asm volatile("csrw " name ", %0" ::"r"(value) : "memory")

void mbpf_port_isolate(const void *open, uint32_t bytes)
{
    CSR_WRITE("pmpcfg0", 0u);
    CSR_WRITE("pmpcfg1", 0u);
    CSR_WRITE("pmpcfg2", 0u);
    CSR_WRITE("pmpaddr8", ((uint32_t)(uintptr_t)open >> 2) | (bytes / 8u - 1u));
    CSR_WRITE("pmpaddr9", (uint32_t)(uintptr_t)mbpf_code_begin >> 2);
    CSR_WRITE("pmpaddr10", (uint32_t)(uintptr_t)mbpf_code_end >> 2);
    CSR_WRITE("pmpaddr11", (uint32_t)(uintptr_t)mbpf_constants_end >> 2);
    CSR_WRITE("pmpaddr0", 0u); /* empty until a program is entered */
    CSR_WRITE("pmpaddr1", 0u);
    CSR_WRITE("pmpaddr3", 0u);
    CSR_WRITE("pmpaddr4", 0u);
    CSR_WRITE("pmpaddr5", 0u);
    CSR_WRITE("pmpaddr6", 0u);
    CSR_WRITE("pmpaddr7", 0u);
    CSR_WRITE("pmpcfg0", (TOR | R | X) << 8);
    CSR_WRITE("pmpcfg1", TOR | R | (TOR | R) << 16 | (TOR | R | W) << 24);
    CSR_WRITE("pmpcfg2", NAPOT | R | W | (TOR | R | X) << 16 | (TOR | R) << 24);
}

void mbpf_port_block(uint32_t fixed, uint32_t writable, mbpf_block *block)
{
    block->align = 16u;
    block->fixed_bytes = (fixed + 15u) & ~15u;
    block->bytes = block->fixed_bytes + ((writable + 7u) & ~7u);
}

void mbpf_port_protect(mbpf_domain *d)
{
    d->protection[0] = (uint32_t)d->text >> 2;
    d->protection[1] = ((uint32_t)d->text_end + 3u) >> 2;
    d->protection[2] = (uint32_t)d->fixed >> 2;
    d->protection[3] = (uint32_t)d->writable >> 2;
    d->protection[4] = (uint32_t)d->end >> 2;
}

bool mbpf_port_in_context(uintptr_t at, uint32_t bytes)
{
    uint32_t begin, end;
    __asm volatile("csrr %0, pmpaddr3\n csrr %1, pmpaddr4" : "=r"(begin), "=r"(end));
    return at >= begin << 2 && at <= end << 2 && bytes <= (end << 2) - at;
}

bool mbpf_port_in_fixed_context(uintptr_t at, uint32_t bytes)
{
    uint32_t begin, end, config;
    __asm volatile("csrr %0, pmpaddr3\n csrr %1, pmpaddr4\n csrr %2, pmpcfg1" : "=r"(begin), "=r"(end), "=r"(config));
    begin <<= 2;
    return (config & W) == 0u && at < end << 2 && (at >= begin || begin - at < bytes);
}

void mbpf_port_watchdog(uint64_t cycles, uint32_t *steps, uint32_t *rounds)
{
    uint64_t n = cycles / mbpf_riscv_cycles_per_step + 1u;
    *steps = n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
    *rounds = mbpf_port_watchdog_patience;
}

/* --- faults --- */

void mbpf_riscv_no_gate(uint32_t pc);
void mbpf_riscv_no_gate(uint32_t pc)
{
    mbpf_stop(MBPF_FAULT_GATE, 0u, pc);
}

/* The gate keeps the program's return address below what mbpf_port_run saved. */
uint32_t mbpf_port_program_pc(void)
{
    return ((const uint32_t *)mbpf_running_now.saved)[-3];
}

uint32_t mbpf_riscv_program_trap(uint32_t cause, uint32_t pc, uint32_t value);
uint32_t mbpf_riscv_program_trap(uint32_t cause, uint32_t pc, uint32_t value)
{
    switch (cause) {
    case 0x80000000u | 7u:
        if (!mbpf_riscv_deadline_passed() || mbpf_running_now.rounds++ < mbpf_running_now.program->watchdog_rounds) {
            mbpf_riscv_interrupt_in(mbpf_running_now.program->watchdog_steps);
            return 0u;
        }
        mbpf_stop(MBPF_FAULT_TIMEOUT, 0u, pc);
        return 1u;
    case 0u: /* misaligned or refused fetch */
    case 1u:
        mbpf_stop(MBPF_FAULT_FETCH, pc, pc);
        return 1u;
    case 4u: /* load and store, misaligned or refused */
    case 5u:
    case 6u:
    case 7u:
        mbpf_stop(mbpf_below_stack(value) ? MBPF_FAULT_STACK : MBPF_FAULT_ACCESS, value, pc);
        return 1u;
    case 2u:
    case 3u:
        mbpf_stop(MBPF_FAULT_INSTRUCTION, 0u, pc);
        return 1u;
    default:
        break;
    }
    if ((cause & 0x80000000u) == 0u) {
        mbpf_stop(MBPF_FAULT_OTHER, value, pc);
        return 1u;
    }
    mbpf_trap(cause, pc);
    return 0u;
}

void mbpf_port_unprotect(void)
{
    /* A program's protection binds programs alone. */
}
#endif
