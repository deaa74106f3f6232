/* SPDX-License-Identifier: Apache-2.0
 * The store's memory: an append-only list of records in one of two areas of flash. A record is the whole state of
 * its slot, so the last sound one of a slot is its state, and one record is one atomic step. A record that a power
 * cut tore fails its CRC, is skipped, and its place is never used again before an erase. A full area is copied,
 * what still counts of it, to the other; the copy counts from the moment its first record, written last, is whole. */
#ifndef MBPF_JOURNAL_H
#define MBPF_JOURNAL_H

#include "mbpf/abi/package.h"
#include "mbpf/config.h"
#include "mbpf/flash.h"
#include "mbpf/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MBPF_RECORD_BYTES 64u /* as stored, CRC included */
#define MBPF_MEASURE_BYTES 12u
#define MBPF_PROOF_BYTES 31u

typedef enum mbpf_record_kind {
    MBPF_RECORD_AREA = 0xA1,      /* first of an area: this area counts */
    MBPF_RECORD_EMPTY = 0xA2,     /* the slot holds nothing that will run again */
    MBPF_RECORD_TRIAL = 0xA3,     /* not yet confirmed; `tries` runs were begun */
    MBPF_RECORD_CONFIRMED = 0xA4, /* other slots of that name are empty from here, and its counter is the floor */
    MBPF_RECORD_FLOOR = 0xA5,     /* no slot: the rollback counter of a name that is not installed */
    MBPF_RECORD_VERIFIED = 0xA6   /* the signatures of what the slot holds were verified: src/verified.c */
} mbpf_record_kind;

/* Why a slot became empty. */
typedef enum mbpf_empty_reason {
    MBPF_EMPTY_NEVER_USED = 0,
    MBPF_EMPTY_REMOVED = 1,  /* the host unloaded it */
    MBPF_EMPTY_REVERTED = 2, /* the host went back to the version before */
    MBPF_EMPTY_UNHEALTHY = 3, /* it failed, or nobody confirmed it in time */
    MBPF_EMPTY_TRIES = 4,    /* two runs began, none was confirmed */
    MBPF_EMPTY_REFUSED = 5   /* admission refused it at boot */
} mbpf_empty_reason;

#define MBPF_TRIAL_HOST_CONFIRMS 0x1u /* silence until the deadline reverts; without it, it confirms */

typedef struct mbpf_record {
    uint8_t kind;       /* mbpf_record_kind */
    uint8_t slot;
    uint8_t tries;      /* EMPTY: mbpf_empty_reason; VERIFIED: release keys */
    uint8_t flags;
    uint32_t bytes;     /* of the package */
    uint32_t counter;   /* its rollback counter; AREA: sequence number */
    uint16_t attached;  /* bit i: program i is attached when loaded */
    uint16_t probation; /* in tenths of a second */
    char name[MBPF_NAME_BYTES]; /* VERIFIED: its proof, in the first MBPF_PROOF_BYTES */
    uint8_t measure[MBPF_MEASURE_BYTES]; /* of what admission found sound */
} mbpf_record;

typedef struct mbpf_journal {
    const mbpf_flash *flash;
    uint32_t page_bytes;
    uint32_t area_bytes;
    uint32_t sequence;
    uint16_t capacity; /* records an area */
    uint16_t next;     /* where the next one goes */
    uint8_t area;      /* that counts */
    uint8_t slot_count;
    uint16_t slots[MBPF_STORE_SLOTS];  /* the slot's newest record; 0: empty */
    uint16_t verified[MBPF_STORE_SLOTS]; /* the slot's newest VERIFIED record; 0: none */
    uint16_t floors[MBPF_STORE_NAMES]; /* the newest record that says a name's counter; 0: none */
} mbpf_journal;

/* Records that an area must hold: the first, one each that may count, and room for some changes. */
#define MBPF_JOURNAL_RECORDS (1u + 2u * MBPF_STORE_SLOTS + MBPF_STORE_NAMES + 31u)

/* Reads the journal at the flash's beginning, `2 * area_bytes` (whole pages); makes one if there is none. The
 * fields flash, page_bytes, area_bytes and slot_count are set. `layout`: any number that tells other slot sizes
 * apart. MBPF_BAD_STATE: the flash holds a journal of another layout. */
mbpf_status mbpf_journal_open(mbpf_journal *j, uint32_t layout);
/* Writes it and reads it back; may copy to the other area first. */
mbpf_status mbpf_journal_append(mbpf_journal *j, const mbpf_record *record);
/* The slot's record; false: it is empty. */
bool mbpf_journal_slot(const mbpf_journal *j, uint32_t slot, mbpf_record *record);
/* What was last said of its verification, if of anything that it holds; false: nothing. */
bool mbpf_journal_verified(const mbpf_journal *j, uint32_t slot, mbpf_record *record);
/* The greatest counter that was confirmed under that name; 0: none was. */
uint32_t mbpf_journal_floor(const mbpf_journal *j, const char *name);
/* Whether a name that was never confirmed can still become one that is. */
bool mbpf_journal_has_room_for_name(const mbpf_journal *j, const char *name);

#ifdef __cplusplus
}
#endif

#endif
