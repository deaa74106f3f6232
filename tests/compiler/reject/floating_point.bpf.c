// SPDX-License-Identifier: Apache-2.0
#include "support.h"

struct reading {
    float celsius; // expect: MBPF1101
};

typedef double number; // a name alone computes nothing

static int scale(number x) // expect: MBPF1101
{
    return (int)x;
}

static double average(int a, int b); // a mere declaration

SEC("iio/device0/temp")
int filter(struct event *e)
{
    int v = e->value * 1.5; // expect: MBPF1101
    float *p = 0;           // expect: MBPF1101
    v += (int)((double)v);  // expect: MBPF1101
    return v > 0;
}
