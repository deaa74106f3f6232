/* SPDX-License-Identifier: Apache-2.0
 * The log of events in flash: entries of 128 bytes, only ever appended, in two areas used in turn. An entry holds
 * the record and the chain's head before it, so each stands for all before it, and the newest sound one is the log's
 * state. It is in flash before anybody is told the head that it makes: a power cut loses at most an event that
 * nobody heard of, and never a link. */
#ifndef MBPF_EVENT_FLASH_H
#define MBPF_EVENT_FLASH_H

#include "mbpf/events.h"
#include "mbpf/flash.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MBPF_EVENT_ENTRY_BYTES 128u /* as stored, CRC included */
#define MBPF_EVENT_ENTRIES 32u      /* an area must hold; a greater one counts up to twice as many, which bounds what a boot reads */

typedef struct mbpf_event_flash {
    const mbpf_flash *flash;
    uint32_t begin;      /* the first area's first byte; the other follows */
    uint32_t area_bytes; /* whole pages, at least MBPF_EVENT_ENTRIES entries */
    uint32_t page_bytes;
    uint16_t capacity;   /* entries an area */
    uint16_t next;       /* where the next one goes */
    uint8_t area;
    uint8_t allowed;     /* entries of events that any host may cause; more come with time */
    uint64_t earned_ns;  /* when the last one came */
    mbpf_event_keeper keeper;
} mbpf_event_flash;

/* The runtime's log goes on where the flash says it stood; what it holds already follows that. The first four fields
 * are set. From here on the log is kept. */
void mbpf_event_flash_open(struct mbpf_runtime *rt, mbpf_event_flash *log);

#ifdef __cplusplus
}
#endif

#endif
