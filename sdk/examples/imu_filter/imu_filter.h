/* SPDX-License-Identifier: Apache-2.0
 * What both versions of the filter share with each other and with the host: maps and the event's layout. */
#ifndef IMU_FILTER_H
#define IMU_FILTER_H

#include <mbpf/microbpf.h>

struct rejected {
    u64 timestamp;
    s32 value;
    s32 expected;
    u32 seq;
    u32 threshold;
};

/* config[0]: greatest step from the running mean that counts as a sample, not as an outlier. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, u32);
    __type(value, u32);
} config SEC(".maps");

struct filter_state {
    s32 mean;     /* running, in sixteenths of a raw step; samples have at most 27 bits */
    u32 samples;
    u32 outliers;
    u32 reserved;
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, u32);
    __type(value, struct filter_state);
} state SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 1024);
} events SEC(".maps");

/* The mean moves a sixteenth of the way to each sample. An outlier counts as one threshold away: it hardly moves
 * the mean, yet after a lasting change of level the filter finds back by itself. */
static __always_inline void follow(struct filter_state *s, s32 distance)
{
    s->mean += distance;
}

static __always_inline void report(const struct iio_event *sample, s32 expected, u32 threshold)
{
    struct rejected *record = bpf_ringbuf_reserve(&events, sizeof(*record), 0);
    if (!record)
        return;
    record->timestamp = sample->timestamp;
    record->value = sample->value;
    record->expected = expected;
    record->seq = sample->seq;
    record->threshold = threshold;
    bpf_ringbuf_submit(record, 0);
}

#endif
