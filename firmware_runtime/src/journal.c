/* SPDX-License-Identifier: Apache-2.0
 * Records, their replay, and the turn from one area to the other. What is kept in RAM is only where the records
 * that count stand; their contents are read again from flash when asked for. */
#include "mbpf/journal.h"

#include <stddef.h>
#include <string.h>

#include "mbpf/crc32.h"
#include "flash_write.h"
#include "text.h"

#define CRC_AT (MBPF_RECORD_BYTES - 4u)
#define NO_SLOT 0xFFu

typedef enum found { FOUND_SOUND, FOUND_BLANK, FOUND_TORN } found;

static uint32_t address(const mbpf_journal *j, uint32_t area, uint32_t index)
{
    return area * j->area_bytes + index * MBPF_RECORD_BYTES;
}

/* As it lies in flash: little-endian, as every device is. */
typedef struct flash_record {
    mbpf_record record;
    uint32_t crc;
} flash_record;
_Static_assert(sizeof(flash_record) == MBPF_RECORD_BYTES && offsetof(mbpf_record, name) == 16u && offsetof(mbpf_record, measure) == 16u + MBPF_NAME_BYTES,
               "the fields fill the record");

static found read_record(const mbpf_journal *j, uint32_t area, uint32_t index, mbpf_record *r)
{
    flash_record raw;
    if (!j->flash->read(j->flash->device, address(j, area, index), (uint8_t *)&raw, sizeof raw)) {
        return FOUND_TORN;
    }
    if (mbpf_flash_blank((const uint8_t *)&raw, sizeof raw)) {
        return FOUND_BLANK;
    }
    *r = raw.record;
    r->name[sizeof r->name - 1u] = '\0';
    return raw.crc == mbpf_crc32((const uint8_t *)&raw, CRC_AT) ? FOUND_SOUND : FOUND_TORN;
}

/* What the flash holds afterwards decides, not what the driver says: a record that reads back is written. */
static bool write_record(const mbpf_journal *j, uint32_t area, uint32_t index, const mbpf_record *r)
{
    const uint32_t at = address(j, area, index);
    flash_record wanted;
    wanted.record = *r;
    wanted.crc = mbpf_crc32((const uint8_t *)&wanted, CRC_AT);
    (void)j->flash->program(j->flash->device, at, (const uint8_t *)&wanted, sizeof wanted);
    return mbpf_flash_holds(j->flash, at, (const uint8_t *)&wanted, sizeof wanted);
}

/* --- replay --- */

static void raise_floor(mbpf_journal *j, uint32_t index, const mbpf_record *r)
{
    mbpf_record other;
    uint32_t place = MBPF_STORE_NAMES;
    for (uint32_t i = 0u; i < MBPF_STORE_NAMES; i++) {
        if (j->floors[i] == 0u) {
            place = place == MBPF_STORE_NAMES ? i : place;
        } else if (read_record(j, j->area, j->floors[i], &other) == FOUND_SOUND && mbpf_text_equal(other.name, r->name)) {
            if (other.counter > r->counter) {
                return; /* never falls */
            }
            place = i;
            break;
        }
    }
    if (place < MBPF_STORE_NAMES) {
        j->floors[place] = (uint16_t)index;
    }
}

static void replay(mbpf_journal *j, uint32_t index, const mbpf_record *r)
{
    if (r->kind == MBPF_RECORD_FLOOR || r->kind == MBPF_RECORD_CONFIRMED) {
        raise_floor(j, index, r);
    }
    if (r->kind == MBPF_RECORD_VERIFIED && r->slot < j->slot_count) {
        j->verified[r->slot] = (uint16_t)index;
        return;
    }
    bool empty = r->kind == MBPF_RECORD_EMPTY;
    if ((!empty && r->kind != MBPF_RECORD_TRIAL && r->kind != MBPF_RECORD_CONFIRMED) || r->slot >= j->slot_count) {
        return;
    }
    mbpf_record other;
    for (uint32_t i = 0u; i < j->slot_count && !empty; i++) {
        /* One confirmed version and one on trial a name: the newer of a kind takes the place of the older. */
        if (j->slots[i] != 0u && read_record(j, j->area, j->slots[i], &other) == FOUND_SOUND && mbpf_text_equal(other.name, r->name) &&
            (r->kind == MBPF_RECORD_CONFIRMED || other.kind == MBPF_RECORD_TRIAL)) {
            j->slots[i] = 0u;
        }
    }
    j->slots[r->slot] = empty ? (uint16_t)0u : (uint16_t)index;
}

/* --- the two areas --- */

static bool is_listed(const uint16_t *list, uint32_t count, uint32_t index)
{
    for (uint32_t i = 0u; i < count; i++) {
        if (list[i] == index) {
            return true;
        }
    }
    return false;
}

static void area_record(const mbpf_journal *j, uint32_t sequence, uint32_t layout, mbpf_record *r)
{
    memset(r, 0, sizeof *r);
    r->kind = MBPF_RECORD_AREA;
    r->slot = NO_SLOT;
    r->bytes = layout;
    r->counter = sequence;
    r->attached = j->slot_count;
}

/* Erases the area that does not count and copies into it what does. Until its first record is whole nothing has
 * changed, so a cut anywhere here leaves the old area. */
