// SPDX-License-Identifier: Apache-2.0
// The code generator itself gives up on this one, without saying where; it must not take the tool down.
// expect-anywhere: MBPF1116
#include "support.h"

SEC("iio/device0/temp")
int filter(struct event *e)
{
    return __builtin_return_address(0) == e;
}
