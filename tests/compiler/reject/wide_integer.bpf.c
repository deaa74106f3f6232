// SPDX-License-Identifier: Apache-2.0
#include "support.h"

SEC("iio/device0/temp")
int filter(struct event *e)
{
    __int128 product = (__int128)e->timestamp * e->timestamp; // expect: MBPF1109
    _BitInt(100) odd = 1;                                     // expect: MBPF1109
    return (product >> 64) + odd > 0;
}
