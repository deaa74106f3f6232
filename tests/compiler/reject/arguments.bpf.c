// SPDX-License-Identifier: Apache-2.0
#include "support.h"

__attribute__((noinline))
static int mix(int a, int b, int c, int d, int e, int f) // expect: MBPF1113
{
    return a ^ b ^ c ^ d ^ e ^ f;
}

SEC("iio/device0/temp")
int filter(struct event *e)
{
    return mix(e->value, 2, 3, 4, 5, e->channel);
}
