// SPDX-License-Identifier: Apache-2.0
// eBPF before v4 has no signed division; C has, and filters need it.
#include "../reject/support.h"

SEC("iio/device0/temp")
int filter(struct event *e)
{
    int64_t wide = (int64_t)e->timestamp;
    int by_constant = e->value / 10 + e->value % 7;
    int by_power = e->value / 8 + e->value % 16;
    int by_variable = e->value / (int)(e->channel | 1) + e->value % (int)(e->channel | 1);
    int64_t wide_ones = wide / 1000000 + wide % 1000 + wide / (e->value | 1) + wide / -4096;
    int16_t narrow = (int16_t)e->value / (int16_t)(e->channel | 1);
    return by_constant + by_power + by_variable + (int)wide_ones + narrow > 0;
}
