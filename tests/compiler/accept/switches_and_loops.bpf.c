// SPDX-License-Identifier: Apache-2.0
// No jump tables, no lookup tables, loops that stay loops unless unrolling is demanded, calls that stay calls.
#include "../reject/support.h"

static const int weights[8] = {1, 2, 4, 8, 8, 4, 2, 1};

__attribute__((noinline)) static int classify(int x)
{
    switch (x) {
    case 0: return 3;
    case 1: return 17;
    case 2: return 4;
    case 3: return 99;
    case 4: return 21;
    case 5: return 8;
    case 6: return 77;
    default: return -1;
    }
}

SEC("iio/device0/temp")
int filter(struct event *e)
{
    int sum = 0;
    for (int i = 0; i < 8; i++) sum += weights[i] * e->value;
#pragma unroll
    for (int i = 0; i < 4; i++) sum ^= classify(sum & 7) << i;
    return sum > 0;
}
