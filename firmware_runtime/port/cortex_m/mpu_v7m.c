/* SPDX-License-Identifier: Apache-2.0
 * The memory protection unit of ARMv7-M, eight regions, the higher number winning where two overlap:
 *   0 all of RAM, privileged only, never executed   4, 5 a package's RAM, read and write, never executed
 *   1 the firmware's code and constants             6 its import table and map objects, read only
 *   2 the open area, read and write                 7 its text
 * A region is a power of two aligned to its size, in eight parts that can be left out (from 256 bytes up). A block of
 * RAM therefore begins and ends at an eighth of the power of two that holds it; two regions side by side cover it
 * wherever it begins, which wastes at most that eighth. */
#include "mbpf/config.h"

#if MBPF_ISOLATION
#include "cpu.h"
#include "mbpf/isolation.h"
#include "mpu.h"

#define MPU_CTRL REG(0xE000ED94u)
#define MPU_RBAR REG(0xE000ED9Cu)
#define MPU_RASR REG(0xE000EDA0u)

/* RASR: attributes of normal memory; never executed; access rights privileged/unprivileged. */
#define NORMAL 0x00010000u
#define XN 0x10000000u
#define PRIVILEGED 0x01000000u /* rw/- */
#define READABLE 0x02000000u   /* rw/r */
#define WRITABLE 0x03000000u   /* rw/rw */
#define CONSTANT 0x06000000u   /* r/r */

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

void mbpf_mpu_begin(uint32_t open, uint32_t bytes)
{
    uint32_t words[2];
    MPU_CTRL = 0u;
    set(words, 0u, 0x20000000u, cover(0x20000000u, 0x20000000u, 0x20000000u, 0x40000000u), PRIVILEGED | XN);
    load_region(words);
    set_window(words, 1u, (uint32_t)(uintptr_t)mbpf_code_begin, (uint32_t)(uintptr_t)mbpf_code_end, CONSTANT);
    load_region(words);
    set_window(words, 2u, open, open + bytes, WRITABLE | XN);
    load_region(words);
    for (uint32_t region = 3u; region < 8u; region++) {
        set(words, region, 0u, 0u, 0u);
        load_region(words);
    }
    MPU_CTRL = 5u; /* on; privileged code uses the default map elsewhere */
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
    set(words, 4u, window, cover(window, size, begin, end), WRITABLE | XN);
    set(words + 2, 5u, window + size, cover(window + size, size, begin, end), WRITABLE | XN);
    if (d->writable != d->fixed) {
        set_window(words + 4, 6u, begin, (uint32_t)d->writable, READABLE | XN);
    } else {
        set(words + 4, 6u, 0u, 0u, 0u);
    }
    set_window(words + 6, 7u, (uint32_t)d->text, (uint32_t)d->text_end, READABLE);
}

void mbpf_port_unprotect(void)
{
    /* A program's protection binds programs alone. */
}
#endif
