// SPDX-License-Identifier: Apache-2.0
#include "support.h"

static _Thread_local int count; // expect: MBPF1108

SEC("iio/device0/temp")
int filter(struct event *e)
{
    return ++count > e->value;
}
