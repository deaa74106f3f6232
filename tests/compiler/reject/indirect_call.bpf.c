// SPDX-License-Identifier: Apache-2.0
#include "support.h"

typedef int (*handler)(int);
static int twice(int x) { return 2 * x; }
static int half(int x) { return x / 2; }
static handler table[2] = {twice, half};

// Not const: may point anywhere by the time it is called.
static uint64_t (*now)(void) = (void *)5;

SEC("iio/device0/temp")
int filter(struct event *e)
{
    handler h = e->value > 0 ? twice : half;
    int r = h(e->value);                  // expect: MBPF1105
    r += table[e->channel & 1](e->value); // expect: MBPF1105
    r += now() > 5;                       // expect: MBPF1105
    return r;
}
