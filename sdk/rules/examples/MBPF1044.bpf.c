// SPDX-License-Identifier: Apache-2.0
// While a lock is held others wait: the stretch must be short, straight, and end on every path.
// Platform: linux
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
struct bpf_spin_lock { __u32 val; };
struct account { struct bpf_spin_lock lock; __u32 packets; };
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __type(key, __u32); __type(value, struct account); } accounts SEC(".maps");

SEC("tc")
int count(struct __sk_buff *skb)
{
    __u32 key = 0;
    struct account *a = bpf_map_lookup_elem(&accounts, &key);
    if (!a)
        return 0;
    bpf_spin_lock(&a->lock);
    a->packets++;
#ifdef WRONG
    if (a->packets > 1000)
        return 0;
#endif
    bpf_spin_unlock(&a->lock);
    return 0;
}
