/* SPDX-License-Identifier: Apache-2.0
 * Variant 0: the switch closes. 1: it bounces. */
#include "hooks/scene.h"

#include "sdk/examples/estop/estop.bpf.c"

void *bench_imports[BENCH_WAYS][BENCH_IMPORTS];
struct gpio_event bench_context;
static uint64_t ring[(MBPF_RING_BUFFER_CONTROL_BYTES + 512) / 8];
BENCH_ARRAY(limit_switch);

void bench_reset(uint32_t variant)
{
    bench_clear_notes();
    bench_make_map(&stops.object, BPF_MAP_TYPE_RINGBUF, 0, 0, 512, (uint8_t *)ring);
    memset(limit_switch.storage, 0, sizeof limit_switch.storage);
    limit_switch.storage[0].one.count = variant;
    limit_switch.storage[0].one.last_edge = 7000000000u;
    bench_context = (struct gpio_event){.timestamp = 7001000000u, .chip_id = 0, .line = 3, .edge = 1, .value = 1};
}

uint64_t bench_digest(void)
{
    uint64_t hash = bench_fold(1u, bench_notes, sizeof bench_notes);
    return bench_fold(bench_fold(hash, limit_switch.storage, sizeof limit_switch.storage), ring, sizeof ring);
}
