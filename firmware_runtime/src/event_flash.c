/* SPDX-License-Identifier: Apache-2.0
 * Entry: record 64, the chain's head before it 32, zeros, CRC-32 of all before. Places are used once between two
 * erases, torn ones too; the area that is erased is always that of the older entries. */
#include "mbpf/event_flash.h"

#include <string.h>

#include "flash_write.h"
#include "mbpf/abi/reader.h"
#include "mbpf/crc32.h"
#include "mbpf/port.h"
#include "mbpf/runtime.h"
#include "put.h"

#define KIND_AT 4u
#define HEAD_AT MBPF_EVENT_BYTES
#define CRC_AT (MBPF_EVENT_ENTRY_BYTES - 4u)
#define DIGEST_AT (MBPF_EVENT_BYTES - MBPF_NAME_BYTES - 16u)

typedef enum found { FOUND_SOUND, FOUND_BLANK, FOUND_TORN } found;

typedef struct place {
    uint8_t area;
    uint16_t index;
} place;

static uint32_t address(const mbpf_event_flash *f, place p)
{
    return f->begin + p.area * f->area_bytes + p.index * MBPF_EVENT_ENTRY_BYTES;
}

static uint32_t number_at(const uint8_t *bytes, uint32_t offset)
{
    mbpf_reader r = mbpf_reader_at(bytes, MBPF_EVENT_ENTRY_BYTES, offset, 4u);
    return mbpf_read_u32(&r);
}

static found read_entry(const mbpf_event_flash *f, place p, uint8_t entry[MBPF_EVENT_ENTRY_BYTES])
{
    if (!f->flash->read(f->flash->device, address(f, p), entry, MBPF_EVENT_ENTRY_BYTES)) {
        return FOUND_TORN;
    }
    if (mbpf_flash_blank(entry, MBPF_EVENT_ENTRY_BYTES)) {
        return FOUND_BLANK;
    }
    return entry[KIND_AT] != 0u && number_at(entry, CRC_AT) == mbpf_crc32(entry, CRC_AT) ? FOUND_SOUND : FOUND_TORN;
}

/* The newest sound entry of an area; `used`: places up to the last that is not blank. */
static bool newest(const mbpf_event_flash *f, uint8_t area, place *at, uint16_t *used, uint8_t entry[MBPF_EVENT_ENTRY_BYTES])
{
    *used = 0u;
    for (uint16_t i = f->capacity; i-- > 0u;) {
        found what = read_entry(f, (place){area, i}, entry);
        if (what != FOUND_BLANK && *used == 0u) {
            *used = (uint16_t)(i + 1u);
        }
        if (what == FOUND_SOUND) {
            *at = (place){area, i};
            return true;
        }
    }
    return false;
}

/* The sound entry before that at `p`, within its area and then the other; false: its number is not the one before. */
static bool step_back(const mbpf_event_flash *f, place *p, uint32_t wanted, uint8_t entry[MBPF_EVENT_ENTRY_BYTES])
{
    uint8_t first = p->area;
    for (uint32_t turn = 0u; turn < 2u; turn++) {
        uint16_t i = turn == 0u ? p->index : f->capacity;
        while (i-- > 0u) {
            place at = {(uint8_t)(first ^ turn), i};
            if (read_entry(f, at, entry) == FOUND_SOUND) {
                *p = at;
                return number_at(entry, 0u) == wanted;
            }
        }
    }
    return false;
}

/* Fills the log in RAM with the newest entry and as many before it as follow on each other. */
static void restore(const mbpf_event_flash *f, place at, uint8_t entry[MBPF_EVENT_ENTRY_BYTES], mbpf_event_log *log)
{
    uint32_t index = number_at(entry, 0u);
    log->count = index + 1u;
    mbpf_event_link(entry + HEAD_AT, entry, log->head);
    for (uint32_t kept = 1u;; kept++) {
        memcpy(log->records[index % MBPF_EVENT_RECORDS], entry, MBPF_EVENT_BYTES);
        memcpy(log->base, entry + HEAD_AT, sizeof log->base);
        log->first = index;
        if (kept == MBPF_EVENT_RECORDS || index == 0u || !step_back(f, &at, --index, entry)) {
            return;
        }
    }
}

