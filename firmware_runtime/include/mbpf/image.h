/* SPDX-License-Identifier: Apache-2.0
 * Programs that are part of the firmware's image: signed packages in read-only memory, admitted at boot as those that
 * come over a line are, and run where they lie. mbpf_add_firmware() makes the table. */
#ifndef MBPF_IMAGE_H
#define MBPF_IMAGE_H

#include "mbpf/runtime.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mbpf_image_program {
    const uint8_t *package;
    uint32_t bytes;
} mbpf_image_program;

typedef struct mbpf_image_table {
    uint32_t count;
    const mbpf_image_program *programs;
    uint32_t anchors_bytes; /* of the trust anchors; 0: the board has them elsewhere */
    const uint8_t *anchors;
} mbpf_image_table;

extern const mbpf_image_table mbpf_image;

/* Admits a package, loads it and attaches its programs. Its text runs from `package`, which lies in memory that is
 * executed from and never changes. MBPF_BAD_STATE: one of that name is loaded (a store had a version of it). */
mbpf_status mbpf_preload(mbpf_runtime *rt, const uint8_t *package, uint32_t bytes, mbpf_verdict *verdict);
/* All of the table, in its order; the number that run. Each one that is refused is named on the console. */
uint32_t mbpf_preload_image(mbpf_runtime *rt, const mbpf_image_table *image);

#ifdef __cplusplus
}
#endif

#endif
