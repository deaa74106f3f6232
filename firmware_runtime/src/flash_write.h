/* SPDX-License-Identifier: Apache-2.0
 * Writing bytes of any number to a part that writes by units. */
#ifndef MBPF_SRC_FLASH_WRITE_H
#define MBPF_SRC_FLASH_WRITE_H

#include "mbpf/flash.h"

static inline uint32_t mbpf_round_up(uint32_t value, uint32_t multiple)
{
    return (value + multiple - 1u) / multiple * multiple;
}

/* Whether those bytes, aligned as words and of their number, are all as erased flash reads. */
bool mbpf_flash_blank(const uint8_t *bytes, uint32_t count);
/* Every page that [at, at + count) touches; `at` begins one. */
bool mbpf_flash_erase(const mbpf_flash *flash, uint32_t page_bytes, uint32_t at, uint32_t count);
/* Whole units straight from `bytes`, the last one filled up with what erased flash reads. */
bool mbpf_flash_program(const mbpf_flash *flash, uint32_t write_bytes, uint32_t at, const uint8_t *bytes, uint32_t count);
/* Whether the part reads as `bytes` there: what it holds decides, not what its driver said. */
bool mbpf_flash_holds(const mbpf_flash *flash, uint32_t at, const uint8_t *bytes, uint32_t count);

#endif
