/* SPDX-License-Identifier: Apache-2.0
 * Ring buffer helpers, as Linux's. Flags other than 0 (wake-up hints on Linux) mean nothing here. */
#include <string.h>

#include "mbpf/map.h"
#include "microbpf_platform.h"

int32_t mbpf_helper_ringbuf_output(struct mbpf_map *ringbuf, const void *data, uint32_t size, uint64_t flags)
{
    (void)flags;
    void *record = mbpf_ring_buffer_reserve(ringbuf, size);
    if (!record) {
        return -MBPF_ENOSPC;
    }
    memcpy(record, data, size);
    mbpf_ring_buffer_finish(record, false);
    return 0;
}

void *mbpf_helper_ringbuf_reserve(struct mbpf_map *ringbuf, uint32_t size, uint64_t flags)
{
    (void)flags;
    return mbpf_ring_buffer_reserve(ringbuf, size);
}

void mbpf_helper_ringbuf_submit(void *data, uint64_t flags)
{
    (void)flags;
    mbpf_ring_buffer_finish(data, false);
}

void mbpf_helper_ringbuf_discard(void *data, uint64_t flags)
{
    (void)flags;
    mbpf_ring_buffer_finish(data, true);
}

int64_t mbpf_helper_ringbuf_query(struct mbpf_map *ringbuf, uint64_t flags)
{
    return (int64_t)mbpf_ring_buffer_query(ringbuf, flags);
}
