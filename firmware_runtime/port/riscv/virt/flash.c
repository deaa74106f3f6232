/* SPDX-License-Identifier: Apache-2.0
 * The board's second flash bank: two 16-bit parts side by side on a 32-bit bus that speak CFI's Intel command set.
 * Each command and each status goes to and comes from both. Sizes are asked of the parts (JEDEC JESD68). This code
 * runs from DRAM: while a part is busy its bytes read as status.
 * A program would run from here in place on the board that QEMU stands for. Not in QEMU 7.2: it does not forget its
 * translation of a flash page when the page is programmed anew, so a slot's second tenant would run as its first.
 * So this part calls itself not mapped, and programs run from RAM slots. */
#include "mbpf/flash.h"

#include <string.h>

#include "mbpf/port.h"

#define BANK 0x22000000u
#define BOTH(command) ((uint32_t)(command) << 16 | (uint32_t)(command))
#define READ_ARRAY BOTH(0xFFu)
#define READ_QUERY BOTH(0x98u)
#define CLEAR_STATUS BOTH(0x50u)
#define ERASE BOTH(0x20u)
#define PROGRAM_BUFFER BOTH(0xE8u)
#define CONFIRM BOTH(0xD0u)
#define READY BOTH(0x80u)
#define FAILED BOTH(0x3Au) /* erase, program, voltage, locked */
#define POLLS 100000000u

#define QUERY_SIZE 0x27u   /* log2 of a part's bytes */
#define QUERY_BUFFER 0x2Au /* log2 of its write buffer's bytes */
#define QUERY_REGIONS 0x2Cu
#define QUERY_BLOCK 0x2Fu  /* of the first region, in units of 256 bytes */

static uint32_t buffer_bytes; /* of both together */
static mbpf_flash_geometry part;

static volatile uint32_t *word(uint32_t at)
{
    return (volatile uint32_t *)(uintptr_t)(BANK + at);
}

static uint32_t query(uint32_t index)
{
    return *word(4u * index) & 0xFFFFu;
}

static void geometry(void *device, mbpf_flash_geometry *g)
{
    (void)device;
    if (part.page_bytes == 0u) {
        *word(4u * 0x55u) = READ_QUERY;
        if (query(0x10u) == 'Q' && query(0x11u) == 'R' && query(0x12u) == 'Y' && query(QUERY_REGIONS) == 1u) {
            part.page_bytes = 2u * 256u * (query(QUERY_BLOCK) | query(QUERY_BLOCK + 1u) << 8);
            part.page_count = (2u << (query(QUERY_SIZE) & 31u)) / part.page_bytes;
            buffer_bytes = 2u << (query(QUERY_BUFFER) & 31u);
        }
        *word(0u) = READ_ARRAY;
        part.write_bytes = 4u;
    }
    *g = part;
}

static bool outside(uint32_t at, uint32_t count)
{
    uint32_t all = part.page_bytes * part.page_count;
    return at > all || count > all - at;
}

/* Waits for the end of an operation and goes back to reading. */
static bool done(uint32_t at)
{
    uint32_t status = 0u;
    for (uint32_t i = 0u; i < POLLS && (status & READY) != READY; i++) {
        status = *word(at);
    }
    *word(at) = CLEAR_STATUS;
    *word(at) = READ_ARRAY;
    return (status & READY) == READY && (status & FAILED) == 0u;
}

static bool read_bytes(void *device, uint32_t at, uint8_t *to, uint32_t count)
{
    (void)device;
    if (outside(at, count)) {
        return false;
    }
    memcpy(to, (const uint8_t *)(uintptr_t)(BANK + at), count);
    return true;
}

/* One buffer's worth: `count` bytes that do not pass a boundary of its size. */
static bool program_buffer(uint32_t at, const uint8_t *from, uint32_t count)
{
    uint32_t status = 0u;
    for (uint32_t i = 0u; i < POLLS && (status & READY) != READY; i++) {
        *word(at) = PROGRAM_BUFFER;
        status = *word(at);
    }
    *word(at) = BOTH(count / 4u - 1u);
    for (uint32_t i = 0u; i < count; i += 4u) {
        uint32_t value;
        memcpy(&value, from + i, sizeof value);
        *word(at + i) = value;
    }
    *word(at) = CONFIRM;
    return done(at);
}

static bool program(void *device, uint32_t at, const uint8_t *from, uint32_t count)
{
    (void)device;
    if (outside(at, count) || ((at | count) & 3u) != 0u) {
        return false;
    }
    for (uint32_t i = 0u; i < count; i += 4u) {
        if (*word(at + i) != 0xFFFFFFFFu) {
            return false;
        }
    }
    for (uint32_t i = 0u, n; i < count; i += n) {
        uint32_t room = buffer_bytes - ((at + i) & (buffer_bytes - 1u));
        n = count - i < room ? count - i : room;
        if (!program_buffer(at + i, from + i, n)) {
            return false;
        }
    }
    return true;
}

static bool erase(void *device, uint32_t at)
{
    (void)device;
    if (outside(at, part.page_bytes) || (at & (part.page_bytes - 1u)) != 0u) {
        return false;
    }
    *word(at) = ERASE;
    *word(at) = CONFIRM;
    return done(at);
}

const mbpf_flash *mbpf_port_flash(void)
{
    static const mbpf_flash flash = {read_bytes, program, erase, geometry, 0};
    return &flash;
}
