// SPDX-License-Identifier: Apache-2.0
#include "support.h"

static char a[64], b[64];

SEC("iio/device0/temp")
int filter(struct event *e)
{
    return __builtin_memcmp(a, b, e->channel & 63); // expect: MBPF1111
}
