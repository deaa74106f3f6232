/* SPDX-License-Identifier: Apache-2.0
 * Variant 0: a sample near the mean. 1: an outlier. */
#include "hooks/scene.h"

#include "sdk/examples/imu_filter/imu_filter.bpf.c"

void *bench_imports[BENCH_WAYS][BENCH_IMPORTS];
struct iio_event bench_context;
static uint64_t ring[(MBPF_RING_BUFFER_CONTROL_BYTES + 1024) / 8];
BENCH_ARRAY(config);
BENCH_ARRAY(state);

void bench_reset(uint32_t variant)
{
    bench_make_map(&events.object, BPF_MAP_TYPE_RINGBUF, 0, 0, 1024, (uint8_t *)ring);
    memset(config.storage, 0, sizeof config.storage);
    memset(state.storage, 0, sizeof state.storage);
    config.storage[0].one = 250u;
    state.storage[0].one.mean = 1000 * 16;
    state.storage[0].one.samples = 100u;
    bench_context = (struct iio_event){.timestamp = 5000000u, .device_id = 0, .channel = 0, .value = variant ? 1700 : 1100, .scale = 598, .offset = 0, .seq = 101};
}

uint64_t bench_digest(void)
{
    uint64_t hash = bench_fold(1u, ring, sizeof ring);
    return bench_fold(bench_fold(hash, state.storage, sizeof state.storage), &bench_context, sizeof bench_context);
}
