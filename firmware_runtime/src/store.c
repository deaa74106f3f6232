/* SPDX-License-Identifier: Apache-2.0
 * Slots: where they lie, and writing one. Slots are as large as the greatest package and aligned to their size, so
 * that one memory-protection region covers a program's text where it lies. */
#include "mbpf/store.h"

#include <string.h>

#include "flash_write.h"

static bool power_of_two(uint32_t value)
{
    return value != 0u && (value & (value - 1u)) == 0u;
}

/* From the part's beginning: journal, root record, log of events, slots. */
mbpf_status mbpf_store_lay_out(mbpf_store *s, const mbpf_flash *flash)
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
    s->slot_bytes = mbpf_round_up(MBPF_SLOT_BYTES, g->page_bytes);
    j->flash = flash;
    j->page_bytes = g->page_bytes;
    j->area_bytes = mbpf_round_up(MBPF_JOURNAL_RECORDS * MBPF_RECORD_BYTES, g->page_bytes);
    s->root.flash = s->events.flash = flash;
    s->root.page_bytes = s->events.page_bytes = g->page_bytes;
    s->root.write_bytes = g->write_bytes;
    s->root.begin = 2u * j->area_bytes;
    s->root.copy_bytes = mbpf_round_up(MBPF_ROOT_COPY_BYTES, g->page_bytes);
    s->events.begin = s->root.begin + 2u * s->root.copy_bytes;
    s->events.area_bytes = mbpf_round_up(MBPF_EVENT_ENTRIES * MBPF_EVENT_ENTRY_BYTES, g->page_bytes);
    s->first_slot = mbpf_round_up(s->events.begin + 2u * s->events.area_bytes, s->slot_bytes);
    uint32_t slots = all > s->first_slot ? (all - s->first_slot) / s->slot_bytes : 0u;
    if (slots < 2u) {
        return MBPF_OUT_OF_RANGE;
    }
    j->slot_count = (uint8_t)(slots < MBPF_STORE_SLOTS ? slots : MBPF_STORE_SLOTS);
    return MBPF_OK;
}

mbpf_status mbpf_store_read_journal(mbpf_store *s)
{
    mbpf_journal *j = &s->journal;
    mbpf_status status = mbpf_journal_open(j, s->first_slot + s->slot_bytes);
    s->next_slot = (uint8_t)(j->next % j->slot_count); /* moves with every change, so that all slots wear alike */
    return status;
}

mbpf_status mbpf_store_open(mbpf_store *s, const mbpf_flash *flash)
{
    mbpf_status status = mbpf_store_lay_out(s, flash);
    return status == MBPF_OK ? mbpf_store_read_journal(s) : status;
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
    if (!mbpf_flash_erase(flash, s->geometry.page_bytes, at, count) ||
        !mbpf_flash_program(flash, s->geometry.write_bytes, at, bytes, count) || !mbpf_flash_holds(flash, at, bytes, count)) {
        return MBPF_FLASH_FAILED;
    }
    *slot = (uint8_t)chosen;
    return MBPF_OK;
}
