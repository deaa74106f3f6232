/* SPDX-License-Identifier: Apache-2.0
 * The memory protection unit of ARMv7-M, eight regions, the higher number winning where two overlap:
 *   0 all of RAM, privileged only, never executed   3, 4 a package's RAM, read and write, never executed
 *   1 the firmware's code and constants             5 its import table and map objects, read only
 *   2 the open area, read and write                 6 its text
 * A region is a power of two aligned to its size, in eight parts that can be left out (from 256 bytes up). A block of
 * RAM therefore begins and ends at an eighth of the power of two that holds it; two regions side by side cover it
 * wherever it begins, which wastes at most that eighth. Also the faults, decoded, and the watchdog on SysTick. */
#include "mbpf/config.h"

#if MBPF_ISOLATION
#include <stddef.h>

#include "mbpf/isolation.h"
#include "mbpf/port.h"
#include "mbpf/runtime.h"

#define REG(address) (*(volatile uint32_t *)(uintptr_t)(address))
#define MPU_CTRL REG(0xE000ED94u)
#define MPU_RBAR REG(0xE000ED9Cu)
#define MPU_RASR REG(0xE000EDA0u)
#define SYST_RVR REG(0xE000E014u)
#define SYST_CVR REG(0xE000E018u)
#define SHCSR REG(0xE000ED24u)
#define CFSR REG(0xE000ED28u)
#define HFSR REG(0xE000ED2Cu)
#define MMFAR REG(0xE000ED34u)
#define BFAR REG(0xE000ED38u)
#define SHPR1 REG(0xE000ED18u)
#define SHPR2 REG(0xE000ED1Cu)
#define SHPR3 REG(0xE000ED20u)

/* RASR: attributes of normal memory; never executed; access rights privileged/unprivileged. */
#define NORMAL 0x00010000u
#define XN 0x10000000u
#define PRIVILEGED 0x01000000u /* rw/- */
#define READABLE 0x02000000u   /* rw/r */
#define WRITABLE 0x03000000u   /* rw/rw */
#define CONSTANT 0x06000000u   /* r/r */

_Static_assert(offsetof(mbpf_program, entry) == 4 && offsetof(mbpf_program, imports) == 8 && offsetof(mbpf_program, domain) == 12 &&
                   offsetof(mbpf_program, watchdog_steps) == 16,
               "enter.S");
_Static_assert(offsetof(mbpf_domain, protection) == 0 && offsetof(mbpf_domain, gates) == 32, "enter.S");
_Static_assert(offsetof(mbpf_running, stack_top) == 4 && offsetof(mbpf_running, saved) == 8 && offsetof(mbpf_running, program) == 12 &&
                   offsetof(mbpf_running, rounds) == 16,
               "enter.S");

mbpf_running mbpf_running_now;
mbpf_stopped mbpf_stopped_now;
const uint32_t mbpf_gate_stub_bytes = 4u;
const uint32_t mbpf_port_register_arguments = 4u;

extern const uint8_t mbpf_code_begin[], mbpf_code_end[];

static uint32_t power_of_two(uint32_t bytes)
{
    uint32_t p = 32u;
    while (p < bytes) {
        p *= 2u;
    }
    return p;
}

static uint32_t log2_of(uint32_t power)
{
    return 31u - (uint32_t)__builtin_clz(power);
}

/* What of [begin, end) lies in the window of `size` bytes at `window`, as RASR without rights; 0: nothing. Bounds
 * within the window are multiples of its eighth, or of 32 in small ones. */
static uint32_t cover(uint32_t window, uint32_t size, uint32_t begin, uint32_t end)
{
    uint32_t disabled = 0u;
    if (end <= window || begin >= window + size || begin >= end) {
        return 0u;
    }
    if (size >= 256u) {
        uint32_t part = size / 8u;
        for (uint32_t i = 0u; i < 8u; i++) {
            uint32_t at = window + i * part;
            if (at + part <= begin || at >= end) {
                disabled |= 1u << i;
            }
        }
    }
    return disabled << 8 | (log2_of(size) - 1u) << 1 | 1u;
}

static void set(uint32_t *words, uint32_t region, uint32_t window, uint32_t rasr, uint32_t rights)
{
    words[0] = window | 0x10u | region;
    words[1] = rasr != 0u ? rasr | NORMAL | rights : 0u;
}

/* The smallest window that holds [begin, end). */
static void set_window(uint32_t *words, uint32_t region, uint32_t begin, uint32_t end, uint32_t rights)
{
    uint32_t size = power_of_two(end - begin);
    while (size != 0x80000000u && (begin & ~(size - 1u)) != ((end - 1u) & ~(size - 1u))) {
        size *= 2u;
    }
    uint32_t window = begin & ~(size - 1u);
    set(words, region, window, cover(window, size, begin, end), rights);
}

static void load_region(const uint32_t *words)
{
    MPU_RBAR = words[0];
    MPU_RASR = words[1];
}

