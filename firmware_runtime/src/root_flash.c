/* SPDX-License-Identifier: Apache-2.0
 * The two copies of the root record on a part that erases by pages. A copy that a cut tore fails its CRC (trust.c). */
#include "mbpf/root_flash.h"

#include "flash_write.h"

static uint32_t address(const mbpf_root_flash *f, uint32_t copy)
{
    return f->begin + copy * f->copy_bytes;
}

static bool load(void *context, uint32_t copy, uint8_t *bytes, uint32_t count)
{
    const mbpf_root_flash *f = (const mbpf_root_flash *)context;
    return f->flash->read(f->flash->device, address(f, copy), bytes, count);
}

static bool save(void *context, uint32_t copy, const uint8_t *bytes, uint32_t count)
{
    const mbpf_root_flash *f = (const mbpf_root_flash *)context;
    uint32_t at = address(f, copy);
    return mbpf_flash_erase(f->flash, f->page_bytes, at, count) && mbpf_flash_program(f->flash, f->write_bytes, at, bytes, count) &&
           mbpf_flash_holds(f->flash, at, bytes, count);
}

void mbpf_root_flash_attach(struct mbpf_runtime *rt, mbpf_root_flash *f)
{
    f->store = (mbpf_root_store){f, load, save};
    mbpf_root_attach_store(rt, &f->store);
}
