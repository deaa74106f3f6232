/* SPDX-License-Identifier: Apache-2.0
 * The device's log of verdicts and events: the last few records, and a hash over all there ever were; ever since
 * boot where no flash keeps it (mbpf/event_flash.h). `base` is the hash before the oldest record held here, so that
 * the chain can be checked from there. */
#ifndef MBPF_EVENTS_H
#define MBPF_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "mbpf/abi/attest.h"
#include "mbpf/config.h"

#ifdef __cplusplus
extern "C" {
#endif

struct mbpf_runtime;

/* What makes the log outlive a reset, so that firmware without it does not link it. */
typedef struct mbpf_event_keeper {
    void *context;
    void (*append)(void *context, const uint8_t head[MBPF_DIGEST_BYTES], const uint8_t record[MBPF_EVENT_BYTES]);
    bool (*allow)(void *context); /* one more event of those that any host may cause */
} mbpf_event_keeper;

typedef struct mbpf_event_log {
    uint32_t count; /* ever */
    uint32_t first; /* the oldest in `records` */
    const mbpf_event_keeper *keeper;
    uint8_t left_out; /* since the last record, at most 255: not allowed */
    uint8_t head[MBPF_DIGEST_BYTES];
    uint8_t base[MBPF_DIGEST_BYTES];
    uint8_t records[MBPF_EVENT_RECORDS][MBPF_EVENT_BYTES];
} mbpf_event_log;

/* `name` and `digest` (16 bytes) may be null. */
void mbpf_event(struct mbpf_runtime *rt, uint32_t kind, uint32_t code, const char *name, const uint8_t *digest);

/* Its parts: the head that a record makes of the one before (which may be the same memory), and a record, whose
 * number is set here, as the newest. */
void mbpf_event_link(const uint8_t before[MBPF_DIGEST_BYTES], const uint8_t record[MBPF_EVENT_BYTES], uint8_t after[MBPF_DIGEST_BYTES]);
void mbpf_event_append(mbpf_event_log *log, const uint8_t record[MBPF_EVENT_BYTES]);

/* The report that answers `nonce`, with its signature by the device's key. Its bytes; 0: the device has no key,
 * or `capacity` is too small (MBPF_ATTEST_REPORT_BYTES is enough). Linked only where it is called. */
#define MBPF_ATTEST_REPORT_BYTES (sizeof(mbpf_attest_header) + MBPF_MAX_PACKAGES * sizeof(mbpf_attest_package))
uint32_t mbpf_attest(const struct mbpf_runtime *rt, const uint8_t nonce[MBPF_ATTEST_NONCE_BYTES], uint8_t *report, uint32_t capacity,
                     uint8_t signature[64]);

#ifdef __cplusplus
}
#endif

#endif
