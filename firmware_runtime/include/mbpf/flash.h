/* SPDX-License-Identifier: Apache-2.0
 * What the store needs of NOR flash: four functions. Programming only clears bits; an erase sets all bits of one
 * page. A driver refuses (false) what the part cannot do: an unaligned program, one outside, one of bytes that are
 * not erased. */
#ifndef MBPF_FLASH_H
#define MBPF_FLASH_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mbpf_flash_geometry {
    uint32_t page_bytes;   /* what one erase takes; a power of two */
    uint32_t page_count;
    uint32_t write_bytes;  /* programs begin and end at its multiples; a power of two, at most 64 */
    const uint8_t *mapped; /* where the CPU reads it, and runs code from it; null: nowhere */
} mbpf_flash_geometry;

/* `at` and counts in bytes from the part's beginning. */
typedef struct mbpf_flash {
    bool (*read)(void *device, uint32_t at, uint8_t *to, uint32_t count);
    bool (*program)(void *device, uint32_t at, const uint8_t *from, uint32_t count);
    bool (*erase)(void *device, uint32_t at); /* the page that begins at `at` */
    void (*geometry)(void *device, mbpf_flash_geometry *geometry);
    void *device;
} mbpf_flash;

#ifdef __cplusplus
}
#endif

#endif
