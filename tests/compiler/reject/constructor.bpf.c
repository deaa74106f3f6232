// SPDX-License-Identifier: Apache-2.0
#include "support.h"

static int ready;

__attribute__((constructor)) static void set_up(void) // expect: MBPF1119
{
    ready = 1;
}

SEC("iio/device0/temp")
int filter(struct event *e)
{
    return ready;
}
