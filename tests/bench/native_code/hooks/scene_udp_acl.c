/* SPDX-License-Identifier: Apache-2.0
 * Variant 0: a datagram to a port on the list. 1: to one that is not. */
#include "hooks/scene.h"

#include "sdk/examples/udp_acl/udp_acl.bpf.c"

enum { RULES = 16, PORTS = 12 }; /* fewer than the example's 64: the scene is small */

void *bench_imports[BENCH_WAYS][BENCH_IMPORTS];
struct xdp_md bench_context;
mbpf_xdp_md_native64 bench_context64;
static uint8_t frame[] __attribute__((aligned(8))) = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 8, 0, 0x45, 0, 0, 50, 0, 0, 0, 0, 64, 17, 0, 0, 192, 168, 1, 2, 10, 0, 0, 1, 0x30, 0x39, 0, 53, 0, 30, 0, 0, 1, 2, 3, 4};
static uint64_t table[(MBPF_HASH_CONTROL_BYTES + RULES * (4 + 8 + 8 + 16)) / 8];
BENCH_ARRAY(dropped);

void bench_reset(uint32_t variant)
{
    bench_make_map(&allowed.object, BPF_MAP_TYPE_HASH, 4, 16, RULES, (uint8_t *)table);
    memset(dropped.storage, 0, sizeof dropped.storage);
    for (uint32_t i = 0u; i < PORTS; i++) {
        uint32_t port = 7u * i + 4u + variant; /* 53 is the eighth */
        struct rule rule = {i, 10u * i};
        (void)mbpf_helper_map_update_elem(&allowed.object, &port, &rule, 0u);
    }
    bench_context64 = (mbpf_xdp_md_native64){.data = (uintptr_t)frame, .data_end = (uintptr_t)(frame + sizeof frame), .data_meta = (uintptr_t)frame};
    bench_context = (struct xdp_md){.data = (uint32_t)(uintptr_t)frame, .data_end = (uint32_t)(uintptr_t)(frame + sizeof frame)};
}

uint64_t bench_digest(void)
{
    return bench_fold(bench_fold(1u, table, sizeof table), dropped.storage, sizeof dropped.storage);
}
