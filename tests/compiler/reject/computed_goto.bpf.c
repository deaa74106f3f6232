// SPDX-License-Identifier: Apache-2.0
#include "support.h"

typedef long jmp_buf[8];
int setjmp(jmp_buf env);

SEC("iio/device0/temp")
int filter(struct event *e)
{
    jmp_buf env;
    if (setjmp(env)) return 0;           // expect: MBPF1107
    void *to = e->value ? &&one : &&two; // expect: MBPF1107
    goto *to;                            // expect: MBPF1107
one:
    return 1;
two:
    return 0;
}
