/* SPDX-License-Identifier: Apache-2.0
 * Root records in flash: each copy has pages of its own, so that a write cut anywhere leaves the other. */
#ifndef MBPF_ROOT_FLASH_H
#define MBPF_ROOT_FLASH_H

#include "mbpf/flash.h"
#include "mbpf/trust.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mbpf_root_flash {
    const mbpf_flash *flash;
    uint32_t begin;      /* of copy 0; the other follows */
    uint32_t copy_bytes; /* MBPF_ROOT_COPY_BYTES in whole pages */
    uint32_t page_bytes, write_bytes;
    mbpf_root_store store;
} mbpf_root_flash;

/* As mbpf_root_attach_store() with this one; all fields but `store` are set. */
void mbpf_root_flash_attach(struct mbpf_runtime *rt, mbpf_root_flash *root);

#ifdef __cplusplus
}
#endif

#endif
