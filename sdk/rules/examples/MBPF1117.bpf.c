// SPDX-License-Identifier: Apache-2.0
// A variable that another object defines has no place here.
#include <mbpf/microbpf.h>

#ifdef WRONG
extern u32 limit;
#else
u32 limit = 100;
#endif

SEC("iio/device0/accel_x")
int filter(struct iio_event *e)
{
    return (u32)e->value < limit;
}
