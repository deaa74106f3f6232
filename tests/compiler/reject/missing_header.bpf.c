// SPDX-License-Identifier: Apache-2.0
#include "support.h"
#include <stdio.h> // expect: MBPF1100

SEC("iio/device0/temp")
int filter(struct event *e)
{
    return e->value > 0;
}
