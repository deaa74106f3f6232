// SPDX-License-Identifier: Apache-2.0
#include "support.h"

int same(int a)
{
    return a;
}
int other(int a) __attribute__((alias("same"))); // expect: MBPF1116

SEC("iio/device0/temp")
int filter(struct event *e)
{
    return other(e->value);
}
