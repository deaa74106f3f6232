/* SPDX-License-Identifier: Apache-2.0
 * For boards without flash that keep their RAM through a reset: a part of it (board.h says where) stands for one, with
 * the rules of NOR. If the emulator keeps that RAM in a file (mbpf-sim board --flash) it lives through its end too. */
#include "mbpf/flash.h"

#include <string.h>

#include "board.h"
#include "mbpf/port.h"

#define BEGIN ((uint8_t *)(uintptr_t)BOARD_FLASH)
#define PAGE_BYTES 4096u
#define PAGE_COUNT 72u
#define WRITE_BYTES 4u

static bool outside(uint32_t at, uint32_t count)
{
    return at > PAGE_BYTES * PAGE_COUNT || count > PAGE_BYTES * PAGE_COUNT - at;
}

static bool read_bytes(void *device, uint32_t at, uint8_t *to, uint32_t count)
{
    (void)device;
    if (outside(at, count)) {
        return false;
    }
    memcpy(to, BEGIN + at, count);
    return true;
}

static bool program(void *device, uint32_t at, const uint8_t *from, uint32_t count)
{
    (void)device;
    if (outside(at, count) || ((at | count) & (WRITE_BYTES - 1u)) != 0u) {
        return false;
    }
    for (uint32_t i = 0u; i < count; i++) {
        if (BEGIN[at + i] != 0xFFu) {
            return false;
        }
    }
    memcpy(BEGIN + at, from, count);
    return true;
}

static bool erase(void *device, uint32_t at)
{
    (void)device;
    if (outside(at, PAGE_BYTES) || (at & (PAGE_BYTES - 1u)) != 0u) {
        return false;
    }
    memset(BEGIN + at, 0xFF, PAGE_BYTES);
    return true;
}

static void geometry(void *device, mbpf_flash_geometry *g)
{
    (void)device;
    *g = (mbpf_flash_geometry){PAGE_BYTES, PAGE_COUNT, WRITE_BYTES, BEGIN};
}

const mbpf_flash *mbpf_port_flash(void)
{
    static const mbpf_flash flash = {read_bytes, program, erase, geometry, 0};
    return &flash;
}
