/* SPDX-License-Identifier: Apache-2.0
 * The sample itself is used as an index into a table: the first reading above 15 would read past it. */
#include <mbpf/microbpf.h>

struct table {
    s32 correction[16];
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, u32);
    __type(value, struct table);
} corrections SEC(".maps");

SEC("iio/device0/accel_x")
int imu_filter(struct iio_event *sample)
{
    u32 zero = 0;
    struct table *t = bpf_map_lookup_elem(&corrections, &zero);
    if (!t)
        return FILTER_PASS;
    sample->value += t->correction[sample->value];
    return FILTER_PASS;
}
