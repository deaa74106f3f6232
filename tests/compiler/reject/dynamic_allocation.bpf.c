// SPDX-License-Identifier: Apache-2.0
#include "support.h"

void *malloc(unsigned long size);
void free(void *p);

SEC("iio/device0/temp")
int filter(struct event *e)
{
    int *p = malloc(64);           // expect: MBPF1104
    int window[e->channel];        // expect: MBPF1104
    int *q = __builtin_alloca(16); // expect: MBPF1104
    free(p);                       // expect: MBPF1104
    return *q + window[0];
}
