/* SPDX-License-Identifier: Apache-2.0
 * Slots: where they lie, and writing one. Slots are as large as the greatest package and aligned to their size, so
 * that one memory-protection region covers a program's text where it lies. */
#include "mbpf/store.h"

#include <string.h>

#define CHUNK 64u /* the greatest unit a part may write by */

static uint32_t up(uint32_t value, uint32_t multiple)
{
    return (value + multiple - 1u) / multiple * multiple;
}

static bool power_of_two(uint32_t value)
{
    return value != 0u && (value & (value - 1u)) == 0u;
}

mbpf_status mbpf_store_open(mbpf_store *s, const mbpf_flash *flash)
{
    memset(s, 0, sizeof *s);
    mbpf_flash_geometry *g = &s->geometry;
    mbpf_journal *j = &s->journal;
    flash->geometry(flash->device, g);
    if (!power_of_two(g->page_bytes) || !power_of_two(g->write_bytes) || g->write_bytes > MBPF_RECORD_BYTES ||
        g->page_bytes < MBPF_RECORD_BYTES || g->page_bytes > 1u << 24 || g->page_count > (1u << 31) / g->page_bytes) {
        return MBPF_OUT_OF_RANGE;
    }
    uint32_t all = g->page_count * g->page_bytes;
    s->slot_bytes = up(MBPF_SLOT_BYTES, g->page_bytes);
    j->flash = flash;
    j->page_bytes = g->page_bytes;
    j->area_bytes = up(MBPF_JOURNAL_RECORDS * MBPF_RECORD_BYTES, g->page_bytes);
    s->first_slot = up(2u * j->area_bytes, s->slot_bytes);
    uint32_t slots = all > s->first_slot ? (all - s->first_slot) / s->slot_bytes : 0u;
    if (slots < 2u) {
        return MBPF_OUT_OF_RANGE;
    }
    j->slot_count = (uint8_t)(slots < MBPF_STORE_SLOTS ? slots : MBPF_STORE_SLOTS);
    mbpf_status status = mbpf_journal_open(j, s->slot_bytes);
    s->next_slot = (uint8_t)(j->next % j->slot_count); /* moves with every change, so that all slots wear alike */
    return status;
}

static uint32_t begin_of(const mbpf_store *s, uint32_t slot)
{
    return s->first_slot + slot * s->slot_bytes;
}

const uint8_t *mbpf_store_mapped(const mbpf_store *s, uint32_t slot)
{
    return s->geometry.mapped ? s->geometry.mapped + begin_of(s, slot) : 0;
}

bool mbpf_store_read(const mbpf_store *s, uint32_t slot, uint8_t *to, uint32_t count)
{
    const mbpf_flash *flash = s->journal.flash;
    return count <= s->slot_bytes && flash->read(flash->device, begin_of(s, slot), to, count);
}

/* Whole units straight from `bytes`, the last one filled up with what erased flash reads. */
static bool program(const mbpf_store *s, uint32_t at, const uint8_t *bytes, uint32_t count)
{
    const mbpf_flash *flash = s->journal.flash;
    uint32_t whole = count & ~(s->geometry.write_bytes - 1u);
    if (whole != 0u && !flash->program(flash->device, at, bytes, whole)) {
        return false;
    }
    if (whole == count) {
        return true;
    }
    uint8_t last[CHUNK];
    memset(last, 0xFF, sizeof last);
    memcpy(last, bytes + whole, count - whole);
    return flash->program(flash->device, at + whole, last, s->geometry.write_bytes);
}

static bool reads_back(const mbpf_store *s, uint32_t at, const uint8_t *bytes, uint32_t count)
{
    const mbpf_flash *flash = s->journal.flash;
    uint8_t chunk[CHUNK];
    for (uint32_t done = 0u, n; done < count; done += n) {
        n = count - done < CHUNK ? count - done : CHUNK;
        if (!flash->read(flash->device, at + done, chunk, n) || memcmp(chunk, bytes + done, n) != 0) {
            return false;
        }
    }
    return true;
}

mbpf_status mbpf_store_write(mbpf_store *s, const uint8_t *bytes, uint32_t count, uint8_t *slot)
{
    const mbpf_flash *flash = s->journal.flash;
    uint32_t slots = s->journal.slot_count;
    uint32_t chosen = s->next_slot, looked = 0u;
    while (looked < slots && s->journal.slots[chosen] != 0u) {
        chosen = (chosen + 1u) % slots;
        looked++;
    }
    if (looked == slots) {
        return MBPF_FULL;
    }
    if (count > s->slot_bytes) {
        return MBPF_OUT_OF_RANGE;
    }
    s->next_slot = (uint8_t)((chosen + 1u) % slots);
    uint32_t at = begin_of(s, chosen);
    for (uint32_t page = 0u; page < count; page += s->geometry.page_bytes) {
        if (!flash->erase(flash->device, at + page)) {
            return MBPF_FLASH_FAILED;
        }
    }
    if (!program(s, at, bytes, count) || !reads_back(s, at, bytes, count)) {
        return MBPF_FLASH_FAILED;
    }
    *slot = (uint8_t)chosen;
    return MBPF_OK;
}