void mbpf_port_isolate(const void *open, uint32_t bytes)
{
    uint32_t words[2];
    uint32_t at = (uint32_t)(uintptr_t)open;
    MPU_CTRL = 0u;
    set(words, 0u, 0x20000000u, cover(0x20000000u, 0x20000000u, 0x20000000u, 0x40000000u), PRIVILEGED | XN);
    load_region(words);
    set_window(words, 1u, (uint32_t)(uintptr_t)mbpf_code_begin, (uint32_t)(uintptr_t)mbpf_code_end, CONSTANT);
    load_region(words);
    set_window(words, 2u, at, at + bytes, WRITABLE | XN);
    load_region(words);
    for (uint32_t region = 3u; region < 8u; region++) {
        set(words, region, 0u, 0u, 0u);
        load_region(words);
    }
    SHPR1 = 0u;                      /* faults before all else, */
    SHPR2 = 0xE0000000u;             /* SVC and */
    SHPR3 = 0xE0E00000u;             /* SysTick after all else */
    SYST_RVR = 0xFFFFFFu;            /* mbpf_port_run() switches it on before it sets the period: never with none */
    SHCSR |= 0x00070000u;            /* usage, bus and memory faults have handlers of their own */
    MPU_CTRL = 5u;                   /* on; privileged code uses the default map elsewhere */
    __asm volatile("dsb\n isb" ::: "memory");
}

void mbpf_port_block(uint32_t fixed, uint32_t writable, mbpf_block *block)
{
    uint32_t fixed_power = power_of_two(fixed);
    uint32_t fixed_part = fixed_power >= 256u ? fixed_power / 8u : fixed_power;
    if (fixed == 0u) {
        fixed_power = fixed_part = 32u;
        block->fixed_bytes = 0u;
    } else {
        block->fixed_bytes = (fixed + fixed_part - 1u) & ~(fixed_part - 1u);
    }
    uint32_t bytes = block->fixed_bytes + writable;
    uint32_t power = power_of_two(bytes);
    uint32_t part = power >= 256u ? power / 8u : 32u;
    block->align = part > fixed_power ? part : fixed_power;
    block->bytes = (bytes + part - 1u) & ~(part - 1u);
}

void mbpf_port_protect(mbpf_domain *d)
{
    uint32_t *words = d->protection;
    uint32_t begin = (uint32_t)d->fixed, end = (uint32_t)d->end;
    uint32_t size = power_of_two(end - begin);
    if (size < 256u) {
        size = 256u; /* parts of 32 bytes */
    }
    uint32_t window = begin & ~(size - 1u);
    set(words, 3u, window, cover(window, size, begin, end), WRITABLE | XN);
    set(words + 2, 4u, window + size, cover(window + size, size, begin, end), WRITABLE | XN);
    if (d->writable != d->fixed) {
        set_window(words + 4, 5u, begin, (uint32_t)d->writable, READABLE | XN);
    } else {
        set(words + 4, 5u, 0u, 0u, 0u);
    }
    set_window(words + 6, 6u, (uint32_t)d->text, (uint32_t)d->text_end, READABLE);
}

bool mbpf_port_in_context(uintptr_t at, uint32_t bytes)
{
    (void)at;
    (void)bytes;
    return false;
}

/* --- the watchdog: SysTick, 24 bits --- */

void mbpf_port_watchdog(uint64_t cycles, uint32_t *steps, uint32_t *rounds)
{
    uint64_t whole = cycles >> 24;
    *rounds = (whole > UINT16_MAX ? UINT16_MAX : (uint32_t)whole) + mbpf_port_watchdog_patience;
    *steps = whole != 0u ? 0xFFFFFFu : (uint32_t)cycles; /* a round too many is late by less than one */
}

uint32_t mbpf_cortex_m_timeout(const uint32_t *frame);
uint32_t mbpf_cortex_m_timeout(const uint32_t *frame)
{
    if (mbpf_running_now.rounds++ < mbpf_running_now.program->watchdog_rounds) {
        SYST_CVR = 0u; /* a whole period from now, whatever the timer has to catch up with */
        return 0u;
    }
    mbpf_stop(MBPF_FAULT_TIMEOUT, 0u, frame[6]);
    return 1u;
}

/* --- faults --- */

void mbpf_cortex_m_no_gate(uint32_t pc);
void mbpf_cortex_m_no_gate(uint32_t pc)
{
    mbpf_stop(MBPF_FAULT_GATE, 0u, pc - 2u);
}

uint32_t mbpf_port_program_pc(void)
{
    const uint32_t *frame;
    __asm volatile("mrs %0, psp" : "=r"(frame));
    return frame[5] & ~1u; /* lr: the stub was called from just before it */
}

void mbpf_cortex_m_fault(const uint32_t *frame);
void mbpf_cortex_m_fault(const uint32_t *frame)
{
    uint32_t status = CFSR, address = 0u, kind = MBPF_FAULT_OTHER;
    bool stacked = (status & 0x1010u) == 0u; /* else the frame could not be written, or lies out of reach */
    if ((status & 0x80u) != 0u) {
        address = MMFAR;
    } else if ((status & 0x8000u) != 0u) {
        address = BFAR;
    }
    if (!stacked) {
        kind = MBPF_FAULT_STACK;
        address = (uint32_t)(uintptr_t)frame;
    } else if ((status & 0x82u) == 0x82u && mbpf_below_stack(address)) {
        kind = MBPF_FAULT_STACK;
    } else if ((status & 0x101u) != 0u || (status & 0x20000u) != 0u) { /* fetch refused, or no Thumb code */
        kind = MBPF_FAULT_FETCH;
        address = frame[6];
    } else if ((status & 0xFFFFu) != 0u) {
        kind = MBPF_FAULT_ACCESS;
    } else if ((status & 0xD0000u) != 0u || HFSR != 0u) { /* undefined, no coprocessor, bad exception return; breakpoint */
        kind = MBPF_FAULT_INSTRUCTION;
    }
    mbpf_stop(kind, address, stacked ? frame[6] : 0u);
    CFSR = status;
    HFSR = 0xFFFFFFFFu;
    /* An SVC whose frame could not be written stays pending; it must not be served when the runtime is back. */
    SHCSR &= ~0x8000u;
}
#endif
