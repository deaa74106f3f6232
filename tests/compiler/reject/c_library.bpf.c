// SPDX-License-Identifier: Apache-2.0
#include "support.h"

SEC("iio/device0/temp")
int filter(struct event *e)
{
    char text[8];
    printf("value %d\n", e->value);  // expect: MBPF1111
    memcpy(text, &e->value, 4);      // expect: MBPF1111
    blink(3);                        // expect: MBPF1111
    return text[0] > 0;
}
