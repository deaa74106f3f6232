// SPDX-License-Identifier: Apache-2.0
// Small devices have no floating-point unit, and eBPF has no such instruction.
#include <mbpf/microbpf.h>

SEC("iio/device0/accel_x")
int scale(struct iio_event *e)
{
#ifdef WRONG
    e->value = e->value * 1.5;
#else
    e->value = e->value * 15 / 10;
#endif
    return 1;
}
