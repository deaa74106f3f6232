// SPDX-License-Identifier: Apache-2.0
#include <mbpf/microbpf.h>

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, __s32);
} limit SEC(".maps");

SEC("iio/device0/accel_x")
int unsafe(struct iio_event *e)
{
    __u32 zero = 0;
    __s32 *value = bpf_map_lookup_elem(&limit, &zero);
    return e->value < *value;
}
