// SPDX-License-Identifier: Apache-2.0
#include "support.h"

int printf(const char *format, ...);
int elsewhere(int x);

SEC("iio/device0/temp")
int filter(struct event *e)
{
    printf("value %d\n", e->value); // expect: MBPF1111
    return elsewhere(e->value);     // expect: MBPF1111
}
