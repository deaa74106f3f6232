/* SPDX-License-Identifier: Apache-2.0
 * One more link of the chain: 96 bytes hashed. When the oldest record makes room, the base moves past it. */
#include "mbpf/events.h"

#include <string.h>

#include "mbpf/crypto.h"
#include "mbpf/port.h"
#include "mbpf/runtime.h"
#include "divide.h"
#include "put.h"

void mbpf_event_link(const uint8_t before[MBPF_DIGEST_BYTES], const uint8_t record[MBPF_EVENT_BYTES], uint8_t after[MBPF_DIGEST_BYTES])
{
    uint8_t link[MBPF_DIGEST_BYTES + MBPF_EVENT_BYTES];
    memcpy(link, before, MBPF_DIGEST_BYTES);
    memcpy(link + MBPF_DIGEST_BYTES, record, MBPF_EVENT_BYTES);
    mbpf_sha256(link, sizeof link, after);
}

void mbpf_event_append(mbpf_event_log *log, const uint8_t record[MBPF_EVENT_BYTES])
{
    uint8_t *place = log->records[log->count % MBPF_EVENT_RECORDS];
    if (log->count - log->first == MBPF_EVENT_RECORDS) {
        mbpf_event_link(log->base, place, log->base);
        log->first++;
    }
    memmove(place, record, MBPF_EVENT_BYTES);
    (void)mbpf_put(place, log->count, 4u);
    if (log->keeper) {
        log->keeper->append(log->keeper->context, log->head, place);
    }
    mbpf_event_link(log->head, place, log->head);
    log->count++;
}

/* What any host on the line may cause as often as it likes. */
static bool is_cheap(uint32_t kind)
{
    return kind == MBPF_EVENT_REFUSED || kind == MBPF_EVENT_ROOT_REFUSED || kind == MBPF_EVENT_ATTACHED || kind == MBPF_EVENT_DETACHED;
}

void mbpf_event(mbpf_runtime *rt, uint32_t kind, uint32_t code, const char *name, const uint8_t *digest)
{
    mbpf_event_log *log = &rt->events;
    if (log->keeper && is_cheap(kind) && !log->keeper->allow(log->keeper->context)) {
        log->left_out = (uint8_t)(log->left_out + (log->left_out < 0xFFu ? 1u : 0u));
        return;
    }
    uint8_t record[MBPF_EVENT_BYTES];
    memset(record, 0, sizeof record);
    uint8_t *at = mbpf_put(record + 4, kind, 1u);
    at = mbpf_put(at, log->left_out, 1u);
    at = mbpf_put(at, code, 2u);
    at = mbpf_put(at, mbpf_divide(mbpf_port_time_ns(), 1000000u), 8u);
    if (digest) {
        memcpy(at, digest, 16u);
    }
    for (uint32_t i = 0u; name && i < MBPF_NAME_BYTES - 1u && name[i] != '\0'; i++) {
        at[16u + i] = (uint8_t)name[i];
    }
    log->left_out = 0u;
    mbpf_event_append(log, record);
}
