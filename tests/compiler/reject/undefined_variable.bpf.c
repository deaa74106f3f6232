// SPDX-License-Identifier: Apache-2.0
#include "support.h"

extern int limit;

SEC("iio/device0/temp")
int filter(struct event *e)
{
    return e->value > limit; // expect: MBPF1117
}