static mbpf_status turn_over(mbpf_journal *j)
{
    mbpf_record r;
    mbpf_journal to = *j; /* with an empty journal's tables */
    to.area = j->area ^ 1u;
    to.next = 1u;
    to.sequence = j->sequence + 1u;
    memset(to.slots, 0, sizeof to.slots);
    memset(to.verified, 0, sizeof to.verified);
    memset(to.floors, 0, sizeof to.floors);
    for (uint32_t at = 0u; at < j->area_bytes; at += j->page_bytes) {
        (void)j->flash->erase(j->flash->device, address(j, to.area, 0u) + at); /* told by what the writes read back */
    }
    if (read_record(j, j->area, 0u, &r) != FOUND_SOUND) {
        return MBPF_FLASH_FAILED;
    }
    uint32_t layout = r.bytes;
    for (uint32_t i = 1u; i < j->next; i++) {
        bool of_slot = is_listed(j->slots, j->slot_count, i) || is_listed(j->verified, j->slot_count, i);
        if (!of_slot && !is_listed(j->floors, MBPF_STORE_NAMES, i)) {
            continue;
        }
        if (read_record(j, j->area, i, &r) != FOUND_SOUND) {
            return MBPF_FLASH_FAILED;
        }
        if (!of_slot) { /* a floor, or the confirmation of a version that has gone */
            r.kind = MBPF_RECORD_FLOOR;
            r.slot = NO_SLOT;
        }
        if (!write_record(&to, to.area, to.next, &r)) {
            return MBPF_FLASH_FAILED;
        }
        replay(&to, to.next++, &r);
    }
    area_record(j, to.sequence, layout, &r);
    if (!write_record(&to, to.area, 0u, &r)) {
        return MBPF_FLASH_FAILED;
    }
    *j = to;
    return MBPF_OK;
}

mbpf_status mbpf_journal_append(mbpf_journal *j, const mbpf_record *record)
{
    for (uint32_t turns = 0u; turns < 2u; turns++) {
        while (j->next < j->capacity) {
            uint32_t index = j->next++;
            if (write_record(j, j->area, index, record)) {
                replay(j, index, record);
                return MBPF_OK;
            }
        }
        mbpf_status status = turn_over(j);
        if (status != MBPF_OK) {
            return status;
        }
    }
    return MBPF_FLASH_FAILED;
}

/* No area counts: a part as it left the factory, or one whose first formatting was cut. */
static mbpf_status format(mbpf_journal *j, uint32_t layout)
{
    mbpf_record r;
    for (uint32_t at = 0u; at < j->area_bytes; at += j->page_bytes) {
        (void)j->flash->erase(j->flash->device, at);
    }
    area_record(j, 1u, layout, &r);
    j->area = 0u;
    j->next = 1u;
    j->sequence = 1u;
    return write_record(j, 0u, 0u, &r) ? MBPF_OK : MBPF_FLASH_FAILED;
}

mbpf_status mbpf_journal_open(mbpf_journal *j, uint32_t layout)
{
    mbpf_record r;
    bool any = false;
    uint32_t capacity = j->area_bytes / MBPF_RECORD_BYTES;
    j->capacity = (uint16_t)(capacity < 2u * MBPF_JOURNAL_RECORDS ? capacity : 2u * MBPF_JOURNAL_RECORDS); /* bounds what a boot reads */
    j->sequence = 0u;
    memset(j->slots, 0, sizeof j->slots);
    memset(j->verified, 0, sizeof j->verified);
    memset(j->floors, 0, sizeof j->floors);
    for (uint8_t area = 0u; area < 2u; area++) {
        if (read_record(j, area, 0u, &r) != FOUND_SOUND || r.kind != MBPF_RECORD_AREA) {
            continue;
        }
        if (r.bytes != layout || r.attached != j->slot_count) {
            return MBPF_BAD_STATE; /* not formatted over: it holds the rollback counters */
        }
        if (!any || r.counter > j->sequence) {
            j->sequence = r.counter;
            j->area = area;
        }
        any = true;
    }
    if (!any) {
        return format(j, layout);
    }
    j->next = 1u;
    for (uint32_t i = 1u; i < j->capacity; i++) { /* to the end: a place that refused a write may be blank still */
        found what = read_record(j, j->area, i, &r);
        if (what != FOUND_BLANK) {
            j->next = (uint16_t)(i + 1u);
        }
        if (what == FOUND_SOUND) {
            replay(j, i, &r);
        }
    }
    return MBPF_OK;
}

/* --- questions --- */

bool mbpf_journal_slot(const mbpf_journal *j, uint32_t slot, mbpf_record *record)
{
    return slot < j->slot_count && j->slots[slot] != 0u && read_record(j, j->area, j->slots[slot], record) == FOUND_SOUND;
}

bool mbpf_journal_verified(const mbpf_journal *j, uint32_t slot, mbpf_record *record)
{
    return slot < j->slot_count && j->verified[slot] != 0u && read_record(j, j->area, j->verified[slot], record) == FOUND_SOUND;
}

static bool find_floor(const mbpf_journal *j, const char *name, mbpf_record *r)
{
    for (uint32_t i = 0u; i < MBPF_STORE_NAMES; i++) {
        if (j->floors[i] != 0u && read_record(j, j->area, j->floors[i], r) == FOUND_SOUND && mbpf_text_equal(r->name, name)) {
            return true;
        }
    }
    return false;
}

uint32_t mbpf_journal_floor(const mbpf_journal *j, const char *name)
{
    mbpf_record r;
    return find_floor(j, name, &r) ? r.counter : 0u;
}

bool mbpf_journal_has_room_for_name(const mbpf_journal *j, const char *name)
{
    mbpf_record r;
    uint32_t taken = 0u;
    if (find_floor(j, name, &r)) {
        return true;
    }
    for (uint32_t i = 0u; i < MBPF_STORE_NAMES; i++) {
        taken += j->floors[i] != 0u;
    }
    for (uint32_t i = 0u; i < j->slot_count; i++) { /* each trial may bring its own new name */
        taken += mbpf_journal_slot(j, i, &r) && r.kind == MBPF_RECORD_TRIAL && !mbpf_text_equal(r.name, name);
    }
    return taken < MBPF_STORE_NAMES;
}
