// SPDX-License-Identifier: Apache-2.0
#include "support.h"

static int factorial(int n)
{
    return n <= 1 ? 1 : n * factorial(n - 1); // expect: MBPF1102
}

static int odd(int n);
static int even(int n)
{
    return n == 0 ? 1 : odd(n - 1);
}
static int odd(int n)
{
    return n == 0 ? 0 : even(n - 1); // expect: MBPF1102
}

SEC("iio/device0/temp")
int filter(struct event *e)
{
    return factorial(e->value) + even(e->value);
}