static bool write_entry(const mbpf_event_flash *f, place p, const uint8_t entry[MBPF_EVENT_ENTRY_BYTES])
{
    (void)f->flash->program(f->flash->device, address(f, p), entry, MBPF_EVENT_ENTRY_BYTES);
    return mbpf_flash_holds(f->flash, address(f, p), entry, MBPF_EVENT_ENTRY_BYTES);
}

/* The area of the newest entry is never erased: a cut would take the log back. A part that takes an entry nowhere has
 * worn out: the log goes on in RAM, and who asks again after the next reset sees that it went back. */
static void append(void *context, const uint8_t head[MBPF_DIGEST_BYTES], const uint8_t record[MBPF_EVENT_BYTES])
{
    mbpf_event_flash *f = (mbpf_event_flash *)context;
    _Alignas(4) uint8_t entry[MBPF_EVENT_ENTRY_BYTES];
    memset(entry, 0, sizeof entry);
    memcpy(entry, record, MBPF_EVENT_BYTES);
    memcpy(entry + HEAD_AT, head, MBPF_DIGEST_BYTES);
    (void)mbpf_put(entry + CRC_AT, mbpf_crc32(entry, CRC_AT), 4u);
    while (f->next < f->capacity) {
        if (write_entry(f, (place){f->area, f->next++}, entry)) {
            return;
        }
    }
    place to = {f->area ^ 1u, 0u};
    (void)mbpf_flash_erase(f->flash, f->page_bytes, address(f, to), f->area_bytes); /* told by what the writes read back */
    while (to.index < f->capacity) {
        place at = to;
        to.index++;
        if (write_entry(f, at, entry)) {
            f->area = to.area;
            f->next = to.index;
            return;
        }
    }
}

/* Refusals and attachments cost whoever can reach the line nothing. Flash of 100,000 erases bears one a minute for
 * twelve years. */
static bool allow(void *context)
{
    mbpf_event_flash *f = (mbpf_event_flash *)context;
    uint64_t now = mbpf_port_time_ns(), period = (uint64_t)MBPF_EVENT_PERIOD_MS * 1000000u;
    while (f->allowed < MBPF_EVENT_BURST && now - f->earned_ns >= period) {
        f->allowed++;
        f->earned_ns += period;
    }
    if (f->allowed == MBPF_EVENT_BURST) {
        f->earned_ns = now;
    }
    if (f->allowed == 0u) {
        return false;
    }
    f->allowed--;
    return true;
}

void mbpf_event_flash_open(mbpf_runtime *rt, mbpf_event_flash *f)
{
    _Alignas(4) uint8_t entry[MBPF_EVENT_ENTRY_BYTES];
    mbpf_event_log *log = &rt->events, early = *log;
    uint32_t capacity = f->area_bytes / MBPF_EVENT_ENTRY_BYTES;
    f->capacity = (uint16_t)(capacity < 2u * MBPF_EVENT_ENTRIES ? capacity : 2u * MBPF_EVENT_ENTRIES);
    place at[2];
    uint16_t used[2];
    bool any[2];
    uint32_t index[2] = {0u, 0u};
    for (uint8_t area = 0u; area < 2u; area++) {
        any[area] = newest(f, area, &at[area], &used[area], entry);
        index[area] = any[area] ? number_at(entry, 0u) : 0u;
    }
    f->area = any[1] && (!any[0] || index[1] > index[0]) ? 1u : 0u;
    f->next = used[f->area];
    f->allowed = MBPF_EVENT_BURST;
    f->earned_ns = mbpf_port_time_ns();
    f->keeper = (mbpf_event_keeper){f, append, allow};
    memset(log, 0, sizeof *log);
    log->keeper = &f->keeper;
    if (any[f->area] && read_entry(f, at[f->area], entry) == FOUND_SOUND) {
        restore(f, at[f->area], entry, log);
    }
    for (uint32_t i = early.first; i < early.count; i++) {
        uint8_t *record = early.records[i % MBPF_EVENT_RECORDS];
        if (record[KIND_AT] == MBPF_EVENT_BOOT) { /* whom the device believes from here on, however the record before got there */
            memcpy(record + DIGEST_AT, rt->trust.root.digest, 16u);
        }
        mbpf_event_append(log, record);
    }
}
