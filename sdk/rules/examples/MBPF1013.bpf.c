// SPDX-License-Identifier: Apache-2.0
// What lies behind a map value, a record or a global variable belongs to something else. The index must be known to
// be below the length on every path; <= is one too many.
#include <mbpf/microbpf.h>
static u32 histogram[16];

SEC("iio/device0/accel_x")
int count(struct iio_event *e)
{
    u32 i = (u32)e->value / 64;
#ifdef WRONG
    if (i <= 16)
#else
    if (i < 16)
#endif
        histogram[i]++;
    return 1;
}
