/* SPDX-License-Identifier: Apache-2.0
 * The memory protection unit of ARMv8-M: regions from one multiple of 32 bytes to another, which must not overlap.
 *   0 the firmware's code and constants       4 a package's RAM, read and write, never executed
 *   1 the open area, read and write           5 its import table and map objects, read only
 *   2, 3, 7 the runtime's RAM around that     6 its text, unless it is part of the firmware
 *     and around slots and arena: privileged only, never executed
 * All else is closed to programs; the runtime uses the default map there: devices, flash, and of RAM the slots and the
 * arena, where regions of packages come and go. In the Secure state, in which the firmware stays, these are the Secure
 * state's regions. */
#include "mbpf/config.h"

#if MBPF_ISOLATION
#include "cpu.h"
#include "mbpf/isolation.h"
#include "mbpf/runtime.h"
#include "mpu.h"

#define MPU_CTRL REG(0xE000ED94u)
#define MPU_RNR REG(0xE000ED98u)
#define MPU_RBAR REG(0xE000ED9Cu)
#define MPU_RLAR REG(0xE000EDA0u)
#define MPU_MAIR0 REG(0xE000EDC0u)

/* RBAR: never executed; access rights of both. RLAR: attributes 0; enabled. */
#define XN 1u
#define PRIVILEGED 0u
#define WRITABLE 2u
#define READABLE 6u
#define ENABLED 1u

extern const uint8_t mbpf_code_begin[], mbpf_code_end[];
extern const uint8_t mbpf_data_begin[], mbpf_stack_top[]; /* of RAM: the first and what follows the last */

/* [begin, end), outwards to multiples of 32; nothing if empty. */
static void set(uint32_t *words, uint32_t begin, uint32_t end, uint32_t rights)
{
    words[0] = (begin & ~31u) | rights;
    words[1] = begin < end ? ((end - 1u) & ~31u) | ENABLED : 0u;
}

static void load_region(uint32_t number, uint32_t begin, uint32_t end, uint32_t rights)
{
    uint32_t words[2];
    set(words, begin, end, rights);
    MPU_RNR = number;
    MPU_RBAR = words[0];
    MPU_RLAR = words[1];
}

/* RAM from the arena's end on. */
static void set_rest(uint32_t words[2])
{
    set(words, ((uint32_t)(uintptr_t)mbpf_active->arena + sizeof mbpf_active->arena + 31u) & ~31u, (uint32_t)(uintptr_t)mbpf_stack_top, PRIVILEGED | XN);
}

void mbpf_mpu_begin(uint32_t open, uint32_t bytes)
{
    MPU_CTRL = 0u;
    MPU_MAIR0 = 0x44u; /* normal memory, not cached */
    load_region(0u, (uint32_t)(uintptr_t)mbpf_code_begin, (uint32_t)(uintptr_t)mbpf_code_end, READABLE);
    load_region(1u, open, open + bytes, WRITABLE | XN);
    load_region(2u, (uint32_t)(uintptr_t)mbpf_data_begin, open, PRIVILEGED | XN);
    load_region(3u, open + bytes, (uint32_t)(uintptr_t)mbpf_active->slots & ~31u, PRIVILEGED | XN);
    for (uint32_t region = 4u; region < 7u; region++) {
        load_region(region, 0u, 0u, 0u);
    }
    uint32_t rest[2];
    set_rest(rest);
    MPU_RNR = 7u;
    MPU_RBAR = rest[0];
    MPU_RLAR = rest[1];
    MPU_RNR = 4u; /* from now on: mbpf_port_run() stores to RBAR and its aliases, which are regions 4 to 7 */
    MPU_CTRL = 5u; /* on; privileged code uses the default map elsewhere */
}

void mbpf_port_block(uint32_t fixed, uint32_t writable, mbpf_block *block)
{
    block->align = 32u;
    block->fixed_bytes = (fixed + 31u) & ~31u;
    block->bytes = (block->fixed_bytes + writable + 31u) & ~31u;
}

void mbpf_port_protect(mbpf_domain *d)
{
    uint32_t text = (uint32_t)d->text, code = (uint32_t)(uintptr_t)mbpf_code_begin;
    bool part_of_firmware = text >= code && text < (uint32_t)(uintptr_t)mbpf_code_end;
    set(d->protection, (uint32_t)d->writable, (uint32_t)d->end, WRITABLE | XN);
    set(d->protection + 2, (uint32_t)d->fixed, (uint32_t)d->writable, READABLE | XN);
    set(d->protection + 4, text, part_of_firmware ? text : (uint32_t)d->text_end, READABLE);
    set_rest(d->protection + 6); /* the same for all */
}

/* Here what programs may only read, the runtime may only read, too; but memory given back is written again. */
void mbpf_port_unprotect(void)
{
    for (uint32_t region = 4u; region < 7u; region++) {
        MPU_RNR = region;
        MPU_RLAR = 0u; /* its base stays: with another, the region would reach over the firmware for a moment */
    }
    MPU_RNR = 4u;
    __asm volatile("dsb\n isb" ::: "memory");
}
#endif
