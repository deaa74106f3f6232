/* SPDX-License-Identifier: Apache-2.0
 * Packages that survive a reset: slots in flash and the journal that says what each holds. A new version goes to an
 * empty slot, is read back, goes on trial, and is confirmed or reverted; see docs/decisions/0014-store.md. */
#ifndef MBPF_STORE_H
#define MBPF_STORE_H

#include "mbpf/event_flash.h"
#include "mbpf/journal.h"
#include "mbpf/root_flash.h"
#include "mbpf/runtime.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mbpf_store {
    mbpf_journal journal;
    mbpf_root_flash root;
    mbpf_event_flash events;
    mbpf_flash_geometry geometry;
    uint32_t first_slot; /* byte where slot 0 begins: a multiple of slot_bytes */
    uint32_t slot_bytes; /* MBPF_SLOT_BYTES in whole pages */
    uint8_t next_slot;   /* where the search for an empty one begins: each gets its turn */
} mbpf_store;

/* Where what lies on the part. MBPF_OUT_OF_RANGE: fewer than two slots fit, or a geometry that cannot be. */
mbpf_status mbpf_store_lay_out(mbpf_store *store, const mbpf_flash *flash);
/* Then: reads the journal, makes one on a part that has none. */
mbpf_status mbpf_store_read_journal(mbpf_store *store);
/* Both. */
mbpf_status mbpf_store_open(mbpf_store *store, const mbpf_flash *flash);
/* Where the CPU sees a slot; null where the part is not mapped. */
const uint8_t *mbpf_store_mapped(const mbpf_store *store, uint32_t slot);
bool mbpf_store_read(const mbpf_store *store, uint32_t slot, uint8_t *to, uint32_t count);
/* Erases an empty slot, programs it, reads it back and compares. MBPF_FULL: no slot is empty. */
mbpf_status mbpf_store_write(mbpf_store *store, const uint8_t *bytes, uint32_t count, uint8_t *slot);

/* --- the runtime's use of it (src/commit.c) --- */

/* Takes the newest root record, goes on with the log of events, and runs what the store holds: confirmed packages, and
 * those on trial that have a try left. What admission refuses is said on the console. From here on packages that are
 * pushed stay, root records and events too. To be called after mbpf_set_trust_anchors(). Unless MBPF_OK, packages stay
 * in RAM. */
mbpf_status mbpf_store_boot(mbpf_runtime *rt, mbpf_store *store, const mbpf_flash *flash);
/* Ends the probation of packages whose deadline has come. To be called from the firmware's loop. */
void mbpf_store_poll(mbpf_runtime *rt);
/* Commits a package on trial: its slot, and its rollback counter for good. */
mbpf_status mbpf_confirm(mbpf_runtime *rt, mbpf_package_state *package);
/* Ends a trial: the version confirmed before runs again, with its maps as they were when it was replaced. */
mbpf_status mbpf_revert(mbpf_runtime *rt, mbpf_package_state *package, mbpf_empty_reason why);

#ifdef __cplusplus
}
#endif

#endif
