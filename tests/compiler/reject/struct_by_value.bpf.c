// SPDX-License-Identifier: Apache-2.0
#include "support.h"

struct triple {
    int64_t x, y, z;
};

__attribute__((noinline))
static struct triple make(int64_t x) // expect: MBPF1114
{
    return (struct triple){x, x, x};
}

__attribute__((noinline))
static int64_t norm(struct triple t) // expect: MBPF1114
{
    return t.x + t.y + t.z;
}

SEC("iio/device0/temp")
int filter(struct event *e)
{
    return norm(make(e->value)) > 0;
}
