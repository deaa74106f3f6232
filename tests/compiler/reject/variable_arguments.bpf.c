// SPDX-License-Identifier: Apache-2.0
#include "support.h"
#include <stdarg.h>

static int sum(int n, ...) // expect: MBPF1103
{
    va_list list;
    va_start(list, n);
    int s = va_arg(list, int);
    va_end(list);
    return s;
}

SEC("iio/device0/temp")
int filter(struct event *e)
{
    return sum(1, e->value);
}
