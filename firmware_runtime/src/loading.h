/* SPDX-License-Identifier: Apache-2.0
 * The steps from an admitted package to running programs, for the two ways there: from a transfer, and from the
 * store. None writes to flash. */
#ifndef MBPF_SRC_LOADING_H
#define MBPF_SRC_LOADING_H

#include "mbpf/admission_check.h"

_Static_assert(MBPF_MAX_PROGRAMS <= 16, "attachments are bits of a 16-bit number");

/* RAM, maps and import table; its programs do not run yet. `ram_slot`: which it owns from now on, or MBPF_NO_SLOT.
 * Null: no room, nothing has changed. */
mbpf_package_state *mbpf_load(mbpf_runtime *rt, const mbpf_admitted *p, uint8_t ram_slot);
mbpf_package_state *mbpf_free_record(mbpf_runtime *rt); /* or null */
/* Why mbpf_load() gave none. */
mbpf_status mbpf_no_room(mbpf_runtime *rt, const mbpf_admitted *p, mbpf_verdict *v);
/* Its programs stop, its RAM and its RAM slot are free. */
void mbpf_release(mbpf_runtime *rt, mbpf_package_state *package);
/* Which programs to attach: bit i for program i. `old` may be null. */
uint32_t mbpf_attachments(const mbpf_admitted *p, mbpf_package_state *old, bool activate);
/* Maps of both versions get the old one's contents, and the migrator runs if there is one and something for it to do. Not
 * OK: refused by it, or it was stopped; nothing has changed yet but the new version's maps, and release gives no slot
 * back. `old` may be null. */
mbpf_status mbpf_inherit(mbpf_package_state *package, mbpf_package_state *old, mbpf_verdict *v, mbpf_commit_result *result);
/* The switch between two invocations. `old`, which may be null, is held or released. */
void mbpf_take_over(mbpf_runtime *rt, mbpf_package_state *package, mbpf_package_state *old, uint32_t attach, bool hold_old,
                    mbpf_commit_result *result);

#endif
