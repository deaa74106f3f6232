/* SPDX-License-Identifier: Apache-2.0
 * Erase, program and compare, in chunks that fit the stack of a small part. */
#include "flash_write.h"

#include <string.h>

#define CHUNK 64u /* the greatest unit a part may write by */

bool mbpf_flash_blank(const uint8_t *bytes, uint32_t count)
{
    typedef uint32_t __attribute__((may_alias)) word;
    const word *at = (const word *)__builtin_assume_aligned(bytes, 4);
    uint32_t left = count / 4u;
    while (left != 0u && *at == 0xFFFFFFFFu) {
        at++;
        left--;
    }
    return left == 0u;
}

bool mbpf_flash_erase(const mbpf_flash *flash, uint32_t page_bytes, uint32_t at, uint32_t count)
{
    for (uint32_t page = 0u; page < count; page += page_bytes) {
        if (!flash->erase(flash->device, at + page)) {
            return false;
        }
    }
    return true;
}

bool mbpf_flash_program(const mbpf_flash *flash, uint32_t write_bytes, uint32_t at, const uint8_t *bytes, uint32_t count)
{
    uint32_t whole = count & ~(write_bytes - 1u);
    if (whole != 0u && !flash->program(flash->device, at, bytes, whole)) {
        return false;
    }
    if (whole == count) {
        return true;
    }
    uint8_t last[CHUNK];
    memset(last, 0xFF, sizeof last);
    memcpy(last, bytes + whole, count - whole);
    return flash->program(flash->device, at + whole, last, write_bytes);
}

bool mbpf_flash_holds(const mbpf_flash *flash, uint32_t at, const uint8_t *bytes, uint32_t count)
{
    uint8_t chunk[CHUNK];
    for (uint32_t done = 0u, n; done < count; done += n) {
        n = count - done < CHUNK ? count - done : CHUNK;
        if (!flash->read(flash->device, at + done, chunk, n) || memcmp(chunk, bytes + done, n) != 0) {
            return false;
        }
    }
    return true;
}
