/* SPDX-License-Identifier: Apache-2.0
 * NOR flash as a file, as strict as a part: bits only fall, an erase takes a page, unaligned programs and programs
 * of bytes that are not erased are refused and counted. Tests watch each unit of work and may cut the power there. */
#ifndef MBPF_PORT_FLASH_POSIX_H
#define MBPF_PORT_FLASH_POSIX_H

#include "mbpf/flash.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mbpf_flash_posix {
    mbpf_flash flash; /* the driver */
    mbpf_flash_geometry geometry;
    uint8_t *bytes;   /* all of it */
    int file;         /* -1: memory only */
    uint32_t refused; /* operations that a part would not have done */
    /* Called before each write unit and each page erase; `from` is null for an erase. May not return. */
    void (*before)(struct mbpf_flash_posix *flash, uint32_t at, uint32_t count, const uint8_t *from);
    void *argument; /* for whoever set `before` */
} mbpf_flash_posix;

/* A new or empty file becomes an erased part; null: memory only. `mapped`: code runs from it where it lies. */
bool mbpf_flash_posix_open(mbpf_flash_posix *f, const char *path, uint32_t page_bytes, uint32_t page_count, uint32_t write_bytes, bool mapped);
void mbpf_flash_posix_close(mbpf_flash_posix *f);

#ifdef __cplusplus
}
#endif

#endif
