/* SPDX-License-Identifier: Apache-2.0
 * What the journal remembers of signatures: a boot hashes every stored package, and verifies the signatures of those
 * that were not yet found good under the present root record. */
#ifndef MBPF_SRC_VERIFIED_H
#define MBPF_SRC_VERIFIED_H

#include "mbpf/runtime.h"

/* The release keys for which the package whose header is at `header` was admitted, under this root record, on this
 * device; 0: that is not known. */
uint32_t mbpf_verified_by(const mbpf_runtime *rt, uint32_t slot, const uint8_t *header);
/* Remembers it, if the device can. */
void mbpf_note_verified(mbpf_runtime *rt, uint32_t slot, const uint8_t *header, uint32_t releasers);

#endif
