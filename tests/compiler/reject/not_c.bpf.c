// SPDX-License-Identifier: Apache-2.0
#include "support.h"

SEC("iio/device0/temp")
int filter(struct event *e)
{
    return e->valeu > 0 // expect: MBPF1100
}
