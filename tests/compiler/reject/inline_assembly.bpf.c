// SPDX-License-Identifier: Apache-2.0
#include "support.h"

asm("nothing: r0 = 0"); // expect: MBPF1106

SEC("iio/device0/temp")
int filter(struct event *e)
{
    uint64_t r = 0;
    asm volatile("%0 = 1" : "=r"(r)); // expect: MBPF1106
    return r != 0;
}
