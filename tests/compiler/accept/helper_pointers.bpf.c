// SPDX-License-Identifier: Apache-2.0
// Helpers called the three ways that BPF headers have had, and a barrier: no indirect calls, no assembly.
#include "../reject/support.h"

enum { FUNC_ktime_get_ns = 5 };
static uint64_t (*const now)(void) = (void *)FUNC_ktime_get_ns;
#define direct_now ((uint64_t (*)(void))5)

struct {
    __uint(type, 2);
    __uint(max_entries, 1);
    __type(key, uint32_t);
    __type(value, uint64_t);
} last SEC(".maps");

SEC("iio/device0/temp")
int filter(struct event *e)
{
    uint32_t zero = 0;
    uint64_t *p = bpf_map_lookup_elem(&last, &zero);
    if (!p) return 0;
    uint64_t t = now() + bpf_ktime_get_ns() + direct_now();
    asm volatile("" : "+r"(t) : : "memory");
    asm volatile(" // only a remark\n" ::: "memory");
    __sync_fetch_and_add(p, t);
    return 1;
}
