/* SPDX-License-Identifier: Apache-2.0
 * One more link of the chain: 96 bytes hashed. When the oldest record makes room, the base moves past it. */
#include "mbpf/events.h"

#include <string.h>

#include "mbpf/crypto.h"
#include "mbpf/port.h"
#include "mbpf/runtime.h"
#include "put.h"

static void extend(uint8_t head[MBPF_DIGEST_BYTES], const uint8_t record[MBPF_EVENT_BYTES])
{
    uint8_t link[MBPF_DIGEST_BYTES + MBPF_EVENT_BYTES];
    memcpy(link, head, MBPF_DIGEST_BYTES);
    memcpy(link + MBPF_DIGEST_BYTES, record, MBPF_EVENT_BYTES);
    mbpf_sha256(link, sizeof link, head);
}

void mbpf_event(mbpf_runtime *rt, uint32_t kind, uint32_t code, const char *name, const uint8_t *digest)
{
    mbpf_event_log *log = &rt->events;
    uint8_t *record = log->records[log->count % MBPF_EVENT_RECORDS];
    if (log->count >= MBPF_EVENT_RECORDS) {
        extend(log->base, record);
    }
    memset(record, 0, MBPF_EVENT_BYTES);
    uint8_t *at = mbpf_put(record, log->count, 4u);
    at = mbpf_put(at, kind, 1u);
    at = mbpf_put(at + 1, code, 2u);
    at = mbpf_put(at, mbpf_port_time_ns() / 1000000u, 8u);
    if (digest) {
        memcpy(at, digest, 16u);
    }
    for (uint32_t i = 0u; name && i < MBPF_NAME_BYTES - 1u && name[i] != '\0'; i++) {
        at[16u + i] = (uint8_t)name[i];
    }
    extend(log->head, record);
    log->count++;
}
